#pragma once
#include "ops/core/op.h"
/* Replication groups as the API shows them, in the request's arena: 0, or < 0. */

/* 'rows' are one page of one region in the order of their ids; 'out' has room for n. Whatever belongs to them is read with one query each. */
int view_rgs(struct op *op, const struct row_replication_group *rows, size_t n, struct api_replication_group *out);
/* True if the description of that replication group was kept: then it is in *out, as XML alone. */
bool view_recall_rg(struct op *op, const char *id, struct api_replication_group *out);
/* One replication group by its id, which must exist. */
int view_rg(struct op *op, const char *id, struct api_replication_group **out);
