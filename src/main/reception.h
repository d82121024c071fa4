#pragma once
#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>
struct control;
struct err;
struct http;
/*
 * Where agents come in: a server of its own on a unix socket in the data directory,
 * which hands their requests to the reconciler and back (docs/protocol.md).
 */
struct reception {
    struct http *http;
    struct control *control; /* NULL: it is stopping */
    uv_loop_t *loop;
    const char *data_dir;
    ino_t inode; /* of the socket */
    bool lost;   /* it was deleted, and can't be put back: said once */
};

/* Listens; requests that come before reception_serve() wait for the loop. The string must outlive it. */
int reception_open(struct reception *r, uv_loop_t *loop, const char *data_dir, struct err *e);
/* From now on requests go to 'control'; with NULL none does. */
void reception_serve(struct reception *r, struct control *control);
/* To be called now and then: listens anew where the socket was deleted, with a line in the log. */
void reception_keep(struct reception *r);
/* Gives waiting agents up and closes, if it was opened; the loop frees it. */
void reception_close(struct reception *r);
