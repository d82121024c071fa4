#include "control/world_io.h"
#include "base/arena.h"
#include "base/log.h"
#include "store/queries.gen.h"
#include <string.h>

/* Events are kept for 14 days. Source: DescribeEvents. */
#define EVENTS_KEPT_MS (14LL * 24 * 3600 * 1000)

/* Every kind of row the same way: read all, keep the row as read beside the one that plans change. */
#define LOAD(w, array, query, type)                                   \
    do {                                                              \
        type *rows;                                                   \
        size_t n;                                                     \
        int r = query(s, (w)->arena, &rows, &n, e);                   \
        if (r) return r;                                              \
        (w)->array = arena_alloc((w)->arena, n * sizeof *(w)->array); \
        (w)->n_##array = n;                                           \
        for (size_t i = 0; i < n; i++) {                              \
            (w)->array[i].row = rows[i];                              \
            (w)->array[i].stored = &rows[i];                          \
        }                                                             \
    } while (0)

int world_load(struct store *s, struct world *w, struct err *e)
{
    LOAD(w, regions, q_region_all, struct row_region);
    LOAD(w, rgs, q_replication_group_all, struct row_replication_group);
    LOAD(w, node_groups, q_world_node_groups, struct row_node_group);
    LOAD(w, clusters, q_world_clusters, struct row_cache_cluster);
    LOAD(w, nodes, q_world_nodes, struct row_node);
    LOAD(w, endpoints, q_world_endpoints, struct row_endpoint);
    LOAD(w, shards, q_shard_all, struct row_shard);
    LOAD(w, shard_nodes, q_shard_node_all, struct row_shard_node);
    LOAD(w, reshardings, q_resharding_all, struct row_resharding);
    LOAD(w, globals, q_global_replication_group_all, struct row_global_replication_group);
    LOAD(w, members, q_global_member_all, struct row_global_member);
    struct row_parameter *parameters;
    int r = q_parameter_all(s, w->arena, &parameters, &w->n_parameters, e);
    if (r) return r;
    w->parameters = parameters;
    world_link(w);
    return 0;
}

#define STORE(w, array, table)                                                                                             \
    for (size_t i = 0; r == 0 && i < (w)->n_##array; i++) {                                                                \
        if ((w)->array[i].drop && (w)->array[i].stored == NULL) continue;                                                  \
        if (!(w)->array[i].drop && (w)->array[i].stored &&                                                                 \
            row_equal(&sql_table_##table, (w)->array[i].stored, &(w)->array[i].row))                                       \
            continue;                                                                                                      \
        r = (w)->array[i].drop ? q_##table##_delete(s, &(w)->array[i].row, e) : q_##table##_put(s, &(w)->array[i].row, e); \
        *wrote = true;                                                                                                     \
    }

static int store_regions(struct store *s, struct world *w, bool *wrote, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < w->n_regions; i++) {
        if (row_equal(&sql_table_region, w->regions[i].stored, &w->regions[i].row)) continue;
        r = q_region_put(s, &w->regions[i].row, e);
        *wrote = true;
    }
    return r;
}

/* The list is newest first; the oldest is written first, so that their numbers go with the time. */
static int store_events(struct store *s, struct world *w, bool *wrote, struct err *e)
{
    struct world_event *oldest = NULL;
    for (struct world_event *ev = w->events, *next; ev; ev = next) {
        next = ev->next;
        ev->next = oldest;
        oldest = ev;
    }
    if (oldest == NULL) return 0;
    int r = q_event_forget(s, w->now_ms - EVENTS_KEPT_MS, e);
    for (struct world_event *ev = oldest; r == 0 && ev; ev = ev->next) {
        log_info("%s %s %s: %s", ev->region, ev->source_type, ev->source_id, ev->message);
        r = q_event_add(s, ev->region, w->now_ms, ev->source_type, ev->source_id, ev->message, e);
    }
    *wrote = true;
    return r;
}

int world_store(struct store *s, struct world *w, bool *wrote, struct err *e)
{
    *wrote = false;
    int r = store_regions(s, w, wrote, e);
    STORE(w, nodes, node)
    STORE(w, endpoints, endpoint)
    STORE(w, clusters, cache_cluster)
    STORE(w, node_groups, node_group)
    STORE(w, shards, shard)
    STORE(w, shard_nodes, shard_node)
    STORE(w, reshardings, resharding)
    STORE(w, members, global_member)
    for (struct world_new_node *n = w->new_nodes; r == 0 && n; n = n->next) {
        r = q_node_put(s, &n->row, e);
        *wrote = true;
    }
    STORE(w, globals, global_replication_group)
    STORE(w, rgs, replication_group)
    return r ? r : store_events(s, w, wrote, e);
}
