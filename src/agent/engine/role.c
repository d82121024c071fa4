#include "agent/engine/role.h"
#include "protocol/protocol.gen.h"

enum node_role role_at_start(const struct proto_node_order *o)
{
    enum node_role role = o->role;
    bool rises = role == ROLE_PRIMARY && o->promote_offset.set && o->upstream_host != NULL && o->cluster == NULL;
    return rises ? ROLE_REPLICA : role;
}

bool role_is_fenced(const struct proto_node_order *o)
{
    return o->fence.v && o->role == ROLE_PRIMARY;
}
