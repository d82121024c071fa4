#include "agent/redis_cluster/cluster_view.h"
#include "cluster.h"
#include "fuzz.h"
#include <assert.h>

/* The first byte is the count of nodes, all others are the answer to CLUSTER NODES. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct err e;
    _arena_ struct arena a = {0};
    struct cluster_map map;
    struct cluster_nodes nodes;
    struct cluster_view view = {0};
    if (n == 0) return 0;
    if (cluster_nodes_read((const char *)data + 1, n - 1, data[0] & 15, &a, &nodes, &e) != 0) return 0;
    assert(nodes.n == (data[0] & 15) && nodes.myself != NULL);
    for (size_t i = 0; i < nodes.n_open; i++) assert(nodes.open[i].slot >= 0 && nodes.open[i].slot < SLOTS);
    cluster_map_init(&map, &cluster_message, 1, &a);
    cluster_view_read(&view, &nodes, &map, all_live, NULL);
    assert(view.read && (size_t)(view.known + view.strangers) == nodes.n);
    cluster_view_clear(&view);
    return 0;
}
