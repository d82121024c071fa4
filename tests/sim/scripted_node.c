#include "agent/engine/role.h"
#include "agent/node/start.h"
#include "expect.h"
#include "faults.h"
#include "machine.h"
#include "record.h"
#include "scripted_int.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HANGS_MS = 350, BLOCKED_MS = 1000, SPARE_MS = 60000, SPARE_AFTER_MS = 500 };

static bool is(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void count_death(struct scripted_node *n)
{
    n->died = true;
    n->disk->restarts += !n->disk->counted;
    n->disk->counted = true;
}

void scripted_node_adopt(struct scripted *s, struct scripted_node *n)
{
    for (struct engine *e = engines_living(); e; e = e->next)
        if (is(e->region, s->region) && is(e->id, n->id)) n->engine = e;
    n->adopted = n->engine != NULL;
    if (n->engine) n->ready_at = machine_ms() + 1 + machine_below(30);
    else if (n->disk->noted_pid) count_death(n);
}

/* ---- a process that ends ---- */

static void told_of_end(struct scripted_node *n)
{
    n->engine = NULL;
    n->ready = n->hung = n->blocked = n->ending = false;
    n->act_at = 0;
}

static bool has_ended(struct scripted *s, struct scripted_node *n)
{
    if (n->engine->process->alive) return false;
    bool wanted = n->ending;
    told_of_end(n);
    if (wanted) n->disk->noted_pid = 0; /* else the next agent is to know of the death, too */
    if (wanted) return true;
    count_death(n);
    n->died_known = n->order != NULL;
    n->died_primary = n->order && n->order->role == ROLE_PRIMARY;
    record("%s tells that %s has died", s->process->name, n->id);
    return true;
}

static void save(struct scripted_node *n)
{
    struct engine *e = n->engine;
    struct disk *d = n->disk;
    if (!e->keeps_data) return;
    d->saved = true;
    d->offset = e->offset;
    d->n_writes = e->n_writes;
    d->writes = realloc(d->writes, (e->n_writes + 1) * sizeof *d->writes);
    if (d->writes == NULL) abort();
    if (e->n_writes) memcpy(d->writes, e->writes, e->n_writes * sizeof *d->writes);
}

/* Ends the process: at once, or in good order once it can be; true once it is told. */
static bool end(struct scripted_node *n, bool keeps)
{
    if (keeps && n->engine->process->stopped) machine_kill(n->engine->process, SIGCONT);
    if (keeps) save(n);
    n->ending = true;
    machine_kill(n->engine->process, keeps ? SIGTERM : SIGKILL);
    n->disk->noted_pid = 0;
    told_of_end(n);
    return true;
}

/* ---- a process that starts ---- */

static bool feeds(const struct scripted_node *n)
{
    return n->engine && n->ready && !n->hung && (n->engine->primary || n->engine->link_up);
}

void scripted_node_stored(const struct scripted *s, struct scripted_node *n)
{
    if (n->ready && n->ready_at < s->known && n->known_at == 0) n->known_at = machine_ms();
}

/* Serve may not know yet that it is there, or what it orders then may be on its way. */
static bool is_news(const struct scripted *s, const struct scripted_node *n)
{
    bool told = n->known_at && machine_ms() >= n->known_at + SPARE_AFTER_MS;
    return n->engine && (s->known == 0 || (n->ready && !told));
}

static bool followers_load(struct scripted *s, const struct scripted_node *n)
{
    for (size_t i = 0; i < s->n_nodes; i++) {
        const struct scripted_node *o = &s->nodes[i];
        if (o->order && is(o->order->upstream_node, n->id) && (o->disk->saved || is_news(s, o))) return true;
    }
    return false;
}

/* As the real one has it: for as long as they load, and half a second more, but for a minute at most. */
static bool spares_followers(struct scripted *s, struct scripted_node *n)
{
    int64_t now = machine_ms();
    if (!n->died) return false;
    if (followers_load(s, n)) {
        if (n->spare_limit == 0) n->spare_limit = now + SPARE_MS;
        n->spare_since = now;
        n->spare_until = n->spare_limit;
    } else if (n->spare_limit && n->spare_until == n->spare_limit && s->known > n->spare_since) {
        n->spare_until = now + SPARE_AFTER_MS;
    }
    return now < n->spare_until && now < n->spare_limit;
}

static bool is_for_another(const struct scripted_node *n)
{
    const struct proto_node_order *o = n->order;
    if (o->role != ROLE_PRIMARY || o->promote_pid.v == 0) return false;
    return n->engine == NULL || n->engine->process->pid != o->promote_pid.v || n->engine->started_ms != o->promote_started_ms.v;
}

static bool may_start(struct scripted *s, struct scripted_node *n)
{
    const struct proto_node_order *o = n->order;
    const struct scripted_node *up = scripted_find(s, o->upstream_node);
    struct start_facts f = {
        .replica = role_at_start(o) == ROLE_REPLICA,
        .for_another = is_for_another(n),
        .held = o->outage.v || (n->died && o->hold.v && n->died_primary == (o->role == ROLE_PRIMARY)),
        .sparing = spares_followers(s, n),
        .at_once = o->cluster != NULL,
        .to_load = n->disk->saved,
        .has_upstream = up != NULL && o->upstream_node != NULL,
        .feeds = up && feeds(up),
        .lost = up && up->engine == NULL && (up->died || (up->order && up->order->outage.v)),
    };
    return start_waits_for(&f) == START_NOW;
}

/* The files that it is to begin with can be read; else why not. */
static const char *why_no_seed(struct scripted *s, const struct scripted_node *n)
{
    const struct proto_seed_order *seed = n->order->seed;
    if (seed == NULL || n->disk->saved) return NULL;
    for (size_t i = 0; i < s->a.seeds.n; i++) {
        const struct proto_seed_source *from = &s->a.seeds.items[i];
        for (size_t k = 0; strcmp(from->id, seed->source) == 0 && k < from->files.n; k++)
            if (from->files.items[k].snapshot && !file_of(s->region, from->files.items[k].snapshot)->there)
                return "there is no such file";
    }
    return NULL;
}

/* What keeps it from being started though nobody waits for anything: true, where something about that has changed. */
static bool look_for_hindrance(struct scripted *s, struct scripted_node *n)
{
    const char *refused = why_no_seed(s, n);
    bool taken = faults_stranger_at(n->order->address, n->order->port.v), news = taken != n->taken || refused != n->seed_refused;
    n->taken = taken;
    n->seed_refused = refused;
    return news;
}

/* ---- what an engine is told besides its role ---- */

static int mode_of(const struct proto_node_order *o)
{
    if (o->tls == NULL) return ENCRYPTION_NONE;
    return o->tls->mode;
}

static bool is_encrypted_so(const struct engine *e, const struct proto_node_order *o)
{
    return e->encryption == mode_of(o) && e->links_encrypted == (o->tls && o->tls->links.v);
}

static void encrypt(struct engine *e, const struct proto_node_order *o)
{
    e->encryption = mode_of(o);
    e->links_encrypted = o->tls && o->tls->links.v;
}

/* In cluster mode whoever follows the source of its shard stays the shard's master. */
static void follow(struct engine *e, const struct proto_node_order *o)
{
    engine_follow(e, o->upstream_host, o->upstream_port.v);
    e->master = is(o->upstream_host, o->source_host) && o->upstream_port.v == o->source_port.v;
}

static void start(struct scripted *s, struct scripted_node *n)
{
    const struct proto_node_order *o = n->order;
    char folder[400];
    snprintf(folder, sizeof folder, "%s/%s", s->folder, n->id);
    struct engine *e = engine_start(s->region, n->id, o->cluster ? o->cluster : "", folder);
    n->engine = e;
    n->died = n->died_known = n->hung = n->ready = false;
    n->adopted = false;
    n->spare_until = n->spare_limit = 0;
    n->disk->there = true;
    n->disk->noted_pid = e->process->pid;
    n->disk->counted = false;
    n->ready_at = e->ready_ms = machine_ms() + 5 + machine_below(machine_chance(10) ? 2000 : 100);
    snprintf(e->address, sizeof e->address, "%s", o->address);
    e->port = (int)o->port.v;
    snprintf(e->asked, sizeof e->asked, "%s %s", o->engine, o->engine_version ? o->engine_version : "");
    e->keeps_data = !is(o->engine, "memcached");
    encrypt(e, o);
    e->started_generation = o->generation.v;
    e->incarnation = o->incarnation.v;
    if (n->disk->saved && e->keeps_data) {
        for (size_t i = 0; i < n->disk->n_writes; i++) engine_write(e, n->disk->writes[i]);
        e->offset = n->disk->offset;
    }
    e->locked = role_is_fenced(o);
    if (!e->keeps_data || role_at_start(o) == ROLE_PRIMARY) engine_promote(e);
    else follow(e, o);
    if (o->seed && n->engine->keeps_data) record_detail("    %s begins with %s", n->id, o->seed->source);
}

/* ---- a process that runs, and what it lacks ---- */

/* What 'asked' has is the engine, a space, and the version. */
static bool is_asked(const struct engine *e, const struct proto_node_order *o)
{
    size_t n = strlen(o->engine);
    return strncmp(e->asked, o->engine, n) == 0 && e->asked[n] == ' ' &&
           strcmp(e->asked + n + 1, o->engine_version ? o->engine_version : "") == 0;
}

static bool is_outdated(const struct scripted_node *n)
{
    const struct proto_node_order *o = n->order;
    const struct engine *e = n->engine;
    return !is_asked(e, o) || o->incarnation.v > e->incarnation || strcmp(e->address, o->address) != 0 || e->port != o->port.v;
}

static bool same_endpoints(const struct engine *e, const struct proto_node_order *o)
{
    if (e->n_endpoints != o->endpoints.n) return false;
    for (size_t i = 0; i < e->n_endpoints; i++)
        if (strcmp(e->endpoints[i], o->endpoints.items[i]) != 0) return false;
    return true;
}

static bool wants(const struct proto_node_order *o, const char *address)
{
    for (size_t i = 0; i < o->endpoints.n; i++)
        if (is(o->endpoints.items[i], address)) return true;
    return false;
}

/* Addresses that are not in the order are given up before anything else. */
static bool give_up_endpoints(struct scripted_node *n)
{
    struct engine *e = n->engine;
    size_t kept = 0;
    for (size_t i = 0; i < e->n_endpoints; i++)
        if (wants(n->order, e->endpoints[i])) memmove(e->endpoints[kept++], e->endpoints[i], sizeof e->endpoints[i]);
    bool changed = kept != e->n_endpoints;
    e->n_endpoints = kept;
    return changed;
}

static bool take_endpoints(struct scripted_node *n)
{
    struct engine *e = n->engine;
    const struct proto_node_order *o = n->order;
    if (same_endpoints(e, o)) return false;
    size_t kept = 0;
    for (size_t i = 0; i < o->endpoints.n && i < ENGINE_ENDPOINTS; i++) {
        const struct engine *other = engine_at(o->endpoints.items[i], o->port.v);
        if ((other && other != e) || faults_stranger_at(o->endpoints.items[i], o->port.v)) continue;
        snprintf(e->endpoints[kept++], sizeof e->endpoints[0], "%s", o->endpoints.items[i]);
    }
    bool changed = kept != e->n_endpoints;
    e->n_endpoints = kept;
    return changed;
}

static bool take_role(struct scripted *s, struct scripted_node *n)
{
    struct engine *e = n->engine;
    const struct proto_node_order *o = n->order;
    if (o->role != ROLE_PRIMARY) {
        const struct scripted_node *up = scripted_find(s, o->upstream_node);
        bool waits = o->upstream_node && !(up && feeds(up)) && (!e->primary || e->fenced);
        bool follows = !e->primary && is(e->upstream, o->upstream_host) && e->upstream_port == o->upstream_port.v;
        if (follows || waits) return false;
        follow(e, o);
        return true;
    }
    if (!e->primary) {
        if (is_for_another(n)) return false;
        if (o->promote_offset.set && e->offset < o->promote_offset.v) return false;
        if (o->cluster && !o->takeover.v && !e->master) return false;
        e->locked = role_is_fenced(o);
        engine_promote(e);
        return true;
    }
    if (e->fenced == o->fence.v && (o->fence.v || !e->locked)) return false;
    e->fenced = o->fence.v;
    e->locked = false;
    record("%s %s its writes", e->process->name, e->fenced ? "holds" : "lets in");
    if (!e->fenced) expect_writable(e);
    return true;
}

static bool take_rest(struct scripted *s, struct scripted_node *n)
{
    struct engine *e = n->engine;
    const struct proto_node_order *o = n->order;
    if (e->generation != o->generation.v) return e->generation = o->generation.v, true;
    if (e->users_generation != o->users_generation.v) return e->users_generation = o->users_generation.v, true;
    if (e->logs_generation != o->logs_generation.v) return e->logs_generation = o->logs_generation.v, true;
    if (e->keeps_data && !is_encrypted_so(e, o)) return encrypt(e, o), true;
    if (o->weigh.v && n->weighed != o->weigh.v) return n->weighed = o->weigh.v, true;
    if (o->snapshot == NULL || e->process->pid != o->snapshot_pid.v || e->started_ms != o->snapshot_started_ms.v) return false;
    struct disk *d = file_of(s->region, o->snapshot);
    if (d->there || d->failed) return false;
    if (faults_disk_is_full()) return d->failed = true;
    record("%s has saved %s", e->process->name, o->snapshot);
    d->there = true;
    d->noted_pid = machine_wall_ms();
    d->offset = e->offset;
    return true;
}

/* One thing after the other, each of which takes its moment. */
static bool converge(struct scripted *s, struct scripted_node *n)
{
    if (give_up_endpoints(n)) return true;
    if (machine_ms() < n->act_at) return false;
    if (!take_role(s, n) && !take_endpoints(n) && !take_rest(s, n)) return false;
    n->act_at = machine_ms() + machine_below(machine_chance(90) ? 8 : 200);
    return true;
}

static bool is_busy(const struct scripted_node *n)
{
    return machine_ms() < n->engine->busy_until_ms;
}

static bool watch(struct scripted_node *n)
{
    bool stopped = n->engine->process->stopped;
    if (!stopped) n->stopped_since = 0;
    else if (n->stopped_since == 0) n->stopped_since = machine_ms();
    bool hung = stopped && machine_ms() - n->stopped_since > HANGS_MS;
    if (!is_busy(n)) n->busy_since = 0;
    else if (n->busy_since == 0) n->busy_since = machine_ms();
    bool blocked = n->busy_since && !stopped && machine_ms() - n->busy_since > BLOCKED_MS;
    bool changed = hung != n->hung || blocked != n->blocked;
    n->hung = hung;
    n->blocked = blocked;
    return changed;
}

static bool is_process(const struct engine *e, struct opt_int pid, struct opt_int started_ms)
{
    return pid.v && e->process->pid == pid.v && (started_ms.v == 0 || started_ms.v == e->started_ms);
}

static bool step_running(struct scripted *s, struct scripted_node *n)
{
    const struct proto_node_order *o = n->order;
    if (has_ended(s, n)) return true;
    if (s->stopping) return machine_ms() < n->act_at || is_busy(n) ? false : end(n, true);
    if (!n->assigned) return watch(n);
    if (o == NULL || !o->run.v) return end(n, false);
    if (o->outage.v || is_process(n->engine, o->condemned_pid, o->condemned_started_ms)) {
        record("%s kills %s, which must not live", s->process->name, n->id);
        machine_kill(n->engine->process, SIGKILL);
        return has_ended(s, n);
    }
    if (is_process(n->engine, o->roused_pid, o->roused_started_ms)) machine_kill(n->engine->process, SIGCONT);
    if (watch(n)) return true;
    if (n->hung || n->engine->process->stopped || is_busy(n)) return false;
    if (!n->ready) {
        if (machine_ms() < n->ready_at) return false;
        n->ready = true;
        n->known_at = 0;
        n->disk->saved = false; /* what was loaded is not loaded again after a crash */
        return true;
    }
    if (is_outdated(n)) return end(n, o->keep_data.v || o->incarnation.v <= n->engine->incarnation);
    return converge(s, n);
}

bool scripted_node_step(struct scripted *s, struct scripted_node *n)
{
    if (n->engine) return step_running(s, n);
    if (s->stopping || !n->assigned) return false;
    if (n->order == NULL || !n->order->run.v) {
        bool there = n->disk->there;
        n->disk->there = n->disk->saved = false;
        n->died = false;
        return there;
    }
    if (n->died && !n->died_known) {
        n->died_known = true;
        n->died_primary = n->order->role == ROLE_PRIMARY;
        return true;
    }
    if (n->taken && !faults_stranger_at(n->order->address, n->order->port.v)) { /* that was true of the address before */
        n->taken = false;
        return true;
    }
    if (!may_start(s, n)) return false;
    if (look_for_hindrance(s, n)) return true;
    if (n->taken || n->seed_refused) return false;
    start(s, n);
    return true;
}

/* ---- what is told of it ---- */

static enum seen_state state_of(const struct scripted *s, const struct scripted_node *n)
{
    if (n->engine) return n->hung ? SEEN_HUNG : n->ready ? SEEN_READY : SEEN_STARTING;
    if (n->assigned && (n->order == NULL || !n->order->run.v)) return SEEN_GONE;
    if (s->stopping) return SEEN_STOPPED;
    if (n->taken) return SEEN_CONFLICT;
    if (n->seed_refused) return SEEN_BROKEN;
    return n->died || (n->order && n->order->outage.v) ? SEEN_EXITED : SEEN_STARTING;
}

/* Endpoints that a stranger has. */
static void see_refused(const struct scripted_node *n, struct arena *a, struct proto_node_seen *out)
{
    if (n->order == NULL) return;
    out->endpoints_refused = (struct string_list){true, 0, arena_array(a, const char *, n->order->endpoints.n)};
    for (size_t i = 0; i < n->order->endpoints.n; i++)
        if (faults_stranger_at(n->order->endpoints.items[i], n->order->port.v))
            out->endpoints_refused.items[out->endpoints_refused.n++] = n->order->endpoints.items[i];
}

/* Any other setting takes a memcached another process. */
static void see_pending(struct arena *a, struct proto_node_seen *out)
{
    out->pending_settings = (struct string_list){true, 1, arena_array(a, const char *, 1)};
    out->pending_settings.items[0] = "idle_timeout";
}

void scripted_node_see(const struct scripted *s, const struct scripted_node *n, struct arena *a, struct proto_node_seen *out)
{
    const struct engine *e = n->engine;
    *out = (struct proto_node_seen){.id = n->id, .state = state_of(s, n), .restarts = OPT_INT(n->disk->restarts)};
    out->loads = OPT_BOOL(n->disk->saved);
    if (n->order) out->address = n->order->address;
    if (n->order) out->port = n->order->port;
    if (n->seed_refused) out->seed_refused = n->seed_refused;
    if (e == NULL) return;
    out->pid = OPT_INT(e->process->pid);
    out->started_ms = OPT_INT(e->started_ms);
    out->incarnation = OPT_INT(e->incarnation);
    out->engine_asked = arena_strdup(a, e->asked);
    out->engine_name = e->keeps_data ? "redis" : "memcached";
    out->engine_version = "7.0.15";
    if (!n->ready) return;
    if (n->blocked) out->blocked = SEEN_BLOCKED_BUSY;
    if (e->keeps_data) {
        out->role = e->primary ? ROLE_PRIMARY : ROLE_REPLICA;
        out->offset = OPT_INT(e->offset);
        if (e->branch_offset) out->branch_offset = OPT_INT(e->branch_offset);
        out->fenced = OPT_BOOL(e->fenced);
        if (e->fenced && n->order && n->order->count_from.set) out->counted_from = n->order->count_from;
        out->encryption = (enum encryption_mode)e->encryption;
        out->links_encrypted = OPT_BOOL(e->links_encrypted);
    }
    if (e->keeps_data && !e->primary) {
        out->upstream_host = arena_strdup(a, e->upstream);
        out->upstream_port = OPT_INT(e->upstream_port);
        out->link_up = OPT_BOOL(e->link_up);
    }
    out->endpoints = (struct string_list){true, 0, arena_array(a, const char *, ENGINE_ENDPOINTS)};
    for (size_t i = 0; i < e->n_endpoints; i++) out->endpoints.items[out->endpoints.n++] = arena_strdup(a, e->endpoints[i]);
    see_refused(n, a, out);
    if (!e->keeps_data && e->generation != e->started_generation) see_pending(a, out);
    out->generation = OPT_INT(e->generation);
    out->users_generation = OPT_INT(e->users_generation);
    out->logs_generation = OPT_INT(e->logs_generation);
    if (n->weighed) {
        out->weighed = OPT_INT(n->weighed);
        out->memory_used = OPT_INT(1 << 20);
        out->memory_data = OPT_INT((int64_t)e->n_writes * 1000);
    }
}
