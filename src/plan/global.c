#include "base/arena.h"
#include "plan/handover.h"
#include "plan/moves.gen.h"
#include "plan/phase.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/shard.h"
#include "plan/want.h"
#include <assert.h>
#include <string.h>

/*
 * The failover between regions: plan/phase.c draws its phases, and says by which facts each ends. plan/handover.c collects those facts from
 * the rows; here the events are carried out.
 */

/*
 * The new primary is waited for as long as it gets nearer. Where a replica took the old one's place meanwhile, it is its offset: nobody has
 * more.
 */
static void follow_rise(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    int64_t *offset = s->next_ng ? &s->next_ng->row.rise_offset : NULL;
    if (offset == NULL || *offset < 0 || s->next == NULL || node_takes_writes(s->next)) return;
    if (s->old && world_in_touch(w, h->active->row.region) && node_answers(s->old) && s->old->row.seen_fenced)
        world_set_int(w, offset, s->old->row.seen_offset);
    if (s->next->stored && s->next->stored->seen_offset != s->next->row.seen_offset)
        world_set_int(w, &h->g->row.phase_since_ms, w->steady_ms);
}

/* A primary that takes writes again with all that it was given needs nobody any more, whatever becomes of the others. */
static void follow_return(struct world *w, const struct handover_shard *s)
{
    if (s->old_ng && s->old_ng->row.rise_offset >= 0 && node_takes_writes(s->old)) world_set_int(w, &s->old_ng->row.reviving, 0);
}

/* A failover has ended its way back: it has nothing, and would empty all who follow it. It counts as the dead primary that it is. */
static void end_revival(struct world *w, const struct handover_shard *s)
{
    bool empty = s->old_ng && s->old_ng->row.reviving && s->old_ng->row.rise_offset < 0;
    if (empty && s->old && s->old->row.seen_pid && !node_is_dead(s->old)) world_condemn(w, s->old);
}

static void follow_progress(struct world *w, const struct handover *h)
{
    for (size_t i = 0; i < h->n_shards; i++) {
        if (h->g->row.phase == PHASE_FENCING) end_revival(w, &h->shards[i]);
        if (h->g->row.phase == PHASE_PROMOTING) follow_rise(w, h, &h->shards[i]);
        if (phase_of(h->g->row.phase)->other == OTHER_GIVES) follow_return(w, &h->shards[i]);
    }
}

/* One that was passed over and may live takes no part from here on, whatever it says. */
static void swap_roles(struct world *w, const struct handover *h)
{
    struct world_global *g = h->g;
    for (size_t i = 0; i < h->n_shards; i++) {
        const struct handover_shard *s = &h->shards[i];
        bool passed_over = s->next_ng && s->next_ng->row.rise_offset < 0;
        if (passed_over && s->old && !node_is_dead(s->old)) plan_fork_open(w, s->old_ng);
    }
    for (size_t i = 0; i < g->n_members; i++) {
        struct row_global_member *m = &g->members[i].row;
        if (&g->members[i] == h->target) world_event(w, m->region, m->rg_id, EVENT_GLOBAL_PROMOTED, m->rg_id, g->row.id);
        else if (m->role == MEMBER_PRIMARY) world_event(w, m->region, m->rg_id, EVENT_GLOBAL_DEMOTED, m->rg_id, g->row.id);
        move_member_role(w, &m->role, &g->members[i] == h->target ? MEMBER_PROMOTED : MEMBER_DEMOTED);
        if (&g->members[i] == h->target && h->target->rg) reshard_take_over(w, h->target->rg);
    }
}

/* What each shard's new primary waits for: the offset at which the old one stands, or nothing where nobody waits for that one. */
static void set_offsets(struct world *w, const struct handover *h)
{
    for (size_t i = 0; i < h->n_shards; i++) {
        const struct handover_shard *s = &h->shards[i];
        const char *why = handover_why_passed_over(w, h, s);
        bool told = h->g->row.phase == PHASE_PROMOTING && s->next_ng && s->next_ng->row.rise_offset < 0;
        if (why && !told && h->target && s->old)
            world_event(w, h->target->row.region, h->target->row.rg_id, EVENT_GLOBAL_PASSED_OVER, s->old->row.cluster_id,
                h->g->row.id, why);
        if (s->next_ng && why) world_set_int(w, &s->next_ng->row.rise_offset, -1);
        else if (s->next_ng && s->old->row.seen_fenced) world_set_int(w, &s->next_ng->row.rise_offset, s->old->row.seen_offset);
    }
}

