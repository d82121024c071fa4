#include "scripted.h"
#include "../ops/fixture.h"
#include "base/buf.h"
#include "base/proc_stat.h"
#include "control/agent_process.h"
#include "model/json.h"
#include "scratch.h"
#include "stepped.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PID = 100000, ENGINES_MAX = 32 };

struct agent_process {
    struct scripted_agent *agent;
    agent_process_ended *ended;
    void *arg;
    struct agent_process *next;
};

struct control *control;
struct control_options scripted_options;
void (*scripted_change)(struct proto_sighting *seen);
int scripted_start_error;

static struct scripted_agent *agents; /* the youngest first */
static struct agent_process *watched;
static struct arena arena;
static int64_t engine_pids[ENGINES_MAX];
static pid_t last_pid = FIRST_PID;
static struct err e;

/* ---- control/agent_process.h ---- */

static struct agent_process *agent_watch(struct scripted_agent *a, agent_process_ended *ended, void *arg)
{
    struct agent_process *p = calloc(1, sizeof *p);
    cr_assert_not_null(p);
    *p = (struct agent_process){a, ended, arg, watched};
    watched = p;
    return p;
}

static struct scripted_agent *agent_start(const char *region)
{
    struct scripted_agent *a = calloc(1, sizeof *a);
    cr_assert_not_null(a);
    snprintf(a->region, sizeof a->region, "%s", region);
    a->pid = ++last_pid;
    a->alive = true;
    a->next = agents;
    agents = a;
    return a;
}

int agent_process_start(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg, struct agent_process **out)
{
    (void)o;
    if (scripted_start_error) return scripted_start_error;
    *out = agent_watch(agent_start(region), ended, arg);
    return 0;
}

pid_t agent_process_holder(const char *data_dir, const char *region)
{
    struct scripted_agent *a = scripted_agent(region);
    (void)data_dir;
    return a && a->alive ? a->pid : 0;
}

struct agent_process *agent_process_find(
    const struct control_options *o, const char *region, agent_process_ended *ended, void *arg)
{
    if (agent_process_holder(o->data_dir, region) == 0) return NULL;
    scripted_agent(region)->found = true;
    return agent_watch(scripted_agent(region), ended, arg);
}

pid_t agent_process_pid(const struct agent_process *p)
{
    return p->agent->pid;
}

bool agent_process_was_found(const struct agent_process *p)
{
    return p->agent->found;
}

void agent_process_signal(struct agent_process *p, int signal)
{
    p->agent->last_signal = signal;
    if (signal == SIGKILL) scripted_end(p->agent, " (killed by signal 9)");
}

