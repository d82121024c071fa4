#include "ops/find.h"
#include "ops/id.h"
#include "ops/view.h"

static bool is_on(struct opt_bool b)
{
    return b.set && b.v;
}

int op_describe_cache_clusters(struct op *op, const struct api_describe_cache_clusters_in *in, struct api_describe_cache_clusters_out *out)
{
    struct page page;
    struct row_cache_cluster *rows;
    size_t n = 1;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    if (in->cache_cluster_id) r = find_cluster(op, in->cache_cluster_id, &rows);
    else if (is_on(in->show_cache_clusters_not_in_replication_groups))
        r = q_cluster_page_alone(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    else r = q_cluster_page(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, rows[(n = (size_t)page.n) - 1].id);
    out->cache_clusters = (struct api_cache_cluster_list){true, n, arena_array(op->arena, struct api_cache_cluster, n)};
    for (size_t i = 0; r == 0 && i < n; i++) r = view_cluster(op, &rows[i], is_on(in->show_cache_node_info), &out->cache_clusters.items[i]);
    return r;
}
