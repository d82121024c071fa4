#include "plan/why.h"
#include "base/arena.h"
#include "base/text.h"
#include "plan/lack.h"
#include "plan/phase.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/shown.h"
#include "plan/want.h"
#include "plan/why_lack.h"
#include <string.h>

/* ---- what several kinds wait for ---- */

static void wait_for_end(struct whys *out, const struct world_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!nodes[i].drop && !node_has_left(&nodes[i])) whys_add_lack(out, LACK_END, &nodes[i], NULL);
}

static void wait_for_service(struct whys *out, struct world_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!nodes[i].drop && nodes[i].row.unserved_since_ms) whys_add_service(out, &nodes[i]);
}

static void wait_for_lacks(struct whys *out, const struct lacks *l)
{
    for (const struct lack_item *i = l->first; i; i = i->next) whys_add_lack(out, i->lack, i->node, i->endpoint);
}

static void wait_for_window(struct whys *out, const char *window)
{
    whys_add(out, 0, arena_printf(out->w->arena, "its maintenance window %s, as a change is pending", window),
        "the window opens, or the change is asked for at once");
}

static void wait_for_final(struct whys *out, const char *region, const char *rg_id, const char *cluster_id)
{
    for (size_t i = 0; i < out->w->n_snapshots; i++) {
        const struct row_snapshot *s = &out->w->snapshots[i].row;
        bool of_it = rg_id ? text_is(s->rg_id, rg_id) : s->rg_id == NULL && text_is(s->cluster_id, cluster_id);
        if (of_it && text_is(s->region, region) && s->status == SNAPSHOT_CREATING)
            whys_add(out, 0, arena_printf(out->w->arena, "its snapshot %s", s->name),
                "all files of the snapshot are whole, or it fails");
    }
}

/* ---- replication groups ---- */

static void wait_for_switch(struct whys *out, const struct world_node_group *ng)
{
    struct arena *a = out->w->arena;
    if (ng->row.switch_node_id)
        whys_add(out, ng->row.switch_since_ms,
            arena_printf(a, "node %s to become the primary of node group %s in good order", ng->row.switch_node_id, ng->row.id),
            "it has all writes and takes its own; after 10 s it is given up");
    if (ng->row.failed_node_id)
        whys_add(out, ng->row.unserved_since_ms,
            arena_printf(a, "node %s, the primary before a failover, to recover", ng->row.failed_node_id),
            "it is in step with the new primary");
}

static void why_rg(struct whys *out, struct world_rg *rg)
{
    struct lacks lacks = {.arena = out->w->arena};
    enum rg_status status = rg->row.status;
    if (status == RG_SNAPSHOTTING || status == RG_DELETING) wait_for_final(out, rg->row.region, rg->row.id, NULL);
    if (status == RG_DELETING) {
        wait_for_end(out, rg->nodes, rg->n_nodes);
        return;
    }
    for (size_t i = 0; i < rg->n_node_groups; i++) wait_for_switch(out, &rg->node_groups[i]);
    if (status == RG_CREATING || status == RG_MODIFYING) {
        rg_find_lacks(out->w, rg, &lacks);
        wait_for_lacks(out, &lacks);
    } else if (rg->row.unserved_since_ms) {
        wait_for_service(out, rg->nodes, rg->n_nodes);
        for (size_t i = 0; i < rg->n_endpoints; i++) whys_add_forwarder(out, rg, &rg->endpoints[i]);
    }
    if (status == RG_AVAILABLE && plan_has_pending(rg)) wait_for_window(out, rg->row.maintenance_window);
}

/* ---- cache clusters and nodes ---- */

