#include "agent/dry_run/dry_node.h"
#include "agent/node/start.h"
#include "agent/os/names.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIDS_BEYOND = 1 << 22, /* the highest number that Linux gives a process (pid_max) */
    ONE_BYTE = 1,          /* each engine is as far as the others: no write comes, and none is lacking */
    IDLE_MEMORY = 1 << 20, /* of an engine without data, roughly */
};

static void take_string(char **at, const char *text)
{
    free(*at);
    *at = text ? strdup(text) : NULL;
    if (text && *at == NULL) abort();
}

static bool process_runs(const struct dry_node *n)
{
    return n->state == DRY_STARTING || n->state == DRY_READY;
}

static bool shall_run(const struct dry_node *n)
{
    return n->order != NULL && n->order->run.v;
}

static bool is_in_outage(const struct dry_node *n)
{
    return shall_run(n) && n->order->outage.v;
}

static enum node_role ordered_role(const struct proto_node_order *o)
{
    return strcmp(o->engine, "memcached") == 0 ? ROLE_UNKNOWN : o->role;
}

static void set_state(struct dry_node *n, enum dry_state state)
{
    if (n->state == state) return;
    n->state = state;
    n->host->changed(n->host, n);
}

static void step_fired(uv_timer_t *t)
{
    dry_node_live(t->data);
}

static void life_fired(uv_timer_t *t)
{
    dry_node_die(t->data);
}

bool dry_node_answers(const struct dry_node *n)
{
    return n->state == DRY_READY && !n->hangs;
}

/* ---- the end of a process ---- */

static void end_process(struct dry_node *n)
{
    uv_timer_stop(&n->step_timer);
    uv_timer_stop(&n->life_timer);
    n->hangs = n->roused = n->switches = n->fenced = false;
    n->role = ROLE_UNKNOWN;
    n->generation = n->users_generation = n->logs_generation = n->weighed = 0;
    names_clear(&n->endpoints);
    take_string(&n->upstream_host, NULL);
    if (n->slots) *n->slots = (struct slots){0};
    set_state(n, DRY_REST);
}

void dry_node_die(struct dry_node *n)
{
    if (!process_runs(n)) return;
    end_process(n);
    n->died = true;
    n->died_role = n->order ? n->order->role : ROLE_UNKNOWN;
    n->restarts++;
    log_info("node %s: its process %lld died", n->id, (long long)n->pid);
    dry_node_live(n);
}

void dry_node_hang(struct dry_node *n, bool hangs)
{
    if (!process_runs(n) || n->hangs == hangs || n->roused) return;
    n->hangs = hangs;
    n->host->changed(n->host, n);
    dry_node_live(n);
}

void dry_node_stop(struct dry_node *n)
{
    if (process_runs(n)) end_process(n);
    set_state(n, DRY_STOPPED);
}

/* ---- its start ---- */

static bool is_process(const struct dry_node *n, struct opt_int pid, struct opt_int started_ms)
{
    return process_runs(n) && pid.v == n->pid && (started_ms.v == 0 || started_ms.v == n->started_ms);
}

static bool is_for_another(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    return o->role == ROLE_PRIMARY && o->promote_pid.v && !is_process(n, o->promote_pid, o->promote_started_ms);
}

static bool can_feed(const struct dry_node *n)
{
    return dry_node_answers(n) && n->role != ROLE_UNKNOWN && shall_run(n);
}

/* Nobody brings data of before, so that nobody is spared. */
static struct start_facts facts_of_start(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    const struct dry_node *up = o->upstream_node ? n->host->find(n->host, o->upstream_node) : NULL;
    enum node_role role = o->role;
    return (struct start_facts){
        .replica = role == ROLE_REPLICA,
        .for_another = is_for_another(n),
        .held = o->outage.v || (n->died && start_is_held(o, n->died_role)),
        .at_once = o->cluster != NULL,
        .has_upstream = up != NULL,
        .feeds = up != NULL && can_feed(up),
        .lost = up != NULL && up->state == DRY_REST && (up->died || is_in_outage(up)),
    };
}

