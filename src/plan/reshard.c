#include "base/arena.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/scaling.h"
#include "plan/settings.h"
#include "plan/shard.h"
#include "plan/want.h"
#include <string.h>

/*
 * A change of the number of shards. First all tell how much memory they use: one that
 * has no room for what it is to get is not begun. New shards join, then slots move until
 * every shard holds what it shall (agents do that: see shard_moves()), then the nodes of
 * emptied shards go, and at last their rows. Where it stands can always be told from
 * the rows and sightings, so that it goes on after any crash.
 *
 * Where a slot can't be moved all the same, since a shard has filled up meanwhile or an
 * engine does not take a key, the agent tells after a while without progress, and the change
 * is given up: every slot stays with the shard that has it, and whoever has one stays.
 */

/* ---- room ---- */

/* What a shard has, and what it is to have in the end. */
struct portion {
    struct slots held, wanted;
    int64_t used, data, limit; /* bytes */
};

static enum room read_portion(struct world *w, const struct world_rg *rg, const struct world_node_group *ng, struct portion *out)
{
    struct world_node *first = rg_primary(ng);
    *out = (struct portion){0};
    if (ng->drop || ng->shard == NULL || ng->shard->row.slots_wanted == NULL) return ROOM_ENOUGH;
    slots_read(&out->held, ng->row.slots);
    slots_read(&out->wanted, ng->shard->row.slots_wanted);
    if (slots_count(&out->held) == 0)
        return ROOM_ENOUGH; /* a new one: it is as large as the others, and gets no more than they have */
    enum room room = scaling_answer(w, first, rg->row.weighing_ms);
    if (room != ROOM_ENOUGH) return room;
    out->used = first->row.seen_used;
    out->data = first->row.seen_data;
    out->limit = first->cluster ? settings_memory(w, &first->cluster->row, first->cluster->row.node_type) : 0;
    return ROOM_ENOUGH;
}

/* Bytes that one gives to the other: its slots are taken to be of the same size. */
static int64_t to_get(const struct portion *from, const struct portion *to)
{
    struct slots give = from->held;
    int all = slots_count(&from->held);
    slots_subtract(&give, &from->wanted);
    slots_meet(&give, &to->wanted);
    return all ? from->data / all * slots_count(&give) : 0;
}

static bool has_room(const struct portion *all, size_t n, const struct portion *to)
{
    int64_t more = 0;
    for (size_t i = 0; i < n; i++)
        if (&all[i] != to) more += to_get(&all[i], to);
    return more == 0 || slots_count(&to->held) == 0 || to->used + more <= to->limit;
}

static enum room find_room(struct world *w, const struct world_rg *rg)
{
    struct portion *all = arena_array(w->arena, struct portion, rg->n_node_groups);
    enum room found = ROOM_ENOUGH;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        enum room room = read_portion(w, rg, &rg->node_groups[i], &all[i]);
        if (room != ROOM_ENOUGH && found != ROOM_UNTOLD) found = room;
    }
    for (size_t i = 0; found == ROOM_ENOUGH && i < rg->n_node_groups; i++)
        if (!has_room(all, rg->n_node_groups, &all[i])) found = ROOM_LACKING;
    return found;
}

/* ---- giving up ---- */

static void give_up_resharding(struct world *w, struct world_rg *rg, const char *reason)
{
    const struct row_resharding *row = &rg->resharding->row;
    const char *from = arena_printf(w->arena, "%lld", (long long)row->shards_before),
               *to = arena_printf(w->arena, "%lld", (long long)row->shards_after);
    world_set(w, &rg->resharding->row.given_up, reason);
    if (row->shards_before != row->shards_after)
        world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_CHANGE_FAILED, from, to, rg->row.id, reason);
    else world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_REBALANCE_FAILED, rg->row.id, reason);
}

