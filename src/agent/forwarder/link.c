#include "discovery/discovery.h"
#include "agent/forwarder/link_pair.h"
#include "agent/forwarder/listener.h"
#include "agent/forwarder/steering.h"
#include "agent/engine/order_check.h"
#include "agent/os/reservations.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A connection takes two descriptors, and half of all are for reservations. What is left after that is for control work: it
 * must go on whatever clients do.
 */
enum { CONNECTIONS_MAX = 32768, CONNECTIONS_LEAST = 16, RESERVED_FILES = 128 };
/* How long a splitter waits for the first byte of a client. */
enum { FIRST_BYTE_MS = 30000 };
enum { AGAIN_MS = 1, AGAIN_FAST = 2000, AGAIN_SLOW_MS = 250, AGAIN_TOLD = 100 };

#define NS_PER_MS INT64_C(1000000)

/* ---- what the order says ---- */

/* A node that listens everywhere is told under its name alone, unless that is an address; and without a name at the address at which
 * the client has found the endpoint. */
static void tell_nodes(struct link *l, const struct proto_link_order *o)
{
    buf_clear(&l->nodes);
    buf_add(&l->nodes, "", 0);
    for (size_t i = 0; i < o->targets.n; i++) {
        const struct proto_target *t = &o->targets.items[i];
        bool everywhere = strcmp(t->host, "0.0.0.0") == 0 || strcmp(t->host, "::") == 0;
        const char *name = t->name ? t->name : everywhere ? DISCOVERY_HERE : t->host, *ip = everywhere ? name : t->host;
        bool is_ip = order_is_address(ip) || strcmp(ip, DISCOVERY_HERE) == 0;
        discovery_add(&l->nodes, name, is_ip ? ip : "", (int)t->port.v);
    }
    l->nodes_version = o->nodes_version.v;
    for (size_t i = 0; i < o->targets.n; i++)
        l->host->publish(l->host, o->targets.items[i].host, o->targets.items[i].port.v, l->nodes_version, l->nodes.data);
    snprintf(l->engine_version, sizeof l->engine_version, "%s", o->engine_version ? o->engine_version : "");
}

static int read_order(struct link *l, const struct proto_link_order *o, struct target *listen, struct err *e)
{
    l->kind = o->kind;
    /* Clients are told of the nodes and of it, a line each. */
    int r = order_is_version(o->engine_version) ? 0 : err_set(e, ERR_USAGE, "the order has no proper version");
    if (!r) r = target_set(listen, o->address, o->port, e);
    l->far = l->kind == LINK_GATEWAY && o->region ? wan_region(&l->host->regions, o->region) : NULL;
    targets_reset(&l->targets, o->targets.n);
    for (size_t i = 0; !r && i < o->targets.n; i++) {
        const char *host = o->targets.items[i].host, *name = o->targets.items[i].name;
        if (name != NULL && !order_is_host(name)) r = err_set(e, ERR_USAGE, "a target of the order has no proper name");
        if (r) break;
        struct target *t = &l->targets.items[l->targets.n];
        bool path = l->kind == LINK_SPLITTER && host[0] == '/';
        r = path ? target_set_socket(t, host, e) : target_set(t, host, o->targets.items[i].port, e);
        if (!r) l->targets.n++;
    }
    if (!r && o->nodes_version.set) tell_nodes(l, o);
    return r;
}

/* ---- the listener ---- */

static void stop_listening(struct link *l)
{
    if (l->listener == NULL) return;
    steering_stop(l, true);
    listener_close(l->listener);
    l->listener = NULL;
    reservations_take(l->host->reservations, l->address, l->port);
}

static void take_connection(void *arg, int fd, const struct sockaddr *from)
{
    pair_open(arg, fd, from);
}

static void set_reason(struct link *l, int code, const char *reason)
{
    if (l->code == code && strcmp(l->reason, reason) == 0) return;
    l->code = code;
    snprintf(l->reason, sizeof l->reason, "%s", reason);
    if (code) log_warn("link %s: %s", l->id, reason);
    l->host->changed(l->host);
}

static void listen_again(uv_timer_t *t);

static void start_listening(struct link *l)
{
    struct err e = {0};
    reservations_lend(l->host->reservations, l, l->address, l->port);
    int r = listener_open(l->host->loop, &l->listen, take_connection, l, &l->listener, &e);
    reservations_return(l->host->reservations, l);
    if (r != 0) {
        /* A moment's conflict is usual when an address moves from one link to another. */
        if (++l->tries == AGAIN_TOLD || e.code != ERR_IN_USE) set_reason(l, e.code, e.msg);
        uv_timer_start(&l->timer, listen_again, l->tries < AGAIN_FAST ? AGAIN_MS : AGAIN_SLOW_MS, 0);
        return;
    }
    l->tries = 0;
    set_reason(l, 0, "");
    l->host->changed(l->host);
}

