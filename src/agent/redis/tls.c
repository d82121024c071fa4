#include "agent/redis/tls.h"
#include "agent/engine/order_check.h"
#include <string.h>

enum encryption_mode tls_mode_of(const struct proto_node_order *o)
{
    return o->tls == NULL ? ENCRYPTION_NONE : o->tls->mode;
}

bool tls_links(const struct proto_node_order *o)
{
    return o->tls != NULL && o->tls->links.v;
}

const char *tls_engine_address(const struct proto_node_order *o, enum encryption_mode mode)
{
    return mode == ENCRYPTION_PREFERRED ? o->tls->inner_address : o->address;
}

void tls_conf(const struct proto_node_order *o, int inner_port, struct buf *out)
{
    enum encryption_mode mode = tls_mode_of(o);
    if (mode == ENCRYPTION_NONE) return;
    buf_printf(out, "port 0\nbind %s\n", tls_engine_address(o, mode));
    buf_printf(out, "tls-port %d\n", mode == ENCRYPTION_PREFERRED ? inner_port : (int)o->port.v);
    buf_puts(out, "tls-cert-file " TLS_CERTIFICATE "\ntls-key-file " TLS_KEY "\ntls-ca-cert-file " TLS_AUTHORITY "\n");
    const char *links = tls_links(o) ? "yes" : "no";
    buf_printf(out, "tls-auth-clients no\ntls-replication %s\ntls-cluster %s\n", links, links);
    if (mode != ENCRYPTION_PREFERRED) return;
    /* What a node is known by is where clients reach it. */
    buf_printf(out, "replica-announce-port %d\ncluster-announce-port %d\ncluster-announce-tls-port %d\n", (int)o->port.v,
        (int)o->port.v, (int)o->port.v);
}
