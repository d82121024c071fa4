#include "agent/node/end.h"
#include "agent/node/core.h"
#include "agent/node/damaged.h"
#include "agent/node/node_seed.h"
#include "agent/node/reserve.h"
#include "agent/node/saved.h"
#include "agent/node/words.h"
#include "base/log.h"
#include <signal.h>
#include <stdio.h>
#include <sys/statvfs.h>

enum { KILL_MS = 2000, ASK_AGAIN_MS = 250, ASK_SLOWLY_MS = 1000 };

/* ---- it has ended ---- */

static void note_death(struct node *n)
{
    n->died = true;
    n->died_role = n->order != NULL ? n->order->role : ROLE_UNKNOWN;
}

static void ended_by_itself(struct node *n, int status, int signal)
{
    char why[sizeof n->reason];
    if (signal) snprintf(why, sizeof why, "killed by signal %d", signal);
    else if (status >= 0) snprintf(why, sizeof why, "exited with status %d", status);
    else snprintf(why, sizeof why, "exited");
    bool in_use = signal == 0 && !node_has_run(n) && node_last_words(n, why, sizeof why);
    n->trouble = lifecycle_trouble(node_has_run(n), signal, in_use);
    if (n->trouble == TROUBLE_CONFLICT) snprintf(why, sizeof why, "its address is in use by another program");
    n->restarts++;
    note_death(n);
    n->retry_at = node_now(n) + backoff_failed(&n->backoff, node_now(n));
    bool loads = !in_use && !node_has_run(n);
    if (loads && (node_seed_is_to_blame(n, signal, why) || node_data_is_to_blame(n, signal, why))) return;
    node_reason(n, "%s", why);
}

/* An end that was to save the data and did not is a death: the process is not accounted for, so that the next agent knows, too. */
static void told_to_end(struct node *n, int signal)
{
    char why[sizeof n->ending.why];
    n->retry_at = 0;
    if (!n->ending.saves) return proc_account(n->dir);
    node_reason(n, "%s", "");
    if (signal == 0 && node_has_saved(n)) return proc_account(n->dir);
    snprintf(why, sizeof why, "%s", n->ending.why);
    if (!why[0]) n->kind->why_not_saved(n, why, sizeof why);
    if (!why[0] && signal) snprintf(why, sizeof why, "it was killed by signal %d", signal);
    if (node_has_run(n)) node_mark_unsaved(n);
    else node_drop_saved(n);
    n->trouble = TROUBLE_EXITED;
    n->restarts++;
    note_death(n);
    node_reason(n, "its data could not be saved: %s", why[0] ? why : "nothing tells why");
}

void node_exited(void *arg, int status, int signal)
{
    struct node *n = arg;
    n->proc = NULL;
    node_drop_conn(n);
    if (n->kind->ended) n->kind->ended(n);
    node_reserve(n);
    if (n->state == NODE_STOP) {
        told_to_end(n, signal);
    } else if (!node_has_run(n) && node_leave_out(n)) { /* one wrong setting or rule is no reason to do without the node */
        n->retry_at = 0;
        proc_account(n->dir);
    } else {
        ended_by_itself(n, status, signal);
    }
    n->adopted = n->life.ready = n->life.hung = false;
    node_event(n, EVENT_ENDED);
    n->host->upstream_lost(n->host, n->id);
    node_changed(n);
    node_step(n);
}

/* ---- it is told to end ---- */

/* A node that is to move keeps its data, one that is to start anew does as its order says. Who never came up has none but those that
 * it loads, which stay in their file. */
static bool saves_data(const struct node *n, enum node_want want)
{
    if (n->kind->data_file == NULL || (want == WANT_AGAIN && node_is_out_of_role(n))) return false;
    return want == WANT_STOP || (want == WANT_AGAIN && (n->order->keep_data.v || !node_is_outdated(n)));
}

static struct end_facts facts_of_end(const struct node *n)
{
    const struct ending *e = &n->ending;
    return (struct end_facts){.want = e->want,
        .saves = e->saves,
        .replica = n->order != NULL && n->order->role == ROLE_REPLICA,
        .since = e->since,
        .ask_at = e->ask_at,
        .wrote_at = e->wrote_at,
        .stop_limit_ms = n->host->stop_limit_ms};
}

/*
 * The engine may refuse the first order, or not even read it: it runs a script, or a client has it pause, or its disk is
 * full. SIGTERM, which is the second way and all further ones, it hears always, and obeys it as soon as it can.
 */
