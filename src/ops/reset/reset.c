#include "ops/reset/reset.h"
#include "base/arena.h"
#include "base/err.h"
#include "plan/moves.gen.h"
#include "store/queries.gen.h"
#include <string.h>

/* What there is when it begins. */
struct reset {
    struct store *store;
    struct arena *arena;
    const struct reset_scope *scope;
    struct err *err;
    struct row_replication_group *rgs;
    struct row_cache_cluster *clusters;
    struct row_node *nodes;
    struct row_global_replication_group *globals;
    struct row_global_member *members;
    struct row_snapshot *snapshots;
    size_t n_rgs, n_clusters, n_nodes, n_globals, n_members, n_snapshots;
};

bool reset_has(const struct reset_scope *scope, const char *region, const char *account)
{
    return (scope->region == NULL || strcmp(scope->region, region) == 0) &&
           (scope->account == NULL || strcmp(scope->account, account) == 0);
}

static int read_rows(struct reset *t)
{
    int r = q_replication_group_all(t->store, t->arena, &t->rgs, &t->n_rgs, t->err);
    if (r == 0) r = q_cache_cluster_all(t->store, t->arena, &t->clusters, &t->n_clusters, t->err);
    if (r == 0) r = q_node_all(t->store, t->arena, &t->nodes, &t->n_nodes, t->err);
    if (r == 0) r = q_global_replication_group_all(t->store, t->arena, &t->globals, &t->n_globals, t->err);
    if (r == 0) r = q_global_member_all(t->store, t->arena, &t->members, &t->n_members, t->err);
    return r ? r : q_snapshot_all(t->store, t->arena, &t->snapshots, &t->n_snapshots, t->err);
}

/* ---- datastores ---- */

static struct row_replication_group *rg_of(const struct reset *t, const struct row_global_member *m)
{
    for (size_t i = 0; i < t->n_rgs; i++)
        if (strcmp(t->rgs[i].region, m->region) == 0 && strcmp(t->rgs[i].id, m->rg_id) == 0) return &t->rgs[i];
    return NULL;
}

static bool member_goes(const struct reset *t, const struct row_global_member *m)
{
    const struct row_replication_group *rg = rg_of(t, m);
    return rg == NULL || reset_has(t->scope, rg->region, rg->account);
}

static bool global_goes(const struct reset *t, const struct row_global_replication_group *g)
{
    if (t->scope->region == NULL && reset_has(t->scope, "", g->account)) return true;
    for (size_t i = 0; i < t->n_members; i++) {
        const struct row_global_member *m = &t->members[i];
        if (strcmp(m->global_id, g->id) == 0 && m->role == MEMBER_PRIMARY) return member_goes(t, m);
    }
    return false;
}

/* It takes writes of its own from now on. */
static int release_member(struct reset *t, const struct row_global_member *m)
{
    struct row_replication_group *rg = rg_of(t, m);
    if (rg->status != RG_AVAILABLE && rg->status != RG_SNAPSHOTTING) return 0;
    move_rg_status(NULL, &rg->status, RG_CHANGE_ASKED);
    return q_replication_group_put(t->store, rg, t->err);
}

static int end_global(struct reset *t, struct row_global_replication_group *g)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_members; i++)
        if (strcmp(t->members[i].global_id, g->id) == 0 && !member_goes(t, &t->members[i])) r = release_member(t, &t->members[i]);
    if (r) return r;
    move_global_status(NULL, &g->status, GLOBAL_RESET);
    return q_global_replication_group_put(t->store, g, t->err);
}

/* The secondaries that go leave a datastore that stays. */
static int leave_global(struct reset *t, struct row_global_replication_group *g)
{
    bool left = false;
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_members; i++) {
        const struct row_global_member *m = &t->members[i];
        if (strcmp(m->global_id, g->id) != 0 || !member_goes(t, m)) continue;
        left = true;
        r = q_global_member_delete(t->store, m, t->err);
    }
    if (r || !left || (g->status != GLOBAL_AVAILABLE && g->status != GLOBAL_PRIMARY_ONLY)) return r;
    move_global_status(NULL, &g->status, GLOBAL_CHANGE_ASKED);
    return q_global_replication_group_put(t->store, g, t->err);
}

static int end_globals(struct reset *t)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_globals; i++) {
        bool goes = global_goes(t, &t->globals[i]);
        r = goes ? end_global(t, &t->globals[i]) : leave_global(t, &t->globals[i]);
    }
    return r;
}

/* ---- what has processes or files ---- */

static int end_groups(struct reset *t)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_rgs; i++) {
        if (!reset_has(t->scope, t->rgs[i].region, t->rgs[i].account)) continue;
        move_rg_status(NULL, &t->rgs[i].status, RG_DELETION_ASKED);
        r = q_replication_group_put(t->store, &t->rgs[i], t->err);
    }
    return r;
}

static int end_nodes(struct reset *t, const struct row_cache_cluster *c)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_nodes; i++) {
        struct row_node *n = &t->nodes[i];
        if (strcmp(n->region, c->region) != 0 || strcmp(n->cluster_id, c->id) != 0) continue;
        n->want = WISH_GONE;
        move_node_status(NULL, &n->status, NODE_DELETION_ASKED);
        r = q_node_put(t->store, n, t->err);
    }
    return r;
}

static int end_clusters(struct reset *t)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_clusters; i++) {
        struct row_cache_cluster *c = &t->clusters[i];
        if (!reset_has(t->scope, c->region, c->account)) continue;
        move_cluster_status(NULL, &c->status, CLUSTER_DELETION_ASKED);
        r = q_cache_cluster_put(t->store, c, t->err);
        if (r == 0) r = end_nodes(t, c);
    }
    return r;
}

static int end_snapshots(struct reset *t)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < t->n_snapshots; i++) {
        struct row_snapshot *s = &t->snapshots[i];
        if (!reset_has(t->scope, s->region, s->account)) continue;
        move_snapshot_status(NULL, &s->status, SNAPSHOT_RESET);
        r = q_snapshot_put(t->store, s, t->err);
    }
    return r;
}

int reset_begin(struct store *s, const struct reset_scope *scope, struct err *e)
{
    _arena_ struct arena a = {0};
    struct reset t = {.store = s, .arena = &a, .scope = scope, .err = e};
    int r = store_begin(s, true, e);
    if (r) return r;
    r = read_rows(&t);
    if (r == 0) r = end_globals(&t);
    if (r == 0) r = end_groups(&t);
    if (r == 0) r = end_clusters(&t);
    if (r == 0) r = end_snapshots(&t);
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}
