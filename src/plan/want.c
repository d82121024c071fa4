#include "plan/want.h"
#include "base/text.h"
#include "base/arena.h"
#include "base/decimal.h"
#include "plan/candidate.h"
#include "plan/phase.h"
#include "plan/rg_row.h"
#include "plan/seen.h"
#include "plan/shard.h"
#include <string.h>

/* A member that is leaving stands on its own already: that is how it leaves. */
bool want_passive(const struct world_rg *rg)
{
    return rg->member && !rg->member->drop && !rg->member->row.leaving && rg->member->row.role == MEMBER_SECONDARY;
}

/* Its rows go with this look where it takes no part any more. */
static bool takes_part(const struct world_rg *rg)
{
    return rg->global && !rg->global->drop && rg->member && !rg->member->drop;
}

static const struct phase *phase_in(const struct world_rg *rg)
{
    return phase_of(takes_part(rg) ? rg->global->row.phase : PHASE_STEADY);
}

bool want_is_switch_target(const struct world_rg *rg)
{
    return takes_part(rg) && rg->global->row.switch_region && strcmp(rg->row.region, rg->global->row.switch_region) == 0;
}

static struct world_node *first_of(struct world_rg *rg, const char *node_group_id)
{
    struct world_node_group *ng = rg ? rg_node_group(rg, node_group_id) : NULL;
    return ng ? rg_primary(ng) : NULL;
}

struct world_member *want_switch_member(struct world_global *g)
{
    for (size_t i = 0; i < g->n_members; i++)
        if (!g->members[i].drop && g->row.switch_region && strcmp(g->members[i].row.region, g->row.switch_region) == 0)
            return &g->members[i];
    return NULL;
}

/* The shard's dead primary gets its data back from the region of the giver; the other shards go on as ever. */
static bool is_revived(const struct world_rg *rg, const struct world_node_group *ng)
{
    struct world_member *active = global_primary(rg->global);
    const struct world_node_group *lost = active && active->rg ? rg_node_group(active->rg, ng->row.id) : NULL;
    return phase_in(rg)->other == OTHER_GIVES && lost && lost->row.reviving;
}

/* Where a primary that died gets its data back from, once that one can give them. */
static struct world_node *revival_source(struct world_rg *rg, const struct world_node_group *ng)
{
    struct world_member *m = rg->global && rg->member && is_revived(rg, ng) ? want_switch_member(rg->global) : NULL;
    struct world_node *n = m ? first_of(m->rg, ng->row.id) : NULL;
    return n && n->row.seen_role == ROLE_PRIMARY ? n : NULL;
}

struct world_node *want_gateway_target(struct world_rg *rg, const struct world_node_group *ng)
{
    if (!want_passive(rg)) return revival_source(rg, ng);
    struct world_member *active = global_primary(rg->global);
    if (active == NULL || active->rg == NULL) return NULL;
    return first_of(active->rg, ng->row.id);
}

bool want_failover(const struct world_rg *rg)
{
    return rg_has_failover(&rg->row);
}

bool want_awaits_saved(struct world *w, const struct world_node *first)
{
    const struct world_node_group *ng = first->node_group;
    int64_t limit = (first->row.seen_since_ms > w->started_ms ? first->row.seen_since_ms : w->started_ms) + WANT_SAVED_MS;
    bool awaited = false;
    for (size_t i = 0; ng && i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        bool runs = n != first && ng_has(ng, n) && node_shall_run(n);
        awaited |= runs && seen_node_is_here(&n->row) && n->row.seen_loads && !node_answers(n) && !node_is_dead(n);
    }
    if (!awaited || w->steady_ms >= limit) return false;
    world_wake(w, limit);
    return true;
}

bool want_hands_over(const struct world_rg *rg)
{
    return phase_in(rg)->active == ACTIVE_HOLDS && !want_passive(rg);
}

