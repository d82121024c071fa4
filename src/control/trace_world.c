#include "control/trace_world.h"
#include "base/buf.h"
#include "base/index.h"
#include "base/log.h"
#include "control/told.h"
#include "plan/world.h"
#include "store/store.h"
#include <string.h>

/* In place of an id where nobody remembers the request. */
#define NO_REQUEST "-"

/* A row as it was read, and as it is now. */
struct change {
    const struct sql_table *table;
    const void *was, *is;
    bool goes;
};

/* ---- which request a row has changed for ---- */

struct newest {
    const struct trace *trace;
    const char *request;
    size_t age;
};

static void newest_of(struct newest *n, const char *kind, const char *region, const char *id)
{
    size_t age;
    const char *request = trace_request(n->trace, &(struct trace_owner){kind, region, id}, &age);
    if (request == NULL || (n->request && age >= n->age)) return;
    n->request = request;
    n->age = age;
}

static void newest_of_cluster(struct newest *n, const struct world_cluster *c)
{
    newest_of(n, "parameter group", c->row.region, c->row.parameter_group);
}

/* What reaches the nodes of a replication group although no row of its own was written: its users, parameters, its datastore. */
static void newest_of_rg(struct newest *n, const struct world *w, const struct world_rg *rg)
{
    if (rg->global) newest_of(n, "global datastore", NULL, rg->global->row.id);
    for (size_t i = 0; i < w->n_user_links; i++)
        if (w->user_links[i].rg == rg) newest_of(n, "user group", rg->row.region, w->user_links[i].row.group_id);
    for (size_t i = 0; i < rg->n_clusters; i++) newest_of_cluster(n, &rg->clusters[i]);
}

/* NULL: the owner is not traced. */
static const char *traced_request(const struct trace *t, struct world *w, const struct trace_owner *o)
{
    struct newest newest = {.trace = t};
    struct world_rg *rg = strcmp(o->kind, "replication group") == 0 ? world_rg(w, o->region, o->id) : NULL;
    const struct world_cluster *c = strcmp(o->kind, "cache cluster") == 0 ? world_cluster(w, o->region, NULL, o->id) : NULL;
    if (!trace_wants(t, o->id) && !(rg && rg->global && trace_wants(t, rg->global->row.id))) return NULL;
    newest_of(&newest, o->kind, o->region, o->id);
    if (rg) newest_of_rg(&newest, w, rg);
    if (c) newest_of_cluster(&newest, c);
    return newest.request ? newest.request : NO_REQUEST;
}

/* ---- what has changed in a row ---- */

/* Figures that go up all the time. */
static bool column_is_noise(const char *name)
{
    static const char *const noise[] = {"seen_offset", "seen_branch_offset", "seen_used", "seen_data", "seen_since_ms"};
    for (size_t i = 0; i < sizeof noise / sizeof *noise; i++)
        if (strcmp(name, noise[i]) == 0) return true;
    return false;
}

/* Of users nothing but the status is told: their rows have passwords. Tables with secrets of another kind are not looked at. */
static bool column_is_told(const struct sql_table *t, const char *name)
{
    return strcmp(t->name, "user") == 0 ? strcmp(name, "status") == 0 : !column_is_noise(name);
}

/* A row that is new was nothing before: no word, either. */
static const char *value_text(const struct sql_column *c, const void *at)
{
    if (c->kind == SQL_TEXT) return *(const char *const *)at;
    const unsigned *word = c->kind == SQL_WORD ? at : NULL;
    return word && word_knows(c->words, *word) ? word_text(c->words, *word) : NULL;
}

static void put_column_value(struct buf *b, const struct sql_column *c, const void *row)
{
    const void *at = (const char *)row + c->offset;
    const char *text = value_text(c, at);
    if (c->kind == SQL_INT) buf_printf(b, "%lld", (long long)*(const int64_t *)at);
    else buf_printf(b, "%.80s", text == NULL ? "none" : *text ? text : "\"\"");
}

/* "state unknown -> ready, pid 0 -> 71" of the columns that sightings fill, or of those that plans do. */
static void put_columns(struct buf *b, const struct change *c, bool seen)
{
    for (int i = 0; i < c->table->n_columns; i++) {
        const struct sql_column *col = &c->table->columns[i];
        if ((strncmp(col->name, "seen_", 5) == 0) != seen || !column_is_told(c->table, col->name)) continue;
        if (row_column_equal(col, c->was, c->is)) continue;
        buf_printf(b, "%s%s ", b->len ? ", " : "", col->name + (seen ? 5 : 0));
        put_column_value(b, col, c->was);
        buf_puts(b, " -> ");
        put_column_value(b, col, c->is);
    }
    if (c->goes && !seen) buf_printf(b, "%sthe row goes", b->len ? ", " : "");
}