static void why_cluster(struct whys *out, struct world_cluster *c)
{
    struct world_rg *rg = c->row.rg_id ? world_rg(out->w, c->row.region, c->row.rg_id) : NULL;
    enum cluster_status status = c->row.status;
    if (status == CLUSTER_SNAPSHOTTING || status == CLUSTER_DELETING) wait_for_final(out, c->row.region, c->row.rg_id, c->row.id);
    if (status == CLUSTER_DELETING) wait_for_end(out, c->nodes, c->n_nodes);
    else if (rg) {
        struct world_node *n = rg_cluster_node(c);
        bool busy = c->row.status == CLUSTER_CREATING || c->row.status == CLUSTER_MODIFYING ||
                    c->row.status == CLUSTER_REBOOTING_CLUSTER_NODES;
        if (n && busy) whys_add_lack(out, node_lack(out->w, rg, n), n, NULL);
        if (n && busy && c->row.parameter_apply_status == APPLY_APPLYING) whys_add_lack(out, LACK_SETTINGS, n, NULL);
    } else {
        struct lacks lacks = {.arena = out->w->arena};
        if (c->row.status == CLUSTER_CREATING || c->row.status == CLUSTER_MODIFYING ||
            c->row.status == CLUSTER_REBOOTING_CLUSTER_NODES) {
            cluster_find_lacks(out->w, c, &lacks);
            wait_for_lacks(out, &lacks);
        }
        bool pending = c->row.pending_node_type || c->row.pending_engine_version || c->row.pending_num_nodes;
        if (c->row.status == CLUSTER_AVAILABLE && pending && c->row.pending_since_ms)
            wait_for_window(out, c->row.maintenance_window);
    }
    if (status == CLUSTER_AVAILABLE) wait_for_service(out, c->nodes, c->n_nodes);
}

/* ---- global datastores ---- */

static void why_phase(struct whys *out, const struct row_global_replication_group *g)
{
    const struct phase *phase = phase_of(g->phase);
    if (phase->what == NULL) return;
    const char *what = phase->what, *at = strstr(what, "%s"), *region = g->switch_region ? g->switch_region : "another region";
    if (at) what = arena_printf(out->w->arena, "%.*s%s%s", (int)(at - what), what, region, at + 2);
    whys_add(out, g->phase_since_ms, what, phase->ends);
}

/* A region that nothing reaches from the primary one follows when the network lets it. */
static void why_cut(struct whys *out, struct world_global *g, const struct world_member *m)
{
    const struct world_member *active = global_primary(g);
    if (g->row.phase != PHASE_STEADY && active && world_is_cut(out->w, active->row.region, m->row.region))
        whys_add_cut(out, active->row.region, m->row.region);
}

static void why_member(struct whys *out, const struct world_member *m)
{
    struct arena *a = out->w->arena;
    const char *id = m->row.rg_id, *region = m->row.region;
    if (m->row.leaving)
        whys_add(
            out, 0, arena_printf(a, "replication group %s in %s to leave", id, region), "its primary takes writes of its own");
    else if (m->row.status != MEMBER_ASSOCIATED)
        whys_add(out, 0, arena_printf(a, "replication group %s in %s to join", id, region),
            m->row.role == MEMBER_PRIMARY ? "its primary takes writes and its gateways listen" : "the group is available");
    else if (m->rg && m->rg->row.status == RG_MODIFYING)
        whys_add(out, 0, arena_printf(a, "replication group %s in %s to be available", id, region),
            "what was asked of it is in force");
}

static void why_global(struct whys *out, struct world_global *g)
{
    why_phase(out, &g->row);
    for (size_t i = 0; i < g->n_members; i++)
        if (!g->members[i].drop && g->row.status != GLOBAL_DELETING) {
            why_cut(out, g, &g->members[i]);
            why_member(out, &g->members[i]);
        }
}

/* ---- snapshots, users, user groups ---- */

static void why_snapshot(struct whys *out, const struct world_snapshot *s)
{
    struct arena *a = out->w->arena;
    for (size_t i = 0; i < s->n_parts; i++) {
        const struct row_snapshot_part *p = &s->parts[i].row;
        if (s->row.status == SNAPSHOT_CREATING && p->seen_state != PART_WHOLE)
            whys_add(out, 0, arena_printf(a, "the file of node %s", p->node_id), "it is whole; it fails with the node's process");
        if (s->row.status == SNAPSHOT_EXPORTING && !seen_export_is_done(p, &s->row))
            whys_add(out, 0, arena_printf(a, "the export of the file of node %s", p->node_id),
                "it has arrived in the bucket, can't be written, or the file is missing");
        if (s->row.status == SNAPSHOT_DELETING && p->seen_state != PART_GONE)
            whys_add(
                out, 0, arena_printf(a, "the deletion of the file of node %s", p->node_id), "the region's agent has deleted it");
    }
    if (s->row.status == SNAPSHOT_RESTORING)
        whys_add(out, 0, "those that begin with its data", "they have been created, or deleted");
}

static void why_user_group(struct whys *out, const struct world_user_group *g)
{
    struct lacks lacks = {.arena = out->w->arena};
    if (g->row.status == USER_GROUP_ACTIVE) return;
    user_group_find_lacks(out->w, g, &lacks);
    wait_for_lacks(out, &lacks);
}

