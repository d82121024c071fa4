#pragma once
#include "catalog/parameter.h"
#include "ops/core/op.h"
/*
 * Parameter groups. The default ones are not stored: they always exist and never
 * change. Of the others the values that users set are stored, and nothing else;
 * whatever a user has not set has the family's default.
 */
struct parameter_group {
    const char *name; /* NULL: there is none of that name */
    const char *region;
    const struct parameter_family *family;
    const struct row_parameter_group *row; /* NULL for a default parameter group */
    const struct default_group *standard;  /* NULL for any other */
    bool cluster_enabled;                  /* what its parameter cluster-enabled says */
    struct row_parameter *values;          /* set by users, ordered by name */
    size_t n_values;
};

/* The parameter group of that name, which is folded. Not finding it is no fault. */
int parameter_group_get(struct op *op, const char *region, const char *name, struct parameter_group *out);

/*
 * What CacheParameterGroupName means in a request that makes or changes something
 * that runs 'v': NULL means the family's default parameter group without cluster mode. Faults
 * where there is no such parameter group, or it is of another family; whether cluster mode
 * is in its place ('cluster_enabled') is left to the caller.
 */
int parameter_group_resolve(struct op *op, const char *given, const struct engine_version *v, struct parameter_group *out);

/* Whether it is a parameter group for that mode. */
int parameter_group_check_mode(struct op *op, const struct parameter_group *g, bool cluster_on);

/*
 * Whether what uses the parameter group 'from' may go over to 'to': parameters that can't be
 * changed in a parameter group in use must have the same value in both.
 */
int parameter_group_check_swap(struct op *op, const char *from, const struct parameter_group *to);

/* The value of one of the family's parameters in the parameter group; NULL if it is not in there. */
const char *parameter_group_value(const struct parameter_group *g, const struct parameter *p);
/* What a user set, NULL if nothing. */
const char *parameter_group_user_value(const struct parameter_group *g, const char *name);

/*
 * Writes a parameter group of its own for a replication group that joins a global datastore,
 * with the values of 'from'; 'name' gets its name.
 */
int parameter_group_copy(
    struct op *op, const struct row_replication_group *rg, const struct parameter_group *from, const char **name);
