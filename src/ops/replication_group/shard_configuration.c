#include "ops/core/find.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/replicas.h"
#include "ops/replication_group/reshape.h"
#include "ops/replication_group/rows.h"
#include "ops/replication_group/shard_slots.h"
#include "ops/replication_group/shards.h"
#include "ops/replication_group/view.h"
#include "ops/subnet_group/subnet_group.h"
#include "plan/rg_row.h"
#include <string.h>

/*
 * ModifyReplicationGroupShardConfiguration: more node groups, fewer, or as many with
 * evener slots. What is written are the new node groups and, for each, the slots it
 * shall hold in the end; the plan does the rest. Members of a global datastore are
 * changed the same way, each in its region.
 */
struct reshape {
    struct row_replication_group *rg;
    struct rg_part *parts; /* as they are */
    bool *leaving;         /* of each part */
    size_t n_parts;
    struct new_shard *added;
    size_t n_added;
    int64_t count; /* node groups in the end */
};

/* Of a replication group on its own. */
static int find_shards(struct op *op, const char *id, struct row_replication_group **rg)
{
    int r = find_rg(op, id, rg);
    if (r) return r;
    if (!rg_is_sharded(*rg))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "Operation is only applicable for cluster mode enabled replication groups.");
    r = check_rg_modifiable(op, *rg);
    if (r == 0) r = check_kms_key(op, *rg);
    return r ? r : check_outside_global(op, *rg, FAULT_INVALID_PARAMETER_VALUE);
}

static int read_shape(struct op *op, const struct api_modify_replication_group_shard_configuration_in *in, struct reshape *z)
{
    z->count = in->node_group_count.v;
    if (z->count < 1) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The number of node groups must be at least 1.");
    int r = rg_read_parts(op, z->rg, &z->parts, &z->n_parts);
    if (r == 0) z->leaving = arena_array(op->arena, bool, z->n_parts);
    return r;
}

/* ---- fewer ---- */

static int mark_leaving(struct op *op, const struct string_list *ids, bool leaving, struct reshape *z)
{
    for (size_t i = 0; i < z->n_parts; i++) z->leaving[i] = !leaving;
    for (size_t k = 0; k < ids->n; k++) {
        size_t i = 0;
        while (i < z->n_parts && strcmp(z->parts[i].row.id, ids->items[k]) != 0) i++;
        if (i == z->n_parts) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Node group %s not found.", ids->items[k]);
        if (z->leaving[i] == leaving)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The node group id %s is given twice.", ids->items[k]);
        z->leaving[i] = leaving;
    }
    return 0;
}

static int read_leaving(struct op *op, const struct api_modify_replication_group_shard_configuration_in *in, struct reshape *z)
{
    const struct string_list *remove = &in->node_groups_to_remove, *retain = &in->node_groups_to_retain;
    bool fewer = z->count < (int64_t)z->n_parts;
    if (remove->n && retain->n)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "Only one of NodeGroupsToRemove and NodeGroupsToRetain can be given.");
    if (!fewer && (remove->n || retain->n))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "NodeGroupsToRemove and NodeGroupsToRetain can only be given with a NodeGroupCount less than the current one.");
    if (!fewer) return 0;
    if (remove->n == 0 && retain->n == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "One of NodeGroupsToRemove and NodeGroupsToRetain must be given to decrease the number of node groups.");
    if ((remove->n && (int64_t)(z->n_parts - remove->n) != z->count) || (retain->n && (int64_t)retain->n != z->count))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of node groups to remove or retain must match NodeGroupCount, which is %lld.", (long long)z->count);
    return remove->n ? mark_leaving(op, remove, true, z) : mark_leaving(op, retain, false, z);
}

/* ---- more ---- */

static bool is_there(const struct reshape *z, const char *id)
{
    for (size_t i = 0; i < z->n_parts; i++)
        if (strcmp(z->parts[i].row.id, id) == 0) return true;
    for (size_t i = 0; i < z->n_added; i++)
        if (z->added[i].id && strcmp(z->added[i].id, id) == 0) return true;
    return false;
}

/* A new shard has as many nodes as the smallest of those that are there. */
static int count_members(const struct reshape *z)
{
    size_t least = SHARD_MEMBERS_MAX;
    for (size_t i = 0; i < z->n_parts; i++)
        if (z->parts[i].n_members < least) least = z->parts[i].n_members;
    return (int)least;
}

