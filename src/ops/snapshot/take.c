#include "ops/snapshot/take.h"
#include "catalog/limits.gen.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/tags.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include "plan/serverless.h"
#include "plan/snapshot.h"
#include <assert.h>
#include <string.h>

#define DAY_MS (24LL * 3600 * 1000)

enum {
    NAME_BYTES = 80,    /* the console allows 40; here a file's name has to hold it */
    FORGET_AT_ONCE = 8, /* of what is older than a day; more than one, so that what has piled up goes, too */
};

/* What is to be taken, put together before anything is written. */
struct taking {
    const struct snapshot_request *q;
    struct row_snapshot s;
    struct row_snapshot_part *parts;
    size_t n_parts;
};

int find_snapshot(struct op *op, const char *name, struct row_snapshot **out)
{
    int r = q_snapshot_get(op->store, op->arena, op->region->name, id_fold(op, name), out, op->err);
    if (r == 0 && *out == NULL) return op_fault(op, FAULT_SNAPSHOT_NOT_FOUND, "Snapshot not found: %s", name);
    return r;
}

int snapshot_check_name(struct op *op, const char *parameter, const char *given, const char **out)
{
    struct row_snapshot *other;
    int r = id_check(op, parameter, given, NAME_BYTES, out);
    if (r == 0) r = q_snapshot_get(op->store, op->arena, op->region->name, *out, &other, op->err);
    if (r == 0 && other) return op_fault(op, FAULT_SNAPSHOT_ALREADY_EXISTS, "Snapshot with specified name already exists.");
    return r;
}

int snapshot_check_supported(struct op *op, const struct row_cache_cluster *c)
{
    const struct node_type *t = node_type_find(c->node_type);
    if (strcmp(c->engine, "memcached") == 0)
        return op_fault(op, FAULT_SNAPSHOT_FEATURE_NOT_SUPPORTED, "Snapshots are not supported for engine memcached.");
    if (t && strcmp(t->family->name, "t1") == 0)
        return op_fault(op, FAULT_SNAPSHOT_FEATURE_NOT_SUPPORTED, "Snapshots are not supported for the node type %s.", t->name);
    return 0;
}

/* Counted even if they are deleted meanwhile. A final snapshot counts, too, where the operation that deletes declares the fault. */
static int check_quota(struct op *op, const struct row_node *n)
{
    int64_t taken;
    bool serverless = serverless_owns(n->id);
    enum fault fault = serverless ? FAULT_SERVERLESS_CACHE_SNAPSHOT_QUOTA_EXCEEDED : FAULT_SNAPSHOT_QUOTA_EXCEEDED;
    if (!operation_declares(op->operation, fault)) return 0;
    int r = q_snapshot_taken_count(op->store, n->region, n->id, op->now_ms - DAY_MS, op->now_ms, &taken, op->err);
    if (r == 0 && serverless && taken >= LIMIT_SERVERLESS_SNAPSHOTS_PER_DAY)
        return op_fault(
            op, fault, "The maximum number of manual snapshots for this serverless cache taken within 24 hours has been reached");
    if (r == 0 && !serverless && taken >= LIMIT_MANUAL_SNAPSHOTS_PER_NODE_PER_DAY)
        return op_fault(
            op, fault, "The maximum number of manual snapshots for this cluster taken within 24 hours has been reached");
    if (r == 0) r = q_snapshot_taken_forget(op->store, op->now_ms - DAY_MS, FORGET_AT_ONCE, op->err);
    return r ? r : q_snapshot_taken_add(op->store, n->region, n->id, op->now_ms, op->err);
}

static int add_part(struct op *op, struct taking *t, const struct row_node *n, const struct row_node_group *ng)
{
    t->parts[t->n_parts++] = snapshot_part_row(&t->s, n, ng);
    return check_quota(op, n);
}

static int begin_snapshot(struct op *op, struct taking *t, const struct row_cache_cluster *c)
{
    const char *name = t->q->name;
    int r = snapshot_check_supported(op, c);
    if (r == 0 && t->q->name_parameter) r = snapshot_check_name(op, t->q->name_parameter, t->q->name, &name);
    if (r) return r;
    t->s = snapshot_row(t->q->rg, c, op->now_ms);
    t->s.name = name;
    t->s.final = t->q->final;
    if (t->q->kms_key_id) t->s.kms_key_id = t->q->kms_key_id;
    return 0;
}

/* ---- of one cache cluster ---- */

static int take_cluster(struct op *op, struct taking *t, const struct row_cache_cluster *c)
{
    struct row_node *nodes;
    struct row_node_group ng = {.id = c->node_group_id};
    size_t n;
    int r = q_node_list_by_cluster(op->store, op->arena, c->region, c->id, &nodes, &n, op->err);
    if (r == 0) r = begin_snapshot(op, t, c);
    if (r || n == 0) return r;
    t->parts = arena_array(op->arena, struct row_snapshot_part, 1);
    r = add_part(op, t, &nodes[0], c->rg_id ? &ng : NULL);
    snapshot_part_add_member(op->arena, &t->parts[0], nodes[0].availability_zone);
    return r;
}

