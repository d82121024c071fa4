#pragma once
#include <stdbool.h>
struct proto_assignment;
struct world;
/* What an agent has to know to make its region so. Pure: the same rows give the same assignment; 'version' is the caller's. */
struct assign_secrets {
    const char *admin_password, *replication_password;
};
void assign(
    struct world *w, const char *region, const struct assign_secrets *secrets, bool shutdown, struct proto_assignment *out);
