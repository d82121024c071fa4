#include "plan/handover.h"
#include "base/arena.h"
#include "base/slots.h"
#include "plan/phase.h"
#include "plan/seen.h"
#include "plan/shard.h"
#include "plan/want.h"
#include <assert.h>
#include <string.h>

/* ---- the shards ---- */

static struct world_node_group *find_counterpart(const struct world_member *m, const struct world_node_group *ng)
{
    return m && m->rg ? rg_node_group(m->rg, ng->row.id) : NULL;
}

static struct handover_shard shard_of(const struct handover *h, struct world_node_group *ng)
{
    struct handover_shard s = {.old_ng = find_counterpart(h->active, ng), .next_ng = find_counterpart(h->target, ng)};
    s.old = s.old_ng ? rg_primary(s.old_ng) : NULL;
    s.next = s.next_ng ? rg_primary(s.next_ng) : NULL;
    return s;
}

struct handover handover_of(struct world *w, struct world_global *g)
{
    struct handover h = {.g = g, .active = global_primary(g), .target = want_switch_member(g)};
    struct world_rg *rg = h.active && h.active->rg ? h.active->rg : h.target ? h.target->rg : NULL;
    bool gives = phase_of(g->row.phase)->other == OTHER_GIVES;
    h.shards = arena_array(w->arena, struct handover_shard, rg ? rg->n_node_groups + 1 : 1);
    for (size_t i = 0; rg && i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        if (!ng->drop && !shard_is_emptied(ng) && (!gives || ng->row.reviving)) h.shards[h.n_shards++] = shard_of(&h, ng);
    }
    if (h.n_shards == 0) h.shards[h.n_shards++] = (struct handover_shard){0};
    return h;
}

/* ---- a shard's primaries ---- */

/* Dead, or another process in the place of a dead one. */
static bool is_gone(const struct world_node *n)
{
    return n == NULL || node_is_dead(n) || want_other_process(n);
}

/* No replica of its own region takes its place, nor may one once it has loaded what it saved, or answers again. */
static bool is_lost(struct world *w, const struct world_node *n)
{
    if (n == NULL) return true;
    if (!is_gone(n) || want_has_stand_in(w, n->rg, n)) return false;
    return !(want_failover(n->rg) && want_awaits_saved(w, n)) && !want_awaits_silent(w, n->rg, n);
}

const char *handover_why_passed_over(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    if (s->old == NULL) return "there is none";
    assert(h->active); /* whose node it is */
    if (world_out_of_reach(w, h->active->row.region)) return "its region is out of reach";
    if (!world_in_touch(w, h->active->row.region)) return NULL; /* one that was dead then may have been started since */
    if (s->old->row.release != RELEASE_NONE) return NULL;       /* so may one that was let start */
    return (h->late ? is_gone(s->old) : is_lost(w, s->old)) ? "it is dead" : NULL;
}

bool handover_is_dataless(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    if (s->old == NULL || !is_lost(w, s->old)) return false;
    assert(h->active);
    return s->old->row.release == RELEASE_NONE && !want_awaits_secondary(w, h->active->rg, s->old);
}

struct world_member *handover_best_source(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    struct world_member *best = NULL;
    int64_t most = 0;
    for (size_t i = 0; s->old_ng && i < h->g->n_members; i++) {
        struct world_member *m = &h->g->members[i];
        const struct world_node_group *ng = find_counterpart(m, s->old_ng);
        const struct world_node *n = ng ? rg_primary(ng) : NULL;
        if (m == h->active || m->drop || m->row.leaving || m->row.status != MEMBER_ASSOCIATED) continue;
        if (!node_answers(n) || want_other_process(n)) continue;
        if (ng->row.fork_offset != 0 || !world_in_touch(w, m->row.region)) continue;
        if (best && n->row.seen_offset <= most) continue;
        best = m;
        most = n->row.seen_offset;
    }
    return best;
}

struct world_member *handover_next_source(struct world *w, const struct handover *h)
{
    bool steady = h->g->row.phase == PHASE_STEADY;
    for (size_t i = 0; i < h->n_shards; i++) {
        bool needs = !steady || handover_is_dataless(w, h, &h->shards[i]);
        struct world_member *source = needs ? handover_best_source(w, h, &h->shards[i]) : NULL;
        if (source) return source;
    }
    return NULL;
}

/* ---- facts of one shard ---- */

/* It follows once the network lets it, or what its engine complains of is mended: neither is a matter of the failover. */
static bool follows_when_it_can(struct world *w, const struct handover *h, const struct world_member *m, struct world_node *n)
{
    bool cut = h->active && world_is_cut(w, h->active->row.region, m->row.region);
    enum lack lack = want_orders_lack(w, n);
    return lack == LACK_LINK ? cut || seen_why_unlinked(&n->row) : lack == LACK_REPLICA && n->row.seen_unable;
}

