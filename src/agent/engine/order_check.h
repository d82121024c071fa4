#pragma once
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * What is asked of the members of an order before any of them gets into a file, an
 * argument, a path or an engine's ears. The agent does not take serve's word for them:
 * whatever an order says, it brings in no line, no option and no setting of its own.
 */

/* True for a text without control characters. */
bool order_is_text(const char *s);
/* True for an IPv4 or IPv6 address; false for NULL. */
bool order_is_address(const char *s);
bool order_is_port(struct opt_int port);
/* True for a version's digits and dots; also where there is none. */
bool order_is_version(const char *s);
/* True for a name or an address of a host; false for NULL. */
bool order_is_host(const char *s);
/* True for an absolute path of a folder and a path below it. */
bool order_is_place(const char *root, const char *path);
/* What an order has for encryption stands in these files of a node's folder. */
#define TLS_CERTIFICATE "node.crt"
#define TLS_KEY "node.key"
#define TLS_AUTHORITY "ca.crt"

/*
 * What is asked of every node's order: its id, address, endpoints, port, version, the files that it begins with, what encrypts it, and
 * settings of names that the catalogue knows for the engine, with values of one line. ERR_USAGE with one line that says what is wrong.
 */
int order_check(const struct proto_node_order *o, struct err *e);
