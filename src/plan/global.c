#include "base/arena.h"
#include "plan/moves.gen.h"
#include "plan/phase.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/want.h"
#include <assert.h>
#include <string.h>

/*
 * The failover between regions: plan/phase.c draws its phases, and says by which facts each ends. Here those facts are collected from the
 * rows, and the events carried out.
 */

static struct world_node *first_node(struct world_rg *rg)
{
    return rg && rg->n_node_groups ? rg_primary(&rg->node_groups[0]) : NULL;
}

/* The two that a phase is about; all but the datastore may be NULL. */
struct handover {
    struct world_global *g;
    struct world_member *active, *target;
    struct world_node *old, *next; /* their first nodes */
    bool late;                     /* see is_late() */
};

/* Dead, or another process in the place of a dead one. */
static bool is_gone(const struct world_node *n)
{
    return n == NULL || node_is_dead(n) || want_other_process(n);
}

static bool is_lost(const struct world_rg *rg, const struct world_node *n)
{
    return is_gone(n) && (n == NULL || !want_has_stand_in(rg, n));
}

/* Why nobody waits for the old primary; NULL where it is to be waited for. One that a replica is to replace is waited for in time. */
static const char *why_passed_over(struct world *w, const struct handover *h)
{
    if (h->old == NULL) return "there is none";
    if (h->late ? is_gone(h->old) : is_lost(h->active->rg, h->old)) return "it is dead";
    if (world_out_of_reach(w, h->active->row.region)) return "its region is out of reach";
    return NULL;
}

/* A target that died has nothing to become primary with: the old primary goes on, or is revived if it is dead, too. */
static const char *why_target_is_unfit(struct world *w, const struct handover *h)
{
    if (world_out_of_reach(w, h->target->row.region)) return "the region is out of reach, and may take writes of its own";
    if (is_lost(h->target->rg, h->next)) return arena_printf(w->arena, "%s is dead", h->next->row.cluster_id);
    return NULL;
}

static struct world_member *best_source(struct world *w, struct world_global *g)
{
    struct world_member *best = NULL;
    for (size_t i = 0; i < g->n_members; i++) {
        struct world_member *m = &g->members[i];
        struct world_node *n = first_node(m->rg);
        if (m == global_primary(g) || m->drop || m->row.leaving || m->row.status != MEMBER_ASSOCIATED) continue;
        if (!node_answers(n) || want_other_process(n)) continue;
        if (m->row.fork_offset != 0 || !world_in_touch(w, m->row.region)) continue;
        if (best == NULL || n->row.seen_offset > first_node(best->rg)->row.seen_offset) best = m;
    }
    return best;
}

/*
 * A region whose first node can't follow yet (dead, or out of reach) does not keep the others
 * from being available; and without a primary there is nobody to follow.
 */
static bool is_followed(struct world *w, const struct handover *h)
{
    if (h->old && h->active->rg && is_lost(h->active->rg, h->old)) return true;
    for (size_t i = 0; i < h->g->n_members; i++) {
        struct world_node *n = first_node(h->g->members[i].rg);
        if (h->g->members[i].drop || h->g->members[i].row.leaving) continue; /* it follows nobody any more */
        if (node_answers(n) && !want_in_force(w, n) && !world_out_of_reach(w, h->g->members[i].row.region)) return false;
    }
    return true;
}

/*
 * The new primary is waited for as long as it gets nearer. Where a replica took the old one's place meanwhile, it is its offset: nobody has
 * more.
 */
static void follow_progress(struct world *w, const struct handover *h)
{
    struct row_global_replication_group *row = &h->g->row;
    if (row->phase != PHASE_PROMOTING || row->switch_offset < 0 || h->next == NULL || node_takes_writes(h->next)) return;
    if (h->old && world_in_touch(w, h->active->row.region) && node_answers(h->old) && h->old->row.seen_fenced)
        world_set_int(w, &row->switch_offset, h->old->row.seen_offset);
    if (h->next->stored && h->next->stored->seen_offset != h->next->row.seen_offset)
        world_set_int(w, &row->phase_since_ms, w->steady_ms);
}