static int place_shard(struct op *op, const struct api_resharding_configuration *c, struct reshape *z, struct new_shard *s)
{
    const struct string_list *zones = &c->preferred_availability_zones;
    int r = 0;
    if (c->node_group_id && is_there(z, c->node_group_id))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The node group id %s is given twice.", c->node_group_id);
    if (zones->n && (int)zones->n != s->members)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "The number of preferred availability zones must be %d, the number of nodes of a new node group.", s->members);
    s->id = c->node_group_id;
    for (size_t i = 0; r == 0 && i < zones->n; i++) {
        s->zones[i] = zones->items[i];
        r = subnet_group_check_zone(op, z->rg->subnet_group, zones->items[i]);
    }
    return r;
}

/* The configuration may tell of the new node groups alone, or of all: those that are there stay where they are. */
static int read_placing(struct op *op, const struct api_resharding_configuration_list *list, struct reshape *z)
{
    size_t there = list->n == (size_t)z->count ? z->n_parts : 0;
    int r = 0;
    if (list->n && z->n_added == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "ReshardingConfiguration can only be given to increase the number of node groups.");
    if (list->n && list->n != (size_t)z->count && list->n != z->n_added)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "ReshardingConfiguration must have an entry for every new node group, or for every node group.");
    for (size_t i = there; r == 0 && i < list->n; i++) r = place_shard(op, &list->items[i], z, &z->added[i - there]);
    return r;
}

/* Numbers go on from the highest that ever was: an id is never given to another node group. */
static int give_ids(struct op *op, struct reshape *z)
{
    for (size_t i = 0; i < z->n_added; i++) {
        while (z->added[i].id == NULL) {
            const char *id = arena_printf(op->arena, "%04d", (int)z->rg->next_member++);
            if (strlen(id) > 4)
                return op_fault(op, FAULT_NODE_GROUPS_PER_REPLICATION_GROUP_QUOTA_EXCEEDED,
                    "The replication group has no node group ids left.");
            if (!is_there(z, id)) z->added[i].id = id;
        }
    }
    return 0;
}

static int read_added(struct op *op, const struct api_resharding_configuration_list *placing, struct reshape *z)
{
    struct string_list zones;
    int64_t nodes = 0;
    for (size_t i = 0; i < z->n_parts; i++) nodes += (int64_t)z->parts[i].n_members;
    if (z->count > (int64_t)z->n_parts) z->n_added = (size_t)z->count - z->n_parts;
    int members = count_members(z);
    int64_t more = (int64_t)z->n_added * members;
    int r = rg_check_quotas(op, (size_t)z->count, nodes + more, more);
    if (r) return r;
    z->added = arena_array(op->arena, struct new_shard, z->n_added);
    for (size_t i = 0; i < z->n_added; i++) z->added[i] = (struct new_shard){.members = members, .slots = ""};
    r = read_placing(op, placing, z);
    if (r == 0) r = give_ids(op, z);
    if (r == 0) r = subnet_group_zones(op, z->rg->subnet_group, &zones);
    for (size_t i = 0; r == 0 && i < z->n_added; i++)
        for (int m = 0; m < members; m++)
            if (z->added[i].zones[m] == NULL) z->added[i].zones[m] = shard_zone(&zones, z->n_parts + i, m);
    return r;
}

/* ---- writing ---- */

static struct shard_share *shares_of(struct op *op, const struct reshape *z)
{
    struct shard_share *shares = arena_array(op->arena, struct shard_share, z->n_parts + z->n_added);
    for (size_t i = 0; i < z->n_parts; i++) {
        slots_read(&shares[i].held, z->parts[i].row.slots);
        shares[i].leaving = z->leaving[i];
    }
    shard_slots_balance(shares, z->n_parts + z->n_added);
    return shares;
}

static int count_moving(const struct reshape *z, const struct shard_share *shares)
{
    int n = 0;
    for (size_t i = 0; i < z->n_parts; i++) {
        struct slots give = {0};
        slots_read(&give, z->parts[i].row.slots);
        slots_subtract(&give, &shares[i].held);
        n += slots_count(&give);
    }
    return n;
}

