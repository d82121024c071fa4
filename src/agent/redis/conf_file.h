#pragma once
#include "base/digest.h"
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
struct node;
/* A node's redis.conf in its folder: written from its order, and known to be what the order says or not. */

#define CONF_FILE "redis.conf"

struct conf_file {
    uint8_t hash[DIGEST_SIZE]; /* of the text that was written last */
    bool stale;                /* the order says something else */
    struct string_list
        unknown_rules; /* of users: those that redis-server knows nothing of; not in the file, nor told otherwise */
};

/* ERR_IO where it can't be written. */
int conf_file_write(struct node *n, struct err *e);
/* Something that it is made from has changed. */
void conf_file_check(struct node *n);
bool conf_file_is_stale(const struct node *n);
/* That rule of a user is left out of it from now on. */
void conf_file_leave_out(struct node *n, const char *rule);
bool conf_file_leaves_out(const struct node *n, const char *rule);
void conf_file_fini(struct conf_file *f);
/*
 * The order, but for one that would follow a stranger: that one is to follow itself, which comes to nothing
 * and keeps what it has. A stranger would hear the password, and what he sends would take the place of the data.
 */
struct proto_node_order conf_file_order(const struct node *n);