/* The primaries that are to have all of what the other region gave. */
static void set_returns(struct world *w, const struct handover *h)
{
    for (size_t i = 0; i < h->n_shards; i++) {
        const struct handover_shard *s = &h->shards[i];
        assert(s->old_ng && s->next); /* FACT_TARGET_GAVE */
        world_set_int(w, &s->old_ng->row.rise_offset, s->next->row.seen_offset);
    }
}

/* No shard waits for anything of the phase before. */
static void forget_shards(struct world *w, struct world_global *g)
{
    for (size_t i = 0; i < g->n_members; i++) {
        struct world_rg *rg = g->members[i].rg;
        for (size_t k = 0; rg && k < rg->n_node_groups; k++) {
            world_set_int(w, &rg->node_groups[k].row.rise_offset, -1);
            world_set_int(w, &rg->node_groups[k].row.reviving, 0);
        }
    }
}

/* The region gives their data to those shards that nobody has more of. The others have their turn later. */
static void begin_revival(struct world *w, const struct handover *h)
{
    const struct world_member *source = handover_next_source(w, h);
    bool steady = h->g->row.phase == PHASE_STEADY;
    assert(source != NULL); /* FACT_OTHER_SOURCE */
    const char *region = source->row.region;
    bool *revives = arena_array(w->arena, bool, h->n_shards);
    for (size_t i = 0; i < h->n_shards; i++) {
        bool needs = !steady || handover_is_dataless(w, h, &h->shards[i]);
        revives[i] = needs && handover_best_source(w, h, &h->shards[i]) == source;
    }
    forget_shards(w, h->g);
    for (size_t i = 0; i < h->n_shards; i++)
        if (revives[i]) world_set_int(w, &h->shards[i].old_ng->row.reviving, 1);
    world_set(w, &h->g->row.switch_region, region);
}

static void doubt_target(struct world *w, const struct handover *h)
{
    for (size_t i = 0; i < h->n_shards; i++)
        if (h->shards[i].next_ng) plan_fork_doubt(w, h->shards[i].next_ng);
}

/* What an event changes beside the phase. */
static void carry_out(struct world *w, const struct handover *h, enum global_phase_event event)
{
    struct row_global_replication_group *row = &h->g->row;
    if (event == PHASE_GIVEN_UP) {
        /* Nothing has changed but that some writes had to wait. */
        const char *why = handover_why_given_up(w, h), *region = h->g->row.switch_region;
        for (size_t i = 0; i < h->g->n_members; i++)
            if (!h->g->members[i].drop)
                world_event(w, h->g->members[i].row.region, h->g->members[i].row.rg_id, EVENT_GLOBAL_FAILOVER_GIVEN_UP,
                    h->g->row.id, region ? region : "-", why);
    }
    if (event == PHASE_GIVEN_UP && row->phase == PHASE_WITHDRAWING && world_out_of_reach(w, h->target->row.region))
        doubt_target(w, h);
    if (event == PHASE_PROMOTED) swap_roles(w, h);
    if (event == PHASE_FENCED || event == PHASE_PASSED_OVER) set_offsets(w, h);
    if (event == PHASE_DATA_GIVEN) set_returns(w, h);
    if (event == PHASE_PRIMARY_LOST) begin_revival(w, h);
    if (event == PHASE_GIVEN_UP || event == PHASE_ALL_FOLLOW) world_set(w, &row->switch_region, NULL);
    if (event == PHASE_GIVEN_UP || event == PHASE_ALL_FOLLOW) forget_shards(w, h->g);
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
    struct handover h = handover_of(w, g);
    enum global_phase_event event;
    follow_progress(w, &h);
    h.late = is_late(w, g);
    if (!phase_next(g->row.phase, handover_facts(w, &h), &event)) return false;
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
    if (plan_phase(w, g)) return;
    bool busy = g->row.status == GLOBAL_CREATING || g->row.status == GLOBAL_MODIFYING;
    if (!busy || g->row.phase != PHASE_STEADY) return;
    plan_version(w, g);
    plan_status(w, g);
}
