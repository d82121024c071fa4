#include "control/world_io.h"
#include "base/arena.h"
#include "base/log.h"
#include "catalog/region.h"
#include "control/kept.h"
#include "control/rows.h"
#include "control/steady.h"
#include "plan/tables.h"
#include "store/event_log.h"
#include "store/queries.gen.h"
#include "store/store.h"
#include "catalog/account_key.h"
#include <stdlib.h>
#include <string.h>

/* ---- from the rows ---- */

/* Rows, unpacked, of each of kept_tables, to be put in order. */
struct picking {
    struct arena *arena;
    struct picked {
        const void **rows;
        size_t n;
    } * tables;
};

static int compare_texts(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static int compare_column(const struct sql_column *c, const void *a, const void *b)
{
    const void *x = (const char *)a + c->offset, *y = (const char *)b + c->offset;
    if (c->kind == SQL_TEXT) return compare_texts(*(const char *const *)x, *(const char *const *)y);
    int64_t m = *(const int64_t *)x, n = *(const int64_t *)y;
    return m < n ? -1 : m > n;
}

/* By replication group first: an id alone would interleave the replication groups "a" and "a-0". */
static const char *group_of(const struct sql_table *t, const void *row)
{
    if (t == &sql_table_node) return ((const struct row_node *)row)->rg_id;
    if (t == &sql_table_cache_cluster) return ((const struct row_cache_cluster *)row)->rg_id;
    return t == &sql_table_endpoint ? ((const struct row_endpoint *)row)->rg_id : NULL;
}

static int compare_rows(const void *a, const void *b, void *table)
{
    const void *x = *(const void *const *)a, *y = *(const void *const *)b;
    const struct sql_table *t = table;
    int r = compare_column(&t->columns[0], x, y);
    if (r == 0) r = compare_texts(group_of(t, x), group_of(t, y));
    for (int i = 1; r == 0 && i < t->n_key; i++) r = compare_column(&t->columns[i], x, y);
    return r;
}

static void count_rows(struct picking *p, const struct unit *u)
{
    for (size_t i = 0; i < u->rows.n; i++) p->tables[u->rows.items[i]->table].n++;
}

static void pick_rows(struct picking *p, const struct unit *u)
{
    for (size_t i = 0; i < u->rows.n; i++) {
        struct picked *to = &p->tables[u->rows.items[i]->table];
        to->rows[to->n++] = kept_row(u->rows.items[i], p->arena);
    }
}

static void each_unit(
    const struct rows *rows, const struct unit_list *units, struct picking *p, void (*fn)(struct picking *, const struct unit *))
{
    size_t at = 0;
    for (size_t i = 0; units && i < units->n; i++) fn(p, units->items[i]);
    for (const struct unit *u; units == NULL && (u = rows_next_unit(rows, &at)) != NULL;) fn(p, u);
}

/* Every kind of row the same way: the row as it is kept beside the one that plans change. */
static void take_table(struct world *w, const struct world_table *t, const struct picked *p)
{
    char *items = arena_alloc(w->arena, p->n * t->size);
    for (size_t i = 0; i < p->n; i++) {
        memcpy(items + i * t->size, p->rows[i], t->table->row_size);
        memcpy(items + i * t->size + t->stored, &p->rows[i], sizeof p->rows[i]);
    }
    memcpy((char *)w + t->items, &items, sizeof items);
    memcpy((char *)w + t->count, &p->n, sizeof p->n);
}

static void take_schedules(struct world *w, const struct picked *p)
{
    struct row_snapshot_schedule *all = arena_array(w->arena, struct row_snapshot_schedule, p->n);
    for (size_t i = 0; i < p->n; i++) all[i] = *(const struct row_snapshot_schedule *)p->rows[i];
    w->schedules = all;
    w->n_schedules = p->n;
}

void world_of_units(struct world *w, const struct rows *rows, const struct unit_list *units)
{
    struct picking p = {w->arena, arena_array(w->arena, struct picked, n_kept_tables)};
    each_unit(rows, units, &p, count_rows);
    for (size_t i = 0; i < n_kept_tables; i++) {
        p.tables[i].rows = arena_array(w->arena, const void *, p.tables[i].n);
        p.tables[i].n = 0;
    }
    each_unit(rows, units, &p, pick_rows);
    for (size_t i = 0; i < n_kept_tables; i++) {
        const struct sql_table *table = kept_tables[i];
        const struct world_table *t = table_find(table);
        struct picked *all = &p.tables[i];
        if (all->n > 1) qsort_r(all->rows, all->n, sizeof *all->rows, compare_rows, (void *)(uintptr_t)table);
        if (t) take_table(w, t, all);
        else if (table == &sql_table_snapshot_schedule) take_schedules(w, all);
    }
    w->parameters = rows->parameters;
    w->n_parameters = rows->n_parameters;
    w->settings = rows->settings;
    world_link(w);
}

struct world_region *world_regions(struct arena *a, const struct rows *rows)
{
    struct world_region *all = arena_array(a, struct world_region, rows->n_regions);
    for (size_t i = 0; i < rows->n_regions; i++) {
        all[i].stored = kept_row(rows->regions[i], a);
        all[i].row = *all[i].stored;
    }
    return all;
}

/* ---- to the database ---- */

#define STORE(array, item, table, query)                                                                                   \
    for (size_t i = 0; r == 0 && i < (w)->n_##array; i++) {                                                                \
        if ((w)->array[i].drop && (w)->array[i].stored == NULL) continue;                                                  \
        if (!(w)->array[i].drop && (w)->array[i].stored &&                                                                 \
            row_equal(&sql_table_##table, (w)->array[i].stored, &(w)->array[i].row))                                       \
            continue;                                                                                                      \
        r = (w)->array[i].drop ? q_##table##_delete(s, &(w)->array[i].row, e) : q_##table##_put(s, &(w)->array[i].row, e); \
        *wrote = true;                                                                                                     \
    }

int world_store_regions(struct store *s, const struct world_region *all, size_t n, bool *wrote, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (row_equal(&sql_table_region, all[i].stored, &all[i].row)) continue;
        r = q_region_put(s, &all[i].row, e);
        *wrote = true;
    }
    return r;
}

/* The list is newest first; the oldest is written first, so that their numbers go with the time. */
static int store_events(struct store *s, struct world *w, bool *wrote, struct err *e)
{
    struct world_event *oldest = NULL;
    for (struct world_event *ev = w->events, *next; ev; ev = next) {
        next = ev->next;
        ev->next = oldest;
        oldest = ev;
    }
    if (oldest == NULL) return 0;
    int r = 0;
    for (struct world_event *ev = oldest; r == 0 && ev; ev = ev->next) {
        log_info("%s %s %s: %s", ev->region, ev->source_type, ev->source_id, ev->message);
        r = event_log_add(s, ev->region, w->now_ms, ev->source_type, ev->source_id, ev->message, e);
    }
    *wrote = true;
    return r;
}

static int store_new_snapshot(struct store *s, const struct world_new_snapshot *n, struct err *e)
{
    int r = q_snapshot_put(s, &n->row, e);
    for (size_t i = 0; r == 0 && i < n->n_parts; i++) r = q_snapshot_part_put(s, &n->parts[i], e);
    return r ? r : q_snapshot_schedule_put(s, &n->schedule, e);
}

/* What is gone has no tags: a member of a shard keeps its own for as long as it may yet stay. */
static int forget_tags(struct store *s, struct world *w, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < w->n_clusters; i++) {
        const struct row_cache_cluster *c = &w->clusters[i].row;
        const struct region *region = w->clusters[i].drop ? region_find(c->region) : NULL;
        if (region == NULL || w->clusters[i].stored == NULL) continue;
        r = q_tag_delete_arn(s,
            arena_printf(w->arena, "arn:%s:elasticache:%s:%s:cluster:%s", region->partition->name, c->region, c->account,
                account_id(c->id)),
            e);
    }
    return r;
}

int world_store(struct store *s, struct world *w, bool *wrote, struct err *e)
{
    int r = 0;
    WORLD_TABLES(STORE)
    if (r == 0) r = forget_tags(s, w, e);
    for (struct world_new_node *n = w->new_nodes; r == 0 && n; n = n->next) {
        r = q_node_put(s, &n->row, e);
        *wrote = true;
    }
    for (struct world_new_snapshot *n = w->new_snapshots; r == 0 && n; n = n->next) {
        r = store_new_snapshot(s, n, e);
        *wrote = true;
    }
    return r ? r : store_events(s, w, wrote, e);
}
