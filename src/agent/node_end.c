#include "agent/node_int.h"
#include "agent/conf.h"
#include "agent/node_seed.h"
#include "base/log.h"
#include <signal.h>
#include <stdio.h>

/* How a node's process ends: told to, with its data saved or not, or by itself; and what follows from that. */

enum { STOP_MS = 2000, STOP_SAVE_MS = 60000 };

/* ---- it has ended ---- */

static void note_death(struct node *n)
{
    n->died = true;
    n->died_role = n->order != NULL ? role_parse(n->order->role) : ROLE_UNKNOWN;
    n->died_incarnation = n->order != NULL ? n->order->incarnation.v : 0;
}

static bool has_run(const struct node *n)
{
    return n->life.ready || n->adopted;
}

/* Whoever was refused an endpoint has said "in use", too: only a start that ends itself because of it is a conflict. */
static void ended_by_itself(struct node *n, int status, int signal)
{
    char why[sizeof n->reason];
    if (signal) snprintf(why, sizeof why, "killed by signal %d", signal);
    else if (status >= 0) snprintf(why, sizeof why, "exited with status %d", status);
    else snprintf(why, sizeof why, "exited");
    bool conflict = signal == 0 && !has_run(n) && node_last_words(n, why, sizeof why);
    n->trouble = conflict ? TROUBLE_CONFLICT : signal != 0 || has_run(n) ? TROUBLE_EXITED : TROUBLE_BROKEN;
    if (n->trouble == TROUBLE_CONFLICT) snprintf(why, sizeof why, "its address is in use by another program");
    n->restarts++;
    note_death(n);
    n->retry_at = node_now(n) + backoff_failed(&n->backoff, node_now(n));
    bool loads = !conflict && !has_run(n);
    if (loads && (node_seed_is_to_blame(n, signal, why) || node_data_is_to_blame(n, signal, why))) return;
    node_reason(n, "%s", why);
}

/* An end that was to save the data and did not is a death: the process is not accounted for, so that the next agent knows, too. */
static void told_to_end(struct node *n, int signal)
{
    n->retry_at = 0;
    if (!n->stop_saves || (signal == 0 && node_has_file(n, CONF_DUMP))) return proc_account(n->dir);
    if (signal == 0) log_warn("node %s: could not save its data, which is lost (%s/engine.log tells why)", n->id, n->dir);
    node_drop_saved(n);
    n->trouble = TROUBLE_EXITED;
    n->restarts++;
    note_death(n);
    node_reason(n, "its data could not be saved");
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
    split_close(n);
    node_reserve(n);
    if (n->state == NODE_STOP) told_to_end(n, signal);
    else if (!has_run(n) && node_leave_out(n)) start_without(n);
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
    if (!n->ops->keeps_data) return false;
    return want == WANT_STOP || (want == WANT_AGAIN && (n->order->keep_data.v || !node_is_outdated(n)));
}

void node_begin_end(struct node *n, enum node_want want)
{
    bool save = saves(n, want);
    /* What it has not loaded yet is still in its file, which stays as it is. */
    n->stop_saves = save && !node_has_file(n, NODE_SAVED);
    log_info("node %s: ends, its data %s", n->id, save ? "to be saved" : "given up");
    n->stop_deadline = node_now(n) + (save && !n->life.hung ? STOP_SAVE_MS : STOP_MS);
    bool talks = n->state == NODE_UP && n->conn != NULL;
    if (n->stop_saves) node_mark_saved(n);
    node_move(n, NODE_STOP);
    node_changed(n);
    if (talks) n->ops->end(n);
    else proc_signal(n->proc, save ? SIGTERM : SIGKILL);
    node_timer(n, n->stop_deadline - node_now(n));
}

void node_await_end(struct node *n)
{
    if (node_now(n) < n->stop_deadline) {
        node_timer(n, n->stop_deadline - node_now(n));
        return;
    }
    if (n->stop_saves) log_warn("node %s: did not save and stop in time, its data is lost", n->id);
    if (n->stop_saves) node_drop_saved(n);
    proc_signal(n->proc, SIGKILL);
}
