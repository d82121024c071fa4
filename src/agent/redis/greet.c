#include "agent/redis/greet.h"
#include "agent/node/node_seed.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "base/log.h"

enum { LOADING_MS = 5, LOGIN_AGAIN_MS = 1000, REFUSED_MS = 200, BUSY_MS = 50 };

void redis_greet(struct node *n)
{
    struct talk *t = &redis_of(n)->talk;
    const struct redis_cluster_part *part = redis_cluster_part(n);
    const char *password = n->order->admin_password;
    if (t->greeting == ASK_AUTH && password == NULL) t->greeting = ASK_PING;
    switch (t->greeting) {
    case ASK_AUTH: return redis_ask(n, ASK_AUTH, WORDS("AUTH", CONF_ADMIN, password));
    case ASK_PING: return redis_ask(n, ASK_PING, WORDS("PING"));
    case ASK_SERVER: return redis_ask(n, ASK_SERVER, WORDS("INFO", "server"));
    case ASK_WEIGHT: return redis_ask(n, ASK_WEIGHT, WORDS("INFO"));
    case ASK_PORTS: return redis_ask(n, ASK_PORTS, WORDS("CONFIG", "GET", "*port", "tls-replication"));
    case ASK_BIND: return redis_ask(n, ASK_BIND, WORDS("CONFIG", "GET", "bind"));
    default: break;
    }
    /* Its order may name no Redis Cluster any more. */
    if (part != NULL) part->greet(n, t->greeting);
    else redis_ask(n, ASK_BIND, WORDS("CONFIG", "GET", "bind"));
}

void redis_greet_again(struct node *n, enum redis_ask from, int64_t ms)
{
    redis_of(n)->talk.greeting = from;
    n->greet_at = node_now(n) + ms;
}

static void greeting_failed(struct node *n, const struct redisReply *r)
{
    node_reason(n, "redis-server refuses its agent: %.100s", r->str);
    redis_greet_again(n, ASK_AUTH, LOGIN_AGAIN_MS);
    if (!redis_says(r, "WRONGPASS") || n->moved) return;
    log_warn("node %s: knows another password than its agent, and is started anew with its data", n->id);
    n->moved = true;
    node_step(n);
}

static void know_server(struct node *n, const struct redisReply *r)
{
    struct server_info s;
    if (r->str == NULL || !info_server(r->str, r->len, &s)) return redis_greet_again(n, ASK_PING, REFUSED_MS);
    if (s.pid != proc_id(n->proc)->pid) {
        node_reason(n, "process %ld answers at its address", s.pid);
        return redis_greet_again(n, ASK_AUTH, REFUSED_MS);
    }
    n->life.server = s;
    redis_of(n)->talk.greeting = node_seed_is_loaded(n) ? ASK_WEIGHT : ASK_PORTS;
}

static void know_weight(struct node *n, const struct redisReply *r)
{
    struct memory_info m;
    int64_t evicted = 0;
    redis_of(n)->talk.greeting = ASK_PORTS;
    if (r->str == NULL || !info_memory(r->str, r->len, &m)) return;
    info_number(r->str, r->len, "evicted_keys", 1, INT64_MAX, &evicted);
    node_seed_weigh(n, m.used, m.limit, evicted);
}

static void know_bind(struct node *n, const struct redisReply *r)
{
    endpoints_know(n, r, tls_has_splitter(n));
    redis_of(n)->info_old = true;
    if (redis_cluster_part(n) != NULL) redis_of(n)->talk.greeting = ASK_CLUSTER;
    else node_event(n, EVENT_KNOWN);
}

void redis_greeted(struct node *n, enum redis_ask what, const struct redisReply *r)
{
    struct talk *t = &redis_of(n)->talk;
    bool failed = r->type == REDIS_REPLY_ERROR;
    if (failed && redis_says(r, "LOADING")) return redis_greet_again(n, ASK_PING, LOADING_MS);
    if (failed && redis_says(r, "BUSY ")) return redis_greet_again(n, t->greeting, BUSY_MS);
    if (failed) return greeting_failed(n, r);
    switch (what) {
    case ASK_AUTH: t->greeting = ASK_PING; return;
    case ASK_PING: t->greeting = ASK_SERVER; return;
    case ASK_SERVER: return know_server(n, r);
    case ASK_WEIGHT: return know_weight(n, r);
    case ASK_PORTS:
        tls_know_ports(n, r);
        t->greeting = ASK_BIND;
        return;
    case ASK_BIND: return know_bind(n, r);
    default:
        if (redis_cluster_part(n) != NULL) redis_cluster_part(n)->greeted(n, what, r);
        else t->greeting = ASK_BIND;
    }
}

void redis_load_again(struct node *n)
{
    n->life.ready = false;
    redis_greet_again(n, ASK_PING, LOADING_MS);
    node_event(n, EVENT_LOADS);
    node_changed(n);
}