/*
 * A shard whose first node can't follow yet (dead, out of reach, cut off from its upstream) does not keep the others from being available;
 * and without a primary there is nobody to follow.
 */
static bool is_followed(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    if (s->old_ng == NULL || (s->old && is_lost(w, s->old))) return true;
    for (size_t i = 0; i < h->g->n_members; i++) {
        struct world_member *m = &h->g->members[i];
        struct world_node_group *ng = find_counterpart(m, s->old_ng);
        struct world_node *n = ng ? rg_primary(ng) : NULL;
        if (m->drop || m->row.leaving) continue; /* it follows nobody any more */
        if (!node_answers(n) || want_orders_lack(w, n) == LACK_NOTHING || world_out_of_reach(w, m->row.region)) continue;
        if (!follows_when_it_can(w, h, m, n)) return false;
    }
    return true;
}

/* In the new primary's region the slots are where those of the old one are, so that every key is where clients look for it. */
static bool same_slots(const struct handover_shard *s)
{
    struct slots old = {0}, next = {0};
    if (s->old_ng == NULL || s->next_ng == NULL || s->old_ng->shard == NULL) return true;
    slots_read(&old, s->old_ng->row.slots);
    slots_read(&next, s->next_ng->row.slots);
    return memcmp(&old, &next, sizeof old) == 0;
}

/* The new primary's end of a link that is cut notices that late. */
static bool is_linked(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    assert(s->next && h->target);
    return s->next->row.seen_link_up && !(h->active && world_is_cut(w, h->active->row.region, h->target->row.region));
}

static unsigned facts_of_old(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    const struct world_node *old = s->old;
    enum global_phase phase = h->g->row.phase;
    bool reports = h->active && world_in_touch(w, h->active->row.region);
    bool ready = s->next_ng == NULL || s->next_ng->row.fork_offset == 0; /* else it is about to follow the old one */
    bool busy = old && s->old_ng->row.switch_node_id;                    /* a change within its region ends first */
    bool follows = s->next == NULL || is_linked(w, h, s);                /* else their offsets say nothing of each other */
    bool fenced = reports && old && old->row.seen_fenced && node_answers(old);
    unsigned facts = 0;
    if (reports) facts |= FACT_OLD_REPORTS;
    if (reports && (old == NULL || node_answers(old) || node_is_dead(old))) facts |= FACT_OLD_TELLS;
    if (is_gone(old)) facts |= FACT_OLD_GONE;
    if (is_lost(w, old) && (old == NULL || old->row.release == RELEASE_NONE)) facts |= FACT_OLD_LOST;
    if (phase == PHASE_STEADY && handover_is_dataless(w, h, s)) facts |= FACT_OLD_IS_DATALESS;
    if (phase_of(phase)->active == ACTIVE_HOLDS && handover_why_passed_over(w, h, s)) facts |= FACT_OLD_PASSED_OVER;
    if (fenced && ready && follows && !busy && same_slots(s)) facts |= FACT_OLD_FENCED;
    if (s->old_ng == NULL || !s->old_ng->row.reviving) facts |= FACT_OLD_WRITES;
    if (phase == PHASE_SETTLING && is_followed(w, h, s)) facts |= FACT_FOLLOWED;
    return facts;
}

static unsigned facts_of_target(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    struct world_node *n = s->next;
    if (n == NULL) return FACT_TARGET_NONE | FACT_TARGET_GONE | FACT_TARGET_LOST;
    assert(h->target);
    const struct world_region *r = world_region(w, h->target->row.region);
    bool writes = node_takes_writes(n), reviving = h->g->row.phase == PHASE_REVIVING, lost = is_lost(w, n);
    /* It took the withdrawal before it told what is looked at now, or never had an order. One that is lost stays down. */
    bool withdrawn = h->g->stored && h->g->stored->phase == PHASE_WITHDRAWING && ((r && r->obeys) || n->row.address == NULL);
    bool holds = phase_of(h->g->row.phase)->active == ACTIVE_HOLDS;
    unsigned facts = lost ? FACT_TARGET_LOST : FACT_TARGET_LIVES;
    if (is_gone(n)) facts |= FACT_TARGET_GONE;
    if (holds && world_out_of_reach(w, h->target->row.region)) facts |= FACT_TARGET_UNREACHED;
    if (writes) facts |= FACT_TARGET_WRITES;
    if (withdrawn && (lost || (node_answers(n) && !n->row.seen_rising))) facts |= FACT_TARGET_WITHDREW;
    if (reviving && r && r->in_touch && writes && n->row.seen_fenced && s->old && want_orders_lack(w, s->old) == LACK_NOTHING)
        facts |= FACT_TARGET_GAVE;
    if (s->next_ng->row.rise_offset >= 0) facts |= FACT_OFFSET;
    return facts;
}

/* ---- facts of all shards ---- */

