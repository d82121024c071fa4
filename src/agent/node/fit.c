#include "agent/node/fit.h"
#include "agent/node/core.h"
#include "agent/node/folder.h"
#include "agent/node/saved.h"
#include "agent/snapshots/seed.h"
#include "base/log.h"
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

static void work(uv_work_t *w)
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
static void done(uv_work_t *w, int status)
{
    struct fit_job *j = w->data;
    struct node *n = j->node;
    (void)status;
    if (n) n->fit_job = NULL;
    if (n) n->fits = true;
    if (n && j->r == 0 && j->found.made && n->proc == NULL && node_has_file(n, NODE_SAVED)) put_in_place(n, j);
    unlink(j->fitting);
    free(j);
    if (n) node_step(n);
}

bool node_fit_ready(struct node *n)
{
    if (n->order->cluster == NULL || n->kind->data_file == NULL || n->fits || !node_has_file(n, NODE_SAVED)) return true;
    if (n->fit_job) return false;
    struct fit_job *j = calloc(1, sizeof *j);
    if (j == NULL) abort();
    j->work.data = j;
    j->node = n;
    node_path(n, n->kind->data_file, j->dump);
    node_path(n, "fitting.part", j->fitting);
    n->fit_job = j;
    uv_queue_work(n->host->loop, &j->work, work, done);
    return false;
}

void node_fit_close(struct node *n)
{
    if (n->fit_job == NULL) return;
    n->fit_job->node = NULL;
    atomic_store(&n->fit_job->cancelled, true);
}
