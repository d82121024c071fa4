#include "model/timestamp.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/replicas.h"
#include "ops/replication_group/rows.h"
#include "ops/replication_group/shards.h"
#include "ops/replication_group/view.h"
#include "plan/rg_row.h"
#include "plan/world.h"
#include <string.h>

enum { REPLICAS_MAX = SHARD_MEMBERS_MAX - 1 };

/* A node group, and how many replicas it shall have. */
struct target {
    const struct rg_part *part;
    const struct api_configure_shard *shard; /* NULL where a plain number was given */
    int64_t replicas;
};

/* What the two operations have in common. */
struct resize {
    struct row_replication_group *rg;
    struct rg_part *parts;
    size_t n_parts;
    struct target *targets;
    size_t n_targets;
};

static int find_resizable(struct op *op, const char *id, struct resize *z)
{
    int r = find_rg(op, id, &z->rg);
    if (r == 0) r = check_rg_modifiable(op, z->rg);
    if (r == 0) r = rg_read_parts(op, z->rg, &z->parts, &z->n_parts);
    if (r == 0) z->targets = arena_array(op->arena, struct target, z->n_parts);
    return r;
}

static struct target *target_of(const struct resize *z, const char *node_group_id)
{
    for (size_t i = 0; i < z->n_targets; i++)
        if (strcmp(z->targets[i].part->row.id, node_group_id) == 0) return &z->targets[i];
    return NULL;
}

static const struct rg_part *part_of(const struct resize *z, const char *node_group_id)
{
    for (size_t i = 0; i < z->n_parts; i++)
        if (strcmp(z->parts[i].row.id, node_group_id) == 0) return &z->parts[i];
    return NULL;
}

static int read_shard(struct op *op, const struct api_configure_shard *shard, struct resize *z)
{
    const struct rg_part *part = part_of(z, shard->node_group_id);
    if (part == NULL) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Node group %s not found.", shard->node_group_id);
    if (target_of(z, shard->node_group_id))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The node group id %s is given twice.", shard->node_group_id);
    z->targets[z->n_targets++] = (struct target){part, shard, shard->new_replica_count.v};
    return 0;
}

static int read_targets(struct op *op, struct opt_int count, const struct api_configure_shard_list *shards, struct resize *z)
{
    int r = 0;
    if (count.set == (shards->n > 0))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Exactly one of NewReplicaCount and ReplicaConfiguration must be given.");
    for (size_t i = 0; r == 0 && i < shards->n; i++) r = read_shard(op, &shards->items[i], z);
    for (size_t i = 0; count.set && i < z->n_parts; i++)
        z->targets[z->n_targets++] = (struct target){&z->parts[i], NULL, count.v};
    return r;
}

static int check_ranges(struct op *op, const struct resize *z)
{
    for (size_t i = 0; i < z->n_targets; i++)
        if (z->targets[i].replicas < 0 || z->targets[i].replicas > REPLICAS_MAX)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The number of replicas per node group must be within 0 and %d.",
                REPLICAS_MAX);
    return 0;
}

/* How many members a target is to gain; negative: to lose. */
static int64_t member_gain(const struct target *t)
{
    return t->replicas + 1 - (int64_t)t->part->n_members;
}

/* Every target changes in the operation's direction or not at all, and one at least does. */
static int check_direction(struct op *op, const struct resize *z, int64_t sign)
{
    bool any = false;
    for (size_t i = 0; i < z->n_targets; i++) {
        const struct target *t = &z->targets[i];
        if (member_gain(t) * sign < 0)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "The new replica count must be %s than the current one, which is %zu.", sign > 0 ? "greater" : "less",
                t->part->n_members - 1);
        any |= member_gain(t) != 0;
    }
    if (any) return 0;
    return op_fault(op, FAULT_NO_OPERATION, "Requested new replica count already matches current number of replicas.");
}

/* PreferredAvailabilityZones names a zone for each member, the present ones too, in their order. */
static int check_zones(struct op *op, const struct resize *z)
{
    for (size_t i = 0; i < z->n_targets; i++) {
        const struct target *t = &z->targets[i];
        size_t n = t->shard ? t->shard->preferred_availability_zones.n : 0;
        if (n && n != (size_t)t->replicas + 1)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "The number of preferred availability zones must be the number of replicas plus one.");
    }
    return 0;
}

static int check_quota(struct op *op, const struct resize *z)
{
    int64_t more = 0, all = 0;
    for (size_t i = 0; i < z->n_targets; i++) more += member_gain(&z->targets[i]);
    for (size_t i = 0; i < z->n_parts; i++) all += (int64_t)z->parts[i].n_members;
    return rg_check_quotas(op, z->n_parts, all + more, more);
}

static int add_replicas(struct op *op, struct row_replication_group *rg, const struct target *t)
{
    int r = 0;
    for (size_t i = t->part->n_members; r == 0 && i < (size_t)t->replicas + 1; i++) {
        bool placed = t->shard && t->shard->preferred_availability_zones.n;
        r = rg_add_replica(op, rg, t->part->row.id, NULL, placed ? t->shard->preferred_availability_zones.items[i] : NULL);
    }
    return r;
}

static int answer_with_rg(
    struct op *op, struct row_replication_group *rg, enum replicas_change change, struct api_replication_group **out)
{
    char now[TIMESTAMP_SIZE];
    timestamp_format(op->now_ms, now);
    rg->replicas_change = change;
    int r = rg_set_modifying(op, rg);
    if (r == 0 && change == REPLICAS_INCREASE) r = note_event(op, rg->id, EVENT_REPLICAS_INCREASING, rg->id, now);
    if (r == 0 && change == REPLICAS_DECREASE) r = note_event(op, rg->id, EVENT_REPLICAS_DECREASING, rg->id, now);
    return r ? r : view_rg(op, rg->id, out);
}

