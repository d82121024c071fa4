#include "agent/node/fit.h"
#include "agent/node/core.h"
#include "agent/node/folder.h"
#include "agent/node/saved.h"
#include "agent/snapshots/seed.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ASIDE "databases.rdb"

struct fit_job {
    uv_work_t work;
    struct node *node; /* NULL once it is closed */
    char dump[PATH_MAX], fitting[PATH_MAX];
    atomic_bool cancelled;
    struct seed_fit found;
    int r;
    struct err e;
};

static const struct task fit_task = {"saved data",
    {
        [FIT_UNKNOWN] = {"unknown", TASK_TO(FIT_WORK) | TASK_TO(FIT_KNOWN)}, /* waits for a start in cluster mode */
        [FIT_WORK] = {"work", TASK_TO(FIT_STALE) | TASK_TO(FIT_KNOWN)},      /* waits for a thread to look through the file */
        [FIT_STALE] = {"stale", TASK_TO(FIT_UNKNOWN)},                       /* waits for it to give up: there are other data */
        [FIT_KNOWN] = {"known", TASK_TO(FIT_UNKNOWN)},                       /* waits for other data */
    }};

static void move_to_state(struct node *n, enum fit_state to)
{
    task_move(&fit_task, n->id, &n->fit.state, (int)to);
    assert((n->fit.job != NULL) == (to == FIT_WORK || to == FIT_STALE));
}

static void look_through(uv_work_t *w)
{
    struct fit_job *j = w->data;
    j->r = seed_fit(j->dump, j->fitting, &j->cancelled, &j->found, &j->e);
}

static void put_in_place(struct node *n, const struct fit_job *j)
{
    char aside[PATH_MAX];
    if (rename(j->dump, node_path(n, ASIDE, aside)) != 0 || rename(j->fitting, j->dump) != 0) return;
    n->keys_left_out = j->found.left_out;
    if (n->keys_left_out == 0) return;
    log_warn("node %s: %lld keys of other databases than 0 are left out in cluster mode; %s has them", n->id,
        (long long)n->keys_left_out, aside);
    node_changed(n);
}

/* What can't be read is the engine's affair: it says why. */
static void looked_through(uv_work_t *w, int status)
{
    struct fit_job *j = w->data;
    struct node *n = j->node;
    (void)status;
    if (n) {
        bool stale = n->fit.state == FIT_STALE;
        n->fit.job = NULL;
        move_to_state(n, stale ? FIT_UNKNOWN : FIT_KNOWN);
        if (!stale && j->r == 0 && j->found.made && n->proc == NULL && node_has_file(n, NODE_SAVED)) put_in_place(n, j);
    }
    unlink(j->fitting);
    free(j);
    if (n) node_step(n);
}

bool node_fit_ready(struct node *n)
{
    if (n->order->cluster == NULL || n->kind->data_file == NULL || n->fit.state == FIT_KNOWN || !node_has_file(n, NODE_SAVED))
        return true;
    if (n->fit.job) return false;
    struct fit_job *j = calloc(1, sizeof *j);
    if (j == NULL) abort();
    j->work.data = j;
    j->node = n;
    node_path(n, n->kind->data_file, j->dump);
    node_path(n, "fitting.part", j->fitting);
    n->fit.job = j;
    move_to_state(n, FIT_WORK);
    uv_queue_work(n->host->loop, &j->work, look_through, looked_through);
    return false;
}

void node_fit_saved_anew(struct node *n)
{
    if (n->fit.state == FIT_KNOWN) move_to_state(n, FIT_UNKNOWN);
    if (n->fit.state != FIT_WORK) return;
    atomic_store(&n->fit.job->cancelled, true);
    move_to_state(n, FIT_STALE);
}

void node_fit_known(struct node *n)
{
    if (n->fit.state == FIT_UNKNOWN) move_to_state(n, FIT_KNOWN);
}

void node_fit_close(struct node *n)
{
    if (n->fit.job == NULL) return;
    n->fit.job->node = NULL;
    atomic_store(&n->fit.job->cancelled, true);
}
