#include "base/arena.h"
#include "base/text.h"
#include "plan/access.h"
#include "plan/logs.h"
#include "plan/moves.gen.h"
#include "plan/node_row.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/service_update.h"
#include "plan/settings.h"
#include "plan/want.h"
#include "plan/window.h"
#include <string.h>

/*
 * Cache clusters that belong to no replication group: one redis node, or the nodes of a
 * memcached cluster. Changes wait in their pending columns until they may be made;
 * then the cache cluster shows 'modifying' until its nodes are as the rows say.
 */

/* ---- nodes, those of replication groups too ---- */

void plan_node(struct world *w, struct world_node *n)
{
    if (n->drop || n->row.status == NODE_AVAILABLE || n->row.status == NODE_DELETING || !want_in_force(w, n)) return;
    /* The service tells of a cache cluster before its first nodes. */
    bool first = n->cluster && n->cluster->row.status == CLUSTER_CREATING;
    if (n->row.status == NODE_CREATING && !first)
        world_event(w, n->row.region, n->row.cluster_id, EVENT_NODE_ADDED, n->row.node_id, n->row.availability_zone);
    if (n->row.status == NODE_REBOOTING) world_event(w, n->row.region, n->row.cluster_id, EVENT_NODE_RESTARTED, n->row.node_id);
    move_node_status(w, &n->row.status, NODE_SETTLED);
}

/* ---- adding and removing nodes ---- */

struct row_node plan_new_node(struct arena *a, struct row_cache_cluster *c, const char *zone, int64_t now_ms)
{
    const char *node_id = arena_printf(a, "%04d", (int)c->next_node++);
    return node_row(a, c, node_id, NODE_CREATING, zone, now_ms);
}

static int64_t count_running(const struct world_cluster *c)
{
    int64_t n = 0;
    for (size_t i = 0; i < c->n_nodes; i++) n += node_shall_run(&c->nodes[i]);
    return n;
}

static void begin_adding(struct world *w, struct world_cluster *c, int64_t n)
{
    const char *zones = c->row.pending_zones;
    world_event(w, c->row.region, c->row.id, EVENT_NODES_INCREASING);
    for (; n > 0; n--) {
        size_t len = strcspn(zones, " ");
        const char *zone = arena_strndup(w->arena, zones, len);
        zones += len + (zones[len] == ' ');
        struct row_node row = plan_new_node(w->arena, &c->row, zone, w->now_ms);
        world_add_node(w, &row);
    }
}

static void drop_removed(struct world *w, struct world_cluster *c)
{
    const char *removed = NULL;
    for (size_t i = 0; i < c->n_nodes; i++) {
        struct world_node *n = &c->nodes[i];
        if (n->drop || node_shall_run(n) || !node_has_left(n)) continue;
        world_drop(w, &n->drop);
        removed = removed ? arena_printf(w->arena, "%s, %s", removed, n->row.node_id) : n->row.node_id;
    }
    if (removed) world_event(w, c->row.region, c->row.id, EVENT_NODES_REMOVED, removed);
}

/* ---- pending changes ---- */

/* A memcached has no data that would have to fit: it gets another size with its next start. */
static void begin_node_type(struct world *w, struct world_cluster *c)
{
    if (!text_is(c->row.engine, "memcached")) {
        world_set_int(w, &c->row.weighing_ms, w->steady_ms);
        return;
    }
    world_set(w, &c->row.node_type, c->row.pending_node_type);
    world_set(w, &c->row.pending_node_type, NULL);
    world_event(w, c->row.region, c->row.id, EVENT_NODE_TYPE_CHANGED, c->row.node_type);
}

/* Where that is another program, redis takes its data along, and what memcached holds is lost. */
static void begin_engine_version(struct world *w, struct world_cluster *c)
{
    world_set(w, &c->row.engine_version, c->row.pending_engine_version);
    world_set(w, &c->row.pending_engine_version, NULL);
    world_set(w, &c->row.pending_engine, NULL);
    if (c->row.pending_parameter_group) world_set(w, &c->row.parameter_group, c->row.pending_parameter_group);
    world_set(w, &c->row.pending_parameter_group, NULL);
    for (size_t i = 0; i < c->n_nodes; i++) {
        if (!node_shall_run(&c->nodes[i])) continue;
        world_set_int(w, &c->nodes[i].row.keep_data, !text_is(c->row.engine, "memcached"));
    }
    world_event(w, c->row.region, c->row.id, EVENT_ENGINE_VERSION_CHANGED, c->row.engine_version);
}

