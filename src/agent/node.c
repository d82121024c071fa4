#include "agent/node_int.h"
#include "agent/rconn.h"
#include "agent/conf.h"
#include "agent/node_cluster.h"
#include "agent/names.h"
#include "agent/node_seed.h"
#include "base/log.h"
#include "base/task.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONNECT_MS = 2,
    CONNECT_SLOW_MS = 20,
    CONNECT_SLOW_AFTER_MS = 1000,
    STOP_MS = 2000,
    STOP_SAVE_MS = 60000,
    SPARE_MS = 60000,
    SPARE_AFTER_MS = 500,
    SPARE_LOOK_MS = 20
};

static const struct task_state states[] = {
    [NODE_REST] = {"rest", TASK_TO(NODE_BOOT) | TASK_TO(NODE_GONE) | TASK_TO(NODE_CLOSED)},
    [NODE_BOOT] = {"boot", TASK_TO(NODE_BOOT) | TASK_TO(NODE_GREET) | TASK_TO(NODE_STOP) | TASK_TO(NODE_REST)},
    [NODE_GREET] = {"greet", TASK_TO(NODE_BOOT) | TASK_TO(NODE_UP) | TASK_TO(NODE_STOP) | TASK_TO(NODE_REST)},
    [NODE_UP] = {"up", TASK_TO(NODE_BOOT) | TASK_TO(NODE_GREET) | TASK_TO(NODE_STOP) | TASK_TO(NODE_REST)},
    [NODE_STOP] = {"stop", TASK_TO(NODE_REST)},
    [NODE_GONE] = {"gone", TASK_TO(NODE_REST) | TASK_TO(NODE_CLOSED)},
    [NODE_CLOSED] = {"closed", 0},
};

void node_move(struct node *n, int to)
{
    task_move(n->id, states, &n->state, to);
}

int64_t node_now(const struct node *n)
{
    return (int64_t)uv_now(n->host->loop);
}

static void timer_fired(uv_timer_t *t)
{
    node_step(t->data);
}

void node_timer(struct node *n, int64_t ms)
{
    uv_timer_start(&n->timer, timer_fired, ms > 0 ? (uint64_t)ms : 0, 0);
}

void node_changed(struct node *n)
{
    n->host->changed(n->host);
}

void node_reason(struct node *n, const char *fmt, ...)
{
    char text[sizeof n->reason];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (strcmp(text, n->reason) == 0) return;
    strcpy(n->reason, text);
    if (*text) log_warn("node %s: %s", n->id, text);
    node_changed(n);
}

static bool outdated(const struct node *n)
{
    return proc_id(n->proc)->incarnation < n->order->incarnation.v;
}

static enum node_want wanted(const struct node *n)
{
    if (n->stopping) return WANT_STOP;
    if (!n->assigned || n->refused) return WANT_NOTHING;
    if (n->order == NULL || !n->order->run.v) return WANT_GONE;
    return n->proc != NULL && (n->moved || outdated(n)) ? WANT_AGAIN : WANT_RUN;
}

bool node_upstream_ready(const struct node *n)
{
    const struct node *up = n->order->upstream_node ? n->host->find(n->host, n->order->upstream_node) : NULL;
    bool lost = up != NULL && up->died && up->proc == NULL && node_is_to_load(n); /* then these data may be all there are */
    return role_parse(n->order->role) != ROLE_REPLICA || up == NULL || lost || node_can_feed(up);
}

static void drop_conn(struct node *n)
{
    if (n->conn != NULL) n->ops->disconnect(n->conn);
    n->conn = NULL;
    n->ask = ASK_NONE;
    n->unread = 0;
}

/* ---- without a process ---- */

static const struct node_ops *ops_of(const struct proto_node_order *o)
{
    return strcmp(o->engine, "memcached") == 0 ? &node_memcached : &node_redis;
}

static void start(struct node *n)
{
    struct err e = {0};
    n->ops = ops_of(n->order);
    int r = node_spawn(n, &e);
    if (r == 0) {
        n->trouble = TROUBLE_NONE;
        n->died = false;
        n->spare_until = n->spare_limit = 0;
        n->connect_at = n->boot_since = node_now(n);
        n->life.eager_until = n->boot_since + EAGER_MS;
        node_move(n, NODE_BOOT);
        node_timer(n, CONNECT_MS);
    } else {
        n->trouble = r == ERR_IN_USE ? TROUBLE_CONFLICT : TROUBLE_BROKEN;
        n->retry_at = node_now(n) + backoff_failed(&n->backoff, node_now(n));
        node_reason(n, "%s", e.msg);
        node_timer(n, n->retry_at - node_now(n));
    }
    node_changed(n);
}

