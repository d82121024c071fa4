#include "plan/node_row.h"
#include "base/arena.h"

struct row_node node_row(struct arena *a, const struct row_cache_cluster *c, const char *node_id, enum node_status status,
    const char *zone, int64_t now_ms)
{
    return (struct row_node){
        .region = c->region,
        .id = arena_printf(a, "%s.%s", c->id, node_id),
        .cluster_id = c->id,
        .node_id = node_id,
        .rg_id = c->rg_id,
        .node_group_id = c->node_group_id,
        .availability_zone = zone ? zone : c->availability_zone,
        .port = c->port,
        .want = WISH_RUN,
        .created_ms = now_ms,
        .status = status,
        .seen_state = SEEN_UNKNOWN,
        .seen_endpoints = "",
        .incarnation = 1,
        .keep_data = 1,
    };
}
