#pragma once
#include "store/sql.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The trace of a request: lines in the log that tell each step from the rows that an
 * operation writes, by way of the pass, the assignment and the agent, to the process,
 * and back to the status (docs/trace.md). Each line has the request's id.
 *
 * Here is remembered which request last wrote a row of which resource, and which
 * resources are traced. Both are in memory alone; trace_keep.h keeps the ids that are traced, and
 * the sightings of agents bring requests back. trace_world.h writes the lines of a pass.
 */
struct trace;

enum {
    TRACE_IDS_MAX = 100,     /* resources that are traced by their ids */
    TRACE_STAMPS_MAX = 1024, /* resources whose last request is remembered: the oldest is forgotten first */
    TRACE_ID_SIZE = 64       /* of a resource's id, with its NUL */
};

/* Whose a row is: "replication group", a region and an id; a global datastore's region is NULL. Strings are the row's. */
struct trace_owner {
    const char *kind; /* NULL: nobody's whose changes are traced */
    const char *region, *id;
};

/* 'all': everything is traced. */
struct trace *trace_open(bool all);
/* NULL is allowed. */
void trace_close(struct trace *t);

/* Traces what has this id, in every region and of every kind, also if there is none yet. False: TRACE_IDS_MAX are traced already. */
bool trace_add_id(struct trace *t, const char *id);
void trace_drop_id(struct trace *t, const char *id);
bool trace_has_id(const struct trace *t, const char *id);
/* The i-th id that is traced, or NULL. */
const char *trace_id(const struct trace *t, size_t i);
/* How often what is traced has changed. */
size_t trace_edits(const struct trace *t);
/* True where something is traced at all. */
bool trace_is_on(const struct trace *t);
/* True for what is traced by its id, and for everything where all is. */
bool trace_wants(const struct trace *t, const char *id);

/* Rows that are written until trace_end() are the request's; the strings must live until then. */
void trace_begin(struct trace *t, const char *request, const char *operation);
/* A store_watch_fn. */
void trace_row(void *trace, const struct sql_table *table, const void *row);
/* The request has committed: its lines are written. Or it has not: it is as if it had never been. */
void trace_end(struct trace *t, bool committed);

struct trace_owner trace_owner_of(const struct sql_table *table, const void *row);
/* The request that last wrote a row of the owner's; NULL where none is remembered. '*age' counts the requests since; may be NULL. */
const char *trace_request(const struct trace *t, const struct trace_owner *owner, size_t *age);
/* An agent still knows which request a resource was last changed by: it is remembered where nothing is. */
void trace_recall(struct trace *t, const struct trace_owner *owner, const char *request);
