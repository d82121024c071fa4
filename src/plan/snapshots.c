#include "base/arena.h"
#include "base/text.h"
#include "plan/moves.gen.h"
#include "plan/plan.h"
#include "plan/seen.h"
#include "plan/serverless.h"
#include "plan/snapshot.h"
#include "plan/window.h"
#include "catalog/account_key.h"
#include <string.h>

/*
 * Snapshots: taken once all their files are whole, failed once one of them can't
 * come about, gone once their files are. What they are taken of shows 'snapshotting'
 * meanwhile, and is deleted afterwards where it was a final one.
 */

#define DAY_MS (24LL * 3600 * 1000)

static bool is_of_group(const struct world_snapshot *s, const struct world_rg *rg)
{
    return text_is(s->row.rg_id, rg->row.id) && text_is(s->row.region, rg->row.region) &&
           s->row.source_created_ms == rg->row.created_ms;
}

static bool is_of_cluster(const struct world_snapshot *s, const struct world_cluster *c)
{
    return s->row.rg_id == NULL && text_is(s->row.cluster_id, c->row.id) && text_is(s->row.region, c->row.region) &&
           s->row.source_created_ms == c->row.created_ms;
}

static struct world_rg *source_group(struct world *w, const struct world_snapshot *s)
{
    struct world_rg *rg = s->row.rg_id ? world_rg(w, s->row.region, s->row.rg_id) : NULL;
    return rg && !rg->drop && is_of_group(s, rg) ? rg : NULL;
}

static struct world_cluster *source_cluster(struct world *w, const struct world_snapshot *s)
{
    struct world_cluster *c = s->row.rg_id ? NULL : world_cluster(w, s->row.region, NULL, s->row.cluster_id);
    return c && !c->drop && is_of_cluster(s, c) ? c : NULL;
}

/* NULL unless a replication group is to lose this one member; it is not deleted itself meanwhile, since it is snapshotting. */
static struct world_cluster *source_replica(struct world *w, const struct world_rg *rg, const struct world_snapshot *s)
{
    bool one = rg && rg->row.status != RG_DELETING && s->row.cluster_id;
    struct world_cluster *c = one ? world_cluster(w, s->row.region, s->row.rg_id, s->row.cluster_id) : NULL;
    return c && !c->drop && c->row.status == CLUSTER_DELETING ? c : NULL;
}

static struct world_node *find_stored_node(struct world *w, const char *region, const char *id)
{
    for (size_t i = 0; i < w->n_nodes; i++)
        if (text_is(w->nodes[i].row.id, id) && text_is(w->nodes[i].row.region, region)) return &w->nodes[i];
    return NULL;
}

/* ---- the end of taking one ---- */

static void move_members(struct world *w, struct world_rg *rg, enum cluster_status from, enum cluster_status_event event)
{
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (rg->clusters[i].row.status == from) move_cluster_status(w, &rg->clusters[i].row.status, event);
}

static void delete_nodes(struct world *w, struct world_node *nodes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        world_set_word(w, &nodes[i].row.want, WISH_GONE);
        move_node_status(w, &nodes[i].row.status, NODE_DELETION_ASKED);
    }
}