static bool may_start(const struct dry_node *n)
{
    struct start_facts f = facts_of_start(n);
    return start_waits_for(&f) == START_NOW;
}

static void asked_of(const struct proto_node_order *o, char *out, size_t size)
{
    snprintf(out, size, "%s%s%s", o->engine, o->engine_version ? " " : "", o->engine_version ? o->engine_version : "");
}

/* Between one half of the time and one and a half, so that those which start together do not die together. */
static int64_t life_of(int64_t pid, int64_t life_ms)
{
    uint64_t mixed = (uint64_t)pid * UINT64_C(0x9e3779b97f4a7c15);
    return life_ms / 2 + (int64_t)((mixed >> 16) % (uint64_t)(life_ms + 1));
}

static void take_role(struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    n->role = ordered_role(o);
    take_string(&n->upstream_host, n->role == ROLE_REPLICA ? o->upstream_host : NULL);
    n->upstream_port = o->upstream_port.v;
}

static void start_process(struct dry_node *n)
{
    char asked[64];
    asked_of(n->order, asked, sizeof asked);
    take_string(&n->asked, asked);
    take_string(&n->address, n->order->address);
    n->port = n->order->port.v;
    n->pid = PIDS_BEYOND + ++n->host->last_pid;
    n->started_ms = clock_now_ms();
    n->incarnation = n->order->incarnation.v;
    n->died = false;
    take_role(n);
    set_state(n, DRY_STARTING);
    int64_t life_ms = n->host->times.life_ms;
    if (life_ms > 0) uv_timer_start(&n->life_timer, life_fired, (uint64_t)life_of(n->pid, life_ms), 0);
    uv_timer_start(&n->step_timer, step_fired, (uint64_t)n->host->times.start_ms, 0);
}

/* ---- what its order says ---- */

static bool is_outdated(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    char asked[64];
    asked_of(o, asked, sizeof asked);
    return !text_equal(asked, n->asked) || !text_equal(o->address, n->address) || o->port.v != n->port ||
           o->incarnation.v > n->incarnation;
}

static bool may_lead(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    if (n->role == ROLE_PRIMARY) return true;
    return !is_for_another(n) && o->promote_offset.v <= ONE_BYTE && (o->cluster == NULL || o->takeover.v);
}

static bool may_follow(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    bool follows =
        n->role == ROLE_REPLICA && text_equal(n->upstream_host, o->upstream_host) && n->upstream_port == o->upstream_port.v;
    const struct dry_node *up = o->upstream_node ? n->host->find(n->host, o->upstream_node) : NULL;
    return follows || up == NULL || can_feed(up) || o->cluster != NULL;
}

static bool has_role(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    if (n->role != ordered_role(o)) return false;
    return n->role != ROLE_REPLICA || (text_equal(n->upstream_host, o->upstream_host) && n->upstream_port == o->upstream_port.v);
}

static enum encryption_mode encryption_ordered(const struct proto_node_order *o)
{
    return o->tls ? o->tls->mode : ENCRYPTION_NONE;
}

static bool has_encryption(const struct dry_node *n)
{
    const struct proto_tls_order *tls = n->order->tls;
    return n->encryption == encryption_ordered(n->order) && n->links_encrypted == (tls && tls->links.v);
}

static bool is_to_save(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    return o->snapshot && is_process(n, o->snapshot_pid, o->snapshot_started_ms) && !text_equal(o->snapshot, n->saved);
}

static bool is_as_ordered(const struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    return has_role(n) && names_within(&o->endpoints, &n->endpoints) && has_encryption(n) && n->fenced == o->fence.v &&
           n->generation == o->generation.v && n->users_generation == o->users_generation.v &&
           n->logs_generation == o->logs_generation.v && n->weighed == o->weigh.v && !is_to_save(n);
}

static bool may_take_role(const struct dry_node *n)
{
    return n->order->role == ROLE_PRIMARY ? may_lead(n) : may_follow(n);
}

