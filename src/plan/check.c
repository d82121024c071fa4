#include "plan/check.h"
#include "base/arena.h"
#include "base/index.h"
#include "base/slots.h"
#include "base/text.h"
#include "plan/shard.h"
#include "plan/tables.h"
#include "plan/want.h"
#include <stddef.h>
#include <string.h>

struct check {
    struct world *w;
    struct violation *found;
};

static void add_violation(struct check *c, enum invariant number, const char *text)
{
    struct violation *v = arena_new(c->w->arena, struct violation);
    *v = (struct violation){c->found, number, text};
    c->found = v;
}

/* ---- pointers ---- */

/* Columns of one row that name another: all of them, or none where one is NULL or "". */
static const struct reference {
    const struct sql_table *from;
    const char *columns[3];
    const struct sql_table *to;
    const char *key[3];
} references[] = {
    {&sql_table_node, {"region", "cluster_id"}, &sql_table_cache_cluster, {"region", "id"}},
    {&sql_table_node, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_node, {"region", "rg_id", "node_group_id"}, &sql_table_node_group, {"region", "rg_id", "id"}},
    {&sql_table_cache_cluster, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_cache_cluster, {"region", "rg_id", "node_group_id"}, &sql_table_node_group, {"region", "rg_id", "id"}},
    {&sql_table_node_group, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_endpoint, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_endpoint, {"region", "rg_id", "node_group_id"}, &sql_table_node_group, {"region", "rg_id", "id"}},
    {&sql_table_endpoint, {"region", "cluster_id"}, &sql_table_cache_cluster, {"region", "id"}},
    {&sql_table_shard, {"region", "rg_id", "id"}, &sql_table_node_group, {"region", "rg_id", "id"}},
    {&sql_table_shard_node, {"region", "id"}, &sql_table_node, {"region", "id"}},
    {&sql_table_resharding, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_encryption, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_serverless_cache, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_serverless_cache, {"region", "cluster_id"}, &sql_table_cache_cluster, {"region", "id"}},
    {&sql_table_global_member, {"global_id"}, &sql_table_global_replication_group, {"id"}},
    {&sql_table_global_member, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_user_group_member, {"region", "group_id"}, &sql_table_user_group, {"region", "id"}},
    {&sql_table_user_group_member, {"region", "user_id"}, &sql_table_user, {"region", "id"}},
    {&sql_table_rg_user_group, {"region", "rg_id"}, &sql_table_replication_group, {"region", "id"}},
    {&sql_table_rg_user_group, {"region", "group_id"}, &sql_table_user_group, {"region", "id"}},
    {&sql_table_snapshot_part, {"region", "snapshot"}, &sql_table_snapshot, {"region", "name"}},
    {&sql_table_seed, {"region", "node_id"}, &sql_table_node, {"region", "id"}},
    {&sql_table_seed_file, {"region", "source_id"}, &sql_table_seed, {"region", "source_id"}},
};

struct columns {
    const struct sql_column *items[3];
    size_t n;
};

static struct columns find_columns(const struct world_table *t, const char *const names[3])
{
    struct columns out = {0};
    for (; out.n < 3 && names[out.n]; out.n++) out.items[out.n] = table_column(t, names[out.n]);
    return out;
}

/* Their values with slashes between; NULL where one of them is, or empty. */
static const char *key_of(struct arena *a, const struct columns *columns, const void *item)
{
    const char *values[3];
    for (size_t i = 0; i < columns->n; i++) {
        values[i] = table_text(a, columns->items[i], item);
        if (values[i] == NULL || *values[i] == '\0') return NULL;
    }
    return arena_join(a, values, columns->n, "/");
}

/* The predefined user has no row; and a replication group that is being deleted has no node group where it leaves its primary behind. */
static bool needs_no_row(const struct reference *r, const struct world_table *t, struct check *c, const void *item)
{
    struct arena *a = c->w->arena;
    if (r->to == &sql_table_user) return text_is(table_text(a, table_column(t, "user_id"), item), "default");
    if (r->to != &sql_table_node_group) return false;
    const struct sql_column *region = table_column(t, "region"), *id = table_column(t, "rg_id");
    const struct world_rg *rg = world_rg(c->w, table_text(a, region, item), table_text(a, id, item));
    return rg && rg->row.status == RG_DELETING;
}