static void begin_pending(struct world *w, struct world_cluster *c)
{
    int64_t more = c->row.pending_num_nodes ? c->row.pending_num_nodes - count_running(c) : 0;
    if (c->row.pending_node_type) begin_node_type(w, c);
    if (c->row.pending_engine_version) begin_engine_version(w, c);
    if (more > 0) begin_adding(w, c, more);
    if (more < 0) {
        world_event(w, c->row.region, c->row.id, EVENT_NODES_DECREASING);
        for (size_t i = 0; i < c->n_nodes; i++) {
            if (!text_has_word(c->row.pending_nodes_to_remove, c->nodes[i].row.node_id)) continue;
            world_set_word(w, &c->nodes[i].row.want, WISH_GONE);
            move_node_status(w, &c->nodes[i].row.status, NODE_DELETION_ASKED);
        }
    }
    world_set_int(w, &c->row.pending_since_ms, 0);
    move_cluster_status(w, &c->row.status, CLUSTER_CHANGE_BEGUN);
}

static void plan_pending_changes(struct world *w, struct world_cluster *c)
{
    int64_t opens_ms;
    bool pending = c->row.pending_node_type || c->row.pending_engine_version || c->row.pending_num_nodes;
    if (!pending || c->row.status != CLUSTER_AVAILABLE) return;
    if (c->row.pending_since_ms == 0 || window_is_open(c->row.maintenance_window, w->now_ms, &opens_ms)) begin_pending(w, c);
    else world_wake_date(w, opens_ms);
}

/* ---- the configuration endpoint ---- */

static bool is_complete(const struct world_cluster *c)
{
    for (size_t i = 0; i < c->n_nodes; i++)
        if (c->nodes[i].row.status != NODE_AVAILABLE) return false;
    return true;
}

/* Every change of the list of nodes that clients may use gets a version of its own. Nodes that reboot stay in it. */
static void publish_nodes(struct world *w, struct world_cluster *c)
{
    const char *list = "";
    if (c->endpoint == NULL || c->row.status == CLUSTER_REBOOTING_CLUSTER_NODES) return;
    if (c->row.status == CLUSTER_CREATING && !is_complete(c)) return;
    for (size_t i = 0; i < c->n_nodes; i++)
        if (node_shall_run(&c->nodes[i]) && c->nodes[i].row.status == NODE_AVAILABLE)
            list = arena_printf(w->arena, "%s%s%s", list, *list ? " " : "", c->nodes[i].row.node_id);
    if (text_is(list, c->row.config_nodes)) return;
    if (*c->row.config_nodes) world_set_int(w, &c->row.config_version, c->row.config_version + 1);
    world_set(w, &c->row.config_nodes, list);
}

/* ---- the cache cluster ---- */

static enum lack stand_alone_lack(struct world *w, struct world_cluster *c, struct world_node *n)
{
    enum lack lack = want_lack(w, n);
    if (lack) return lack;
    if (!access_in_force(w, n)) return LACK_USERS;
    if (n->row.status != NODE_AVAILABLE) return LACK_STEP;
    if (n->row.seen_generation != settings_of(w, &c->row)->generation) return LACK_SETTINGS;
    return n->row.seen_logs_generation == logs_generation(&c->row) ? LACK_NOTHING : LACK_LOGS;
}

/* A number that was asked for is being brought about. One that waits for the window, or for the end of a reboot, is not. */
static bool is_resizing(const struct world_cluster *c)
{
    return c->row.pending_num_nodes && c->row.pending_since_ms == 0 && c->row.status == CLUSTER_MODIFYING;
}

