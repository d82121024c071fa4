#include "agent/node/life.h"
#include "agent/node/core.h"
#include "agent/node/end.h"
#include "agent/node/fit.h"
#include "agent/node/node_seed.h"
#include "agent/node/reserve.h"
#include "agent/node/saved.h"
#include "agent/node/spawn.h"
#include <assert.h>

enum {
    CONNECT_MS = 2,
    CONNECT_SLOW_MS = 20,
    CONNECT_SLOW_AFTER_MS = 1000,
    SPARE_MS = 60000,
    DELETE_AGAIN_MS = 1000,
    TURN_MS = 100
};

bool node_can_feed(const struct node *n)
{
    bool answers = n->state == NODE_UP && n->life.ready && !n->life.hung && n->order != NULL;
    return answers && n->kind->can_feed && n->kind->can_feed(n);
}

static struct start_facts facts_of_upstream(const struct node *n)
{
    const struct node *up = n->order->upstream_node ? n->host->find(n->host, n->order->upstream_node) : NULL;
    struct start_facts f = {.replica = role_at_start(n->order) == ROLE_REPLICA, .has_upstream = up != NULL};
    f.feeds = up != NULL && node_can_feed(up);
    f.lost = up != NULL && node_is_down(up);
    f.to_load = f.lost && node_is_to_load(n); /* it counts there alone, and every step of every node comes here */
    return f;
}

bool node_upstream_ready(const struct node *n)
{
    struct start_facts f = facts_of_upstream(n);
    return start_may_follow(&f);
}

bool node_is_for_another(const struct node *n)
{
    const struct proto_node_order *o = n->order;
    return o->role == ROLE_PRIMARY && o->promote_pid.v != 0 && !proc_is(n->proc, o->promote_pid.v, o->promote_started_ms.v);
}

/* ---- without a process ---- */

/* Hundreds of processes can be due at once; serve and the other nodes must not wait for the last of them. */
static bool turn_is_long(const struct node *n)
{
    return (int64_t)(uv_hrtime() / 1000000) - node_now(n) > TURN_MS;
}

static void start_process(struct node *n)
{
    struct err e = {0};
    node_be(n, engine_kind_of(n->host->engines->kinds, n->order->engine));
    int r = node_spawn(n, node_exited, &e);
    if (r == 0) {
        n->trouble = TROUBLE_NONE;
        n->died = false;
        n->spare_until = n->spare_limit = 0;
        n->connect_at = n->boot_since = node_now(n);
        node_event(n, EVENT_STARTED);
        node_timer(n, CONNECT_MS);
    } else {
        n->trouble = r == ERR_IN_USE ? TROUBLE_CONFLICT : TROUBLE_BROKEN;
        n->retry_at = node_now(n) + backoff_failed(&n->backoff, node_now(n));
        node_reason(n, "%s", e.msg);
        node_timer(n, n->retry_at - node_now(n));
    }
    node_changed(n);
}

static void delete_folder(struct node *n)
{
    struct err e = {0};
    if (node_delete(n, &e) != 0) {
        node_reason(n, "%s", e.msg);
        node_timer(n, DELETE_AGAIN_MS);
        return;
    }
    n->trouble = TROUBLE_NONE;
    node_reason(n, "%s", "");
    node_event(n, EVENT_DELETED);
    node_changed(n);
}

/*
 * Who died, or could not save its data when it was stopped, comes back empty and empties
 * those that follow it; and one that could not be started may be replaced at any moment. Those
 * that have saved their data load them first; then serve is to know that they have, and gets a
 * moment to put one of them in its place: then it is held back, or no primary any more. A moment
 * alone is not enough: serve may be busy, or be started again just then. Nor is an order of before:
 * it may have been decided while nobody was ready, and an agent may have died since.
 */
static bool spares_replicas(struct node *n)
{
    int64_t now = node_now(n);
    if (!node_is_down(n)) return false;
    if (n->host->followers_bring(n->host, n->id)) {
        if (n->spare_limit == 0) n->spare_limit = now + SPARE_MS;
        n->spare_since = now;
        n->spare_until = n->spare_limit;
    } else if (n->spare_limit && n->spare_until == n->spare_limit && (int64_t)n->host->known > n->spare_since) {
        n->spare_until = now + ORDER_MOMENT_MS;
    }
    return now < n->spare_until && now < n->spare_limit;
}

