#include "control/world_io.h"
#include "base/arena.h"
#include "base/log.h"
#include "catalog/region.h"
#include "control/rows.h"
#include "control/steady.h"
#include "store/event_log.h"
#include "store/queries.gen.h"
#include <string.h>

/* All rows of a table, read where they are not known. */
#define READ(out, count, query, type)                                      \
    do {                                                                   \
        struct rows_table *t = rows_next(rows);                            \
        type *read = t->rows;                                              \
        int r = rows->known ? 0 : query(s, &rows->arena, &read, &t->n, e); \
        if (r) return r;                                                   \
        t->rows = read;                                                    \
        (out) = read;                                                      \
        (count) = t->n;                                                    \
    } while (0)

/* Every kind of row the same way: keep the row as read beside the one that plans change. */
#define LOAD(w, array, query, type)                                                \
    do {                                                                           \
        const type *all;                                                           \
        READ(all, (w)->n_##array, query, type);                                    \
        (w)->array = arena_alloc((w)->arena, (w)->n_##array * sizeof *(w)->array); \
        for (size_t i = 0; i < (w)->n_##array; i++) {                              \
            (w)->array[i].row = all[i];                                            \
            (w)->array[i].stored = &all[i];                                        \
        }                                                                          \
    } while (0)

#define LOAD_TABLE(array, item, table, query) LOAD(w, array, q_##table##_##query, struct row_##table);

int world_load(struct store *s, struct rows *rows, struct world *w, struct err *e)
{
    rows_begin(rows, store_changes(s));
    LOAD(w, regions, q_region_all, struct row_region);
    WORLD_TABLES(LOAD_TABLE)
    READ(w->schedules, w->n_schedules, q_snapshot_schedule_all, struct row_snapshot_schedule);
    READ(w->parameters, w->n_parameters, q_parameter_all, struct row_parameter);
    rows_end(rows, store_changes(s));
    world_link(w);
    return 0;
}

/* What is written takes the place of what was read; what comes or goes makes the next pass read anew. */
#define STORE(array, item, table, query)                                                                                   \
    for (size_t i = 0; r == 0 && i < (w)->n_##array; i++) {                                                                \
        if ((w)->array[i].drop && (w)->array[i].stored == NULL) continue;                                                  \
        if (!(w)->array[i].drop && (w)->array[i].stored &&                                                                 \
            row_equal(&sql_table_##table, (w)->array[i].stored, &(w)->array[i].row))                                       \
            continue;                                                                                                      \
        r = (w)->array[i].drop ? q_##table##_delete(s, &(w)->array[i].row, e) : q_##table##_put(s, &(w)->array[i].row, e); \
        if ((w)->array[i].drop || (w)->array[i].stored == NULL) rows_lose(rows);                                           \
        else rows_wrote(rows, (w)->arena, &sql_table_##table, (w)->array[i].stored, &(w)->array[i].row);                   \
        *wrote = true;                                                                                                     \
    }

static int store_regions(struct store *s, struct rows *rows, struct world *w, bool *wrote, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < w->n_regions; i++) {
        if (row_equal(&sql_table_region, w->regions[i].stored, &w->regions[i].row)) continue;
        r = q_region_put(s, &w->regions[i].row, e);
        rows_wrote(rows, w->arena, &sql_table_region, w->regions[i].stored, &w->regions[i].row);
        *wrote = true;
    }
    return r;
}

/* The list is newest first; the oldest is written first, so that their numbers go with the time. No plan looks at events. */
static int store_events(struct store *s, struct rows *rows, struct world *w, bool *wrote, struct err *e)
{
    struct world_event *oldest = NULL;
    for (struct world_event *ev = w->events, *next; ev; ev = next) {
        next = ev->next;
        ev->next = oldest;
        oldest = ev;
    }
    if (oldest == NULL) return 0;
    int64_t before = store_changes(s);
    int r = 0;
    for (struct world_event *ev = oldest; r == 0 && ev; ev = ev->next) {
        log_info("%s %s %s: %s", ev->region, ev->source_type, ev->source_id, ev->message);
        r = event_log_add(s, ev->region, w->now_ms, ev->source_type, ev->source_id, ev->message, e);
    }
    rows->changes += store_changes(s) - before;
    *wrote = true;
    return r;
}

/* No plan looks at it. */
static int store_steady(struct store *s, struct rows *rows, const struct world *w, struct err *e)
{
    int64_t before = store_changes(s);
    int r = steady_note(s, w->steady_ms, e);
    rows->changes += store_changes(s) - before;
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
            arena_printf(w->arena, "arn:%s:elasticache:%s:%s:cluster:%s", region->partition->name, c->region, c->account, c->id),
            e);
    }
    return r;
}

int world_store(struct store *s, struct rows *rows, struct world *w, bool *wrote, struct err *e)
{
    *wrote = false;
    int r = store_regions(s, rows, w, wrote, e);
    WORLD_TABLES(STORE)
    if (r == 0) r = forget_tags(s, w, e);
    for (struct world_new_node *n = w->new_nodes; r == 0 && n; n = n->next) {
        r = q_node_put(s, &n->row, e);
        rows_lose(rows);
        *wrote = true;
    }
    for (struct world_new_snapshot *n = w->new_snapshots; r == 0 && n; n = n->next) {
        r = store_new_snapshot(s, n, e);
        rows_lose(rows);
        *wrote = true;
    }
    if (r == 0) r = store_events(s, rows, w, wrote, e);
    return r || !*wrote ? r : store_steady(s, rows, w, e);
}
