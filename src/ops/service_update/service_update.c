#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/replication_group/rows.h"
#include "ops/service_update/update.h"
#include "plan/moves.gen.h"
#include <assert.h>
#include <string.h>

/* ---- DescribeServiceUpdates ---- */

static struct api_service_update view_update(struct op *op, const struct service_update *s)
{
    return (struct api_service_update){
        .service_update_name = arena_strdup(op->arena, s->name),
        .service_update_release_date = OPT_TIME(s->released_ms),
        .service_update_end_date = OPT_TIME(s->end_ms),
        .service_update_severity = s->kind->severity,
        .service_update_recommended_apply_by_date = OPT_TIME(s->recommended_ms),
        .service_update_status = s->expired ? "expired" : "available",
        .service_update_description = s->kind->about,
        .service_update_type = "security-update",
        .engine = service_update_engines(op, s),
        .auto_update_after_recommended_apply_by_date = OPT_BOOL(false),
        .estimated_update_time = service_update_time(op),
    };
}

/* There are never more than one page has. */
int op_describe_service_updates(
    struct op *op, const struct api_describe_service_updates_in *in, struct api_describe_service_updates_out *out)
{
    struct page page;
    struct service_update s;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r == 0 && in->service_update_name) r = find_service_update(op, in->service_update_name, &s);
    if (r) return r;
    struct api_service_update_list *list = &out->service_updates;
    *list = (struct api_service_update_list){
        .set = true, .items = arena_array(op->arena, struct api_service_update, service_update_calendar.kept)};
    for (int i = 0; i < service_update_calendar.kept; i++) {
        service_update_at(i, op->now_ms, &s);
        bool named = in->service_update_name == NULL || strcmp(in->service_update_name, s.name) == 0;
        if (named && list_has(&in->service_update_status, s.expired ? "expired" : "available"))
            list->items[list->n++] = view_update(op, &s);
    }
    return 0;
}

/* ---- applying and stopping ---- */

/* Why it is not done, in the words of a fault; type NULL: it is. */
struct refusal {
    const char *type, *message;
};

struct batch {
    struct op *op;
    struct service_update update;
    bool stops;
    struct api_update_action_results *out;
};

static struct refusal check_apply(const struct batch *b, const struct updatable *u, bool available)
{
    if (!updatable_has(u, &b->update))
        return (struct refusal){"InvalidParameterValue", "The service update is not for this engine."};
    if (b->update.expired) return (struct refusal){"InvalidParameterValue", "The service update has expired."};
    enum update_stage stage = updatable_stage(u, &b->update);
    if (stage == UPDATE_COMPLETE) return (struct refusal){"InvalidParameterValue", "The service update is already complete."};
    if (update_is_under_way(*u->columns.stage))
        return (struct refusal){"InvalidParameterValue", "A service update is already being applied."};
    if (!available)
        return (struct refusal){u->rg ? "InvalidReplicationGroupState" : "InvalidCacheClusterState", "It is not available."};
    return (struct refusal){0};
}

static struct refusal check_stop(const struct batch *b, const struct updatable *u)
{
    enum update_stage stage = updatable_stage(u, &b->update);
    if (stage == UPDATE_WAITING_TO_START || stage == UPDATE_IN_PROGRESS) return (struct refusal){0};
    return (struct refusal){"InvalidParameterValue", "The service update is not being applied."};
}

static void set_stage(const struct batch *b, const struct updatable *u)
{
    *u->columns.name = arena_strdup(b->op->arena, b->update.name);
    *u->columns.stage = b->stops ? UPDATE_STOPPING : UPDATE_WAITING_TO_START;
    *u->columns.changed_ms = b->op->now_ms;
}

static int write_update(const struct batch *b, const struct updatable *u)
{
    set_stage(b, u);
    if (u->cluster && !b->stops) move_cluster_status(NULL, &u->cluster->status, CLUSTER_CHANGE_BEGUN);
    if (u->cluster) return q_cache_cluster_put(b->op->store, u->cluster, b->op->err);
    assert(u->rg);
    return b->stops ? q_replication_group_put(b->op->store, u->rg, b->op->err) : rg_set_modifying(b->op, u->rg);
}

