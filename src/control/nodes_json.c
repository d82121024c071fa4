#include "control/nodes_json.h"
#include "control/session.h"
#include "model/json.h"
#include "plan/seen.h"
#include "store/queries.gen.h"
#include <string.h>

static void put_node(struct json_writer *j, const struct row_node *n, bool dry_run)
{
    json_open(j, NULL, '{');
    json_write_text(j, "id", n->id);
    json_write_text(j, "region", n->region);
    json_write_text(j, "cluster", n->cluster_id);
    json_write_text(j, "rg", n->rg_id);
    json_write_text(j, "zone", n->availability_zone);
    json_write_text(j, "address", n->address);
    json_write_text(j, "want", node_wish_text(n->want));
    json_write_text(j, "state", seen_state_text(n->no_address ? SEEN_BROKEN : seen_node_state(n)));
    json_write_text(j, "reason", n->no_address ? n->no_address : seen_node_reason(n));
    json_write_text(j, "blocked", seen_blocked_text(n->seen_blocked));
    json_write_text(j, "role", seen_role_text(n->seen_role));
    json_write_text(j, "upstream", n->seen_upstream);
    json_write_text(j, "endpoints", n->seen_endpoints);
    json_write_text(j, "encryption", encryption_mode_text(n->seen_encryption));
    json_write_bool(j, "links_encrypted", n->seen_links_encrypted);
    json_write_text(j, "asked", n->seen_asked);
    json_write_text(j, "binary", n->seen_binary);
    json_write_text(j, "engine", n->seen_engine_name);
    json_write_text(j, "engine_version", n->seen_engine);
    json_write_int(j, "port", n->port);
    json_write_int(j, "pid", n->seen_pid);
    json_write_bool(j, "link_up", n->seen_link_up);
    json_write_bool(j, "fenced", n->seen_fenced);
    json_write_int(j, "offset", n->seen_offset);
    json_write_int(j, "restarts", seen_node_restarts(n));
    json_write_int(j, "started_ms", n->seen_started_ms);
    json_write_bool(j, "serves", n->unserved_since_ms == 0 && seen_node_state(n) == SEEN_READY);
    json_write_bool(j, "dry_run", dry_run);
    json_close(j, '}');
}

/* Without a way, nothing spreads its connections: an engine listens there itself, or nobody does. */
static void put_endpoint(struct json_writer *j, const struct row_endpoint *e)
{
    json_open(j, NULL, '{');
    json_write_text(j, "id", e->id);
    json_write_text(j, "region", e->region);
    json_write_text(j, "kind", endpoint_kind_text(e->kind));
    json_write_text(j, "rg", e->rg_id);
    json_write_text(j, "cluster", e->cluster_id);
    json_write_text(j, "address", e->address);
    json_write_int(j, "port", e->port);
    json_write_text(j, "state", endpoint_state_text(seen_endpoint_state(e)));
    json_write_text(j, "reason", seen_endpoint_reason(e));
    json_write_text(j, "way", seen_endpoint_is_here(e) ? endpoint_way_text(e->seen_way) : NULL);
    json_close(j, '}');
}

void nodes_json_put(struct buf *out, const struct sessions *sessions, const struct row_node *nodes, size_t n_nodes,
    const struct row_endpoint *endpoints, size_t n_endpoints)
{
    struct json_writer j = {.out = out};
    json_open(&j, NULL, '{');
    json_open(&j, "nodes", '[');
    for (size_t i = 0; i < n_nodes; i++) put_node(&j, &nodes[i], session_is_dry_run(sessions, nodes[i].region));
    json_close(&j, ']');
    json_open(&j, "endpoints", '[');
    for (size_t i = 0; i < n_endpoints; i++) put_endpoint(&j, &endpoints[i]);
    json_close(&j, ']');
    json_close(&j, '}');
}