bool want_other_process(const struct world_node *n)
{
    if (!node_answers(n) || n->row.promote_pid == 0) return false;
    return n->row.promote_pid != n->row.seen_pid || n->row.promote_started_ms != n->row.seen_started_ms;
}

enum secondary { SECONDARY_ANY, SECONDARY_READY, SECONDARY_COMING };

/* It starts, or is about to: what it brings is not known yet. */
static bool is_coming(const struct world_node *n)
{
    enum seen_state state = seen_node_state(&n->row);
    if (n->drop || n->row.want != WISH_RUN || n->row.no_address) return false;
    return state == SEEN_STOPPED || state == SEEN_UNKNOWN || (state == SEEN_STARTING && n->row.seen_pid);
}

static bool any_is_coming(const struct world_node_group *ng)
{
    for (size_t i = 0; i < ng->n_nodes; i++)
        if (ng_has(ng, &ng->nodes[i]) && is_coming(&ng->nodes[i])) return true;
    return false;
}

/* True where members of other regions may give the active replication group data. One that leaves stands on its own. */
static bool is_given_data(const struct world_rg *rg)
{
    return rg->global && !want_passive(rg) && !(rg->member && rg->member->row.leaving);
}

/* The same node group in the member's region; NULL where that is the region of 'rg', or nobody who gives data. */
static const struct world_node_group *find_secondary(
    const struct world_rg *rg, const struct world_member *m, const struct world_node_group *ng)
{
    if (m->rg == rg || m->rg == NULL || m->drop || m->row.leaving || m->row.status != MEMBER_ASSOCIATED) return NULL;
    return rg_node_group(m->rg, ng->row.id);
}

/* Of that node group, in another region. */
static bool has_secondary(const struct world_rg *rg, const struct world_node_group *ng, enum secondary how)
{
    for (size_t i = 0; is_given_data(rg) && i < rg->global->n_members; i++) {
        const struct world_node_group *other = find_secondary(rg, &rg->global->members[i], ng);
        if (other == NULL) continue;
        if (how == SECONDARY_ANY || (how == SECONDARY_READY && node_answers(rg_primary(other)))) return true;
        if (how == SECONDARY_COMING && any_is_coming(other)) return true;
    }
    return false;
}

bool want_has_ready_secondary(const struct world_rg *rg, const struct world_node_group *ng)
{
    return has_secondary(rg, ng, SECONDARY_READY);
}

bool want_awaits_secondary(struct world *w, const struct world_rg *rg, const struct world_node *first)
{
    int64_t since = first->row.seen_since_ms > w->started_ms ? first->row.seen_since_ms : w->started_ms;
    if (!has_secondary(rg, first->node_group, SECONDARY_COMING) || w->steady_ms >= since + WANT_SECONDARY_MS) return false;
    world_wake(w, since + WANT_SECONDARY_MS);
    return true;
}

enum { NEVER_LINKED = 1 }; /* a Redis tells this offset of a replica that has not linked yet */

bool want_holds_nothing(const struct world_node *n)
{
    return n->row.seen_role == ROLE_REPLICA && !n->row.seen_link_up && n->row.seen_offset <= NEVER_LINKED;
}

/*
 * How far the other regions have got with the data of a node group; 0: none has any. A region out of reach, and one that has nothing
 * itself, are no reason to do without a primary.
 */
static int64_t secondary_offset(struct world *w, const struct world_rg *rg, const struct world_node_group *ng)
{
    int64_t most = 0;
    for (size_t i = 0; is_given_data(rg) && i < rg->global->n_members; i++) {
        const struct world_member *m = &rg->global->members[i];
        const struct world_node_group *other = find_secondary(rg, m, ng);
        const struct world_node *n = other ? rg_primary(other) : NULL;
        if (!node_answers(n) || n->row.seen_offset <= NEVER_LINKED || world_out_of_reach(w, m->row.region)) continue;
        if (n->row.seen_offset > most) most = n->row.seen_offset;
    }
    return most;
}

