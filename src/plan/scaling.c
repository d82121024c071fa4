#include "plan/scaling.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/settings.h"
#include <string.h>

/*
 * Another node type. It waits in the cache clusters' pending_node_type until every primary has
 * told what its engine uses, unless it is no smaller than the one before. Replicas hold what
 * their primaries hold. A type that has no room for the data is not taken: writes would be
 * refused from then on, or data evicted, by the parameter group's policy.
 */

enum { ANSWER_LIMIT_MS = 10000 };

/* ---- the question ---- */

int64_t scaling_question(const struct world_node *n)
{
    if (n->rg) return n->rg->row.weighing_ms;
    return n->cluster ? n->cluster->row.weighing_ms : 0;
}

/* A primary that is being replaced, or one that a client keeps busy, may answer late. */
enum room scaling_answer(struct world *w, const struct world_node *n, int64_t question)
{
    int64_t limit = (question > w->started_ms ? question : w->started_ms) + ANSWER_LIMIT_MS;
    if (n && n->row.seen_weighed == question) return ROOM_ENOUGH;
    if (w->steady_ms >= limit) return ROOM_UNTOLD;
    world_wake(w, limit);
    return ROOM_UNKNOWN;
}

static enum room node_room(struct world *w, const struct world_node *n, int64_t question, int64_t limit)
{
    enum room room = scaling_answer(w, n, question);
    return room == ROOM_ENOUGH && n->row.seen_used >= limit ? ROOM_LACKING : room;
}

/* Of two verdicts the one that counts: one that has no room is enough, and one that does not tell. */
static enum room worse_room(enum room a, enum room b)
{
    static const int rank[] = {[ROOM_ENOUGH] = 0, [ROOM_UNKNOWN] = 1, [ROOM_UNTOLD] = 2, [ROOM_LACKING] = 3};
    return rank[b] > rank[a] ? b : a;
}

static bool is_smaller(struct world *w, const struct row_cache_cluster *c)
{
    return settings_memory(w, c, c->pending_node_type) < settings_memory(w, c, c->node_type);
}

/* ---- cache clusters ---- */

static void set_type(struct world *w, struct row_cache_cluster *c)
{
    world_set(w, &c->node_type, c->pending_node_type);
    world_set(w, &c->pending_node_type, NULL);
    move_apply_status(w, &c->parameter_apply_status, APPLY_VALUES_CHANGED); /* until a plan finds otherwise */
}

static void refuse_type(struct world *w, struct row_cache_cluster *c, enum room room)
{
    world_event(w, c->region, c->id, EVENT_NODE_TYPE_CHANGE_FAILED, c->pending_node_type);
    if (c->rg_id == NULL && room == ROOM_LACKING) world_event(w, c->region, c->id, EVENT_SCALE_DOWN_FAILED, c->id);
    if (c->rg_id == NULL && room == ROOM_UNTOLD) world_event(w, c->region, c->id, EVENT_SCALE_DOWN_UNTOLD, c->id);
    world_set(w, &c->pending_node_type, NULL);
}

void plan_cluster_scaling(struct world *w, struct world_cluster *c)
{
    const char *type = c->row.pending_node_type;
    enum room room = ROOM_ENOUGH;
    if (c->drop || c->row.weighing_ms == 0) return;
    for (size_t i = 0; type && is_smaller(w, &c->row) && i < c->n_nodes; i++)
        room = worse_room(room, node_room(w, &c->nodes[i], c->row.weighing_ms, settings_memory(w, &c->row, type)));
    if (room == ROOM_UNKNOWN) return;
    world_set_int(w, &c->row.weighing_ms, 0);
    if (type == NULL) return;
    if (room == ROOM_ENOUGH) world_event(w, c->row.region, c->row.id, EVENT_NODE_TYPE_CHANGED, type);
    if (room == ROOM_ENOUGH) set_type(w, &c->row);
    else refuse_type(w, &c->row, room);
}

/* ---- replication groups ---- */

/* All members of a replication group wait for the same type. */
static struct row_cache_cluster *first_waiting(struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (!rg->clusters[i].drop && rg->clusters[i].row.pending_node_type) return &rg->clusters[i].row;
    return NULL;
}

static enum room group_room(struct world *w, struct world_rg *rg)
{
    const struct row_cache_cluster *c = first_waiting(rg);
    enum room room = ROOM_ENOUGH;
    if (c == NULL || !is_smaller(w, c)) return ROOM_ENOUGH;
    int64_t limit = settings_memory(w, c, c->pending_node_type);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (!rg->node_groups[i].drop)
            room = worse_room(room, node_room(w, rg_primary(&rg->node_groups[i]), rg->row.weighing_ms, limit));
    return room;
}

static void take_type(struct world *w, struct world_rg *rg)
{
    const struct row_cache_cluster *c = first_waiting(rg);
    world_set_int(w, &rg->row.weighing_ms, 0);
    if (c == NULL) return;
    world_set(w, &rg->row.node_type, c->pending_node_type);
    world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_SCALED, rg->row.node_type, rg->row.id);
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (rg->clusters[i].row.pending_node_type) set_type(w, &rg->clusters[i].row);
}

static void leave_type(struct world *w, struct world_rg *rg, enum room room)
{
    const struct row_cache_cluster *c = first_waiting(rg);
    world_set_int(w, &rg->row.weighing_ms, 0);
    if (c == NULL) return;
    world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_SCALING_FAILED, c->pending_node_type, rg->row.id);
    if (room == ROOM_LACKING) world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_SCALE_DOWN_FAILED, rg->row.id);
    else world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_SCALE_DOWN_UNTOLD, rg->row.id);
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (rg->clusters[i].row.pending_node_type) refuse_type(w, &rg->clusters[i].row, room);
}

static bool is_scaling(const struct world_rg *rg)
{
    bool resharding = rg && rg->resharding && !rg->resharding->drop;
    return rg && !rg->drop && rg->row.weighing_ms && !resharding && rg->row.status != RG_DELETING;
}

void plan_scaling(struct world *w, struct world_rg *rg)
{
    if (!is_scaling(rg) || rg->global) return;
    enum room room = group_room(w, rg);
    if (room == ROOM_ENOUGH) take_type(w, rg);
    else if (room != ROOM_UNKNOWN) leave_type(w, rg, room);
}

void plan_global_scaling(struct world *w, struct world_global *g)
{
    enum room room = ROOM_ENOUGH;
    for (size_t i = 0; i < g->n_members; i++)
        if (is_scaling(g->members[i].rg)) room = worse_room(room, group_room(w, g->members[i].rg));
    for (size_t i = 0; i < g->n_members && room != ROOM_UNKNOWN; i++) {
        struct world_rg *rg = g->members[i].rg;
        if (!is_scaling(rg)) continue;
        if (room == ROOM_ENOUGH) take_type(w, rg);
        else leave_type(w, rg, room);
        world_set(w, &g->row.node_type, rg->row.node_type);
    }
}
