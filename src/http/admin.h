#pragma once
#include "http/server.h"
struct operation;
/*
 * The administration API, in JSON below /_meridian/. None of it exists in AWS.
 *
 *     GET  /_meridian/                     {"paths": [{"method", "path", "what"}…]}: what there is, of other files' routes too
 *     GET  /_meridian/health               {"status": "ok", "version": "…", "dry_run": true|false}
 *     GET  /_meridian/operations           {"served": [name…], "not_served": [name…]}
 *     GET  /_meridian/trips                {"trips": {name: hits left, -1 for ever…}}
 *     PUT  /_meridian/trips/NAME?count=N   arms a trip for N hits (1 by default, 0 disarms, -1 for ever); POST does too
 *     GET  /_meridian/clock                {"now_ms": …, "steady_ms": …, "advanced_ms": …}: base/clock.h tells which is which
 *     POST /_meridian/clock?advance_ms=N   lets N ms pass at once, for dates and for limits; where N < 0, only dates go back
 *     POST /_meridian/clock?jump_ms=N      moves the wall clock alone, as somebody does who sets it
 *
 * Trips exist with --trips only, and always need the administrator's token. Other changes need it where other machines
 * reach the server. Where 'open' is set, nobody needs it.
 */
struct admin {
    const struct operation *operations;
    size_t n_operations;
    const char *token;              /* the administrator's */
    bool trips;                     /* failures may be injected */
    bool open;                      /* nobody needs the token */
    bool local;                     /* no other machine reaches the server */
    bool (*dry_run)(void *arg);     /* whether nodes have no processes */
    void (*clock_moved)(void *arg); /* told after the clock was moved; may be NULL */
    void *arg;
};

/* Whether the request has the administrator's token, or nobody needs it. */
bool admin_has_token(const struct exchange *x, const struct admin *admin);
/*
 * Answers in place of a handler if the request must not change anything: it is a web page's (403), or it lacks the
 * administrator's token and needs it (401). Returns false if the request may go on.
 */
bool admin_refuse(struct exchange *x, const struct admin *admin, bool token_needed);
/* Adds the routes. 'admin' must outlive the server. */
void admin_add_routes(struct http *h, const struct admin *admin);
