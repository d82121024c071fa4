#include "plan/plan.h"
#include <string.h>

static bool in_trouble(const struct row_node *n)
{
    return n->seen_reason && (strcmp(n->seen_state, "broken") == 0 || (strcmp(n->seen_state, "conflict") == 0 && n->settled));
}

static bool known_already(const struct row_node *stored, const struct row_node *now)
{
    return stored && in_trouble(stored) && strcmp(stored->seen_reason, now->seen_reason) == 0;
}

void plan_trouble(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *n = &w->nodes[i].row;
        if (!in_trouble(n) || known_already(w->nodes[i].stored, n)) continue;
        world_event(w, n->region, n->cluster_id, EVENT_NODE_START_FAILED, n->node_id, n->seen_reason);
    }
}
