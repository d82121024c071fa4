#include "base/text.h"
#include "catalog/event.h"
#include "catalog/limits.gen.h"
#include "ops/core/id.h"
#include "ops/core/state.h"
#include "ops/parameter_group/parameter_group.h"
#include "plan/moves.gen.h"
#include "store/event_log.h"
#include <assert.h>
#include <string.h>

/* ModifyCacheParameterGroup and ResetCacheParameterGroup: what a request changes, in which parameter groups, and for which cache clusters. */

struct change {
    const struct parameter *parameter;
    const char *value; /* NULL: the default again */
};

struct changes {
    struct change *items;
    size_t n;
};

/* The parameter groups that change together: one, or those of all members of a global datastore. */
struct targets {
    struct parameter_group *items;
    size_t n;
};

static int find_group(struct op *op, const char *given, struct parameter_group *out)
{
    const char *name;
    int r = id_check(op, "CacheParameterGroupName", given, 255, &name);
    if (r == 0) r = parameter_group_get(op, op->region->name, name, out);
    if (r == 0 && out->name == NULL)
        return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroup not found: %s", name);
    assert(r || out->row); /* the default parameter groups' names are no identifiers */
    return r;
}

static int find_targets(struct op *op, const struct parameter_group *g, struct targets *out)
{
    struct row_global_member *m = NULL, *members;
    struct row_global_replication_group *global;
    struct row_replication_group *rg;
    size_t n;
    *out = (struct targets){arena_array(op->arena, struct parameter_group, 1), 1};
    out->items[0] = *g;
    int r = g->row->is_global ? q_member_by_parameter_group(op->store, op->arena, g->region, g->name, &m, op->err) : 0;
    if (r || m == NULL) return r;
    r = q_global_get(op->store, op->arena, m->global_id, &global, op->err);
    assert(r || global);
    if (r == 0) r = check_global_at_rest(op, global);
    if (r == 0) r = q_member_list(op->store, op->arena, m->global_id, &members, &n, op->err);
    if (r) return r;
    *out = (struct targets){arena_array(op->arena, struct parameter_group, n), 0};
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = q_rg_get(op->store, op->arena, members[i].region, members[i].rg_id, &rg, op->err);
        assert(r || rg);
        if (r == 0) r = parameter_group_get(op, rg->region, rg->parameter_group, &out->items[out->n++]);
    }
    return r;
}

/* ---- what is asked for ---- */

static int check_count(struct op *op, const struct api_parameter_name_value_list *list)
{
    if (list->n == 0)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The parameter ParameterNameValues must be provided and must not be null.");
    if (list->n > LIMIT_PARAMETERS_PER_CALL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Cannot modify more than %d parameters in a single request",
            LIMIT_PARAMETERS_PER_CALL);
    return 0;
}

static int read_name(struct op *op, const struct parameter_group *g, const char *name, const struct parameter **out)
{
    if (name == NULL || name[0] == '\0')
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter ParameterName must be provided and must not be null.");
    *out = parameter_find(g->family, name);
    if (*out == NULL) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Parameter %s doesn't exist", name);
    return 0;
}

/* What is decided when a cache cluster is made can't change under one: the value may be named again, but not be another. */
static int check_unused(struct op *op, const struct parameter_group *g, const struct change *c)
{
    int64_t used;
    const char *value = c->value ? c->value : c->parameter->value;
    if (c->parameter->modifiable != PARAMETER_WHILE_UNUSED || text_equal(parameter_group_value(g, c->parameter), value)) return 0;
    int r = q_parameter_group_used(op->store, g->region, g->name, &used, op->err);
    if (r == 0 && used)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The parameter %s can't be modified while the cache parameter group %s is in use.", c->parameter->name, g->name);
    return r;
}

static int check_value(struct op *op, const struct change *c)
{
    struct err e;
    if (c->parameter->modifiable == PARAMETER_FIXED)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter %s cannot be modified.", c->parameter->name);
    if (c->value == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter ParameterValue must be provided and must not be null.");
    if (parameter_check(c->parameter, c->value, &e)) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "%s", e.msg);
    return 0;
}

/* reserved-memory and reserved-memory-percent exclude each other: setting one takes the other out of the parameter group. */
static const char *excluded_by(const struct change *c)
{
    if (c->value == NULL) return NULL;
    if (strcmp(c->parameter->name, "reserved-memory") == 0) return "reserved-memory-percent";
    if (strcmp(c->parameter->name, "reserved-memory-percent") == 0) return "reserved-memory";
    return NULL;
}

static int check_exclusive(struct op *op, const struct changes *l)
{
    for (size_t i = 0; i < l->n; i++) {
        const char *other = excluded_by(&l->items[i]);
        for (size_t k = 0; other && k < l->n; k++)
            if (strcmp(l->items[k].parameter->name, other) == 0)
                return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                    "The parameters reserved-memory and reserved-memory-percent are mutually exclusive.");
    }
    return 0;
}

static int read_modify(
    struct op *op, const struct parameter_group *g, const struct api_parameter_name_value_list *list, struct changes *out)
{
    int r = check_count(op, list);
    if (r) return r;
    *out = (struct changes){arena_array(op->arena, struct change, list->n), list->n};
    for (size_t i = 0; r == 0 && i < list->n; i++) {
        out->items[i].value = list->items[i].parameter_value;
        r = read_name(op, g, list->items[i].parameter_name, &out->items[i].parameter);
        if (r == 0) r = check_value(op, &out->items[i]);
        if (r == 0) r = check_unused(op, g, &out->items[i]);
    }
    return r ? r : check_exclusive(op, out);
}