/* See want_has_stand_in(). */
static bool stands_aside(struct world *w, const struct world_rg *rg, const struct world_node *first, const struct world_node *n)
{
    if (!want_holds_nothing(n)) return false;
    return secondary_offset(w, rg, first->node_group) > 0 || want_awaits_secondary(w, rg, first);
}

static bool has_ready_replica(struct world *w, const struct world_rg *rg, const struct world_node *first)
{
    const struct world_node_group *ng = first->node_group;
    for (size_t i = 0; ng && i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        bool ready = n != first && ng_has(ng, n) && n->row.want == WISH_RUN && node_answers(n);
        if (ready && !stands_aside(w, rg, first, n)) return true;
    }
    return false;
}

bool want_recovers_itself(const struct world_rg *rg)
{
    return durability_recovers_in_place(rg->row.durability);
}

bool want_has_stand_in(struct world *w, const struct world_rg *rg, const struct world_node *first)
{
    return want_failover(rg) && !want_recovers_itself(rg) && has_ready_replica(w, rg, first);
}

/*
 * No shard of a region becomes primary alone: it could not be called back without losing writes, should another one lose its data
 * meanwhile. So all wait until each has reached its offset; and once one has become primary, all go on.
 */
static bool all_may_rise(const struct world_rg *rg)
{
    bool reached = true;
    size_t n_shards = 0;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        const struct world_node_group *ng = &rg->node_groups[i];
        const struct world_node *n = ng->drop ? NULL : rg_primary(ng);
        if (node_takes_writes(n)) return true;
        if (ng->drop || shard_is_emptied(ng)) continue;
        reached = reached && node_answers(n) && n->row.seen_offset >= ng->row.rise_offset;
        n_shards++;
    }
    return reached || n_shards == 1;
}

/*
 * What a datastore's phase asks of the first node of a node group in a member's region. One that is
 * to become primary, or gives its data, must not come back empty; one that is given them may.
 */
static void want_first_in_phase(struct world *w, struct world_rg *rg, const struct world_node_group *ng,
    const struct world_node *first, struct want_node *want)
{
    const struct phase *phase = phase_in(rg);
    bool rises = phase->other == OTHER_RISES || phase->other == OTHER_WITHDRAWS;
    bool revived = is_revived(rg, ng);
    bool rests = phase != phase_of(PHASE_FENCING) || shard_is_at_rest(w, rg); /* one that is passed over does not come to rest */
    if (want_hands_over(rg) && rests) want->fence = true;
    if (want_hands_over(rg) && ng->row.reviving && ng->row.rise_offset < 0) want->promote_offset = INT64_MAX; /* it has nothing */
    if (rises && want_is_switch_target(rg)) {
        want->primary = want->hold = true;
        want->promote_offset = phase->other == OTHER_RISES && all_may_rise(rg) ? ng->row.rise_offset : INT64_MAX;
    }
    if (revived && phase->active == ACTIVE_RECEIVES && !want_passive(rg)) {
        want->primary = false;
        want->hold = want_has_stand_in(w, rg, first);
    }
    if (revived && phase->active == ACTIVE_RETURNS && !want_passive(rg)) want->promote_offset = ng->row.rise_offset;
    if (revived && want_is_switch_target(rg)) want->primary = want->fence = want->hold = true;
    if (ng->row.fork_offset == 0) return;
    want->primary = want->fence = want->hold = true; /* until its writes are counted: fork.c */
    want->promote_offset = INT64_MAX;                /* but one that is none becomes no primary for that */
    if (ng->row.fork_offset > 0) want->count_from = ng->row.fork_offset;
}

static bool has_replica(const struct world_node *first)
{
    const struct world_node_group *ng = first->node_group;
    for (size_t i = 0; ng && i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        if (n != first && ng_has(ng, n) && node_shall_run(n)) return true;
    }
    return false;
}

/* Its process lives and tells nothing: it hangs, or whoever has adopted it does not know it yet. */
static bool is_silent(const struct world_node *n)
{
    return node_hangs(n) || (seen_node_state(&n->row) == SEEN_STARTING && n->row.seen_pid);
}