int op_increase_replica_count(
    struct op *op, const struct api_increase_replica_count_in *in, struct api_increase_replica_count_out *out)
{
    struct resize z = {0};
    int r = request_now(op, in->apply_immediately);
    if (r == 0) r = find_resizable(op, in->replication_group_id, &z);
    if (r == 0) r = check_kms_key(op, z.rg);
    if (r == 0) r = read_targets(op, in->new_replica_count, &in->replica_configuration, &z);
    if (r == 0) r = check_ranges(op, &z);
    if (r == 0) r = check_zones(op, &z);
    if (r == 0) r = check_direction(op, &z, 1);
    if (r == 0) r = check_quota(op, &z);
    const struct engine_version *v = r ? NULL : engine_version_find(engine_find(z.rg->engine), z.rg->engine_version);
    if (r == 0) r = request_part(op, v, PART_REPLICAS, true);
    for (size_t i = 0; r == 0 && i < z.n_targets; i++) r = add_replicas(op, z.rg, &z.targets[i]);
    return r ? r : answer_with_rg(op, z.rg, REPLICAS_INCREASE, &out->replication_group);
}

static int find_member(
    struct op *op, const struct resize *z, const char *cluster_id, const struct rg_part **part, const struct row_node **out)
{
    const char *id = id_fold(op, cluster_id);
    for (size_t i = 0; i < z->n_parts; i++) {
        for (size_t m = 0; m < z->parts[i].n_members; m++) {
            if (strcmp(z->parts[i].members[m].cluster_id, id) != 0) continue;
            *part = &z->parts[i];
            *out = &z->parts[i].members[m];
            return 0;
        }
    }
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s is not a member of replication group %s.", cluster_id, z->rg->id);
}

/* What naming members comes to, as numbers of replicas. */
static int read_named(struct op *op, const struct string_list *ids, struct resize *z)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < ids->n; i++) {
        const struct rg_part *part = NULL;
        const struct row_node *n = NULL;
        r = find_member(op, z, ids->items[i], &part, &n);
        if (r) return r;
        if (strcmp(n->id, part->row.primary_node_id) == 0)
            return op_fault(
                op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s is serving as primary and can't be removed.", n->cluster_id);
        struct target *t = target_of(z, part->row.id);
        if (t == NULL) *(t = &z->targets[z->n_targets++]) = (struct target){part, NULL, (int64_t)part->n_members - 1};
        t->replicas--;
    }
    return r;
}

static int remove_named(struct op *op, const struct resize *z, const struct string_list *ids)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < ids->n; i++) {
        const struct rg_part *part = NULL;
        const struct row_node *n = NULL;
        r = find_member(op, z, ids->items[i], &part, &n);
        if (r == 0) r = rg_remove_replica(op, z->rg, n);
    }
    return r;
}

/* The newest go first; never the primary. */
static int remove_newest(struct op *op, const struct resize *z, const struct target *t)
{
    const struct rg_part *part = t->part;
    int64_t n = -member_gain(t);
    int r = 0;
    for (size_t i = part->n_members; r == 0 && n > 0 && i-- > 0;) {
        if (strcmp(part->members[i].id, part->row.primary_node_id) == 0) continue;
        r = rg_remove_replica(op, z->rg, &part->members[i]);
        n--;
    }
    return r;
}

static int read_decrease(struct op *op, const struct api_decrease_replica_count_in *in, struct resize *z)
{
    int ways = in->new_replica_count.set + (in->replica_configuration.n > 0) + (in->replicas_to_remove.n > 0);
    if (ways != 1)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Exactly one of NewReplicaCount, ReplicaConfiguration and ReplicasToRemove must be given.");
    if (in->replicas_to_remove.n) return read_named(op, &in->replicas_to_remove, z);
    return read_targets(op, in->new_replica_count, &in->replica_configuration, z);
}

static int check_remaining(struct op *op, const struct resize *z)
{
    for (size_t i = 0; i < z->n_targets; i++) {
        if (z->targets[i].replicas > 0) continue;
        if (!rg_is_clustered(z->rg) && z->rg->automatic_failover != FAILOVER_DISABLED)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "Must have at least 1 replica when cluster mode is disabled with auto failover enabled.");
        if (z->rg->multi_az)
            return op_fault(
                op, FAULT_INVALID_PARAMETER_VALUE, "Must have at least 1 replica for Multi-AZ enabled Replication Group.");
    }
    return 0;
}

int op_decrease_replica_count(
    struct op *op, const struct api_decrease_replica_count_in *in, struct api_decrease_replica_count_out *out)
{
    struct resize z = {0};
    int r = request_now(op, in->apply_immediately);
    if (r == 0) r = find_resizable(op, in->replication_group_id, &z);
    if (r == 0) r = read_decrease(op, in, &z);
    if (r == 0) r = check_ranges(op, &z);
    if (r == 0) r = check_direction(op, &z, -1);
    if (r == 0) r = check_remaining(op, &z);
    if (r == 0 && in->replicas_to_remove.n) r = remove_named(op, &z, &in->replicas_to_remove);
    for (size_t i = 0; r == 0 && in->replicas_to_remove.n == 0 && i < z.n_targets; i++) r = remove_newest(op, &z, &z.targets[i]);
    return r ? r : answer_with_rg(op, z.rg, REPLICAS_DECREASE, &out->replication_group);
}
