#pragma once
#include "http/admin.h"
#include "model/operation.h"
#include <stdint.h>
struct err;
/*
 * Refusals that somebody asks for, to see what a client makes of them: the next calls of an operation end with a fault that the API
 * declares for it. They change nothing, and are gone when serve ends.
 *
 *     GET    /_meridian/refusals             {"refusals": [{"operation", "code", "region", "message", "left"}…]}
 *     PUT    /_meridian/refusals/OPERATION   ?code=C&count=N&region=R&message=M: N is 1 by default, 0 ends it, -1 is for ever; POST does too
 *     DELETE /_meridian/refusals             ends all of them
 */
enum { REFUSALS_MAX = 100, REFUSAL_MESSAGE_SIZE = 300 };

struct refusal {
    const struct operation *operation;
    int fault;
    const char *region; /* NULL: in every region */
    int64_t left;       /* below 0: for ever */
    char message[REFUSAL_MESSAGE_SIZE];
};

struct refusals {
    const struct admin *admin;
    size_t n;
    struct refusal items[REFUSALS_MAX];
};

/* The fault, with its message in 'e', if a call of the operation in that region is to be refused; that uses one up. Else 0. */
int refusals_take(struct refusals *r, const struct operation *o, const char *region, struct err *e);
void refusals_clear(struct refusals *r);
/* Adds the routes. 'r' must outlive the server. */
void refusals_add_routes(struct http *h, struct refusals *r);