/*
 * A dead primary that nobody can replace is let start, empty. Another region that has data comes too late then: it would give them to one
 * that takes writes already. It is held down again, and the region gives its data once the agent has taken that order and it still is dead.
 */
static void follow_release(struct world *w, struct world_global *g)
{
    struct world_member *active = global_primary(g);
    struct world_node *old = first_node(active ? active->rg : NULL);
    if (old == NULL) return;
    const struct world_region *r = world_region(w, active->row.region);
    bool dead = node_is_dead(old), held = dead && want_node(w, old).hold;
    bool obeyed = old->stored && old->stored->release == RELEASE_RECALLED && r && r->obeys;
    if (!dead || (held && obeyed)) world_set_word(w, &old->row.release, RELEASE_NONE);
    else if (!held) world_set_word(w, &old->row.release, RELEASE_GIVEN);
    else if (old->row.release == RELEASE_GIVEN) world_set_word(w, &old->row.release, RELEASE_RECALLED);
}

static unsigned facts_of_old(struct world *w, const struct handover *h)
{
    const struct world_node *old = h->old;
    bool reports = h->active && world_in_touch(w, h->active->row.region);
    bool lost = old == NULL || is_lost(h->active->rg, old);
    bool ready = h->target == NULL || h->target->row.fork_offset == 0;         /* else it is about to follow the old one */
    bool busy = old && old->node_group && old->node_group->row.switch_node_id; /* a change within its region ends first */
    bool follows = h->next == NULL || h->next->row.seen_link_up;               /* else their offsets say nothing of each other */
    bool fenced = reports && node_answers(old) && old->row.seen_fenced;
    unsigned facts = 0;
    if (reports) facts |= FACT_OLD_REPORTS;
    if (is_gone(old)) facts |= FACT_OLD_GONE;
    if (lost) facts |= FACT_OLD_LOST;
    bool down = old && old->row.release == RELEASE_NONE;
    if (h->g->row.phase == PHASE_STEADY && lost && down && !want_awaits_secondary(w, h->active->rg, old))
        facts |= FACT_OLD_IS_DATALESS;
    if (phase_of(h->g->row.phase)->active == ACTIVE_HOLDS && why_passed_over(w, h)) facts |= FACT_OLD_PASSED_OVER;
    if (fenced && ready && follows && !busy) facts |= FACT_OLD_FENCED;
    if (node_takes_writes(old)) facts |= FACT_OLD_WRITES;
    return facts;
}

static unsigned facts_of_target(struct world *w, const struct handover *h)
{
    struct world_node *n = h->next;
    if (n == NULL) return FACT_TARGET_NONE | FACT_TARGET_GONE | FACT_TARGET_LOST;
    const struct world_region *r = world_region(w, h->target->row.region);
    bool writes = node_takes_writes(n), reviving = h->g->row.phase == PHASE_REVIVING, lost = is_lost(h->target->rg, n);
    /* It took the withdrawal before it told what is looked at now, or never had an order. One that is lost stays down. */
    bool withdrawn = h->g->stored && h->g->stored->phase == PHASE_WITHDRAWING && ((r && r->obeys) || n->row.address == NULL);
    unsigned facts = lost ? FACT_TARGET_LOST : FACT_TARGET_LIVES;
    if (is_gone(n)) facts |= FACT_TARGET_GONE;
    if (phase_of(h->g->row.phase)->active == ACTIVE_HOLDS && world_out_of_reach(w, h->target->row.region))
        facts |= FACT_TARGET_UNREACHED;
    if (writes) facts |= FACT_TARGET_WRITES;
    if (withdrawn && (lost || (node_answers(n) && !n->row.seen_rising))) facts |= FACT_TARGET_WITHDREW;
    if (reviving && r && r->in_touch && writes && n->row.seen_fenced && h->old && want_in_force(w, h->old))
        facts |= FACT_TARGET_GAVE;
    return facts;
}

static unsigned facts_of(struct world *w, const struct handover *h)
{
    unsigned facts = facts_of_old(w, h) | facts_of_target(w, h);
    if (h->late) facts |= FACT_LATE;
    if (h->g->row.switch_offset >= 0) facts |= FACT_OFFSET;
    if (best_source(w, h->g)) facts |= FACT_OTHER_SOURCE;
    if (h->g->row.phase == PHASE_SETTLING && is_followed(w, h)) facts |= FACT_FOLLOWED;
    return facts;
}

