#include "control/nodes_json.h"
#include "base/buf.h"
#include "control/session.h"
#include "model/json.h"
#include "store/queries.gen.h"
#include <string.h>

static void put_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    if (value) json_put_string(out, value);
    else buf_puts(out, "null");
}

static void put_node(struct buf *out, const struct row_node *n, bool dry_run)
{
    buf_puts(out, "{\"id\":");
    json_put_string(out, n->id);
    put_member(out, "region", n->region);
    put_member(out, "cluster", n->cluster_id);
    put_member(out, "rg", n->rg_id);
    put_member(out, "zone", n->availability_zone);
    put_member(out, "address", n->address);
    put_member(out, "want", node_wish_text(n->want));
    put_member(out, "state", seen_state_text(n->no_address ? SEEN_BROKEN : n->seen_state));
    put_member(out, "reason", n->no_address ? n->no_address : n->seen_reason);
    put_member(out, "blocked", seen_blocked_text(n->seen_blocked));
    put_member(out, "role", seen_role_text(n->seen_role));
    put_member(out, "upstream", n->seen_upstream);
    put_member(out, "endpoints", n->seen_endpoints);
    put_member(out, "encryption", seen_encryption_text(n->seen_encryption));
    buf_printf(out, ",\"links_encrypted\":%s", n->seen_links_encrypted ? "true" : "false");
    put_member(out, "asked", n->seen_asked);
    put_member(out, "binary", n->seen_binary);
    put_member(out, "engine", n->seen_engine_name);
    put_member(out, "engine_version", n->seen_engine);
    buf_printf(out,
        ",\"port\":%lld,\"pid\":%lld,\"link_up\":%s,\"fenced\":%s,\"offset\":%lld,\"restarts\":%lld,\"started_ms\":%lld,"
        "\"serves\":%s,\"dry_run\":%s}",
        (long long)n->port, (long long)n->seen_pid, n->seen_link_up ? "true" : "false", n->seen_fenced ? "true" : "false",
        (long long)n->seen_offset, (long long)n->seen_restarts, (long long)n->seen_started_ms,
        n->unserved_since_ms || n->seen_state != SEEN_READY ? "false" : "true", dry_run ? "true" : "false");
}

void nodes_json_put(struct buf *out, const struct sessions *sessions, const struct row_node *rows, size_t n)
{
    buf_puts(out, "{\"nodes\":[");
    for (size_t i = 0; i < n; i++) {
        if (i) buf_putc(out, ',');
        put_node(out, &rows[i], session_is_dry_run(sessions, rows[i].region));
    }
    buf_puts(out, "]}");
}
