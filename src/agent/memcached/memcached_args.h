#pragma once
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * What a memcached is started with, from its order. Settings have the names of
 * ElastiCache's parameters; those that memcached has no option for are left out.
 */
struct memcached_host {
    int64_t files; /* that a process may have open */
    int cpus;
    bool root; /* it would run as root, which memcached wants to be told */
};

/* Checks that the order can be carried out at all: ERR_USAGE with one line that says what is wrong with it. */
int memcached_check(const struct proto_node_order *o, struct err *e);
/* Adds the arguments for a checked order. The settings named in 'left_out' are not in them. */
void memcached_args(const struct proto_node_order *o, const struct string_list *left_out, const struct memcached_host *host,
    struct string_list *out);
/* Megabytes for items: the node type's, without what is kept for connections. */
int64_t memcached_megabytes(const struct proto_node_order *o);
/* True for a setting that is changed while it runs (all of them make up memcached_megabytes()), or that means nothing to it. */
bool memcached_needs_no_restart(const char *setting);
/* The setting that it complains of in its log, "" for none. */
void memcached_wrong_setting(const char *log, char name[64]);
