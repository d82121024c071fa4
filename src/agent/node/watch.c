#include "agent/node/node_int.h"
#include "base/log.h"

/*
 * Whether a process still answers. Every node is asked something on each beat, all of
 * them at the same time, so that an agent with many nodes wakes up ten times a second and
 * not a thousand times. A question that three beats did not see answered means that the
 * process hangs, unless it is at work: a long command, a script, a fork, a huge value, or a
 * machine with too much to do keep a process from answering, too, however long that takes.
 * So who hangs stands still: for three beats it has not used its processor, nor wanted to.
 * Of a script Redis itself says after five seconds that it is BUSY, which is an answer;
 * and of one that a client's CLIENT PAUSE keeps silent, a poke tells that it is alive.
 * Between two beats the loop always reads what has come, so that an agent without time
 * does not take its own slowness for theirs.
 */

enum { MISSES = 3, TIMER_SLACK_MS = 10, LOOK_MS = 10, SWITCH_MS = 10, BLOCKED_BEATS = 10 };

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

/* It lives and is no hang, and yet clients wait. Keys that the agent itself has it move are none of its business here. */
static void watch_blocked(struct node *n)
{
    if (!n->life.ready || n->life.hung || n->life.migrating) return;
    if (++n->life.unanswered < BLOCKED_BEATS) return;
    set_blocked(n, n->life.must_not && !n->life.says_busy ? BLOCKED_PAUSED : BLOCKED_BUSY);
}

static bool owes_answer(const struct node *n)
{
    int64_t since = n->state == NODE_BOOT ? n->boot_since : n->asked_at;
    if (n->state != NODE_BOOT && n->ask == ASK_NONE) return false;
    return node_now(n) - since >= BEAT_MS - TIMER_SLACK_MS;
}

static void missed(struct node *n)
{
    if (n->life.misses == 0 && n->ops->poke) n->ops->poke(n);
    if (proc_works(n->proc) || n->life.migrating) n->life.misses = 0;
    else if (++n->life.misses >= MISSES) node_set_hung(n, true);
}

/* Of one that does not run yet nobody knows how long it takes; but who stands still takes for ever. */
static bool stands_still(struct node *n)
{
    if (proc_is_stopped(n->proc)) return true;
    n->life.misses = 0;
    return false;
}

void node_beat(struct node *n)
{
    bool up = n->state == NODE_UP, known = n->life.ready || n->adopted;
    if (n->order == NULL || (!up && n->state != NODE_BOOT && n->state != NODE_GREET)) return;
    if (up && (owes_answer(n) || n->life.says_busy)) watch_blocked(n);
    if (up && n->ask == ASK_NONE && node_now(n) - n->read_at >= BEAT_MS / 2) n->ops->look(n);
    else if (n->life.hung) return;
    else if (known ? owes_answer(n) : stands_still(n)) missed(n);
}

/* ---- what a report waits for, though never for long ---- */

void node_look(struct node *n)
{
    if (n->state != NODE_UP || !n->life.ready || n->life.hung) return;
    n->life.look_until = node_now(n) + LOOK_MS;
    n->life.info_old = true;
    if (n->ask == ASK_NONE) node_step(n);
}

/* A replica whose upstream has died says so a moment after; until then, it is asked again. That of a hung one is still linked. */
void node_looked(struct node *n)
{
    const char *id = node_upstream(n);
    const struct node *upstream = id != NULL ? n->host->find(n->host, id) : NULL;
    bool will_end = upstream != NULL && !node_is_running(upstream);
    if (n->life.look_until == 0) return;
    if (n->life.info.link_up && will_end && node_now(n) < n->life.look_until) return;
    n->life.look_until = 0;
    node_changed(n);
}

bool node_is_looking(const struct node *n)
{
    return node_now(n) < n->life.look_until;
}

bool node_is_switching(const struct node *n)
{
    bool switches = n->step == STEP_RELEASE || n->step == STEP_PROMOTE || n->step == STEP_FOLLOW || n->step == STEP_TAKE;
    return n->ask == ASK_STEP && switches && n->life.take_since == 0 && node_now(n) - n->asked_at < SWITCH_MS;
}
