#include "agent/node/node_int.h"
#include "agent/redis/conf.h"
#include "agent/os/file.h"
#include "agent/os/log_file.h"
#include "agent/os/names.h"
#include "agent/node/reservations.h"
#include "base/clock.h"
#include "base/log.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The process and its folder: what the engine reads at its start, engine.log, engine.pid, process (see proc.h), and for a
 * node that was stopped with its data dump.rdb next to "saved", the mark that says it may be loaded. */

enum { TAIL = 2048 };

const char *node_path(const struct node *n, const char *file, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", n->dir, file);
    return out;
}

bool node_has_file(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    return access(node_path(n, file, path), F_OK) == 0;
}

void node_unlink(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    unlink(node_path(n, file, path));
}

/* ---- saved data ---- */

void node_drop_unfinished(const struct node *n)
{
    DIR *d = opendir(n->dir);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (strncmp(entry->d_name, "temp-", 5) == 0) unlinkat(dirfd(d), entry->d_name, 0);
    if (d) closedir(d);
}

void node_mark_saved(struct node *n)
{
    char path[PATH_MAX];
    struct err e;
    node_drop_unfinished(n);
    node_unlink(n, CONF_DUMP);
    node_unlink(n, NODE_UNSAVED);
    n->unsaved_ms = 0;
    n->fits = false;
    n->keys_left_out = 0;
    file_replace(node_path(n, NODE_SAVED, path), "", 0, &e);
}

bool node_has_saved(const struct node *n)
{
    return node_has_file(n, NODE_SAVED) && node_has_file(n, CONF_DUMP);
}

void node_drop_saved(struct node *n)
{
    node_unlink(n, NODE_SAVED);
    node_unlink(n, CONF_DUMP);
}

void node_find_unsaved(struct node *n)
{
    struct stat st;
    char path[PATH_MAX];
    if (stat(node_path(n, NODE_UNSAVED, path), &st) == 0) n->unsaved_ms = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

/* A name takes no room, which a disk that is full has none of. */
void node_mark_unsaved(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct err e;
    node_unlink(n, CONF_DUMP);
    if (rename(node_path(n, NODE_SAVED, from), node_path(n, NODE_UNSAVED, to)) != 0) file_replace(to, "", 0, &e);
    n->unsaved_ms = clock_now_ms();
    node_find_unsaved(n);
}

void node_data_loaded(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!node_has_file(n, NODE_SAVED)) return;
    node_unlink(n, NODE_SAVED);
    if (n->order && n->order->seed) return node_unlink(n, CONF_DUMP); /* it may be another name of a snapshot's file */
    rename(node_path(n, CONF_DUMP, from), node_path(n, "loaded.rdb", to));
}

/* ---- starting ---- */

static int probe_address(const struct node *n, struct err *e)
{
    const struct proto_node_order *o = n->order;
    int why = reservations_probe(n->host->reservations, o->address, o->port.v);
    if (why == 0) return 0;
    if (why == EADDRINUSE) return err_set(e, ERR_IN_USE, "%s:%d is in use by another program", o->address, (int)o->port.v);
    if (why == EADDRNOTAVAIL) return err_set(e, ERR_IO, "%s is no address of this machine", o->address);
    return err_set(e, ERR_IO, "%s:%d can't be listened on: %s", o->address, (int)o->port.v, strerror(why));
}

void node_asked(const struct proto_node_order *o, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", o->engine, o->engine_version ? " " : "", o->engine_version ? o->engine_version : "");
}

long node_log_size(const struct node *n)
{
    struct stat st;
    char path[PATH_MAX];
    return stat(node_path(n, NODE_LOG, path), &st) == 0 ? (long)st.st_size : 0;
}

/* Where the process's own lines will begin. */
static long log_end(const struct node *n)
{
    char path[PATH_MAX];
    return log_file_bound(node_path(n, NODE_LOG, path));
}

void node_bound_log(struct node *n)
{
    if (n->proc == NULL) return;
    long end = log_end(n);
    if (n->log_from > end) n->log_from = 0;
    if (n->ending.log_from > end) n->ending.log_from = 0;
    if (n->life.save_log_from > end) n->life.save_log_from = 0;
}

static int prepare(struct node *n, struct engine **program, struct err *e)
{
    int r = engine_pick(n->host->engines, n->order->engine, n->order->engine_version, program, e);
    if (!r) r = probe_address(n, e);
    if (!r) r = file_mkdirs(n->dir, e);
    if (!r) r = n->ops->prepare(n, e);
    if (r) return r;
    node_unlink(n, NODE_PIDFILE);
    n->log_from = log_end(n);
    return 0;
}

static void life_begin(struct node *n)
{
    node_life_clear(&n->life);
    n->life.generation = n->life.users_generation = -1;
    n->moved = false;
}

