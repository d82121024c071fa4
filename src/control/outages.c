#include "control/outages.h"
#include "base/arena.h"
#include "base/text.h"
#include "store/queries.gen.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_about(const struct outage *x, const char *region, const char *zone, const char *rg_id, const char *experiment)
{
    return strcmp(x->region, region) == 0 && strcmp(x->zone, zone) == 0 && strcmp(x->rg_id, rg_id) == 0 &&
           strcmp(x->experiment, experiment) == 0;
}

static void drop_outage(struct outages *o, size_t i)
{
    o->items[i] = o->items[--o->n];
    o->edits++;
}

void outages_add(struct outages *o, const struct outage *outage)
{
    const struct outage *x = outage;
    for (size_t i = 0; i < o->n; i++)
        if (is_about(&o->items[i], x->region, x->zone, x->rg_id, x->experiment) && o->items[i].from_ms == x->from_ms)
            drop_outage(o, i--);
    o->items = realloc(o->items, (o->n + 1) * sizeof *o->items);
    if (o->items == NULL) abort();
    o->items[o->n++] = *outage;
    o->edits++;
}

const struct outage *outages_find(const struct outages *o, const char *region, const char *zone)
{
    for (size_t i = 0; i < o->n; i++)
        if (is_about(&o->items[i], region, zone ? zone : "", "", "")) return &o->items[i];
    return NULL;
}

void outages_drop(struct outages *o, const char *region, const char *zone)
{
    const struct outage *x = outages_find(o, region, zone);
    if (x) drop_outage(o, (size_t)(x - o->items));
}

void outages_clear(struct outages *o)
{
    o->n = 0;
    o->edits++;
}

void outages_end_experiment(struct outages *o, const char *experiment)
{
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->items[i].experiment, experiment) == 0) drop_outage(o, i--);
}

void outages_advance(struct outages *o, int64_t steady_ms)
{
    for (size_t i = 0; i < o->n; i++) {
        struct outage *x = &o->items[i];
        bool begins = x->from_ms && x->from_ms <= steady_ms;
        if (begins) x->from_ms = 0;
        o->edits += begins;
        if (x->until_ms && x->until_ms <= steady_ms) drop_outage(o, i--);
    }
}

int64_t outages_due_ms(const struct outages *o)
{
    int64_t due_ms = INT64_MAX;
    for (size_t i = 0; i < o->n; i++) {
        int64_t next_ms = o->items[i].from_ms ? o->items[i].from_ms : o->items[i].until_ms;
        if (next_ms && next_ms < due_ms) due_ms = next_ms;
    }
    return due_ms;
}

static bool has_region(const struct outages *o, const char *region, enum outage_state state)
{
    const struct outage *x = outages_find(o, region, NULL);
    return x && x->state == state;
}

bool outages_stop_region(const struct outages *o, const char *region)
{
    return has_region(o, region, OUTAGE_DOWN);
}

bool outages_isolate(const struct outages *o, const char *region)
{
    return has_region(o, region, OUTAGE_ISOLATED);
}

bool outages_stop_node(const struct outages *o, const struct row_node *n)
{
    for (size_t i = 0; i < o->n; i++) {
        const struct outage *x = &o->items[i];
        if (x->state != OUTAGE_DOWN || x->from_ms || strcmp(x->region, n->region) != 0) continue;
        if (x->zone[0] && !text_is(x->zone, n->availability_zone)) continue;
        if (x->rg_id[0] == '\0' || text_is(x->rg_id, n->rg_id)) return true;
    }
    return false;
}

int outages_load(struct outages *o, struct store *s, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_outage *rows;
    size_t n;
    int r = q_outage_all(s, &a, &rows, &n, e);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct outage x = {.state = rows[i].state, .persist = true};
        snprintf(x.region, sizeof x.region, "%s", rows[i].region);
        snprintf(x.zone, sizeof x.zone, "%s", rows[i].zone);
        outages_add(o, &x);
    }
    return r;
}

int outages_keep(const struct outages *o, struct store *s, struct err *e)
{
    int r = store_begin(s, true, e);
    if (r) return r;
    r = q_outage_delete_all(s, e);
    for (size_t i = 0; r == 0 && i < o->n; i++) {
        const struct row_outage row = {o->items[i].region, o->items[i].zone, o->items[i].state};
        if (o->items[i].persist) r = q_outage_put(s, &row, e);
    }
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}

void outages_fini(struct outages *o)
{
    free(o->items);
    *o = (struct outages){0};
}