static void end_snapshot(struct world *w, struct world_snapshot *s, bool done)
{
    move_snapshot_status(w, &s->row.status, done ? SNAPSHOT_TAKEN : SNAPSHOT_NOT_TAKEN);
    if (serverless_owns(s->row.name)) {
        const char *shown = serverless_name(s->row.name), *cache = serverless_name(s->row.rg_id);
        const char *at = account_key_beside(w->arena, s->row.name, shown);
        if (done) world_event(w, s->row.region, at, EVENT_SERVERLESS_SNAPSHOT_CREATED, shown, cache);
        else world_event(w, s->row.region, at, EVENT_SERVERLESS_SNAPSHOT_FAILED, shown, cache);
    } else if (s->row.copied_from == NULL && s->row.source != SNAPSHOT_DUMP) {
        const char *name = s->row.name, *at = s->n_parts ? s->parts[0].row.cluster_id : name;
        if (s->row.cluster_id) {
            if (done) world_event(w, s->row.region, at, EVENT_SNAPSHOT_SUCCEEDED, name, s->row.cluster_id);
            else world_event(w, s->row.region, at, EVENT_SNAPSHOT_FAILED, name, s->row.cluster_id);
        } else {
            if (done) world_event(w, s->row.region, at, EVENT_GROUP_SNAPSHOT_SUCCEEDED, name, s->row.rg_id);
            else world_event(w, s->row.region, at, EVENT_GROUP_SNAPSHOT_FAILED, name, s->row.rg_id);
        }
    }
    if (s->row.final) {
        /* Its source goes now that it is taken, or stays as it was: a failed final snapshot must not cost the data. */
        struct world_rg *rg = source_group(w, s);
        struct world_cluster *replica = source_replica(w, rg, s), *c = replica ? replica : source_cluster(w, s);
        if (replica) rg = NULL;
        if (rg && done) delete_nodes(w, rg->nodes, rg->n_nodes);
        if (rg && !done) move_rg_status(w, &rg->row.status, RG_FINAL_SNAPSHOT_FAILED);
        if (rg && !done) move_members(w, rg, CLUSTER_DELETING, CLUSTER_FINAL_SNAPSHOT_FAILED);
        if (c && done) delete_nodes(w, c->nodes, c->n_nodes);
        if (c && !done) move_cluster_status(w, &c->row.status, CLUSTER_FINAL_SNAPSHOT_FAILED);
        world_set_int(w, &s->row.final, 0);
    }
}

/*
 * The data must be those that the process had when the snapshot was asked for: one that died came back empty. One that
 * was stopped in good order and started again has them still.
 */
static bool node_lost_data(struct world *w, struct world_snapshot_part *p)
{
    struct world_node *n = find_stored_node(w, p->row.region, p->row.node_id);
    if (n == NULL || n->drop || n->row.want == WISH_GONE || seen_node_restarts(&n->row) > p->row.restarts) return true;
    if (n->row.seen_pid == 0) return false;
    world_set_int(w, &p->row.pid, n->row.seen_pid);
    world_set_int(w, &p->row.started_ms, n->row.seen_started_ms);
    world_set_int(w, &p->row.restarts, seen_node_restarts(&n->row));
    return false;
}

static void plan_creating(struct world *w, struct world_snapshot *s)
{
    size_t whole = 0;
    for (size_t i = 0; i < s->n_parts; i++) {
        struct world_snapshot_part *p = &s->parts[i];
        if (p->row.seen_state == PART_WHOLE) whole++;
        else if (p->row.seen_state == PART_FAILED || (s->row.copied_from == NULL && node_lost_data(w, p)))
            return end_snapshot(w, s, false);
    }
    if (whole == s->n_parts) end_snapshot(w, s, true);
}

/* ---- afterwards ---- */

static bool is_being_restored(const struct world *w, const struct world_snapshot *s)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct world_node *n = &w->nodes[i];
        if (n->seed && !n->seed->drop && n->seed->n_files && text_is(n->seed->files->row.snapshot, s->row.name) &&
            text_is(n->row.region, s->row.region) && n->cluster && n->cluster->row.status == CLUSTER_CREATING)
            return true;
    }
    return false;
}

/* NULL where the part's export is done, or under way. An agent that was started after the file had gone has nothing to export. */
static const char *why_not_exported(const struct row_snapshot_part *p, const struct row_snapshot *s)
{
    if (seen_export_is_done(p, s)) return NULL;
    return p->seen_state == PART_MISSING ? "its file is missing" : seen_export_reason(p, s);
}

