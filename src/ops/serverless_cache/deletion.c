#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/replication_group/delete.h"
#include "ops/serverless_cache/serverless_cache.h"
#include "ops/serverless_cache/snapshot.h"

static int check_cache_deletable(struct op *op, const struct serverless_cache *c)
{
    const struct row_replication_group *rg = c->rg;
    bool resting = rg->status == RG_AVAILABLE || rg->status == RG_CREATE_FAILED || rg->status == RG_CREATING ||
                   rg->status == RG_SNAPSHOTTING;
    if (resting || (rg->status != RG_DELETING && unserved_for_long(op, rg->unserved_since_ms))) return 0;
    return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_STATE,
        "Serverless cache %s is not in a valid state to be deleted: it is %s.", c->row->name, rg_status_text(rg->status));
}

int op_delete_serverless_cache(
    struct op *op, const struct api_delete_serverless_cache_in *in, struct api_delete_serverless_cache_out *out)
{
    struct serverless_cache c;
    int r = serverless_cache_find(op, in->serverless_cache_name, &c);
    if (r == 0) r = check_cache_deletable(op, &c);
    if (r == 0 && in->final_snapshot_name) r = serverless_snapshot_final(op, &c, in->final_snapshot_name);
    if (r == 0) r = rg_delete(op, c.rg, in->final_snapshot_name != NULL);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, c.row->account, "serverlesscache", c.row->name), op->err);
    if (r) return r;
    out->serverless_cache = arena_new(op->arena, struct api_serverless_cache);
    return serverless_cache_view(op, &c, out->serverless_cache);
}
