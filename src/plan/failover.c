#include "plan/candidate.h"
#include "plan/plan.h"
#include "plan/seen.h"
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
    RECALL_LOOK_MS = 10,     /* as often it is looked whether an agent has taken the order to hold a primary down again */
};

/*
 * A dead primary that nobody can replace is let start, empty. Whoever has data comes too late then: another region would give them to one
 * that takes writes already, or take the place of that one, and so would a replica that is asked to. It is held down again, and is known to
 * be down once the agent has taken that order and it still is dead.
 */
static void follow_release(struct world *w, struct world_node *first)
{
    const struct world_region *r = world_region(w, first->row.region);
    bool dead = node_is_dead(first), held = dead && want_node(w, first).hold;
    bool obeyed = first->stored && first->stored->release == RELEASE_RECALLED && r && r->obeys;
    if (!dead || (held && obeyed)) world_set_word(w, &first->row.release, RELEASE_NONE);
    else if (!held) world_set_word(w, &first->row.release, RELEASE_GIVEN);
    else if (first->row.release == RELEASE_GIVEN) world_set_word(w, &first->row.release, RELEASE_RECALLED);
    if (first->row.release == RELEASE_RECALLED) world_wake(w, w->steady_ms + RECALL_LOOK_MS);
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

/*
 * Offsets of two nodes can be compared where one follows the other: a primary that was started again begins to count anew, and a
 * replica that has not found it yet has the data, and the greater offset, of its predecessor.
 */
static bool follows_now(const struct world_node_group *ng, const struct world_node *next)
{
    return ng->row.switch_offset >= 0 || next->row.seen_link_up;
}

/* NULL: the change may go on. One that has gone so far that the new primary is known to be one soon is not ended by a failover between regions, which
 * waits for it. */
static const char *why_no_switch(
    struct world *w, const struct world_rg *rg, const struct world_node_group *ng, const struct world_node *next)
{
    if (!node_answers(next)) return "the replica does not answer";
    if (want_other_process(next)) return "the replica's process has ended";
    if (ng->row.switch_offset < 0 && want_hands_over(rg)) return "another region is to become primary";
    if (want_is_switch_target(rg)) return "its region is to become primary"; /* its first node may just have become one */
    if (w->steady_ms < ng->row.switch_since_ms + SWITCH_LIMIT_MS) return NULL;
    if (!follows_now(ng, next)) return "the replica had no link to the primary";
    return ng->row.switch_offset < 0 ? "the primary could not hold its writes in time"
                                     : "the replica did not get all writes in time";
}

/* An orderly change would have the dead one stay down for a new primary that can't become one. */
static void end_switch(struct world *w, struct world_rg *rg, struct world_node_group *ng, const struct world_node *first)
{
    const char *why = why_no_switch(w, rg, ng, rg_node(rg, ng->row.switch_node_id));
    if (why) give_up_switch(w, rg, ng, first, why);
}

static void replace_dead(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first)
{
    bool all_told;
    struct world_node *best = candidate_best(rg, ng, first, &all_told);
    if (best == NULL || !want_has_stand_in(w, rg, first)) { /* restarted in place, or revived: see want_node.hold */
        if (ng->row.switch_node_id) end_switch(w, rg, ng, first);
        return;
    }
    if (want_awaits_saved(w, first) || want_awaits_silent(w, rg, first)) return;
    int64_t limit = first->row.seen_since_ms + OFFSETS_LIMIT_MS;
    if (!all_told && w->steady_ms < limit) {
        world_wake(w, limit);
        return;
    }
    candidate_make_primary(w, rg, ng, first, best);
    world_set(w, &ng->row.failed_node_id, first->row.id);
    world_event(w, rg->row.region, first->row.cluster_id, EVENT_RECOVERING, first->row.node_id);
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
    bool quiet = want_passive(rg) || (node_is_dead(first) && first->row.release == RELEASE_NONE);
    if (quiet || (ng->row.switch_offset >= 0 && took_over)) candidate_make_primary(w, rg, ng, first, next);
    else if (ng->row.switch_offset < 0 && first->row.seen_fenced && follows_now(ng, next))
        world_set_int(w, &ng->row.switch_offset, first->row.seen_offset);
}

static void plan_recovery(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    struct world_node *n = ng->row.failed_node_id ? rg_node(rg, ng->row.failed_node_id) : NULL;
    if (n && n->drop) n = NULL; /* its row goes with this look: who has failed is nobody any more */
    if (ng->row.failed_node_id == NULL || (n && !want_in_force(w, n))) return;
    if (n) world_event(w, rg->row.region, n->row.cluster_id, EVENT_RECOVERY_FINISHED, n->row.node_id);
    world_set(w, &ng->row.failed_node_id, NULL);
}

/* A last snapshot is waited for: its node may be the primary that died, which comes back with the data once another one has taken its place. */
static void replace_dead_before_deletion(struct world *w, struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node *first = rg_primary(&rg->node_groups[i]);
        bool stays = first && first->row.want == WISH_RUN && want_failover(rg) && !first->seed;
        if (stays && node_is_dead(first)) replace_dead(w, rg, &rg->node_groups[i], first);
    }
}

void plan_failover(struct world *w, struct world_rg *rg)
{
    if (rg->drop) return;
    for (size_t i = 0; i < rg->n_nodes; i++) plan_hung(w, &rg->nodes[i]);
    if (rg->row.status == RG_DELETING) return replace_dead_before_deletion(w, rg);
    for (size_t i = 0; i < rg->n_nodes; i++) plan_blocked(w, &rg->nodes[i]);
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        struct world_node *first = rg_primary(ng);
        if (first == NULL) continue;
        if (!want_passive(rg)) follow_release(w, first);
        if (node_is_dead(first) && want_failover(rg) && !first->seed) replace_dead(w, rg, ng, first);
        else if (ng->row.switch_node_id) plan_switch(w, rg, ng, first);
        plan_recovery(w, rg, ng);
    }
}