static void why_user(struct whys *out, const struct world_user *u)
{
    for (size_t i = 0; i < out->w->n_user_groups; i++) {
        const struct world_user_group *g = &out->w->user_groups[i];
        for (size_t k = 0; k < g->n_members; k++)
            if (g->members[k].user == u && !g->members[k].drop && u->row.status != USER_ACTIVE) why_user_group(out, g);
    }
}

/* ---- which it is ---- */

static bool id_matches(const char *region, const char *id, const char *row_region, const char *row_id)
{
    return region && text_is(region, row_region) && strcmp(id, row_id) == 0;
}

static bool find_stand_alone_or_member(struct whys *out, const char *region, const char *id, struct answer *answer)
{
    struct world *w = out->w;
    for (size_t i = 0; i < w->n_clusters; i++) {
        struct world_cluster *c = &w->clusters[i];
        if (!id_matches(region, id, c->row.region, c->row.id)) continue;
        why_cluster(out, c);
        *answer = (struct answer){"cache cluster", c->row.region, cluster_status_text(c->row.status),
            cluster_status_text(shown_cluster_status(&c->row)), NULL};
        return true;
    }
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        if (!id_matches(region, id, n->row.region, n->row.id)) continue;
        if (n->row.want == WISH_GONE) whys_add_lack(out, LACK_END, n, NULL);
        else if (n->row.status != NODE_AVAILABLE) whys_add_lack(out, node_lack(out->w, n->rg, n), n, NULL);
        else if (n->row.unserved_since_ms) whys_add_service(out, n);
        *answer = (struct answer){
            "node", n->row.region, node_status_text(n->row.status), node_status_text(shown_node_status(&n->row)), NULL};
        return true;
    }
    return false;
}

static bool find_global(struct whys *out, const char *id, struct answer *answer)
{
    for (size_t i = 0; i < out->w->n_globals; i++) {
        struct world_global *g = &out->w->globals[i];
        if (strcmp(g->row.id, id) != 0) continue;
        why_global(out, g);
        *answer =
            (struct answer){"global datastore", NULL, global_status_text(g->row.status), global_status_text(g->row.status), NULL};
        return true;
    }
    return false;
}

static bool find_snapshot(struct whys *out, const char *region, const char *id, struct answer *answer)
{
    for (size_t i = 0; i < out->w->n_snapshots; i++) {
        const struct world_snapshot *s = &out->w->snapshots[i];
        if (!id_matches(region, id, s->row.region, s->row.name)) continue;
        why_snapshot(out, s);
        *answer = (struct answer){
            "snapshot", s->row.region, snapshot_status_text(s->row.status), snapshot_status_text(s->row.status), NULL};
        return true;
    }
    return false;
}

static bool find_user(struct whys *out, const char *region, const char *id, struct answer *answer)
{
    for (size_t i = 0; i < out->w->n_users; i++) {
        const struct world_user *u = &out->w->users[i];
        if (!id_matches(region, id, u->row.region, u->row.id)) continue;
        why_user(out, u);
        *answer = (struct answer){"user", u->row.region, user_status_text(u->row.status), user_status_text(u->row.status), NULL};
        return true;
    }
    for (size_t i = 0; i < out->w->n_user_groups; i++) {
        const struct world_user_group *g = &out->w->user_groups[i];
        if (!id_matches(region, id, g->row.region, g->row.id)) continue;
        why_user_group(out, g);
        *answer = (struct answer){
            "user group", g->row.region, user_group_status_text(g->row.status), user_group_status_text(g->row.status), NULL};
        return true;
    }
    return false;
}

static bool find_rg(struct whys *out, const char *region, const char *id, struct answer *answer)
{
    struct world_rg *rg = region ? world_rg(out->w, region, id) : NULL;
    if (rg == NULL) return false;
    why_rg(out, rg);
    *answer = (struct answer){
        "replication group", rg->row.region, rg_status_text(rg->row.status), rg_status_text(shown_rg_status(&rg->row)), NULL};
    return true;
}

struct answer plan_why(struct world *w, const char *region, const char *id)
{
    struct whys out = {.w = w};
    struct answer answer = {0};
    if (!find_rg(&out, region, id, &answer) && !find_stand_alone_or_member(&out, region, id, &answer) &&
        !find_global(&out, id, &answer) && !find_snapshot(&out, region, id, &answer))
        find_user(&out, region, id, &answer);
    answer.waits = out.first;
    return answer;
}
