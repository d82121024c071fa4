#include "base/arena.h"
#include "plan/moves.gen.h"
#include "plan/phase.h"
#include "plan/plan.h"
#include "plan/want.h"
#include <string.h>

/*
 * A failover runs through the phases fencing (the old primary holds its writes and tells its offset), promoting (the new one has to reach
 * that offset first) and settling (everybody follows the new one). A primary that is alive and can be reached is never passed over: what does
 * not come about in time is given up. The new one may have become primary in that very moment, so the order is withdrawn first
 * (withdrawing), and only when its agent has taken that does the old one take writes again. Where the old primary is dead, or
 * out of reach, nothing is waited for; fork.c tells what becomes of writes that it took since. The phases reviving and returning
 * bring a dead primary's data back: see plan_revival().
 */

static struct world_node *first_node(struct world_rg *rg)
{
    return rg && rg->n_node_groups ? rg_primary(&rg->node_groups[0]) : NULL;
}

/* Dead, or another process in the place of a dead one. */
static bool is_gone(const struct world_node *n)
{
    return node_is_dead(n) || want_other_process(n);
}

/* The same, and no replica of its own region is about to take its place. */
static bool is_lost(const struct world_rg *rg, const struct world_node *n)
{
    return is_gone(n) && !want_has_stand_in(rg, n);
}

static void enter(struct world *w, struct world_global *g, enum global_phase_event event)
{
    move_global_phase(w, &g->row.phase, event);
    world_set_int(w, &g->row.phase_since_ms, w->steady_ms);
}

static void promote(struct world *w, struct world_global *g, enum global_phase_event event, int64_t offset)
{
    world_set_int(w, &g->row.switch_offset, offset);
    enter(w, g, event);
}

static int seconds(enum global_phase phase)
{
    return (int)(phase_of(phase)->limit_ms / 1000);
}

/* When a wait that began with the phase ends, at the latest. */
static int64_t phase_limit(const struct world *w, const struct world_global *g)
{
    int64_t since = g->row.phase_since_ms > w->started_ms ? g->row.phase_since_ms : w->started_ms;
    return since + phase_of(g->row.phase)->limit_ms;
}

/* Nothing has changed but that some writes had to wait. */
static void give_up(struct world *w, struct world_global *g, const char *why)
{
    for (size_t i = 0; i < g->n_members; i++)
        if (!g->members[i].drop)
            world_event(w, g->members[i].row.region, g->members[i].row.rg_id, EVENT_GLOBAL_FAILOVER_GIVEN_UP, g->row.id,
                g->row.switch_region ? g->row.switch_region : "-", why);
    world_set(w, &g->row.switch_region, NULL);
    world_set_int(w, &g->row.switch_offset, -1);
    enter(w, g, PHASE_GIVEN_UP);
}

/* Why nobody waits for the old primary; NULL where it is to be waited for. */
static const char *why_passed_over(struct world *w, const struct world_member *active, const struct world_node *old, bool patient)
{
    if (old == NULL) return "there is none";
    if (patient ? is_lost(active->rg, old) : is_gone(old)) return "it is dead";
    if (world_out_of_reach(w, active->row.region)) return "its region is out of reach";
    return NULL;
}

static void pass_over(struct world *w, struct world_global *g, const struct world_node *old, const char *why)
{
    struct world_member *target = want_switch_member(g);
    if (target && old)
        world_event(w, target->row.region, target->row.rg_id, EVENT_GLOBAL_PASSED_OVER, old->row.cluster_id, g->row.id, why);
    promote(w, g, PHASE_PASSED_OVER, -1);
}

static const char *why_not_fenced(struct world *w, const struct world_node *old)
{
    const char *node = old->row.cluster_id;
    if (node_answers(old)) return arena_printf(w->arena, "%s could not hold its writes for %d s", node, seconds(PHASE_FENCING));
    return arena_printf(w->arena, "%s does not answer (%s)", node, seen_state_text(old->row.seen_state));
}

/* A hung primary is killed by plan_failover(); one whose agent is just starting, or is being replaced, may answer soon. */
static void plan_fencing(struct world *w, struct world_global *g)
{
    struct world_member *active = global_primary(g), *target = want_switch_member(g);
    struct world_node *old = first_node(active ? active->rg : NULL);
    int64_t limit = phase_limit(w, g);
    bool patient = w->steady_ms < limit, in_touch = active && world_in_touch(w, active->row.region);
    const char *why = why_passed_over(w, active, old, patient);
    bool ready = target == NULL || target->row.fork_offset == 0;               /* else it is about to follow the old one */
    bool busy = old && old->node_group && old->node_group->row.switch_node_id; /* a change within its region ends first */
    if (patient) world_wake(w, limit);
    if (why) pass_over(w, g, old, why);
    else if (ready && !busy && in_touch && node_answers(old) && old->row.seen_fenced)
        promote(w, g, PHASE_FENCED, old->row.seen_offset);
    else if (!patient && in_touch) give_up(w, g, why_not_fenced(w, old));
}

