#include "plan/plan.h"
#include "plan/shard.h"
#include <stdio.h>
#include <string.h>

/*
 * What events tell of slots that move between node groups. The row remembers each pair whose
 * beginning was told, as 'FROM>TO:SLOTS', so that its end is told with the same number.
 */

static bool is_told(const struct row_resharding *row, const char *pair)
{
    size_t n = strlen(pair);
    for (const char *at = row->told; at && (at = strstr(at, pair)); at += n)
        if ((at == row->told || at[-1] == ' ') && at[n] == ':') return true;
    return false;
}

/* New node groups have joined once the first slots can move: those that hold nothing yet and shall stay. */
static void tell_added(struct world *w, const struct world_rg *rg)
{
    const char **ids = arena_array(w->arena, const char *, rg->n_node_groups);
    size_t n = 0;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        const struct world_node_group *ng = &rg->node_groups[i];
        bool empty = ng->row.slots == NULL || *ng->row.slots == '\0';
        if (!ng->drop && ng->shard && !ng->shard->row.leaving && empty) ids[n++] = ng->row.id;
    }
    if (n == 0) return;
    const char *number = arena_printf(w->arena, "%zu", n), *list = arena_join(w->arena, ids, n, ", ");
    world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_ADDED, rg->row.id, number, list);
}

void reshard_tell_moves(struct world *w, struct world_rg *rg)
{
    struct slot_move *moves;
    size_t n = shard_moves(w, rg, &moves);
    struct row_resharding *row = &rg->resharding->row;
    if (n && row->told == NULL) tell_added(w, rg);
    for (size_t i = 0; i < n; i++) {
        struct slots slots = {0};
        const char *pair = arena_printf(w->arena, "%s>%s", moves[i].from, moves[i].to);
        if (is_told(row, pair)) continue;
        slots_read(&slots, moves[i].slots);
        world_event(w, rg->row.region, rg->row.id, EVENT_SLOTS_MOVING, moves[i].from, moves[i].to);
        world_set(w, &row->told,
            arena_printf(w->arena, "%s%s%s:%d", row->told ? row->told : "", row->told ? " " : "", pair, slots_count(&slots)));
    }
}

void reshard_tell_moved(struct world *w, const struct world_rg *rg)
{
    const char *at = rg->resharding->row.told;
    char from[8], to[8], number[8];
    int length;
    while (at && sscanf(at, " %7[^>]>%7[^:]:%7[0-9]%n", from, to, number, &length) == 3) {
        world_event(w, rg->row.region, rg->row.id, EVENT_SLOTS_MOVED, number, number, from, to);
        at += length;
    }
}
