#pragma once
#include "ops/core/op.h"
/* More or fewer node groups in cluster mode, or evener slots: of a replication group on its own, or of a member of a global datastore. */

enum rg_reshape_of { RESHAPE_ALONE, RESHAPE_PRIMARY, RESHAPE_SECONDARY };

/*
 * Writes what 'in' asks for into the rows of 'rg', which is in op's region; what 'in' says beside the number and ids of node groups and where
 * new ones stand is not looked at. Gives the ids of the new node groups in *added, in the arena. A secondary's slots follow those of its
 * primary region, whatever shares are written here.
 */
int rg_reshape(struct op *op, struct row_replication_group *rg,
    const struct api_modify_replication_group_shard_configuration_in *in, enum rg_reshape_of of, struct string_list *added);
