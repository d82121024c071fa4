#pragma once
#include "catalog/words.gen.h"
struct row_cache_cluster;
struct row_node;
struct row_node_group;
struct row_replication_group;
/*
 * What the API shows of a status: what is available, and is not served, shows as if it were changed (docs/statuses.md). Nothing of it is
 * stored.
 */
enum rg_status shown_rg_status(const struct row_replication_group *rg);
enum node_group_status shown_node_group_status(const struct row_node_group *ng);
enum cluster_status shown_cluster_status(const struct row_cache_cluster *c);
/* A node has no word for a change: rebooting comes nearest. */
enum node_status shown_node_status(const struct row_node *n);