/* One that was passed over and may live takes no part from here on, whatever it says. */
static void swap_roles(struct world *w, struct world_global *g, struct world_member *target)
{
    struct world_member *active = global_primary(g);
    struct world_node *old = first_node(active ? active->rg : NULL);
    if (g->row.switch_offset < 0 && old && !node_is_dead(old)) plan_fork_open(w, active);
    for (size_t i = 0; i < g->n_members; i++) {
        struct row_global_member *m = &g->members[i].row;
        if (&g->members[i] == target) world_event(w, m->region, m->rg_id, EVENT_GLOBAL_PROMOTED, m->rg_id, g->row.id);
        else if (m->role == MEMBER_PRIMARY) world_event(w, m->region, m->rg_id, EVENT_GLOBAL_DEMOTED, m->rg_id, g->row.id);
        move_member_role(w, &m->role, &g->members[i] == target ? MEMBER_PROMOTED : MEMBER_DEMOTED);
    }
    enter(w, g, PHASE_PROMOTED);
}

/*
 * The offset is waited for as long as the old primary lives and the new one gets nearer. Where a replica took the old one's
 * place meanwhile, it is its offset: nobody has more.
 */
static void plan_catching_up(struct world *w, struct world_global *g, struct world_node *n)
{
    struct world_member *active = global_primary(g);
    struct world_node *old = first_node(active ? active->rg : NULL);
    if (old && world_in_touch(w, active->row.region) && node_answers(old) && old->row.seen_fenced)
        world_set_int(w, &g->row.switch_offset, old->row.seen_offset);
    if (n->stored && n->stored->seen_offset != n->row.seen_offset) world_set_int(w, &g->row.phase_since_ms, w->steady_ms);
    int64_t limit = phase_limit(w, g);
    bool patient = w->steady_ms < limit;
    const char *why = why_passed_over(w, active, old, patient);
    if (why) pass_over(w, g, old, why);
    else if (patient) world_wake(w, limit);
    else enter(w, g, PHASE_OVERDUE);
}

/* A target that died has nothing to become primary with: the old primary goes on, or is revived if it is dead, too. */
static const char *why_target_is_no_use(struct world *w, const struct world_member *target, const struct world_node *n)
{
    if (is_lost(target->rg, n)) return arena_printf(w->arena, "%s is dead", n->row.cluster_id);
    if (world_out_of_reach(w, target->row.region)) return "the region is out of reach";
    return NULL;
}

static void plan_promoting(struct world *w, struct world_global *g)
{
    struct world_member *target = want_switch_member(g);
    struct world_node *n = first_node(target ? target->rg : NULL);
    const char *why = n ? why_target_is_no_use(w, target, n) : NULL;
    if (n == NULL) enter(w, g, PHASE_TARGET_GONE);
    else if (node_takes_writes(n)) swap_roles(w, g, target);
    else if (why) give_up(w, g, why);
    else if (g->row.switch_offset >= 0) plan_catching_up(w, g, n);
}

/* The region had taken the withdrawal before it told what is looked at now. */
static bool has_withdrawn(
    struct world *w, const struct world_global *g, const struct world_member *target, const struct world_node *n)
{
    const struct world_region *r = world_region(w, target->row.region);
    bool ordered = g->stored && g->stored->phase == PHASE_WITHDRAWING;
    return ordered && r && r->obeys && node_answers(n) && !n->row.seen_rising;
}

static void plan_withdrawing(struct world *w, struct world_global *g)
{
    struct world_member *target = want_switch_member(g), *active = global_primary(g);
    struct world_node *n = first_node(target ? target->rg : NULL), *old = first_node(active ? active->rg : NULL);
    const char *why = n ? why_target_is_no_use(w, target, n) : NULL;
    if (n == NULL) enter(w, g, PHASE_TARGET_GONE);
    else if (node_takes_writes(n)) swap_roles(w, g, target);
    else if (old == NULL || is_lost(active->rg, old)) pass_over(w, g, old, "it is dead");
    else if (why) give_up(w, g, why);
    else if (has_withdrawn(w, g, target, n))
        give_up(
            w, g, arena_printf(w->arena, "%s did not get all writes within %d s", n->row.cluster_id, seconds(PHASE_PROMOTING)));
}

