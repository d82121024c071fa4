#pragma once
#include "ops/core/op.h"
/*
 * The user groups of a replication group, at most one. What changes is written with the change that is under way, until its
 * engines have it.
 */

/* Gives a replication group that is being created the user groups of the request; 'rg' is complete. */
int rg_access_create(struct op *op, const struct string_list *ids, const struct row_replication_group *rg);

/* The part of ModifyReplicationGroup that is about user groups. *busy is set where something changes. */
int rg_access_change(
    struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg, bool *busy);

/* True if user groups will say who may do what once the replication group's changes are through. */
int rg_access_has(struct op *op, const struct row_replication_group *rg, bool *out);
