#pragma once
#include "catalog/service_update.h"
#include "ops/core/op.h"
#include "plan/service_update.h"
/* A service update and what can have it: a replication group, or a cache cluster of its own. */

struct updatable {
    struct row_replication_group *rg; /* or */
    struct row_cache_cluster *cluster;
    struct update_columns columns;
    const char *id, *engine;
    int64_t created_ms;
};

void updatable_rg(struct row_replication_group *rg, struct updatable *out);
void updatable_cluster(struct row_cache_cluster *c, struct updatable *out);
bool updatable_has(const struct updatable *u, const struct service_update *s);
/* How far the update has come there; UPDATE_NONE: it is not applied. */
enum update_stage updatable_stage(const struct updatable *u, const struct service_update *s);
/* ServiceUpdateNotFoundFault. */
int find_service_update(struct op *op, const char *name, struct service_update *out);
/* "redis, valkey" */
const char *service_update_engines(struct op *op, const struct service_update *s);
const char *service_update_time(struct op *op);
/* True for a list without members, too. */
bool list_has(const struct string_list *list, const char *word);
