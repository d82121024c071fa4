#include "plan/shard.h"
#include "base/arena.h"
#include "plan/candidate.h"
#include "plan/plan.h"
#include "plan/rg_row.h"
#include "plan/seen.h"
#include "plan/want.h"
#include <stdio.h>
#include <string.h>

/*
 * What the sightings of a replication group in cluster mode mean: whether the one that shall be
 * primary of a shard has become it, whether the engine has elected another while
 * nobody looked, and who holds which slots.
 */

bool shard_is_clustered(const struct world_rg *rg)
{
    return rg && rg->row.cluster_mode && rg_is_clustered(&rg->row);
}

bool shard_has_node(const struct world_node *n)
{
    return n->shard_node && n->row.address && node_shall_run(n);
}

size_t shard_count_nodes(const struct world_rg *rg)
{
    size_t count = 0;
    for (size_t i = 0; i < rg->n_nodes; i++) count += shard_has_node(&rg->nodes[i]);
    return count;
}

static bool knows_all_nodes(const struct world_node *n, size_t n_nodes)
{
    const struct row_shard_node *seen = &n->shard_node->row;
    return seen->seen_state == REDIS_CLUSTER_OK && seen->seen_strangers == 0 && seen->seen_known == (int64_t)n_nodes;
}

/* Every node of a replication group asks, so that they are counted once between two edits. */
static size_t counted_nodes(const struct world *w, struct world_rg *rg)
{
    if (rg->counted_at == 0 || rg->counted_at != w->edits) rg->n_in_cluster = shard_count_nodes(rg);
    rg->counted_at = w->edits;
    return rg->n_in_cluster;
}

bool shard_node_joined(struct world *w, const struct world_node *n)
{
    return n->shard_node == NULL || (n->rg && knows_all_nodes(n, counted_nodes(w, n->rg)));
}

bool shard_views_agree(const struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (shard_has_node(&rg->nodes[i]) && !rg->nodes[i].shard_node->row.seen_agrees) return false;
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (rg->node_groups[i].shard && !rg->node_groups[i].drop && !rg->node_groups[i].shard->row.primary_seen) return false;
    return true;
}

bool shard_is_settled(const struct world_rg *rg)
{
    if (!shard_is_clustered(rg)) return true;
    return (rg->resharding == NULL || rg->resharding->drop) && shard_views_agree(rg);
}

/* ---- who is primary ---- */

/* A primary of a secondary region follows the gateway to its source, which no replica does. */
static bool follows_source(const struct world_node *n)
{
    char gateway[96];
    const struct world_endpoint *e = n->node_group ? rg_endpoint(n->rg, ENDPOINT_GATEWAY, n->node_group->row.id) : NULL;
    if (e == NULL || e->row.address == NULL || n->row.seen_upstream == NULL || n->row.seen_role != ROLE_REPLICA) return false;
    snprintf(gateway, sizeof gateway, "%s:%lld", e->row.address, (long long)e->row.port);
    return node_answers(n) && strcmp(gateway, n->row.seen_upstream) == 0;
}

/* It serves its shard: it takes writes, or what another region writes. */
static bool is_master(const struct world_node *n)
{
    return node_takes_writes(n) || (n != NULL && follows_source(n));
}

static bool holds_slots(const struct world_node *n)
{
    return is_master(n) && n->shard_node && *n->shard_node->row.seen_slots;
}

/* Who shall be primary of a shard without slots can't be told from any other master. */
static bool is_primary(const struct world_node_group *ng, const struct world_node *first)
{
    if (!is_master(first) || first->shard_node == NULL || first->shard_node->row.seen_state == REDIS_CLUSTER_NONE) return false;
    return holds_slots(first) || ng->row.slots == NULL || *ng->row.slots == '\0';
}

static struct world_node *elected_node(const struct world_node_group *ng, const struct world_node *first)
{
    for (size_t i = 0; i < ng->n_nodes; i++) {
        struct world_node *n = &ng->nodes[i];
        if (n != first && shard_has_node(n) && ng_has(ng, n) && holds_slots(n)) return n;
    }
    return NULL;
}

/*
 * Where no control plane looks the engine elects a new primary by itself. It is taken as it is: one that was
 * primary for good and is dead now, or a replica, while another holds its shard's slots, has lost its place.
 */
static void adopt_elected(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first)
{
    bool replica = node_answers(first) && first->row.seen_role == ROLE_REPLICA && !is_master(first);
    if (!ng->shard->row.primary_seen || ng->row.switch_node_id || !(replica || node_is_dead(first))) return;
    struct world_node *n = elected_node(ng, first);
    if (n == NULL) return;
    if (node_is_dead(first)) world_set(w, &ng->row.failed_node_id, first->row.id);
    candidate_make_primary(w, rg, ng, first, n);
}

/* No process of the shard lives, so that nobody can have been elected. */
static bool is_down(const struct world_rg *rg, const struct world_node_group *ng)
{
    bool any = false;
    for (size_t i = 0; i < rg->n_nodes; i++) {
        const struct world_node *n = &rg->nodes[i];
        if (n->drop || strcmp(n->row.node_group_id, ng->row.id) != 0) continue;
        if (!node_is_dead(n) && seen_node_state(&n->row) != SEEN_STOPPED) return false;
        any = true;
    }
    return any;
}

