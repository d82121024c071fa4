#pragma once
#include "agent/redis/rconn.h"
#include "agent/redis_cluster/slot_node.h"
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
/* A slot on its way from one primary to another, and its keys. */

enum { SLOT_BATCH_MAX = 500 }; /* keys that go at once, at most */

struct slot_key {
    const char *data;
    size_t len;
};

struct slot_flight {
    int slot;
    bool leaves;  /* the source has it, and its keys */
    bool arrived; /* the target had it already */
    bool more;    /* keys are still to be asked for */
    bool stays;   /* it is closed again: the target had none of its keys */
    size_t n, next;
    struct slot_key *keys;
};

/* The answer to CLUSTER GETKEYSINSLOT for 'most' keys; they are kept in the arena. False where these are no keys, or more than were
 * asked for. */
bool slot_flight_keep_keys(struct slot_flight *f, const struct redisReply *r, size_t most, struct arena *a);
/* Sends the next keys, at most 'most' and SLOT_BATCH_MAX, to the target, which may take so many ms for them. Returns how many these are. */
size_t slot_flight_migrate(
    struct slot_flight *f, size_t most, int wait_ms, const struct slot_node_address *to, struct rconn *source);
