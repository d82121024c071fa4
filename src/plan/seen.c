#include "plan/seen.h"
#include "base/text.h"
#include "store/sql.gen.h"
#include <stddef.h>

bool seen_node_is_here(const struct row_node *n)
{
    return n->seen_address == NULL || (text_is(n->seen_address, n->address) && n->seen_port == n->port);
}

enum seen_state seen_node_state(const struct row_node *n)
{
    return seen_node_is_here(n) ? n->seen_state : SEEN_UNKNOWN;
}

const char *seen_node_reason(const struct row_node *n)
{
    return seen_node_is_here(n) ? n->seen_reason : NULL;
}

const char *seen_why_unlinked(const struct row_node *n)
{
    bool unlinked = seen_node_state(n) == SEEN_READY && n->seen_role == ROLE_REPLICA && !n->seen_link_up;
    return unlinked ? seen_node_reason(n) : NULL;
}

int64_t seen_node_restarts(const struct row_node *n)
{
    return seen_node_is_here(n) ? n->seen_restarts : 0;
}

bool seen_endpoint_is_here(const struct row_endpoint *e)
{
    return e->seen_address == NULL || (text_is(e->seen_address, e->address) && e->seen_port == e->port);
}

enum endpoint_state seen_endpoint_state(const struct row_endpoint *e)
{
    return seen_endpoint_is_here(e) ? e->seen_state : ENDPOINT_UNKNOWN;
}

const char *seen_endpoint_reason(const struct row_endpoint *e)
{
    return seen_endpoint_is_here(e) ? e->seen_reason : NULL;
}

bool seen_export_is_done(const struct row_snapshot_part *p, const struct row_snapshot *s)
{
    return p->seen_export == s->exports && p->seen_exported != NULL;
}

const char *seen_export_reason(const struct row_snapshot_part *p, const struct row_snapshot *s)
{
    return p->seen_export == s->exports ? p->seen_export_reason : NULL;
}