static void tell_serverless_export(struct world *w, const struct world_snapshot *s, const char *why)
{
    const char *shown = serverless_name(s->row.name), *at = account_key_beside(w->arena, s->row.name, shown);
    if (why) world_event(w, s->row.region, at, EVENT_SERVERLESS_SNAPSHOT_EXPORT_FAILED, shown, s->row.export_bucket, why);
    else world_event(w, s->row.region, at, EVENT_SERVERLESS_SNAPSHOT_EXPORTED, shown, s->row.export_bucket);
}

static void plan_exporting(struct world *w, struct world_snapshot *s)
{
    const char *why = NULL;
    size_t exported = 0;
    for (size_t i = 0; i < s->n_parts; i++) {
        const struct row_snapshot_part *p = &s->parts[i].row;
        exported += seen_export_is_done(p, &s->row);
        if (why_not_exported(p, &s->row)) why = why_not_exported(p, &s->row);
    }
    if (why == NULL && exported < s->n_parts) return;
    const char *at = s->n_parts ? s->parts[0].row.cluster_id : s->row.name;
    if (serverless_owns(s->row.name)) tell_serverless_export(w, s, why);
    else if (why) world_event(w, s->row.region, at, EVENT_SNAPSHOT_EXPORT_FAILED, s->row.name, s->row.export_bucket, why);
    else world_event(w, s->row.region, at, EVENT_SNAPSHOT_EXPORTED, s->row.name, s->row.export_bucket);
    move_snapshot_status(w, &s->row.status, SNAPSHOT_EXPORT_ENDED);
    world_set(w, &s->row.export_root, NULL);
    world_set(w, &s->row.export_bucket, NULL);
    world_set(w, &s->row.export_name, NULL);
}

static void plan_deleted(struct world *w, struct world_snapshot *s)
{
    for (size_t i = 0; i < s->n_parts; i++)
        if (s->parts[i].row.seen_state != PART_GONE) return;
    for (size_t i = 0; i < s->n_parts; i++) world_drop(w, &s->parts[i].drop);
    world_drop(w, &s->drop);
}

static int64_t days_kept(const struct world_rg *rg, const struct world_cluster *c, const struct world_snapshot *s)
{
    int64_t now = rg ? rg->row.snapshot_retention_limit : c->row.snapshot_retention_limit;
    return now ? now : s->row.retention_limit; /* none are taken any more; those there are have their time */
}

/* Automatic ones go when their time is over, and with their source. Source: the user guide, "Deleting a backup". */
static void plan_retention(struct world *w, struct world_snapshot *s)
{
    struct world_rg *rg = source_group(w, s);
    struct world_cluster *c = source_cluster(w, s);
    bool rests = s->row.status == SNAPSHOT_AVAILABLE || s->row.status == SNAPSHOT_FAILED;
    if (!rests || s->row.source != SNAPSHOT_AUTOMATED) return;
    int64_t until = rg || c ? s->row.created_ms + days_kept(rg, c, s) * DAY_MS : 0;
    if (w->now_ms >= until) move_snapshot_status(w, &s->row.status, SNAPSHOT_AGED);
    else world_wake_date(w, until);
}

static void plan_one(struct world *w, struct world_snapshot *s)
{
    if (s->row.status == SNAPSHOT_CREATING) plan_creating(w, s);
    else if (s->row.status == SNAPSHOT_EXPORTING) plan_exporting(w, s);
    else if (s->row.status == SNAPSHOT_DELETING) plan_deleted(w, s);
    else if (s->row.status == SNAPSHOT_RESTORING && !is_being_restored(w, s))
        move_snapshot_status(w, &s->row.status, SNAPSHOT_RESTORED);
    else if (s->row.status == SNAPSHOT_AVAILABLE) {
        /* A file that somebody has taken away: the snapshot is of no use any more. */
        for (size_t i = 0; i < s->n_parts; i++)
            if (s->parts[i].row.seen_state == PART_MISSING) move_snapshot_status(w, &s->row.status, SNAPSHOT_FILE_MISSING);
    }
    if (!s->drop) plan_retention(w, s);
}

/* ---- their sources ---- */

