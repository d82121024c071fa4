#include "plan/service_update.h"
#include "base/arena.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/want.h"
#include <string.h>

bool update_is_under_way(enum update_stage stage)
{
    return stage == UPDATE_WAITING_TO_START || stage == UPDATE_IN_PROGRESS || stage == UPDATE_STOPPING;
}

bool node_is_updated(const struct row_node *n, const char *update)
{
    return n->updated_for != NULL && strcmp(n->updated_for, update) == 0;
}

static void restart_node(struct world *w, struct world_node *n, const char *update)
{
    world_set(w, &n->row.updated_for, update);
    world_set_int(w, &n->row.updated_ms, w->now_ms);
    world_set_int(w, &n->row.incarnation, n->row.incarnation + 1);
    world_set_int(w, &n->row.keep_data, 1);
}

static void move_update(struct world *w, const struct update_columns *u, enum update_stage to)
{
    if (*u->stage == to) return;
    world_set_word(w, u->stage, to);
    world_set_int(w, u->changed_ms, w->now_ms);
    if (to != UPDATE_COMPLETE) return;
    world_set(w, u->done, *u->done ? arena_printf(w->arena, "%s %s", *u->done, *u->name) : *u->name);
}

/* True where nodes are to be restarted; what is to stop stops at once, and a node that starts goes on to. */
static bool goes_on(struct world *w, const struct update_columns *u)
{
    if (*u->stage == UPDATE_STOPPING) move_update(w, u, UPDATE_STOPPED);
    else if (*u->stage == UPDATE_WAITING_TO_START) move_update(w, u, UPDATE_IN_PROGRESS);
    return *u->stage == UPDATE_IN_PROGRESS;
}

/* Some replica of the node group that has the update. */
static struct world_node *find_updated(struct world_rg *rg, const struct world_node *first, const char *update)
{
    for (size_t i = 0; i < rg->n_nodes; i++) {
        struct world_node *n = &rg->nodes[i];
        if (n != first && !n->drop && n->row.want == WISH_RUN && node_is_updated(&n->row, update) &&
            strcmp(n->row.node_group_id, first->row.node_group_id) == 0)
            return n;
    }
    return NULL;
}

void plan_rg_update(struct world *w, struct world_rg *rg)
{
    struct update_columns u = UPDATE_COLUMNS_OF(&rg->row);
    struct world_node *replica = NULL, *primary = NULL;
    if (rg->drop || rg->row.status != RG_MODIFYING || !goes_on(w, &u)) return;
    for (size_t i = 0; i < rg->n_nodes; i++) {
        struct world_node *n = &rg->nodes[i];
        if (n->drop || n->row.want != WISH_RUN) continue;
        if (!want_in_force(w, n)) return;
        if (node_is_updated(&n->row, *u.name)) continue;
        if (n->node_group && rg_primary(n->node_group) == n) primary = n;
        else replica = n;
    }
    struct world_node *next = replica == NULL && primary ? find_updated(rg, primary, *u.name) : NULL;
    if (replica) restart_node(w, replica, *u.name);
    else if (next) upgrade_hand_over(w, rg, primary, next);
    else if (primary) restart_node(w, primary, *u.name);
    else move_update(w, &u, UPDATE_COMPLETE);
}

void plan_cluster_update(struct world *w, struct world_cluster *c)
{
    struct update_columns u = UPDATE_COLUMNS_OF(&c->row);
    struct world_node *next = NULL;
    if (c->row.status != CLUSTER_MODIFYING || !goes_on(w, &u)) return;
    for (size_t i = 0; i < c->n_nodes; i++) {
        struct world_node *n = &c->nodes[i];
        if (n->drop || n->row.want != WISH_RUN) continue;
        if (!want_in_force(w, n)) return;
        if (next == NULL && !node_is_updated(&n->row, *u.name)) next = n;
    }
    if (next) restart_node(w, next, *u.name);
    else move_update(w, &u, UPDATE_COMPLETE);
}