static int write_wanted(struct op *op, const struct reshape *z, const char *id, const struct shard_share *share)
{
    struct row_shard *rows;
    size_t n;
    int r = q_shard_list(op->store, op->arena, z->rg->region, z->rg->id, &rows, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (strcmp(rows[i].id, id) != 0) continue;
        rows[i].slots_wanted = slots_text(op->arena, &share->held, ' ');
        rows[i].leaving = share->leaving;
        r = q_shard_put(op->store, &rows[i], op->err);
    }
    return r;
}

/* What comes has its replication group's tags. What is to go has its own until it is gone: it may have to stay. */
static int write_tags(struct op *op, const struct reshape *z)
{
    int r = 0;
    for (size_t i = 0; i < z->n_added; i++)
        for (int m = 1; r == 0 && m <= z->added[i].members; m++)
            r = rg_share_tags(op, z->rg, rg_member_id(op, z->rg, z->added[i].id, m));
    return r;
}

static int tell_begin(struct op *op, const struct reshape *z)
{
    const char *from = arena_printf(op->arena, "%zu", z->n_parts), *to = arena_printf(op->arena, "%lld", (long long)z->count);
    if (z->count > (int64_t)z->n_parts) return note_event(op, z->rg->id, EVENT_SCALING_OUT, z->rg->id, from, to);
    if (z->count < (int64_t)z->n_parts) return note_event(op, z->rg->id, EVENT_SCALING_IN, z->rg->id, from, to);
    return note_event(op, z->rg->id, EVENT_REBALANCING, z->rg->id);
}

static int write_shards(struct op *op, const struct reshape *z, bool member)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < z->n_added; i++) {
        r = rg_add_shard(op, z->rg, &z->added[i]);
        if (r == 0 && member) r = rg_add_endpoint(op, z->rg, z->added[i].id, ENDPOINT_GATEWAY);
    }
    return r;
}

/* Where the primary region tells whether there is room, nobody asks a secondary. */
static int write_resharding(struct op *op, struct reshape *z, enum rg_reshape_of of)
{
    struct shard_share *shares = shares_of(op, z);
    struct row_resharding row = {
        .region = z->rg->region,
        .rg_id = z->rg->id,
        .shards_before = (int64_t)z->n_parts,
        .shards_after = z->count,
        .slots = count_moving(z, shares),
    };
    if (of != RESHAPE_SECONDARY) z->rg->weighing_ms = op->steady_ms; /* it begins once there is known to be room */
    int r = rg_set_modifying(op, z->rg);
    if (r == 0) r = write_shards(op, z, of != RESHAPE_ALONE);
    for (size_t i = 0; r == 0 && i < z->n_parts; i++) r = write_wanted(op, z, z->parts[i].row.id, &shares[i]);
    for (size_t i = 0; r == 0 && i < z->n_added; i++) r = write_wanted(op, z, z->added[i].id, &shares[z->n_parts + i]);
    if (r == 0) r = write_tags(op, z);
    if (r == 0) r = tell_begin(op, z);
    return r ? r : q_resharding_put(op->store, &row, op->err);
}

int rg_reshape(struct op *op, struct row_replication_group *rg,
    const struct api_modify_replication_group_shard_configuration_in *in, enum rg_reshape_of of, struct string_list *added)
{
    struct reshape z = {.rg = rg};
    int r = read_shape(op, in, &z);
    if (r == 0) r = read_leaving(op, in, &z);
    if (r == 0) r = read_added(op, &in->resharding_configuration, &z);
    if (r == 0) r = write_resharding(op, &z, of);
    if (r) return r;
    *added = (struct string_list){true, 0, arena_array(op->arena, const char *, z.n_added + 1)};
    for (size_t i = 0; i < z.n_added; i++) added->items[added->n++] = z.added[i].id;
    return 0;
}

int op_modify_replication_group_shard_configuration(struct op *op,
    const struct api_modify_replication_group_shard_configuration_in *in,
    struct api_modify_replication_group_shard_configuration_out *out)
{
    struct row_replication_group *rg = NULL;
    struct string_list added;
    int r = request_now(op, in->apply_immediately);
    if (r == 0) r = find_shards(op, in->replication_group_id, &rg);
    if (r == 0) r = rg_reshape(op, rg, in, RESHAPE_ALONE, &added);
    return r ? r : view_rg(op, rg->id, &out->replication_group);
}
