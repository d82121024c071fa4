#include "agent/node/node_seed.h"
#include "agent/node/core.h"
#include "agent/node/fit.h"
#include "agent/node/folder.h"
#include "agent/node/saved.h"
#include "agent/os/file.h"
#include "agent/snapshots/seed.h"
#include "agent/snapshots/shelf.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A process that is killed while it loads may be anybody's deed; this often, it is what it loads. */
enum { KILLS_MAX = 3 };

/* One way through the files of a source, for all nodes that wait for them. */
struct seed_job {
    uv_work_t work;
    struct seed seed;
    struct node **nodes; /* of the parts; NULL once it is closed */
    size_t room;
    atomic_bool cancelled;
    struct arena mem;
    int r;
    struct err e;
};

static const struct task seed_task = {
    "seed", {
                [SEED_IDLE] = {"idle", TASK_TO(SEED_WORK) | TASK_TO(SEED_REFUSED)}, /* waits for a start that needs one */
                [SEED_WORK] = {"work", TASK_TO(SEED_IDLE) | TASK_TO(SEED_REFUSED)}, /* waits for a thread to make its file */
                [SEED_REFUSED] = {"refused", TASK_TO(SEED_IDLE)},                   /* waits for an order with another one */
            }};

static void move_to_state(struct node *n, enum seed_state to)
{
    task_move(&seed_task, n->id, &n->seed.state, (int)to);
    assert((n->seed.job != NULL) == (to == SEED_WORK) && (n->seed.refused[0] != '\0') == (to == SEED_REFUSED));
}

/* ---- in a thread ---- */

static void make_files(uv_work_t *w)
{
    struct seed_job *j = w->data;
    j->r = seed_make(&j->seed, &j->e);
}

/* ---- in the loop ---- */

static void refuse_seed(struct node *n, const char *why)
{
    snprintf(n->seed.refused, sizeof n->seed.refused, "%.190s", why);
    n->seed.job = NULL;
    move_to_state(n, SEED_REFUSED);
    n->trouble = TROUBLE_BROKEN;
    node_drop_saved(n);
    node_reason(n, "its data can't be loaded: %s", why);
    node_changed(n);
}

static void part_done(struct seed_job *j, size_t i)
{
    struct node *n = j->nodes[i];
    char path[PATH_MAX];
    bool wanted = n && n->order && n->order->run.v && n->order->seed && n->proc == NULL;
    if (wanted && j->r) return refuse_seed(n, j->e.msg);
    if (wanted) {
        node_mark_saved(n);
        node_fit_known(n); /* or the seed would have been refused */
        if (rename(j->seed.parts[i].aside, node_path(n, n->kind->data_file, path)) != 0) return refuse_seed(n, strerror(errno));
    } else {
        unlink(j->seed.parts[i].aside);
    }
    if (n == NULL) return;
    n->seed.job = NULL;
    move_to_state(n, SEED_IDLE);
}

static void files_made(uv_work_t *w, int status)
{
    struct seed_job *j = w->data;
    (void)status;
    for (size_t i = 0; i < j->seed.n_parts; i++) part_done(j, i);
    for (size_t i = 0; i < j->seed.n_parts; i++)
        if (j->nodes[i]) node_step(j->nodes[i]);
    arena_fini(&j->mem);
    free(j);
}

static struct seed_file seed_file_of(struct seed_job *j, const struct node *n, const struct proto_seed_file *f)
{
    char path[PATH_MAX];
    if (f->root && f->path)
        return (struct seed_file){arena_strdup(&j->mem, f->root), arena_strdup(&j->mem, f->path), arena_strdup(&j->mem, f->path)};
    const char *id = f->snapshot && file_id_ok(f->snapshot) ? f->snapshot : "";
    return (struct seed_file){NULL, arena_strdup(&j->mem, shelf_path(n->host->shelf, id, path)), arena_strdup(&j->mem, id)};
}

/* Each job has a file of its own: one that a node has left, or that ended with its agent, may still be there. */
static void job_add_node(struct seed_job *j, struct node *n)
{
    static unsigned jobs;
    struct err e;
    char name[32];
    struct seed_part *p = &j->seed.parts[j->seed.n_parts];
    j->nodes[j->seed.n_parts++] = n;
    p->room = n->kind->data_room ? n->kind->data_room(n->order) : 0;
    slots_read(&p->slots, n->order->seed->slots);
    snprintf(name, sizeof name, "seed.%u.part", ++jobs);
    node_path(n, name, p->aside);
    if (file_mkdirs(n->dir, &e) != 0) log_warn("node %s: %s", n->id, e.msg);
    node_unlink_all(n, "seed.");
    n->seed.job = j;
    move_to_state(n, SEED_WORK);
}

