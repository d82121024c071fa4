#include "control/reach.h"
#include "control/kept.h"
#include <stdlib.h>
#include <string.h>

/* ---- what a unit sees ---- */

static bool user_rests(const struct unit *u)
{
    const struct kept *row = unit_row(u, &sql_table_user);
    return row == NULL || kept_number(row, offsetof(struct row_user, status)) == USER_ACTIVE;
}

static bool user_group_rests(const struct unit *u)
{
    const struct kept *row = unit_row(u, &sql_table_user_group);
    bool rests = row == NULL || kept_number(row, offsetof(struct row_user_group, status)) == USER_GROUP_ACTIVE;
    for (size_t i = 0; rests && i < u->names.n; i++) rests = user_rests(u->names.items[i]);
    return rests;
}

/* An automatic one goes when its time is over: until then it is looked at for its own sake only. */
static bool snapshot_rests(const struct unit *u)
{
    const struct kept *row = unit_row(u, &sql_table_snapshot);
    int64_t status = row ? kept_number(row, offsetof(struct row_snapshot, status)) : SNAPSHOT_AVAILABLE;
    return status == SNAPSHOT_AVAILABLE || status == SNAPSHOT_FAILED;
}

/* True where 'to', which names 'from', is seen from there. */
static bool is_seen_by_named(const struct unit *from, const struct unit *to)
{
    switch (from->kind) {
    case UNIT_RG: return to->kind == UNIT_GLOBAL || (to->kind == UNIT_SNAPSHOT && !snapshot_rests(to));
    case UNIT_CLUSTER: return to->kind == UNIT_SNAPSHOT && !snapshot_rests(to);
    case UNIT_SNAPSHOT: return to->kind != UNIT_SNAPSHOT && !snapshot_rests(from); /* what is restored from it */
    case UNIT_USER: return !user_rests(from);
    case UNIT_USER_GROUP: return !user_group_rests(from);
    case UNIT_GLOBAL:
    case UNIT_NONE: break;
    }
    return false;
}

static bool hangs_together(const struct unit *u)
{
    if (u->kind == UNIT_USER) return !user_rests(u);
    return u->kind != UNIT_USER_GROUP || !user_group_rests(u);
}

/* ---- components ---- */

static bool component_has(const struct component *c, const struct unit *u)
{
    for (size_t i = 0; i < c->units.n; i++)
        if (c->units.items[i] == u) return true;
    return false;
}

static void add_unit(struct components *all, size_t number, struct unit *u);

static void join_component(struct components *all, size_t number, struct component *other)
{
    struct unit_list units = other->units;
    *other = (struct component){0};
    for (size_t i = 0; i < units.n; i++) units.items[i]->component = 0;
    for (size_t i = 0; i < units.n; i++) add_unit(all, number, units.items[i]);
    free(units.items);
}

/* What is in another component already brings all of that along. */
static void add_unit(struct components *all, size_t number, struct unit *u)
{
    struct component *c = &all->items[number - 1];
    if (!hangs_together(u)) {
        if (!component_has(c, u)) unit_list_add(&c->units, u);
        return;
    }
    if (u->component == number) return;
    if (u->component) {
        join_component(all, number, &all->items[u->component - 1]);
        return;
    }
    u->component = number;
    unit_list_add(&c->units, u);
}

static void reach_from(struct components *all, size_t number, struct unit *first)
{
    struct component *c = &all->items[number - 1];
    add_unit(all, number, first);
    for (size_t i = 0; i < c->units.n; i++) {
        struct unit *u = c->units.items[i];
        for (size_t k = 0; k < u->names.n; k++) add_unit(all, number, u->names.items[k]);
        for (size_t k = 0; k < u->named_by.n; k++)
            if (is_seen_by_named(u, u->named_by.items[k])) add_unit(all, number, u->named_by.items[k]);
    }
}

void component_add(struct components *all, struct unit *u)
{
    all->n = 1;
    reach_from(all, 1, u);
}

void components_take(struct components *all, struct rows *r)
{
    for (struct unit *u; all->n < COMPONENTS_MAX && (u = rows_take_marked(r)) != NULL;) {
        u->looked = true;
        if (u->component == 0) reach_from(all, ++all->n, u);
    }
}

void components_fini(struct components *all)
{
    for (size_t i = 0; i < all->n; i++) {
        struct component *c = &all->items[i];
        for (size_t k = 0; k < c->units.n; k++) c->units.items[k]->component = c->units.items[k]->looked = 0;
        free(c->units.items);
    }
    all->n = 0;
}

/* ---- what depends on a row ---- */

/* A component's own units have come to rest with what it wrote. */
static void mark_unit(struct rows *r, const struct rows_change *c, struct unit *u)
{
    if (u && (c->by == 0 || u->component != c->by)) rows_mark(r, u);
}

static void mark_named_by(struct rows *r, const struct rows_change *c, const struct unit *u)
{
    for (size_t i = 0; i < u->named_by.n; i++) mark_unit(r, c, u->named_by.items[i]);
}

