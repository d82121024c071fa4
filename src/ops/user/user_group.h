#pragma once
#include "ops/core/op.h"
/* User groups, and which replication group has which: at most one each. */

int user_group_find(struct op *op, const char *given, struct row_user_group **out);

/* The highest of the least versions that its users need. */
int user_group_min_version(struct op *op, const struct row_user_group *g, const char **out);

/* A fault where the replication group can't have that user group, because of its engine or version. */
int group_access_fits(struct op *op, const struct row_user_group *g, const struct row_replication_group *rg);

/* Gives a group that is being created the user groups of the request; 'rg' is complete. */
int group_access_create(struct op *op, const struct string_list *ids, const struct row_replication_group *rg);

/* The part of ModifyReplicationGroup that is about user groups. *busy is set where something changes. */
int group_access_change(
    struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg, bool *busy);

/* True if user groups will say who may do what once the group's changes are through. */
int group_access_has(struct op *op, const struct row_replication_group *rg, bool *out);
