#include "plan/settings.h"
#include "base/hash.h"
#include "base/arena.h"
#include "catalog/parameter.h"
#include "plan/rg_row.h"
#include <stdlib.h>
#include <string.h>

/*
 * The default of repl-backlog-size is 1 MiB. A link between regions that was cut for
 * a moment under load would then need a full synchronisation, so nodes whose users
 * did not choose a size keep more. After an hour without a replica the engine would give it up, and begin another history: then
 * nobody could count the writes that a region took while it was cut off, and every replica would need a full synchronisation.
 */
static const struct setting kept_backlog[] = {{"repl-backlog-size", "67108864"}, {"repl-backlog-ttl", "0"}};

enum { PARTS_MAX = 32, CLASS_FIELDS = 3 };

struct settings_entry {
    struct settings_entry *next;
    const char *region, *parameter_group, *engine, *engine_version, *node_type;
    int64_t memory_limit;
    enum durability durability;
    struct settings settings;
};

/* A parameter that is a part of a setting: client-output-buffer-limit has nine. */
struct part {
    const struct parameter *parameter;
    const char *value;
};

struct draft {
    struct arena *arena;
    const struct row_cache_cluster *cluster;
    const struct parameter_family *family;
    const struct node_type *type;
    const struct default_group *standard; /* NULL: the parameter group is a user's own */
    const struct row_parameter *chosen;
    size_t n_chosen;
    struct part parts[PARTS_MAX];
    size_t n_parts;
    struct settings out;
};

/* ---- what users set ---- */

static int compare_group(const struct row_parameter *p, const struct row_cache_cluster *c)
{
    int r = strcmp(p->region, c->region);
    return r ? r : strcmp(p->group_name, c->parameter_group);
}

const struct row_parameter *settings_chosen(const struct world *w, const struct row_cache_cluster *c, size_t *n)
{
    size_t low = 0, high = w->n_parameters;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (compare_group(&w->parameters[mid], c) < 0) low = mid + 1;
        else high = mid;
    }
    for (*n = 0; low + *n < w->n_parameters && compare_group(&w->parameters[low + *n], c) == 0;) ++*n;
    return w->parameters + low;
}

static const char *chosen_value(const struct draft *d, const char *name)
{
    for (size_t i = 0; i < d->n_chosen; i++)
        if (strcmp(d->chosen[i].name, name) == 0) return d->chosen[i].value;
    return NULL;
}

/* ---- values ---- */

static const char *number_text(const struct draft *d, int64_t v)
{
    return arena_printf(d->arena, "%lld", (long long)v);
}

static const char *group_value(const struct draft *d, const struct parameter *p)
{
    const char *value = chosen_value(d, p->name);
    if (value) return value;
    return d->standard && d->standard->family == d->family ? default_group_value(d->standard, p) : p->value;
}

/* What the engine may fill of the node's memory. Nothing at all is a byte: to Redis 0 is no limit. */
static int64_t usable_memory(const struct draft *d)
{
    int64_t all = d->type->maxmemory;
    if (d->cluster->memory_limit) return d->cluster->memory_limit;
    const struct parameter *p = parameter_find(d->family, "reserved-memory-percent");
    const char *bytes = chosen_value(d, "reserved-memory");
    if (bytes) all -= strtoll(bytes, NULL, 10);
    else if (p) all = all * (100 - atoi(group_value(d, p))) / 100;
    return all > 0 ? all : 1;
}

static const char *node_value(const struct draft *d, const struct parameter *p)
{
    if (p->figure == FIGURE_MAXMEMORY) return number_text(d, usable_memory(d));
    return number_text(d, parameter_node_value(p, d->type));
}

/* The append-only file makes writes durable: sync has each of them on disk before it is acknowledged. NULL where durability says nothing. */
static const char *durable_value(enum durability d, const char *parameter)
{
    if (!durability_outlives(d)) return NULL;
    if (strcmp(parameter, "appendonly") == 0) return "yes";
    if (strcmp(parameter, "appendfsync") == 0) return d == DURABILITY_SYNC ? "always" : "everysec";
    return NULL;
}

/* A parameter group's value for the engine, which is not always what the API shows. */
static const char *engine_value(const struct draft *d, const struct parameter *p)
{
    for (size_t i = 0; i < sizeof kept_backlog / sizeof *kept_backlog; i++)
        if (strcmp(p->name, kept_backlog[i].name) == 0 && chosen_value(d, p->name) == NULL) return kept_backlog[i].value;
    if (strcmp(p->name, "maxclients") == 0 && d->type) return number_text(d, d->type->maxclients);
    const char *durable = durable_value(d->cluster->durability, p->name);
    return durable ? durable : group_value(d, p);
}

/* ---- settings ---- */

static void add_setting(struct draft *d, const char *name, const char *value)
{
    d->out.items[d->out.n++] = (struct setting){name, value};
}

static void add_parameter(struct draft *d, const struct parameter *p, const char *value)
{
    const char *name = parameter_setting(d->family, p);
    if (name == NULL || value == NULL || (p->since && version_compare(p->since, d->cluster->engine_version) > 0)) return;
    if (p->engine_class == NULL) add_setting(d, name, value);
    else if (d->n_parts < PARTS_MAX) d->parts[d->n_parts++] = (struct part){p, value};
}

static bool same_setting(const struct part *a, const struct part *b)
{
    return strcmp(a->parameter->engine_name, b->parameter->engine_name) == 0;
}

