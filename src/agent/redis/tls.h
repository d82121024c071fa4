#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * What an order says of encryption in transit, and the part of redis.conf that follows
 * from it. Redis itself speaks either TLS or plain on a port: a node that is to take both
 * on one listens elsewhere, and a splitter (split.h) stands where its clients connect.
 */

/* Preferred: clients with TLS and without. */
enum encryption_mode tls_mode_of(const struct proto_node_order *o);
/* True while replication links are to be encrypted. */
bool tls_links(const struct proto_node_order *o);
/* The address of the engine itself: a splitter's node listens on an inner one. */
const char *tls_engine_address(const struct proto_node_order *o, enum encryption_mode mode);
/* Adds the lines of redis.conf, which stand behind all others. 'inner_port' is where a splitter's node takes TLS. */
void tls_conf(const struct proto_node_order *o, int inner_port, struct buf *out);
