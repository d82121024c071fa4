#pragma once
#include <stdbool.h>
struct authority;
struct certificates;
struct proto_assignment;
struct world;
/*
 * What an agent has to know to make its region so. The same rows give the same assignment ('version' is the caller's), but
 * for certificates: those that are missing, or expire, are issued.
 */
struct assign_secrets {
    const char *admin_password, *replication_password;
    struct authority *authority;
    struct certificates *certificates;
};
void assign(
    struct world *w, const char *region, const struct assign_secrets *secrets, bool shutdown, struct proto_assignment *out);
