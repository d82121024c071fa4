#pragma once
#include "agent/forwarder/target.h"
#include <uv.h>
/* A socket that listens where a link shall, and hands over every connection to it. */
struct listener;

/* A connection's descriptor, which is whoever's takes it, and the client's address. */
typedef void listener_accepted(void *arg, int fd, const struct sockaddr *from);

/* ERR_IN_USE: another listens there. ERR_IO. */
int listener_open(
    uv_loop_t *loop, const struct target *t, listener_accepted *accepted, void *arg, struct listener **out, struct err *e);
/* Nobody can connect any more; its memory goes a turn of the loop later. */
void listener_close(struct listener *s);