static bool takes_one(const struct world_snapshot *s)
{
    return s->row.status == SNAPSHOT_CREATING && s->row.copied_from == NULL;
}

static bool group_is_taken(const struct world *w, const struct world_rg *rg)
{
    for (size_t i = 0; i < w->n_snapshots; i++)
        if (takes_one(&w->snapshots[i]) && is_of_group(&w->snapshots[i], rg)) return true;
    return w->new_snapshots != NULL;
}

static bool cluster_is_taken(const struct world *w, const struct world_cluster *c)
{
    for (size_t i = 0; i < w->n_snapshots; i++)
        if (takes_one(&w->snapshots[i]) && is_of_cluster(&w->snapshots[i], c)) return true;
    return w->new_snapshots != NULL;
}

/* A change by its datastore may have begun, and ended, meanwhile: then only its members are still 'snapshotting'. */
static bool any_snapshotting(const struct world_rg *rg)
{
    if (rg->row.status == RG_SNAPSHOTTING) return true;
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (rg->clusters[i].row.status == CLUSTER_SNAPSHOTTING) return true;
    return false;
}

static void plan_sources(struct world *w)
{
    for (size_t i = 0; i < w->n_rgs; i++) {
        struct world_rg *rg = &w->rgs[i];
        if (!any_snapshotting(rg) || group_is_taken(w, rg)) continue;
        if (rg->row.status == RG_SNAPSHOTTING) move_rg_status(w, &rg->row.status, RG_SNAPSHOT_ENDED);
        move_members(w, rg, CLUSTER_SNAPSHOTTING, CLUSTER_SNAPSHOT_ENDED);
    }
    for (size_t i = 0; i < w->n_clusters; i++) {
        struct world_cluster *c = &w->clusters[i];
        if (c->row.rg_id == NULL && c->row.status == CLUSTER_SNAPSHOTTING && !cluster_is_taken(w, c))
            move_cluster_status(w, &c->row.status, CLUSTER_SNAPSHOT_ENDED);
    }
}

/* The member that a replication group's snapshots are taken of has left it: from now on it is the primary. */
static void plan_snapshotting_cluster(struct world *w, struct world_rg *rg)
{
    if (rg->drop || rg->row.snapshotting_cluster_id == NULL || rg->n_node_groups == 0) return;
    for (size_t i = 0; i < rg->n_clusters; i++)
        if (!rg->clusters[i].drop && text_is(rg->clusters[i].row.id, rg->row.snapshotting_cluster_id)) return;
    struct world_node *first = rg_primary(&rg->node_groups[0]);
    if (first) world_set(w, &rg->row.snapshotting_cluster_id, first->row.cluster_id);
}

/* ---- automatic ones ---- */

/* Within the day that began then: a clock that was far ahead once must not be the end of all snapshots. */
static bool ran_since(const struct world *w, const char *region, const char *source_id, int64_t since_ms)
{
    for (const struct world_new_snapshot *n = w->new_snapshots; n; n = n->next)
        if (text_is(n->schedule.source_id, source_id) && text_is(n->schedule.region, region)) return true;
    for (size_t i = 0; i < w->n_schedules; i++)
        if (text_is(w->schedules[i].source_id, source_id) && text_is(w->schedules[i].region, region))
            return w->schedules[i].ran_ms >= since_ms && w->schedules[i].ran_ms < since_ms + DAY_MS;
    return false;
}

/* Once in every window, as soon as nothing else is done with the source. */
static bool is_due(struct world *w, const char *region, const char *source_id, const char *window, int64_t retention)
{
    int64_t at_ms;
    if (retention == 0) return false;
    if (window_of_day_is_open(window, w->now_ms, &at_ms)) {
        if (!ran_since(w, region, source_id, at_ms)) return true;
        at_ms += DAY_MS;
    }
    world_wake_date(w, at_ms);
    return false;
}