void reshard_take_over(struct world *w, struct world_rg *rg)
{
    if (rg->resharding && !rg->resharding->drop && rg->resharding->row.given_up == NULL)
        give_up_resharding(w, rg, "its region has become primary");
}

static void weigh_shards(struct world *w, struct world_rg *rg)
{
    enum room room = find_room(w, rg);
    if (room == ROOM_UNKNOWN) return;
    world_set_int(w, &rg->row.weighing_ms, 0);
    if (room == ROOM_LACKING) give_up_resharding(w, rg, "the remaining node groups have insufficient memory");
    if (room == ROOM_UNTOLD) give_up_resharding(w, rg, "a node did not tell in time how much memory it uses");
}

/* ---- between regions ---- */

/* A secondary of the datastore in which 'rg' is active. */
static bool is_mirror(const struct world_rg *rg, const struct world_member *m)
{
    return m->rg && m->rg != rg && !m->drop && !m->row.leaving;
}

bool reshard_may_move(struct world *w, struct world_rg *rg)
{
    if (rg->global == NULL || rg->member->drop || rg->member->row.leaving || want_passive(rg)) return true;
    if (rg->global->row.phase != PHASE_STEADY) return false;
    for (size_t i = 0; i < rg->global->n_members; i++) {
        struct world_member *m = &rg->global->members[i];
        for (size_t k = 0; is_mirror(rg, m) && k < rg->n_node_groups; k++) {
            const struct world_node_group *other = rg_node_group(m->rg, rg->node_groups[k].row.id);
            struct world_node *first = other ? rg_primary(other) : NULL;
            if (!rg->node_groups[k].drop && (first == NULL || !want_in_force(w, first))) return false;
        }
    }
    return true;
}

/* ---- the end ---- */

static void remove_members(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (strcmp(rg->nodes[i].row.node_group_id, ng->row.id) == 0) world_set_word(w, &rg->nodes[i].row.want, WISH_GONE);
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (strcmp(rg->clusters[i].row.node_group_id, ng->row.id) == 0)
            move_cluster_status(w, &rg->clusters[i].row.status, CLUSTER_DELETION_ASKED);
    move_node_group_status(w, &ng->row.status, NODE_GROUP_EMPTIED);
}

static bool has_members(const struct world_rg *rg, const struct world_node_group *ng)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (!rg->nodes[i].drop && strcmp(rg->nodes[i].row.node_group_id, ng->row.id) == 0) return true;
    return false;
}

/* A secondary's shard of that number still has slots: what it lacks comes from this one. */
static bool is_followed(const struct world_rg *rg, const struct world_node_group *ng)
{
    for (size_t i = 0; rg->global && !want_passive(rg) && i < rg->global->n_members; i++) {
        const struct world_member *m = &rg->global->members[i];
        const struct world_node_group *other = is_mirror(rg, m) ? rg_node_group(m->rg, ng->row.id) : NULL;
        if (other && !other->drop && other->row.slots && *other->row.slots) return true;
    }
    return false;
}

static void drop_shard(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    struct world_endpoint *gateway = rg_endpoint(rg, ENDPOINT_GATEWAY, ng->row.id);
    if (gateway) world_drop(w, &gateway->drop);
    world_drop(w, &ng->drop);
}

/* True while a shard that is to go is not gone yet. */
static bool plan_leaving(struct world *w, struct world_rg *rg)
{
    bool any = false;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        if (ng->drop || ng->shard == NULL || !ng->shard->row.leaving) continue;
        any = true;
        if (!shard_is_emptied(ng) || is_followed(rg, ng)) continue;
        if (has_members(rg, ng)) remove_members(w, rg, ng);
        else drop_shard(w, rg, ng);
    }
    return any;
}

static int64_t count_shards(const struct world_rg *rg)
{
    int64_t n = 0;
    for (size_t i = 0; i < rg->n_node_groups; i++) n += !rg->node_groups[i].drop;
    return n;
}