static void agent_unwatch(struct agent_process *p)
{
    for (struct agent_process **at = &watched; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    free(p);
}

void agent_process_leave(struct agent_process *p)
{
    if (p) agent_unwatch(p);
}

/* ---- base/proc_stat.h ---- */

bool proc_stat_of(long pid, struct proc_stat *out)
{
    for (struct scripted_agent *a = agents; a; a = a->next) {
        if (a->pid != pid || !a->alive) continue;
        *out = (struct proc_stat){.state = a->stands ? 'T' : 'S'};
        return true;
    }
    return false;
}

int scripted_engines_asked_for;

bool proc_stat_works_below(long pid, const char *folder)
{
    scripted_engines_asked_for++;
    (void)folder;
    for (int i = 0; pid && i < ENGINES_MAX; i++)
        if (engine_pids[i] == pid) return true;
    return false;
}

void scripted_engine_works(int64_t pid, bool works)
{
    int i = 0;
    while (engine_pids[i] != (works ? 0 : pid)) cr_assert_lt(++i, ENGINES_MAX);
    engine_pids[i] = works ? pid : 0;
}

/* ---- the reconciler ---- */

void scripted_open_control(void)
{
    struct control_options o = scripted_options;
    static uv_loop_t loop; /* of stepped.h: nothing looks at it */
    o.loop = &loop;
    o.store = fixture_store();
    o.data_dir = scratch_dir();
    o.program = "/nowhere/meridian";
    o.log_level = "info";
    cr_assert_eq(control_open(&control, &o, &e), 0, "%s", e.msg);
    stepped_pass(0);
}

/* The next one begins a second later: versions of assignments go on from there. */
void scripted_close_control(void)
{
    control_close(control);
    control = NULL;
    stepped_pass(1000);
    cr_assert_eq(stepped_handles(), 0, "every handle was closed");
    cr_assert_null(watched, "no process is watched any more");
}

void scripted_open(void)
{
    fixture_open();
    scripted_open_control();
}

void scripted_close(void)
{
    if (control) scripted_close_control();
    for (struct scripted_agent *a = agents, *next; a; a = next) {
        next = a->next;
        arena_fini(&a->arena);
        free(a);
    }
    agents = NULL;
    arena_fini(&arena);
    fixture_close();
}

/* ---- agents ---- */

struct scripted_agent *scripted_agent(const char *region)
{
    for (struct scripted_agent *a = agents; a; a = a->next)
        if (strcmp(a->region, region) == 0) return a;
    return NULL;
}

int scripted_starts(const char *region)
{
    int n = 0;
    for (struct scripted_agent *a = agents; a; a = a->next) n += strcmp(a->region, region) == 0;
    return n;
}

void scripted_leave_agent(const char *region)
{
    agent_start(region);
}

static void on_assignment(void *arg, const char *text, size_t len)
{
    struct scripted_agent *a = arg;
    a->asks = false;
    a->n_empty += text == NULL;
    if (text == NULL) return;
    a->n_assignments++;
    cr_assert_eq(json_decode(&shape_proto_assignment, text, len, &a->arena, &a->assignment, &e), 0, "%s", e.msg);
    cr_assert_str_eq(a->assignment.region, a->region);
}

void scripted_ask(struct scripted_agent *a)
{
    a->asks = true;
    control_wait(control, a->region, a->assignment.version.v, NULL, on_assignment, a);
}

static const struct proto_cluster_node *map_node(const struct proto_assignment *a, const char *id)
{
    for (size_t i = 0; i < a->clusters.n; i++)
        for (size_t k = 0; k < a->clusters.items[i].nodes.n; k++)
            if (strcmp(a->clusters.items[i].nodes.items[k].order, id) == 0) return &a->clusters.items[i].nodes.items[k];
    return NULL;
}

static struct proto_cluster_seen *see_cluster(struct scripted_agent *a, const struct proto_node_order *o)
{
    const struct proto_cluster_node *node = map_node(&a->assignment, o->id);
    struct proto_cluster_seen *seen = arena_new(&a->arena, struct proto_cluster_seen);
    size_t known = 0;
    for (size_t i = 0; i < a->assignment.clusters.n; i++)
        if (strcmp(a->assignment.clusters.items[i].group, o->cluster) == 0) known = a->assignment.clusters.items[i].nodes.n;
    *seen = (struct proto_cluster_seen){.state = REDIS_CLUSTER_OK,
        .name = o->cluster_name,
        .slots = node ? node->slots : "",
        .known = OPT_INT((int64_t)known),
        .strangers = OPT_INT(0),
        .epoch = OPT_INT(1),
        .agrees = OPT_BOOL(true)};
    return seen;
}

static struct proto_node_seen see_node(struct scripted_agent *a, const struct proto_node_order *o)
{
    if (!o->run.v) return (struct proto_node_seen){.id = o->id, .address = o->address, .port = o->port, .state = SEEN_GONE};
    bool memcached = strcmp(o->engine, "memcached") == 0, stops = a->assignment.shutdown.v;
    return (struct proto_node_seen){
        .id = o->id,
        .address = o->address,
        .port = o->port,
        .state = stops ? SEEN_STOPPED : SEEN_READY,
        .pid = OPT_INT(stops ? 0 : FIRST_PID + o->incarnation.v),
        .started_ms = OPT_INT(o->incarnation.v),
        .engine_asked = arena_printf(&a->arena, "%s %s", o->engine, o->engine_version),
        .engine_binary = "/usr/bin/redis-server",
        .engine_name = o->engine,
        .engine_version = o->engine_version,
        .role = memcached                 ? ROLE_UNKNOWN
                : o->role == ROLE_PRIMARY ? ROLE_PRIMARY
                                          : ROLE_REPLICA,
        .upstream_host = o->upstream_host,
        .upstream_port = o->upstream_port,
        .link_up = OPT_BOOL(o->upstream_host != NULL),
        .offset = OPT_INT(100),
        .fenced = o->fence,
        .endpoints = o->endpoints,
        .encryption = o->tls ? o->tls->mode : ENCRYPTION_UNSET,
        .links_encrypted = OPT_BOOL(o->tls && o->tls->links.v),
        .generation = o->generation,
        .users_generation = o->users_generation,
        .logs_generation = o->logs_generation,
        .incarnation = o->incarnation,
        .weighed = o->weigh,
        .memory_used = OPT_INT(1 << 20),
        .memory_data = OPT_INT(1 << 10),
        .cluster = o->cluster ? see_cluster(a, o) : NULL,
        .trace = o->trace,
    };
}

static struct proto_sighting see_all(struct scripted_agent *a)
{
    const struct proto_assignment *as = &a->assignment;
    struct proto_sighting s = {.region = a->region,
        .pid = OPT_INT(a->pid),
        .version = as->version,
        .stopped = OPT_BOOL(as->shutdown.v),
        .nodes = {true, as->nodes.n, arena_array(&a->arena, struct proto_node_seen, as->nodes.n)},
        .links = {true, as->links.n, arena_array(&a->arena, struct proto_link_seen, as->links.n)},
        .snapshots = {true, as->snapshots.n, arena_array(&a->arena, struct proto_snapshot_seen, as->snapshots.n)}};
    for (size_t i = 0; i < as->nodes.n; i++) s.nodes.items[i] = see_node(a, &as->nodes.items[i]);
    for (size_t i = 0; i < as->links.n; i++)
        s.links.items[i] = (struct proto_link_seen){.id = as->links.items[i].id,
            .address = as->links.items[i].address,
            .port = as->links.items[i].port,
            .state = ENDPOINT_LISTENING};
    for (size_t i = 0; i < as->snapshots.n; i++) {
        const struct proto_snapshot_order *o = &as->snapshots.items[i];
        s.snapshots.items[i] = (struct proto_snapshot_seen){.id = o->id,
            .state = o->keep.v ? PART_WHOLE : PART_GONE,
            .size = OPT_INT(1000),
            .taken_ms = OPT_INT(1700000000000),
            .export = o->export,
            .exported = o->export_path};
    }
    return s;
}

int scripted_tell(struct scripted_agent *a)
{
    _buf_ struct buf text = {0};
    struct proto_sighting s = see_all(a);
    if (scripted_change) scripted_change(&s);
    json_encode(&text, &shape_proto_sighting, &s);
    return control_sighting(control, text.data, text.len, &e);
}

void scripted_end(struct scripted_agent *a, const char *how)
{
    a->alive = a->asks = false;
    control_unwait(control, a->region, a);
    for (struct agent_process *p = watched; p; p = p->next) {
        if (p->agent != a) continue;
        agent_process_ended *ended = p->ended;
        void *arg = p->arg;
        agent_unwatch(p);
        ended(arg, how);
        return;
    }
}

/* One that has told that it stopped ends. */
static void agent_turn(struct scripted_agent *a)
{
    if (!a->alive || a->silent || control == NULL) return;
    if (!a->asks) scripted_ask(a);
    if (a->assignment.version.v == 0) return;
    cr_assert_eq(scripted_tell(a), 0, "%s", e.msg);
    if (a->assignment.shutdown.v) scripted_end(a, " (exited with status 0)");
}

void scripted_run(int seconds)
{
    for (int ms = 0; ms < seconds * 1000; ms += 500) {
        for (struct scripted_agent *a = agents; a; a = a->next) agent_turn(a);
        stepped_pass(500);
    }
}

/* ---- what is asked and what is stored ---- */

void scripted_do(const char *region, const char *action, const char *form)
{
    struct answer a = fixture_run(region, action, form);
    cr_assert_eq(a.fault, 0, "%s: %s", action, a.message);
    control_changed(control);
    stepped_pass(0);
}

struct row_replication_group *scripted_rg(const char *region, const char *id)
{
    struct row_replication_group *rg = NULL;
    cr_assert_eq(q_rg_get(fixture_store(), &arena, region, id, &rg, &e), 0, "%s", e.msg);
    return rg;
}

struct row_node *scripted_nodes(size_t *n)
{
    struct row_node *rows;
    cr_assert_eq(q_node_all(fixture_store(), &arena, &rows, n, &e), 0, "%s", e.msg);
    return rows;
}

struct proto_node_order *scripted_order(const char *region, const char *id)
{
    struct scripted_agent *a = scripted_agent(region);
    for (size_t i = 0; a && i < a->assignment.nodes.n; i++)
        if (strcmp(a->assignment.nodes.items[i].id, id) == 0) return &a->assignment.nodes.items[i];
    return NULL;
}