static void listen_again(uv_timer_t *t)
{
    start_listening(t->data);
}

/* ---- what the agent does with it ---- */

void link_host_limit(struct link_host *h)
{
    long files = sysconf(_SC_OPEN_MAX), most = (files / 2 - RESERVED_FILES) / 2;
    most = most > CONNECTIONS_MAX ? CONNECTIONS_MAX : most < CONNECTIONS_LEAST ? CONNECTIONS_LEAST : most;
    h->connections.limits = (struct connection_limits){
        .all = (size_t)most, .of_one_address = (size_t)most * 3 / 4, .phase_ms = {[PHASE_FRESH] = FIRST_BYTE_MS}};
}

static struct wan_terms terms_of(const struct proto_line_order *o)
{
    if (o == NULL) return (struct wan_terms){0};
    return (struct wan_terms){.latency_ns = o->latency_ms.v * NS_PER_MS,
        .jitter_ns = o->jitter_ms.v * NS_PER_MS,
        .bytes_per_s = o->bytes_per_s.v,
        .down = o->down.v,
        .lost = o->lost.v};
}

void link_host_network(struct link_host *h, const struct proto_far_region_list *network)
{
    for (struct wan_region *r = h->regions; r; r = r->next) r->to.terms = r->from.terms = (struct wan_terms){0};
    for (size_t i = 0; i < network->n; i++) {
        struct wan_region *r = wan_region(&h->regions, network->items[i].region);
        r->to.terms = terms_of(network->items[i].to);
        r->from.terms = terms_of(network->items[i].from);
    }
}

static void free_if_done(struct link *l)
{
    if (!l->timer_closed || l->n_pairs > 0) return;
    targets_fini(&l->targets);
    buf_fini(&l->nodes);
    free(l->id);
    free(l);
}

struct link *link_open(struct link_host *h, const char *id)
{
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL || (l->id = strdup(id)) == NULL) abort();
    l->host = h;
    l->emptied = free_if_done;
    l->timer.data = l;
    uv_timer_init(h->loop, &l->timer);
    return l;
}

void link_order(struct link *l, const struct proto_link_order *o)
{
    struct err e = {0};
    struct target listen;
    snprintf(l->address, sizeof l->address, "%s", o->address ? o->address : "");
    l->port = o->port.v;
    if (read_order(l, o, &listen, &e) != 0) {
        stop_listening(l);
        uv_timer_stop(&l->timer);
        l->targets.n = 0;
        set_reason(l, e.code, e.msg);
    } else if (l->listener == NULL || !target_is(&l->listen, &listen)) {
        stop_listening(l);
        l->listen = listen;
        l->tries = 0;
        start_listening(l);
    }
    pairs_check(l);
    steering_renew(l);
}

static void timer_closed(uv_handle_t *h)
{
    struct link *l = h->data;
    l->timer_closed = true;
    free_if_done(l);
}

void link_close(struct link *l)
{
    if (l->closing) return;
    l->closing = true;
    stop_listening(l);
    l->targets.n = 0;
    for (struct pair *p = l->pairs, *next; p != NULL; p = next) {
        next = pair_next(p);
        pair_close(p);
    }
    uv_close((uv_handle_t *)&l->timer, timer_closed);
}

const char *link_id(const struct link *l)
{
    return l->id;
}

bool link_is_listening(const struct link *l)
{
    return l->listener != NULL;
}

bool link_is_at(const struct link *l, const char *address, int64_t port)
{
    return l->port == port && strcmp(l->address, address) == 0;
}

void link_see(const struct link *l, struct proto_link_seen *out)
{
    *out = (struct proto_link_seen){
        .id = l->id, .address = l->address, .port = OPT_INT(l->port), .connections = OPT_INT(l->n_pairs)};
    out->state = l->listener != NULL                     ? ENDPOINT_LISTENING
                 : l->code == ERR_IN_USE || l->code == 0 ? ENDPOINT_CONFLICT
                                                         : ENDPOINT_BROKEN;
    out->way = l->n_steered > 0 ? WAY_KERNEL : WAY_FORWARDER;
    if (l->listener == NULL && l->reason[0]) out->reason = l->reason;
}