/* Nobody who answers is known to have as much, here or in another region. */
static bool has_most(struct world *w, struct world_rg *rg, const struct world_node *n, const struct world_node *first)
{
    bool all_told;
    const struct world_node *best = candidate_best(rg, n->node_group, first, &all_told);
    int64_t elsewhere = secondary_offset(w, rg, n->node_group);
    if (want_holds_nothing(n) || (elsewhere && elsewhere >= n->row.seen_offset)) return false;
    return best == NULL || want_holds_nothing(best) || best->row.seen_offset < n->row.seen_offset;
}

bool want_awaits_silent(struct world *w, struct world_rg *rg, const struct world_node *first)
{
    const struct world_node_group *ng = first->node_group;
    bool awaited = false;
    for (size_t i = 0; ng && want_failover(rg) && i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        if (n == first || !ng_has(ng, n) || !node_shall_run(n) || !is_silent(n) || !has_most(w, rg, n, first)) continue;
        int64_t limit = (n->row.seen_since_ms > w->started_ms ? n->row.seen_since_ms : w->started_ms) + WANT_SILENT_MS;
        if (w->steady_ms >= limit) continue;
        world_wake(w, limit);
        awaited = true;
    }
    return awaited;
}

/*
 * Whether anybody can take its place is known only once its death is: until then it is not to be started again where somebody
 * may. One that is to begin with a snapshot's data has them again after a death: nobody else may have all of them yet.
 */
static bool stays_down(struct world *w, struct world_rg *rg, const struct world_node *first)
{
    if (first->seed) return false;
    const struct world_node_group *ng = first->node_group;
    if (node_is_dead(first) && want_recovers_itself(rg)) return false;
    if (node_is_dead(first))
        return want_has_stand_in(w, rg, first) || want_awaits_silent(w, rg, first) || want_has_ready_secondary(rg, ng) ||
               want_awaits_secondary(w, rg, first);
    return (want_failover(rg) && has_replica(first)) || has_secondary(rg, ng, SECONDARY_ANY);
}

/* The first node of a region: it accepts writes, or follows the region's gateway while the region is passive. */
static void want_first(
    struct world *w, struct world_rg *rg, struct world_node *first, struct world_node_group *ng, struct want_node *want)
{
    struct world_endpoint *gateway = rg_endpoint(rg, ENDPOINT_GATEWAY, ng->row.id);
    want->primary = !want_passive(rg);
    want->fence = want->primary && ng->row.switch_node_id;
    want->hold = stays_down(w, rg, first) || ng->row.switch_node_id;
    if (rg->member && !rg->member->drop && !rg->member->row.leaving) want_first_in_phase(w, rg, ng, first, want);
    if (gateway == NULL || (want->primary && want->promote_offset < 0)) return;
    want->upstream_address = gateway->row.address;
    want->upstream_port = gateway->row.port;
}

/*
 * In cluster mode the replicas know what their primary follows: whoever of them the engine elects must follow it in the same instant. That
 * is so until the primary has become one: it may still wait for its offset.
 */
static void want_source(
    struct world_rg *rg, const struct world_node_group *ng, const struct want_node *first, struct want_node *want)
{
    bool rises = first->promote_offset >= 0 && rg_primary(ng)->row.seen_role == ROLE_REPLICA;
    bool follows = ng->shard && (!first->primary || rises);
    struct world_endpoint *gateway = follows ? rg_endpoint(rg, ENDPOINT_GATEWAY, ng->row.id) : NULL;
    if (gateway == NULL) return;
    want->source_address = gateway->row.address;
    want->source_port = gateway->row.port;
}

/* The replica that takes over in good order: it stays a replica until it is known how far the fenced primary got. */
static bool takes_over(const struct world_node *n, const struct world_node_group *ng)
{
    return ng->row.switch_node_id && strcmp(ng->row.switch_node_id, n->row.id) == 0 && ng->row.switch_offset >= 0;
}

