/*
 * What libmicrohttpd answers at best: the bytes of a file to every request, whatever it says. Prints its port, which the
 * system chooses, and serves until its standard input ends.
 *
 *     bare BODYFILE
 */
#include <microhttpd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *body;
static size_t body_size;

static void read_body(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0) exit(1);
    body_size = (size_t)ftell(f);
    rewind(f);
    body = malloc(body_size + 1);
    if (body == NULL || fread(body, 1, body_size, f) != body_size) exit(1);
    fclose(f);
}

/* Each answer is a response of its own, as its bytes are another request's than those before. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *data, size_t *size, void **state)
{
    static int begun;
    (void)arg, (void)url, (void)method, (void)version, (void)data;
    if (*state == NULL) {
        *state = &begun;
        return MHD_YES;
    }
    if (*size > 0) {
        *size = 0;
        return MHD_YES;
    }
    struct MHD_Response *r = MHD_create_response_from_buffer(body_size, body, MHD_RESPMEM_PERSISTENT);
    if (r == NULL) return MHD_NO;
    MHD_add_response_header(r, "Content-Type", "text/xml");
    MHD_add_response_header(r, "x-amzn-RequestId", "00000000-0000-0000-0000-000000000000");
    enum MHD_Result queued = MHD_queue_response(c, 200, r);
    MHD_destroy_response(r);
    return queued;
}

int main(int argc, char **argv)
{
    char end;
    if (argc != 2) return 2;
    read_body(argv[1]);
    struct MHD_Daemon *d = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL, MHD_OPTION_END);
    if (d == NULL) return 1;
    printf("%u\n", (unsigned)MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    while (read(STDIN_FILENO, &end, 1) > 0) {
    }
    MHD_stop_daemon(d);
    free(body);
    return 0;
}
