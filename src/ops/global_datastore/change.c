#include "ops/core/find.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/global_datastore/change.h"
#include "ops/global_datastore/view.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/replication_group/members.h"
#include "ops/replication_group/rows.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include "plan/world.h"
#include <string.h>

/*
 * ModifyGlobalReplicationGroup changes all members at once, whatever region it is called in.
 * A new engine version is written down for the datastore alone: a plan takes it to the
 * secondaries first, then to the primary.
 */

static int load_members(struct op *op, struct global_change *c)
{
    struct row_global_member *rows;
    size_t n;
    int r = q_member_list(op->store, op->arena, c->g->id, &rows, &n, op->err);
    for (size_t i = 0; r == 0 && i < n && c->n_members < GLOBAL_MEMBERS_MAX; i++) {
        struct row_replication_group *rg;
        r = q_rg_get(op->store, op->arena, rows[i].region, rows[i].rg_id, &rg, op->err);
        if (r == 0 && rg) {
            c->primary = rows[i].role == MEMBER_PRIMARY ? c->n_members : c->primary;
            c->members[c->n_members++] = rg;
        }
    }
    return r;
}

int global_change_open(struct op *op, const char *id, struct opt_bool apply_immediately, struct global_change *c)
{
    *c = (struct global_change){0};
    int r = find_global(op, id, &c->g);
    if (r == 0 && !apply_immediately.v) /* there is no window that all regions share */
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The parameter ApplyImmediately must be true: a global datastore has no maintenance window.");
    if (r == 0) r = load_members(op, c);
    if (r) return r;
    for (size_t i = 0; i < c->n_members; i++)
        if (c->members[i]->status != RG_AVAILABLE) return fault_global_busy(op, c->g);
    return check_global_at_rest(op, c->g);
}

/* ---- one change ---- */

static int set_members_modifying(struct op *op, struct global_change *c)
{
    int r = 0;
    move_global_status(NULL, &c->g->status, GLOBAL_CHANGE_ASKED);
    for (size_t i = 0; r == 0 && i < c->n_members; i++) r = rg_set_modifying(op, c->members[i]);
    return r;
}

static int check_global_failover(struct op *op, const struct row_replication_group *rg, bool on)
{
    struct row_node *nodes;
    size_t n;
    if (!on && rg_is_clustered(rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Turning off automatic failover for replication group with cluster mode enabled is not supported.");
    if (!on && rg->multi_az)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Automatic failover must be enabled to use Multi-AZ, as the replication group %s in %s does.", rg->id, rg->region);
    int r = rg_read_members(op, rg, &nodes, &n);
    if (r || !on || n >= 2) return r;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "When using automatic failover, there must be at least 2 cache clusters in the replication group: %s in %s has 1.",
        rg->id, rg->region);
}

static int change_failover(struct op *op, const struct api_modify_global_replication_group_in *in, struct global_change *c)
{
    bool on = in->automatic_failover_enabled.v;
    int r = 0;
    if (on == (c->g->automatic_failover == FAILOVER_ENABLED))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Requested product type is the same current product type");
    for (size_t i = 0; r == 0 && i < c->n_members; i++) r = check_global_failover(op, c->members[i], on);
    if (r) return r;
    c->g->automatic_failover = on ? FAILOVER_ENABLED : FAILOVER_DISABLED;
    for (size_t i = 0; i < c->n_members; i++) c->members[i]->automatic_failover = on ? FAILOVER_ENABLING : FAILOVER_DISABLING;
    return set_members_modifying(op, c);
}

/* It is taken once it is known that the data fit everywhere: a plan ends what begins here. */
static int ask_for_node_type(struct op *op, struct row_replication_group *rg, const char *name)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_rg(op->store, op->arena, rg->region, rg->id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        clusters[i].pending_node_type = name;
        r = q_cache_cluster_put(op->store, &clusters[i], op->err);
    }
    rg->weighing_ms = op->steady_ms;
    return r;
}

static int change_global_node_type(
    struct op *op, const struct api_modify_global_replication_group_in *in, struct global_change *c)
{
    const struct node_type *to;
    const struct engine_version *v = engine_version_find(engine_find(c->g->engine), c->g->engine_version);
    int r = request_new_node_type(op, in->cache_node_type, c->g->node_type, v, &to);
    if (r == 0 && strcmp(to->name, c->g->node_type) == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "No modifications requested");
    if (r == 0 && !to->global_datastores)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Global replication group is not supported for the node type.");
    for (size_t i = 0; r == 0 && i < c->n_members; i++) r = ask_for_node_type(op, c->members[i], to->name);
    if (r) return r;
    c->g->node_type = to->name;
    return set_members_modifying(op, c);
}

