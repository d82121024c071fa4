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

enum {
    END_MS = 2000,          /* for one that has nothing to save */
    END_REPLICA_MS = 60000, /* for one whose data its primary has */
    WRITING_MS = 10000,     /* for one that was writing its data until then */
    ASK_AGAIN_MS = 250,
    ASK_SLOWLY_MS = 1000,
};

/* ---- it has ended ---- */

static void note_death(struct node *n)
{
    n->died = true;
    n->died_role = n->order != NULL ? role_parse(n->order->role) : ROLE_UNKNOWN;
    n->died_incarnation = n->order != NULL ? n->order->incarnation.v : 0;
}

/* Whoever was refused an endpoint has said "in use", too: only a start that ends itself because of it is a conflict. */
static void ended_by_itself(struct node *n, int status, int signal)
{
    char why[sizeof n->reason];
    if (signal) snprintf(why, sizeof why, "killed by signal %d", signal);
    else if (status >= 0) snprintf(why, sizeof why, "exited with status %d", status);
    else snprintf(why, sizeof why, "exited");
    bool conflict = signal == 0 && !node_has_run(n) && node_last_words(n, why, sizeof why);
    n->trouble = conflict ? TROUBLE_CONFLICT : signal != 0 || node_has_run(n) ? TROUBLE_EXITED : TROUBLE_BROKEN;
    if (n->trouble == TROUBLE_CONFLICT) snprintf(why, sizeof why, "its address is in use by another program");
    n->restarts++;
    note_death(n);
    n->retry_at = node_now(n) + backoff_failed(&n->backoff, node_now(n));
    bool loads = !conflict && !node_has_run(n);
    if (loads && (node_seed_is_to_blame(n, signal, why) || node_data_is_to_blame(n, signal, why))) return;
    node_reason(n, "%s", why);
}

static bool has_saved(const struct node *n, int signal)
{
    return signal == 0 && node_has_saved(n);
}