static const char *why_given_up(struct world *w, const struct handover *h)
{
    bool fencing = h->g->row.phase == PHASE_FENCING;
    int seconds = (int)(phase_of(fencing ? PHASE_FENCING : PHASE_PROMOTING)->limit_ms / 1000);
    const char *unfit = fencing ? NULL : why_target_is_unfit(w, h);
    if (unfit) return unfit;
    assert(fencing ? h->old != NULL : h->next != NULL); /* FACT_OLD_PASSED_OVER, FACT_TARGET_NONE: another event then */
    if (!fencing) return arena_printf(w->arena, "%s did not get all writes within %d s", h->next->row.cluster_id, seconds);
    const char *node = h->old->row.cluster_id;
    if (node_answers(h->old) && h->old->row.seen_fenced && h->next && !h->next->row.seen_link_up)
        return arena_printf(w->arena, "%s had no link to %s for %d s", h->next->row.cluster_id, node, seconds);
    if (node_answers(h->old)) return arena_printf(w->arena, "%s could not hold its writes for %d s", node, seconds);
    return arena_printf(w->arena, "%s does not answer (%s)", node, seen_state_text(seen_node_state(&h->old->row)));
}

/* One that was passed over and may live takes no part from here on, whatever it says. */
static void swap_roles(struct world *w, const struct handover *h)
{
    struct world_global *g = h->g;
    if (g->row.switch_offset < 0 && h->old && !node_is_dead(h->old)) plan_fork_open(w, h->active);
    for (size_t i = 0; i < g->n_members; i++) {
        struct row_global_member *m = &g->members[i].row;
        if (&g->members[i] == h->target) world_event(w, m->region, m->rg_id, EVENT_GLOBAL_PROMOTED, m->rg_id, g->row.id);
        else if (m->role == MEMBER_PRIMARY) world_event(w, m->region, m->rg_id, EVENT_GLOBAL_DEMOTED, m->rg_id, g->row.id);
        move_member_role(w, &m->role, &g->members[i] == h->target ? MEMBER_PROMOTED : MEMBER_DEMOTED);
    }
}

/* What an event changes beside the phase. */
static void carry_out(struct world *w, const struct handover *h, enum global_phase_event event)
{
    struct row_global_replication_group *row = &h->g->row;
    const struct world_member *source = event == PHASE_PRIMARY_LOST ? best_source(w, h->g) : NULL;
    /* By the facts that these events follow from. */
    assert(event != PHASE_FENCED || h->old != NULL);
    assert(event != PHASE_DATA_GIVEN || h->next != NULL);
    assert(event != PHASE_PRIMARY_LOST || source != NULL);
    if (event == PHASE_PASSED_OVER && h->target && h->old)
        world_event(w, h->target->row.region, h->target->row.rg_id, EVENT_GLOBAL_PASSED_OVER, h->old->row.cluster_id, row->id,
            why_passed_over(w, h));
    if (event == PHASE_GIVEN_UP) {
        /* Nothing has changed but that some writes had to wait. */
        const char *why = why_given_up(w, h), *region = h->g->row.switch_region;
        for (size_t i = 0; i < h->g->n_members; i++)
            if (!h->g->members[i].drop)
                world_event(w, h->g->members[i].row.region, h->g->members[i].row.rg_id, EVENT_GLOBAL_FAILOVER_GIVEN_UP,
                    h->g->row.id, region ? region : "-", why);
    }
    if (event == PHASE_GIVEN_UP && row->phase == PHASE_WITHDRAWING && world_out_of_reach(w, h->target->row.region))
        plan_fork_doubt(w, h->target);
    if (event == PHASE_PROMOTED) swap_roles(w, h);
    if (event == PHASE_FENCED) world_set_int(w, &row->switch_offset, h->old->row.seen_offset);
    if (event == PHASE_DATA_GIVEN) world_set_int(w, &row->switch_offset, h->next->row.seen_offset);
    if (event == PHASE_PRIMARY_LOST) world_set(w, &row->switch_region, source->row.region);
    if (event == PHASE_GIVEN_UP || event == PHASE_ALL_FOLLOW) world_set(w, &row->switch_region, NULL);
    if (event == PHASE_PASSED_OVER || event == PHASE_GIVEN_UP || event == PHASE_ALL_FOLLOW || event == PHASE_PRIMARY_LOST)
        world_set_int(w, &row->switch_offset, -1);
}

