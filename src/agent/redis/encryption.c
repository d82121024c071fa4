#include "agent/redis/encryption.h"
#include "agent/engine/order_check.h"
#include "agent/node/folder.h"
#include "agent/os/reservations.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "base/decimal.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Inner ports are looked for below those that the system gives to outgoing connections. */
enum { INNER_FIRST = 20000, INNER_SPAN = 12000, INNER_TRIES = 64, AGAIN_MS = 300 };

#define TASK_TO_ASK \
    (TASK_TO(ENCRYPTION_CERTIFY) | TASK_TO(ENCRYPTION_LISTEN) | TASK_TO(ENCRYPTION_LINKS) | TASK_TO(ENCRYPTION_RELINK))
#define TASK_TO_END (TASK_TO(ENCRYPTION_REST) | TASK_TO(ENCRYPTION_LATER))
static const struct task encryption_task = {
    "encryption", {
                      [ENCRYPTION_REST] = {"rest", TASK_TO_ASK | TASK_TO(ENCRYPTION_LATER)}, /* waits for another order */
                      [ENCRYPTION_CERTIFY] = {"certify", TASK_TO_END}, /* waits for the engine to read its certificate */
                      [ENCRYPTION_LISTEN] = {"listen", TASK_TO_END},   /* waits for it to listen in another way */
                      [ENCRYPTION_LINKS] = {"links", TASK_TO_END},     /* waits for word on its next links */
                      [ENCRYPTION_RELINK] = {"relink", TASK_TO_END},   /* waits for its link to its upstream to end */
                      [ENCRYPTION_LATER] = {"later", TASK_TO_ASK | TASK_TO_END}, /* waits until it is time to try again */
                  }};

static void move_to_state(struct node *n, enum encryption_state to)
{
    struct encryption_now *now = &redis_of(n)->encryption.now;
    if (to != ENCRYPTION_LATER) now->again_at = 0;
    task_move(&encryption_task, n->id, &now->state, (int)to);
    assert((now->state == ENCRYPTION_LATER) == (now->again_at != 0));
}

/* ---- what is ordered ---- */

static void hash_certificate(const struct proto_tls_order *t, uint8_t out[DIGEST_SIZE])
{
    _buf_ struct buf all = {0};
    memset(out, 0, DIGEST_SIZE);
    if (t == NULL) return;
    buf_printf(&all, "%s%s%s", t->certificate, t->key, t->authority);
    digest_bytes(all.data, all.len, out);
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

/* True where it listens there at once; else it goes on trying. The order may ask for no splitter any more. */
static bool split_at(struct node *n, const char *address)
{
    struct encryption *x = &redis_of(n)->encryption;
    if (n->order->tls == NULL) return false;
    const struct split_target target = {.host = n->host->link_host,
        .dir = n->dir,
        .socket = CONF_SOCKET,
        .inner_address = n->order->tls->inner_address,
        .inner_port = x->inner_port,
        .port = n->order->port};
    return split_listen(&x->split, &target, address);
}

void tls_forget(struct node *n)
{
    struct encryption *x = &redis_of(n)->encryption;
    x->now = (struct encryption_now){0};
}

void tls_ended(struct node *n)
{
    split_close(&redis_of(n)->encryption.split);
}

void tls_ordered(struct node *n)
{
    struct encryption *x = &redis_of(n)->encryption;
    for (size_t i = x->split.n; i-- > 0;) {
        const char *address = link_id(x->split.links[i]);
        bool wanted = strcmp(address, n->order->address) == 0 || names_has(&n->order->endpoints, address);
        /* One that is held is given up in its turn; others could not be had so far. */
        if (!wanted && !names_has(endpoints_held(n), address)) split_release(&x->split, address);
    }
    hash_certificate(n->order->tls, x->certificate);
    if (tls_mode_of(n->order) == ENCRYPTION_PREFERRED && x->inner_port == 0) x->inner_port = find_inner_port(n, 0);
}

void tls_try_again(struct node *n)
{
    if (redis_of(n)->encryption.now.state == ENCRYPTION_LATER) move_to_state(n, ENCRYPTION_REST);
}

void tls_unanswered(struct node *n)
{
    int state = redis_of(n)->encryption.now.state;
    if (state != ENCRYPTION_REST && state != ENCRYPTION_LATER) move_to_state(n, ENCRYPTION_REST);
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
    enum encryption_mode mode = tls_mode_of(n->order);
    if (mode == ENCRYPTION_PREFERRED) redis_of(n)->encryption.inner_port = find_inner_port(n, 0);
    return mode == ENCRYPTION_NONE ? 0 : write_certificate(n, e);
}

/* ---- what is ---- */

void tls_begin(struct node *n)
{
    struct encryption *x = &redis_of(n)->encryption;
    x->now.listens = tls_mode_of(n->order);
    x->now.links = tls_links(n->order);
    memcpy(x->now.certificate, x->certificate, sizeof x->now.certificate);
    if (x->now.listens == ENCRYPTION_PREFERRED) split_at(n, n->order->address);
}

static const char *setting_value(const struct redisReply *r, const char *name)
{
    for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i + 1 < r->elements; i += 2)
        if (r->element[i]->str && r->element[i + 1]->str && strcmp(r->element[i]->str, name) == 0) return r->element[i + 1]->str;
    return "";
}