static void add_unprocessed(const struct batch *b, const char *rg, const char *cluster, struct refusal why)
{
    b->out->unprocessed_update_actions.items[b->out->unprocessed_update_actions.n++] =
        (struct api_unprocessed_update_action){.replication_group_id = rg,
            .cache_cluster_id = cluster,
            .service_update_name = arena_strdup(b->op->arena, b->update.name),
            .error_type = why.type,
            .error_message = why.message};
}

static int process_one(const struct batch *b, const struct updatable *u, bool available)
{
    const char *rg = u->rg ? u->id : NULL, *cluster = u->cluster ? u->id : NULL;
    struct refusal why = b->stops ? check_stop(b, u) : check_apply(b, u, available);
    if (why.type) return add_unprocessed(b, rg, cluster, why), 0;
    b->out->processed_update_actions.items[b->out->processed_update_actions.n++] =
        (struct api_processed_update_action){.replication_group_id = rg,
            .cache_cluster_id = cluster,
            .service_update_name = arena_strdup(b->op->arena, b->update.name),
            .update_action_status = b->stops ? "stopping" : "waiting-to-start"};
    return write_update(b, u);
}

static int process_rg(const struct batch *b, const char *id)
{
    struct row_replication_group *rg;
    struct updatable u;
    int r = q_rg_get(b->op->store, b->op->arena, b->op->region->name, id_fold(b->op, id), &rg, b->op->err);
    if (r) return r;
    if (rg == NULL)
        return add_unprocessed(b, id, NULL, (struct refusal){"ReplicationGroupNotFoundFault", "Replication group not found."}), 0;
    updatable_rg(rg, &u);
    return process_one(b, &u, rg->status == RG_AVAILABLE);
}

static int process_cluster(const struct batch *b, const char *id)
{
    struct row_cache_cluster *c;
    struct updatable u;
    int r = q_cluster_get(b->op->store, b->op->arena, b->op->region->name, id_fold(b->op, id), &c, b->op->err);
    if (r) return r;
    if (c == NULL || c->rg_id)
        return add_unprocessed(b, NULL, id,
                   c ? (struct refusal){"InvalidParameterValue", "It is a member of a replication group."}
                     : (struct refusal){"CacheClusterNotFound", "Cache cluster not found."}),
               0;
    updatable_cluster(c, &u);
    return process_one(b, &u, c->status == CLUSTER_AVAILABLE);
}

static int run_batch(struct op *op, const char *name, const struct string_list *rgs, const struct string_list *clusters,
    bool stops, struct api_update_action_results *out)
{
    struct batch b = {.op = op, .stops = stops, .out = out};
    int r = find_service_update(op, name, &b.update);
    if (r) return r;
    if (rgs->n + clusters->n == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Either ReplicationGroupIds or CacheClusterIds must be provided.");
    size_t n = rgs->n + clusters->n;
    out->processed_update_actions = (struct api_processed_update_action_list){
        .set = true, .items = arena_array(op->arena, struct api_processed_update_action, n)};
    out->unprocessed_update_actions = (struct api_unprocessed_update_action_list){
        .set = true, .items = arena_array(op->arena, struct api_unprocessed_update_action, n)};
    for (size_t i = 0; r == 0 && i < rgs->n; i++) r = process_rg(&b, rgs->items[i]);
    for (size_t i = 0; r == 0 && i < clusters->n; i++) r = process_cluster(&b, clusters->items[i]);
    return r;
}

int op_batch_apply_update_action(
    struct op *op, const struct api_batch_apply_update_action_in *in, struct api_update_action_results *out)
{
    return run_batch(op, in->service_update_name, &in->replication_group_ids, &in->cache_cluster_ids, false, out);
}

int op_batch_stop_update_action(
    struct op *op, const struct api_batch_stop_update_action_in *in, struct api_update_action_results *out)
{
    return run_batch(op, in->service_update_name, &in->replication_group_ids, &in->cache_cluster_ids, true, out);
}
