#pragma once
#include <stdbool.h>
/*
 * What a serverless cache runs on: a replication group in cluster mode of one shard and one node, which the API shows nowhere. Its id, and
 * those of its member and its snapshots, begin with what no id of a caller may begin with, and sort before all of those: so lists begin
 * behind them (the queries say ':').
 */
#define SERVERLESS_PREFIX "0-"

/* Clients that read only connect to the next port. */
enum { SERVERLESS_READER_PORTS = 1 };

/* True for an id, or a key (catalog/account_key.h), of something beneath a serverless cache. */
bool serverless_owns(const char *id);
/* The name that the API knows: that of the cache for its replication group, of the snapshot for a snapshot. */
const char *serverless_name(const char *id);
