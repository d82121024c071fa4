#pragma once
#include "http/admin.h"
#include "ops/reset/reset.h"
struct control;
struct refusals;
struct store;
/*
 * POST /_meridian/reset: everything goes, or what ?region=R or ?account=A names, or both. The answer comes once it is gone:
 *
 *     {"reset": {"region": R or null, "account": A or null}}
 *
 * Meanwhile operations that write are refused, as what they made could go half.
 */
/* What is done once everything is gone, before anything can be made: it answers 'x' (NULL: who asked has left), or returns < 0. */
typedef int reset_then_fn(void *arg, struct exchange *x, struct err *e);

struct reset_admin {
    const struct admin *admin;
    struct store *store;
    struct control *control;   /* NULL while serve stops */
    struct refusals *refusals; /* are taken back with everything else */
    struct exchange *waiting;  /* whoever asked, and waits; NULL: nobody, or it has left */
    bool under_way;
    char region[32], account[13]; /* "": all of them */
    reset_then_fn *then;
    void *then_arg;
};

/* Adds the route. 't' must outlive the server. */
void reset_admin_add_routes(struct http *h, struct reset_admin *t);
/* Begins a reset of what is named (NULL: all), and defers 'x'; none may be under way. Where it can't be begun, that is answered. */
void reset_admin_begin(
    struct reset_admin *t, struct exchange *x, const char *region, const char *account, reset_then_fn *then, void *arg);
/* To be called after each pass: more may be gone. */
void reset_admin_look(struct reset_admin *t);
