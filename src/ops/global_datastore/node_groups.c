#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/state.h"
#include "ops/global_datastore/change.h"
#include "ops/global_datastore/view.h"
#include "ops/replication_group/reshape.h"
#include "plan/moves.gen.h"
#include <string.h>

/*
 * More or fewer node groups of a global datastore, or evener slots: every member gets the same. The primary moves its slots online, and
 * the plan has those of the secondaries follow.
 */
typedef struct api_modify_replication_group_shard_configuration_in reshape_in;

struct reshaping {
    struct global_change change;
    size_t n_before; /* node groups */
    int64_t count;
    struct string_list remove, retain; /* ids of node groups */
    const struct api_regional_configuration_list *regional;
};

static int open_reshaping(struct op *op, const char *id, struct opt_bool apply_immediately, struct reshaping *z)
{
    struct row_node_group *shards;
    *z = (struct reshaping){0};
    int r = global_change_open(op, id, apply_immediately, &z->change);
    if (r) return r;
    const struct global_change *c = &z->change;
    if (!c->g->cluster_enabled)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Global replication group %s has cluster mode disabled: it has one node group, and its slots can't be moved.",
            c->g->id);
    const struct row_replication_group *rg = c->members[c->primary];
    r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &shards, &z->n_before, op->err);
    z->count = (int64_t)z->n_before;
    return r;
}

/* "DATASTORE-0001" is the node group 0001 of every member. */
static int read_ids(struct op *op, const struct global_change *c, const struct string_list *given, struct string_list *out)
{
    size_t prefix = strlen(c->g->id);
    *out = (struct string_list){given->n > 0, 0, arena_array(op->arena, const char *, given->n + 1)};
    for (size_t i = 0; i < given->n; i++) {
        const char *id = id_fold(op, given->items[i]);
        if (strncmp(id, c->g->id, prefix) != 0 || id[prefix] != '-')
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Global node group %s not found.", given->items[i]);
        out->items[out->n++] = id + prefix + 1;
    }
    return 0;
}

static bool is_of(const struct api_regional_configuration *c, const struct row_replication_group *rg)
{
    return strcmp(c->replication_group_id, rg->id) == 0 && strcmp(c->replication_group_region, rg->region) == 0;
}

static int check_regional(struct op *op, const struct reshaping *z)
{
    for (size_t i = 0; z->regional && i < z->regional->n; i++) {
        const struct api_regional_configuration *c = &z->regional->items[i];
        bool any = false;
        for (size_t k = 0; k < z->change.n_members; k++) any = any || is_of(c, z->change.members[k]);
        if (!any)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "Replication group %s in region %s is not associated with Global Replication Group %s.", c->replication_group_id,
                c->replication_group_region, z->change.g->id);
    }
    return 0;
}

/* Where the new node groups of a member stand; their ids are the primary's. */
static struct api_resharding_configuration_list placing_of(
    struct op *op, const struct reshaping *z, const struct row_replication_group *rg, const struct string_list *ids)
{
    struct api_resharding_configuration_list list = {0};
    for (size_t i = 0; z->regional && i < z->regional->n; i++)
        if (is_of(&z->regional->items[i], rg)) list = z->regional->items[i].resharding_configuration;
    if (ids == NULL || ids->n == 0) return list;
    struct api_resharding_configuration_list named = {
        true, ids->n, arena_array(op->arena, struct api_resharding_configuration, ids->n)};
    for (size_t i = 0; i < ids->n; i++) {
        if (list.n >= ids->n) named.items[i] = list.items[list.n - ids->n + i];
        named.items[i].node_group_id = ids->items[i];
    }
    return named;
}

static int reshape_member(
    struct op *op, const struct reshaping *z, size_t i, const struct string_list *ids, struct string_list *added)
{
    struct row_replication_group *rg = z->change.members[i];
    struct op there = *op; /* new nodes stand in the member's region */
    there.region = region_find(rg->region);
    const reshape_in in = {
        .node_group_count = {true, (int)z->count},
        .node_groups_to_remove = z->remove,
        .node_groups_to_retain = z->retain,
        .resharding_configuration = placing_of(op, z, rg, ids),
    };
    return rg_reshape(&there, rg, &in, i == z->change.primary ? RESHAPE_PRIMARY : RESHAPE_SECONDARY, added);
}

/* The primary's new node groups get their ids first; no member ever gives one of them to another. */
static int reshape_all(struct op *op, struct reshaping *z, struct api_global_replication_group **out)
{
    struct string_list ids, same;
    struct global_change *c = &z->change;
    int r = reshape_member(op, z, c->primary, NULL, &ids);
    for (size_t i = 0; r == 0 && i < c->n_members; i++) {
        if (i == c->primary) continue;
        c->members[i]->next_member = c->members[c->primary]->next_member;
        r = reshape_member(op, z, i, &ids, &same);
    }
    move_global_status(NULL, &c->g->status, GLOBAL_CHANGE_ASKED);
    if (r == 0) r = q_global_replication_group_put(op->store, c->g, op->err);
    if (r) return r;
    *out = arena_new(op->arena, struct api_global_replication_group);
    return view_global(op, c->g, true, *out);
}

int op_increase_node_groups_in_global_replication_group(struct op *op,
    const struct api_increase_node_groups_in_global_replication_group_in *in,
    struct api_increase_node_groups_in_global_replication_group_out *out)
{
    struct reshaping z;
    int r = open_reshaping(op, in->global_replication_group_id, in->apply_immediately, &z);
    if (r) return r;
    if (in->node_group_count.v <= z.count)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "NodeGroupCount must be greater than the current number of node groups, which is %lld.", (long long)z.count);
    z.count = in->node_group_count.v;
    z.regional = &in->regional_configurations;
    r = check_regional(op, &z);
    return r ? r : reshape_all(op, &z, &out->global_replication_group);
}

int op_decrease_node_groups_in_global_replication_group(struct op *op,
    const struct api_decrease_node_groups_in_global_replication_group_in *in,
    struct api_decrease_node_groups_in_global_replication_group_out *out)
{
    struct reshaping z;
    int r = open_reshaping(op, in->global_replication_group_id, in->apply_immediately, &z);
    if (r) return r;
    if (in->node_group_count.v >= z.count)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "NodeGroupCount must be less than the current number of node groups, which is %lld.", (long long)z.count);
    z.count = in->node_group_count.v;
    r = read_ids(op, &z.change, &in->global_node_groups_to_remove, &z.remove);
    if (r == 0) r = read_ids(op, &z.change, &in->global_node_groups_to_retain, &z.retain);
    return r ? r : reshape_all(op, &z, &out->global_replication_group);
}

int op_rebalance_slots_in_global_replication_group(struct op *op,
    const struct api_rebalance_slots_in_global_replication_group_in *in,
    struct api_rebalance_slots_in_global_replication_group_out *out)
{
    struct reshaping z;
    int r = open_reshaping(op, in->global_replication_group_id, in->apply_immediately, &z);
    return r ? r : reshape_all(op, &z, &out->global_replication_group);
}