/* It serves the shard's slots as a master, or may do so without having told of it yet. */
static bool may_claim(const struct world_node *n)
{
    if (node_answers(n)) return is_master(n) && (holds_slots(n) || n->shard_node->row.seen_state == REDIS_CLUSTER_NONE);
    return n->row.seen_pid != 0 || (seen_node_state(&n->row) == SEEN_UNKNOWN && n->row.no_address == NULL);
}

/* A replica of nobody, or of one whose process has ended. */
static bool follows_nobody(struct world *w, const struct world_node_group *ng, const struct world_node *first)
{
    const char *upstream = first->row.seen_upstream;
    if (upstream == NULL || strcmp(upstream, ":0") == 0) return true;
    for (size_t i = 0; i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        const char *address = node_meeting_address(w, n);
        if (address && strcmp(upstream, arena_printf(w->arena, "%s:%lld", address, (long long)n->row.port)) == 0)
            return n->row.seen_pid == 0;
    }
    return false;
}

/* Every process of the shard that lives has told that it serves none of its slots. */
static bool is_unclaimed(struct world *w, const struct world_node_group *ng, const struct world_node *first)
{
    if (!node_answers(first) || is_master(first) || !follows_nobody(w, ng, first)) return false;
    for (size_t i = 0; i < ng->n_nodes; i++)
        if (ng_has(ng, &ng->nodes[i]) && ng->nodes[i].shard_node && may_claim(&ng->nodes[i])) return false;
    return true;
}

/*
 * That somebody was seen as primary is true of the process that it was seen of. One that was started after that knows nothing
 * of it, and waits for its order like everybody else: where nobody serves the shard, who has the data takes it over anew.
 */
static void claim_anew(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct world_node *first)
{
    bool all_told;
    if (!ng->shard->row.primary_seen || ng->row.switch_node_id || !is_unclaimed(w, ng, first)) return;
    struct world_node *best = candidate_best(rg, ng, first, &all_told);
    if (best && best->row.seen_offset > first->row.seen_offset) candidate_make_primary(w, rg, ng, first, best);
    world_set_int(w, &ng->shard->row.primary_seen, 0);
}

static void plan_primary(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    struct world_node *first = rg_primary(ng);
    if (first == NULL) return;
    adopt_elected(w, rg, ng, first);
    claim_anew(w, rg, ng, rg_primary(ng));
    if (is_down(rg, ng)) world_set_int(w, &ng->shard->row.primary_seen, 0);
    if (is_primary(ng, rg_primary(ng))) world_set_int(w, &ng->shard->row.primary_seen, 1);
}

/* ---- who holds which slots ---- */

struct claim {
    struct slots held;    /* as the rows have it */
    struct slots claimed; /* as the shard's primary says */
    int64_t epoch;
};

/* True where some primary tells of other slots than the rows have. */
static bool read_claims(struct world_rg *rg, struct claim *claims)
{
    bool differ = false;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        slots_read(&claims[i].held, ng->row.slots);
        if (ng->drop || ng->shard == NULL || !ng->shard->row.primary_seen || !is_master(rg_primary(ng))) continue;
        const struct row_shard_node *seen = &rg_primary(ng)->shard_node->row;
        slots_read(&claims[i].claimed, seen->seen_slots);
        claims[i].epoch = seen->seen_epoch;
        differ |= strcmp(seen->seen_slots, ng->row.slots ? ng->row.slots : "") != 0;
    }
    return differ;
}

/* Of two that claim a slot, the one with the later epoch has it: a slot that moves gets the new holder's first. */
static bool has_precedence(const struct claim *claims, size_t a, size_t b, int slot)
{
    if (claims[a].epoch != claims[b].epoch) return claims[a].epoch > claims[b].epoch;
    if (slots_has(&claims[a].held, slot) != slots_has(&claims[b].held, slot)) return slots_has(&claims[a].held, slot);
    return a < b;
}

static void settle_between(struct claim *claims, size_t a, size_t b)
{
    struct slots both = claims[a].claimed;
    slots_meet(&both, &claims[b].claimed);
    for (int slot = slots_next(&both, 0); slot < SLOTS; slot = slots_next(&both, slot + 1))
        slots_remove(&claims[has_precedence(claims, a, b, slot) ? b : a].claimed, slot);
}

static void plan_slots(struct world *w, struct world_rg *rg)
{
    struct slots all = {0};
    struct claim *claims = arena_array(w->arena, struct claim, rg->n_node_groups);
    if (!read_claims(rg, claims)) return;
    /* Afterwards nothing is claimed twice, and 'all' is what is claimed at all. */
    for (size_t a = 0; a < rg->n_node_groups; a++) {
        struct slots twice = claims[a].claimed;
        slots_meet(&twice, &all);
        for (size_t b = 0; b < a && slots_next(&twice, 0) < SLOTS; b++) settle_between(claims, a, b);
        slots_join(&all, &claims[a].claimed);
    }
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        slots_subtract(&claims[i].held, &all); /* what nobody claims stays where it was */
        slots_join(&claims[i].held, &claims[i].claimed);
        world_set(w, &rg->node_groups[i].row.slots, slots_text(w->arena, &claims[i].held, ' '));
    }
}

