#pragma once
#include "base/buf.h"
#include "protocol/protocol.gen.h"
#include <stdbool.h>
/*
 * Refuses writes to a primary that shall hold them before it has taken any. Its fence is a pause, of which only a running primary can be
 * told: a process that starts as a primary, or a replica that becomes one, would take writes until then, and for long if its agent dies just
 * then. So it is started, or made primary, with more replicas asked for than there can be (min-replicas-to-write), until it is fenced.
 * Clients that write meanwhile are told NOREPLICAS.
 */
enum lockout {
    LOCKOUT_UNKNOWN, /* an adopted node: its last agent may have locked clients out */
    LOCKOUT_OFF,
    LOCKOUT_ON,
};

struct node;
struct redisReply;

/* The lines of redis.conf for a node that is started so; none for any other. They come last. */
void lockout_conf(const struct proto_node_order *o, struct buf *out);
/* The node's process has just been started by its order. */
void lockout_begin(struct node *n);
/* The setting of the order is in force, whatever was before. */
void lockout_setting_taken(struct node *n, const char *name);

/* Steps: lock clients out, and let them in with what the order's settings ask for. */
void lockout_do_lock(struct node *n);
void lockout_locked(struct node *n, const struct redisReply *r);
void lockout_do_lift(struct node *n);
void lockout_lifted(struct node *n, const struct redisReply *r);
/* What the order asks for instead is nothing that Redis takes: it is left out, as at a start. */
void lockout_lift_refused(struct node *n, const struct redisReply *r);
