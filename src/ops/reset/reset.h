#pragma once
#include <stdbool.h>
struct err;
struct store;
/*
 * A reset: all resources of an account, of a region, or of both go, whatever state they are in, and so do their data. It asks for that
 * as an operation of the API does, by wishes; the plans and agents end the processes. What has none goes in the end, since those that are
 * ending still need it.
 *
 * A datastore goes with its primary's replication group. Secondaries of other regions or accounts stay, as replication groups of their own.
 * Whatever a replication group or cache cluster that stays still uses, stays.
 */
struct reset_scope {
    const char *region, *account; /* NULL: all of them */
};

/* Whether what is that region's and account's goes. */
bool reset_has(const struct reset_scope *scope, const char *region, const char *account);
/* The wishes, in a transaction. 0 or < 0. */
int reset_begin(struct store *s, const struct reset_scope *scope, struct err *e);
/* *done false: something of it still has a process or a file. Else all the rest was deleted, in a transaction. 0 or < 0. */
int reset_finish(struct store *s, const struct reset_scope *scope, bool *done, struct err *e);