/* What was seen has the port behind the address. */
static bool follows_address(const struct row_node *seen, const char *address, int64_t port)
{
    int64_t seen_port;
    if (address == NULL || seen->seen_upstream == NULL || !seen->seen_link_up) return false;
    size_t n = strlen(address);
    bool same = strncmp(seen->seen_upstream, address, n) == 0 && seen->seen_upstream[n] == ':';
    return same && decimal_parse(seen->seen_upstream + n + 1, 0, UINT16_MAX, &seen_port) && seen_port == port;
}

/* The only node of the replication group that is to be a replica; NULL where there is none, or another. */
static struct world_node *sole_replica(const struct world_node_group *ng, size_t *n_replicas)
{
    struct world_node *sole = NULL;
    *n_replicas = 0;
    for (size_t i = 0; i < ng->n_nodes; i++) {
        struct world_node *n = &ng->nodes[i];
        if (n->drop || n->row.want != WISH_RUN || !ng_has(ng, n)) continue;
        if (strcmp(n->row.id, ng->row.primary_node_id) == 0) continue;
        sole = n;
        ++*n_replicas;
    }
    return *n_replicas == 1 ? sole : NULL;
}

bool want_in_step(const struct world *w, const struct world_node *n)
{
    const struct world_node *first = rg_primary(n->node_group);
    if (!node_answers(n)) return false;
    return takes_over(n, n->node_group) || follows_address(&n->row, node_meeting_address(w, first), first->row.port) ||
           (!node_answers(first) && !want_holds_nothing(n));
}

static bool holds_reader(struct world_rg *rg, const struct world_node_group *ng, const struct world_node *n)
{
    struct world_endpoint *e = rg_endpoint(rg, ENDPOINT_READER, ng->row.id);
    return e && e->row.address && text_has_word(n->row.seen_endpoints, e->row.address);
}

struct world_node *want_reader(struct world *w, struct world_rg *rg, const struct world_node_group *ng)
{
    size_t n_replicas;
    struct world_node *first = rg_primary(ng), *replica = sole_replica(ng, &n_replicas);
    if (first == NULL || w->addressing.ports) return NULL;
    if (ng->shard) return first;
    if (n_replicas > 1) return NULL;
    /* A replication group that is being created has no readers yet that would have to be passed on. */
    if (replica && (rg->row.status == RG_CREATING || want_in_step(w, replica))) return replica;
    return replica == NULL || holds_reader(rg, ng, first) ? first : NULL;
}

bool want_floats(struct world *w, struct world_rg *rg, const struct world_endpoint *e)
{
    struct world_node_group *ng = e->row.node_group_id ? rg_node_group(rg, e->row.node_group_id) : NULL;
    if (w->addressing.ports || ng == NULL) return false;
    if (e->row.kind == ENDPOINT_READER) return want_reader(w, rg, ng) != NULL;
    return e->row.kind == ENDPOINT_PRIMARY;
}

static void add_endpoint(struct want_node *want, const struct world_endpoint *e)
{
    if (e && e->row.address) want->endpoints[want->n_endpoints++] = e->row.address;
}

static void want_endpoints(struct world *w, struct world_node *n, const struct world_node_group *ng, struct want_node *want)
{
    if (w->addressing.ports) return;
    if (rg_primary(ng) == n) add_endpoint(want, rg_endpoint(n->rg, ENDPOINT_PRIMARY, ng->row.id));
    if (want_reader(w, n->rg, ng) == n) add_endpoint(want, rg_endpoint(n->rg, ENDPOINT_READER, ng->row.id));
}