static int read_reset_names(
    struct op *op, const struct parameter_group *g, const struct api_parameter_name_value_list *list, struct changes *out)
{
    int r = check_count(op, list);
    if (r) return r;
    *out = (struct changes){arena_array(op->arena, struct change, list->n), list->n};
    for (size_t i = 0; r == 0 && i < list->n; i++) {
        r = read_name(op, g, list->items[i].parameter_name, &out->items[i].parameter);
        if (r == 0 && parameter_group_value(g, out->items[i].parameter) == NULL)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Parameter %s doesn't exist", list->items[i].parameter_name);
        if (r == 0) r = check_unused(op, g, &out->items[i]);
    }
    return r;
}

static int read_reset_all(struct op *op, const struct parameter_group *g, struct changes *out)
{
    int r = 0;
    *out = (struct changes){arena_array(op->arena, struct change, g->n_values), g->n_values};
    for (size_t i = 0; r == 0 && i < g->n_values; i++) {
        out->items[i].parameter = parameter_find(g->family, g->values[i].name);
        r = check_unused(op, g, &out->items[i]);
    }
    return r;
}

static int read_reset(
    struct op *op, const struct parameter_group *g, const struct api_reset_cache_parameter_group_in *in, struct changes *out)
{
    bool all = in->reset_all_parameters.set && in->reset_all_parameters.v;
    if (all && in->parameter_name_values.n)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "ParameterNameValues can't be used together with ResetAllParameters.");
    return all ? read_reset_all(op, g, out) : read_reset_names(op, g, &in->parameter_name_values, out);
}

/* Clients (Terraform's, for one) wait by trying again while the message has these words. Another Modify needs no such wait. */
static int check_settled(struct op *op, const struct targets *t, const struct changes *l)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = 0;
    for (size_t i = 0; r == 0 && l->n && i < t->n; i++) {
        r = q_cluster_list_by_parameter_group(op->store, op->arena, t->items[i].region, t->items[i].name, &clusters, &n, op->err);
        for (size_t k = 0; r == 0 && k < n; k++)
            if (clusters[k].parameter_apply_status == APPLY_APPLYING)
                return op_fault(op, FAULT_INVALID_CACHE_PARAMETER_GROUP_STATE,
                    "Cannot reset the parameter group because the parameter %s has pending changes.",
                    l->items[0].parameter->name);
    }
    return r;
}

/* ---- writing it ---- */

static int put_change(struct op *op, const struct parameter_group *g, const struct change *c)
{
    struct row_parameter row = {g->region, g->name, c->parameter->name, c->value};
    struct row_parameter other = {g->region, g->name, excluded_by(c), NULL};
    int r = other.name ? q_parameter_delete(op->store, &other, op->err) : 0;
    if (r) return r;
    return c->value ? q_parameter_put(op->store, &row, op->err) : q_parameter_delete(op->store, &row, op->err);
}

/* The nodes that use the parameter group have its values once their agents say so: a plan ends what begins here. */
static int mark_clusters(struct op *op, const struct parameter_group *g)
{
    struct row_cache_cluster *clusters;
    size_t n;
    int r = q_cluster_list_by_parameter_group(op->store, op->arena, g->region, g->name, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        move_apply_status(NULL, &clusters[i].parameter_apply_status, APPLY_VALUES_CHANGED);
        r = q_cache_cluster_put(op->store, &clusters[i], op->err);
    }
    return r;
}

static int change_group(struct op *op, const struct parameter_group *g, const struct changes *l)
{
    struct parameter_group after;
    bool differs = false;
    int r = 0;
    for (size_t i = 0; r == 0 && i < l->n; i++) r = put_change(op, g, &l->items[i]);
    if (r == 0) r = parameter_group_get(op, g->region, g->name, &after);
    for (size_t i = 0; r == 0 && i < g->family->n_parameters; i++) {
        const struct parameter *p = parameter_at(g->family, i);
        const char *value = parameter_group_value(&after, p);
        if (text_equal(parameter_group_value(g, p), value)) continue;
        differs = true;
        r = event_log_add(op->store, g->region, op->now_ms, event_kinds[EVENT_PARAMETER_GROUP_MODIFIED].source, g->name,
            event_message(op->arena, EVENT_PARAMETER_GROUP_MODIFIED, p->name, value ? value : "none"), op->err);
    }
    return r || !differs ? r : mark_clusters(op, g);
}

static int change_all(struct op *op, const struct targets *t, const struct changes *l)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n; i++) r = change_group(op, &t->items[i], l);
    return r;
}

int op_modify_cache_parameter_group(
    struct op *op, const struct api_modify_cache_parameter_group_in *in, struct api_modify_cache_parameter_group_out *out)
{
    struct parameter_group g;
    struct targets targets;
    struct changes changes;
    int r = find_group(op, in->cache_parameter_group_name, &g);
    if (r == 0) r = read_modify(op, &g, &in->parameter_name_values, &changes);
    if (r == 0) r = find_targets(op, &g, &targets);
    if (r == 0) r = change_all(op, &targets, &changes);
    if (r == 0) out->cache_parameter_group_name = g.name;
    return r;
}

int op_reset_cache_parameter_group(
    struct op *op, const struct api_reset_cache_parameter_group_in *in, struct api_reset_cache_parameter_group_out *out)
{
    struct parameter_group g;
    struct targets targets;
    struct changes changes;
    int r = find_group(op, in->cache_parameter_group_name, &g);
    if (r == 0) r = read_reset(op, &g, in, &changes);
    if (r == 0) r = find_targets(op, &g, &targets);
    if (r == 0) r = check_settled(op, &targets, &changes);
    if (r == 0) r = change_all(op, &targets, &changes);
    if (r == 0) out->cache_parameter_group_name = g.name;
    return r;
}