static struct row_snapshot_part part_of(
    struct world *w, const struct row_snapshot *s, const struct world_node *n, struct world_rg *rg, struct world_node_group *ng)
{
    struct row_snapshot_part p = snapshot_part_row(s, &n->row, ng ? &ng->row : NULL);
    struct world_node *first = ng ? rg_primary(ng) : NULL;
    snapshot_part_add_member(w->arena, &p, first ? first->row.availability_zone : n->row.availability_zone);
    for (size_t i = 0; ng && i < rg->n_nodes; i++)
        if (&rg->nodes[i] != first && text_is(rg->nodes[i].row.node_group_id, ng->row.id))
            snapshot_part_add_member(w->arena, &p, rg->nodes[i].row.availability_zone);
    return p;
}

static void begin_automatic(struct world *w, struct world_new_snapshot *s, const char *source_id, const char *id)
{
    s->row.source = SNAPSHOT_AUTOMATED;
    s->row.name = snapshot_automatic_name(w->arena, id, w->now_ms);
    s->schedule = (struct row_snapshot_schedule){s->row.region, source_id, w->now_ms};
    for (size_t i = 0; i < s->n_parts; i++) s->parts[i].snapshot = s->row.name;
    world_add_snapshot(w, s);
}

/* The node that the replication group's snapshots are taken of: in replication groups with cluster mode enabled, every primary. */
static struct world_node *snapshotting_node(struct world_rg *rg, struct world_node_group *ng)
{
    struct world_node *n = NULL;
    for (size_t i = 0; i < rg->n_nodes && rg->row.snapshotting_cluster_id; i++)
        if (text_is(rg->nodes[i].row.cluster_id, rg->row.snapshotting_cluster_id)) n = &rg->nodes[i];
    return n && node_answers(n) && n->row.want == WISH_RUN ? n : rg_primary(ng);
}

static void plan_automatic_of_group(struct world *w, struct world_rg *rg)
{
    const char *source = arena_printf(w->arena, "rg.%s", rg->row.id);
    if (rg->drop || rg->row.status != RG_AVAILABLE || rg->n_node_groups == 0) return;
    if (!is_due(w, rg->row.region, source, rg->row.snapshot_window, rg->row.snapshot_retention_limit)) return;
    struct world_node *first = snapshotting_node(rg, &rg->node_groups[0]);
    if (first == NULL || first->cluster == NULL) return;
    struct world_new_snapshot s = {.row = snapshot_row(&rg->row, &first->cluster->row, w->now_ms)};
    s.parts = arena_array(w->arena, struct row_snapshot_part, rg->n_node_groups);
    for (size_t i = 0; i < rg->n_node_groups; i++) {
        struct world_node *n = snapshotting_node(rg, &rg->node_groups[i]);
        if (n == NULL || n->cluster == NULL) return;
        s.parts[s.n_parts++] = part_of(w, &s.row, n, rg, &rg->node_groups[i]);
    }
    for (size_t i = 0; i < s.n_parts; i++)
        move_cluster_status(
            w, &find_stored_node(w, rg->row.region, s.parts[i].node_id)->cluster->row.status, CLUSTER_SNAPSHOT_ASKED);
    begin_automatic(w, &s, source, s.row.cluster_id ? s.row.cluster_id : rg->row.id);
    move_rg_status(w, &rg->row.status, RG_SNAPSHOT_ASKED);
}

static void plan_automatic_of_cluster(struct world *w, struct world_cluster *c)
{
    const char *source = arena_printf(w->arena, "cluster.%s", c->row.id);
    if (c->drop || c->row.rg_id || c->n_nodes != 1 || c->row.status != CLUSTER_AVAILABLE) return;
    if (!is_due(w, c->row.region, source, c->row.snapshot_window, c->row.snapshot_retention_limit)) return;
    struct world_new_snapshot s = {.row = snapshot_row(NULL, &c->row, w->now_ms), .n_parts = 1};
    s.parts = arena_array(w->arena, struct row_snapshot_part, 1);
    s.parts[0] = part_of(w, &s.row, &c->nodes[0], NULL, NULL);
    begin_automatic(w, &s, source, c->row.id);
    move_cluster_status(w, &c->row.status, CLUSTER_SNAPSHOT_ASKED);
}

