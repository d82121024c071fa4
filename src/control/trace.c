#include "control/trace.h"
#include "base/log.h"
#include "store/sql.gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REQUEST_SIZE = 37, REGION_SIZE = 32 };

/* A request wrote a row of that owner's. */
struct stamp {
    const char *kind; /* a constant of 'owners' */
    char region[REGION_SIZE], id[TRACE_ID_SIZE], request[REQUEST_SIZE];
};

struct trace {
    bool all;
    char ids[TRACE_IDS_MAX][TRACE_ID_SIZE];
    size_t n_ids, edits;
    struct stamp stamps[TRACE_STAMPS_MAX]; /* a ring: stamp i stands at i % TRACE_STAMPS_MAX */
    size_t n_stamps;                       /* since it was opened */
    const char *request, *operation;       /* the one that writes now, or NULL */
    size_t first;                          /* its first stamp */
};

/* Whose rows a table has: the first line whose column is not NULL tells. */
static const struct {
    const struct sql_table *table;
    const char *column, *kind;
} owners[] = {
    {&sql_table_replication_group, "id", "replication group"},
    {&sql_table_node_group, "rg_id", "replication group"},
    {&sql_table_cache_cluster, "rg_id", "replication group"},
    {&sql_table_cache_cluster, "id", "cache cluster"},
    {&sql_table_node, "rg_id", "replication group"},
    {&sql_table_node, "cluster_id", "cache cluster"},
    {&sql_table_endpoint, "rg_id", "replication group"},
    {&sql_table_endpoint, "cluster_id", "cache cluster"},
    {&sql_table_shard, "rg_id", "replication group"},
    {&sql_table_resharding, "rg_id", "replication group"},
    {&sql_table_encryption, "rg_id", "replication group"},
    {&sql_table_rg_user_group, "rg_id", "replication group"},
    {&sql_table_serverless_cache, "name", "serverless cache"},
    {&sql_table_global_member, "rg_id", "replication group"},
    {&sql_table_global_replication_group, "id", "global datastore"},
    {&sql_table_user, "id", "user"},
    {&sql_table_user_group, "id", "user group"},
    {&sql_table_user_group_member, "group_id", "user group"},
    {&sql_table_parameter_group, "name", "parameter group"},
    {&sql_table_parameter, "group_name", "parameter group"},
    {&sql_table_snapshot, "name", "snapshot"},
    {&sql_table_snapshot_part, "snapshot", "snapshot"},
};

struct trace *trace_open(bool all)
{
    struct trace *t = calloc(1, sizeof *t);
    if (t == NULL) abort();
    t->all = all;
    return t;
}

void trace_close(struct trace *t)
{
    free(t);
}

/* ---- what is traced ---- */

static size_t id_position(const struct trace *t, const char *id)
{
    size_t i = 0;
    while (i < t->n_ids && strcmp(t->ids[i], id) != 0) i++;
    return i;
}

bool trace_has_id(const struct trace *t, const char *id)
{
    return id_position(t, id) < t->n_ids;
}

bool trace_add_id(struct trace *t, const char *id)
{
    if (trace_has_id(t, id)) return true;
    if (t->n_ids == TRACE_IDS_MAX || strlen(id) >= TRACE_ID_SIZE) return false;
    strcpy(t->ids[t->n_ids++], id);
    t->edits++;
    return true;
}

void trace_drop_id(struct trace *t, const char *id)
{
    size_t i = id_position(t, id);
    if (i == t->n_ids) return;
    memmove(t->ids[i], t->ids[i + 1], (t->n_ids - i - 1) * sizeof *t->ids);
    t->n_ids--;
    t->edits++;
}

const char *trace_id(const struct trace *t, size_t i)
{
    return i < t->n_ids ? t->ids[i] : NULL;
}

size_t trace_edits(const struct trace *t)
{
    return t->edits;
}

bool trace_is_on(const struct trace *t)
{
    return t->all || t->n_ids > 0;
}

