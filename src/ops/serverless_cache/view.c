#include "catalog/vpc.h"
#include "ops/core/id.h"
#include "ops/core/view.h"
#include "ops/serverless_cache/limits.h"
#include "ops/serverless_cache/serverless_cache.h"
#include "ops/serverless_cache/version.h"
#include "plan/shown.h"
#include <string.h>

static struct api_endpoint *view_serverless_endpoint(
    struct op *op, const struct serverless_cache *c, const char *address, int64_t port)
{
    return view_endpoint(op, address, port, NAME_SERVERLESS, ENCRYPTION_REQUIRED,
        (struct endpoint_owner){.account = c->row->account, .rg = c->row->name});
}

static int view_endpoints(struct op *op, const struct serverless_cache *c, struct api_serverless_cache *out)
{
    struct row_node *nodes;
    struct row_endpoint *endpoints;
    size_t n_nodes, n_endpoints;
    int r = q_node_list_by_rg(op->store, op->arena, c->rg->region, c->rg->id, &nodes, &n_nodes, op->err);
    if (r == 0) r = q_endpoint_span(op->store, op->arena, c->rg->region, c->rg->id, c->rg->id, &endpoints, &n_endpoints, op->err);
    if (r) return r;
    for (size_t i = 0; i < n_nodes; i++)
        if (nodes[i].settled) out->endpoint = view_serverless_endpoint(op, c, nodes[i].address, nodes[i].port);
    for (size_t i = 0; i < n_endpoints; i++)
        if (endpoints[i].address) out->reader_endpoint = view_serverless_endpoint(op, c, endpoints[i].address, endpoints[i].port);
    return 0;
}

static int view_user_group(struct op *op, const struct serverless_cache *c, struct api_serverless_cache *out)
{
    struct row_rg_user_group *links;
    size_t n;
    int r = q_rg_user_group_span(op->store, op->arena, c->rg->region, c->rg->id, c->rg->id, &links, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (links[i].change != LINK_REMOVE) out->user_group_id = links[i].group_id;
    return r;
}

/* The window that snapshots are taken in begins at that time. */
static const char *view_daily_time(struct op *op, const char *window)
{
    return arena_strndup(op->arena, window, strcspn(window, "-"));
}

int serverless_cache_view(struct op *op, const struct serverless_cache *c, struct api_serverless_cache *out)
{
    const struct row_replication_group *rg = c->rg;
    const struct engine_version *v = engine_version_find(engine_find(rg->engine), rg->engine_version);
    enum rg_status shown = shown_rg_status(rg);
    if (shown == RG_SNAPSHOTTING) shown = RG_AVAILABLE; /* serverless caches show nothing of it */
    *out = (struct api_serverless_cache){
        .serverless_cache_name = c->row->name,
        .description = c->row->description,
        .create_time = OPT_TIME(rg->created_ms),
        .status = rg_status_text(shown),
        .engine = rg->engine,
        .major_engine_version = v ? major_version_of(op, v) : NULL,
        .full_engine_version = v ? major_version_rest(op, v) : NULL,
        .cache_usage_limits = limits_view(op, c->row),
        .kms_key_id = rg->kms_key_id,
        .security_group_ids = view_words(op, rg->security_group_ids),
        .arn = arn_of(op, c->row->account, "serverlesscache", c->row->name),
        .subnet_ids = view_words(op, c->row->subnet_ids),
        .snapshot_retention_limit = OPT_INT(rg->snapshot_retention_limit),
        .daily_snapshot_time = view_daily_time(op, rg->snapshot_window),
        .network_type = rg->network_type,
        .storage_encryption_type = view_storage_encryption(true, rg->kms_key_id),
        .connection_type = "vpc",
    };
    int r = view_user_group(op, c, out);
    bool served = rg->status != RG_CREATING && rg->status != RG_CREATE_FAILED && rg->status != RG_DELETING;
    return r || !served ? r : view_endpoints(op, c, out);
}