static int find_versions(struct op *op, const struct api_modify_global_replication_group_in *in, const struct global_change *c,
    const struct engine_version **from, const struct engine_version **to)
{
    const struct engine *e = engine_find(in->engine ? in->engine : c->g->engine);
    *from = engine_version_find(engine_find(c->g->engine), c->g->engine_version);
    if (e == NULL || e->id == ENGINE_MEMCACHED)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "Invalid Engine: %s. A global replication group's engine is redis or valkey.", in->engine);
    *to = *from;
    return in->engine_version || e != (*from)->engine ? request_version(op, e, in->engine_version, to) : 0;
}

/* Only a new family calls for another parameter group, and then it has to be named. */
static int check_parameters(struct op *op, const struct api_modify_global_replication_group_in *in, bool major)
{
    if (major && in->cache_parameter_group_name == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Parameter group must be specified for major engine version upgrade");
    if (!major && in->cache_parameter_group_name)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The parameter group of a global replication group can be changed only together with a major engine version "
            "upgrade.");
    return 0;
}

/* The operation knows no other fault for a parameter group that will not do. */
static int find_parameters(
    struct op *op, const char *name, const struct engine_version *to, bool cluster_enabled, struct parameter_group *out)
{
    int r = parameter_group_get(op, op->region->name, name, out);
    if (r) return r;
    if (out->name == NULL) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "CacheParameterGroup not found: %s", name);
    if (strcmp(out->family->name, to->family) == 0 && out->cluster_enabled == cluster_enabled) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
        "Expected a parameter group of family %s %s cluster mode but found %s of family %s", to->family,
        cluster_enabled ? "with" : "without", name, out->family->name);
}

/* Every member gets a copy of its own, as it has had of the replication group before. */
static int change_family(struct op *op, const char *name, const struct engine_version *to, struct global_change *c)
{
    struct parameter_group from;
    int r = find_parameters(op, name, to, c->g->cluster_enabled, &from);
    for (size_t i = 0; r == 0 && i < c->n_members; i++) {
        r = parameter_group_copy(op, c->members[i], &from, &c->members[i]->parameter_group);
        if (r == 0) r = rg_copy_settings(op, c->members[i]);
    }
    return r;
}

static int change_global_engine(struct op *op, const struct api_modify_global_replication_group_in *in, struct global_change *c)
{
    const struct engine_version *from, *to;
    int r = find_versions(op, in, c, &from, &to);
    if (r) return r;
    enum version_change change = engine_version_change(from, to);
    if (change == VERSION_DOWNGRADE || change == VERSION_OTHER_ENGINE)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The engine can't be changed from %s %s to %s %s.", from->engine->name,
            from->version, to->engine->name, to->version);
    bool major = strcmp(from->family, to->family) != 0;
    r = check_parameters(op, in, major);
    if (r) return r;
    if (change == VERSION_SAME) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "No modifications requested");
    if (major) r = change_family(op, in->cache_parameter_group_name, to, c);
    if (r) return r;
    c->g->engine = to->engine->name;
    c->g->engine_version = to->full;
    return set_members_modifying(op, c);
}

static int change_description(struct op *op, const struct api_modify_global_replication_group_in *in, struct global_change *c)
{
    (void)op;
    c->g->description = in->global_replication_group_description;
    return 0;
}

typedef int change_fn(struct op *op, const struct api_modify_global_replication_group_in *in, struct global_change *c);

/* What the request asks for: one thing, and no more. */
static int find_change(struct op *op, const struct api_modify_global_replication_group_in *in, change_fn **out)
{
    const struct {
        bool asked;
        change_fn *make;
    } all[] = {
        {in->global_replication_group_description != NULL, change_description},
        {in->automatic_failover_enabled.set, change_failover},
        {in->cache_node_type != NULL, change_global_node_type},
        {in->engine || in->engine_version || in->cache_parameter_group_name, change_global_engine},
    };
    *out = NULL;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!all[i].asked) continue;
        if (*out)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "Only one of the description, automatic failover, the node type and the engine can be modified at a time.");
        *out = all[i].make;
    }
    return *out ? 0 : op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "No modifications requested");
}

int op_modify_global_replication_group(
    struct op *op, const struct api_modify_global_replication_group_in *in, struct api_modify_global_replication_group_out *out)
{
    struct global_change c;
    change_fn *make = NULL;
    int r = global_change_open(op, in->global_replication_group_id, in->apply_immediately, &c);
    if (r == 0) r = find_change(op, in, &make);
    if (r == 0) r = make(op, in, &c);
    if (r == 0) r = q_global_replication_group_put(op->store, c.g, op->err);
    if (r) return r;
    out->global_replication_group = arena_new(op->arena, struct api_global_replication_group);
    return view_global(op, c.g, false, out->global_replication_group);
}
