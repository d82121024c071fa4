#pragma once
#include "plan/world.h"
/*
 * The users that the engines of a replication group shall know, and what each may
 * do: complete ACL rules from "reset" on, one word each. Derived from rows alone,
 * from those that say what is wanted: a status that a plan changes changes none.
 */
struct access_user {
    const char *name;
    const char **rules;
    size_t n_rules;
};

struct access {
    struct access_user *users;
    size_t n;
    int64_t generation; /* > 0; the same for the same users and rules, always, and another for others */
};

/* Derived once per world and replication group; 'rg' NULL: of a stand-alone cluster. Never NULL. */
const struct access *access_of(struct world *w, struct world_rg *rg);

/* True once the node has told that its users are these. A memcached knows no users. */
bool access_in_force(struct world *w, const struct world_node *n);