static void take_rest(struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    n->fenced = o->fence.v;
    n->generation = o->generation.v;
    n->users_generation = o->users_generation.v;
    n->logs_generation = o->logs_generation.v;
    n->weighed = o->weigh.v;
    n->encryption = encryption_ordered(o);
    n->links_encrypted = o->tls && o->tls->links.v;
    if (!is_to_save(n)) return;
    take_string(&n->saved, o->snapshot);
    n->saved_ms = clock_now_ms();
}

/* Everything at once, but for a role that is waited for, and the addresses that go with it. */
static void take_order(struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    if (has_role(n) || may_take_role(n)) {
        take_role(n);
        names_copy(&n->endpoints, &o->endpoints);
    }
    take_rest(n);
    n->host->changed(n->host, n);
}

/* Gives up what others may be about to take. */
static void give_up_endpoints(struct dry_node *n)
{
    struct string_list kept = {0};
    if (n->order == NULL || names_within(&n->endpoints, &n->order->endpoints)) return;
    for (size_t i = 0; i < n->endpoints.n; i++)
        if (names_has(&n->order->endpoints, n->endpoints.items[i])) names_add(&kept, n->endpoints.items[i]);
    names_clear(&n->endpoints);
    n->endpoints = kept;
    n->host->changed(n->host, n);
}

void dry_node_order(struct dry_node *n, const struct proto_node_order *o)
{
    n->order = o;
    if (n->state == DRY_READY && !n->hangs) give_up_endpoints(n);
}

bool dry_node_waits(const struct dry_node *n)
{
    if (!shall_run(n)) return false;
    return n->state == DRY_REST || (dry_node_answers(n) && !n->switches && !is_as_ordered(n));
}

/* ---- its life ---- */

static void live_at_rest(struct dry_node *n)
{
    if (!shall_run(n)) {
        n->died = false;
        set_state(n, DRY_GONE);
    } else if (may_start(n)) {
        start_process(n);
    }
}

static void switch_fired(uv_timer_t *t)
{
    struct dry_node *n = t->data;
    n->switches = false;
    if (n->order) take_order(n);
    dry_node_live(n);
}

static void live_ready(struct dry_node *n)
{
    bool is_lacking = !is_as_ordered(n), can_move = has_role(n) || may_take_role(n);
    if (n->hangs || n->switches || !is_lacking || !can_move) return;
    n->switches = true;
    uv_timer_start(&n->step_timer, switch_fired, (uint64_t)n->host->times.switch_ms, 0);
}

static void live_with_process(struct dry_node *n)
{
    const struct proto_node_order *o = n->order;
    if (!shall_run(n)) {
        end_process(n);
        live_at_rest(n);
    } else if (o->outage.v || (o->condemned_pid.v && is_process(n, o->condemned_pid, o->condemned_started_ms))) {
        dry_node_die(n);
    } else if (n->hangs && o->roused_pid.v && is_process(n, o->roused_pid, o->roused_started_ms)) {
        dry_node_hang(n, false);
        n->roused = true;
    } else if (!n->hangs && is_outdated(n)) {
        end_process(n);
        live_at_rest(n);
    } else if (n->state == DRY_STARTING) {
        if (!n->hangs && !uv_is_active((const uv_handle_t *)&n->step_timer)) {
            take_order(n);
            set_state(n, DRY_READY);
            live_ready(n);
        }
    } else {
        live_ready(n);
    }
}

void dry_node_live(struct dry_node *n)
{
    if (n->state == DRY_STOPPED) return;
    if (n->state == DRY_GONE && shall_run(n)) set_state(n, DRY_REST);
    if (n->state == DRY_REST) live_at_rest(n);
    else if (process_runs(n)) live_with_process(n);
}

/* ---- opening, telling and closing ---- */

