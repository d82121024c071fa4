#include "agent/redis/held.h"
#include "agent/redis/state.h"
#include "base/log.h"

enum { LOOK_EVERY_MS = 1000 };

static void set_held(struct node *n, bool held)
{
    if (redis_of(n)->held.up == held) return;
    redis_of(n)->held.up = held;
    log_warn("node %s: %s", n->id, held ? "a client holds up its writes" : "takes writes again");
    node_changed(n);
}

/* Not while the agent holds them up itself. */
bool held_is_due(const struct node *n)
{
    const struct redis *x = redis_of(n);
    bool own = x->fence != FENCE_OFF || n->order->fence.v;
    return x->info.role == ROLE_PRIMARY && !own && node_now(n) >= x->held.look_at;
}

bool held_is_seen(const struct node *n)
{
    const struct redis *x = redis_of(n);
    return x->held.up && x->fence == FENCE_OFF && x->info.role == ROLE_PRIMARY;
}

static void try_connected(void *arg)
{
    struct node *n = arg;
    struct rconn *conn = redis_of(n)->held.conn;
    redis_log_in(n, conn);
    rconn_send(conn, 3, (const char *const[]){"EVAL", "return 1", "0"});
}

/* Its own answer, or a refusal: what is refused was not held up. */
static void try_answered(void *arg, const struct redisReply *r)
{
    struct node *n = arg;
    if (r->type == REDIS_REPLY_STATUS) return; /* of AUTH */
    rconn_close(redis_of(n)->held.conn);
    redis_of(n)->held.conn = NULL;
    set_held(n, false);
}

static void try_ended(void *arg, const char *why)
{
    struct node *n = arg;
    (void)why;
    redis_of(n)->held.conn = NULL;
    set_held(n, false);
}

void held_forget(struct node *n)
{
    rconn_close(redis_of(n)->held.conn);
    redis_of(n)->held = (struct held){0};
}

void held_know_clients(struct node *n, const struct redisReply *r)
{
    static const struct rconn_events events = {.up = try_connected, .reply = try_answered, .down = try_ended};
    struct held *h = &redis_of(n)->held;
    int64_t blocked;
    h->look_at = node_now(n) + LOOK_EVERY_MS;
    if (h->conn) set_held(n, true);
    else if (r->str && info_number(r->str, r->len, "blocked_clients", 1, INT64_MAX, &blocked))
        h->conn = redis_open(n, &events, n);
}
