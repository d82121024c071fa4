#pragma once
#include "agent/redis/info.h"
#include "agent/redis/talk.h"
#include "protocol/protocol.gen.h"
struct cluster_map;
/* What a node says of its Redis Cluster: asked, held against the map (cluster_view.h), and told. */

/* The last questions of the greeting. */
void cluster_greet(struct node *n, enum redis_ask what);
void cluster_greeted(struct node *n, enum redis_ask what, const struct redisReply *r);
/* Of CLUSTER INFO and CLUSTER NODES the first was refused. */
void cluster_view_refused(struct node *n);
/* A replica of a phantom is a master where INFO replication tells of it: puts that right. */
void cluster_correct(struct node *n, struct replication_info *info);
/* STEP_CLUSTER_INFO, STEP_CLUSTER_NODES, STEP_CLUSTER_SLOTS */
void cluster_do_view(struct node *n);
void cluster_know_info(struct node *n, const struct redisReply *r);
void cluster_know_nodes(struct node *n, const struct redisReply *r);
void cluster_know_slots(struct node *n, const struct redisReply *r);
/* What a sighting says; NULL where nothing was seen yet. */
struct proto_cluster_seen *cluster_seen(struct node *n);
/* Its view is that of the map, and whole. */
bool cluster_is_settled(const struct node *n, const struct cluster_map *map);