static void delete (struct node *n)
{
    struct err e = {0};
    if (node_delete(n, &e) != 0) {
        node_reason(n, "%s", e.msg);
        node_timer(n, 1000);
        return;
    }
    n->trouble = TROUBLE_NONE;
    node_reason(n, "%s", "");
    node_move(n, NODE_GONE);
    node_changed(n);
}

/* True while a dead node must stay dead: another may be taking its place. */
static bool held_back(const struct node *n)
{
    const struct proto_node_order *o = n->order;
    return n->died && o->hold.v && role_parse(o->role) == n->died_role && o->incarnation.v == n->died_incarnation;
}

/*
 * A primary that died, or could not save its data when it was stopped, comes back empty and
 * empties its replicas. Those that have saved theirs load them first, and serve gets a moment
 * to put one of them in its place: then it is held back, or no primary any more.
 */
static bool spares_replicas(struct node *n)
{
    int64_t now = node_now(n);
    if (!n->died || role_parse(n->order->role) != ROLE_PRIMARY) return false;
    if (n->host->followers_load(n->host, n->id)) {
        if (n->spare_limit == 0) n->spare_limit = now + SPARE_MS;
        n->spare_until = now + SPARE_AFTER_MS < n->spare_limit ? now + SPARE_AFTER_MS : n->spare_limit;
    }
    if (now >= n->spare_until) return false;
    node_timer(n, SPARE_LOOK_MS);
    return true;
}

static void rest(struct node *n, enum node_want want)
{
    if (want == WANT_GONE) delete (n);
    if (want != WANT_RUN) return;
    if (held_back(n) || spares_replicas(n)) return;
    if (node_now(n) < n->retry_at) node_timer(n, n->retry_at - node_now(n));
    else if (n->host->switching(n->host)) node_timer(n, 1);
    else if ((node_upstream_ready(n) || cluster_starts_at_once(n)) && node_seed_ready(n)) start(n);
}

/* ---- with a process ---- */

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
    if (!loads || !node_seed_is_to_blame(n, signal, why)) node_reason(n, "%s", why);
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
    drop_conn(n);
    split_close(n);
    if (n->state == NODE_STOP) told_to_end(n, signal);
    else if (!has_run(n) && node_leave_out(n)) start_without(n);
    else ended_by_itself(n, status, signal);
    n->adopted = n->life.ready = n->life.hung = false;
    node_move(n, NODE_REST);
    n->host->upstream_lost(n->host, n->id);
    node_changed(n);
    node_step(n);
}

/* A connection that was asked for before the node was told to end may still be made. */
void node_connected(struct node *n, enum node_ask first)
{
    if (n->state != NODE_BOOT) return;
    n->greeting = first;
    n->greet_at = 0;
    node_move(n, NODE_GREET);
    node_step(n);
}

static int connect_pause(const struct node *n)
{
    return node_now(n) - n->boot_since < CONNECT_SLOW_AFTER_MS ? CONNECT_MS : CONNECT_SLOW_MS;
}

void node_lost(struct node *n)
{
    int64_t now = node_now(n);
    n->conn = NULL;
    n->ask = ASK_NONE;
    n->unread = 0;
    if (n->state == NODE_STOP || n->proc == NULL) return;
    if (n->state == NODE_UP) n->boot_since = now;
    n->connect_at = now + connect_pause(n);
    node_move(n, NODE_BOOT);
    node_step(n);
}

void node_became_ready(struct node *n)
{
    n->life.ready = true;
    n->adopted = false;
    n->trouble = TROUBLE_NONE;
    node_data_loaded(n);
    backoff_healthy(&n->backoff, node_now(n));
    node_changed(n);
}

static void boot(struct node *n)
{
    if (n->conn == NULL && node_now(n) >= n->connect_at) {
        n->conn = n->ops->connect(n);
        n->connect_at = node_now(n) + connect_pause(n);
    }
    if (n->conn == NULL) node_timer(n, n->connect_at - node_now(n));
}

