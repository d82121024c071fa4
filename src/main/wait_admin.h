#pragma once
#include <uv.h>
struct http;
struct init;
struct store;
/*
 * GET /_meridian/wait?id=X&region=R&for=available&limit_ms=N: answers once a resource has a status, 200 with {"id", "status"}. 409: it has
 * failed, so that it never will. 504: N ms are over (30 s by default); the status is told. 404: there is none, and none is expected.
 *
 * for=init, without an id, is there once what --init names was run: 200 done, 409 failed. A resource is awaited that long, though there is none.
 *
 * "available" stands for active and primary-only, too; "deleted" for what is not there.
 */
struct wait_admin {
    uv_loop_t *loop;
    struct store *store;
    const struct init *init;
    struct waiter *first;
};

/* 'w' must outlive the server. */
void wait_admin_add_routes(struct http *h, struct wait_admin *w);
/* To be called after each pass, and once what --init names was run. */
void wait_admin_look(struct wait_admin *w);
