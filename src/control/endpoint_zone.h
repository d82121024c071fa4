#pragma once
struct rows_change;
struct world;
struct zone;
/*
 * Where the names of endpoints lead, as each pass leaves it: names of nodes to the nodes, the primary endpoint's to the node that is to
 * be primary, the reader's to the replicas in step with it, one at a time, and the configuration endpoint's to nodes that see a sound
 * Redis Cluster. So nothing stands between a client and its engine, and a failover changes the answer.
 */

/* Tells the names of all that the world is about. 'here' is the one address that all names lead to (--addressing ports); NULL: each to its own. */
void endpoint_zone_take(struct zone *z, struct world *w, const char *here);
/* A row has changed: names of what is gone go. */
void endpoint_zone_follow(struct zone *z, const struct rows_change *c);
