#include "catalog/node_type.h"
#include <stdlib.h>
#include <string.h>

static int compare_name(const void *name, const void *type)
{
    return strcmp(name, ((const struct node_type *)type)->name);
}

const struct node_type *node_type_find(const char *name)
{
    return bsearch(name, node_types, NODE_TYPE_COUNT, sizeof *node_types, compare_name);
}

bool node_type_has_disks(const char *name)
{
    const struct node_type *t = node_type_find(name);
    return t && t->family->data_tiering;
}

bool node_type_runs(const struct node_type *t, const struct engine_version *v)
{
    const char *min = t->family->min_version[v->engine->id];
    return min && version_compare(v->full, min) >= 0;
}

int64_t node_type_memory(const struct node_type *t, enum engine_id engine)
{
    if (!t->family->min_version[engine]) return 0;
    return engine == ENGINE_MEMCACHED ? (int64_t)t->memcached_mb << 20 : t->maxmemory;
}

static bool can_move(const struct node_type *from, const struct node_type *to, const struct engine_version *v, bool in_global)
{
    if (from == to || !to->family->target || !node_type_runs(to, v)) return false;
    if (in_global && !to->global_datastores) return false;
    return from->family->data_tiering == to->family->data_tiering;
}

void node_type_moves(const struct node_type *from, const struct engine_version *v, bool in_global, struct node_type_moves *moves)
{
    int64_t memory = node_type_memory(from, v->engine->id);
    moves->n_up = moves->n_down = 0;
    for (size_t i = 0; i < NODE_TYPE_COUNT; i++) {
        const struct node_type *to = &node_types[i];
        if (!can_move(from, to, v, in_global)) continue;
        int64_t other = node_type_memory(to, v->engine->id);
        bool older = to->family->generation < from->family->generation;
        if (other >= memory && !older) moves->up[moves->n_up++] = to;
        if (other < memory || (other == memory && older)) moves->down[moves->n_down++] = to;
    }
}