static int64_t setting_port(const struct redisReply *r, const char *name)
{
    int64_t port = 0;
    decimal_parse(setting_value(r, name), 0, UINT16_MAX, &port);
    return port;
}

void tls_know_ports(struct node *n, const struct redisReply *r)
{
    struct encryption *x = &redis_of(n)->encryption;
    int64_t tls_port = setting_port(r, "tls-port");
    if (setting_port(r, "port") != 0 || tls_port == 0)
        x->now.listens = ENCRYPTION_NONE; /* an engine that knows no TLS tells no port for it */
    else x->now.listens = tls_port == n->order->port.v ? ENCRYPTION_REQUIRED : ENCRYPTION_PREFERRED;
    x->now.links = strcmp(setting_value(r, "tls-replication"), "yes") == 0;
    if (x->now.listens == ENCRYPTION_PREFERRED) x->inner_port = (int)tls_port;
    if (x->now.listens == ENCRYPTION_PREFERRED) split_at(n, n->order->address);
}

bool tls_certificate_is_stale(const struct node *n)
{
    const struct encryption *x = &redis_of(n)->encryption;
    return n->order->tls != NULL && memcmp(x->certificate, x->now.certificate, sizeof x->certificate) != 0;
}

bool tls_listens_otherwise(const struct node *n)
{
    return redis_of(n)->encryption.now.listens != tls_mode_of(n->order);
}

bool tls_links_are_stale(const struct node *n)
{
    return redis_of(n)->encryption.now.links != tls_links(n->order);
}

bool tls_is_to_relink(const struct node *n)
{
    return redis_of(n)->encryption.now.relink;
}

bool tls_is_blocked(const struct node *n)
{
    return node_now(n) < redis_of(n)->encryption.now.again_at;
}

bool tls_has_splitter(const struct node *n)
{
    return redis_of(n)->encryption.now.listens == ENCRYPTION_PREFERRED;
}

static enum encryption_mode tls_mode_in_force(const struct node *n)
{
    const struct encryption *x = &redis_of(n)->encryption;
    bool stale = tls_certificate_is_stale(n) || tls_listens_otherwise(n) || tls_links_are_stale(n);
    if (stale || x->now.relink) return ENCRYPTION_UNSET;
    if (endpoints_are_dropping_all(n)) return ENCRYPTION_UNSET; /* whoever is connected by now will not be for long */
    if (tls_has_splitter(n) && !split_listens(&x->split, n->order->address)) return ENCRYPTION_UNSET;
    return x->now.listens;
}

void tls_see(const struct node *n, struct proto_node_seen *out)
{
    out->encryption = n->order != NULL ? tls_mode_in_force(n) : ENCRYPTION_UNSET;
    out->links_encrypted = OPT_BOOL(redis_of(n)->encryption.now.links);
}

/* ---- the certificate ---- */

/* What can't be had now is tried again on a later beat: the node's role must not wait for it. */
static void try_encryption_later(struct node *n, const char *why)
{
    node_reason(n, "%s", why);
    redis_of(n)->encryption.now.again_at = node_now(n) + AGAIN_MS;
    move_to_state(n, ENCRYPTION_LATER);
}

void tls_refused(struct node *n, const struct redisReply *r)
{
    char why[160];
    snprintf(why, sizeof why, "redis-server refuses to %s: %.100s", step_name(redis_of(n)->talk.step), r->str);
    try_encryption_later(n, why);
}

/* The same names of the files again: Redis reads them anew. */
void tls_do_certify(struct node *n)
{
    struct err e = {0};
    struct encryption *x = &redis_of(n)->encryption;
    if (write_certificate(n, &e) != 0) {
        try_encryption_later(n, e.msg);
        return node_step(n);
    }
    memcpy(x->now.sent_certificate, x->certificate, sizeof x->certificate);
    move_to_state(n, ENCRYPTION_CERTIFY);
    redis_ask(n, ASK_STEP,
        WORDS("CONFIG", "SET", "tls-cert-file", TLS_CERTIFICATE, "tls-key-file", TLS_KEY, "tls-ca-cert-file", TLS_AUTHORITY,
            "tls-auth-clients", "no"));
}

void tls_certified(struct node *n, const struct redisReply *r)
{
    struct encryption_now *now = &redis_of(n)->encryption.now;
    (void)r;
    log_info("node %s: has its certificate", n->id);
    memcpy(now->certificate, now->sent_certificate, sizeof now->certificate);
    move_to_state(n, ENCRYPTION_REST);
    node_changed(n);
}

/* ---- listening ---- */

