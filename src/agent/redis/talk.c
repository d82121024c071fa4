#include "agent/redis/talk.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REFUSED_MS = 200 };

/* A word behind the command that is no name, address or password. */
static bool has_subcommand(const char *command)
{
    static const char *const with[] = {"ACL", "CLIENT", "CLUSTER", "CONFIG", "FUNCTION"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++)
        if (strcmp(command, with[i]) == 0) return true;
    return false;
}

/* A step that asks something, as many are in a second, is not told. */
static void trace_step(const struct node *n, const char *const words[])
{
    static const char *const views[] = {"INFO", "NODES", "SLOTS"};
    bool asks = strcmp(words[0], "INFO") == 0;
    for (size_t i = 0; strcmp(words[0], "CLUSTER") == 0 && i < sizeof views / sizeof *views; i++)
        asks = asks || strcmp(words[1], views[i]) == 0;
    if (!asks) node_trace(n, "sends %s %s", words[0], has_subcommand(words[0]) ? words[1] : "…");
}

void redis_ask(struct node *n, enum redis_ask what, const char *const words[], size_t count)
{
    redis_of(n)->talk.ask = what;
    node_asks(n);
    if (what == ASK_STEP) trace_step(n, words);
    rconn_send(n->conn, (int)count, words);
}

void redis_await(struct node *n, enum redis_ask what, enum step step)
{
    redis_of(n)->talk.ask = what;
    redis_of(n)->talk.step = step;
    node_asks(n);
}

void redis_send_unread(struct node *n, const char *const words[], size_t count)
{
    redis_of(n)->talk.unread++;
    rconn_send(n->conn, (int)count, words);
}

void redis_disregard(struct node *n)
{
    redis_of(n)->talk.ask = ASK_STEP;
    redis_of(n)->talk.step = STEP_NONE;
}

bool redis_is_taking(const struct node *n, enum step step)
{
    return redis_of(n)->talk.ask == ASK_STEP && redis_of(n)->talk.step == step;
}

bool redis_says(const struct redisReply *r, const char *start)
{
    return r->str != NULL && strncmp(r->str, start, strlen(start)) == 0;
}

void redis_refused(struct node *n, const struct redisReply *r)
{
    node_reason(n, "redis-server refuses to %s: %.100s", step_name(redis_of(n)->talk.step), r->str);
    n->read_at = node_now(n);
    redis_of(n)->hold_until = node_now(n) + REFUSED_MS;
}

void redis_kill_scripts(struct node *n)
{
    redis_send_unread(n, WORDS("FUNCTION", "KILL"));
    redis_of(n)->talk.step = STEP_NONE;
    redis_ask(n, ASK_STEP, WORDS("SCRIPT", "KILL"));
}

/* A socket's address holds 107 bytes at most, which the path of a node's folder may exceed: /proc names the folder in few. */
struct rconn *redis_open(const struct node *n, const struct rconn_events *events, void *arg)
{
    char path[64];
    int folder = open(n->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d/" CONF_SOCKET, folder);
    struct rconn *conn = rconn_open(n->host->loop, path, events, arg);
    close(folder);
    return conn;
}

bool redis_log_in(const struct node *n, struct rconn *conn)
{
    const char *password = n->order ? n->order->admin_password : NULL;
    if (password != NULL) rconn_send(conn, 3, (const char *const[]){"AUTH", CONF_ADMIN, password});
    return password != NULL;
}

const struct redis_cluster_part *redis_cluster_part(const struct node *n)
{
    const struct redis_host *h = n->host->engine_host;
    return n->order != NULL && n->order->cluster != NULL ? h->cluster : NULL;
}
