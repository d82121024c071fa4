#include "agent/redis/held.h"
#include "agent/redis/state.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>

enum { LOOK_EVERY_MS = 1000 };

static const struct task held_task = {"look for held writes",
    {
        [HELD_REST] = {"rest", TASK_TO(HELD_TRY)}, /* waits until somebody is blocked */
        [HELD_TRY] = {"try",
            TASK_TO(HELD_REST) | TASK_TO(HELD_UP)}, /* waits for the answer to what may write, or for that to others */
        [HELD_UP] = {"held up", TASK_TO(HELD_REST) | TASK_TO(HELD_UP)}, /* waits for the answer; others have had one */
    }};

static void move_to_state(struct node *n, enum held_state to)
{
    struct held *h = &redis_of(n)->held;
    bool was_up = h->state == HELD_UP;
    task_move(&held_task, n->id, &h->state, (int)to);
    assert((h->conn != NULL) == (to != HELD_REST));
    if (was_up == (to == HELD_UP)) return;
    log_warn("node %s: %s", n->id, to == HELD_UP ? "a client holds up its writes" : "takes writes again");
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
    return x->held.state == HELD_UP && x->fence == FENCE_OFF && x->info.role == ROLE_PRIMARY;
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
    move_to_state(n, HELD_REST);
}

static void try_ended(void *arg, const char *why)
{
    struct node *n = arg;
    (void)why;
    redis_of(n)->held.conn = NULL;
    move_to_state(n, HELD_REST);
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
    if (h->state != HELD_REST) return move_to_state(n, HELD_UP);
    if (r->str == NULL || !info_number(r->str, r->len, "blocked_clients", 1, INT64_MAX, &blocked)) return;
    h->conn = redis_open(n, &events, n);
    if (h->conn != NULL) move_to_state(n, HELD_TRY);
}