/* An end that was to save the data and did not is a death: the process is not accounted for, so that the next agent knows, too. */
static void told_to_end(struct node *n, int signal)
{
    char why[sizeof n->ending.why];
    n->retry_at = 0;
    if (!n->ending.saves) return proc_account(n->dir);
    node_reason(n, "%s", "");
    if (has_saved(n, signal)) return proc_account(n->dir);
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

/* One wrong setting or rule is no reason to do without the node. */
static void start_without(struct node *n)
{
    n->retry_at = 0;
    proc_account(n->dir);
}

void node_exited(void *arg, int status, int signal)
{
    struct node *n = arg;
    n->proc = NULL;
    node_drop_conn(n);
    if (n->kind->ended) n->kind->ended(n);
    node_reserve(n);
    if (n->state == NODE_STOP) told_to_end(n, signal);
    else if (!node_has_run(n) && node_leave_out(n)) start_without(n);
    else ended_by_itself(n, status, signal);
    n->adopted = n->life.ready = n->life.hung = false;
    node_move(n, NODE_REST);
    n->host->upstream_lost(n->host, n->id);
    node_changed(n);
    node_step(n);
}

/* ---- it is told to end ---- */

/* A node that is to move keeps its data, one that is to start anew does as its order says. */
static bool saves(const struct node *n, enum node_want want)
{
    if (n->kind->data_file == NULL) return false;
    return want == WANT_STOP || (want == WANT_AGAIN && (n->order->keep_data.v || !node_is_outdated(n)));
}

/*
 * How long a process that was told to end is waited for; 0: as long as it takes. Data that would be lost with it are waited
 * for: where everything stops, as long as the user says; where only this process is to make room for another, without a
 * limit, for nothing is lost while that waits. Of a replica, its primary has the data, too.
 */
static int64_t patience_ms(const struct node *n)
{
    if (!n->ending.saves) return END_MS;
    if (n->ending.want == WANT_STOP) return n->host->stop_limit_ms;
    return n->order != NULL && role_parse(n->order->role) == ROLE_REPLICA ? END_REPLICA_MS : 0;
}

/* One that stands still would not hear a signal. */
static void ask_by_signal(struct node *n)
{
    proc_signal(n->proc, n->ending.gently ? SIGTERM : SIGKILL);
    if (n->ending.gently && proc_is_stopped(n->proc)) proc_signal(n->proc, SIGCONT);
}

/*
 * The engine may refuse the first order, or not even read it: it runs a script, or a client has it pause, or its disk is
 * full. SIGTERM, which is the second way and all further ones, it hears always, and obeys it as soon as it can.
 */
static void ask_to_end(struct node *n)
{
    struct ending *e = &n->ending;
    if (e->asks > 0 || !e->talks || proc_is_stopped(n->proc)) ask_by_signal(n);
    else n->kind->end(n);
    e->ask_at = node_now(n) + (e->asks++ == 0 ? ASK_AGAIN_MS : ASK_SLOWLY_MS);
}

/* A disk that is full keeps the engine from telling so in its log. */
static void find_why(struct node *n)
{
    struct statvfs disk;
    struct ending *e = &n->ending;
    n->kind->why_not_saved(n, e->why, sizeof e->why);
    if (statvfs(n->dir, &disk) == 0 && disk.f_bavail == 0) snprintf(e->why, sizeof e->why, "the disk is full");
    if (!e->why[0]) snprintf(e->why, sizeof e->why, "it does not answer");
}

/* Whoever writes its data is at work, however long that takes. */
static void look_at_file(struct node *n)
{
    struct ending *e = &n->ending;
    int64_t written = n->kind->written(n);
    bool works = proc_works(n->proc);
    if (written > 0 && (works || written > e->written)) e->wrote_at = node_now(n);
    e->written = written;
}

bool node_is_saving(const struct node *n)
{
    const struct ending *e = &n->ending;
    return n->state == NODE_STOP && e->saves && e->wrote_at && node_now(n) < e->wrote_at + WRITING_MS;
}

void node_begin_end(struct node *n, enum node_want want)
{
    bool save = saves(n, want);
    int64_t now = node_now(n);
    n->ending = (struct ending){.want = want,
        .gently = save,
        .saves = save && !node_has_saved(n), /* what it has not loaded yet is in its file still, which stays as it is */
        .talks = n->state == NODE_UP && n->conn != NULL,
        .since = now,
        .log_from = node_log_size(n)};
    log_info("node %s: ends, its data %s", n->id, save ? "to be saved" : "given up");
    if (n->ending.saves) node_mark_saved(n);
    node_move(n, NODE_STOP);
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

static void give_up(struct node *n)
{
    if (n->ending.saves) find_why(n);
    if (n->ending.saves) log_warn("node %s: did not save its data in time, is killed, and its data is lost", n->id);
    n->ending.since = node_now(n);
    proc_signal(n->proc, SIGKILL);
    node_timer(n, END_MS);
}

static void ask_again(struct node *n)
{
    struct ending *e = &n->ending;
    look_at_file(n);
    ask_to_end(n);
    if (e->asks <= 2 || e->wrote_at == node_now(n)) return;
    find_why(n);
    node_reason(n, "its data can't be saved yet: %s", e->why);
}

/* What else is wanted meanwhile counts: nobody waits for the data of a node that shall be gone. */
static void want_otherwise(struct node *n, enum node_want want)
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
    struct ending *e = &n->ending;
    want_otherwise(n, want);
    int64_t now = node_now(n), limit = patience_ms(n), next = limit ? e->since + limit : INT64_MAX;
    if (e->wrote_at && next < e->wrote_at + WRITING_MS) next = e->wrote_at + WRITING_MS;
    if (now >= next) return give_up(n);
    if (e->saves && now >= e->ask_at) ask_again(n);
    if (e->saves && e->ask_at < next) next = e->ask_at;
    node_timer(n, next - now);
}
