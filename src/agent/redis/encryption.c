#include "agent/redis/encryption.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "agent/node/reservations.h"
#include "base/decimal.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Inner ports are looked for below those that the system gives to outgoing connections. */
enum { INNER_FIRST = 20000, INNER_SPAN = 12000, INNER_TRIES = 64, AGAIN_MS = 300 };

/* ---- what is ordered ---- */

static void hash_certificate(const struct proto_tls_order *t, uint8_t out[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx ctx;
    memset(out, 0, SHA256_DIGEST_SIZE);
    if (t == NULL) return;
    sha256_init(&ctx);
    sha256_update(&ctx, strlen(t->certificate), (const uint8_t *)t->certificate);
    sha256_update(&ctx, strlen(t->key), (const uint8_t *)t->key);
    sha256_update(&ctx, strlen(t->authority), (const uint8_t *)t->authority);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, out);
}

/* The same node begins to look in the same place each time, and different ones in different places. */
static int find_inner_port(const struct node *n, int after)
{
    int64_t at = after ? after - INNER_FIRST + 1 : n->order->port.v * 31;
    for (int i = 0; i < INNER_TRIES; i++, at++) {
        int port = INNER_FIRST + (int)(at % INNER_SPAN);
        int why = reservations_probe(n->host->reservations, n->order->tls->inner_address, port);
        if (port != n->order->port.v && why == 0) return port;
    }
    return INNER_FIRST + (int)(at % INNER_SPAN);
}

/* An address that could not be had so far, and is not wanted any more. */
static bool is_idle(const struct node *n, const char *address)
{
    return strcmp(address, n->order->address) != 0 && !names_has(&n->order->endpoints, address) &&
           !names_has(&n->life.held, address);
}

void tls_ordered(struct node *n)
{
    for (size_t i = n->split.n; i-- > 0;)
        if (is_idle(n, link_id(n->split.links[i]))) split_release(n, link_id(n->split.links[i]));
    hash_certificate(n->order->tls, n->certificate);
    if (tls_mode_of(n->order) == TLS_PREFERRED && n->inner_port == 0) n->inner_port = find_inner_port(n, 0);
}

static int write_certificate(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    const struct proto_tls_order *t = n->order->tls;
    int r = file_put(node_path(n, TLS_KEY, path), t->key, strlen(t->key), e);
    if (!r) r = file_put(node_path(n, TLS_CERTIFICATE, path), t->certificate, strlen(t->certificate), e);
    return r ? r : file_put(node_path(n, TLS_AUTHORITY, path), t->authority, strlen(t->authority), e);
}

int tls_prepare(struct node *n, struct err *e)
{
    enum tls_mode mode = tls_mode_of(n->order);
    if (mode == TLS_PREFERRED) n->inner_port = find_inner_port(n, 0);
    return mode == TLS_NONE ? 0 : write_certificate(n, e);
}

/* ---- what is ---- */

void tls_begin(struct node *n)
{
    struct life *l = &n->life;
    l->listens = tls_mode_of(n->order);
    l->links = tls_links(n->order);
    memcpy(l->certificate, n->certificate, sizeof l->certificate);
    if (l->listens == TLS_PREFERRED) split_listen(n, n->order->address);
}

static const char *value_of(const struct redisReply *r, const char *name)
{
    for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2)
        if (r->element[i]->str && r->element[i + 1]->str && strcmp(r->element[i]->str, name) == 0) return r->element[i + 1]->str;
    return "";
}

static int64_t port_of(const struct redisReply *r, const char *name)
{
    int64_t port = 0;
    decimal_parse(value_of(r, name), 0, UINT16_MAX, &port);
    return port;
}

static bool is_on(const struct redisReply *r, const char *name)
{
    return strcmp(value_of(r, name), "yes") == 0;
}

void tls_know_ports(struct node *n, const struct redisReply *r)
{
    struct life *l = &n->life;
    int64_t tls_port = port_of(r, "tls-port");
    if (port_of(r, "port") != 0 || tls_port == 0) l->listens = TLS_NONE; /* an engine that knows no TLS tells no port for it */
    else l->listens = tls_port == n->order->port.v ? TLS_REQUIRED : TLS_PREFERRED;
    l->links = is_on(r, "tls-replication");
    if (l->listens == TLS_PREFERRED) n->inner_port = (int)tls_port;
    if (l->listens == TLS_PREFERRED && n->order->tls) split_listen(n, n->order->address);
}

bool tls_is_own_address(const struct node *n, const char *address)
{
    return tls_has_splitter(n) || strcmp(address, n->order->address) == 0;
}

bool tls_certificate_is_stale(const struct node *n)
{
    return n->order->tls != NULL && memcmp(n->certificate, n->life.certificate, sizeof n->certificate) != 0;
}

bool tls_listens_otherwise(const struct node *n)
{
    return n->life.listens != tls_mode_of(n->order);
}

bool tls_links_are_stale(const struct node *n)
{
    return n->life.links != tls_links(n->order);
}

bool tls_has_splitter(const struct node *n)
{
    return n->life.listens == TLS_PREFERRED;
}

const char *tls_in_force(const struct node *n)
{
    if (n->order == NULL || tls_certificate_is_stale(n) || tls_listens_otherwise(n) || tls_links_are_stale(n) || n->life.relink)
        return NULL;
    if (n->life.dropping_all) return NULL; /* whoever is connected by now will not be for long */
    if (tls_has_splitter(n) && !split_listens(n, n->order->address)) return NULL;
    return tls_mode_name(n->life.listens);
}

/* ---- the certificate ---- */

/* What can't be had now is tried again on a later beat: the node's role must not wait for it. */
static void later(struct node *n, const char *why)
{
    node_reason(n, "%s", why);
    n->life.encrypt_at = node_now(n) + AGAIN_MS;
}

