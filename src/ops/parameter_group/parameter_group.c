#include "ops/parameter_group/parameter_group.h"
#include "base/text.h"
#include "catalog/limits.gen.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include <assert.h>
#include <string.h>

/* ---- looking parameter groups up ---- */

const char *parameter_group_user_value(const struct parameter_group *g, const char *name)
{
    for (size_t i = 0; i < g->n_values; i++)
        if (strcmp(g->values[i].name, name) == 0) return g->values[i].value;
    return NULL;
}

/* A parameter group has reserved-memory or reserved-memory-percent, not both. */
static bool is_replaced(const struct parameter_group *g, const struct parameter *p)
{
    return strcmp(p->name, "reserved-memory-percent") == 0 && parameter_group_user_value(g, "reserved-memory") != NULL;
}

const char *parameter_group_value(const struct parameter_group *g, const struct parameter *p)
{
    const char *value = parameter_group_user_value(g, p->name);
    if (value) return value;
    if (is_replaced(g, p)) return NULL;
    return g->standard ? default_group_value(g->standard, p) : p->value;
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
        out->standard = standard;
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
    assert(out->family); /* none is made with another */
    r = q_parameter_list(op->store, op->arena, region, row->name, &out->values, &out->n_values, op->err);
    if (r == 0) read_cluster_mode(out);
    return r;
}

int parameter_group_resolve(struct op *op, const char *given, const struct engine_version *v, struct parameter_group *out)
{
    const char *name = given && given[0] ? given : default_group_name(op->arena, v->family, false);
    int r = parameter_group_get(op, op->region->name, name, out);
    if (r) return r;
    if (out->name == NULL) return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroup not found: %s", name);
    if (strcmp(out->family->name, v->family) != 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Expected a parameter group of family %s but found one of family %s", v->family, out->family->name);
    return 0;
}

int parameter_group_check_mode(struct op *op, const struct parameter_group *g, bool cluster_on)
{
    static const char *const words[] = {"disabled", "enabled"};
    if (g->cluster_enabled == cluster_on) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Cluster mode should be %s in parameter group, but found it is %s.",
        words[cluster_on], words[!cluster_on]);
}

int parameter_group_check_swap(struct op *op, const char *from, const struct parameter_group *to)
{
    struct parameter_group old;
    int r = parameter_group_get(op, op->region->name, from, &old);
    for (size_t i = 0; r == 0 && old.name && i < to->family->n_parameters; i++) {
        const struct parameter *p = parameter_at(to->family, i), *was = parameter_find(old.family, p->name);
        if (p->modifiable != PARAMETER_WHILE_UNUSED || was == NULL) continue;
        const char *a = parameter_group_value(&old, was), *b = parameter_group_value(to, p);
        if (!text_equal(a, b))
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
                "The parameter %s has a different value in the requested parameter group than the current parameter group. This "
                "parameter value cannot be changed for a cache cluster",
                p->name);
    }
    return r;
}

int parameter_group_copy(
    struct op *op, const struct row_replication_group *rg, const struct parameter_group *from, const char **name)
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

/* ---- the parameter groups' operations ---- */

static int view_parameter_group(struct op *op, const struct parameter_group *g, struct api_cache_parameter_group *out)
{
    struct row_global_member *member = NULL;
    int r =
        g->row && g->row->is_global ? q_member_by_parameter_group(op->store, op->arena, g->region, g->name, &member, op->err) : 0;
    *out = (struct api_cache_parameter_group){
        .cache_parameter_group_name = g->name,
        .cache_parameter_group_family = g->family->name,
        .description = g->row ? g->row->description : g->standard->description,
        .is_global = OPT_BOOL(member != NULL),
        .arn = arn_of(op, g->row ? g->row->account : op->account, "parametergroup", g->name),
    };
    return r;
}

static int check_new_parameter_group(struct op *op, const struct row_parameter_group *g)
{
    struct parameter_group other;
    bool has_room;
    int r = parameter_group_get(op, g->region, g->name, &other);
    if (r == 0 && other.name)
        return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_ALREADY_EXISTS, "Parameter group %s already exists", g->name);
    if (r == 0 && family_find(g->family) == NULL)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "CacheParameterGroupFamily %s is not a valid parameter group family.", g->family);
    if (r == 0)
        r = region_find_room(
            op, &sql_table_parameter_group, q_parameter_group_count, LIMIT_PARAMETER_GROUPS_PER_REGION, 1, &has_room);
    if (r == 0 && !has_room)
        return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_QUOTA_EXCEEDED,
            "You can have at most %d cache parameter groups in this region.", LIMIT_PARAMETER_GROUPS_PER_REGION);
    return r;
}

