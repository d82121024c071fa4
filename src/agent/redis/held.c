#include "agent/redis/conf.h"
#include "agent/redis/info.h"
#include "agent/redis/redis.h"
#include "base/log.h"

/*
 * Whether a client's CLIENT PAUSE … WRITE holds up a primary's writes. Nothing that an agent
 * asks tells so, as none of it may write. So a primary is asked once a second whether
 * anybody is blocked; if so, a connection of its own asks for what may write and writes
 * nothing. While that has no answer though everything else has, writes are held.
 */
enum { LOOK_EVERY_MS = 1000 };

static void set_held(struct node *n, bool held)
{
    if (n->life.held_up == held) return;
    n->life.held_up = held;
    log_warn("node %s: %s", n->id, held ? "a client holds up its writes" : "takes writes again");
    node_changed(n);
}

/* Not while the agent holds them up itself. */
bool held_is_due(const struct node *n)
{
    bool own = n->life.fence != FENCE_OFF || n->order->fence.v;
    return n->life.info.role == ROLE_PRIMARY && !own && node_now(n) >= n->life.held_at;
}

static void tried_up(void *arg)
{
    struct node *n = arg;
    const char *password = n->order ? n->order->admin_password : NULL;
    if (password) rconn_send(n->life.try, 3, (const char *const[]){"AUTH", CONF_ADMIN, password});
    rconn_send(n->life.try, 3, (const char *const[]){"EVAL", "return 1", "0"});
}

/* Its own answer, or a refusal: what is refused was not held up. */
static void tried(void *arg, const struct redisReply *r)
{
    struct node *n = arg;
    if (r->type == REDIS_REPLY_STATUS) return; /* of AUTH */
    held_forget(n);
}

static void tried_down(void *arg, const char *why)
{
    struct node *n = arg;
    (void)why;
    n->life.try = NULL;
    set_held(n, false);
}

void held_forget(struct node *n)
{
    rconn_close(n->life.try);
    n->life.try = NULL;
    set_held(n, false);
}

void held_know_clients(struct node *n, const struct redisReply *r)
{
    static const struct rconn_events events = {.up = tried_up, .reply = tried, .down = tried_down};
    int64_t blocked;
    n->life.held_at = node_now(n) + LOOK_EVERY_MS;
    if (n->life.try) set_held(n, true);
    else if (r->str && info_number(r->str, r->len, "blocked_clients", 1, INT64_MAX, &blocked))
        n->life.try = redis_open(n, &events, n);
}