static struct start_facts facts_of_start(struct node *n)
{
    const struct proto_node_order *o = n->order;
    assert(o != NULL); /* nothing else has it run */
    struct start_facts f = facts_of_upstream(n);
    f.for_another = node_is_for_another(n);
    f.held = o->outage.v || (n->died && start_is_held(o, n->died_role));
    f.sparing = spares_replicas(n);
    f.backs_off = node_now(n) < n->retry_at;
    f.switching = n->host->switching(n->host);
    f.at_once = n->kind->starts_at_once && n->kind->starts_at_once(n);
    return f;
}

/* ---- with a process ---- */

void node_connected(struct node *n)
{
    node_event(n, EVENT_CONNECTED);
    n->greet_at = 0;
    if (n->state == NODE_GREET) node_step(n);
}

static int connect_pause(const struct node *n)
{
    return node_now(n) - n->boot_since < CONNECT_SLOW_AFTER_MS ? CONNECT_MS : CONNECT_SLOW_MS;
}

void node_lost(struct node *n)
{
    int64_t now = node_now(n);
    n->conn = NULL;
    node_has_answer(n);
    n->kind->hung_up(n);
    if (n->state == NODE_UP) n->boot_since = now;
    n->connect_at = now + connect_pause(n);
    node_event(n, EVENT_LOST);
    if (n->state == NODE_BOOT) node_step(n);
}

void node_became_ready(struct node *n)
{
    if (!n->life.ready) {
        n->ready_at = node_now(n);
        n->known_at = 0;
    }
    n->life.ready = true;
    n->adopted = false;
    n->trouble = TROUBLE_NONE;
    node_data_loaded(n);
    node_lend_back(n);
    backoff_healthy(&n->backoff, node_now(n));
    node_changed(n);
}

static void connect_to_process(struct node *n)
{
    n->conn = n->kind->connect(n);
    n->connect_at = node_now(n) + connect_pause(n);
    if (n->conn == NULL) node_timer(n, n->connect_at - node_now(n));
}

/* ---- its whole life ---- */

static struct lifecycle_facts facts_of(struct node *n)
{
    struct lifecycle_facts f = {.stopping = n->stopping,
        .assigned = n->assigned,
        .refused = n->refused,
        .run = n->order != NULL && n->order->run.v,
        .has_process = n->proc != NULL,
        .connected = n->conn != NULL,
        .asking = n->asking,
        .connect_at = n->connect_at,
        .greet_at = n->greet_at,
        .retry_at = n->retry_at};
    f.misfit = f.run && f.has_process && (n->moved || node_is_outdated(n) || node_is_out_of_role(n));
    if (n->state == NODE_REST && lifecycle_want(&f) == WANT_RUN) f.start = facts_of_start(n);
    return f;
}

/* Callbacks note what happened, and come here. */
void node_live(struct node *n)
{
    const struct lifecycle_facts f = facts_of(n);
    const struct lifecycle_next next = lifecycle_next(n->state, &f, node_now(n));
    switch (next.what) {
    case DO_START:
        if (!node_seed_ready(n) || !node_fit_ready(n)) return;
        if (turn_is_long(n)) return node_timer(n, 1); /* 0 would come in this turn still */
        return start_process(n);
    case DO_DELETE: return delete_folder(n);
    case DO_REVIVE:
        n->retry_at = 0;
        node_event(n, EVENT_REVIVED);
        return node_step(n);
    case DO_CONNECT: return connect_to_process(n);
    case DO_GREET: return n->kind->greet(n);
    case DO_CONVERGE: return n->kind->up(n);
    case DO_END: return node_begin_end(n, lifecycle_want(&f));
    case DO_AWAIT_END: return node_await_end(n, lifecycle_want(&f));
    default: break;
    }
    if (next.at != 0) node_timer(n, next.at - node_now(n));
}