static void greet(struct node *n)
{
    if (n->ask != ASK_NONE) return;
    if (node_now(n) < n->greet_at) node_timer(n, n->greet_at - node_now(n));
    else n->ops->greet(n);
}

static void up(struct node *n)
{
    if (n->ask == ASK_NONE) n->ops->up(n);
}

/* A node that is to move keeps its data, one that is to start anew does as its order says. */
static bool saves(const struct node *n, enum node_want want)
{
    if (!n->ops->keeps_data) return false;
    return want == WANT_STOP || (want == WANT_AGAIN && (n->order->keep_data.v || !outdated(n)));
}

static void begin_stop(struct node *n, bool save)
{
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

static void stop(struct node *n)
{
    if (node_now(n) < n->stop_deadline) {
        node_timer(n, n->stop_deadline - node_now(n));
        return;
    }
    if (n->stop_saves) log_warn("node %s: did not save and stop in time, its data is lost", n->id);
    if (n->stop_saves) node_drop_saved(n);
    proc_signal(n->proc, SIGKILL);
}

/* The whole life of a node; callbacks note what happened and come here. */
void node_step(struct node *n)
{
    enum node_want want = wanted(n);
    if (want == WANT_NOTHING && n->state != NODE_STOP)
        return; /* an adopted process: its order has the address and the password */
    if (n->proc != NULL && n->state != NODE_STOP && want != WANT_RUN) return begin_stop(n, saves(n, want));
    switch ((enum node_state)n->state) {
    case NODE_REST: /* waits for an order, its upstream, or the end of the back-off */ return rest(n, want);
    case NODE_BOOT: /* waits for a connection, or the time to try again */ return boot(n);
    case NODE_GREET: /* waits for an answer */ return greet(n);
    case NODE_UP: /* waits for an answer, or the time to look again */ return up(n);
    case NODE_STOP: /* waits for the exit, or the deadline */ return stop(n);
    case NODE_GONE: /* waits for an order to run */
        if (want != WANT_RUN) return;
        n->retry_at = 0;
        node_move(n, NODE_REST);
        return rest(n, want);
    case NODE_CLOSED: return;
    }
}

/* ---- what the agent does with it ---- */

struct node *node_open(struct node_host *h, const char *id)
{
    struct node *n = calloc(1, sizeof *n);
    if (n == NULL || (n->id = strdup(id)) == NULL || asprintf(&n->dir, "%s/%s", h->dir, id) < 0) abort();
    n->host = h;
    n->ops = &node_redis;
    n->backoff = (struct backoff){.first_ms = 100, .limit_ms = 10000, .healthy_ms = 10000};
    uv_timer_init(h->loop, &n->timer);
    n->timer.data = n;
    node_adopt(n);
    if (n->proc != NULL) node_move(n, NODE_BOOT);
    else node_account(n);
    return n;
}

/* What runs goes on as it is, until there is an order that can be carried out. */
static void refuse(struct node *n, const struct err *e)
{
    n->refused = true;
    n->order = NULL;
    node_reason(n, "%s", e->msg);
}

static void settings_again(struct node *n)
{
    n->life.setting = 0;
    n->life.refused[0] = '\0';
    names_clear(&n->life.pending);
    names_clear(&n->left_out);
    bool asked = n->ask == ASK_COMPARE || (n->ask == ASK_STEP && n->step == STEP_SET);
    if (!asked) return;
    n->ask = ASK_STEP; /* the answer is about the settings before */
    n->step = STEP_NONE;
}

/* A process of another engine makes room first. Of an adopted one, the first order tells what it is. */
static void choose_engine(struct node *n, const struct proto_node_order *o)
{
    if (n->proc == NULL || !n->assigned) n->ops = ops_of(o);
    else if (n->ops != ops_of(o)) n->moved = true;
}

/* A process goes on where the same program is meant for the version that is asked for now. Of one that an older agent started
 * nobody knows what it was asked to be: what it is asked now. */
static void match_program(struct node *n, const struct proto_node_order *o)
{
    struct err e = {0};
    struct engine *program;
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
    return shape_same(&shape_proto_node_order, &was, &is);
}

static bool is_elsewhere(const struct proto_node_order *was, const struct proto_node_order *is)
{
    return was != NULL && is != NULL && (strcmp(was->address, is->address) != 0 || was->port.v != is->port.v);
}

/* A conflict is one about an address: another is tried at once, and nothing is told of it that was true of the one before. Who
 * never had an address has not died, either: nobody can take its place, so that it must not be held back. */
static void go_elsewhere(struct node *n)
{
    n->moved = true;
    if (n->proc != NULL || n->trouble != TROUBLE_CONFLICT) return;
    n->trouble = TROUBLE_NONE;
    n->died = false;
    n->retry_at = 0;
    node_reason(n, "%s", "");
}

static void new_order(struct node *n, const struct proto_node_order *o)
{
    bool other = o != NULL && (n->order == NULL || n->order->generation.v != o->generation.v);
    bool was_running = n->order != NULL && n->order->run.v;
    struct err e = {0};
    if (is_elsewhere(n->order, o)) go_elsewhere(n);
    if (o != NULL) choose_engine(n, o);
    const struct proto_node_order *before = n->order;
    n->order = o;
    n->assigned = true;
    n->refused = false;
    node_seed_ordered(n, before);
    if (o != NULL && o->run.v && ops_of(o)->check(o, &e) != 0) refuse(n, &e);
    o = n->order;
    n->life.eager_until = node_now(n) + EAGER_MS;
    if (other) settings_again(n);
    if (o != NULL) match_program(n, o);
    if (o != NULL && o->run.v && n->ops == ops_of(o)) n->ops->ordered(n);
    if (o != NULL && o->run.v && !was_running) n->retry_at = 0;
    if (o != NULL && n->died_role == ROLE_UNKNOWN) n->died_role = role_parse(o->role);
    if (o != NULL && n->proc != NULL && o->condemned_pid.v == proc_id(n->proc)->pid) proc_signal(n->proc, SIGKILL);
}

void node_order(struct node *n, const struct proto_node_order *o)
{
    n->hold_until = n->life.take_since = n->life.take_at = n->life.encrypt_at = 0;
    if (same_order(n, o)) n->order = o;
    else new_order(n, o);
}

void node_wake(struct node *n)
{
    node_step(n);
}

void node_stop(struct node *n)
{
    n->stopping = true;
    node_step(n);
}

void node_kill(struct node *n)
{
    n->stopping = true;
    if (n->proc != NULL) proc_signal(n->proc, SIGKILL);
}

void node_life_clear(struct life *l)
{
    rconn_close(l->poke);
    names_clear(&l->held);
    names_clear(&l->missed);
    names_clear(&l->binding);
    names_clear(&l->drop);
    names_clear(&l->pending);
    cluster_view_clear(&l->cluster.view);
    arena_fini(&l->cluster.told);
    *l = (struct life){0};
}

static void timer_closed(uv_handle_t *h)
{
    struct node *n = h->data;
    node_life_clear(&n->life);
    names_clear(&n->left_out);
    names_clear(&n->unknown_rules);
    free(n->id);
    free(n->dir);
    free(n);
}

void node_close(struct node *n)
{
    node_move(n, NODE_CLOSED);
    drop_conn(n);
    node_seed_close(n);
    uv_close((uv_handle_t *)&n->timer, timer_closed);
}

bool node_is_running(const struct node *n)
{
    return n->proc != NULL;
}

bool node_can_feed(const struct node *n)
{
    const struct replication_info *i = &n->life.info;
    if (n->state != NODE_UP || !n->life.ready || n->life.hung || n->order == NULL) return false;
    if (role_parse(n->order->role) != i->role) return false;
    return i->role == ROLE_PRIMARY || i->link_up;
}

bool node_is_unknown(const struct node *n)
{
    return n->adopted;
}

bool node_is_gone(const struct node *n)
{
    return n->state == NODE_GONE && n->assigned && n->order == NULL && !n->refused;
}

bool node_is_to_load(const struct node *n)
{
    return node_has_file(n, NODE_SAVED);
}

const char *node_id(const struct node *n)
{
    return n->id;
}

const char *node_upstream(const struct node *n)
{
    return n->order != NULL && role_parse(n->order->role) == ROLE_REPLICA ? n->order->upstream_node : NULL;
}
