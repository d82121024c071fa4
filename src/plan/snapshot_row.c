#include "base/arena.h"
#include "plan/rg_row.h"
#include "plan/seen.h"
#include "plan/serverless.h"
#include "plan/snapshot.h"
#include "plan/window.h"
#include "catalog/account_key.h"
#include <string.h>

const char *snapshot_file(struct arena *a, const char *snapshot, const char *node_group_id)
{
    return arena_printf(a, "%s.%s", snapshot, node_group_id);
}

struct row_snapshot snapshot_row(const struct row_replication_group *rg, const struct row_cache_cluster *c, int64_t now_ms)
{
    bool sharded = rg && rg_is_sharded(rg);
    return (struct row_snapshot){
        .region = c->region,
        .account = c->account,
        .status = SNAPSHOT_CREATING,
        .source = SNAPSHOT_MANUAL,
        .created_ms = now_ms,
        .cluster_id = sharded ? NULL : c->id,
        .rg_id = rg ? rg->id : NULL,
        .rg_description = rg ? rg->description : NULL,
        .cluster_mode = sharded ? MODE_ENABLED : MODE_DISABLED,
        .engine = c->engine,
        .engine_version = c->engine_version,
        .node_type = c->node_type,
        .num_nodes = 1,
        .availability_zone = sharded ? NULL : c->availability_zone,
        .source_created_ms = rg ? rg->created_ms : c->created_ms,
        .port = c->port,
        .parameter_group = c->parameter_group,
        .subnet_group = c->subnet_group,
        .maintenance_window = c->maintenance_window,
        .notification_topic_arn = c->notification_topic_arn,
        .auto_minor_version_upgrade = c->auto_minor_version_upgrade,
        .retention_limit = c->snapshot_retention_limit,
        .window = c->snapshot_window,
        .automatic_failover = rg ? rg->automatic_failover : FAILOVER_DISABLED,
        .kms_key_id = rg ? rg->kms_key_id : NULL,
        .durability = rg && durability_outlives(rg->durability) ? rg->durability : DURABILITY_DISABLED,
    };
}

struct row_snapshot_part snapshot_part_row(
    const struct row_snapshot *s, const struct row_node *n, const struct row_node_group *ng)
{
    return (struct row_snapshot_part){
        .region = s->region,
        .snapshot = s->name,
        .node_group_id = ng ? ng->id : "0001",
        .cluster_id = n->cluster_id,
        .node_id = n->id,
        .cache_node_id = n->node_id,
        .node_created_ms = n->created_ms,
        .slots = ng ? ng->slots : NULL,
        .replicas = -1,
        .zones = "",
        .pid = n->seen_pid,
        .started_ms = n->seen_started_ms,
        .restarts = seen_node_restarts(n),
        .seen_state = PART_UNKNOWN,
    };
}

struct row_snapshot_part snapshot_part_copy(const struct row_snapshot_part *from, const char *snapshot)
{
    return (struct row_snapshot_part){
        .region = from->region,
        .snapshot = snapshot,
        .node_group_id = from->node_group_id,
        .cluster_id = from->cluster_id,
        .node_id = from->node_id,
        .cache_node_id = from->cache_node_id,
        .node_created_ms = from->node_created_ms,
        .slots = from->slots,
        .replicas = from->replicas,
        .zones = from->zones,
        .pid = from->pid,
        .started_ms = from->started_ms,
        .restarts = from->restarts,
        .seen_state = PART_UNKNOWN,
    };
}

void snapshot_part_add_member(struct arena *a, struct row_snapshot_part *p, const char *zone)
{
    p->zones = arena_printf(a, "%s%s%s", p->zones, *p->zones ? " " : "", zone);
    p->replicas++;
}

const char *snapshot_automatic_name(struct arena *a, const char *source_id, int64_t now_ms)
{
    struct date d = date_of(now_ms);
    bool serverless = serverless_owns(source_id);
    const char *id = serverless ? serverless_name(source_id) : account_id(source_id);
    return account_key_beside(a, source_id,
        arena_printf(a, "%sautomatic.%s-%04d-%02d-%02d-%02d-%02d", serverless ? SERVERLESS_PREFIX : "", id, d.year, d.month,
            d.day, d.hour, d.minute));
}

bool snapshot_needs_agent(const struct row_snapshot *s)
{
    return s->status == SNAPSHOT_CREATING || s->status == SNAPSHOT_EXPORTING || s->status == SNAPSHOT_DELETING;
}
