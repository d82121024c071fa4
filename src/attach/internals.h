#pragma once
#include "attach/module_api.h"
#include <stdbool.h>
/*
 * What this module knows of the engine's insides, each piece in this file and nowhere else, and looked at before it is used:
 *
 *   what                                    redis 7.0                valkey 8.0
 *   makes the process follow an address     replicationSetMaster     replicationSetPrimary
 *   makes it follow nobody                  replicationUnsetMaster   replicationUnsetPrimary
 *   the node's own row in Redis Cluster     myself                   myself
 *   where that row has its flags            after ctime and name     after ctime, name and shard id
 *   the server's state                      server                   server
 *   the ids of its history                  two texts of 40 characters in the server's state, one after the other
 *   how many keys a slot has                countKeysInSlot          countKeysInSlot
 *   the modules that it tells users of      modules, a hash table by name: dictDelete takes one out
 *
 * Another release may have moved any of these: then internals_find() says what it did not find, and nothing is touched.
 */

/* Finds everything. NULL, or why this engine can't be attached: one line without an end, which stays. */
const char *internals_find(struct module_ctx *ctx);

/* True if this node is a primary in Redis Cluster's table, whomever it follows. */
bool internals_is_primary(void);
/* Clears or sets the mark of a primary in the node's own row. A process without it loads keys that have expired, as replicas must. */
void internals_mark_primary(bool primary);

/* Makes the process follow the address, and keeps its place in Redis Cluster. The engine copies the host. */
void internals_follow(char *host, int port);
/* Makes it follow nobody: it is a primary with a history of its own from here on. */
void internals_follow_nobody(void);

/* Puts 'former' where the server has 'now' as the id of its history. Both have 40 characters. False if they don't stand where they should. */
bool internals_restore_history(const char *now, const char *former);

/* How many keys the process has of a slot, whoever serves that. */
unsigned internals_count_keys(unsigned slot);

/* Takes the module of that name out of the table that MODULE LIST, INFO and HELLO read; it stays loaded, and is told of events as before. False if
 * the table is not there, or lacks it. */
bool internals_hide(const char *name);