static const char *row_id(const struct sql_table *t, const void *row)
{
    for (int i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, "id") == 0) return *(const char *const *)((const char *)row + t->columns[i].offset);
    return "";
}

static void tell_columns(const char *request, const struct trace_owner *o, const struct change *c, bool seen)
{
    _buf_ struct buf what = {0};
    put_columns(&what, c, seen);
    if (what.len == 0) return;
    const char *id = row_id(c->table, c->is), *verb = seen ? "seen" : "planned";
    if (strcmp(id, o->id) == 0) log_trace("request %s: %s: %s %s: %s", request, verb, c->table->name, id, what.data);
    else log_trace("request %s: %s: %s %s of %s %s: %s", request, verb, c->table->name, id, o->kind, o->id, what.data);
}

static void tell_change(const struct trace *t, struct world *w, const struct trace_owner *o, const struct change *c)
{
    const char *request;
    if (o->kind == NULL || c->was == NULL || (!c->goes && row_equal(c->table, c->was, c->is))) return;
    if ((request = traced_request(t, w, o)) == NULL) return;
    tell_columns(request, o, c, true);
    tell_columns(request, o, c, false);
}

#define TELL(array, sql)                                                                              \
    for (size_t i = 0; i < w->n_##array; i++) {                                                       \
        struct change c = {&sql_table_##sql, w->array[i].stored, &w->array[i].row, w->array[i].drop}; \
        struct trace_owner o = trace_owner_of(c.table, c.is);                                         \
        tell_change(t, w, &o, &c);                                                                    \
    }

/* The row beside a node's in cluster mode does not say whose it is. */
static void tell_shard_nodes(const struct trace *t, struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct world_shard_node *s = w->nodes[i].shard_node;
        struct trace_owner o = trace_owner_of(&sql_table_node, &w->nodes[i].row);
        if (s) tell_change(t, w, &o, &(struct change){&sql_table_shard_node, s->stored, &s->row, s->drop});
    }
}

void trace_changes(struct trace *t, struct world *w)
{
    if (!trace_is_on(t)) return;
    TELL(endpoints, endpoint)
    TELL(nodes, node)
    tell_shard_nodes(t, w);
    TELL(clusters, cache_cluster)
    TELL(node_groups, node_group)
    TELL(shards, shard)
    TELL(reshardings, resharding)
    TELL(rgs, replication_group)
    TELL(members, global_member)
    TELL(globals, global_replication_group)
    TELL(snapshot_parts, snapshot_part)
    TELL(snapshots, snapshot)
    TELL(user_members, user_group_member)
    TELL(user_groups, user_group)
    TELL(users, user)
}

/* ---- to the agent and back ---- */

void trace_orders(struct trace *t, struct world *w, struct proto_assignment *a)
{
    if (!trace_is_on(t)) return;
    _index_ struct index orders = {0};
    for (size_t i = 0; i < a->nodes.n; i++) index_put(&orders, a->nodes.items[i].id, &a->nodes.items[i]);
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct proto_node_order *o = index_get(&orders, w->nodes[i].row.id);
        struct trace_owner owner = trace_owner_of(&sql_table_node, &w->nodes[i].row);
        if (o && strcmp(w->nodes[i].row.region, a->region) == 0) o->trace = traced_request(t, w, &owner);
    }
}

static bool is_of_request(const struct proto_node_order *o, const char *request)
{
    return o->trace && strcmp(o->trace, request) == 0;
}

static bool is_first_of_request(const struct proto_assignment *a, size_t at)
{
    const char *request = a->nodes.items[at].trace;
    for (size_t i = 0; request && i < at; i++)
        if (is_of_request(&a->nodes.items[i], request)) return false;
    return request != NULL;
}

static size_t count_of_request(const struct proto_assignment *a, size_t first)
{
    size_t n = 0;
    for (size_t i = first; i < a->nodes.n; i++) n += is_of_request(&a->nodes.items[i], a->nodes.items[first].trace);
    return n;
}

void trace_assigned(const struct trace *t, const struct proto_assignment *a, int64_t version)
{
    if (!trace_is_on(t)) return;
    for (size_t i = 0; i < a->nodes.n; i++)
        if (is_first_of_request(a, i))
            log_trace("request %s: assignment %lld of %s, nodes in it: %zu", a->nodes.items[i].trace, (long long)version,
                a->region, count_of_request(a, i));
}

void trace_recall_seen(struct trace *t, const struct world *w, const char *region, const struct told *told)
{
    if (!trace_is_on(t)) return;
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *row = &w->nodes[i].row;
        struct trace_owner o = trace_owner_of(&sql_table_node, row);
        const struct proto_node_seen *n = strcmp(row->region, region) == 0 ? told_find(told, KEYED_SEEN_NODES, row->id) : NULL;
        if (n && n->trace && strcmp(n->trace, NO_REQUEST) != 0) trace_recall(t, &o, n->trace);
    }
}
