#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "protocol/protocol.gen.h"
/*
 * A node's redis.conf, rendered from its order. Whatever an order says, no value can
 * bring in a line of its own; and what keeps a node where it belongs (its addresses,
 * its folder, its users, no persistence) stands last, so that no setting overrides it.
 *
 * Endpoints are not in it: an address that somebody else still holds would keep the
 * node from starting, so they are taken once it runs.
 */

#define CONF_ADMIN "meridian-admin"
#define CONF_REPLICA "meridian-replica"
#define CONF_MOVER "meridian-mover"
/* What those two may do, as words of ACL rules. */
#define CONF_REPLICA_RULES "+psync", "+replconf", "+ping"
#define CONF_MOVER_RULES "~*", "+restore", "+restore-asking", "+select", "skip-sanitize-payload"
/* What a SHUTDOWN SAVE leaves, and what a start loads. */
#define CONF_DUMP "dump.rdb"
/* Where the node's agent reaches it: a socket in the node's folder. */
#define CONF_SOCKET "engine.sock"

/* Checks that the order can be carried out at all: ERR_USAGE with one line that says what is wrong with it. */
int conf_check(const struct proto_node_order *o, struct err *e);
/* Adds the text of redis.conf for a checked order; 'dir' is the node's folder. The settings named in 'left_out', and users' rules that redis-server knows nothing of, are not in it. */
void conf_render(const struct proto_node_order *o, const struct string_list *left_out, const struct string_list *unknown_rules,
    const char *dir, struct buf *out);
/* Adds 's' in double quotes, in the way Redis reads its configuration. */
void conf_quote(struct buf *out, const char *s);
