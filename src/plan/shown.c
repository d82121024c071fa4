#include "plan/shown.h"
#include "store/sql.gen.h"

enum rg_status shown_rg_status(const struct row_replication_group *rg)
{
    return rg->status == RG_AVAILABLE && rg->unserved_since_ms ? RG_MODIFYING : rg->status;
}

enum node_group_status shown_node_group_status(const struct row_node_group *ng)
{
    return ng->status == NODE_GROUP_AVAILABLE && ng->unserved_since_ms ? NODE_GROUP_MODIFYING : ng->status;
}

enum cluster_status shown_cluster_status(const struct row_cache_cluster *c)
{
    return c->status == CLUSTER_AVAILABLE && c->unserved_since_ms ? CLUSTER_MODIFYING : c->status;
}

enum node_status shown_node_status(const struct row_node *n)
{
    return n->status == NODE_AVAILABLE && n->unserved_since_ms ? NODE_REBOOTING : n->status;
}