bool trace_wants(const struct trace *t, const char *id)
{
    return t->all || trace_has_id(t, id);
}

/* ---- which request wrote what ---- */

static const char *column_text(const struct sql_table *t, const void *row, const char *name)
{
    for (int i = 0; i < t->n_columns; i++)
        if (t->columns[i].kind == SQL_TEXT && strcmp(t->columns[i].name, name) == 0)
            return *(const char *const *)((const char *)row + t->columns[i].offset);
    return NULL;
}

struct trace_owner trace_owner_of(const struct sql_table *table, const void *row)
{
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const char *id = owners[i].table == table ? column_text(table, row, owners[i].column) : NULL;
        if (id) return (struct trace_owner){owners[i].kind, column_text(table, row, "region"), id};
    }
    return (struct trace_owner){0};
}

static struct stamp *stamp_at(const struct trace *t, size_t i)
{
    return (struct stamp *)&t->stamps[i % TRACE_STAMPS_MAX];
}

/* The newest stamp of the owner's that is not older than 'first', or NULL. */
static const struct stamp *stamp_find(const struct trace *t, const struct trace_owner *o, size_t first, size_t *age)
{
    for (size_t i = t->n_stamps; i > first; i--) {
        const struct stamp *s = stamp_at(t, i - 1);
        if (strcmp(s->id, o->id) != 0 || strcmp(s->region, o->region ? o->region : "") != 0 || strcmp(s->kind, o->kind) != 0)
            continue;
        if (age) *age = t->n_stamps - i;
        return s;
    }
    return NULL;
}

static void stamp_add(struct trace *t, const struct trace_owner *o, const char *request)
{
    struct stamp *s = stamp_at(t, t->n_stamps++);
    s->kind = o->kind;
    snprintf(s->region, sizeof s->region, "%s", o->region ? o->region : "");
    snprintf(s->id, sizeof s->id, "%s", o->id);
    snprintf(s->request, sizeof s->request, "%s", request);
}

void trace_begin(struct trace *t, const char *request, const char *operation)
{
    t->request = request;
    t->operation = operation;
    t->first = t->n_stamps;
}

void trace_row(void *trace, const struct sql_table *table, const void *row)
{
    struct trace *t = trace;
    struct trace_owner o = t->request ? trace_owner_of(table, row) : (struct trace_owner){0};
    bool full = t->n_stamps - t->first == TRACE_STAMPS_MAX; /* a request of which no more than that can be told */
    if (o.kind && !full && !stamp_find(t, &o, t->first, NULL)) stamp_add(t, &o, t->request);
}

void trace_end(struct trace *t, bool committed)
{
    if (!committed) {
        /* Stamps that the failed request has overwritten are forgotten: theirs were the oldest. */
        for (size_t i = t->first; i < t->n_stamps; i++) *stamp_at(t, i) = (struct stamp){.kind = ""};
        t->n_stamps = t->first;
    }
    for (size_t i = t->first; committed && i < t->n_stamps; i++) {
        const struct stamp *s = stamp_at(t, i);
        if (trace_wants(t, s->id))
            log_trace("request %s: %s wrote %s %s%s%s", s->request, t->operation, s->kind, s->id, s->region[0] ? " of " : "",
                s->region);
    }
    t->request = t->operation = NULL;
}

const char *trace_request(const struct trace *t, const struct trace_owner *owner, size_t *age)
{
    const struct stamp *s =
        owner->kind ? stamp_find(t, owner, t->n_stamps > TRACE_STAMPS_MAX ? t->n_stamps - TRACE_STAMPS_MAX : 0, age) : NULL;
    return s ? s->request : NULL;
}

void trace_recall(struct trace *t, const struct trace_owner *owner, const char *request)
{
    if (owner->kind && strlen(request) < REQUEST_SIZE && !trace_request(t, owner, NULL)) stamp_add(t, owner, request);
}
