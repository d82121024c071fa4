#include "control/sight.h"
#include "base/arena.h"
#include "base/index.h"
#include "plan/snapshot.h"
#include "protocol/protocol.gen.h"
#include <string.h>

static const char *join(struct world *w, const struct string_list *words)
{
    return arena_join(w->arena, words->items, words->n, " ");
}

static const char *host_port(struct world *w, const char *host, struct opt_int port)
{
    return host && port.set ? arena_printf(w->arena, "%s:%lld", host, (long long)port.v) : NULL;
}

static const char *encryption_seen(struct world *w, const struct proto_node_seen *seen)
{
    if (seen->encryption == NULL || !seen->links_encrypted.v) return seen->encryption;
    return arena_printf(w->arena, "%s links", seen->encryption);
}

static void sight_node(struct world *w, struct row_node *row, const struct proto_node_seen *seen)
{
    if (row->seen_state != seen->state) world_set_int(w, &row->seen_since_ms, w->steady_ms);
    if ((row->seen_blocked == SEEN_BLOCKED_NONE) != (seen->blocked == SEEN_BLOCKED_NONE))
        world_set_int(w, &row->blocked_since_ms, seen->blocked ? w->steady_ms : 0);
    world_set_word(w, &row->seen_blocked, seen->blocked);
    world_set_word(w, &row->seen_state, seen->state);
    world_set_int(w, &row->seen_incarnation, seen->incarnation.v);
    world_set(w, &row->seen_reason, seen->reason);
    world_set_word(w, &row->seen_role, seen->role);
    world_set(w, &row->seen_upstream, host_port(w, seen->upstream_host, seen->upstream_port));
    world_set_int(w, &row->seen_link_up, seen->link_up.v);
    world_set_int(w, &row->seen_loads, seen->loads.v);
    world_set_int(w, &row->seen_offset, seen->offset.v);
    world_set_int(w, &row->seen_fenced, seen->fenced.v);
    world_set_int(w, &row->seen_branch_offset, seen->branch_offset.v);
    world_set_int(w, &row->seen_rising, seen->rising.v);
    world_set(w, &row->seen_endpoints, join(w, &seen->endpoints));
    world_set(w, &row->seen_engine, seen->engine_version);
    world_set(w, &row->seen_engine_name, seen->engine_name);
    world_set(w, &row->seen_asked, seen->engine_asked);
    world_set(w, &row->seen_binary, seen->engine_binary);
    world_set_int(w, &row->seen_pid, seen->pid.v);
    world_set_int(w, &row->seen_restarts, seen->restarts.v);
    if (seen->unsaved_ms.set) world_set_int(w, &row->seen_unsaved_ms, seen->unsaved_ms.v);
    if (seen->keys_left_out.set) world_set_int(w, &row->seen_left_out, seen->keys_left_out.v);
    world_set_int(w, &row->seen_started_ms, seen->started_ms.v);
    world_set_int(w, &row->seen_generation, seen->generation.v);
    world_set_int(w, &row->seen_weighed, seen->weighed.v);
    world_set_int(w, &row->seen_used, seen->memory_used.v);
    world_set_int(w, &row->seen_data, seen->memory_data.v);
    world_set_int(w, &row->seen_users_generation, seen->users_generation.v);
    world_set(w, &row->seen_encryption, encryption_seen(w, seen));
    world_set(w, &row->seen_pending_settings, join(w, &seen->pending_settings));
    world_set(w, &row->seen_refused_settings, join(w, &seen->refused_settings));
}

/* What was said before the agent knew of an address says nothing of that one: neither that it is taken, nor that it is held. */
static bool is_about(const char *told, struct opt_int told_port, const char *address, int64_t port)
{
    return told == NULL || (address != NULL && strcmp(told, address) == 0 && told_port.v == port);
}

static void sight_shard_node(struct world *w, struct row_shard_node *row, const struct proto_cluster_seen *seen)
{
    static const struct proto_cluster_seen nothing = {.slots = ""};
    if (seen == NULL) seen = &nothing;
    world_set_word(w, &row->seen_state, seen->state);
    world_set(w, &row->seen_slots, seen->slots);
    world_set_int(w, &row->seen_known, seen->known.v);
    world_set_int(w, &row->seen_strangers, seen->strangers.v);
    world_set_int(w, &row->seen_epoch, seen->epoch.v);
    world_set_int(w, &row->seen_agrees, seen->agrees.v);
    world_set_int(w, &row->seen_moving, seen->moving && *seen->moving);
}

/* What a sighting tells, by name. */
struct seen_index {
    struct index nodes, links, addresses;
};

/* A floating endpoint has no link of its own: the nodes tell. One of ours that holds it is no conflict. */
static void index_addresses(struct index *x, const struct proto_sighting *s)
{
    static enum endpoint_state conflict = ENDPOINT_CONFLICT, listening = ENDPOINT_LISTENING;
    for (size_t i = 0; i < s->nodes.n; i++)
        for (size_t k = 0; k < s->nodes.items[i].endpoints_refused.n; k++)
            index_put(x, s->nodes.items[i].endpoints_refused.items[k], &conflict);
    for (size_t i = 0; i < s->nodes.n; i++)
        for (size_t k = 0; k < s->nodes.items[i].endpoints.n; k++) index_put(x, s->nodes.items[i].endpoints.items[k], &listening);
}

