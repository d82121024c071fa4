#include "ops/snapshot/view.h"
#include "ops/core/id.h"
#include "ops/core/view.h"
#include "ops/subnet_group/subnet_group.h"
#include <string.h>

static bool is_sharded(const struct row_snapshot *s)
{
    return s->cluster_id == NULL;
}

static struct api_node_group_configuration *view_configuration(struct op *op, const struct row_snapshot_part *p)
{
    struct api_node_group_configuration *c = arena_new(op->arena, struct api_node_group_configuration);
    struct string_list zones = view_words(op, p->zones);
    *c = (struct api_node_group_configuration){
        .node_group_id = p->node_group_id, .slots = view_slots(op, p->slots), .replica_count = OPT_INT(p->replicas)};
    if (zones.n) c->primary_availability_zone = zones.items[0];
    if (zones.n) c->replica_availability_zones = (struct string_list){true, zones.n - 1, zones.items + 1};
    return c;
}

static void view_part(struct op *op, const struct row_snapshot *s, const struct row_snapshot_part *p, bool with_configuration,
    struct api_node_snapshot *out)
{
    const char *size = arena_printf(op->arena, "%lld MB", (long long)((p->seen_size + (1 << 20) - 1) >> 20));
    *out = (struct api_node_snapshot){.cache_node_id = p->cache_node_id,
        .cache_size = p->seen_state == PART_WHOLE ? size : "",
        .cache_node_create_time = OPT_TIME(p->node_created_ms)};
    if (p->seen_state == PART_WHOLE) out->snapshot_create_time = OPT_TIME(s->created_ms / 1000 * 1000);
    if (with_configuration) out->node_group_configuration = view_configuration(op, p);
    if (!is_sharded(s)) return;
    out->cache_cluster_id = p->cluster_id;
    out->node_group_id = p->node_group_id;
}

static void view_source(const struct row_snapshot *s, size_t n_parts, struct api_snapshot *out)
{
    if (is_sharded(s)) {
        out->replication_group_id = s->rg_id;
        out->replication_group_description = s->rg_description;
        out->num_node_groups = OPT_INT((int64_t)n_parts);
        out->automatic_failover = failover_setting_text(s->automatic_failover);
        return;
    }
    out->cache_cluster_id = s->cluster_id;
    out->num_cache_nodes = OPT_INT(s->num_nodes);
    out->preferred_availability_zone = s->availability_zone;
    out->cache_cluster_create_time = OPT_TIME(s->source_created_ms);
}

int view_snapshot(struct op *op, const struct row_snapshot *s, bool with_configuration, struct api_snapshot *out)
{
    struct row_snapshot_part *parts;
    size_t n;
    int r = q_snapshot_parts(op->store, op->arena, s->region, s->name, &parts, &n, op->err);
    if (r) return r;
    *out = (struct api_snapshot){
        .snapshot_name = s->name,
        .snapshot_status = snapshot_status_text(s->status),
        .snapshot_source = snapshot_source_text(s->source),
        .cache_node_type = s->node_type,
        .engine = s->engine,
        .engine_version = s->engine_version,
        .preferred_maintenance_window = s->maintenance_window,
        .topic_arn = s->notification_topic_arn,
        .port = OPT_INT(s->port),
        .cache_parameter_group_name = s->parameter_group,
        .cache_subnet_group_name = s->subnet_group,
        .vpc_id = subnet_group_vpc(op),
        .auto_minor_version_upgrade = OPT_BOOL(s->auto_minor_version_upgrade),
        .snapshot_retention_limit = OPT_INT(s->retention_limit),
        .snapshot_window = s->window,
        .kms_key_id = s->kms_key_id,
        .arn = arn_of(op, s->account, "snapshot", s->name),
        .data_tiering = view_data_tiering(s->node_type),
        .durability = durability_text(s->durability),
    };
    view_source(s, n, out);
    out->node_snapshots = (struct api_node_snapshot_list){true, n, arena_array(op->arena, struct api_node_snapshot, n)};
    for (size_t i = 0; i < n; i++) view_part(op, s, &parts[i], with_configuration, &out->node_snapshots.items[i]);
    return 0;
}
