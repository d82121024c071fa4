#include "ops/find.h"
#include "ops/group_member.h"
#include "ops/group_plan.h"
#include "ops/id.h"
#include "ops/view.h"
#include "plan/world.h"
#include <string.h>

enum { REPLICAS_MAX = GROUP_MEMBERS_MAX - 1 };

/* What the two operations have in common: the group, its members, and how many replicas it shall have. */
struct resize {
    struct row_replication_group *rg;
    struct row_node *members;
    size_t n_members;
    const struct api_configure_shard *shard; /* NULL where a plain number was given */
    int64_t replicas;
};

static int check_now(struct op *op, struct opt_bool apply_immediately)
{
    if (apply_immediately.v) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "The parameter ApplyImmediately must be true: this change can't wait for the maintenance window.");
}

static int read_target(struct op *op, struct opt_int count, const struct api_configure_shard_list *shards, struct resize *z)
{
    if (count.set == (shards->n > 0))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Exactly one of NewReplicaCount and ReplicaConfiguration must be given.");
    z->replicas = count.v;
    if (shards->n == 0) return 0;
    z->shard = shards->items;
    z->replicas = z->shard->new_replica_count.v;
    if (shards->n == 1 && strcmp(z->shard->node_group_id, "0001") == 0) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Node group %s not found.", shards->items[shards->n - 1].node_group_id);
}

static int find_resizable(struct op *op, const char *id, struct resize *z)
{
    int r = find_rg(op, id, &z->rg);
    if (r == 0 && strcmp(z->rg->status, "available") != 0)
        return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group must be in available state to modify.");
    return r ? r : group_members(op, z->rg, &z->members, &z->n_members);
}

static int check_range(struct op *op, int64_t replicas)
{
    if (replicas >= 0 && replicas <= REPLICAS_MAX) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "The number of replicas per node group must be within 0 and %d.", REPLICAS_MAX);
}

/* PreferredAvailabilityZones names a zone for each member, the present ones too, in their order. */
static int check_zones(struct op *op, const struct resize *z)
{
    if (z->shard == NULL || z->shard->preferred_availability_zones.n == 0) return 0;
    if (z->shard->preferred_availability_zones.n == (size_t)z->replicas + 1) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "The number of preferred availability zones must be the number of replicas plus one.");
}

int op_increase_replica_count(
    struct op *op, const struct api_increase_replica_count_in *in, struct api_increase_replica_count_out *out)
{
    struct resize z = {0};
    int r = check_now(op, in->apply_immediately);
    if (r == 0) r = find_resizable(op, in->replication_group_id, &z);
    if (r == 0) r = read_target(op, in->new_replica_count, &in->replica_configuration, &z);
    if (r == 0) r = check_range(op, z.replicas);
    if (r == 0) r = check_zones(op, &z);
    if (r) return r;
    if ((size_t)z.replicas + 1 == z.n_members)
        return op_fault(op, FAULT_NO_OPERATION, "The operation was not performed because no changes were required.");
    if ((size_t)z.replicas + 1 < z.n_members)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The new replica count must be greater than the current one, which is %zu.", z.n_members - 1);
    for (size_t i = z.n_members; r == 0 && i < (size_t)z.replicas + 1; i++) {
        bool placed = z.shard && z.shard->preferred_availability_zones.n;
        r = group_add_replica(op, z.rg, NULL, placed ? z.shard->preferred_availability_zones.items[i] : NULL);
    }
    if (r == 0) r = group_set_modifying(op, z.rg);
    if (r == 0) r = note_event(op, z.rg->id, EVENT_REPLICAS_CHANGING, z.rg->id);
    return r ? r : view_rg(op, z.rg->id, &out->replication_group);
}

static int find_member(struct op *op, const struct resize *z, const char *cluster_id, const struct row_node **out)
{
    const char *id = id_fold(op, cluster_id);
    *out = NULL;
    for (size_t i = 0; i < z->n_members; i++)
        if (strcmp(z->members[i].cluster_id, id) == 0) *out = &z->members[i];
    if (*out) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s is not a member of replication group %s.", cluster_id, z->rg->id);
}

static int remove_named(struct op *op, const struct resize *z, const struct string_list *ids, const char *primary)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < ids->n; i++) {
        const struct row_node *n;
        r = find_member(op, z, ids->items[i], &n);
        if (r == 0 && strcmp(n->id, primary) == 0)
            return op_fault(
                op, FAULT_INVALID_PARAMETER_VALUE, "Cache cluster %s is serving as primary and can't be removed.", n->cluster_id);
        if (r == 0) r = group_remove_replica(op, z->rg, n);
    }
    return r;
}

/* The newest go first; never the primary. */
static int remove_newest(struct op *op, const struct resize *z, size_t n, const char *primary)
{
    int r = 0;
    for (size_t i = z->n_members; r == 0 && n > 0 && i-- > 0;) {
        if (strcmp(z->members[i].id, primary) == 0) continue;
        r = group_remove_replica(op, z->rg, &z->members[i]);
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
    int r = in->replicas_to_remove.n ? 0 : read_target(op, in->new_replica_count, &in->replica_configuration, z);
    if (in->replicas_to_remove.n) z->replicas = (int64_t)z->n_members - 1 - (int64_t)in->replicas_to_remove.n;
    return r ? r : check_range(op, z->replicas);
}

static int check_decrease(struct op *op, const struct resize *z)
{
    if ((size_t)z->replicas + 1 == z->n_members)
        return op_fault(op, FAULT_NO_OPERATION, "The operation was not performed because no changes were required.");
    if ((size_t)z->replicas + 1 > z->n_members)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The new replica count must be less than the current one, which is %zu.", z->n_members - 1);
    if (z->replicas < 1 && z->rg->automatic_failover != FAILOVER_DISABLED)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Must have at least 1 replica when cluster mode is disabled with auto failover enabled.");
    return 0;
}

int op_decrease_replica_count(
    struct op *op, const struct api_decrease_replica_count_in *in, struct api_decrease_replica_count_out *out)
{
    struct resize z = {0};
    const char *primary;
    int r = check_now(op, in->apply_immediately);
    if (r == 0) r = find_resizable(op, in->replication_group_id, &z);
    if (r == 0) r = read_decrease(op, in, &z);
    if (r == 0) r = check_decrease(op, &z);
    if (r == 0) r = group_primary(op, z.rg, "0001", &primary);
    if (r) return r;
    if (in->replicas_to_remove.n) r = remove_named(op, &z, &in->replicas_to_remove, primary);
    else r = remove_newest(op, &z, z.n_members - (size_t)z.replicas - 1, primary);
    if (r == 0) r = group_set_modifying(op, z.rg);
    if (r == 0) r = note_event(op, z.rg->id, EVENT_REPLICAS_CHANGING, z.rg->id);
    return r ? r : view_rg(op, z.rg->id, &out->replication_group);
}
