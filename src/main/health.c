#include "base/buf.h"
#include "base/err.h"
#include "main/commands.h"
#include "main/data_dir.h"
#include "main/options.h"
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE_S = 3, ANSWER_MAX = 64 << 10 };

#define SCHEME "http://"

/* "HOST:PORT" of the serve that uses the data directory. */
static int find_serve(const char *data_dir, char host[OPTION_NAME_SIZE], const char **port, struct err *e)
{
    char url[OPTION_NAME_SIZE];
    bool found = data_dir_read(data_dir, "endpoint", url, sizeof url) && strncmp(url, SCHEME, strlen(SCHEME)) == 0;
    snprintf(host, OPTION_NAME_SIZE, "%s", found ? url + strlen(SCHEME) : "");
    char *colon = strrchr(host, ':');
    if (colon == NULL) return err_set(e, ERR_IO, "no serve has said in %s where it serves", data_dir);
    *colon = '\0';
    *port = colon + 1;
    return 0;
}

static int dial_serve(const char *host, const char *port, int *fd, struct err *e)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    char bare[OPTION_NAME_SIZE];
    snprintf(bare, sizeof bare, "%s", host + (*host == '['));
    bare[strcspn(bare, "]")] = '\0';
    int r = getaddrinfo(bare, port, &hints, &found);
    if (r) return err_set(e, ERR_IO, "%s: %s", host, gai_strerror(r));
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    r = connect(*fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return r ? err_set(e, ERR_IO, "nobody answers at %s:%s: %s", host, port, strerrordesc_np(errno)) : 0;
}

/* The whole answer to one request, with its head: the server ends the connection behind it. */
static int ask_serve(int fd, const char *host, const char *port, struct buf *answer, struct err *e)
{
    char chunk[4096];
    ssize_t n;
    _buf_ struct buf ask = {0};
    buf_printf(&ask, "GET /_meridian/health HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n", host, port);
    if (send(fd, ask.data, ask.len, MSG_NOSIGNAL) != (ssize_t)ask.len) return err_set(e, ERR_IO, "serve takes no request");
    while (answer->len < ANSWER_MAX && (n = recv(fd, chunk, sizeof chunk, 0)) > 0) buf_add(answer, chunk, (size_t)n);
    return answer->len ? 0 : err_set(e, ERR_IO, "serve gives no answer");
}

static int print_health(const char *answer, struct err *e)
{
    const char *body = strstr(answer, "\r\n\r\n");
    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0 || body == NULL)
        return err_set(e, ERR_IO, "serve is not well: %.*s", (int)strcspn(answer, "\r\n"), answer);
    printf("%s\n", body + 4);
    return fflush(stdout) == 0 ? 0 : err_set(e, ERR_IO, "standard output takes nothing");
}

int health_main(const struct options *o)
{
    struct err e;
    char host[OPTION_NAME_SIZE];
    const char *port;
    _buf_ struct buf answer = {0};
    int fd = -1, r = find_serve(o->data_dir, host, &port, &e);
    if (r == 0) r = dial_serve(host, port, &fd, &e);
    if (r == 0) r = ask_serve(fd, host, port, &answer, &e);
    if (r == 0) r = print_health(answer.data, &e);
    if (fd >= 0) close(fd);
    if (r) fprintf(stderr, "meridian: %s\n", e.msg);
    return r ? 1 : 0;
}
