#include "ops/dump/data_dump.h"
#include "base/arena.h"
#include "base/err.h"
#include "plan/moves.gen.h"
#include "plan/snapshot.h"
#include "store/queries.gen.h"
#include <string.h>

/* What there is when it begins. */
struct taking {
    struct store *store;
    struct arena *arena;
    struct err *err;
    int64_t now_ms;
    struct row_replication_group *rgs;
    struct row_node_group *ngs;
    struct row_cache_cluster *clusters;
    struct row_node *nodes;
    struct row_global_member *members;
    size_t n_rgs, n_ngs, n_clusters, n_nodes, n_members;
};

static int read_rows(struct taking *t)
{
    int r = q_replication_group_all(t->store, t->arena, &t->rgs, &t->n_rgs, t->err);
    if (r == 0) r = q_node_group_all(t->store, t->arena, &t->ngs, &t->n_ngs, t->err);
    if (r == 0) r = q_cache_cluster_all(t->store, t->arena, &t->clusters, &t->n_clusters, t->err);
    if (r == 0) r = q_node_all(t->store, t->arena, &t->nodes, &t->n_nodes, t->err);
    return r ? r : q_global_member_all(t->store, t->arena, &t->members, &t->n_members, t->err);
}

/* ---- one snapshot ---- */

static int put_snapshot(struct taking *t, struct row_snapshot *s, const char *source_id)
{
    s->source = SNAPSHOT_DUMP;
    s->name = arena_printf(t->arena, "dump.%lld.%s", (long long)t->now_ms, source_id);
    return q_snapshot_put(t->store, s, t->err);
}

/* The node's data, and its cache cluster, which is being snapshotted from now on. */
static int put_part(struct taking *t, const struct row_snapshot *s, const struct row_node *n, const struct row_node_group *ng,
    struct row_cache_cluster *c)
{
    struct row_snapshot_part p = snapshot_part_row(s, n, ng);
    snapshot_part_add_member(t->arena, &p, n->availability_zone);
    int r = q_snapshot_part_put(t->store, &p, t->err);
    if (r || c->status != CLUSTER_AVAILABLE) return r;
    move_cluster_status(NULL, &c->status, CLUSTER_SNAPSHOT_ASKED);
    return q_cache_cluster_put(t->store, c, t->err);
}

static struct row_cache_cluster *cluster_named(const struct taking *t, const char *region, const char *id)
{
    for (size_t i = 0; i < t->n_clusters; i++)
        if (strcmp(t->clusters[i].region, region) == 0 && strcmp(t->clusters[i].id, id) == 0) return &t->clusters[i];
    return NULL;
}

static struct row_node *node_named(const struct taking *t, const char *region, const char *id)
{
    for (size_t i = 0; i < t->n_nodes; i++)
        if (strcmp(t->nodes[i].region, region) == 0 && strcmp(t->nodes[i].id, id) == 0) return &t->nodes[i];
    return NULL;
}

/* ---- replication groups ---- */

static bool follows_another_region(const struct taking *t, const struct row_replication_group *rg)
{
    for (size_t i = 0; i < t->n_members; i++) {
        const struct row_global_member *m = &t->members[i];
        if (strcmp(m->region, rg->region) == 0 && strcmp(m->rg_id, rg->id) == 0) return m->role == MEMBER_SECONDARY;
    }
    return false;
}

static int take_node_groups(struct taking *t, struct row_replication_group *rg)
{
    struct row_snapshot s = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_ngs; i++) {
        const struct row_node_group *ng = &t->ngs[i];
        if (strcmp(ng->region, rg->region) != 0 || strcmp(ng->rg_id, rg->id) != 0) continue;
        const struct row_node *n = node_named(t, ng->region, ng->primary_node_id);
        struct row_cache_cluster *c = n ? cluster_named(t, n->region, n->cluster_id) : NULL;
        if (c == NULL) continue;
        if (s.name == NULL) {
            s = snapshot_row(rg, c, t->now_ms);
            r = put_snapshot(t, &s, arena_printf(t->arena, "rg.%s", rg->id));
        }
        if (r == 0) r = put_part(t, &s, n, ng, c);
    }
    if (r || s.name == NULL) return r;
    move_rg_status(NULL, &rg->status, RG_SNAPSHOT_ASKED);
    return q_replication_group_put(t->store, rg, t->err);
}