/*
 * A region whose first node can't follow yet (dead, or out of reach) does not keep the others
 * from being available; and without a primary there is nobody to follow.
 */
static void plan_settling(struct world *w, struct world_global *g)
{
    struct world_member *active = global_primary(g);
    bool leaderless = active && active->rg && is_lost(active->rg, first_node(active->rg));
    for (size_t i = 0; !leaderless && i < g->n_members; i++) {
        struct world_node *n = first_node(g->members[i].rg);
        if (node_answers(n) && !want_in_force(w, n) && !world_out_of_reach(w, g->members[i].row.region)) return;
    }
    world_set(w, &g->row.switch_region, NULL);
    world_set_int(w, &g->row.switch_offset, -1);
    enter(w, g, PHASE_ALL_FOLLOW);
}

static struct world_member *best_source(struct world *w, struct world_global *g, const struct world_member *active)
{
    struct world_member *best = NULL;
    for (size_t i = 0; i < g->n_members; i++) {
        struct world_member *m = &g->members[i];
        struct world_node *n = first_node(m->rg);
        if (m == active || m->drop || m->row.leaving || m->row.status != MEMBER_ASSOCIATED) continue;
        if (!node_answers(n) || want_other_process(n)) continue;
        if (m->row.fork_offset != 0 || !world_in_touch(w, m->row.region)) continue;
        if (best == NULL || n->row.seen_offset > first_node(best->rg)->row.seen_offset) best = m;
    }
    return best;
}

static void start_revival(struct world *w, struct world_global *g, const struct world_member *source)
{
    world_set(w, &g->row.switch_region, source->row.region);
    world_set_int(w, &g->row.switch_offset, -1);
    enter(w, g, PHASE_PRIMARY_LOST);
}

/* The giver died: another region may have the data, too. */
static void revive_otherwise(struct world *w, struct world_global *g, const struct world_member *active)
{
    struct world_member *other = best_source(w, g, active);
    if (other) start_revival(w, g, other);
    else enter(w, g, PHASE_SOURCE_GONE);
}

/* While the giver lives, nobody becomes primary without all that it gives: what takes too long begins anew. */
static void plan_returning(
    struct world *w, struct world_global *g, const struct world_node *first, const struct world_member *source)
{
    const struct world_node *giver = first_node(source ? source->rg : NULL);
    int64_t limit = phase_limit(w, g);
    if (node_takes_writes(first)) enter(w, g, PHASE_RETURNED);
    else if (first == NULL || is_gone(first) || giver == NULL || is_lost(source->rg, giver)) enter(w, g, PHASE_SOURCE_GONE);
    else if (is_gone(giver) || w->steady_ms >= limit) enter(w, g, PHASE_RESTARTED);
    else world_wake(w, limit);
}

/*
 * A dead primary that no replica of its own region replaces would come back empty
 * and empty its secondaries. It gets its data back from one of them instead: that
 * one holds all writes, gives the data (reviving), and goes back to following as
 * soon as the primary has them (returning).
 */
static void plan_revival(struct world *w, struct world_global *g)
{
    struct world_member *active = global_primary(g), *source = want_switch_member(g);
    struct world_node *first = first_node(active ? active->rg : NULL), *giver = first_node(source ? source->rg : NULL);
    if (g->row.phase == PHASE_STEADY) {
        bool lost = first && is_lost(active->rg, first) && !want_awaits_secondary(w, active->rg, first);
        source = lost ? best_source(w, g, active) : NULL;
        if (source) start_revival(w, g, source);
    } else if (g->row.phase == PHASE_REVIVING) {
        if (g->row.switch_offset >= 0 && node_takes_writes(first)) enter(w, g, PHASE_RETURNED); /* it just did return */
        else if (giver == NULL || is_lost(source->rg, giver)) revive_otherwise(w, g, active);
        else if (world_in_touch(w, source->row.region) && node_takes_writes(giver) && giver->row.seen_fenced &&
                 want_in_force(w, first)) {
            world_set_int(w, &g->row.switch_offset, giver->row.seen_offset);
            enter(w, g, PHASE_DATA_GIVEN);
        }
    } else if (g->row.phase == PHASE_RETURNING) {
        plan_returning(w, g, first, source);
    }
}

static void drop_gateways(struct world *w, struct world_rg *rg)
{
    for (size_t i = 0; rg && i < rg->n_endpoints; i++)
        if (rg->endpoints[i].row.kind == ENDPOINT_GATEWAY) world_drop(w, &rg->endpoints[i].drop);
}

static bool gateways_listen(struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_endpoints; i++)
        if (rg->endpoints[i].row.kind == ENDPOINT_GATEWAY && rg->endpoints[i].row.seen_state != ENDPOINT_LISTENING) return false;
    return true;
}

