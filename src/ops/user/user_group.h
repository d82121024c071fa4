#pragma once
#include "ops/core/op.h"
/* User groups: who is in them, and which engines they are for. */

int user_group_find(struct op *op, const char *given, struct row_user_group **out);

/* The highest of the least versions that its users need. */
int user_group_min_version(struct op *op, const struct row_user_group *g, const char **out);

/* A fault where the replication group can't have that user group, because of its engine or version. */
int user_group_check_fits(struct op *op, const struct row_user_group *g, const struct row_replication_group *rg);
