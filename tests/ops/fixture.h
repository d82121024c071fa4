#pragma once
#include "ops/core/op.h"
/*
 * Runs operations from their form spelling against a database of their own, in the folder of scratch.h; nothing runs, no agent
 * reports. Before an operation is run, it is run with each of its queries failing in turn, and has to pass the failure on.
 */

void fixture_open(void);
void fixture_close(void);
struct store *fixture_store(void);
/* What all operations are run with; zeroed at first. */
extern struct ops_config fixture_config;

struct answer {
    int fault; /* 0: done */
    const char *message;
    const void *out; /* the operation's out structure */
};
/* 'form' without Action and Version, e.g. "ReplicationGroupId=x". In us-east-1, account 000000000000, unless 'region' says otherwise. */
struct answer fixture_run(const char *region, const char *action, const char *form);

/* Of that account, and once: no query fails. */
struct answer fixture_run_as(const char *account, const char *region, const char *action, const char *form);

/* Makes a group's rows as if its nodes had been seen: available. */
void fixture_available(const char *region, const char *rg_id);
/* The same for a stand-alone cluster. */
void fixture_cluster_available(const char *region, const char *id);

/* Request → fault and message. A message ends where the table's text ends with an ellipsis. */
struct fixture_line {
    const char *action, *form;
    int fault;
    const char *message;
};
/* Runs a table's requests in a region, one after the other, and checks their answers. */
void fixture_check(const char *region, const struct fixture_line *table, size_t n);
#define CHECK(region, table) fixture_check(region, table, sizeof table / sizeof *table)

#define BAD_ID                                                                                                                 \
    " is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; " \
    "and must not end "                                                                                                        \
    "with a hyphen or contain two consecutive hyphens."
