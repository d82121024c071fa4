#include "control/sight.h"
#include "base/arena.h"
#include "base/index.h"
#include "control/told.h"
#include "plan/seen.h"
#include "plan/snapshot.h"
#include <string.h>

static const char *join_words(struct world *w, const struct string_list *words)
{
    return arena_join(w->arena, words->items, words->n, " ");
}

/* 'seen' is about the address that it has now; the row still names the one that it was seen at before. */
static void sight_node(struct world *w, struct row_node *row, const struct proto_node_seen *seen)
{
    if (seen_node_state(row) != seen->state) world_set_int(w, &row->seen_since_ms, w->steady_ms);
    if ((row->seen_blocked == SEEN_BLOCKED_NONE) != (seen->blocked == SEEN_BLOCKED_NONE))
        world_set_int(w, &row->blocked_since_ms, seen->blocked ? w->steady_ms : 0);
    world_set_word(w, &row->seen_blocked, seen->blocked);
    world_set_word(w, &row->seen_state, seen->state);
    world_set_int(w, &row->seen_incarnation, seen->incarnation.v);
    world_set(w, &row->seen_reason, seen->reason);
    world_set_word(w, &row->seen_role, seen->role);
    const char *host = seen->upstream_port.set ? seen->upstream_host : NULL;
    world_set(w, &row->seen_upstream, host ? arena_printf(w->arena, "%s:%lld", host, (long long)seen->upstream_port.v) : NULL);
    world_set_int(w, &row->seen_link_up, seen->link_up.v);
    world_set_int(w, &row->seen_loads, seen->loads.v);
    world_set_int(w, &row->seen_offset, seen->offset.v);
    world_set_int(w, &row->seen_fenced, seen->fenced.v);
    world_set_int(w, &row->seen_branch_offset, seen->branch_offset.v);
    world_set_int(w, &row->seen_counted_from, seen->counted_from.v);
    world_set_int(w, &row->seen_counted, seen->counted.set ? seen->counted.v : -1);
    world_set_int(w, &row->seen_rising, seen->rising.v);
    world_set(w, &row->seen_endpoints, join_words(w, &seen->endpoints));
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
    world_set_int(w, &row->seen_logs_generation, seen->logs_generation.v);
    world_set_word(w, &row->seen_encryption, seen->encryption);
    world_set_int(w, &row->seen_links_encrypted, seen->links_encrypted.v);
    world_set(w, &row->seen_pending_settings, join_words(w, &seen->pending_settings));
    world_set(w, &row->seen_refused_settings, join_words(w, &seen->refused_settings));
    world_set(w, &row->seen_unable, seen->cluster ? seen->cluster->unable : NULL);
}

/*
 * What was said before the agent knew of an address says nothing of that one: neither that it is taken, nor that it is held. Until it is
 * spoken of, the columns stay what was seen at the address before, and name that one (plan/seen.h).
 */
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

static bool is_in(const char *region_of_row, const char *region)
{
    return strcmp(region_of_row, region) == 0;
}

/* A node that was left behind when its replication group was deleted says nothing of that one's endpoints. */
static const char *floating_key(struct world *w, const char *rg_id, const char *address)
{
    return arena_printf(w->arena, "%s %s", rg_id, address);
}

/*
 * A floating endpoint has no link of its own: the nodes tell, which are those of its replication group. One of ours that holds it is no
 * conflict.
 */
static void index_addresses(struct index *x, struct world *w, const char *region, const struct told *told)
{
    static enum endpoint_state states[] = {ENDPOINT_CONFLICT, ENDPOINT_LISTENING};
    for (int held = 0; held < 2; held++) {
        for (size_t i = 0; i < w->n_nodes; i++) {
            const struct row_node *row = &w->nodes[i].row;
            const struct proto_node_seen *n = is_in(row->region, region) ? told_find(told, KEYED_SEEN_NODES, row->id) : NULL;
            const struct string_list *list = n == NULL ? NULL : held ? &n->endpoints : &n->endpoints_refused;
            for (size_t k = 0; list && row->rg_id && k < list->n; k++)
                index_put(x, floating_key(w, row->rg_id, list->items[k]), &states[held]);
        }
    }
}

