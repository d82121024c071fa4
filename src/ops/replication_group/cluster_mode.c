#include "ops/replication_group/cluster_mode.h"
#include "base/slots.h"
#include "base/text.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/rows.h"
#include "ops/replication_group/shards.h"
#include "plan/rg_row.h"
#include <string.h>

bool cluster_mode_changes(const struct api_modify_replication_group_in *in, const struct row_replication_group *rg)
{
    return in->cluster_mode && strcmp(in->cluster_mode, cluster_mode_text(rg->cluster_mode)) != 0;
}

static int check_step(struct op *op, enum cluster_mode from, enum cluster_mode to)
{
    if (from == MODE_ENABLED)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Cluster mode can't be changed once it is enabled.");
    if (from == MODE_DISABLED && to == MODE_ENABLED)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cluster mode can't be changed from disabled to enabled: it has to be compatible first.");
    return 0;
}

/* What ElastiCache asks of a replication group that becomes compatible; that keys are in database 0 only is up to whoever asks (agents keep others aside). */
static int check_ready(struct op *op, const struct row_replication_group *rg, const struct rg_part *part)
{
    if (version_compare(rg->engine_version, "7.0") < 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Cluster mode can't be changed below engine version 7.0.");
    if (rg->automatic_failover == FAILOVER_DISABLED || part->n_members < 2)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Cluster mode compatible requires automatic failover and at least one replica.");
    return 0;
}

/* The parameter group has to agree: the default one is changed with the mode, one of the caller's own he has to name. */
static int change_parameters(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg)
{
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    struct row_replication_group before = *rg;
    struct parameter_group g;
    before.cluster_mode = rg_is_clustered(rg) ? MODE_DISABLED : MODE_ENABLED;
    const char *name = in->cache_parameter_group_name ? in->cache_parameter_group_name : rg->parameter_group;
    if (in->cache_parameter_group_name == NULL && text_is(name, rg_default_parameters(op, &before, v)))
        name = rg_default_parameters(op, rg, v);
    int r = parameter_group_resolve(op, name, v, &g);
    if (r == 0) r = parameter_group_check_mode(op, &g, rg_is_clustered(rg));
    if (r == 0) rg->parameter_group = g.name;
    return r;
}

static int restart_nodes(struct op *op, const struct rg_part *part)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < part->n_members; i++) {
        struct row_node n = part->members[i];
        n.incarnation++;
        n.keep_data = 1;
        r = q_node_put(op->store, &n, op->err);
    }
    return r;
}

static int become_cluster(struct op *op, const struct row_replication_group *rg, struct rg_part *part)
{
    struct row_shard shard = {.region = rg->region, .rg_id = rg->id, .id = part->row.id, .next_member = rg->next_member};
    struct slots all = {0};
    slots_add_range(&all, 0, SLOTS - 1);
    part->row.slots = slots_text(op->arena, &all, ' ');
    int r = q_node_group_put(op->store, &part->row, op->err);
    if (r == 0) r = q_shard_put(op->store, &shard, op->err);
    for (size_t i = 0; r == 0 && i < part->n_members; i++) r = rg_add_shard_node(op, &part->members[i]);
    if (r == 0) r = rg_add_endpoint(op, rg, "", ENDPOINT_CONFIGURATION);
    return r ? r : restart_nodes(op, part);
}

static int delete_endpoints(struct op *op, const struct row_replication_group *rg, bool configuration)
{
    struct row_endpoint *rows;
    size_t n;
    int r = q_endpoint_span(op->store, op->arena, rg->region, rg->id, rg->id, &rows, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++)
        if ((rows[i].kind == ENDPOINT_CONFIGURATION) == configuration) r = q_endpoint_delete(op->store, &rows[i], op->err);
    return r;
}

static int leave_cluster(struct op *op, const struct row_replication_group *rg, struct rg_part *part)
{
    struct row_shard shard = {.region = rg->region, .rg_id = rg->id, .id = part->row.id};
    part->row.slots = NULL;
    int r = q_node_group_put(op->store, &part->row, op->err);
    if (r == 0) r = q_shard_delete(op->store, &shard, op->err);
    for (size_t i = 0; r == 0 && i < part->n_members; i++) {
        struct row_shard_node node = {.region = rg->region, .id = part->members[i].id};
        r = q_shard_node_delete(op->store, &node, op->err);
    }
    if (r == 0) r = delete_endpoints(op, rg, true);
    return r ? r : restart_nodes(op, part);
}

int cluster_mode_change(struct op *op, const struct api_modify_replication_group_in *in, struct row_replication_group *rg)
{
    struct rg_part *parts;
    size_t n;
    bool was_cluster = rg_is_clustered(rg);
    enum cluster_mode mode = word_of(&words_cluster_mode, in->cluster_mode);
    int r = check_step(op, rg->cluster_mode, mode);
    if (r == 0) r = rg_read_parts(op, rg, &parts, &n);
    if (r == 0 && !was_cluster) r = check_ready(op, rg, parts);
    if (r) return r;
    rg->mode_before = rg->cluster_mode == MODE_DISABLED ? MODE_BEFORE_DISABLED : MODE_BEFORE_COMPATIBLE;
    rg->cluster_mode = mode;
    if (rg_is_clustered(rg) && was_cluster) {
        rg->next_member = 2; /* of node groups from now on */
        return delete_endpoints(op, rg, false);
    }
    r = change_parameters(op, in, rg);
    if (r == 0) r = rg_is_clustered(rg) ? become_cluster(op, rg, parts) : leave_cluster(op, rg, parts);
    return r;
}