static void check_reference(struct check *c, const struct reference *r)
{
    _index_ struct index there = {0};
    struct arena *a = c->w->arena;
    const struct world_table *from = table_find(r->from), *to = table_find(r->to);
    size_t n_from = table_count(c->w, from), n_to = table_count(c->w, to);
    if (n_from == 0) return;
    const struct columns names = find_columns(from, r->columns), key = find_columns(to, r->key);
    for (size_t i = 0; i < n_to; i++) {
        const void *item = table_item(c->w, to, i);
        const char *own = table_dropped(to, item) ? NULL : key_of(a, &key, item);
        if (own) index_put(&there, own, own);
    }
    for (size_t i = 0; i < n_from; i++) {
        const void *item = table_item(c->w, from, i);
        const char *named = table_dropped(from, item) ? NULL : key_of(a, &names, item);
        if (named && index_get(&there, named) == NULL && !needs_no_row(r, from, c, item))
            add_violation(
                c, INVARIANT_POINTERS, arena_printf(a, "a row of %s names the %s %s", r->from->name, r->to->name, named));
    }
}

/* ---- node groups ---- */

static const char *node_group_name(struct check *c, const struct world_node_group *ng)
{
    return arena_printf(c->w->arena, "%s %s, node group %s", ng->row.region, ng->row.rg_id, ng->row.id);
}

/* The nodes of what is being deleted go one after the other, the primary like the others. */
static bool node_group_stays(struct world *w, const struct world_node_group *ng)
{
    const struct world_rg *rg = world_rg(w, ng->row.region, ng->row.rg_id);
    return !ng->drop && rg && !rg->drop && rg->row.status != RG_DELETING && ng->row.status != NODE_GROUP_DELETING;
}

static bool is_of(const struct world_node_group *ng, const struct world_node *n)
{
    return n && ng_has(ng, n) && node_shall_run(n);
}

/* It is ordered to take writes at once, whatever another one does. */
static bool may_write(struct world *w, struct world_node *n)
{
    if (n->drop || n->row.want != WISH_RUN) return false;
    struct want_node want = want_node(w, n);
    return want.primary && !want.fence && want.promote_offset < 0;
}

static size_t count_writers(struct world *w, struct world_node_group *ng)
{
    size_t writers = 0;
    for (size_t i = 0; i < ng->n_nodes; i++)
        if (ng_has(ng, &ng->nodes[i])) writers += may_write(w, &ng->nodes[i]);
    return writers;
}

static void check_node_group(struct check *c, struct world_node_group *ng)
{
    struct world_rg *rg = world_rg(c->w, ng->row.region, ng->row.rg_id);
    const char *target = ng->row.switch_node_id;
    if (!is_of(ng, rg_primary(ng)))
        add_violation(c, INVARIANT_PRIMARY_OF_NODE_GROUP,
            arena_printf(
                c->w->arena, "%s: its primary %s is none of its nodes", node_group_name(c, ng), ng->row.primary_node_id));
    size_t writers = count_writers(c->w, ng);
    if (writers > 1)
        add_violation(c, INVARIANT_ONE_TAKES_WRITES,
            arena_printf(c->w->arena, "%s: %zu of its nodes are", node_group_name(c, ng), writers));
    if (target && (!is_of(ng, rg_node(rg, target)) || text_is(target, ng->row.primary_node_id)))
        add_violation(c, INVARIANT_SWITCH_TARGET,
            arena_printf(c->w->arena, "%s: %s is to become its primary", node_group_name(c, ng), target));
}

/* The same shard of all regions. */
static void check_writers(struct check *c, const struct world_global *g, const char *node_group_id)
{
    size_t writers = 0;
    for (size_t i = 0; i < g->n_members; i++) {
        const struct world_member *m = &g->members[i];
        struct world_node_group *ng = m->drop || m->row.leaving || !m->rg ? NULL : rg_node_group(m->rg, node_group_id);
        if (ng) writers += count_writers(c->w, ng) > 0;
    }
    if (writers > 1)
        add_violation(c, INVARIANT_ONE_TAKES_WRITES,
            arena_printf(c->w->arena, "%s-%s: nodes of %zu regions are", g->row.id, node_group_id, writers));
}

