#pragma once
#include "ops/core/op.h"
/* A change of all members of a global datastore at once, whatever region it is asked for in. */

enum { GLOBAL_MEMBERS_MAX = 3 }; /* a primary and two secondaries */

struct global_change {
    struct row_global_replication_group *g;
    struct row_replication_group *members[GLOBAL_MEMBERS_MAX];
    size_t n_members, primary; /* the number of the one that takes writes */
};

/* Finds the datastore and its members, all of which have to be at rest; they belong to the arena. */
int global_change_open(struct op *op, const char *id, struct opt_bool apply_immediately, struct global_change *c);