void plan_shards(struct world *w, struct world_rg *rg)
{
    /* Rows that belong to a row go with it. */
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (rg->nodes[i].drop && rg->nodes[i].shard_node) world_drop(w, &rg->nodes[i].shard_node->drop);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (rg->node_groups[i].drop && rg->node_groups[i].shard) world_drop(w, &rg->node_groups[i].shard->drop);
    if (rg->drop && rg->resharding) world_drop(w, &rg->resharding->drop);
    if (rg->drop || !shard_is_clustered(rg) || rg->row.status == RG_DELETING) return;
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (rg->node_groups[i].shard && !rg->node_groups[i].drop) plan_primary(w, rg, &rg->node_groups[i]);
    plan_slots(w, rg);
}

/* ---- what has to move ---- */

/* The shard's slots that shall be another's. */
static struct slots to_give(const struct world_node_group *ng)
{
    struct slots held = {0}, wanted = {0};
    if (ng->drop || ng->shard == NULL || ng->shard->row.slots_wanted == NULL) return held;
    slots_read(&held, ng->row.slots);
    slots_read(&wanted, ng->shard->row.slots_wanted);
    slots_subtract(&held, &wanted);
    return held;
}

int shard_count_moves(const struct world_rg *rg)
{
    int n = 0;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct slots give = to_give(&rg->node_groups[i]);
        n += slots_count(&give);
    }
    return n;
}

/* Its primary takes part, and none of its nodes is still on its way into the Redis Cluster. */
static bool may_move(struct world *w, struct world_rg *rg, const struct world_node_group *ng)
{
    struct world_node *first = rg_primary(ng);
    if (!ng->shard->row.primary_seen || ng->row.switch_node_id || !is_master(first) || !shard_node_joined(w, first)) return false;
    for (size_t i = 0; i < rg->n_clusters; i++) {
        const struct row_cache_cluster *c = &rg->clusters[i].row;
        if (strcmp(c->node_group_id, ng->row.id) == 0 && c->status == CLUSTER_CREATING) return false;
    }
    return true;
}

struct moves {
    struct slot_move *items;
    size_t n, room;
};

static void add_moves_from(struct world *w, struct world_rg *rg, const struct world_node_group *from, struct moves *m)
{
    struct slots give = to_give(from);
    if (slots_next(&give, 0) == SLOTS || !may_move(w, rg, from)) return;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        const struct world_node_group *to = &rg->node_groups[i];
        struct slots part = {0};
        if (to == from || to->drop || to->shard == NULL) continue;
        slots_read(&part, to->shard->row.slots_wanted);
        slots_meet(&part, &give);
        if (slots_next(&part, 0) == SLOTS || !may_move(w, rg, to)) continue;
        if (m->n == m->room) {
            struct slot_move *more = arena_array(w->arena, struct slot_move, m->room = 2 * m->room + 8);
            if (m->n) memcpy(more, m->items, m->n * sizeof *more);
            m->items = more;
        }
        m->items[m->n++] = (struct slot_move){slots_text(w->arena, &part, ' '), from->row.id, to->row.id};
    }
}

size_t shard_moves(struct world *w, struct world_rg *rg, struct slot_move **out)
{
    struct moves m = {0};
    for (size_t i = 0; rg->resharding && !rg->resharding->drop && rg->row.weighing_ms == 0 && i < rg->n_node_groups; i++)
        add_moves_from(w, rg, &rg->node_groups[i], &m);
    *out = m.items;
    return m.n;
}

/* ---- a change of slots that ends ---- */

bool reshard_is_given_up(const struct world_rg *rg)
{
    return rg->resharding && !rg->resharding->drop && rg->resharding->row.given_up;
}

bool shard_is_stuck(const struct world_resharding *r)
{
    return r->row.seen_stuck && r->row.seen_stuck_back == (r->row.given_up != NULL);
}

bool shard_is_emptied(const struct world_node_group *ng)
{
    return ng->shard && ng->shard->row.leaving && (ng->row.slots == NULL || *ng->row.slots == '\0');
}

bool shard_is_settling(const struct world_rg *rg)
{
    if (!reshard_is_given_up(rg) || shard_is_stuck(rg->resharding)) return false;
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (shard_has_node(&rg->nodes[i]) && rg->nodes[i].shard_node->row.seen_moving) return true;
    return false;
}

bool shard_is_at_rest(struct world *w, const struct world_rg *rg)
{
    const struct world_resharding *x = rg->resharding;
    const struct world_region *r = world_region(w, rg->row.region);
    if (x == NULL || x->drop || r == NULL || !r->in_touch) return true;
    return x->row.at_rest;
}