/* What has failed, or goes, has no data that anybody could count on. */
static int take_group(struct taking *t, struct row_replication_group *rg)
{
    if (rg->status == RG_DELETING || rg->status == RG_CREATE_FAILED || follows_another_region(t, rg)) return 0;
    if (rg->status == RG_AVAILABLE) return take_node_groups(t, rg);
    return err_set(t->err, ERR_IN_USE, "Replication group %s of %s is %s: its data can be taken once it is available.", rg->id,
        rg->region, rg_status_text(rg->status));
}

/* ---- cache clusters that are in none ---- */

static int take_cluster(struct taking *t, struct row_cache_cluster *c)
{
    bool has_data = strcmp(c->engine, "memcached") != 0 && c->rg_id == NULL;
    if (!has_data || c->status == CLUSTER_DELETING || c->status == CLUSTER_RESTORE_FAILED) return 0;
    if (c->status != CLUSTER_AVAILABLE)
        return err_set(t->err, ERR_IN_USE, "Cache cluster %s of %s is %s: its data can be taken once it is available.", c->id,
            c->region, cluster_status_text(c->status));
    const struct row_node *n = NULL;
    for (size_t i = 0; n == NULL && i < t->n_nodes; i++)
        if (strcmp(t->nodes[i].region, c->region) == 0 && strcmp(t->nodes[i].cluster_id, c->id) == 0) n = &t->nodes[i];
    if (n == NULL) return 0;
    struct row_snapshot s = snapshot_row(NULL, c, t->now_ms);
    int r = put_snapshot(t, &s, arena_printf(t->arena, "cluster.%s", c->id));
    return r ? r : put_part(t, &s, n, NULL, c);
}

static int take_all(struct taking *t)
{
    int r = read_rows(t);
    for (size_t i = 0; r == 0 && i < t->n_rgs; i++) r = take_group(t, &t->rgs[i]);
    for (size_t i = 0; r == 0 && i < t->n_clusters; i++) r = take_cluster(t, &t->clusters[i]);
    return r;
}

int data_dump_begin(struct store *s, int64_t now_ms, struct err *e)
{
    _arena_ struct arena a = {0};
    struct taking t = {.store = s, .arena = &a, .err = e, .now_ms = now_ms};
    int r = store_begin(s, true, e);
    if (r) return r;
    r = take_all(&t);
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}

/* ---- how far they are ---- */

static int add_files(struct store *s, struct arena *a, const struct row_snapshot *of, struct data_dump *out, struct err *e)
{
    struct row_snapshot_part *parts;
    size_t n;
    int r = q_snapshot_parts(s, a, of->region, of->name, &parts, &n, e);
    if (r) return r;
    struct data_dump_file *files = arena_array(a, struct data_dump_file, out->n + n);
    if (out->n) memcpy(files, out->files, out->n * sizeof *files);
    out->files = files;
    const char *source_id = of->rg_id ? arena_printf(a, "rg.%s", of->rg_id) : arena_printf(a, "cluster.%s", of->cluster_id);
    for (size_t i = 0; i < n; i++)
        files[out->n++] = (struct data_dump_file){
            of->region, source_id, parts[i].node_group_id, snapshot_file(a, of->name, parts[i].node_group_id)};
    return 0;
}

int data_dump_look(struct store *s, struct arena *a, struct data_dump *out, struct err *e)
{
    struct row_snapshot *all;
    size_t n;
    *out = (struct data_dump){.whole = true};
    int r = q_snapshot_all(s, a, &all, &n, e);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (all[i].source != SNAPSHOT_DUMP || all[i].status == SNAPSHOT_DELETING) continue;
        if (all[i].status == SNAPSHOT_FAILED) out->failed = all[i].rg_id ? all[i].rg_id : all[i].cluster_id;
        out->whole &= all[i].status == SNAPSHOT_AVAILABLE;
        r = add_files(s, a, &all[i], out, e);
    }
    return r;
}

int data_dump_end(struct store *s, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_snapshot *all;
    size_t n;
    int r = store_begin(s, true, e);
    if (r) return r;
    r = q_snapshot_all(s, &a, &all, &n, e);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (all[i].source != SNAPSHOT_DUMP || all[i].status == SNAPSHOT_DELETING) continue;
        move_snapshot_status(NULL, &all[i].status, SNAPSHOT_RESET);
        r = q_snapshot_put(s, &all[i], e);
    }
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}
