#include "ops/core/id.h"
#include "ops/replication_group/members.h"
#include "ops/service_update/update.h"
#include <stdlib.h>
#include <string.h>

/* DescribeUpdateActions: every update that is known, for everything that can have it. */

enum { RESOURCES_AT_ONCE = 40 };

struct listing {
    struct op *op;
    const struct api_describe_update_actions_in *in;
    size_t after, at, most;
    struct api_describe_update_actions_out *out;
};

static const char *stage_text(enum update_stage stage)
{
    return stage == UPDATE_NONE ? "not-applied" : update_stage_text(stage);
}

static bool is_asked_for(const struct listing *l, const struct updatable *u, const struct service_update *s)
{
    const struct api_describe_update_actions_in *in = l->in;
    const struct api_time_range_filter *range = in->service_update_time_range;
    if (!updatable_has(u, s) || (in->service_update_name && strcmp(in->service_update_name, s->name) != 0)) return false;
    if (in->engine && strcmp(id_fold(l->op, in->engine), u->engine) != 0) return false;
    if (range && range->start_time.set && s->released_ms < range->start_time.ms) return false;
    if (range && range->end_time.set && s->released_ms > range->end_time.ms) return false;
    return list_has(&in->service_update_status, s->expired ? "expired" : "available") &&
           list_has(&in->update_action_status, stage_text(updatable_stage(u, s)));
}

/* A node has the update once the process runs that was started for it. */
static enum update_stage node_stage(const struct row_node *n, const struct updatable *u, const struct service_update *s)
{
    enum update_stage all = updatable_stage(u, s);
    if (all == UPDATE_COMPLETE) return all;
    if (node_is_updated(n, s->name)) return n->seen_incarnation >= n->incarnation ? UPDATE_COMPLETE : UPDATE_IN_PROGRESS;
    return all == UPDATE_IN_PROGRESS ? UPDATE_WAITING_TO_START : all;
}

static struct api_cache_node_update_status view_node(
    const struct row_node *n, const struct updatable *u, const struct service_update *s)
{
    struct api_cache_node_update_status out = {
        .cache_node_id = n->node_id, .node_update_status = stage_text(node_stage(n, u, s))};
    if (!node_is_updated(n, s->name)) return out;
    out.node_update_initiated_by = "customer";
    out.node_update_initiated_date = out.node_update_start_date = out.node_update_status_modified_date = OPT_TIME(n->updated_ms);
    return out;
}

static struct api_node_group_member_update_status view_member(
    const struct row_node *n, const struct updatable *u, const struct service_update *s)
{
    struct api_cache_node_update_status node = view_node(n, u, s);
    return (struct api_node_group_member_update_status){.cache_cluster_id = n->cluster_id,
        .cache_node_id = node.cache_node_id,
        .node_update_status = node.node_update_status,
        .node_update_initiated_by = node.node_update_initiated_by,
        .node_update_initiated_date = node.node_update_initiated_date,
        .node_update_start_date = node.node_update_start_date,
        .node_update_status_modified_date = node.node_update_status_modified_date};
}

static void view_node_groups(struct op *op, const struct updatable *u, const struct service_update *s,
    const struct row_node *nodes, size_t n, struct api_update_action *out)
{
    struct api_node_group_update_status_list *list = &out->node_group_update_status;
    *list = (struct api_node_group_update_status_list){
        .set = true, .items = arena_array(op->arena, struct api_node_group_update_status, n)};
    for (size_t i = 0; i < n; i++) {
        struct api_node_group_update_status *g = NULL;
        for (size_t k = 0; k < list->n; k++)
            if (strcmp(list->items[k].node_group_id, nodes[i].node_group_id) == 0) g = &list->items[k];
        if (g == NULL) {
            g = &list->items[list->n++];
            g->node_group_id = nodes[i].node_group_id;
            g->node_group_member_update_status = (struct api_node_group_member_update_status_list){
                .set = true, .items = arena_array(op->arena, struct api_node_group_member_update_status, n)};
        }
        g->node_group_member_update_status.items[g->node_group_member_update_status.n++] = view_member(&nodes[i], u, s);
    }
}

static void view_nodes(struct op *op, const struct updatable *u, const struct service_update *s, const struct row_node *nodes,
    size_t n, struct api_update_action *out)
{
    struct api_cache_node_update_status_list *list = &out->cache_node_update_status;
    *list = (struct api_cache_node_update_status_list){
        .set = true, .n = n, .items = arena_array(op->arena, struct api_cache_node_update_status, n)};
    for (size_t i = 0; i < n; i++) list->items[i] = view_node(&nodes[i], u, s);
}

static const char *sla_met(const struct updatable *u, const struct service_update *s)
{
    if (updatable_stage(u, s) != UPDATE_COMPLETE) return "n/a";
    return *u->columns.changed_ms <= s->recommended_ms ? "yes" : "no";
}