static void finish_resharding(struct world *w, struct world_rg *rg)
{
    const struct row_resharding *row = &rg->resharding->row;
    int64_t now = count_shards(rg);
    const char *from = arena_printf(w->arena, "%lld", (long long)row->shards_before),
               *to = arena_printf(w->arena, "%lld", (long long)now);
    for (size_t i = 0; i < rg->n_node_groups; i++)
        if (rg->node_groups[i].shard) world_set(w, &rg->node_groups[i].shard->row.slots_wanted, NULL);
    if (row->given_up == NULL) reshard_tell_moved(w, rg);
    world_set_int(w, &rg->row.weighing_ms, 0); /* one that has become a secondary meanwhile was still to answer */
    world_drop(w, &rg->resharding->drop);
    if (row->shards_before != now) world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_CHANGED, from, to, rg->row.id);
    else if (row->given_up == NULL) world_event(w, rg->row.region, rg->row.id, EVENT_SHARDS_REBALANCED, rg->row.id);
}

/* Every slot stays where it is, or comes to rest. Shards without any go: those that are emptied already, and new ones that got nothing. */
static void keep_slots(struct world *w, struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        if (ng->drop || ng->shard == NULL) continue;
        const char *held = ng->row.slots ? ng->row.slots : "";
        world_set(w, &ng->shard->row.slots_wanted, held);
        world_set_int(w, &ng->shard->row.leaving, *held == '\0');
    }
}

/* What the agent obeys is news of this look alone, so it is kept in the row. */
static void note_rest(struct world *w, struct world_rg *rg)
{
    struct world_resharding *x = rg->resharding;
    const struct world_region *r = world_region(w, rg->row.region);
    bool obeyed = x->stored && x->stored->given_up && r && r->obeys;
    if (obeyed && !shard_is_settling(rg)) world_set_int(w, &x->row.at_rest, 1);
}

/* A secondary's slots go where those of the primary region have gone, whatever becomes of the change there. */
static void plan_mirror(struct world *w, struct world_rg *rg)
{
    struct world_member *active = global_primary(rg->global);
    if (active == NULL || active->rg == NULL) return;
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node_group *ng = &rg->node_groups[i];
        const struct world_node_group *other = rg_node_group(active->rg, ng->row.id);
        if (ng->drop || ng->shard == NULL) continue;
        bool stays = other && !other->drop && other->shard;
        world_set(w, &ng->shard->row.slots_wanted, stays && other->row.slots ? other->row.slots : "");
        world_set_int(w, &ng->shard->row.leaving, !stays || other->shard->row.leaving);
    }
    bool goes_on = active->rg->resharding && !active->rg->resharding->drop;
    if (shard_count_moves(rg) > 0 || !shard_views_agree(rg)) return;
    if (!plan_leaving(w, rg) && !goes_on) finish_resharding(w, rg);
}

void plan_resharding(struct world *w, struct world_rg *rg)
{
    if (rg->drop || rg->resharding == NULL || rg->resharding->drop || rg->row.status == RG_DELETING) return;
    if (want_passive(rg)) {
        plan_mirror(w, rg);
        return;
    }
    if (rg->row.weighing_ms) weigh_shards(w, rg);
    if (rg->resharding->row.given_up == NULL && want_hands_over(rg))
        give_up_resharding(w, rg, "another region is to become primary");
    if (rg->resharding->row.given_up == NULL && shard_is_stuck(rg->resharding))
        give_up_resharding(w, rg, rg->resharding->row.seen_stuck);
    if (reshard_is_given_up(rg)) {
        keep_slots(w, rg);
        note_rest(w, rg);
    }
    if (!reshard_is_given_up(rg)) reshard_tell_moves(w, rg);
    if (rg->row.weighing_ms || shard_count_moves(rg) > 0 || !shard_views_agree(rg) || shard_is_settling(rg)) return;
    if (!plan_leaving(w, rg)) finish_resharding(w, rg);
}
