#pragma once
#include "base/index.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * What a region's agent has told last of everything in it: the whole sighting, put together of what comes. Rows get it from here
 * with each look of the plans (sight.h).
 */
enum told_kind { TOLD_NODES, TOLD_LINKS, TOLD_SNAPSHOTS, TOLD_STUCK, TOLD__COUNT };

struct told {
    bool any;                        /* since its agent began */
    struct index items[TOLD__COUNT]; /* copies of a struct proto_node_seen, …, by id; of what is stuck by replication group */
};

/* Called for each item that is another than before, or was not there, or is not any more. */
typedef void told_changed_fn(void *arg, enum told_kind kind, const char *id);
void told_take(struct told *t, const struct proto_sighting *s, told_changed_fn *changed, void *arg);
/* NULL if nothing was told of it. */
const void *told_find(const struct told *t, enum told_kind kind, const char *id);
/* What was told was about something that is no more. */
void told_forget(struct told *t, enum told_kind kind, const char *id);
/* Forgets all. */
void told_fini(struct told *t);
