#include "agent/node/spawn.h"
#include "agent/node/core.h"
#include "agent/node/folder.h"
#include "agent/os/reservations.h"
#include "agent/node/reserve.h"
#include "agent/node/saved.h"
#include "agent/node/words.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "base/arena.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int prepare_start(struct node *n, struct engine_program **program, struct err *e)
{
    int r = engine_pick(n->host->engines, n->order->engine, n->order->engine_version, program, e);
    if (!r) r = probe_address(n, e);
    if (!r) r = file_mkdirs(n->dir, e);
    if (!r) r = n->kind->prepare(n, e);
    if (r) return r;
    node_unlink(n, NODE_PIDFILE);
    n->log_from = node_log_end(n);
    return 0;
}

/* The agent's own environment, with a library of the node's folder to be loaded before all others; both strings and list in the arena.
 * The folder is where the process starts, so that its path, which may have spaces, need not be told. */
static char **environment_with(struct arena *a, const char *library)
{
    static const char name[] = "LD_PRELOAD=";
    size_t n = 0;
    while (environ[n] != NULL) n++;
    char **env = arena_array(a, char *, n + 2);
    const char *others = getenv("LD_PRELOAD");
    env[0] = arena_printf(a, "%s./%s%s%s", name, library, others ? ":" : "", others ? others : "");
    size_t kept = 1;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], name, sizeof name - 1) != 0) env[kept++] = environ[i];
    return env;
}

int node_spawn(struct node *n, proc_exited *exited, struct err *e)
{
    struct engine_program *program;
    int r = prepare_start(n, &program, e);
    if (r) return r;
    struct string_list list = {0};
    names_add(&list, program->path);
    n->kind->args(n, &list);
    char **args = calloc(list.n + 1, sizeof *args);
    if (args == NULL) abort();
    for (size_t i = 0; i < list.n; i++) args[i] = (char *)(uintptr_t)list.items[i];
    /* What is to be kept with the process. */
    struct proc_id keep = {.restarts = n->restarts, .incarnation = n->order->incarnation.v};
    node_asked(n->order, keep.asked, sizeof keep.asked);
    snprintf(keep.binary, sizeof keep.binary, "%s", program->path);
    node_forget(n);
    n->moved = false;
    node_lend_start(n);
    _arena_ struct arena a = {0};
    const char *library = n->kind->preload ? n->kind->preload(n) : "";
    r = proc_spawn(
        n->host->loop, n->dir, args, *library ? environment_with(&a, library) : NULL, NODE_LOG, &keep, exited, n, &n->proc, e);
    free(args);
    names_clear(&list);
    if (r) program->path[0] = '\0'; /* to be looked for again */
    if (r) return node_lend_back(n), r;
    n->life.generation = n->order->generation.v;
    n->began_as = role_at_start(n->order);
    n->kind->begin(n);
    if (n->left_out.n)
        snprintf(n->life.refused, sizeof n->life.refused, "%s refuses the setting %.100s", n->kind->program,
            n->left_out.items[n->left_out.n - 1]);
    return 0;
}

void node_adopt(struct node *n, proc_exited *exited)
{
    struct err e = {0};
    node_forget(n);
    n->moved = false;
    if (proc_adopt(n->host->loop, n->dir, NODE_PIDFILE, exited, n, &n->proc, &e) != 0) node_reason(n, "%s", e.msg);
    if (n->proc == NULL) return;
    n->adopted = true;
    n->began_as = ROLE_UNKNOWN;
    n->log_from = node_log_end(n);
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
    node_reason(n, "%s", n->unsaved_ms ? "its data could not be saved when it was stopped" : "died while no agent was there");
}

int node_delete(struct node *n, struct err *e)
{
    n->restarts = 0;
    n->unsaved_ms = 0;
    return file_remove_tree(n->dir, e);
}
