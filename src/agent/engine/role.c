#include "agent/engine/role.h"
#include "protocol/protocol.gen.h"
#include <string.h>

static const char *const names[] = {[ROLE_UNKNOWN] = NULL, [ROLE_PRIMARY] = "primary", [ROLE_REPLICA] = "replica"};

const char *role_name(enum role role)
{
    return names[role];
}

enum role role_parse(const char *name)
{
    if (name == NULL) return ROLE_UNKNOWN;
    if (strcmp(name, names[ROLE_PRIMARY]) == 0) return ROLE_PRIMARY;
    return strcmp(name, names[ROLE_REPLICA]) == 0 ? ROLE_REPLICA : ROLE_UNKNOWN;
}

enum role role_at_start(const struct proto_node_order *o)
{
    enum role role = role_parse(o->role);
    bool rises = role == ROLE_PRIMARY && o->promote_offset.set && o->upstream_host != NULL && o->cluster == NULL;
    return rises ? ROLE_REPLICA : role;
}

bool role_is_fenced(const struct proto_node_order *o)
{
    return o->fence.v && role_parse(o->role) == ROLE_PRIMARY;
}
