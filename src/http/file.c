#include "http/file.h"
#include "base/log.h"
#include "http/stream.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 << 10 };

struct sending {
    struct http_stream *stream;
    int fd;
};

static void end_sending(struct sending *s)
{
    close(s->fd);
    free(s);
}

static void on_client_left(void *arg)
{
    end_sending(arg);
}

/* The size was told: a file that has become shorter since ends the connection. */
static void send_piece(void *arg)
{
    struct sending *s = arg;
    char piece[PIECE];
    ssize_t n = read(s->fd, piece, sizeof piece);
    if (n > 0) return http_stream_add(s->stream, piece, (size_t)n);
    if (n < 0) log_error("reading what is being sent: %s", strerrordesc_np(errno));
    http_stream_end(s->stream, n == 0);
    end_sending(s);
}

void http_answer_file(struct exchange *x, const char *type, int fd)
{
    struct stat st;
    struct sending *s = malloc(sizeof *s);
    if (s == NULL || fstat(fd, &st) != 0) abort();
    *s = (struct sending){.fd = fd};
    const struct http_header headers[] = {{"Content-Type", type}, {0}};
    const struct http_stream_user user = {send_piece, on_client_left, s};
    s->stream = http_stream_open(x, 200, (uint64_t)st.st_size, headers, &user);
    send_piece(s);
}
