#pragma once
#include "http/admin.h"
struct store;
struct trace;
/*
 * Which resources are traced (docs/trace.md), below /_meridian/trace:
 *
 *     GET    /_meridian/trace       {"traced": [id…]}
 *     GET    /_meridian/trace/ID    {"id": …, "traced": true or false}
 *     PUT    /_meridian/trace/ID    traces what has that id, from now on; POST does too
 *     DELETE /_meridian/trace/ID    traces it no more
 */
struct trace_admin {
    const struct admin *admin;
    struct trace *trace; /* NULL: serve is stopping */
    struct store *store; /* what is traced is kept there */
};

/* Adds the routes. 't' must outlive the server. */
void trace_admin_add_routes(struct http *h, const struct trace_admin *t);