/* A member is associated once it replicates (or, the primary, once its side of the link stands); one that leaves is out once it takes writes. */
static void plan_member(struct world *w, struct world_member *m)
{
    if (m->drop || m->rg == NULL) return;
    if (m->row.leaving) {
        if (!node_takes_writes(first_node(m->rg))) return;
        drop_gateways(w, m->rg);
        world_drop(w, &m->drop);
        world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_LEFT, m->row.rg_id, m->row.global_id);
        return;
    }
    if (m->row.status == MEMBER_ASSOCIATED) return;
    bool first = m->row.role == MEMBER_PRIMARY;
    bool joined = first ? node_takes_writes(first_node(m->rg)) && gateways_listen(m->rg) : m->rg->row.status == RG_AVAILABLE;
    if (!joined) return;
    move_member_status(w, &m->row.status, MEMBER_JOINED);
    if (first) world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_JOINED_AS_PRIMARY, m->row.rg_id, m->row.global_id);
    else world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_JOINED_AS_SECONDARY, m->row.rg_id, m->row.global_id);
}

static void plan_deletion(struct world *w, struct world_global *g)
{
    for (size_t i = 0; i < g->n_members; i++) {
        drop_gateways(w, g->members[i].rg);
        world_drop(w, &g->members[i].drop);
    }
    world_drop(w, &g->drop);
}

static bool has_version(const struct world_global *g, const struct world_rg *rg)
{
    return strcmp(rg->row.engine, g->row.engine) == 0 && strcmp(rg->row.engine_version, g->row.engine_version) == 0;
}

static void set_version(struct world *w, const struct world_global *g, struct world_rg *rg)
{
    world_set(w, &rg->row.engine, g->row.engine);
    world_set(w, &rg->row.engine_version, g->row.engine_version);
    move_rg_status(w, &rg->row.status, RG_CHANGE_ASKED);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        move_node_group_status(w, &rg->node_groups[i].row.status, NODE_GROUP_CHANGE_ASKED);
}

/* A new version comes to the secondaries first: a replica may be newer than its upstream, and not the other way round. */
static void plan_version(struct world *w, struct world_global *g)
{
    bool secondaries_done = true;
    for (size_t i = 0; i < g->n_members; i++) {
        struct world_member *m = &g->members[i];
        if (m->drop || m->rg == NULL || m->row.leaving || m->row.role != MEMBER_SECONDARY) continue;
        if (m->rg->row.status != RG_CREATING && !has_version(g, m->rg)) set_version(w, g, m->rg);
        secondaries_done = secondaries_done && m->rg->row.status == RG_AVAILABLE;
    }
    struct world_member *active = global_primary(g);
    if (secondaries_done && active && active->rg && !has_version(g, active->rg)) set_version(w, g, active->rg);
}

/* What was asked of the datastore is in force in a member's region. */
static bool member_is_settled(const struct world_global *g, const struct world_member *m)
{
    return m->rg == NULL || (has_version(g, m->rg) && m->rg->row.status != RG_MODIFYING);
}

static void plan_status(struct world *w, struct world_global *g)
{
    size_t secondaries = 0;
    for (size_t i = 0; i < g->n_members; i++) {
        struct world_member *m = &g->members[i];
        if (m->drop) continue;
        if (m->row.leaving || m->row.status != MEMBER_ASSOCIATED || !member_is_settled(g, m)) return;
        secondaries += m->row.role == MEMBER_SECONDARY;
    }
    move_global_status(w, &g->row.status, secondaries ? GLOBAL_SETTLED : GLOBAL_LEFT_ALONE);
}

void plan_global(struct world *w, struct world_global *g)
{
    if (g->drop) return;
    if (g->row.status == GLOBAL_DELETING) {
        plan_deletion(w, g);
        return;
    }
    for (size_t i = 0; i < g->n_members; i++) plan_member(w, &g->members[i]);
    plan_global_scaling(w, g);
    plan_forks(w, g);
    if (g->row.phase == PHASE_FENCING) plan_fencing(w, g);
    if (g->row.phase == PHASE_PROMOTING) plan_promoting(w, g);
    if (g->row.phase == PHASE_WITHDRAWING) plan_withdrawing(w, g);
    if (g->row.phase == PHASE_SETTLING) plan_settling(w, g);
    plan_revival(w, g);
    bool busy = g->row.status == GLOBAL_CREATING || g->row.status == GLOBAL_MODIFYING;
    if (!busy || g->row.phase != PHASE_STEADY) return;
    plan_version(w, g);
    plan_status(w, g);
}
