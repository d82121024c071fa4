#include "agent/redis/access.h"
#include "agent/redis_cluster/cluster.h"
#include "agent/redis/redis.h"
#include "agent/redis/conf.h"
#include "agent/os/names.h"
#include "agent/node/node_seed.h"
#include "agent/redis/encryption.h"
#include "base/log.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Questions to a node's Redis, one at a time: who it is, then one step after the other. */

enum { LOADING_MS = 5, LOGIN_AGAIN_MS = 1000, REFUSED_MS = 200, BUSY_MS = 50, WHOLE_MS = 500, WHOLE_AGAIN_MS = 2 };

/* A word behind the command that is no name, address or password. */
static bool has_subcommand(const char *command)
{
    static const char *const with[] = {"ACL", "CLIENT", "CLUSTER", "CONFIG", "FUNCTION"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        if (strcmp(command, with[i]) == 0) return true;
    return false;
}

void redis_ask(struct node *n, enum node_ask what, const char *const words[], size_t count)
{
    n->ask = what;
    n->asked_at = node_now(n);
    if (what == ASK_STEP) node_trace(n, "sends %s %s", words[0], has_subcommand(words[0]) ? words[1] : "…");
    rconn_send(n->conn, (int)count, words);
}

void redis_await(struct node *n, enum node_ask what, enum step step)
{
    n->ask = what;
    n->step = step;
    n->asked_at = node_now(n);
}

bool redis_says(const struct redisReply *r, const char *start)
{
    return r->str != NULL && strncmp(r->str, start, strlen(start)) == 0;
}

static bool failed(const struct redisReply *r)
{
    return r->type == REDIS_REPLY_ERROR;
}

/* ---- greeting: log in, wait until it has loaded, make sure that it is the process we mean, see what it listens on ---- */

void redis_greet(struct node *n)
{
    const char *password = n->order->admin_password;
    if (n->greeting == ASK_AUTH && password == NULL) n->greeting = ASK_PING;
    switch (n->greeting) {
    case ASK_AUTH: return redis_ask(n, ASK_AUTH, WORDS("AUTH", CONF_ADMIN, password));
    case ASK_PING: return redis_ask(n, ASK_PING, WORDS("PING"));
    case ASK_SERVER: return redis_ask(n, ASK_SERVER, WORDS("INFO", "server"));
    case ASK_WEIGHT: return redis_ask(n, ASK_WEIGHT, WORDS("INFO"));
    case ASK_PORTS: return redis_ask(n, ASK_PORTS, WORDS("CONFIG", "GET", "*port", "tls-replication"));
    case ASK_CLUSTER: return cluster_ask_view(n, ASK_CLUSTER);
    case ASK_WHOLE: return redis_ask(n, ASK_WHOLE, WORDS("CLUSTER", "INFO"));
    default: return redis_ask(n, ASK_BIND, WORDS("CONFIG", "GET", "bind"));
    }
}

static void greet_again(struct node *n, enum node_ask from, int64_t ms)
{
    n->greeting = from;
    n->greet_at = node_now(n) + ms;
}

static void greeting_failed(struct node *n, const struct redisReply *r)
{
    node_reason(n, "redis-server refuses its agent: %.100s", r->str);
    greet_again(n, ASK_AUTH, LOGIN_AGAIN_MS);
    if (!redis_says(r, "WRONGPASS") || n->moved) return;
    log_warn("node %s: knows another password than its agent, and is started anew with its data", n->id);
    n->moved = true;
    node_step(n);
}

static void know_server(struct node *n, const struct redisReply *r)
{
    struct server_info s;
    if (r->str == NULL || !info_server(r->str, r->len, &s)) return greet_again(n, ASK_PING, REFUSED_MS);
    if (s.pid != proc_id(n->proc)->pid) {
        node_reason(n, "process %ld answers at its address", s.pid);
        return greet_again(n, ASK_AUTH, REFUSED_MS);
    }
    n->life.server = s;
    n->greeting = node_seed_is_loaded(n) ? ASK_WEIGHT : ASK_PORTS;
}

static void know_weight(struct node *n, const struct redisReply *r)
{
    n->greeting = ASK_PORTS;
    if (r->str != NULL) node_seed_weigh(n, r->str, r->len);
}

static void know_ports(struct node *n, const struct redisReply *r)
{
    tls_know_ports(n, r);
    n->greeting = ASK_BIND;
}

/* Whatever it was thought to listen on and does not is an address it gave up, perhaps with connections left. */
static void know_bind(struct node *n, const struct redisReply *r)
{
    struct string_list was = n->life.held;
    n->life.held = (struct string_list){0};
    if (tls_has_splitter(n)) names_copy(&n->life.held, &was);
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->str != NULL) {
        char *rest = NULL, *word = strtok_r(r->element[1]->str, " ", &rest);
        for (; word != NULL; word = strtok_r(NULL, " ", &rest))
            if (!tls_is_own_address(n, word)) names_add(&n->life.held, word);
    }
    for (size_t i = 0; i < was.n; i++)
        if (!names_has(&n->life.held, was.items[i])) names_add(&n->life.drop, was.items[i]);
    names_clear(&was);
    n->life.info_old = true;
    if (cluster_ordered(n)) n->greeting = ASK_CLUSTER;
    else node_move(n, NODE_UP);
}