/* The endpoints come back one step later: one that somebody else took meanwhile must not keep the node from listening. */
void tls_do_listen(struct node *n)
{
    char plain[12], tls[12], announced[12];
    struct encryption *x = &redis_of(n)->encryption;
    enum encryption_mode to = tls_mode_of(n->order);
    if (to == ENCRYPTION_PREFERRED && x->inner_port == 0) x->inner_port = find_inner_port(n, 0);
    snprintf(plain, sizeof plain, "%d", to == ENCRYPTION_NONE ? (int)n->order->port.v : 0);
    snprintf(tls, sizeof tls, "%d",
        to == ENCRYPTION_NONE        ? 0
        : to == ENCRYPTION_PREFERRED ? x->inner_port
                                     : (int)n->order->port.v);
    snprintf(announced, sizeof announced, "%d", to == ENCRYPTION_PREFERRED ? (int)n->order->port.v : 0);
    x->now.listening = to;
    split_close(&x->split);
    endpoints_leave(n, tls_has_splitter(n));
    move_to_state(n, ENCRYPTION_LISTEN);
    redis_ask(n, ASK_STEP,
        WORDS("CONFIG", "SET", "bind", tls_engine_address(n->order, to), "port", plain, "tls-port", tls, "replica-announce-port",
            announced, "cluster-announce-port", announced, "cluster-announce-tls-port", announced));
}

void tls_listening(struct node *n, const struct redisReply *r)
{
    struct encryption_now *now = &redis_of(n)->encryption.now;
    (void)r;
    endpoints_lost(n, now->listens != ENCRYPTION_PREFERRED);
    now->listens = now->listening;
    move_to_state(n, ENCRYPTION_REST);
    log_info("node %s: encryption in transit is %s", n->id, encryption_mode_text(now->listens));
    if (now->listens == ENCRYPTION_PREFERRED) split_at(n, n->order->address);
    n->host->upstream_listens(n->host, n->id);
    node_changed(n);
}

/* Redis goes on as before. A port that somebody took since it was found free is not tried again. */
void tls_listen_refused(struct node *n, const struct redisReply *r)
{
    struct encryption *x = &redis_of(n)->encryption;
    if (x->now.listening == ENCRYPTION_PREFERRED) x->inner_port = find_inner_port(n, x->inner_port);
    if (tls_has_splitter(n)) split_at(n, n->order->address);
    endpoints_leave_refused(n, tls_has_splitter(n));
    conf_file_check(n);
    tls_refused(n, r);
}

/* ---- the link to its upstream ---- */

/* Its link ends, or has, though it did not notice yet: until it has made another one, it is not told as one that is as ordered. */
void tls_relink(struct node *n)
{
    if (redis_of(n)->info.role != ROLE_REPLICA) return;
    redis_of(n)->encryption.now.relink = true;
    if (n->state == NODE_UP && !n->asking) node_step(n);
}

void tls_do_encrypt(struct node *n)
{
    struct encryption_now *now = &redis_of(n)->encryption.now;
    now->linking = tls_links(n->order);
    move_to_state(n, ENCRYPTION_LINKS);
    const char *on = now->linking ? "yes" : "no";
    redis_ask(n, ASK_STEP, WORDS("CONFIG", "SET", "tls-replication", on, "tls-cluster", on));
}

/*
 * It is for the next connection that Redis makes: the one that stands is closed, and made again at once. Those of the bus of a Redis
 * Cluster stay as they are, so that no node takes others for dead while one after the other changes.
 */
void tls_encrypted(struct node *n, const struct redisReply *r)
{
    struct encryption_now *now = &redis_of(n)->encryption.now;
    (void)r;
    now->links = now->linking;
    move_to_state(n, ENCRYPTION_REST);
    now->relink = redis_of(n)->info.role == ROLE_REPLICA;
    node_changed(n);
}

void tls_do_relink(struct node *n)
{
    move_to_state(n, ENCRYPTION_RELINK);
    redis_ask(n, ASK_STEP, WORDS("CLIENT", "KILL", "TYPE", "master"));
}

void tls_relinked(struct node *n, const struct redisReply *r)
{
    struct redis *x = redis_of(n);
    (void)r;
    move_to_state(n, ENCRYPTION_REST);
    x->encryption.now.relink = false;
    x->info.link_up = false;
    x->info_old = true;
    x->eager_until = node_now(n) + EAGER_MS;
    node_changed(n);
}

/* ---- endpoints, where a splitter has them ---- */

void tls_release(struct node *n)
{
    struct string_list keep = {0};
    const struct string_list *held = endpoints_held(n);
    for (size_t i = 0; i < held->n; i++) {
        if (names_has(&n->order->endpoints, held->items[i])) names_add(&keep, held->items[i]);
        else split_release(&redis_of(n)->encryption.split, held->items[i]);
    }
    endpoints_keep(n, &keep);
    names_clear(&keep);
    node_step(n);
}

void tls_take(struct node *n)
{
    struct string_list missed = {0};
    if (n->order->tls == NULL) { /* there is to be no splitter, which was refused just now: first things first */
        endpoints_take_at(n, redis_of(n)->encryption.now.again_at);
        return node_step(n);
    }
    for (size_t i = 0; i < n->order->endpoints.n; i++) {
        const char *address = n->order->endpoints.items[i];
        if (split_at(n, address)) endpoints_hold(n, address);
        else names_add(&missed, address);
    }
    if (missed.n > 0) endpoints_take_later(n, &missed);
    else endpoints_taken(n);
    names_clear(&missed);
    node_step(n);
}