static int view_action(
    const struct listing *l, const struct updatable *u, const struct service_update *s, struct api_update_action *out)
{
    struct row_node *nodes;
    size_t n, updated = 0;
    struct op *op = l->op;
    int r = u->rg ? rg_read_members(op, u->rg, &nodes, &n)
                  : q_node_list_by_cluster(op->store, op->arena, op->region->name, u->id, &nodes, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) updated += node_stage(&nodes[i], u, s) == UPDATE_COMPLETE;
    *out = (struct api_update_action){
        .replication_group_id = u->rg ? u->id : NULL,
        .cache_cluster_id = u->cluster ? u->id : NULL,
        .service_update_name = arena_strdup(l->op->arena, s->name),
        .service_update_release_date = OPT_TIME(s->released_ms),
        .service_update_severity = s->kind->severity,
        .service_update_status = s->expired ? "expired" : "available",
        .service_update_recommended_apply_by_date = OPT_TIME(s->recommended_ms),
        .service_update_type = "security-update",
        .update_action_available_date = OPT_TIME(u->created_ms > s->released_ms ? u->created_ms : s->released_ms),
        .update_action_status = stage_text(updatable_stage(u, s)),
        .sla_met = sla_met(u, s),
        .estimated_update_time = service_update_time(l->op),
        .engine = u->engine,
    };
    if (r) return r;
    out->nodes_updated = arena_printf(l->op->arena, "%zu/%zu", updated, n);
    if (updatable_stage(u, s) != UPDATE_NONE) out->update_action_status_modified_date = OPT_TIME(*u->columns.changed_ms);
    if (!l->in->show_node_level_update_status.v) return 0;
    if (u->rg) view_node_groups(l->op, u, s, nodes, n, out);
    else view_nodes(l->op, u, s, nodes, n, out);
    return 0;
}

/* A page begins behind as many actions as its marker tells. */
static int list_actions(struct listing *l, const struct updatable *u)
{
    struct api_update_action_list *list = &l->out->update_actions;
    int r = 0;
    for (int i = 0; r == 0 && i < service_update_calendar.kept && l->out->marker == NULL; i++) {
        struct service_update s;
        service_update_at(i, l->op->now_ms, &s);
        if (!is_asked_for(l, u, &s) || l->at++ < l->after) continue;
        if (list->n == l->most) l->out->marker = page_marker(l->op, arena_printf(l->op->arena, "%zu", l->at - 1));
        else r = view_action(l, u, &s, &list->items[list->n++]);
    }
    return r;
}

/* As many at a time as are likely to fill a page: there may be thousands. */
static int list_rgs(struct listing *l)
{
    struct row_replication_group *rgs;
    struct updatable u;
    size_t n = RESOURCES_AT_ONCE;
    struct op *op = l->op;
    const char *after = "";
    int r = 0;
    if (l->in->replication_group_ids.n == 0 && l->in->cache_cluster_ids.n > 0) return 0;
    while (r == 0 && n == RESOURCES_AT_ONCE && l->out->marker == NULL) {
        r = q_rg_page(op->store, op->arena, op->region->name, after, RESOURCES_AT_ONCE, &rgs, &n, op->err);
        for (size_t i = 0; r == 0 && i < n && l->out->marker == NULL; i++) {
            after = rgs[i].id;
            if (!list_has(&l->in->replication_group_ids, rgs[i].id)) continue;
            updatable_rg(&rgs[i], &u);
            r = list_actions(l, &u);
        }
    }
    return r;
}

static int list_clusters(struct listing *l)
{
    struct row_cache_cluster *clusters;
    struct updatable u;
    size_t n = RESOURCES_AT_ONCE;
    struct op *op = l->op;
    const char *after = "";
    int r = 0;
    if (l->in->cache_cluster_ids.n == 0 && l->in->replication_group_ids.n > 0) return 0;
    while (r == 0 && n == RESOURCES_AT_ONCE && l->out->marker == NULL) {
        r = q_cluster_page_alone(op->store, op->arena, op->region->name, after, RESOURCES_AT_ONCE, &clusters, &n, op->err);
        for (size_t i = 0; r == 0 && i < n && l->out->marker == NULL; i++) {
            after = clusters[i].id;
            if (!list_has(&l->in->cache_cluster_ids, clusters[i].id)) continue;
            updatable_cluster(&clusters[i], &u);
            r = list_actions(l, &u);
        }
    }
    return r;
}

int op_describe_update_actions(
    struct op *op, const struct api_describe_update_actions_in *in, struct api_describe_update_actions_out *out)
{
    struct page page;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    struct listing l = {.op = op, .in = in, .after = (size_t)strtoull(page.after, NULL, 10), .most = (size_t)page.n, .out = out};
    out->update_actions =
        (struct api_update_action_list){.set = true, .items = arena_array(op->arena, struct api_update_action, page.n)};
    r = list_rgs(&l);
    return r ? r : list_clusters(&l);
}
