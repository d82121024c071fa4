#pragma once
#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
/*
 * A serve inside a test, line by line: it listens at serve's socket in a folder, hears what an agent asks, and answers when
 * and what the test says. It never answers by itself. While it waits, the test's loop has its turns; without a loop the agent
 * runs in another thread. Whatever does not come within 10 s fails the test.
 */
enum { SERVE_CONNECTIONS = 8 };

struct serve_request {
    int connection; /* which one; used by answers */
    bool is_post;
    char path[256];
    struct buf body;
};

struct scripted_serve {
    const char *folder;
    uv_loop_t *loop;
    int listener; /* -1: away */
    int connections[SERVE_CONNECTIONS];
    struct buf heard[SERVE_CONNECTIONS];
    struct serve_request requests[SERVE_CONNECTIONS]; /* heard, and not yet taken */
    size_t n_requests, n_accepted;
};

/* Listens at agents.sock in the folder. */
void serve_come(struct scripted_serve *s, const char *folder, uv_loop_t *loop);
/* Stops listening, and closes every connection. */
void serve_leave(struct scripted_serve *s);
/* The next request for an assignment, or the next sighting, which the caller frees: buf_fini(&q.body). */
struct serve_request serve_hear_poll(struct scripted_serve *s);
struct serve_request serve_hear_report(struct scripted_serve *s);
void serve_answer(struct scripted_serve *s, const struct serve_request *q, int status, const char *body);
/* Bytes that need not be HTTP. */
void serve_say(struct scripted_serve *s, const struct serve_request *q, const char *bytes);
void serve_hang_up(struct scripted_serve *s, const struct serve_request *q);
/* Gives the loop turns until the condition holds. */
void serve_wait(struct scripted_serve *s, const bool *condition);
