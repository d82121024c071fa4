#pragma once
#include <stdbool.h>
struct arena;
struct authority;
struct certificates;
struct proto_assignment;
struct world;
/*
 * What an agent has to know to make its region so. The same rows give the same orders, but for certificates: those that are missing, or
 * expire, are issued, and those of nodes that need none are forgotten.
 */
struct assign_secrets {
    const char *admin_password, *replication_password;
    struct authority *authority;
    struct certificates *certificates;
};
struct outages;
/* The lists of the region's orders that follow from this world. */
void assign(struct world *w, const char *region, const struct assign_secrets *secrets, const struct outages *outages,
    struct proto_assignment *out);
/* Whatever is no list; 'version' is the caller's. 'authority' is its certificate, NULL where no node has one of its own. */
void assign_head(struct arena *a, const char *region, const char *authority, bool shutdown, struct proto_assignment *out);