void cluster_find_lacks(struct world *w, struct world_cluster *c, struct lacks *l)
{
    if (c->row.weighing_ms) lacks_add(l, LACK_ROOM, NULL, NULL);
    if (update_is_under_way(c->row.update_stage)) lacks_add(l, LACK_UPDATE, NULL, NULL);
    if (c->endpoint && seen_endpoint_state(&c->endpoint->row) != ENDPOINT_LISTENING)
        lacks_add(l, LACK_ENDPOINT, NULL, c->endpoint);
    for (size_t i = 0; i < c->n_nodes && lacks_want_more(l); i++)
        if (!c->nodes[i].drop) lacks_add(l, stand_alone_lack(w, c, &c->nodes[i]), &c->nodes[i], NULL);
    if (count_running(c) != (is_resizing(c) ? c->row.pending_num_nodes : c->row.num_nodes)) lacks_add(l, LACK_NODES, NULL, NULL);
}

static void end_resizing(struct world *w, struct world_cluster *c)
{
    const char *from = arena_printf(w->arena, "%lld", (long long)c->row.num_nodes),
               *to = arena_printf(w->arena, "%lld", (long long)c->row.pending_num_nodes);
    world_event(w, c->row.region, c->row.id, EVENT_NODES_CHANGED, from, to);
    world_set_int(w, &c->row.num_nodes, c->row.pending_num_nodes);
    world_set_int(w, &c->row.pending_num_nodes, 0);
    world_set(w, &c->row.pending_nodes_to_remove, "");
    world_set(w, &c->row.pending_zones, "");
    /* "Multiple" where the nodes stand in more than one zone, as the service says it. */
    const char *zone = NULL;
    for (size_t i = 0; i < c->n_nodes; i++) {
        if (!node_shall_run(&c->nodes[i])) continue;
        const char *other = c->nodes[i].row.availability_zone;
        zone = zone == NULL || text_is(zone, other) ? other : "Multiple";
    }
    if (zone) world_set(w, &c->row.availability_zone, zone);
}

static void settle_cluster(struct world *w, struct world_cluster *c)
{
    bool created = c->row.status == CLUSTER_CREATING;
    if (!created && c->row.status != CLUSTER_MODIFYING && c->row.status != CLUSTER_REBOOTING_CLUSTER_NODES) return;
    struct lacks lacks = {0};
    cluster_find_lacks(w, c, &lacks);
    if (lacks.n) return;
    if (created) world_event(w, c->row.region, c->row.id, EVENT_CLUSTER_CREATED);
    for (size_t i = 0; created && i < c->n_nodes; i++)
        world_event(w, c->row.region, c->row.id, EVENT_NODE_ADDED, c->nodes[i].row.node_id, c->nodes[i].row.availability_zone);
    if (is_resizing(c)) end_resizing(w, c);
    struct log_columns logs[] = LOG_COLUMNS_OF(&c->row);
    logs_settle(w, logs);
    move_cluster_status(w, &c->row.status, CLUSTER_SETTLED);
}

/* The rows go once every process is gone and its data deleted. */
static void plan_deleting(struct world *w, struct world_cluster *c)
{
    for (size_t i = 0; i < c->n_nodes; i++)
        if (!c->nodes[i].drop && !node_has_left(&c->nodes[i])) return;
    for (size_t i = 0; i < c->n_nodes; i++) world_drop(w, &c->nodes[i].drop);
    if (c->endpoint) world_drop(w, &c->endpoint->drop);
    world_drop(w, &c->drop);
    world_event(w, c->row.region, c->row.id, EVENT_CLUSTER_DELETED);
}

void plan_stand_alone(struct world *w, struct world_cluster *c)
{
    if (c->drop || c->row.rg_id) return;
    for (size_t i = 0; i < c->n_nodes; i++) plan_hung(w, &c->nodes[i]);
    if (c->row.status == CLUSTER_DELETING) {
        plan_deleting(w, c);
        return;
    }
    for (size_t i = 0; i < c->n_nodes; i++) promotion_forget(w, &c->nodes[i].row);
    drop_removed(w, c);
    plan_pending_changes(w, c);
    plan_cluster_scaling(w, c);
    publish_nodes(w, c);
    plan_cluster_update(w, c);
    settle_cluster(w, c);
}