/* What is to be kept with the process. */
static struct proc_id id_to_keep(const struct node *n, const struct engine *program)
{
    struct proc_id id = {.restarts = n->restarts, .incarnation = n->order->incarnation.v};
    node_asked(n->order, id.asked, sizeof id.asked);
    snprintf(id.binary, sizeof id.binary, "%s", program->path);
    return id;
}

int node_spawn(struct node *n, struct err *e)
{
    struct engine *program;
    int r = prepare(n, &program, e);
    if (r) return r;
    struct string_list list = {0};
    names_add(&list, program->path);
    n->ops->args(n, &list);
    char **args = calloc(list.n + 1, sizeof *args);
    if (args == NULL) abort();
    for (size_t i = 0; i < list.n; i++) args[i] = (char *)(uintptr_t)list.items[i];
    const struct proc_id keep = id_to_keep(n, program);
    life_begin(n);
    node_lend_start(n);
    r = proc_spawn(n->host->loop, n->dir, args, NODE_LOG, &keep, node_exited, n, &n->proc, e);
    free(args);
    names_clear(&list);
    if (r) program->path[0] = '\0'; /* to be looked for again */
    if (r) return node_lend_back(n), r;
    n->life.generation = n->order->generation.v;
    n->life.users_generation = n->order->users_generation.v;
    n->ops->begin(n);
    if (n->left_out.n)
        snprintf(n->life.refused, sizeof n->life.refused, "%s refuses the setting %.100s", engine_name(n->ops->kind),
            n->left_out.items[n->left_out.n - 1]);
    return 0;
}

void node_adopt(struct node *n)
{
    struct err e = {0};
    life_begin(n);
    if (proc_adopt(n->host->loop, n->dir, NODE_PIDFILE, node_exited, n, &n->proc, &e) != 0) node_reason(n, "%s", e.msg);
    if (n->proc == NULL) return;
    n->adopted = true;
    n->log_from = log_end(n);
    n->restarts = proc_id(n->proc)->restarts;
}

void node_account(struct node *n)
{
    struct proc_id last;
    if (!proc_unaccounted(n->dir, &last)) return;
    proc_end_group(&last);
    if (node_has_saved(n)) return proc_account(n->dir);     /* it ended as it was told to */
    if (node_has_file(n, NODE_SAVED)) node_mark_unsaved(n); /* it was told to, and could not any more */
    n->restarts = last.restarts + 1;
    n->trouble = TROUBLE_EXITED;
    n->died = true;
    n->died_incarnation = last.incarnation;
    node_reason(n, "%s", n->unsaved_ms ? "its data could not be saved when it was stopped" : "died while no agent was there");
}

int node_delete(struct node *n, struct err *e)
{
    memset(n->conf_hash, 0, sizeof n->conf_hash);
    n->restarts = 0;
    n->unsaved_ms = 0;
    return file_remove_tree(n->dir, e);
}

/* ---- the end ---- */

static void read_last_words(struct node *n, struct buf *log)
{
    char path[PATH_MAX];
    file_tail(node_path(n, NODE_LOG, path), n->log_from, TAIL, log);
}

bool node_leave_out(struct node *n)
{
    char name[64];
    _buf_ struct buf log = {0};
    read_last_words(n, &log);
    if (log.len == 0 || n->order == NULL) return false;
    if (n->ops->wrong_rule && n->ops->wrong_rule(n, log.data)) return true;
    n->ops->wrong_setting(log.data, name);
    for (size_t i = 0; i < n->order->settings.n; i++) {
        if (strcmp(n->order->settings.items[i].name, name) != 0 || names_has(&n->left_out, name)) continue;
        names_add(&n->left_out, name);
        log_warn("node %s: %s refuses the setting %s, which is left out", n->id, engine_name(n->ops->kind), name);
        return true;
    }
    return false;
}

/* The last line that is not empty, without its end, without what Redis puts before a warning, and without what it may quote. */
static const char *last_line(struct buf *log)
{
    while (log->len > 0 && log->data[log->len - 1] <= ' ') log->data[--log->len] = '\0';
    char *end = strrchr(log->data, '\n'), *line = end != NULL ? end + 1 : log->data, *mark = strstr(line, " # ");
    if (mark != NULL) line = mark + 3;
    line[strcspn(line, "'\"")] = '\0';
    return line;
}

bool node_last_words(struct node *n, char *out, size_t size)
{
    char name[64];
    _buf_ struct buf log = {0};
    read_last_words(n, &log);
    if (log.len == 0) return false;
    n->ops->wrong_setting(log.data, name);
    if (name[0]) snprintf(out, size, "%s refuses its configuration at %s", engine_name(n->ops->kind), name);
    else if (!n->life.ready && !n->adopted) snprintf(out, size, "%s: %s", engine_name(n->ops->kind), last_line(&log));
    return strstr(log.data, "Address already in use") != NULL;
}
