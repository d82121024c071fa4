#include "agent/node/core.h"
#include "agent/node/damaged.h"
#include "agent/os/names.h"
#include "agent/node/node_seed.h"
#include "agent/node/reserve.h"
#include "agent/node/spawn.h"
#include "base/log.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A new order for a node: what of it concerns the process that runs, and what has to be asked or tried again. */

static const struct engine_kind *kind_ordered(const struct node *n, const struct proto_node_order *o)
{
    return engine_kind_of(n->host->engines->kinds, o->engine);
}

/* A process of another engine makes room first. Of an adopted one, the first order tells what it is. */
static void choose_engine(struct node *n, const struct proto_node_order *o)
{
    if (n->proc == NULL || !n->assigned) node_be(n, kind_ordered(n, o));
    else if (n->kind != kind_ordered(n, o)) n->moved = true;
}

/* A process goes on where the same program is meant for the version that is asked for now. Of one that an older agent started
 * nobody knows what it was asked to be: what it is asked now. */
static void match_program(struct node *n, const struct proto_node_order *o)
{
    struct err e = {0};
    struct engine_program *program;
    char asked[sizeof proc_id(n->proc)->asked];
    if (n->proc == NULL || n->moved || !o->run.v) return;
    const struct proc_id *id = proc_id(n->proc);
    node_asked(o, asked, sizeof asked);
    if (strcmp(id->asked, asked) == 0) return;
    if (id->asked[0] && engine_pick(n->host->engines, o->engine, o->engine_version, &program, &e) != 0) {
        snprintf(n->life.refused, sizeof n->life.refused, "%.150s", e.msg);
    } else if (id->asked[0] && strcmp(id->binary, program->path) != 0) {
        log_info("node %s: %s is run by %s", n->id, asked, program->path);
        n->moved = true;
    } else {
        proc_ask(n->proc, n->dir, asked);
        node_changed(n);
    }
}

/*
 * Of many nodes only a few have another order each time, and those must not wait for the others. The long lists of settings
 * and users are the same where their generations are.
 */
static bool same_order(const struct node *n, const struct proto_node_order *o)
{
    if (n->order == NULL || o == NULL) return false;
    if (n->order->generation.v != o->generation.v || n->order->users_generation.v != o->users_generation.v) return false;
    struct proto_node_order was = *n->order, is = *o;
    was.settings = is.settings = (struct proto_setting_list){0};
    was.users = is.users = (struct proto_user_order_list){0};
    was.trace = is.trace = NULL; /* no order, but a word on whose it is */
    return shape_same(&shape_proto_node_order, &was, &is);
}

/* A conflict is one about an address: another is tried at once, and nothing is told of it that was true of the one before. Who
 * never had an address has not died, either: nobody can take its place, so that it must not be held back. */
static void go_elsewhere(struct node *n, const struct proto_node_order *to)
{
    const struct proto_node_order *from = n->order;
    if (from == NULL || to == NULL || (strcmp(from->address, to->address) == 0 && from->port.v == to->port.v)) return;
    n->moved = true;
    if (n->proc != NULL || n->trouble != TROUBLE_CONFLICT) return;
    n->trouble = TROUBLE_NONE;
    n->died = false;
    n->retry_at = 0;
    node_reason(n, "%s", "");
}

static void signal_process(struct node *n, const struct proto_node_order *o)
{
    if (o->outage.v) proc_signal(n->proc, SIGKILL);
    if (proc_is(n->proc, o->condemned_pid.v, o->condemned_started_ms.v)) proc_signal(n->proc, SIGKILL);
    if (!proc_is(n->proc, o->roused_pid.v, o->roused_started_ms.v) || !proc_is_stopped(n->proc)) return;
    log_warn("node %s: stands still, and nobody can take its place: it is woken", n->id);
    proc_signal(n->proc, SIGCONT);
}

static void take_new_order(struct node *n, const struct proto_node_order *o)
{
    n->stirred = true;
    bool other = o != NULL && (n->order == NULL || n->order->generation.v != o->generation.v);
    bool was_running = n->order != NULL && n->order->run.v;
    struct err e = {0};
    go_elsewhere(n, o);
    if (o != NULL) choose_engine(n, o);
    const struct proto_node_order *before = n->order;
    n->order = o;
    if (o != NULL) node_trace(n, "ordered to %s", o->run.v ? node_role_text(o->role) : "end");
    n->assigned = true;
    n->refused = false;
    node_seed_ordered(n, before);
    if (o != NULL && o->run.v && kind_ordered(n, o)->check(o, &e) != 0) { /* what runs goes on until there is one with sense */
        n->refused = true;
        n->order = NULL;
        node_reason(n, "%s", e.msg);
    }
    o = n->order;
    if (other) {
        n->life.refused[0] = '\0';
        names_clear(&n->life.pending);
        names_clear(&n->left_out);
        n->kind->settings_changed(n);
    }
    if (o != NULL) match_program(n, o);
    if (o != NULL && n->adopted) node_lend_start(n);
    if (o != NULL && o->run.v && n->kind == kind_ordered(n, o)) n->kind->ordered(n);
    if (o != NULL && o->run.v && !was_running) n->retry_at = 0;
    node_put_damaged_aside(n);
    if (o != NULL && n->died_role == ROLE_UNKNOWN) n->died_role = o->role;
    if (o != NULL && n->proc != NULL && proc_id(n->proc)->incarnation < 0) proc_stand_for(n->proc, n->dir, o->incarnation.v);
    if (o != NULL && n->proc != NULL) signal_process(n, o);
}

void node_order(struct node *n, const struct proto_node_order *o)
{
    const char *request = o == NULL || o->trace == NULL ? "" : o->trace;
    /* A serve that was started anew may have forgotten the request: the node keeps it, and its sighting tells serve. */
    if (o != NULL && (strcmp(request, "-") != 0 || n->trace[0] == '\0')) snprintf(n->trace, sizeof n->trace, "%s", request);
    n->kind->try_again(n);
    if (same_order(n, o)) n->order = o;
    else take_new_order(n, o);
}