/* The other shards' primaries, so that the files are gone through once for all of them. */
static void job_add_others(struct seed_job *j, const struct node *first)
{
    const struct proto_node_order *o = first->order;
    for (size_t i = 0; j->seed.n_parts < j->room; i++) {
        struct node *n = first->host->nth(first->host, i);
        if (n == NULL) return;
        const struct proto_node_order *other = n->order;
        bool rests = n != first && n->state == NODE_REST && !n->stopping && n->seed.state == SEED_IDLE;
        if (!rests || other == NULL || !other->run.v || other->seed == NULL || other->seed->slots == NULL) continue;
        if (other->cluster == NULL || strcmp(other->cluster, o->cluster) != 0) continue;
        if (strcmp(other->seed->source, o->seed->source) == 0 && !node_has_file(n, NODE_SAVED)) job_add_node(j, n);
    }
}

static void begin_job(struct node *n)
{
    const struct proto_seed_order *o = n->order->seed;
    if (o->files.n == 0) return refuse_seed(n, "nothing says what they are");
    struct seed_job *j = calloc(1, sizeof *j);
    struct err e;
    struct engine_program *engine;
    if (j == NULL) abort();
    j->work.data = j;
    j->room = 1;
    while (n->order->cluster && n->host->nth(n->host, j->room) != NULL) j->room++;
    j->nodes = arena_array(&j->mem, struct node *, j->room);
    struct seed_file *files = arena_array(&j->mem, struct seed_file, o->files.n);
    for (size_t i = 0; i < o->files.n; i++) files[i] = seed_file_of(j, n, &o->files.items[i]);
    j->seed = (struct seed){.files = files,
        .n_files = o->files.n,
        .parts = arena_array(&j->mem, struct seed_part, j->room),
        .sharded = o->slots != NULL,
        .cancelled = &j->cancelled};
    job_add_node(j, n);
    if (j->seed.sharded && n->order->cluster) job_add_others(j, n);
    if (engine_pick(n->host->engines, n->order->engine, n->order->engine_version, &engine, &e) == 0)
        j->seed.newest = rdb_version_of(engine->version);
    uv_queue_work(n->host->loop, &j->work, make_files, files_made);
}

bool node_seed_ready(struct node *n)
{
    if (n->order->seed == NULL || node_has_file(n, NODE_SAVED)) return true;
    if (n->seed.state == SEED_IDLE) begin_job(n);
    return false;
}

/* What is under way is not for this node any more; it ends once it is for nobody. */
static void leave_job(struct node *n)
{
    struct seed_job *j = n->seed.job;
    bool any = false;
    if (j == NULL) return;
    for (size_t i = 0; i < j->seed.n_parts; i++) {
        if (j->nodes[i] == n) j->nodes[i] = NULL;
        any |= j->nodes[i] != NULL;
    }
    if (!any) atomic_store(&j->cancelled, true);
    n->seed.job = NULL;
    move_to_state(n, SEED_IDLE);
}

void node_seed_ordered(struct node *n, const struct proto_node_order *before)
{
    const struct proto_seed_order *now = n->order ? n->order->seed : NULL, *was = before ? before->seed : NULL;
    bool anew = before && !before->run.v; /* it is another node of the same name */
    if (!anew && now && was && shape_same(&shape_proto_seed_order, now, was)) return;
    leave_job(n);
    n->seed.kills = 0;
    n->seed.refused[0] = '\0';
    if (n->seed.state == SEED_REFUSED) move_to_state(n, SEED_IDLE);
}

bool node_seed_is_to_blame(struct node *n, int signal, const char *why)
{
    if (n->order == NULL || n->order->seed == NULL) return false;
    if (n->seed.state == SEED_REFUSED) { /* it was ended because of that */
        n->trouble = TROUBLE_BROKEN;
        return true;
    }
    if (!node_has_file(n, NODE_SAVED)) return false;
    if (signal && ++n->seed.kills < KILLS_MAX) return false;
    refuse_seed(n, why);
    return true;
}

bool node_seed_is_loaded(const struct node *n)
{
    return n->order && n->order->seed && node_has_file(n, NODE_SAVED);
}

void node_seed_weigh(struct node *n, int64_t used, int64_t limit, int64_t evicted)
{
    char why[128];
    if (limit == 0 || (used <= limit && evicted == 0)) return;
    snprintf(why, sizeof why, "loaded, its data need %lld MB of memory, and the node has %lld MB for data",
        (long long)(used >> 20), (long long)(limit >> 20));
    refuse_seed(n, why);
    proc_signal(n->proc, SIGKILL);
}

void node_seed_close(struct node *n)
{
    leave_job(n);
}