static void check_global(struct check *c, struct world_global *g)
{
    size_t primaries = 0;
    for (size_t i = 0; i < g->n_members; i++) {
        const struct world_member *m = &g->members[i];
        if (m->drop) continue;
        primaries += m->row.role == MEMBER_PRIMARY;
        for (size_t k = 0; m->rg && k < m->rg->n_node_groups; k++) check_writers(c, g, m->rg->node_groups[k].row.id);
    }
    if (primaries > 1)
        add_violation(c, INVARIANT_ONE_PRIMARY_REGION, arena_printf(c->w->arena, "%s: %zu members are", g->row.id, primaries));
}

static bool waits_for_no_offset(struct world_global *g)
{
    const struct world_member *active = global_primary(g);
    for (size_t i = 0; active && active->rg && i < active->rg->n_node_groups; i++) {
        const struct row_node_group *ng = &active->rg->node_groups[i].row;
        if (ng->reviving && ng->rise_offset < 0) return true;
    }
    return false;
}

static void check_phase(struct check *c, struct world_global *world_global)
{
    const struct row_global_replication_group *g = &world_global->row;
    if (!word_knows(&words_global_phase, g->phase)) return; /* invariant 7 tells of it */
    bool turns = g->phase != PHASE_STEADY && g->phase != PHASE_SETTLING;
    if (turns && g->switch_region == NULL)
        add_violation(
            c, INVARIANT_PHASES, arena_printf(c->w->arena, "%s: %s without a region", g->id, global_phase_text(g->phase)));
    if (g->phase == PHASE_RETURNING && waits_for_no_offset(world_global))
        add_violation(c, INVARIANT_PHASES, arena_printf(c->w->arena, "%s: returning without an offset", g->id));
}

/* ---- slots ---- */

static void check_slots(struct check *c, struct world_rg *rg)
{
    struct slots all = {0};
    size_t shards = 0;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        const struct world_node_group *ng = &rg->node_groups[i];
        if (ng->drop || ng->shard == NULL) continue;
        shards++;
        if (slots_read(&all, ng->row.slots) != SLOTS_OK)
            add_violation(c, INVARIANT_SLOTS, arena_printf(c->w->arena, "%s: %s", node_group_name(c, ng), ng->row.slots));
    }
    if (shards && rg->resharding == NULL && slots_count(&all) != SLOTS)
        add_violation(c, INVARIANT_SLOTS,
            arena_printf(c->w->arena, "%s %s: its shards hold %d slots", rg->row.region, rg->row.id, slots_count(&all)));
}

/* ---- addresses ---- */

static void check_address(struct check *c, struct index *taken, const char *id, const char *address, int64_t port)
{
    if (address == NULL) return;
    const char *key = arena_printf(c->w->arena, "%s:%lld", address, (long long)port);
    const char *other = index_get(taken, key);
    if (other) add_violation(c, INVARIANT_ADDRESSES, arena_printf(c->w->arena, "%s is that of %s and of %s", key, other, id));
    index_put(taken, key, id);
}

static void check_addresses(struct check *c)
{
    _index_ struct index taken = {0};
    for (size_t i = 0; i < c->w->n_nodes; i++) {
        const struct row_node *n = &c->w->nodes[i].row;
        if (!c->w->nodes[i].drop) check_address(c, &taken, n->id, n->address, n->port);
    }
    for (size_t i = 0; i < c->w->n_endpoints; i++) {
        const struct row_endpoint *e = &c->w->endpoints[i].row;
        if (!c->w->endpoints[i].drop) check_address(c, &taken, e->id, e->address, e->port);
    }
}

/* ---- words and times ---- */

static void check_table_words(struct check *c, const struct world_table *t)
{
    for (size_t i = 0; i < table_count(c->w, t); i++) {
        const void *item = table_item(c->w, t, i);
        const void *wrong = table_dropped(t, item) ? NULL : table_wrong_word(t, item);
        if (wrong) add_violation(c, INVARIANT_STATUS_WORDS, table_name_field(c->w->arena, c->w, wrong));
    }
}