static void know_count(struct node *n, const struct redisReply *r)
{
    cluster_know_count(n, r);
    redis_await(n, ASK_NODES, STEP_NONE);
}

/* Whoever takes over before Redis has looked at its cluster for the first time waits two seconds, as if it had started as a master. */
static void know_cluster(struct node *n, const struct redisReply *r)
{
    struct err e;
    if (cluster_know_myself(n, r, &e) != 0) {
        node_reason(n, "%s", e.msg);
        return greet_again(n, ASK_CLUSTER, REFUSED_MS);
    }
    if (n->life.cluster.orphan) n->greeting = ASK_WHOLE;
    else node_move(n, NODE_UP);
}

static void know_whole(struct node *n, const struct redisReply *r)
{
    bool whole = false;
    int64_t known;
    if ((cluster_info_read(r, &whole, &known) && whole) || node_now(n) - n->boot_since > WHOLE_MS) node_move(n, NODE_UP);
    else greet_again(n, ASK_WHOLE, WHOLE_AGAIN_MS);
}

static void greeted(struct node *n, enum node_ask what, const struct redisReply *r)
{
    if (failed(r) && redis_says(r, "LOADING")) return greet_again(n, ASK_PING, LOADING_MS);
    if (failed(r) && redis_says(r, "BUSY ")) return greet_again(n, n->greeting, BUSY_MS);
    if (failed(r)) return greeting_failed(n, r);
    if (what == ASK_AUTH) n->greeting = ASK_PING;
    else if (what == ASK_PING) n->greeting = ASK_SERVER;
    else if (what == ASK_SERVER) know_server(n, r);
    else if (what == ASK_WEIGHT) know_weight(n, r);
    else if (what == ASK_PORTS) know_ports(n, r);
    else if (what == ASK_BIND) know_bind(n, r);
    else if (what == ASK_CLUSTER) know_count(n, r);
    else if (what == ASK_NODES) know_cluster(n, r);
    else know_whole(n, r);
}

/* ---- steps ---- */

void redis_do(struct node *n, enum step s)
{
    const struct redis_step *step = &redis_steps[s];
    n->step = s;
    if (step->ask) step->ask(n);
    else redis_ask(n, ASK_STEP, step->words, step->n_words);
}

static void load_again(struct node *n)
{
    n->life.ready = false;
    greet_again(n, ASK_PING, LOADING_MS);
    node_move(n, NODE_GREET);
    node_changed(n);
}

void redis_refused(struct node *n, const struct redisReply *r)
{
    node_reason(n, "redis-server refuses to %s: %.100s", step_name(n->step), r->str);
    n->hold_until = n->read_at = node_now(n);
    n->hold_until += REFUSED_MS;
}

static void busy(struct node *n)
{
    n->hold_until = n->read_at = node_now(n) + BUSY_MS;
    if (access_is_stale(n)) access_held_up(n);
}

void redis_kill_scripts(struct node *n)
{
    n->unread += 1;
    rconn_send(n->conn, 2, (const char *const[]){"FUNCTION", "KILL"});
    n->step = STEP_NONE;
    redis_ask(n, ASK_STEP, WORDS("SCRIPT", "KILL"));
}

static void step_refused(struct node *n, const struct redisReply *r)
{
    if (redis_says(r, "LOADING")) return load_again(n);
    if (n->step == STEP_NONE) return;
    if (redis_says(r, "BUSY ")) busy(n);
    else if (redis_steps[n->step].refused) redis_steps[n->step].refused(n, r);
    else redis_refused(n, r);
}

void redis_answer(struct node *n, const struct redisReply *r)
{
    enum node_ask what = n->ask;
    bool followed = n->followed;
    n->ask = ASK_NONE;
    n->followed = false;
    if (followed && failed(r)) cluster_view_refused(n);
    if (n->binds && what == ASK_STEP) node_lend_back(n);
    if (what == ASK_COMPARE) redis_compared(n, r);
    else if (what != ASK_STEP) greeted(n, what, r);
    else if (failed(r)) step_refused(n, r);
    else if (redis_steps[n->step].done) redis_steps[n->step].done(n, r);
    if (n->ask == ASK_NONE) node_step(n);
}

/* The answer to an open question comes first. */
void redis_shutdown(struct node *n)
{
    bool saves = n->ending.saves;
    n->unread += (n->ask != ASK_NONE) + n->followed;
    n->followed = false;
    /* A connection that has waited once (STEP_STIR) is one on which redis-server 7.0 crashes when SHUTDOWN has to wait. */
    if (saves && n->life.cluster.stir_at != 0) proc_signal(n->proc, SIGTERM);
    else if (saves) rconn_send(n->conn, 2, (const char *const[]){"SHUTDOWN", "SAVE"});
    else rconn_send(n->conn, 3, (const char *const[]){"SHUTDOWN", "NOSAVE", "NOW"});
}

void redis_goes_on(struct node *n, const struct redisReply *r)
{
    if (failed(r)) node_refused_to_end(n, r->str, redis_says(r, "BUSY "));
}
