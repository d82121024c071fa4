#include "catalog/parameter.h"
#include "base/arena.h"
#include "catalog/parameters.gen.h"
#include <stdlib.h>
#include <string.h>

const struct parameter_family *family_find(const char *name)
{
    for (size_t i = 0; i < n_parameter_families; i++)
        if (strcmp(parameter_families[i].name, name) == 0) return &parameter_families[i];
    return NULL;
}

const struct parameter *parameter_at(const struct parameter_family *f, size_t i)
{
    return &parameters[f->members[i]];
}

const struct parameter *node_parameter_at(const struct parameter_family *f, size_t i)
{
    return &parameters[f->members[f->n_parameters + i]];
}

const struct parameter *parameter_find(const struct parameter_family *f, const char *name)
{
    for (size_t i = 0; i < f->n_parameters; i++)
        if (strcmp(parameter_at(f, i)->name, name) == 0) return parameter_at(f, i);
    return NULL;
}

const char *parameter_min_version(const struct parameter_family *f, const struct parameter *p)
{
    return p->since && version_compare(p->since, f->min_version) > 0 ? p->since : f->min_version;
}

const char *parameter_type_name(const struct parameter *p)
{
    static const char *const NAMES[] = {"string", "integer", "boolean", "float"};
    return NAMES[p->type];
}

int64_t parameter_node_value(const struct parameter *p, const struct node_type *t)
{
    switch ((enum parameter_figure)p->figure) {
    case FIGURE_MAXMEMORY: return t->maxmemory;
    case FIGURE_TENTH_OF_MAXMEMORY: return t->maxmemory / 10;
    case FIGURE_MEMCACHED_MB: return t->memcached_mb;
    case FIGURE_VCPU: return t->vcpu;
    case FIGURE_NONE: break;
    }
    return 0;
}

const char *parameter_setting(const struct parameter_family *f, const struct parameter *p)
{
    return f->engine->id == ENGINE_MEMCACHED ? p->name : p->engine_name;
}

static int compare_names(const void *key, const void *name)
{
    return strcmp(key, *(const char *const *)name);
}

bool setting_is_known(const char *engine, const char *name)
{
    const struct engine *e = engine_find(engine);
    if (e == NULL) return false;
    if (e->id != ENGINE_MEMCACHED && strcmp(name, SETTING_NOT_ELECTED) == 0) return true;
    const struct setting_names *known = &setting_names[e->id];
    return bsearch(name, known->names, known->n, sizeof *known->names, compare_names) != NULL;
}

bool family_runs_on(const struct parameter_family *f, const struct node_type *t)
{
    bool listed = false;
    for (size_t i = 0; i < n_engine_versions; i++) {
        if (strcmp(engine_versions[i].family, f->name) != 0) continue;
        if (node_type_runs(t, &engine_versions[i])) return true;
        listed = true;
    }
    return !listed && t->family->min_version[f->engine->id];
}

const char *default_group_name(struct arena *a, const char *family, bool cluster_on)
{
    return arena_printf(a, cluster_on ? "default.%s.cluster.on" : "default.%s", family);
}

const struct default_group *default_group_find(const char *name)
{
    for (size_t i = 0; i < n_default_groups; i++)
        if (strcmp(default_groups[i].name, name) == 0) return &default_groups[i];
    return NULL;
}

const char *default_group_value(const struct default_group *g, const struct parameter *p)
{
    return g->cluster_on && p->cluster_value ? p->cluster_value : p->value;
}
