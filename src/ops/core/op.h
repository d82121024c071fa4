#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "catalog/engine.h"
#include "catalog/engine_need.h"
#include "catalog/node_type.h"
#include "catalog/region.h"
#include "model/api.gen.h"
#include "model/operations.gen.h"
#include "store/queries.gen.h"
#include <stdbool.h>
/*
 * What an operation may touch; lives for one request. Operations validate, write
 * wishes into rows and answer at once: they never wait and never talk to an agent.
 */
struct ops_config {
    const char *snapshot_import_dir, *snapshot_export_dir; /* folders of buckets, or NULL */
    bool large_groups;                                     /* --quotas raised: up to 500 nodes in a replication group */
    bool remembers;                                        /* descriptions are kept as XML for the next to ask (store_remember) */
    const char *names;                                     /* endpoints have names of this domain; NULL: addresses */
    bool allow_restricted;                                 /* --restricted-commands allow: access strings may name them */
    /* What the program that runs the version lacks of the part, as "NAME VERSION lacks COMMAND", or NULL. NULL: none lacks anything. */
    const char *(*engine_lack)(void *arg, struct arena *a, const char *engine, const char *version, enum engine_part part);
    void *engine_lack_arg;
};

struct ops_caller {
    const char *region;
    const char *account; /* 12 digits */
    const char *request_id;
    const char *endpoint_host; /* what endpoints show instead of a node's address (--addressing ports), or NULL */
    bool wants_members;        /* the answer's members, where descriptions that are kept as XML would do */
};

struct op {
    struct store *store;
    struct arena *arena;
    struct err *err;
    int64_t now_ms;              /* wall time, for dates */
    int64_t steady_ms;           /* of the steady clock, for what a limit is counted from */
    const struct region *region; /* never NULL */
    const char *account;
    const struct operation *operation; /* the one that runs */
    const struct ops_config *config;
    const char *endpoint_host; /* the caller's */
    bool remembers;            /* descriptions may be taken from those that are kept */
    int64_t random;            /* for ids and windows; differs from request to request */
};

/*
 * Runs one operation in one transaction: a write transaction that is committed
 * where the handler returned 0, else rolled back. Returns 0, a fault with its
 * message in 'e', or < 0. 'in' and 'out' are the operation's own C types.
 */
int ops_run(struct store *store, const struct ops_config *config, const struct operation *o, const struct ops_caller *who,
    struct arena *a, const void *in, void *out, struct err *e);

/* Sets a fault and its message; returns it. */
#define op_fault(op, fault, ...) err_set((op)->err, fault, __VA_ARGS__)
