#include "ops/restore_shards.h"
#include <string.h>

static bool is_sharded(const struct restore *x)
{
    return x->snapshot && strcmp(x->snapshot->cluster_mode, "enabled") == 0;
}

size_t restore_shards_wanted(
    const struct restore *x, const struct api_create_replication_group_in *in, struct api_create_replication_group_in *out)
{
    *out = *in;
    if (!in->num_node_groups.set || in->num_node_groups.v < 1 || in->num_node_groups.v == (int64_t)x->n) return 0;
    if (in->node_group_configuration.n || !(is_sharded(x) || x->n == 1)) return 0;
    out->num_node_groups = OPT_INT((int64_t)x->n);
    if (out->cluster_mode == NULL) out->cluster_mode = "enabled";
    return (size_t)in->num_node_groups.v;
}

void restore_drop_parameters(
    const struct restore *x, const struct api_create_replication_group_in *asked, struct api_create_replication_group_in *filled)
{
    bool clustered = filled->cluster_mode && strcmp(filled->cluster_mode, "disabled") != 0;
    if (clustered && !is_sharded(x) && asked->cache_parameter_group_name == NULL) filled->cache_parameter_group_name = NULL;
}