/* Times that limits are counted from: one that lay ahead would hold up whatever waits for it. */
static void check_past(struct check *c)
{
    static const struct {
        const struct sql_table *table;
        size_t offset;
    } columns[] = {
        {&sql_table_node, offsetof(struct row_node, seen_since_ms)},
        {&sql_table_node, offsetof(struct row_node, unserved_since_ms)},
        {&sql_table_node, offsetof(struct row_node, blocked_since_ms)},
        {&sql_table_node_group, offsetof(struct row_node_group, switch_since_ms)},
        {&sql_table_node_group, offsetof(struct row_node_group, unserved_since_ms)},
        {&sql_table_cache_cluster, offsetof(struct row_cache_cluster, unserved_since_ms)},
        {&sql_table_cache_cluster, offsetof(struct row_cache_cluster, weighing_ms)},
        {&sql_table_replication_group, offsetof(struct row_replication_group, unserved_since_ms)},
        {&sql_table_replication_group, offsetof(struct row_replication_group, weighing_ms)},
        {&sql_table_global_replication_group, offsetof(struct row_global_replication_group, phase_since_ms)},
    };
    for (size_t k = 0; k < sizeof columns / sizeof *columns; k++) {
        const struct world_table *t = table_find(columns[k].table);
        for (size_t i = 0; i < table_count(c->w, t); i++) {
            const int64_t *since = (const int64_t *)((const char *)table_item(c->w, t, i) + columns[k].offset);
            if (*since > c->w->steady_ms)
                add_violation(c, INVARIANT_PAST, arena_printf(c->w->arena, "%s", table_name_field(c->w->arena, c->w, since)));
        }
    }
}

/* ---- all of them ---- */

static const char *const texts[INVARIANT__END] = {
    [INVARIANT_POINTERS] = "Whatever row another row names is there, and stays.",
    [INVARIANT_PRIMARY_OF_NODE_GROUP] = "The primary of a node group is one of its nodes, and shall run.",
    [INVARIANT_ONE_PRIMARY_REGION] = "At most one member of a global datastore is PRIMARY.",
    [INVARIANT_ONE_TAKES_WRITES] = "At most one node of a node group, and of a global datastore, is ordered to take writes.",
    [INVARIANT_SLOTS] = "No slot is held by two shards, and every slot by one, but while slots move.",
    [INVARIANT_ADDRESSES] = "No address and port is given twice.",
    [INVARIANT_STATUS_WORDS] = "Every status is a word that the API knows.",
    [INVARIANT_SWITCH_TARGET] = "The node that shall become primary in good order is another node of the same node group.",
    [INVARIANT_PHASES] = "A failover between regions knows its region, and the offset that it waits for.",
    [INVARIANT_PAST] = "No time that a limit is counted from lies ahead.",
    [INVARIANT_REST] = "The plans come to rest: a second look at the same sightings changes nothing.",
};

const char *invariant_text(enum invariant number)
{
    return texts[number];
}

struct violation *plan_check(struct world *w)
{
    struct check c = {.w = w};
    for (size_t i = 0; i < sizeof references / sizeof *references; i++) check_reference(&c, &references[i]);
    for (size_t i = 0; i < c.w->n_endpoints; i++) {
        const struct row_endpoint *e = &c.w->endpoints[i].row;
        if (!c.w->endpoints[i].drop && e->rg_id == NULL && e->cluster_id == NULL)
            add_violation(&c, INVARIANT_POINTERS, arena_printf(c.w->arena, "the endpoint %s is nobody's", e->id));
    }
    for (size_t i = 0; i < w->n_node_groups; i++)
        if (node_group_stays(w, &w->node_groups[i])) check_node_group(&c, &w->node_groups[i]);
    for (size_t i = 0; i < w->n_rgs; i++)
        if (!w->rgs[i].drop && shard_is_clustered(&w->rgs[i]) && w->rgs[i].row.status != RG_DELETING) check_slots(&c, &w->rgs[i]);
    for (size_t i = 0; i < w->n_globals; i++) {
        if (w->globals[i].drop) continue;
        check_global(&c, &w->globals[i]);
        check_phase(&c, &w->globals[i]);
    }
    check_addresses(&c);
    for (size_t i = 0; i < n_world_tables; i++) check_table_words(&c, &world_tables[i]);
    check_past(&c);
    const char *unrest = c.found ? NULL : plan_unrest(w); /* plans rely on the others */
    if (unrest) add_violation(&c, INVARIANT_REST, unrest);
    return c.found;
}