static void sight_nodes(struct world *w, const char *region, const struct told *told)
{
    static const struct proto_node_seen nothing = {.state = SEEN_UNKNOWN};
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct row_node *row = &w->nodes[i].row;
        if (!is_in(row->region, region)) continue;
        const struct proto_node_seen *n = told_find(told, KEYED_SEEN_NODES, row->id);
        if (n && !is_about(n->address, n->port, row->address, row->port)) continue;
        sight_node(w, row, n ? n : &nothing);
        world_set(w, &row->seen_address, n ? row->address : NULL);
        world_set_int(w, &row->seen_port, n ? row->port : 0);
        if (w->nodes[i].shard_node) sight_shard_node(w, &w->nodes[i].shard_node->row, n ? n->cluster : NULL);
    }
}

static void sight_endpoints(struct world *w, const char *region, const struct told *told)
{
    _index_ struct index addresses = {0};
    index_addresses(&addresses, w, region, told);
    for (size_t i = 0; i < w->n_endpoints; i++) {
        struct row_endpoint *row = &w->endpoints[i].row;
        if (!is_in(row->region, region)) continue;
        const struct proto_link_seen *l = told_find(told, KEYED_SEEN_LINKS, row->id);
        if (l && !is_about(l->address, l->port, row->address, row->port)) l = NULL;
        bool floats = row->address && row->rg_id;
        const enum endpoint_state *floating = floats ? index_get(&addresses, floating_key(w, row->rg_id, row->address)) : NULL;
        if (l == NULL && floating == NULL && !seen_endpoint_is_here(row)) continue;
        bool told_of = l || floating;
        world_set(w, &row->seen_address, told_of ? row->address : NULL);
        world_set_int(w, &row->seen_port, told_of ? row->port : 0);
        world_set_word(w, &row->seen_state, l ? l->state : floating ? *floating : ENDPOINT_UNKNOWN);
        world_set(w, &row->seen_reason, l ? l->reason : NULL);
        world_set_word(w, &row->seen_way, l ? l->way : WAY_NONE);
    }
}

/* Of what was not told of nothing is known yet: it was ordered after the agent had told the rest. */
static void sight_snapshots(struct world *w, const char *region, const struct told *told)
{
    for (size_t i = 0; i < w->n_snapshot_parts; i++) {
        struct row_snapshot_part *row = &w->snapshot_parts[i].row;
        if (!is_in(row->region, region)) continue;
        const char *file = snapshot_file(w->arena, row->snapshot, row->node_group_id);
        const struct proto_snapshot_seen *s = told_find(told, KEYED_SEEN_SNAPSHOTS, file);
        if (s) {
            world_set_word(w, &row->seen_state, s->state);
            world_set(w, &row->seen_reason, s->reason);
            world_set_int(w, &row->seen_size, s->size.v);
            world_set_int(w, &row->seen_ms, s->taken_ms.v);
            world_set_int(w, &row->seen_export, s->export.v);
            world_set(w, &row->seen_exported, s->exported);
            world_set(w, &row->seen_export_reason, s->export_reason);
        }
    }
    for (size_t i = 0; i < w->n_seeds; i++) {
        struct row_seed *row = &w->seeds[i].row;
        const struct proto_node_seen *n = is_in(row->region, region) ? told_find(told, KEYED_SEEN_NODES, row->node_id) : NULL;
        if (n) world_set(w, &row->seen_refused, n->seed_refused);
    }
}

void sight(struct world *w, const char *region, const struct told *told)
{
    sight_nodes(w, region, told);
    sight_endpoints(w, region, told);
    for (size_t i = 0; i < w->n_reshardings; i++) {
        struct row_resharding *row = &w->reshardings[i].row;
        if (!is_in(row->region, region)) continue;
        const struct proto_stuck_seen *s = told_find(told, KEYED_SEEN_STUCK, row->rg_id);
        world_set(w, &row->seen_stuck, s ? s->reason : NULL);
        world_set_int(w, &row->seen_stuck_back, s && s->settling.v);
    }
    sight_snapshots(w, region, told);
}