/* True where the phase has lasted for its limit. A serve that was not there did not wait. */
static bool is_late(struct world *w, const struct world_global *g)
{
    int64_t since = g->row.phase_since_ms > w->started_ms ? g->row.phase_since_ms : w->started_ms;
    int64_t end = since + phase_of(g->row.phase)->limit_ms;
    if (w->steady_ms >= end) return true;
    world_wake(w, end);
    return false;
}

/* True where the phase has ended: whoever goes by it looks again in the next round. */
static bool plan_phase(struct world *w, struct world_global *g)
{
    struct handover h = {.g = g, .active = global_primary(g), .target = want_switch_member(g)};
    h.old = first_node(h.active ? h.active->rg : NULL);
    h.next = first_node(h.target ? h.target->rg : NULL);
    enum global_phase_event event;
    follow_progress(w, &h);
    h.late = is_late(w, g);
    if (!phase_next(g->row.phase, facts_of(w, &h), &event)) return false;
    carry_out(w, &h, event);
    move_global_phase(w, &g->row.phase, event);
    world_set_int(w, &g->row.phase_since_ms, w->steady_ms);
    return true;
}

static void drop_gateways(struct world *w, struct world_rg *rg)
{
    for (size_t i = 0; rg && i < rg->n_endpoints; i++)
        if (rg->endpoints[i].row.kind == ENDPOINT_GATEWAY) world_drop(w, &rg->endpoints[i].drop);
}

static bool gateways_listen(struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_endpoints; i++)
        if (rg->endpoints[i].row.kind == ENDPOINT_GATEWAY && seen_endpoint_state(&rg->endpoints[i].row) != ENDPOINT_LISTENING)
            return false;
    return true;
}

static bool all_take_writes(struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (!rg->node_groups[i].drop && !node_takes_writes(rg_primary(&rg->node_groups[i]))) return false;
    return rg->n_node_groups > 0;
}

/* A member is associated once it replicates (or, the primary, once its side of the link stands); one that leaves is out once it takes writes. */
static void plan_member(struct world *w, struct world_member *m)
{
    if (m->drop || m->rg == NULL) return;
    if (m->row.leaving) {
        if (!all_take_writes(m->rg)) return;
        drop_gateways(w, m->rg);
        world_drop(w, &m->drop);
        world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_LEFT, m->row.rg_id, m->row.global_id);
        return;
    }
    if (m->row.status == MEMBER_ASSOCIATED) return;
    bool first = m->row.role == MEMBER_PRIMARY;
    bool joined = first ? all_take_writes(m->rg) && gateways_listen(m->rg) : m->rg->row.status == RG_AVAILABLE;
    if (!joined) return;
    move_member_status(w, &m->row.status, MEMBER_JOINED);
    if (first) world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_JOINED_AS_PRIMARY, m->row.rg_id, m->row.global_id);
    else world_event(w, m->row.region, m->row.rg_id, EVENT_GLOBAL_JOINED_AS_SECONDARY, m->row.rg_id, m->row.global_id);
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
        for (size_t i = 0; i < g->n_members; i++) {
            drop_gateways(w, g->members[i].rg);
            world_drop(w, &g->members[i].drop);
        }
        world_drop(w, &g->drop);
        return;
    }
    for (size_t i = 0; i < g->n_members; i++) plan_member(w, &g->members[i]);
    plan_global_scaling(w, g);
    plan_forks(w, g);
    if (g->row.phase == PHASE_STEADY) follow_release(w, g);
    if (plan_phase(w, g)) return;
    bool busy = g->row.status == GLOBAL_CREATING || g->row.status == GLOBAL_MODIFYING;
    if (!busy || g->row.phase != PHASE_STEADY) return;
    plan_version(w, g);
    plan_status(w, g);
}
