#pragma once
#include "main/reset_admin.h"
#include <uv.h>
/*
 * /_meridian/state: GET answers a dump of all resources, a file of SQLite; PUT of such a file resets everything, and has the resources that
 * are in it instead. With ?data=true the dump has what the nodes of Redis and Valkey hold, too, and these begin with it. Snapshots are not in
 * it. Both need the administrator's token, as a dump has AUTH tokens. Dumps lie in files, and go in pieces: they may be of any size.
 *
 *     GET → a file     409: something is being made or changed, so that its data can't be taken
 *     PUT → {"restored": true}     400: it is no dump, is damaged, or of a newer program; nothing has changed
 */
struct state_job;

struct state_admin {
    const struct admin *admin;
    struct store *store;
    struct reset_admin *reset; /* also tells whether serve stops */
    uv_loop_t *loop;
    const char *data_dir; /* where dumps lie meanwhile */

    /* Its own. One request is served at a time. */
    enum { STATE_REST, STATE_TAKE, STATE_PACK, STATE_RECEIVE, STATE_UNPACK } doing;
    struct exchange *waiting; /* whose request it is, once it is read; NULL: it has left */
    bool has_files;           /* of a dump that was restored, which nodes may still have to begin with */
};

/* Adds the routes, and clears away what an earlier serve has not ended. 's' must outlive the server, and the loop. */
void state_admin_open(struct http *h, struct state_admin *s);
/* To be called after each pass: more data may have been taken, or loaded. */
void state_admin_look(struct state_admin *s);
