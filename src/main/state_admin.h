#pragma once
#include "main/reset_admin.h"
/*
 * /_meridian/state: GET answers a dump of all resources, a file of SQLite; PUT of such a file resets everything, and has the resources that
 * are in it instead. What clients have stored in nodes, and snapshots, are not in it. Both need the administrator's token, as it has AUTH tokens.
 *
 *     PUT → {"restored": true}     400: it is no dump, or one of a newer program
 */
enum { STATE_DUMP_MAX = 64 << 20 };

struct state_admin {
    const struct admin *admin;
    struct store *store;
    struct reset_admin *reset;
    const char *data_dir; /* where the dump lies meanwhile */
};

/* Adds the routes. 's' must outlive the server. */
void state_admin_add_routes(struct http *h, struct state_admin *s);
/* Whether the body of a request may be a dump. */
bool state_admin_is_for_dump(struct exchange *x);
