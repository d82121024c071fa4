#include "ops/parameter_group.h"
#include "catalog/limits.gen.h"
#include "ops/find.h"
#include "ops/id.h"
#include <string.h>

/* ---- looking groups up ---- */

const char *parameter_group_user_value(const struct parameter_group *g, const char *name)
{
    for (size_t i = 0; i < g->n_values; i++)
        if (strcmp(g->values[i].name, name) == 0) return g->values[i].value;
    return NULL;
}

/* A group has reserved-memory or reserved-memory-percent, not both. */
static bool is_replaced(const struct parameter_group *g, const struct parameter *p)
{
    return strcmp(p->name, "reserved-memory-percent") == 0 && parameter_group_user_value(g, "reserved-memory") != NULL;
}

const char *parameter_group_value(const struct parameter_group *g, const struct parameter *p)
{
    const char *value = parameter_group_user_value(g, p->name);
    const struct default_group *standard = default_group_find(g->name);
    if (value) return value;
    if (is_replaced(g, p)) return NULL;
    return standard ? default_group_value(standard, p) : p->value;
}

static void read_cluster_mode(struct parameter_group *g)
{
    const struct parameter *p = parameter_find(g->family, "cluster-enabled");
    const char *value = p ? parameter_group_value(g, p) : NULL;
    g->cluster_enabled = value && strcmp(value, "yes") == 0;
}

int parameter_group_get(struct op *op, const char *region, const char *name, struct parameter_group *out)
{
    struct row_parameter_group *row;
    const char *folded = id_fold(op, name);
    const struct default_group *standard = default_group_find(folded);
    *out = (struct parameter_group){.region = region};
    if (standard) {
        out->name = standard->name;
        out->family = standard->family;
        out->cluster_enabled = standard->cluster_on;
        return 0;
    }
    int r = q_parameter_group_get(op->store, op->arena, region, folded, &row, op->err);
    if (r || row == NULL) return r;
    out->name = row->name;
    out->family = family_find(row->family);
    out->row = row;
    r = q_parameter_list(op->store, op->arena, region, row->name, &out->values, &out->n_values, op->err);
    if (r == 0) read_cluster_mode(out);
    return r;
}

int parameter_group_resolve(struct op *op, const char *given, const struct engine_version *v, struct parameter_group *out)
{
    const char *name = given && given[0] ? given : arena_printf(op->arena, "default.%s", v->family);
    int r = parameter_group_get(op, op->region->name, name, out);
    if (r) return r;
    if (out->name == NULL) return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroup not found: %s", name);
    if (strcmp(out->family->name, v->family) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Expected a parameter group of family %s but found one of family %s", v->family,
                        out->family->name);
    return 0;
}

static bool same_value(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int parameter_group_check_swap(struct op *op, const char *from, const struct parameter_group *to)
{
    struct parameter_group old;
    int r = parameter_group_get(op, op->region->name, from, &old);
    for (size_t i = 0; r == 0 && old.name && i < to->family->n_parameters; i++) {
        const struct parameter *p = parameter_at(to->family, i), *was = parameter_find(old.family, p->name);
        if (p->modifiable != PARAMETER_WHILE_UNUSED || was == NULL) continue;
        const char *a = parameter_group_value(&old, was), *b = parameter_group_value(to, p);
        if (!same_value(a, b))
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                            "The parameter %s must have the same value in the cache parameter groups %s (%s) and %s (%s).", p->name, old.name,
                            a ? a : "none", to->name, b ? b : "none");
    }
    return r;
}

int parameter_group_users(struct op *op, const struct parameter_group *g, int64_t *out)
{
    return q_parameter_group_users(op->store, g->region, g->name, out, op->err);
}

int parameter_group_copy(struct op *op, const struct row_replication_group *rg, const struct parameter_group *from, const char **name)
{
    struct row_parameter_group pg = {
        .region = rg->region,
        .name = arena_printf(op->arena, "global-datastore-%s-%08x", rg->id, (unsigned)(op->random & 0xffffffff)),
        .account = rg->account,
        .family = from->family->name,
        .description = arena_printf(op->arena, "Parameter group of %s as a member of a global datastore", rg->id),
        .is_global = 1,
    };
    struct row_parameter mode = {pg.region, pg.name, "cluster-enabled", "yes"};
    int r = q_parameter_group_put(op->store, &pg, op->err);
    if (r == 0 && from->cluster_enabled) r = q_parameter_put(op->store, &mode, op->err);
    for (size_t i = 0; r == 0 && i < from->n_values; i++) {
        struct row_parameter value = {pg.region, pg.name, from->values[i].name, from->values[i].value};
        r = q_parameter_put(op->store, &value, op->err);
    }
    *name = pg.name;
    return r;
}
