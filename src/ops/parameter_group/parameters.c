#include "ops/core/id.h"
#include "ops/parameter_group/parameter_group.h"
#include <string.h>

/* Parameters as the API shows them: those of a parameter group, and a family's defaults. */

/* Which parameters a request wants to see. Those that nobody set have the source "system"; nothing has the source "engine-default". */
struct filter {
    bool user, system;
};

static int read_source(struct op *op, const char *source, struct filter *out)
{
    bool all = source == NULL || source[0] == '\0';
    *out = (struct filter){all || strcmp(source, "user") == 0, all || strcmp(source, "system") == 0};
    if (out->user || out->system || strcmp(source, "engine-default") == 0) return 0;
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "Invalid source: %s. Valid values are user, system and engine-default.", source);
}

/* The service leaves out what is empty. */
static const char *or_absent(const char *text)
{
    return text && text[0] ? text : NULL;
}

static struct api_parameter view_parameter(const struct parameter_group *g, const struct parameter *p)
{
    return (struct api_parameter){
        .parameter_name = p->name,
        .parameter_value = or_absent(parameter_group_value(g, p)),
        .description = p->description,
        .source = parameter_group_user_value(g, p->name) ? "user" : "system",
        .data_type = parameter_type_name(p),
        .allowed_values = or_absent(p->allowed),
        .is_modifiable = OPT_BOOL(p->modifiable != PARAMETER_FIXED),
        .minimum_engine_version = parameter_min_version(g->family, p),
        .change_type = p->needs_reboot ? "requires-reboot" : "immediate",
    };
}

/* One page of the parameter group's parameters, in the order of their names; sets the marker where there are more. */
static struct api_parameter_list list_parameters(
    struct op *op, const struct parameter_group *g, struct filter f, const struct page *page, const char **marker)
{
    struct api_parameter_list out = {.set = true, .items = arena_array(op->arena, struct api_parameter, g->family->n_parameters)};
    for (size_t i = 0; i < g->family->n_parameters; i++) {
        const struct parameter *p = parameter_at(g->family, i);
        bool user = parameter_group_user_value(g, p->name) != NULL;
        if (strcmp(p->name, page->after) <= 0 || parameter_group_value(g, p) == NULL || !(user ? f.user : f.system)) continue;
        if (out.n == (size_t)page->n) {
            *marker = page_marker(op, out.items[out.n - 1].parameter_name);
            break;
        }
        out.items[out.n++] = view_parameter(g, p);
    }
    return out;
}

static struct api_cache_node_type_specific_value_list node_values(
    struct op *op, const struct parameter_family *f, const struct parameter *p)
{
    struct api_cache_node_type_specific_value_list out = {
        .set = true, .items = arena_array(op->arena, struct api_cache_node_type_specific_value, NODE_TYPE_COUNT)};
    for (size_t i = 0; i < NODE_TYPE_COUNT; i++) {
        if (!family_runs_on(f, &node_types[i])) continue;
        out.items[out.n++] = (struct api_cache_node_type_specific_value){
            .cache_node_type = node_types[i].name,
            .value = arena_printf(op->arena, "%lld", (long long)parameter_node_value(p, &node_types[i])),
        };
    }
    return out;
}

/* They come with the first page, and are nobody's choice. */
static struct api_cache_node_type_specific_parameter_list list_node_specific(
    struct op *op, const struct parameter_family *f, struct filter shown, const struct page *page)
{
    struct api_cache_node_type_specific_parameter_list out = {
        .set = true, .items = arena_array(op->arena, struct api_cache_node_type_specific_parameter, f->n_node_parameters)};
    if (!shown.system || page->after[0]) return out;
    for (size_t i = 0; i < f->n_node_parameters; i++) {
        const struct parameter *p = node_parameter_at(f, i);
        out.items[out.n++] = (struct api_cache_node_type_specific_parameter){
            .parameter_name = p->name,
            .description = p->description,
            .source = "system",
            .data_type = parameter_type_name(p),
            .allowed_values = or_absent(p->allowed),
            .is_modifiable = OPT_BOOL(false),
            .minimum_engine_version = parameter_min_version(f, p),
            .cache_node_type_specific_values = node_values(op, f, p),
            .change_type = p->needs_reboot ? "requires-reboot" : "immediate",
        };
    }
    return out;
}

int op_describe_cache_parameters(
    struct op *op, const struct api_describe_cache_parameters_in *in, struct api_describe_cache_parameters_out *out)
{
    struct page page;
    struct filter filter;
    struct parameter_group g;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0) r = read_source(op, in->source, &filter);
    if (r == 0) r = parameter_group_get(op, op->region->name, in->cache_parameter_group_name, &g);
    if (r) return r;
    if (g.name == NULL)
        return op_fault(
            op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "CacheParameterGroup %s not found.", in->cache_parameter_group_name);
    out->parameters = list_parameters(op, &g, filter, &page, &out->marker);
    out->cache_node_type_specific_parameters = list_node_specific(op, g.family, filter, &page);
    return 0;
}

int op_describe_engine_default_parameters(struct op *op, const struct api_describe_engine_default_parameters_in *in,
    struct api_describe_engine_default_parameters_out *out)
{
    static const struct filter all = {true, true};
    struct page page;
    struct parameter_group g = {.name = "", .family = family_find(in->cache_parameter_group_family)};
    struct api_engine_defaults *d = arena_new(op->arena, struct api_engine_defaults);
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    if (g.family == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "CacheParameterGroupFamily %s is not a valid parameter group family.",
            in->cache_parameter_group_family);
    d->cache_parameter_group_family = g.family->name;
    d->parameters = list_parameters(op, &g, all, &page, &d->marker);
    d->cache_node_type_specific_parameters = list_node_specific(op, g.family, all, &page);
    out->engine_defaults = d;
    return 0;
}
