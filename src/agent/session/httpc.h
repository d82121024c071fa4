#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdint.h>
#include <uv.h>
/*
 * A small HTTP client, over libcurl: one server, one request at a time, the connection kept
 * open between them. It connects when it has something to send, to a unix socket of this
 * user that a process of this user listens at, and says nothing to anybody else. Nothing
 * is called from inside httpc_send(). Retrying is the caller's matter.
 */
struct httpc;

/* The answer: its status, and its body during the call; or status 0 and a line that says why there is none. */
typedef void httpc_done(void *arg, int status, const char *body, size_t len);

/* libcurl must have been loaded (base/libcurl.h). The socket's name in a folder, whose descriptor (see base/local.h) must outlive the client; the name is copied. */
struct httpc *httpc_open(uv_loop_t *loop, int folder, const char *name, httpc_done *done, void *arg);
/* Posts the JSON text 'body', which is copied, to a path; without a body (NULL) it gets what is there. No other request may be
 * under way. What fits into the socket is on its way when this returns. */
void httpc_send(struct httpc *c, const char *path, const struct buf *body, uint64_t timeout_ms);
/* Closes it; a request under way is never answered. NULL is fine. */
void httpc_close(struct httpc *c);
