#pragma once
#include "plan/world.h"
/*
 * What the phases of a datastore go by: the two regions that a phase is about, shard by shard, and its facts (plan/phase.h), which are
 * collected from the rows. Nothing is changed here.
 */

/* A shard in both regions. All may be NULL but where something else is said. */
struct handover_shard {
    struct world_node_group *old_ng, *next_ng;
    struct world_node *old, *next; /* their first nodes */
};

/* All but the datastore and the shards may be NULL. */
struct handover {
    struct world_global *g;
    struct world_member *active, *target;
    struct handover_shard
        *shards;     /* while a dead primary gets its data back: those that are concerned; belong to the world's arena */
    size_t n_shards; /* at least one */
    bool late;       /* the phase has lasted for its limit */
};

struct handover handover_of(struct world *w, struct world_global *g);

/* The facts of the phase, an enum phase_fact each. */
unsigned handover_facts(struct world *w, const struct handover *h);

/* Why nobody waits for a shard's old primary; NULL where it is to be waited for. One that a replica is to replace is waited for in time. */
const char *handover_why_passed_over(struct world *w, const struct handover *h, const struct handover_shard *s);

/* Why the failover is given up; belongs to the world's arena. Only for a phase that is to end so. */
const char *handover_why_given_up(struct world *w, const struct handover *h);

/* The member that has most of the shard's data and can give them to its dead primary; NULL where there is none. */
struct world_member *handover_best_source(struct world *w, const struct handover *h, const struct handover_shard *s);

/* The member that gives data next, to one shard at least; NULL where there is none. */
struct world_member *handover_next_source(struct world *w, const struct handover *h);

/* The old primary is dead and nobody takes its place, nor is anybody waited for who may have its data. */
bool handover_is_dataless(struct world *w, const struct handover *h, const struct handover_shard *s);
