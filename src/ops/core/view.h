#pragma once
#include "ops/core/op.h"
/* Rows as the API shows them, in the request's arena. Each returns 0 or < 0. */

/* 'rows' are one page of one region in the order of their ids; 'out' has room for n. Whatever belongs to them is read with one query each. */
int view_rgs(struct op *op, const struct row_replication_group *rows, size_t n, struct api_replication_group *out);
/* One group by its id, which must exist. */
int view_rg(struct op *op, const char *id, struct api_replication_group **out);

int view_cluster(struct op *op, const struct row_cache_cluster *row, bool with_nodes, struct api_cache_cluster *out);

int view_snapshot(struct op *op, const struct row_snapshot *row, bool with_configuration, struct api_snapshot *out);

int view_global(
    struct op *op, const struct row_global_replication_group *row, bool with_members, struct api_global_replication_group *out);

/* A status as it is shown: of what is available, but not served, 'modifying'. Source of the rule: plan/serving.c */
const char *view_status(const char *status, int64_t unserved_since_ms);
/* The words of a space-separated list. */
struct string_list view_words(struct op *op, const char *text);
/* Stored slots as the API writes them, ranges with commas; NULL where there are none. */
const char *view_slots(struct op *op, const char *text);
struct api_endpoint *view_endpoint(struct op *op, const char *address, int64_t port);
const char *view_enabled(bool on);
/* replication_group.automatic_failover: disabled, enabled, enabling or disabling. */
const char *view_failover(int64_t state);