int op_create_cache_parameter_group(
    struct op *op, const struct api_create_cache_parameter_group_in *in, struct api_create_cache_parameter_group_out *out)
{
    struct row_parameter_group row = {.region = op->region->name,
        .account = op->account,
        .family = in->cache_parameter_group_family,
        .description = in->description};
    struct parameter_group g;
    int r = id_check(op, "CacheParameterGroupName", in->cache_parameter_group_name, 255, &row.name);
    if (r == 0 && strcmp(row.name, "default") == 0)
        r = id_refuse(op, "CacheParameterGroupName"); /* keys of accounts end where it begins */
    if (r == 0) r = check_new_parameter_group(op, &row);
    if (r == 0) r = q_parameter_group_put(op->store, &row, op->err);
    if (r == 0 && in->tags.n) r = tags_put(op, arn_of(op, op->account, "parametergroup", row.name), &in->tags);
    if (r == 0) r = note_event(op, row.name, EVENT_PARAMETER_GROUP_CREATED, row.name);
    if (r == 0) r = parameter_group_get(op, row.region, row.name, &g);
    if (r) return r;
    assert(g.name);
    out->cache_parameter_group = arena_new(op->arena, struct api_cache_parameter_group);
    return view_parameter_group(op, &g, out->cache_parameter_group);
}

/* The names of a page's parameter groups and of one more, default and stored ones together in the order of their names. */
static int list_names(struct op *op, const struct page *page, const char **names, size_t *n)
{
    struct row_parameter_group *rows;
    size_t n_rows, row = 0, standard = 0;
    int r = q_parameter_group_page(op->store, op->arena, op->region->name, page->after, page->n + 1, &rows, &n_rows, op->err);
    if (r) return r;
    while (standard < n_default_groups && strcmp(default_groups[standard].name, page->after) <= 0) standard++;
    for (*n = 0; *n <= (size_t)page->n && (row < n_rows || standard < n_default_groups); ++*n) {
        bool stored = standard == n_default_groups || (row < n_rows && strcmp(rows[row].name, default_groups[standard].name) < 0);
        names[*n] = stored ? rows[row++].name : default_groups[standard++].name;
    }
    return 0;
}

int op_describe_cache_parameter_groups(
    struct op *op, const struct api_describe_cache_parameter_groups_in *in, struct api_describe_cache_parameter_groups_out *out)
{
    struct page page;
    struct parameter_group g;
    size_t n = 1;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    const char **names = arena_array(op->arena, const char *, page.n + 1);
    names[0] = in->cache_parameter_group_name;
    if (names[0] == NULL) r = list_names(op, &page, names, &n);
    if (r == 0 && n > (size_t)page.n) out->marker = page_marker(op, names[(n = (size_t)page.n) - 1]);
    out->cache_parameter_groups =
        (struct api_cache_parameter_group_list){true, n, arena_array(op->arena, struct api_cache_parameter_group, n)};
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = parameter_group_get(op, op->region->name, names[i], &g);
        if (r == 0 && g.name == NULL)
            return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroup %s not found.", names[i]);
        if (r == 0) r = view_parameter_group(op, &g, &out->cache_parameter_groups.items[i]);
    }
    return r;
}

int op_delete_cache_parameter_group(struct op *op, const struct api_delete_cache_parameter_group_in *in)
{
    struct parameter_group g;
    const char *name;
    int64_t used;
    int r = id_check(op, "CacheParameterGroupName", in->cache_parameter_group_name, 255, &name);
    if (r == 0) r = parameter_group_get(op, op->region->name, name, &g);
    if (r) return r;
    if (g.name == NULL) /* without the space: AWS's own text */
        return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroupnot found: %s", name);
    assert(g.row); /* the default parameter groups' names are no identifiers */
    r = q_parameter_group_used(op->store, g.region, g.name, &used, op->err);
    if (r == 0 && used)
        return op_fault(op, FAULT_INVALID_CACHE_PARAMETER_GROUP_STATE,
            "Cache parameter group %s is currently in use by a cache cluster.", g.name);
    for (size_t i = 0; r == 0 && i < g.n_values; i++) r = q_parameter_delete(op->store, &g.values[i], op->err);
    if (r == 0) r = q_parameter_group_delete(op->store, g.row, op->err);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, g.row->account, "parametergroup", g.name), op->err);
    return r ? r : note_event(op, g.name, EVENT_PARAMETER_GROUP_DELETED, g.name);
}