static void index_seen(struct seen_index *x, const struct proto_sighting *s)
{
    for (size_t i = 0; i < s->nodes.n; i++) index_put(&x->nodes, s->nodes.items[i].id, &s->nodes.items[i]);
    for (size_t i = 0; i < s->links.n; i++) index_put(&x->links, s->links.items[i].id, &s->links.items[i]);
    index_addresses(&x->addresses, s);
}

static void seen_index_fini(struct seen_index *x)
{
    index_fini(&x->nodes);
    index_fini(&x->links);
    index_fini(&x->addresses);
}

static const struct proto_snapshot_seen *find_snapshot(const struct proto_sighting *s, const char *id)
{
    for (size_t i = 0; i < s->snapshots.n; i++)
        if (strcmp(s->snapshots.items[i].id, id) == 0) return &s->snapshots.items[i];
    return NULL;
}

static void sight_snapshot(struct world *w, struct row_snapshot_part *row, const struct proto_snapshot_seen *seen)
{
    world_set_word(w, &row->seen_state, seen->state);
    world_set(w, &row->seen_reason, seen->reason);
    world_set_int(w, &row->seen_size, seen->size.v);
    world_set_int(w, &row->seen_ms, seen->taken_ms.v);
    world_set(w, &row->seen_exported, seen->exported);
    world_set(w, &row->seen_export_reason, seen->export_reason);
}

/* What a sighting does not mention keeps what was seen of it: it was ordered after the agent had said so. */
static void sight_snapshots(struct world *w, const struct proto_sighting *seen, const struct seen_index *x)
{
    for (size_t i = 0; i < w->n_snapshot_parts; i++) {
        struct row_snapshot_part *row = &w->snapshot_parts[i].row;
        if (strcmp(row->region, seen->region) != 0) continue;
        const struct proto_snapshot_seen *s = find_snapshot(seen, snapshot_file(w->arena, row->snapshot, row->node_group_id));
        if (s) sight_snapshot(w, row, s);
    }
    for (size_t i = 0; i < w->n_seeds; i++) {
        struct row_seed *row = &w->seeds[i].row;
        if (strcmp(row->region, seen->region) != 0) continue;
        const struct proto_node_seen *n = index_get(&x->nodes, row->node_id);
        if (n) world_set(w, &row->seen_refused, n->seed_refused);
    }
}

static enum endpoint_state floating_state(const struct seen_index *x, const char *address)
{
    const enum endpoint_state *state = address ? index_get(&x->addresses, address) : NULL;
    return state ? *state : ENDPOINT_UNKNOWN;
}

static void sight_resharding(struct world *w, struct row_resharding *row, const struct proto_stuck_seen_list *stuck)
{
    const struct proto_stuck_seen *s = NULL;
    for (size_t i = 0; i < stuck->n; i++)
        if (strcmp(stuck->items[i].group, row->rg_id) == 0) s = &stuck->items[i];
    world_set(w, &row->seen_stuck, s ? s->reason : NULL);
    world_set_int(w, &row->seen_stuck_back, s && s->settling.v);
}

static void sight_all(struct world *w, const struct proto_sighting *seen, const struct seen_index *x)
{
    static const struct proto_node_seen nothing = {.state = SEEN_UNKNOWN};
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct row_node *row = &w->nodes[i].row;
        if (strcmp(row->region, seen->region) != 0) continue;
        const struct proto_node_seen *n = index_get(&x->nodes, row->id);
        if (n && !is_about(n->address, n->port, row->address, row->port)) n = NULL;
        sight_node(w, row, n ? n : &nothing);
        if (w->nodes[i].shard_node) sight_shard_node(w, &w->nodes[i].shard_node->row, n ? n->cluster : NULL);
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        struct row_endpoint *row = &w->endpoints[i].row;
        if (strcmp(row->region, seen->region) != 0) continue;
        const struct proto_link_seen *l = index_get(&x->links, row->id);
        if (l && !is_about(l->address, l->port, row->address, row->port)) l = NULL;
        world_set_word(w, &row->seen_state, l ? l->state : floating_state(x, row->address));
        world_set(w, &row->seen_reason, l ? l->reason : NULL);
    }
    for (size_t i = 0; i < w->n_reshardings; i++)
        if (strcmp(w->reshardings[i].row.region, seen->region) == 0) sight_resharding(w, &w->reshardings[i].row, &seen->stuck);
    sight_snapshots(w, seen, x);
}

void sight(struct world *w, const struct proto_sighting *seen)
{
    struct seen_index x = {0};
    index_seen(&x, seen);
    sight_all(w, seen, &x);
    seen_index_fini(&x);
}
