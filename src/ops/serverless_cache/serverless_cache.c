#include "ops/serverless_cache/serverless_cache.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/replication_group/delete.h"
#include <assert.h>

static int read_beneath(struct op *op, struct serverless_cache *c)
{
    int r = q_rg_get(op->store, op->arena, c->row->region, c->row->rg_id, &c->rg, op->err);
    assert(r || c->rg);
    return r;
}

int serverless_cache_find(struct op *op, const char *given, struct serverless_cache *out)
{
    int r = q_serverless_cache_get(op->store, op->arena, op->region->name, id_fold(op, given), &out->row, op->err);
    if (r == 0 && out->row == NULL)
        return op_fault(op, FAULT_SERVERLESS_CACHE_NOT_FOUND, "Serverless cache %s not found.", given);
    return r ? r : read_beneath(op, out);
}

static int describe_rows(struct op *op, struct row_serverless_cache *rows, size_t n, struct api_serverless_cache_list *out)
{
    int r = 0;
    *out = (struct api_serverless_cache_list){true, n, arena_array(op->arena, struct api_serverless_cache, n)};
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct serverless_cache c = {.row = &rows[i]};
        r = read_beneath(op, &c);
        if (r == 0) r = serverless_cache_view(op, &c, &out->items[i]);
    }
    return r;
}

int op_describe_serverless_caches(
    struct op *op, const struct api_describe_serverless_caches_in *in, struct api_describe_serverless_caches_out *out)
{
    struct page page;
    struct serverless_cache c;
    struct row_serverless_cache *rows;
    size_t n;
    int r = page_read(op, in->max_results, in->next_token, &page);
    if (r) return r;
    if (in->serverless_cache_name) {
        r = serverless_cache_find(op, in->serverless_cache_name, &c);
        return r ? r : describe_rows(op, c.row, 1, &out->serverless_caches);
    }
    r = q_serverless_cache_page(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    if (r == 0 && n > (size_t)page.n) out->next_token = page_marker(op, rows[(n = (size_t)page.n) - 1].name);
    return r ? r : describe_rows(op, rows, n, &out->serverless_caches);
}

static int check_cache_deletable(struct op *op, const struct serverless_cache *c)
{
    const struct row_replication_group *rg = c->rg;
    bool resting = rg->status == RG_AVAILABLE || rg->status == RG_CREATE_FAILED || rg->status == RG_CREATING;
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
    if (r == 0 && in->final_snapshot_name) return not_served(op, "A final snapshot of a serverless cache");
    if (r == 0) r = rg_delete(op, c.rg, false);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, c.row->account, "serverlesscache", c.row->name), op->err);
    if (r) return r;
    out->serverless_cache = arena_new(op->arena, struct api_serverless_cache);
    return serverless_cache_view(op, &c, out->serverless_cache);
}
