#include "agent/node/watch.h"
#include "agent/node/core.h"
#include "base/log.h"

enum { MISSES = 3, TIMER_SLACK_MS = 10, BLOCKED_BEATS = 10 };

void node_set_hung(struct node *n, bool hung)
{
    n->life.misses = 0;
    if (n->life.hung == hung) return;
    n->life.hung = hung;
    log_warn("node %s: %s", n->id, hung ? "does not answer" : "answers again");
    if (hung) n->host->upstream_lost(n->host, n->id);
    node_changed(n);
}

static void set_blocked(struct node *n, enum blocked blocked)
{
    static const char *const why[] = {
        [BLOCKED_BUSY] = "answers nobody, being at work", [BLOCKED_PAUSED] = "answers nobody while a client pauses it"};
    if (n->life.blocked == blocked) return;
    n->life.blocked = blocked;
    log_warn("node %s: %s", n->id, blocked ? why[blocked] : "answers again");
    node_changed(n);
}

void node_answered(struct node *n)
{
    node_set_hung(n, false);
    n->life.unanswered = 0;
    n->life.must_not = n->life.says_busy = false;
    set_blocked(n, BLOCKED_NOT);
}

void node_said_busy(struct node *n)
{
    node_set_hung(n, false);
    n->life.says_busy = true;
}

void node_turned(struct node *n)
{
    if (n->life.hung) return;
    n->life.misses = 0;
    n->life.must_not = true;
}

/* It lives and is no hang, and yet clients wait. Keys that the agent itself has it move are none of its business here. */
static void watch_blocked(struct node *n)
{
    if (!n->life.ready || n->life.hung || n->life.working) return;
    if (++n->life.unanswered < BLOCKED_BEATS) return;
    set_blocked(n, n->life.must_not && !n->life.says_busy ? BLOCKED_PAUSED : BLOCKED_BUSY);
}

static bool owes_answer(const struct node *n)
{
    int64_t since = n->state == NODE_BOOT ? n->boot_since : n->asked_at;
    if (n->state != NODE_BOOT && !n->asking) return false;
    return node_now(n) - since >= BEAT_MS - TIMER_SLACK_MS;
}

static void count_miss(struct node *n)
{
    if (n->life.misses == 0 && n->kind->poke) n->kind->poke(n);
    if (proc_works(n->proc) || n->life.working) n->life.misses = 0;
    else if (++n->life.misses >= MISSES) node_set_hung(n, true);
}

/* Of one that does not run yet nobody knows how long it takes; but who stands still takes for ever. */
static bool stands_still(struct node *n)
{
    if (proc_is_stopped(n->proc)) return true;
    n->life.misses = 0;
    return false;
}

void node_beat(struct node *n, bool ask)
{
    bool up = n->state == NODE_UP, known = n->life.ready || n->adopted;
    if (n->order == NULL || (!up && n->state != NODE_BOOT && n->state != NODE_GREET)) return;
    if (up && (owes_answer(n) || n->life.says_busy)) watch_blocked(n);
    if (ask && up && !n->asking && node_now(n) - n->read_at >= BEAT_MS / 2) n->kind->look(n);
    else if (n->life.hung) return;
    else if (known ? owes_answer(n) : stands_still(n)) count_miss(n);
}