/* What is true of the whole as soon as it is true of one shard; anything else has to be true of all. */
enum {
    FACTS_OF_ANY = FACT_OFFSET | FACT_OLD_GONE | FACT_OLD_LOST | FACT_OLD_IS_DATALESS | FACT_OLD_PASSED_OVER | FACT_TARGET_NONE |
                   FACT_TARGET_GONE | FACT_TARGET_LOST | FACT_OFFSET_IN_VAIN | FACT_TARGET_BEGUN,
};

/* Where one shard's new primary takes writes, the others follow suit; who can't, as it is lost or out of reach, is not waited for. */
static unsigned facts_of_shard(struct world *w, const struct handover *h, const struct handover_shard *s)
{
    unsigned facts = facts_of_old(w, h, s) | facts_of_target(w, h, s);
    if ((facts & FACT_OFFSET) && (facts & FACT_OLD_PASSED_OVER)) facts |= FACT_OFFSET_IN_VAIN;
    if (facts & (FACT_OLD_FENCED | FACT_OLD_PASSED_OVER)) facts |= FACT_OLD_SETTLED;
    if (facts & FACT_TARGET_WRITES) facts |= FACT_TARGET_BEGUN;
    else facts |= FACT_TARGET_WAITS;
    if (facts & (FACT_TARGET_LOST | FACT_TARGET_UNREACHED)) facts |= FACT_TARGET_WRITES;
    return facts;
}

unsigned handover_facts(struct world *w, const struct handover *h)
{
    unsigned any = 0, all = ~0U;
    for (size_t i = 0; i < h->n_shards; i++) {
        unsigned facts = facts_of_shard(w, h, &h->shards[i]);
        any |= facts;
        all &= facts;
    }
    unsigned facts = (any & FACTS_OF_ANY) | all;
    if (h->late) facts |= FACT_LATE;
    if (handover_next_source(w, h)) facts |= FACT_OTHER_SOURCE;
    return facts;
}

/* ---- giving up ---- */

/* A target that died has nothing to become primary with: the old primary goes on, or is revived if it is dead, too. */
static const char *why_target_is_unfit(struct world *w, const struct handover *h)
{
    if (world_out_of_reach(w, h->target->row.region)) return "the region is out of reach, and may take writes of its own";
    for (size_t i = 0; i < h->n_shards; i++)
        if (is_lost(w, h->shards[i].next)) return arena_printf(w->arena, "%s is dead", h->shards[i].next->row.cluster_id);
    return NULL;
}

/* Its old primary has not held its writes. */
static const struct handover_shard *find_unfenced(struct world *w, const struct handover *h)
{
    for (size_t i = 0; i < h->n_shards; i++)
        if (!(facts_of_shard(w, h, &h->shards[i]) & FACT_OLD_SETTLED)) return &h->shards[i];
    return &h->shards[0];
}

/* Its new primary has not got what the old one has. */
static const struct handover_shard *find_behind(const struct handover *h)
{
    for (size_t i = 0; i < h->n_shards; i++)
        if (h->shards[i].next->row.seen_offset < h->shards[i].next_ng->row.rise_offset) return &h->shards[i];
    return &h->shards[0];
}

static const char *why_in_time(struct world *w, const struct handover *h)
{
    bool fencing = h->g->row.phase == PHASE_FENCING;
    int seconds = (int)(phase_of(fencing ? PHASE_FENCING : PHASE_PROMOTING)->limit_ms / 1000);
    const struct handover_shard *s = fencing ? find_unfenced(w, h) : find_behind(h);
    assert(fencing ? s->old != NULL : s->next != NULL); /* FACT_OLD_PASSED_OVER, FACT_TARGET_NONE: another event then */
    if (!fencing) return arena_printf(w->arena, "%s did not get all writes within %d s", s->next->row.cluster_id, seconds);
    const char *node = s->old->row.cluster_id;
    if (node_answers(s->old) && s->old->row.seen_fenced && s->next && !is_linked(w, h, s))
        return arena_printf(w->arena, "%s had no link to %s for %d s", s->next->row.cluster_id, node, seconds);
    if (node_answers(s->old)) return arena_printf(w->arena, "%s could not hold its writes for %d s", node, seconds);
    return arena_printf(w->arena, "%s does not answer (%s)", node, seen_state_text(seen_node_state(&s->old->row)));
}

const char *handover_why_given_up(struct world *w, const struct handover *h)
{
    const char *unfit = h->g->row.phase == PHASE_FENCING ? NULL : why_target_is_unfit(w, h);
    const char *from = h->active ? h->active->row.region : NULL, *to = h->target ? h->target->row.region : NULL;
    if (unfit) return unfit;
    const char *why = why_in_time(w, h);
    if (from == NULL || to == NULL || !world_is_cut(w, from, to)) return why;
    return arena_printf(w->arena, "%s: the link between %s and %s is cut", why, from, to);
}
