#include "main/init_output.h"
#include "base/buf.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_SIZE = 1500, PIECE = 4096 };

struct init_output {
    uv_poll_t poll;
    struct init_output *next;
    struct init_outputs *all;
    int fd;
    char *name;
    struct buf line; /* whose end has not come yet */
};

static void log_output(struct init_output *x)
{
    while (x->line.len > 0 && x->line.data[x->line.len - 1] == '\r') x->line.len--;
    log_info("init: %s: %.*s", x->name, (int)x->line.len, x->line.data ? x->line.data : "");
    buf_clear(&x->line);
}

static void on_closed(uv_handle_t *handle)
{
    struct init_output *x = handle->data;
    close(x->fd);
    buf_fini(&x->line);
    free(x->name);
    free(x);
}

static void end_output(struct init_output *x)
{
    struct init_output **at = &x->all->first;
    while (*at != x) at = &(*at)->next;
    *at = x->next;
    uv_close((uv_handle_t *)&x->poll, on_closed);
}

/* What is there now, and the end, if that has come. */
static void read_output(struct init_output *x)
{
    char piece[PIECE];
    ssize_t n;
    while ((n = read(x->fd, piece, sizeof piece)) > 0)
        for (ssize_t i = 0; i < n; i++) {
            if (piece[i] != '\n') buf_putc(&x->line, piece[i]);
            if (piece[i] == '\n' || x->line.len == LINE_MAX_SIZE) log_output(x);
        }
    if (n < 0 && errno == EAGAIN) return;
    if (x->line.len) log_output(x);
    end_output(x);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    read_output(poll->data);
}

int init_output_open(struct init_outputs *o, const char *name)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct init_output *x = calloc(1, sizeof *x);
    if (x == NULL || (x->name = strdup(name)) == NULL) abort();
    x->fd = ends[0];
    x->all = o;
    x->next = o->first;
    x->poll.data = x;
    if (uv_poll_init(o->loop, &x->poll, x->fd) != 0) abort();
    uv_poll_start(&x->poll, UV_READABLE, on_readable);
    o->first = x;
    return ends[1];
}

void init_output_read(struct init_outputs *o)
{
    for (struct init_output *x = o->first, *next; x != NULL; x = next) {
        next = x->next;
        read_output(x);
    }
}

void init_output_close(struct init_outputs *o)
{
    while (o->first) end_output(o->first);
}
