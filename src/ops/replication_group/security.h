#pragma once
#include "ops/core/op.h"
/*
 * Encryption in transit and AUTH tokens of replication groups: what requests may ask
 * for, and what is written so that the nodes come to it. Of a token only its SHA-256
 * is kept.
 */

/* Reads what CreateReplicationGroup asks for into the row; 'v' is the engine's version. */
int rg_security_read(struct op *op, const struct api_create_replication_group_in *in, const struct engine_version *v,
    struct row_replication_group *rg);

/* Checks the AUTH token and the user groups of the request against how the replication group is encrypted. */
int rg_security_check_access(
    struct op *op, const struct api_create_replication_group_in *in, const struct row_replication_group *rg);

/* Writes the new replication group's token: the one that was asked for or, in a global datastore, the primary's. */
int rg_security_create(struct op *op, const char *auth_token, const char *global_id, const struct row_replication_group *rg);

/*
 * The part of ModifyReplicationGroup, after that of the user groups. Sets *busy where engines have to be changed, and *void_ask
 * where what was asked for asks for nothing, and is no mistake either.
 */
int rg_security_change(struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg,
    bool *busy, bool *void_ask);

/* Whether an AUTH token is asked for by the replication group's engines. */
int rg_security_has_token(struct op *op, const char *region, const char *rg_id, bool *out);
