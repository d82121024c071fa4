#include "plan/plan.h"
#include "plan/want.h"
#include <string.h>

/*
 * Who is primary of a node group. A dead primary is replaced by the replica that
 * got furthest; a hung one is killed first, so that it can't wake up as a second
 * primary. An orderly change (a promotion on request, an upgrade) holds the old
 * primary's writes, waits until the new one has them all, and then swaps.
 */
enum {
    OFFSETS_LIMIT_MS = 50,   /* a replica that has not told its last offset by then is taken at its word */
    SWITCH_LIMIT_MS = 10000, /* an orderly change that has not come about by then is given up */
};

/* One that was primary a moment ago, or has just become it in good order, has as much to tell as any replica. */
static bool can_stand_in(const struct world_node *n, const struct world_node_group *ng, const struct world_node *first)
{
    return n != first && !n->drop && strcmp(n->row.node_group_id, ng->row.id) == 0 && n->row.want == WISH_RUN &&
           node_answers(n) && n->row.seen_role;
}

/* Further is better; of equals, one in another zone than the failed node; then the first by name. */
static bool is_better(
    const struct world_rg *rg, const struct world_node *a, const struct world_node *b, const struct world_node *failed)
{
    if (a->row.seen_offset != b->row.seen_offset) return a->row.seen_offset > b->row.seen_offset;
    bool a_away = strcmp(a->row.availability_zone, failed->row.availability_zone) != 0;
    bool b_away = strcmp(b->row.availability_zone, failed->row.availability_zone) != 0;
    return rg->row.multi_az && a_away && !b_away;
}

struct world_node *plan_best_replica(
    struct world_rg *rg, struct world_node_group *ng, const struct world_node *first, bool *all_told)
{
    struct world_node *best = NULL;
    *all_told = true;
    for (size_t i = 0; i < ng->n_nodes; i++) {
        struct world_node *n = &ng->nodes[i];
        if (!can_stand_in(n, ng, first)) continue;
        if (n->row.seen_link_up) *all_told = false;
        if (best == NULL || is_better(rg, n, best, first)) best = n;
    }
    return best;
}

void plan_make_primary(
    struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first, struct world_node *next)
{
    const char *region = rg->row.region, *from = first->row.cluster_id, *to = next->row.cluster_id;
    world_set(w, &ng->row.primary_node_id, next->row.id);
    world_set(w, &ng->row.switch_node_id, NULL);
    world_set_int(w, &ng->row.switch_offset, -1);
    if (ng->shard) world_set_int(w, &ng->shard->row.primary_seen, 0);
    world_event(w, region, to, EVENT_CLUSTER_FAILOVER, from, to);
    world_event(w, region, rg->row.id, EVENT_GROUP_FAILOVER, from, to);
}

static void replace_dead(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first)
{
    bool all_told;
    struct world_node *best = plan_best_replica(rg, ng, first, &all_told);
    if (best == NULL) return; /* then it is restarted in place: see want_node.hold */
    int64_t limit = first->row.seen_since_ms + OFFSETS_LIMIT_MS;
    if (!all_told && w->steady_ms < limit) {
        world_wake(w, limit);
        return;
    }
    plan_make_primary(w, rg, ng, first, best);
    world_set(w, &ng->row.failed_node_id, first->row.id);
    world_event(w, rg->row.region, first->row.cluster_id, EVENT_RECOVERING, first->row.node_id);
}

/* An upgrade will try again before long: it does not tell of each time. */
static bool is_upgrade(const struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (strcmp(rg->clusters[i].row.engine_version, rg->row.engine_version) != 0) return true;
    return false;
}

static void give_up_switch(
    struct world *w, struct world_rg *rg, struct world_node_group *ng, const struct world_node *first, const char *why)
{
    const char *to = ng->row.switch_node_id;
    const struct world_node *next = rg_node(rg, to);
    if (!is_upgrade(rg))
        world_event(
            w, rg->row.region, rg->row.id, EVENT_SWITCH_GIVEN_UP, first->row.cluster_id, next ? next->row.cluster_id : to, why);
    world_set(w, &ng->row.switch_node_id, NULL);
    world_set_int(w, &ng->row.switch_offset, -1);
}

/* NULL: the change may go on. One that has gone so far that the new primary is known to be one soon is not ended by a failover between regions, which
 * waits for it. */
static const char *why_no_switch(
    struct world *w, const struct world_rg *rg, const struct world_node_group *ng, const struct world_node *next)
{
    if (!node_answers(next)) return "the replica does not answer";
    if (want_other_process(next)) return "the replica's process has ended";
    if (ng->row.switch_offset < 0 && want_hands_over(rg)) return "another region is to become primary";
    if (w->steady_ms < ng->row.switch_since_ms + SWITCH_LIMIT_MS) return NULL;
    return ng->row.switch_offset < 0 ? "the primary could not hold its writes in time"
                                     : "the replica did not get all writes in time";
}

/* A passive region's first node takes no writes, nor does one that is dead: there nothing has to be held back. */
static void plan_switch(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first)
{
    struct world_node *next = rg_node(rg, ng->row.switch_node_id);
    const char *why = why_no_switch(w, rg, ng, next);
    if (why) {
        give_up_switch(w, rg, ng, first, why);
        return;
    }
    world_wake(w, ng->row.switch_since_ms + SWITCH_LIMIT_MS);
    bool took_over = node_takes_writes(next);
    bool quiet = want_passive(rg) || node_is_dead(first);
    if (quiet || (ng->row.switch_offset >= 0 && took_over)) plan_make_primary(w, rg, ng, first, next);
    else if (ng->row.switch_offset < 0 && first->row.seen_fenced)
        world_set_int(w, &ng->row.switch_offset, first->row.seen_offset);
}

static void plan_recovery(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    struct world_node *n = ng->row.failed_node_id ? rg_node(rg, ng->row.failed_node_id) : NULL;
    if (ng->row.failed_node_id == NULL || (n && !want_in_force(w, n))) return;
    if (n) world_event(w, rg->row.region, n->row.cluster_id, EVENT_RECOVERY_FINISHED, n->row.node_id);
    world_set(w, &ng->row.failed_node_id, NULL);
}

void plan_failover(struct world *w, struct world_rg *rg)
{
    if (rg->drop || rg->row.status == RG_DELETING) return;
    for (size_t i = 0; i < rg->n_nodes; i++) plan_hung(w, &rg->nodes[i]);
    for (size_t i = 0; i < rg->n_nodes; i++) plan_blocked(w, &rg->nodes[i]);
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        struct world_node *first = rg_primary(ng);
        if (first == NULL) continue;
        if (node_is_dead(first) && want_failover(rg) && !first->seed) replace_dead(w, rg, ng, first);
        else if (ng->row.switch_node_id) plan_switch(w, rg, ng, first);
        plan_recovery(w, rg, ng);
    }
}
