#pragma once
#include "agent/node/core.h"
#include "agent/redis_cluster/cluster_host.h"
#include "agent/redis_cluster/slot_mover.h"
#include "scripted_engine.h"
/* What an agent is to its nodes, in a folder that is gone after the test. */

extern struct node_host script_nodes;
extern struct cluster_host script_clusters;
extern int script_changes;          /* how often something told of a change */
extern int script_upstream_lost;    /* how often a node told that it died or hangs */
extern int script_upstream_listens; /* or that it listens in another way */
extern bool script_followers_bring, script_switching, script_has_link;
extern const struct cluster_map *script_map; /* of every Redis Cluster */
extern const struct slot_mover *script_mover;

void script_open(void);
void script_close(void);
/* Opens the node of that id. */
struct node *script_node(const char *id);
/* Another order, which is carried out. NULL: none. */
void script_order(struct node *n, const struct proto_node_order *o);
/* So many ms later, with whatever the node does then. */
void script_later(struct node *n, int64_t ms);
/* The same in beats, on each of which the node is looked at. */
void script_beats(struct node *n, int beats);
/* Lets threads finish what they were given. */
void script_work_out(void);
/* What the node tells; valid until it steps. */
struct proto_node_seen script_see(const struct node *n);
/* A file in the node's folder, made or read ("" where there is none). */
void script_write_file(const struct node *n, const char *file, const char *text);
const char *script_read_file(const struct node *n, const char *file);
bool script_has_file(const struct node *n, const char *file);

/* Reads the next command, which shall be that one, and answers. NULL answers nothing yet. */
#define script_dialogue(c, command, wire)                      \
    do {                                                       \
        cr_assert_str_eq(script_read(c), command);             \
        if ((const char *)(wire) != NULL) script_say(c, wire); \
    } while (0)
