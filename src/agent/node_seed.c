#include "agent/node_seed.h"
#include "agent/conf.h"
#include "agent/file.h"
#include "agent/rdb.h"
#include "agent/shelf.h"
#include "base/beneath.h"
#include "base/log.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A process that is killed while it loads may be anybody's deed; this often, it is what it loads. */
enum { KILLS_MAX = 3 };

struct seed_job {
    uv_work_t work;
    struct node *node;                                       /* NULL once it is closed */
    char snapshot[PATH_MAX], root[PATH_MAX], path[PATH_MAX]; /* either the first, or both others */
    char aside[PATH_MAX];
    int64_t room; /* bytes that the engine may use; 0: no limit */
    int newest;   /* version of RDB files; 0: not known */
    const struct node_host *host;
    int r;
    struct err e;
};

/* ---- in a thread ---- */

static int open_source(struct seed_job *j)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK; /* nobody writes to a pipe that may stand there */
    if (j->root[0]) return beneath_open(j->root, j->path, flags, &j->e);
    int fd = open(j->snapshot, flags | O_NOFOLLOW);
    if (fd < 0) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    return fd;
}

static int check(struct seed_job *j, const struct rdb_facts *f)
{
    if (j->newest && f->version > j->newest)
        return err_set(&j->e, ERR_PARSE, "its format, version %d, is newer than the engine's, version %d", f->version, j->newest);
    if (j->room && f->used_memory > j->room)
        return err_set(&j->e, ERR_USAGE, "its data need %lld MB of memory, and the node has %lld MB for data",
            (long long)(f->used_memory >> 20), (long long)(j->room >> 20));
    return 0;
}

static int put_aside(struct seed_job *j, int from, const struct rdb_facts *f)
{
    unlink(j->aside);
    if (j->root[0] == '\0') return link(j->snapshot, j->aside) == 0 ? 0 : err_set(&j->e, ERR_IO, "%s", strerror(errno));
    int to = open(j->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0) return err_set(&j->e, ERR_IO, "%s", strerror(errno));
    int r = rdb_copy(from, to, f, &j->e);
    close(to);
    if (r) unlink(j->aside);
    return r;
}

static void work(uv_work_t *w)
{
    struct seed_job *j = w->data;
    struct rdb_facts facts;
    int from = j->r = open_source(j);
    if (from < 0) return;
    j->r = rdb_look(from, &facts, &j->e);
    if (j->r == 0) j->r = check(j, &facts);
    if (j->r == 0) j->r = put_aside(j, from, &facts);
    close(from);
}

/* ---- in the loop ---- */

static void refuse(struct node *n, const char *why)
{
    snprintf(n->seed_refused, sizeof n->seed_refused, "%.190s", why);
    n->trouble = TROUBLE_BROKEN;
    node_drop_saved(n);
    node_reason(n, "its data can't be loaded: %s", why);
    node_changed(n);
}

static void done(uv_work_t *w, int status)
{
    struct seed_job *j = w->data;
    struct node *n = j->node;
    char path[PATH_MAX];
    (void)status;
    bool wanted = n && n->order && n->order->run.v && n->order->seed && n->proc == NULL;
    if (n) n->seed_job = NULL;
    if (!wanted) unlink(j->aside);
    else if (j->r) refuse(n, j->e.msg);
    else {
        node_mark_saved(n);
        if (rename(j->aside, node_path(n, CONF_DUMP, path)) != 0) refuse(n, strerror(errno));
    }
    free(j);
    if (n) node_step(n);
}

static int64_t room_of(const struct proto_node_order *o)
{
    for (size_t i = 0; i < o->settings.n; i++)
        if (strcmp(o->settings.items[i].name, "maxmemory") == 0) return strtoll(o->settings.items[i].value, NULL, 10);
    return 0;
}

static void begin(struct node *n)
{
    const struct proto_seed_order *o = n->order->seed;
    struct seed_job *j = calloc(1, sizeof *j);
    struct err e;
    struct engine *engine;
    if (j == NULL) abort();
    *j = (struct seed_job){.work.data = j, .node = n, .room = room_of(n->order)};
    if (o->root && o->path) {
        snprintf(j->root, sizeof j->root, "%s", o->root);
        snprintf(j->path, sizeof j->path, "%s", o->path);
    } else shelf_path(n->host->shelf, o->snapshot && file_id_ok(o->snapshot) ? o->snapshot : "", j->snapshot);
    node_path(n, "seed.part", j->aside);
    if (engine_pick(n->host->engines, n->order->engine, n->order->engine_version, &engine, &e) == 0)
        j->newest = rdb_version_of(engine->version);
    if (file_mkdirs(n->dir, &e) != 0) log_warn("node %s: %s", n->id, e.msg);
    n->seed_job = j;
    uv_queue_work(n->host->loop, &j->work, work, done);
}

bool node_seed_ready(struct node *n)
{
    if (n->order->seed == NULL || node_has_file(n, NODE_SAVED)) return true;
    if (n->seed_job == NULL && n->seed_refused[0] == '\0') begin(n);
    return false;
}

void node_seed_ordered(struct node *n, const struct proto_node_order *before)
{
    const struct proto_seed_order *now = n->order ? n->order->seed : NULL, *was = before ? before->seed : NULL;
    if (now && was && shape_same(&shape_proto_seed_order, now, was)) return;
    n->seed_refused[0] = '\0';
    n->seed_kills = 0;
}

bool node_seed_is_to_blame(struct node *n, int signal, const char *why)
{
    if (n->order == NULL || n->order->seed == NULL || !node_has_file(n, NODE_SAVED)) return false;
    char told[sizeof n->seed_refused];
    if (signal && ++n->seed_kills < KILLS_MAX) return false;
    /* Redis 7.0 in cluster mode falls over a second database instead of saying so. */
    snprintf(
        told, sizeof told, "%.100s%s", why, signal && n->order->cluster ? "; in cluster mode it loads one database only" : "");
    refuse(n, told);
    return true;
}

void node_seed_close(struct node *n)
{
    if (n->seed_job) n->seed_job->node = NULL;
}