/* ---- seeds ---- */

/* What the user called it: the snapshot, or the files. */
static const char *seed_name(struct world *w, const struct world_seed *s)
{
    if (s->n_files == 0) return "nothing";
    const struct row_seed_file *f = &s->files->row;
    if (f->snapshot) return serverless_owns(f->snapshot) ? serverless_name(f->snapshot) : f->snapshot;
    return s->n_files == 1 ? f->path : arena_printf(w->arena, "%s and %zu more", f->path, s->n_files - 1);
}

/* A seed has served once its replication group is made, and must stay as long as it is not: a primary that dies meanwhile begins with it again. */
static void plan_seed(struct world *w, struct world_node *n)
{
    if (n->seed == NULL || n->seed->drop || n->cluster == NULL) return;
    bool creating = n->rg ? n->rg->row.status == RG_CREATING : n->cluster->row.status == CLUSTER_CREATING;
    bool failed = n->rg ? n->rg->row.status == RG_CREATE_FAILED : n->cluster->row.status == CLUSTER_RESTORE_FAILED;
    if (creating && n->seed->row.seen_refused) {
        struct world_rg *rg = n->rg;
        world_event(w, n->row.region, n->row.cluster_id, EVENT_RESTORE_FAILED, seed_name(w, n->seed), n->seed->row.seen_refused);
        if (rg) move_rg_status(w, &rg->row.status, RG_SEED_REFUSED);
        if (rg && rg->serverless)
            world_event(w, rg->row.region, rg->serverless->row.name, EVENT_SERVERLESS_CACHE_RESTORE_FAILED,
                rg->serverless->row.name, seed_name(w, n->seed), n->seed->row.seen_refused);
        if (rg) move_members(w, rg, CLUSTER_CREATING, CLUSTER_SEED_REFUSED);
        if (rg) world_event(w, rg->row.region, rg->row.id, EVENT_GROUP_CREATE_FAILED, rg->row.id);
        move_cluster_status(w, &n->cluster->row.status, CLUSTER_SEED_REFUSED);
    } else if (!creating && !failed) world_drop(w, &n->seed->drop);
}

void plan_snapshots(struct world *w)
{
    for (size_t i = 0; i < w->n_snapshots; i++)
        if (!w->snapshots[i].drop) {
            /* What it waits for is told apart from what others do. */
            int64_t others_ms = w->wake_ms;
            w->wake_ms = INT64_MAX;
            plan_one(w, &w->snapshots[i]);
            w->snapshots[i].wake_ms = w->wake_ms;
            world_wake(w, others_ms);
        }
    for (size_t i = 0; i < w->n_nodes; i++) plan_seed(w, &w->nodes[i]);
    for (size_t i = 0; i < w->n_seeds; i++) {
        struct world_node *n = find_stored_node(w, w->seeds[i].row.region, w->seeds[i].row.node_id);
        if (n == NULL || n->drop) world_drop(w, &w->seeds[i].drop);
    }
    /* Files are of use as long as some node is to begin with them. */
    for (size_t i = 0; i < w->n_seed_files; i++) {
        struct world_seed_file *f = &w->seed_files[i];
        bool used = false;
        for (size_t k = 0; !used && k < w->n_seeds; k++)
            used = !w->seeds[k].drop && text_is(w->seeds[k].row.source_id, f->row.source_id) &&
                   text_is(w->seeds[k].row.region, f->row.region);
        if (!used) world_drop(w, &f->drop);
    }
    plan_sources(w);
    for (size_t i = 0; i < w->n_rgs; i++) plan_snapshotting_cluster(w, &w->rgs[i]);
    for (size_t i = 0; i < w->n_rgs; i++) plan_automatic_of_group(w, &w->rgs[i]);
    for (size_t i = 0; i < w->n_clusters; i++) plan_automatic_of_cluster(w, &w->clusters[i]);
}