/* Automatic snapshots go with their source, and sooner or later by what it says. */
static void mark_snapshots(struct rows *r, const struct rows_change *c, const int64_t *kept_was, const int64_t *kept_is)
{
    if (kept_was && kept_is && *kept_was == *kept_is) return;
    for (size_t i = 0; i < c->unit->named_by.n; i++) {
        const struct kept *s = unit_row(c->unit->named_by.items[i], &sql_table_snapshot);
        bool automatic = s && kept_number(s, offsetof(struct row_snapshot, source)) == SNAPSHOT_AUTOMATED;
        if (automatic) mark_unit(r, c, c->unit->named_by.items[i]);
    }
}

/* Whoever waits for an address, or for a port, may get this one. */
static void mark_homeless(struct rows *r, const char *was, int64_t port_was, const char *is, int64_t port_is)
{
    if (was == NULL || (is && strcmp(was, is) == 0 && port_was == port_is)) return;
    for (size_t i = 0; i < r->homeless.n; i++) rows_mark(r, r->homeless.items[i]);
}

static bool unit_has_parameter_group(const struct unit *u, const char *name)
{
    for (size_t i = 0; i < u->rows.n; i++) {
        const struct kept *k = u->rows.items[i];
        bool cluster = kept_table(k) == &sql_table_cache_cluster;
        if (cluster && strcmp(kept_text(k, offsetof(struct row_cache_cluster, parameter_group)), name) == 0) return true;
    }
    return false;
}

/* Nodes have their values of it. */
static void mark_parameter_users(struct rows *r, const struct row_parameter *p)
{
    const struct unit_list all = homes_units(&r->homes, p->region);
    for (size_t i = 0; i < all.n; i++)
        if (!all.items[i]->marked && unit_has_parameter_group(all.items[i], p->group_name)) rows_mark(r, all.items[i]);
}

void reach_changed(struct rows *r, const struct rows_change *c)
{
    const struct sql_table *t = c->table;
    if (t == &sql_table_parameter) mark_parameter_users(r, c->is ? c->is : c->was);
    if (c->unit == NULL) return;
    mark_unit(r, c, c->unit);
    if (t == &sql_table_user || t == &sql_table_user_group || t == &sql_table_user_group_member) {
        /* The engines of all replication groups that have such a user group are to know. */
        for (size_t i = 0; i < c->unit->named_by.n; i++) {
            mark_unit(r, c, c->unit->named_by.items[i]);
            if (c->unit->kind == UNIT_USER) mark_named_by(r, c, c->unit->named_by.items[i]);
        }
    }
    if (t == &sql_table_global_member)
        for (size_t i = 0; i < c->unit->names.n; i++) mark_unit(r, c, c->unit->names.items[i]);
#define OLD_AND_NEW(type, member) \
    c->was ? &((const struct row_##type *)c->was)->member : NULL, c->is ? &((const struct row_##type *)c->is)->member : NULL
#define ADDRESS(type, at) at ? ((const struct row_##type *)at)->address : NULL, at ? ((const struct row_##type *)at)->port : 0
    if (t == &sql_table_replication_group) mark_snapshots(r, c, OLD_AND_NEW(replication_group, snapshot_retention_limit));
    if (t == &sql_table_cache_cluster) mark_snapshots(r, c, OLD_AND_NEW(cache_cluster, snapshot_retention_limit));
    if (t == &sql_table_node) mark_homeless(r, ADDRESS(node, c->was), ADDRESS(node, c->is));
    if (t == &sql_table_endpoint) mark_homeless(r, ADDRESS(endpoint, c->was), ADDRESS(endpoint, c->is));
}

/* ---- what depends on an agent ---- */

void reach_region(struct rows *r, const char *region)
{
    const struct unit_list all = homes_units(&r->homes, region);
    for (size_t i = 0; i < all.n; i++) rows_mark(r, all.items[i]);
}

static bool has_forked(const struct unit *rg)
{
    for (size_t i = 0; i < rg->rows.n; i++) {
        const struct kept *k = rg->rows.items[i];
        bool node_group = kept_table(k) == &sql_table_node_group;
        if (node_group && kept_number(k, offsetof(struct row_node_group, fork_offset)) != 0) return true;
    }
    return false;
}

/* A failover that waits for slots to come to rest, or is given up, or was while a region was out of reach (plan/fork.c). */
static bool awaits_obedience(const struct unit *global)
{
    const struct kept *row = unit_row(global, &sql_table_global_replication_group);
    int64_t phase = row ? kept_number(row, offsetof(struct row_global_replication_group, phase)) : 0;
    bool awaits = row && (phase == PHASE_FENCING || phase == PHASE_WITHDRAWING);
    for (size_t i = 0; !awaits && i < global->names.n; i++) awaits = has_forked(global->names.items[i]);
    return awaits;
}

void reach_obedience(struct rows *r)
{
    const struct unit_list globals = homes_units(&r->homes, "");
    for (size_t i = 0; i < globals.n; i++)
        if (awaits_obedience(globals.items[i])) rows_mark(r, globals.items[i]);
}