struct want_node want_node(struct world *w, struct world_node *n)
{
    struct want_node want = {.promote_offset = -1, .primary = n->rg == NULL};
    if (n->rg == NULL) return want;
    struct world_node_group *ng = n->node_group;
    struct world_node *first = ng ? rg_primary(ng) : NULL;
    if (first == NULL) return want;
    want_endpoints(w, n, ng, &want);
    if (first == n) {
        want_first(w, n->rg, n, ng, &want);
        want_source(n->rg, ng, &want, &want);
        want.takeover = (want.primary || want.source_address) && ng->shard && !ng->shard->row.primary_seen;
        return want;
    }
    if (ng->shard && n->rg->member) {
        struct want_node want_of_first = {.promote_offset = -1};
        want_first(w, n->rg, first, ng, &want_of_first);
        want_source(n->rg, ng, &want_of_first, &want);
    }
    if (takes_over(n, ng)) {
        want.primary = want.hold = true;
        want.promote_offset = ng->row.switch_offset;
        want.takeover = ng->shard != NULL;
        if (ng->shard) return want; /* whom it follows until then, its Redis Cluster knows */
    }
    want.upstream_address = node_meeting_address(w, first);
    want.upstream_port = first->row.port;
    want.upstream_node = first->row.id;
    return want;
}

bool want_rouse(const struct world *w, const struct world_node *n)
{
    return node_hangs(n) && w->steady_ms >= n->row.seen_since_ms + WANT_ROUSE_MS;
}

/* Its process runs for the engine and version that its cache cluster shows. */
static bool is_as_asked(const struct world_node *n)
{
    const char *seen = n->row.seen_asked ? n->row.seen_asked : "";
    if (n->cluster == NULL) return true;
    size_t len = strlen(n->cluster->row.engine);
    return strncmp(seen, n->cluster->row.engine, len) == 0 && seen[len] == ' ' &&
           strcmp(seen + len + 1, n->cluster->row.engine_version) == 0;
}

static bool holds_all(const struct row_node *seen, const struct want_node *want)
{
    for (size_t i = 0; i < want->n_endpoints; i++)
        if (!text_has_word(seen->seen_endpoints, want->endpoints[i])) return false;
    return true;
}

bool want_holds_endpoints(struct world *w, struct world_node *n)
{
    struct want_node want = want_node(w, n);
    return holds_all(&n->row, &want);
}

static enum lack role_lack(const struct world_node *n, const struct want_node *want)
{
    const struct row_node *seen = &n->row;
    if (seen->seen_role == ROLE_UNKNOWN) return n->rg == NULL ? LACK_NOTHING : LACK_ROLE; /* memcached knows no roles */
    if (want->primary) return seen->seen_role == ROLE_PRIMARY ? LACK_NOTHING : LACK_PRIMARY;
    if (seen->seen_role != ROLE_REPLICA) return LACK_REPLICA;
    return follows_address(seen, want->upstream_address, want->upstream_port) ? LACK_NOTHING : LACK_LINK;
}

/* There is no process yet that could be told anything. */
static enum lack process_lack(const struct row_node *seen)
{
    if (seen->want != WISH_RUN) return LACK_END;
    if (seen_node_state(seen) != SEEN_READY) return LACK_PROCESS;
    return seen->incarnation > 1 && seen->seen_incarnation < seen->incarnation ? LACK_RESTART : LACK_NOTHING;
}

enum lack want_orders_lack(struct world *w, struct world_node *n)
{
    const struct row_node *seen = &n->row;
    enum lack lack = process_lack(seen);
    if (lack) return lack;
    if (!is_as_asked(n)) return LACK_VERSION;
    struct want_node want = want_node(w, n);
    if (!holds_all(seen, &want)) return LACK_ENDPOINT;
    if (!!seen->seen_fenced != want.fence) return want.fence ? LACK_FENCE : LACK_WRITES;
    return role_lack(n, &want);
}

enum lack want_lack(struct world *w, struct world_node *n)
{
    bool runs = process_lack(&n->row) == LACK_NOTHING;
    return runs && !shard_node_joined(w, n) ? LACK_CLUSTER : want_orders_lack(w, n);
}

bool want_in_force(struct world *w, struct world_node *n)
{
    return want_lack(w, n) == LACK_NOTHING;
}
