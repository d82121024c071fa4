#include "control/nodes_json.h"
#include "base/arena.h"
#include "control/session.h"
#include "model/json.h"
#include "plan/seen.h"
#include "protocol/admin.gen.h"
#include "store/queries.gen.h"

static struct admin_node node_told(const struct row_node *n, bool dry_run)
{
    return (struct admin_node){
        .id = n->id,
        .region = n->region,
        .cluster = n->cluster_id,
        .rg = n->rg_id,
        .zone = n->availability_zone,
        .address = n->address,
        .port = OPT_INT(n->port),
        .want = n->want,
        .state = n->no_address ? SEEN_BROKEN : seen_node_state(n),
        .reason = n->no_address ? n->no_address : seen_node_reason(n),
        .blocked = n->seen_blocked,
        .role = n->seen_role,
        .upstream = n->seen_upstream,
        .endpoints = n->seen_endpoints,
        .encryption = n->seen_encryption,
        .links_encrypted = OPT_BOOL(n->seen_links_encrypted),
        .asked = n->seen_asked,
        .binary = n->seen_binary,
        .engine = n->seen_engine_name,
        .engine_version = n->seen_engine,
        .pid = OPT_INT(n->seen_pid),
        .link_up = OPT_BOOL(n->seen_link_up),
        .fenced = OPT_BOOL(n->seen_fenced),
        .offset = OPT_INT(n->seen_offset),
        .restarts = OPT_INT(seen_node_restarts(n)),
        .started_ms = OPT_INT(n->seen_started_ms),
        .serves = OPT_BOOL(n->unserved_since_ms == 0 && seen_node_state(n) == SEEN_READY),
        .dry_run = OPT_BOOL(dry_run),
    };
}

static struct admin_endpoint endpoint_told(const struct row_endpoint *e)
{
    return (struct admin_endpoint){
        .id = e->id,
        .region = e->region,
        .kind = e->kind,
        .rg = e->rg_id,
        .cluster = e->cluster_id,
        .address = e->address,
        .port = OPT_INT(e->port),
        .state = seen_endpoint_state(e),
        .reason = seen_endpoint_reason(e),
        .way = seen_endpoint_is_here(e) ? e->seen_way : WAY_NONE,
    };
}

void nodes_json_put(struct buf *out, struct arena *a, const struct sessions *sessions, const struct row_node *nodes,
    size_t n_nodes, const struct row_endpoint *endpoints, size_t n_endpoints)
{
    struct admin_nodes all = {
        .nodes = {true, n_nodes, arena_array(a, struct admin_node, n_nodes)},
        .endpoints = {true, n_endpoints, arena_array(a, struct admin_endpoint, n_endpoints)},
    };
    for (size_t i = 0; i < n_nodes; i++) all.nodes.items[i] = node_told(&nodes[i], session_is_dry_run(sessions, nodes[i].region));
    for (size_t i = 0; i < n_endpoints; i++) all.endpoints.items[i] = endpoint_told(&endpoints[i]);
    json_encode_whole(out, &shape_admin_nodes, &all);
}
