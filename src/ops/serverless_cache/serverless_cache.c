#include "ops/serverless_cache/serverless_cache.h"
#include "ops/core/id.h"
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
