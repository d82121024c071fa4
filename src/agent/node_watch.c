#include "agent/node_int.h"
#include "base/log.h"

/*
 * Whether a process still answers. Every node is asked something on each beat, all of
 * them at the same time, so that an agent with many nodes wakes up ten times a second and
 * not a thousand times. A question that three beats did not see answered means that the
 * process hangs, unless it is at work: a long command, a script, a fork, or a machine with
 * too much to do keep a process from answering, too, and killing it would cost its data.
 * Of a script Redis itself says after five seconds that it is BUSY, which is an answer.
 */

enum { MISSES = 3, MISSES_AT_WORK = 60, TIMER_SLACK_MS = 10 };

void node_set_hung(struct node *n, bool hung)
{
    n->life.misses = 0;
    if (n->life.hung == hung) return;
    n->life.hung = hung;
    log_warn("node %s: %s", n->id, hung ? "does not answer" : "answers again");
    if (hung) n->host->upstream_lost(n->host, n->id);
    node_changed(n);
}

static bool owes_answer(const struct node *n)
{
    int64_t since = n->state == NODE_BOOT ? n->boot_since : n->asked_at;
    if (n->state != NODE_BOOT && n->ask == ASK_NONE) return false;
    return node_now(n) - since >= BEAT_MS - TIMER_SLACK_MS;
}

static void missed(struct node *n)
{
    bool works = proc_works(n->proc);
    if (++n->life.misses >= (works ? MISSES_AT_WORK : MISSES)) node_set_hung(n, true);
}

void node_beat(struct node *n, bool fair)
{
    bool up = n->state == NODE_UP, known = n->life.ready || n->adopted;
    if (n->order == NULL || (!up && n->state != NODE_BOOT && n->state != NODE_GREET)) return;
    if (up && n->ask == ASK_NONE && node_now(n) - n->read_at >= BEAT_MS / 2) node_do(n, STEP_READ);
    else if (fair && known && !n->life.hung && owes_answer(n)) missed(n);
}
