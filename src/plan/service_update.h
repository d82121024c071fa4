#pragma once
#include "store/sql.gen.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * A service update reaches the nodes of a replication group, or of a stand-alone cache cluster, by a restart of each with its data: one
 * at a time, each in force again before the next one goes, the primaries last, after an updated replica has taken over.
 */
struct world;
struct world_cluster;
struct world_node;
struct world_rg;

/* The columns of a resource. */
struct update_columns {
    const char **name, **done;
    enum update_stage *stage;
    int64_t *changed_ms;
};
#define UPDATE_COLUMNS_OF(row)                                                                     \
    {                                                                                              \
        &(row)->update_name, &(row)->updates_done, &(row)->update_stage, &(row)->update_changed_ms \
    }

/* True while nodes are, or are about to be, restarted. */
bool update_is_under_way(enum update_stage stage);
bool node_is_updated(const struct row_node *n, const char *update);
void plan_rg_update(struct world *w, struct world_rg *rg);
void plan_cluster_update(struct world *w, struct world_cluster *c);
