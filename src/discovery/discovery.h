#pragma once
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * What ElastiCache adds to memcached: its clients ask the configuration endpoint, and every node, which
 * nodes the memcached cluster has. Source: the user guide's "Adding Auto Discovery to your client
 * library". Pure text work.
 */

/* In place of a host: the address at which the client has found the endpoint. */
#define DISCOVERY_HERE "*"

/* In the folder that a node's memcached was started in: what discovery_store() makes. */
#define DISCOVERY_FILE "memcached.nodes"

/* Adds one node to a list: hostname|ip-address|port. 'ip' may be "". */
void discovery_add(struct buf *list, const char *name, const char *ip, int port);

/* Adds the list with the address 'here' for each DISCOVERY_HERE. */
void discovery_place(struct buf *out, const char *list, const char *here);

/* A list with its version as one text, and back: 'list' points into the text. False: it is none. */
void discovery_store(struct buf *out, int64_t version, const char *list);
bool discovery_load(const char *text, int64_t *version, const char **list);

enum discovery {
    DISCOVERY_ANSWERED, /* the answer was added to 'out' */
    DISCOVERY_QUIT,     /* the client wants to leave */
    DISCOVERY_OTHER,    /* a command for a node */
};
/* Answers a line (without its end) of a client: 'version' is the list's, 'engine' memcached's own. */
enum discovery discovery_answer(const char *line, int64_t version, const char *list, const char *engine, struct buf *out);