static void ask_to_end(struct node *n)
{
    struct ending *e = &n->ending;
    if (e->asks == 0 && e->talks && !proc_is_stopped(n->proc)) {
        n->kind->end(n);
    } else {
        proc_signal(n->proc, e->gently ? SIGTERM : SIGKILL);
        if (e->gently && proc_is_stopped(n->proc)) proc_signal(n->proc, SIGCONT); /* which stands still and would not hear it */
    }
    e->ask_at = node_now(n) + (e->asks++ == 0 ? ASK_AGAIN_MS : ASK_SLOWLY_MS);
}

/* A disk that is full keeps the engine from telling so in its log. */
static void find_why_unsaved(struct node *n)
{
    struct statvfs disk;
    struct ending *e = &n->ending;
    n->kind->why_not_saved(n, e->why, sizeof e->why);
    if (statvfs(n->dir, &disk) == 0 && disk.f_bavail == 0) snprintf(e->why, sizeof e->why, "the disk is full");
    if (!e->why[0]) snprintf(e->why, sizeof e->why, "it does not answer");
}

/* Whoever writes its data is at work, however long that takes. */
static void look_at_saved_file(struct node *n)
{
    struct ending *e = &n->ending;
    int64_t written = n->kind->written(n);
    bool works = proc_works(n->proc);
    if (written > 0 && (works || written > e->written)) e->wrote_at = node_now(n);
    e->written = written;
}

bool node_is_saving(const struct node *n)
{
    const struct end_facts f = facts_of_end(n);
    return n->state == NODE_STOP && lifecycle_is_writing(&f, node_now(n));
}

void node_begin_end(struct node *n, enum node_want want)
{
    bool save = saves_data(n, want);
    int64_t now = node_now(n);
    n->ending = (struct ending){.want = want,
        .gently = save,
        .saves = save && !node_has_saved(n), /* what it has not loaded yet is in its file still, which stays as it is */
        .talks = n->state == NODE_UP && n->conn != NULL,
        .since = now,
        .log_from = node_log_size(n)};
    log_info("node %s: ends, its data %s", n->id, save ? "to be saved" : "given up");
    if (n->ending.saves) node_mark_saved(n);
    node_event(n, EVENT_TOLD);
    node_changed(n);
    ask_to_end(n);
    node_timer(n, n->ending.ask_at - now);
}

void node_refused_to_end(struct node *n, const char *why, bool at_once)
{
    struct ending *e = &n->ending;
    snprintf(e->refused, sizeof e->refused, "%.*s", (int)sizeof e->refused - 1, why);
    if (at_once) e->ask_at = node_now(n);
    node_step(n);
}

static void kill_process(struct node *n)
{
    if (n->ending.saves) find_why_unsaved(n);
    if (n->ending.saves) log_warn("node %s: did not save its data in time, is killed, and its data is lost", n->id);
    n->ending.since = node_now(n);
    proc_signal(n->proc, SIGKILL);
    node_timer(n, KILL_MS);
}

static void ask_again(struct node *n)
{
    struct ending *e = &n->ending;
    look_at_saved_file(n);
    ask_to_end(n);
    if (e->asks <= 2 || e->wrote_at == node_now(n)) return;
    find_why_unsaved(n);
    node_reason(n, "its data can't be saved yet: %s", e->why);
}

/* What else is wanted meanwhile counts: nobody waits for the data of a node that shall be gone. */
static void note_other_want(struct node *n, enum node_want want)
{
    struct ending *e = &n->ending;
    if (want == e->want || (want != WANT_STOP && want != WANT_GONE)) return;
    e->want = want;
    e->since = node_now(n);
    if (want != WANT_GONE || !e->saves) return;
    e->saves = e->gently = false;
    node_drop_saved(n);
    node_reason(n, "%s", "");
    proc_signal(n->proc, SIGKILL);
}

void node_await_end(struct node *n, enum node_want want)
{
    note_other_want(n, want);
    const struct ending *e = &n->ending;
    const struct end_facts f = facts_of_end(n);
    struct end_next next = lifecycle_end(&f, node_now(n));
    if (next.what == END_KILL) return kill_process(n);
    if (next.what == END_ASK) ask_again(n);
    int64_t at = e->saves && e->ask_at < next.deadline ? e->ask_at : next.deadline;
    node_timer(n, at - node_now(n));
}
