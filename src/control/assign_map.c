#include "control/assign_map.h"
#include "base/arena.h"
#include "plan/shard.h"
#include "plan/want.h"
#include <string.h>

static struct proto_cluster_node map_node(const struct world *w, const struct world_node *n)
{
    const struct world_node_group *ng = n->node_group;
    bool primary = ng && strcmp(ng->row.primary_node_id, n->row.id) == 0;
    return (struct proto_cluster_node){
        .order = n->row.id,
        .name = n->shard_node->row.name,
        .host = node_meeting_address(w, n),
        .port = OPT_INT(n->row.port),
        .shard = n->row.node_group_id,
        .primary = OPT_BOOL(primary),
        .slots = primary && ng->row.slots ? ng->row.slots : "",
    };
}

static struct proto_slot_move_list map_moves(struct world *w, struct world_rg *rg)
{
    struct slot_move *moves;
    size_t n = reshard_may_move(w, rg) ? shard_moves(w, rg, &moves) : 0;
    struct proto_slot_move_list list = {true, n, arena_array(w->arena, struct proto_slot_move, n)};
    for (size_t i = 0; i < n; i++) list.items[i] = (struct proto_slot_move){moves[i].slots, moves[i].from, moves[i].to};
    return list;
}

static struct proto_cluster_map map_group(struct world *w, struct world_rg *rg)
{
    struct proto_cluster_node_list nodes = {.set = true, .items = arena_array(w->arena, struct proto_cluster_node, rg->n_nodes)};
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (shard_has_node(&rg->nodes[i])) nodes.items[nodes.n++] = map_node(w, &rg->nodes[i]);
    struct proto_cluster_map map = {.group = rg->row.id, .nodes = nodes, .moves = map_moves(w, rg)};
    map.settle = OPT_BOOL(reshard_is_given_up(rg) && !want_passive(rg));
    if (map.moves.n && want_passive(rg)) map.mirrors = OPT_BOOL(true);
    if (want_passive(rg) && rg->resharding && !rg->resharding->drop) map.strays = OPT_BOOL(true);
    return map;
}

struct proto_cluster_map_list assign_maps(struct world *w, const char *region)
{
    struct proto_cluster_map_list list = {.set = true, .items = arena_array(w->arena, struct proto_cluster_map, w->n_rgs)};
    for (size_t i = 0; i < w->n_rgs; i++)
        if (!w->rgs[i].drop && strcmp(w->rgs[i].row.region, region) == 0 && shard_is_clustered(&w->rgs[i]))
            list.items[list.n++] = map_group(w, &w->rgs[i]);
    return list;
}