void tls_refused(struct node *n, const struct redisReply *r)
{
    char why[160];
    snprintf(why, sizeof why, "redis-server refuses to %s: %.100s", step_name(n->step), r->str);
    later(n, why);
}

/* The same names of the files again: Redis reads them anew. */
void tls_do_certify(struct node *n)
{
    struct err e = {0};
    if (write_certificate(n, &e) != 0) {
        later(n, e.msg);
        return node_step(n);
    }
    memcpy(n->life.sent_certificate, n->certificate, sizeof n->certificate);
    redis_ask(n, ASK_STEP,
        WORDS("CONFIG", "SET", "tls-cert-file", TLS_CERTIFICATE, "tls-key-file", TLS_KEY, "tls-ca-cert-file", TLS_AUTHORITY,
            "tls-auth-clients", "no"));
}

void tls_certified(struct node *n, const struct redisReply *r)
{
    (void)r;
    log_info("node %s: has its certificate", n->id);
    memcpy(n->life.certificate, n->life.sent_certificate, sizeof n->life.certificate);
    node_changed(n);
}

/* ---- listening ---- */

/* Whoever is connected to an address that the engine itself had is to connect again, and finds what stands there now. */
static void drop_all(struct node *n)
{
    n->life.dropping_all = true;
    names_add(&n->life.drop, n->order->address);
    for (size_t i = 0; i < n->life.held.n; i++) names_add(&n->life.drop, n->life.held.items[i]);
}

/* The endpoints come back one step later: one that somebody else took meanwhile must not keep the node from listening. */
void tls_do_listen(struct node *n)
{
    char plain[12], tls[12], announced[12];
    enum tls_mode to = tls_mode_of(n->order);
    if (to == TLS_PREFERRED && n->inner_port == 0) n->inner_port = find_inner_port(n, 0);
    snprintf(plain, sizeof plain, "%d", to == TLS_NONE ? (int)n->order->port.v : 0);
    snprintf(tls, sizeof tls, "%d", to == TLS_NONE ? 0 : to == TLS_PREFERRED ? n->inner_port : (int)n->order->port.v);
    snprintf(announced, sizeof announced, "%d", to == TLS_PREFERRED ? (int)n->order->port.v : 0);
    n->life.listening = to;
    split_close(n);
    if (tls_has_splitter(n)) names_clear(&n->life.held);
    names_clear(&n->life.binding);
    node_lend_bind(n);
    redis_ask(n, ASK_STEP,
        WORDS("CONFIG", "SET", "bind", tls_engine_address(n->order, to), "port", plain, "tls-port", tls, "replica-announce-port",
            announced, "cluster-announce-port", announced, "cluster-announce-tls-port", announced));
}

void tls_listening(struct node *n, const struct redisReply *r)
{
    struct life *l = &n->life;
    (void)r;
    if (l->listens != TLS_PREFERRED) drop_all(n);
    names_clear(&l->held);
    l->listens = l->listening;
    l->take_since = l->take_at = 0;
    log_info("node %s: encryption in transit is %s", n->id, tls_mode_name(l->listens));
    if (l->listens == TLS_PREFERRED) split_listen(n, n->order->address);
    n->host->upstream_listens(n->host, n->id);
    node_changed(n);
}

/* Its link ends, or has, though it did not notice yet: until it has made another one, it is not told as one that is as ordered. */
void node_relink(struct node *n)
{
    if (!n->life.ready || n->life.info.role != ROLE_REPLICA) return;
    n->life.relink = true;
    if (n->state == NODE_UP && n->ask == ASK_NONE) node_step(n);
}

/* Redis goes on as before. A port that somebody took since it was found free is not tried again. */
void tls_listen_refused(struct node *n, const struct redisReply *r)
{
    if (n->life.listening == TLS_PREFERRED) n->inner_port = find_inner_port(n, n->inner_port);
    if (tls_has_splitter(n) && n->order->tls) split_listen(n, n->order->address);
    n->conf_stale = redis_conf_differs(n);
    tls_refused(n, r);
}

/* ---- the link to its upstream ---- */

void tls_do_encrypt(struct node *n)
{
    n->life.linking = tls_links(n->order);
    const char *on = n->life.linking ? "yes" : "no";
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "tls-replication", on, "tls-cluster", on));
}

/*
 * It is for the next connection that Redis makes: the one that stands is closed, and made again at once. Those of a cluster's
 * bus stay as they are, so that no node takes others for dead while one after the other changes.
 */
void tls_encrypted(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.links = n->life.linking;
    n->life.relink = n->life.info.role == ROLE_REPLICA;
    node_changed(n);
}

void tls_relinked(struct node *n, const struct redisReply *r)
{
    (void)r;
    n->life.relink = false;
    n->life.info.link_up = false;
    n->life.info_old = true;
    n->life.eager_until = node_now(n) + EAGER_MS;
    node_changed(n);
}

/* ---- endpoints, where a splitter has them ---- */

void tls_release(struct node *n)
{
    struct string_list keep = {0};
    for (size_t i = 0; i < n->life.held.n; i++) {
        if (names_has(&n->order->endpoints, n->life.held.items[i])) names_add(&keep, n->life.held.items[i]);
        else split_release(n, n->life.held.items[i]);
    }
    names_copy(&n->life.held, &keep);
    names_clear(&keep);
    node_changed(n);
    node_step(n);
}

void tls_take(struct node *n, struct string_list *missed)
{
    for (size_t i = 0; i < n->order->endpoints.n; i++) {
        const char *address = n->order->endpoints.items[i];
        if (!split_listen(n, address)) names_add(missed, address);
        else if (!names_has(&n->life.held, address)) names_add(&n->life.held, address);
    }
}
