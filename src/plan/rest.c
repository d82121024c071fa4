#include "base/arena.h"
#include "plan/check.h"
#include "plan/plan.h"
#include "plan/tables.h"
#include <assert.h>
#include <string.h>

/*
 * Whether the plans have come to rest: a second look is taken at a copy of what the first one left, as the database will have
 * it. What still changes then would wait for whatever makes the control plane look again, which may be never, or would be
 * written and told of with every look.
 */

/* The rows that stay, each as if it had been read so. What the world derives of them is left out: world_link() makes it anew. */
static size_t copy_table(const struct world *w, struct world *copy, const struct world_table *t)
{
    size_t n = table_count(w, t), kept = 0;
    char *items = arena_alloc(w->arena, n * t->size);
    for (size_t i = 0; i < n; i++) {
        const char *from = table_item(w, t, i);
        char *to = items + kept * t->size;
        if (table_dropped(t, from)) continue;
        memcpy(to, from, t->table->row_size);
        void *stored = arena_alloc(w->arena, t->table->row_size);
        memcpy(stored, from, t->table->row_size);
        memcpy(to + t->stored, &stored, sizeof stored);
        kept++;
    }
    memcpy((char *)copy + t->items, &items, sizeof items);
    return kept;
}

/* No agent obeys orders yet that this look has only just made. */
static void copy_regions(const struct world *w, struct world *copy)
{
    copy->n_regions = w->n_regions;
    copy->regions = arena_array(w->arena, struct world_region, w->n_regions);
    for (size_t i = 0; i < w->n_regions; i++) {
        copy->regions[i] = w->regions[i];
        copy->regions[i].obeys = false;
    }
}

static struct world copy_world(const struct world *w)
{
    struct world copy = {
        .arena = w->arena,
        .now_ms = w->now_ms,
        .steady_ms = w->steady_ms,
        .started_ms = w->started_ms,
        .blocked_limit_ms = w->blocked_limit_ms,
        .addressing = w->addressing,
        .held = w->held,
        .schedules = w->schedules,
        .n_schedules = w->n_schedules,
        .allow_restricted = w->allow_restricted,
        .parameters = w->parameters,
        .n_parameters = w->n_parameters,
        .settings = w->settings,
    };
    for (size_t i = 0; i < n_world_tables; i++) {
        size_t n = copy_table(w, &copy, &world_tables[i]);
        memcpy((char *)&copy + world_tables[i].count, &n, sizeof n);
    }
    copy_regions(w, &copy);
    /* What control/ has found out besides the rows. */
    assert((copy.nodes || w->n_nodes == 0) && (copy.endpoints || w->n_endpoints == 0));
    for (size_t i = 0, k = 0; i < w->n_nodes; i++) {
        if (w->nodes[i].drop) continue;
        copy.nodes[k].vanished = w->nodes[i].vanished;
        copy.nodes[k++].unattended = w->nodes[i].unattended;
    }
    for (size_t i = 0, k = 0; i < w->n_endpoints; i++)
        if (!w->endpoints[i].drop) copy.endpoints[k++].unattended = w->endpoints[i].unattended;
    world_link(&copy);
    return copy;
}

const char *plan_unrest(struct world *w)
{
    if (w->restless) return w->restless;
    if (w->wake_ms <= w->steady_ms) return NULL; /* it has asked for another look itself: new rows take part from then on */
    struct world again = copy_world(w);
    again.trailing = true;
    plan_world(&again);
    if (again.trail) return world_trail(&again);
    if (again.events)
        return arena_printf(
            w->arena, "it is told again: %s %s: %s", again.events->source_type, again.events->source_id, again.events->message);
    return NULL;
}