struct dry_node *dry_node_open(struct dry_host *h, const char *id)
{
    struct dry_node *n = calloc(1, sizeof *n);
    if (n == NULL) abort();
    n->host = h;
    take_string(&n->id, id);
    uv_timer_init(h->loop, &n->step_timer);
    uv_timer_init(h->loop, &n->life_timer);
    n->step_timer.data = n->life_timer.data = n;
    return n;
}

static void life_timer_closed(uv_handle_t *h)
{
    struct dry_node *n = h->data;
    names_clear(&n->endpoints);
    free(n->upstream_host);
    free(n->address);
    free(n->asked);
    free(n->saved);
    free(n->slots);
    free(n->id);
    free(n);
}

/* Handles are closed in the order in which that is asked for. */
static void step_timer_closed(uv_handle_t *h)
{
    struct dry_node *n = h->data;
    uv_close((uv_handle_t *)&n->life_timer, life_timer_closed);
}

void dry_node_close(struct dry_node *n)
{
    uv_timer_stop(&n->life_timer);
    uv_close((uv_handle_t *)&n->step_timer, step_timer_closed);
}

bool dry_node_is_gone(const struct dry_node *n)
{
    return n->state == DRY_GONE && n->order == NULL;
}

static enum seen_state state_seen(const struct dry_node *n)
{
    static const enum seen_state states[] = {[DRY_REST] = SEEN_STARTING,
        [DRY_STARTING] = SEEN_STARTING,
        [DRY_READY] = SEEN_READY,
        [DRY_GONE] = SEEN_GONE,
        [DRY_STOPPED] = SEEN_STOPPED};
    if (n->state == DRY_REST && (n->died || is_in_outage(n))) return SEEN_EXITED;
    return n->hangs ? SEEN_HUNG : states[n->state];
}

static void see_ready(const struct dry_node *n, struct proto_node_seen *out)
{
    if (n->role != ROLE_UNKNOWN) {
        out->role = n->role;
        out->offset = OPT_INT(ONE_BYTE);
        out->fenced = OPT_BOOL(n->fenced);
        if (n->fenced && n->order) out->counted_from = n->order->count_from; /* there is no stream in which to count */
        out->encryption = n->encryption;
        out->links_encrypted = OPT_BOOL(n->links_encrypted);
    }
    if (n->role == ROLE_REPLICA) {
        /* A replica tells its link; the one to another region's primary is taken for sound, as nobody here sees that one. */
        const struct dry_node *up = n->order && n->order->upstream_node ? n->host->find(n->host, n->order->upstream_node) : NULL;
        out->upstream_host = n->upstream_host;
        out->upstream_port = OPT_INT(n->upstream_port);
        out->link_up = OPT_BOOL(up == NULL || up->state == DRY_READY);
    }
    out->endpoints = n->endpoints;
    out->generation = OPT_INT(n->generation);
    out->users_generation = OPT_INT(n->users_generation);
    out->logs_generation = OPT_INT(n->logs_generation);
    if (n->weighed == 0) return;
    out->weighed = OPT_INT(n->weighed);
    out->memory_used = OPT_INT(IDLE_MEMORY);
    out->memory_data = OPT_INT(0);
}

void dry_node_see(const struct dry_node *n, struct proto_node_seen *out)
{
    *out = (struct proto_node_seen){.id = n->id, .state = state_seen(n), .restarts = OPT_INT(n->restarts)};
    if (n->order) out->address = n->order->address;
    if (n->order) out->port = n->order->port;
    if (n->state == DRY_REST && is_in_outage(n)) out->reason = "an outage keeps it down";
    else if (n->state == DRY_REST && n->died) out->reason = "its process died";
    if (!process_runs(n)) return;
    assert(n->asked != NULL);
    out->pid = OPT_INT(n->pid);
    out->started_ms = OPT_INT(n->started_ms);
    out->incarnation = OPT_INT(n->incarnation);
    out->engine_asked = n->asked;
    if (n->state != DRY_READY) return;
    out->engine_name = n->order ? n->order->engine : NULL;
    const char *space = strchr(n->asked, ' ');
    out->engine_version = space ? space + 1 : NULL;
    see_ready(n, out);
}