static bool same_class(const struct part *a, const struct part *b)
{
    return same_setting(a, b) && strcmp(a->parameter->engine_class, b->parameter->engine_class) == 0;
}

static bool is_first(const struct draft *d, size_t i, bool (*same)(const struct part *, const struct part *))
{
    for (size_t k = 0; k < i; k++)
        if (same(&d->parts[k], &d->parts[i])) return false;
    return true;
}

static const char *class_text(const struct draft *d, const struct part *first)
{
    const char *fields[CLASS_FIELDS] = {"0", "0", "0"};
    for (size_t i = 0; i < d->n_parts; i++)
        if (same_class(&d->parts[i], first)) fields[d->parts[i].parameter->engine_field] = d->parts[i].value;
    return arena_printf(d->arena, "%s %s %s %s", first->parameter->engine_class, fields[0], fields[1], fields[2]);
}

/* One setting of all parameters that are parts of it: NAME "CLASS HARD SOFT SECONDS CLASS …". */
static void add_joined(struct draft *d, const struct part *first)
{
    const char *text = NULL;
    for (size_t i = 0; i < d->n_parts; i++) {
        if (!same_setting(&d->parts[i], first) || !is_first(d, i, same_class)) continue;
        const char *class = class_text(d, &d->parts[i]);
        text = text ? arena_printf(d->arena, "%s %s", text, class) : class;
    }
    add_setting(d, first->parameter->engine_name, text);
}

static void derive_settings(struct draft *d)
{
    const struct parameter_family *f = d->family;
    size_t most = 1 + (f ? (size_t)f->n_parameters + f->n_node_parameters : 0);
    d->out.items = arena_array(d->arena, struct setting, most);
    for (size_t i = 0; f && i < f->n_parameters; i++) add_parameter(d, parameter_at(f, i), engine_value(d, parameter_at(f, i)));
    for (size_t i = 0; f && d->type && i < f->n_node_parameters; i++)
        add_parameter(d, node_parameter_at(f, i), node_value(d, node_parameter_at(f, i)));
    for (size_t i = 0; i < d->n_parts; i++)
        if (is_first(d, i, same_setting)) add_joined(d, &d->parts[i]);
    /* A replica that the engine elects may lack what was acknowledged: want_has_stand_in(). */
    if (d->cluster->durability == DURABILITY_SYNC) add_setting(d, SETTING_NOT_ELECTED, "yes");
    if (d->cluster->durability == DURABILITY_ASYNC) add_setting(d, SETTING_NOT_ELECTED, "no");
    uint64_t h = HASH_EMPTY;
    for (size_t i = 0; i < d->out.n; i++) {
        h = hash_bytes(hash_text(h, d->out.items[i].name), "=", 1);
        h = hash_bytes(hash_text(h, d->out.items[i].value), "\n", 1);
    }
    d->out.generation = hash_number(h);
}

/* What the cache cluster's settings follow from is the same. */
static bool is_entry_of(const struct settings_entry *s, const struct row_cache_cluster *c)
{
    return strcmp(s->parameter_group, c->parameter_group) == 0 && strcmp(s->region, c->region) == 0 &&
           strcmp(s->engine, c->engine) == 0 && strcmp(s->engine_version, c->engine_version) == 0 &&
           strcmp(s->node_type, c->node_type) == 0 && s->memory_limit == c->memory_limit && s->durability == c->durability;
}

const struct parameter_family *settings_family(const struct row_cache_cluster *c)
{
    const struct engine *e = engine_find(c->engine);
    const struct engine_version *v = e ? engine_version_find(e, c->engine_version) : NULL;
    return v ? family_find(v->family) : NULL;
}

static struct draft draft_of(struct world *w, const struct row_cache_cluster *c, const char *node_type)
{
    struct draft d = {.arena = w->arena,
        .cluster = c,
        .family = settings_family(c),
        .type = node_type_find(node_type),
        .standard = default_group_find(c->parameter_group)};
    d.chosen = settings_chosen(w, c, &d.n_chosen);
    return d;
}

int64_t settings_memory(struct world *w, const struct row_cache_cluster *c, const char *node_type)
{
    struct draft d = draft_of(w, c, node_type);
    return d.type && d.family ? usable_memory(&d) : 0;
}

static struct settings_entry *entry_new(struct world *w, struct arena *a, const struct row_cache_cluster *c)
{
    struct draft d = draft_of(w, c, c->node_type);
    d.arena = a;
    derive_settings(&d);
    struct settings_entry *s = arena_new(a, struct settings_entry);
    *s = (struct settings_entry){.region = arena_strdup(a, c->region),
        .parameter_group = arena_strdup(a, c->parameter_group),
        .engine = arena_strdup(a, c->engine),
        .engine_version = arena_strdup(a, c->engine_version),
        .node_type = arena_strdup(a, c->node_type),
        .memory_limit = c->memory_limit,
        .durability = c->durability,
        .settings = d.out};
    return s;
}

/* Whichever was asked for last comes first: the cache clusters of a component agree mostly. */
const struct settings *settings_of(struct world *w, const struct row_cache_cluster *c)
{
    if (w->settings == NULL) {
        w->settings = arena_new(w->arena, struct settings_book);
        w->settings->arena = w->arena;
    }
    struct settings_entry **at = &w->settings->first;
    while (*at && !is_entry_of(*at, c)) at = &(*at)->next;
    struct settings_entry *s = *at;
    if (s) *at = s->next;
    else s = entry_new(w, w->settings->arena, c);
    s->next = w->settings->first;
    w->settings->first = s;
    return &s->settings;
}
