#include "agent/forwarder/listener.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 511, ACCEPTS = 64 };

struct listener {
    uv_poll_t poll;
    int fd;
    listener_accepted *accepted;
    void *arg;
};

static void accept_some(uv_poll_t *h, int status, int events)
{
    struct listener *s = h->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS; i++) {
        struct sockaddr_storage from = {0};
        socklen_t size = sizeof from;
        int fd = accept4(s->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        s->accepted(s->arg, fd, (const struct sockaddr *)&from);
    }
}

static int listen_on(const struct target *t, int *out, struct err *e)
{
    int on = 1, fd = socket(t->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return err_set(e, ERR_IO, "opening a socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&t->address, t->size) == 0 && listen(fd, BACKLOG) == 0) {
        *out = fd;
        return 0;
    }
    int why = errno;
    close(fd);
    if (why == EADDRINUSE) return err_set(e, ERR_IN_USE, "its address is in use by another program");
    return err_set(e, ERR_IO, "listening: %s", strerror(why));
}

int listener_open(
    uv_loop_t *loop, const struct target *t, listener_accepted *accepted, void *arg, struct listener **out, struct err *e)
{
    int fd;
    int r = listen_on(t, &fd, e);
    if (r) return r;
    struct listener *s = calloc(1, sizeof *s);
    if (s == NULL) abort();
    *s = (struct listener){.fd = fd, .accepted = accepted, .arg = arg};
    s->poll.data = s;
    if (uv_poll_init(loop, &s->poll, fd) != 0) abort(); /* a socket can be polled */
    uv_poll_start(&s->poll, UV_READABLE, accept_some);
    *out = s;
    return 0;
}

static void listener_closed(uv_handle_t *h)
{
    free(h->data);
}

void listener_close(struct listener *s)
{
    uv_poll_stop(&s->poll);
    close(s->fd);
    uv_close((uv_handle_t *)&s->poll, listener_closed);
}