/* ---- of a replication group ---- */

static const struct row_node *find_node(const struct row_node *nodes, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(nodes[i].id, id) == 0) return &nodes[i];
    return NULL;
}

static int take_shards(
    struct op *op, struct taking *t, const struct row_node_group *ngs, size_t n_ngs, const struct row_node *nodes, size_t n_nodes)
{
    int r = 0;
    t->parts = arena_array(op->arena, struct row_snapshot_part, n_ngs);
    for (size_t i = 0; r == 0 && i < n_ngs; i++) {
        const struct row_node *first = find_node(nodes, n_nodes, ngs[i].primary_node_id);
        if (first == NULL) continue;
        r = add_part(op, t, first, &ngs[i]);
        struct row_snapshot_part *part = &t->parts[t->n_parts - 1];
        snapshot_part_add_member(op->arena, part, first->availability_zone);
        for (size_t k = 0; k < n_nodes; k++)
            if (&nodes[k] != first && strcmp(nodes[k].node_group_id, ngs[i].id) == 0)
                snapshot_part_add_member(op->arena, part, nodes[k].availability_zone);
    }
    return r;
}

static int find_cluster_of(struct op *op, const struct row_replication_group *rg, const char *id, struct row_cache_cluster **out)
{
    int r = q_cluster_get(op->store, op->arena, rg->region, id, out, op->err);
    assert(r || *out);
    return r;
}

/* Of the primary: a final snapshot must have every write; else of the cache cluster that the replication group's snapshots are taken of. */
static int take_group(struct op *op, struct taking *t, const struct row_replication_group *rg)
{
    struct row_node_group *ngs;
    struct row_node *nodes;
    struct row_cache_cluster *c = NULL;
    size_t n_ngs, n_nodes;
    int r = q_node_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &ngs, &n_ngs, op->err);
    if (r == 0) r = q_node_list_by_rg(op->store, op->arena, rg->region, rg->id, &nodes, &n_nodes, op->err);
    const struct row_node *first = r == 0 && n_ngs ? find_node(nodes, n_nodes, ngs[0].primary_node_id) : NULL;
    if (r || first == NULL)
        return r ? r : op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Replication group %s has no primary.", rg->id);
    bool sharded = rg_is_sharded(rg);
    if (!sharded && !t->q->final && rg->snapshotting_cluster_id) r = find_cluster_of(op, rg, rg->snapshotting_cluster_id, &c);
    if (r == 0 && c == NULL) r = find_cluster_of(op, rg, first->cluster_id, &c);
    if (r || !sharded) return r ? r : take_cluster(op, t, c);
    r = begin_snapshot(op, t, c);
    return r ? r : take_shards(op, t, ngs, n_ngs, nodes, n_nodes);
}

/* ---- both ---- */

static int put_tags(struct op *op, const struct taking *t)
{
    const struct snapshot_request *q = t->q;
    if (serverless_owns(t->s.name)) {
        const char *own = arn_of(op, t->s.account, "serverlesscachesnapshot", serverless_name(t->s.name));
        return q->tags ? tags_put(op, own, q->tags) : 0;
    }
    const char *arn = arn_of(op, t->s.account, "snapshot", t->s.name);
    if (q->tags && q->tags->n) return tags_put(op, arn, q->tags);
    const char *from = q->cluster ? arn_of(op, t->s.account, "cluster", q->cluster->id)
                                  : arn_of(op, t->s.account, "replicationgroup", q->rg->id);
    return tags_copy(op, from, arn);
}

int snapshot_take(struct op *op, const struct snapshot_request *q, const char **name)
{
    struct taking t = {.q = q};
    const char *engine = q->cluster ? q->cluster->engine : q->rg->engine;
    const char *version = q->cluster ? q->cluster->engine_version : q->rg->engine_version;
    int r = request_part(op, engine_version_find(engine_find(engine), version), PART_SNAPSHOTS, true);
    if (r) return r;
    r = q->cluster ? take_cluster(op, &t, q->cluster) : take_group(op, &t, q->rg);
    if (r == 0) r = q_snapshot_put(op->store, &t.s, op->err);
    for (size_t i = 0; r == 0 && i < t.n_parts; i++) r = q_snapshot_part_put(op->store, &t.parts[i], op->err);
    *name = t.s.name;
    return r ? r : put_tags(op, &t);
}

int snapshot_mark_source(struct op *op, const struct snapshot_request *q, const char *name)
{
    struct row_snapshot_part *parts;
    size_t n;
    int r = q_snapshot_parts(op->store, op->arena, op->region->name, name, &parts, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct row_cache_cluster *c;
        r = q_cluster_get(op->store, op->arena, op->region->name, parts[i].cluster_id, &c, op->err);
        if (r || c == NULL) continue;
        move_cluster_status(NULL, &c->status, CLUSTER_SNAPSHOT_ASKED);
        r = q_cache_cluster_put(op->store, c, op->err);
    }
    if (r || q->rg == NULL) return r;
    move_rg_status(NULL, &q->rg->status, RG_SNAPSHOT_ASKED);
    return q_replication_group_put(op->store, q->rg, op->err);
}
