#include "agent/node/start.h"
#include "base/arena.h"
#include "build.h"
#include "plan/check.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
/*
 * The plans, and a scripted agent whose nodes wait as real ones do (agent/node/start.h): groups and
 * datastores begin in random states in which some nodes can't start, have lost their data or
 * have damaged ones. Whatever waits for whom, somebody with the data gets to serve.
 */

enum { WORLDS = 200, STEPS = 200, STEP_MS = 500, CHECKED = 4 /* one world in so many */ };

struct machine {
    bool alive, primary, fenced, link_up;
    bool taken;    /* its address is somebody else's, for good */
    bool damaged;  /* what it saved can't be loaded */
    int64_t saved; /* what its last stop saved; 0: nothing */
    int64_t data;  /* what its process has */
    bool died;     /* and as what it was ordered then: */
    bool died_primary, died_known;
    const char *trouble; /* NULL: none */
    int64_t pid;
};

static struct arena a;
static struct build b;
static struct machine machines[BUILD_MAX];
static unsigned seed, seed_of_world;
static int64_t pids;

static int below(int n)
{
    return rand_r(&seed) % n;
}

static struct machine *machine_of(const struct world_node *n)
{
    return n ? &machines[n - b.nodes] : NULL;
}

static struct world_node *node_at(struct world_node *n, const char *id)
{
    return id ? rg_node(n->rg, id) : NULL;
}

static bool feeds(const struct machine *m)
{
    return m->alive && (m->primary || m->link_up);
}

/* Those it would follow: a node of its region, or whoever its region's gateway leads to. */
static struct machine *upstream_of(struct world_node *n, const struct want_node *want)
{
    if (want->upstream_node) return machine_of(node_at(n, want->upstream_node));
    struct world_node *target = n->rg->global ? want_gateway_target(n->rg, n->node_group) : NULL;
    struct machine *m = machine_of(target);
    return m && m->alive && m->primary ? m : NULL;
}

static bool is_for_another(const struct world_node *n, const struct want_node *want)
{
    const struct machine *m = machine_of(n);
    return want->primary && n->row.promote_pid && !(m->alive && m->pid == n->row.promote_pid);
}

static bool followers_load(const struct world_node *n)
{
    for (size_t i = 0; i < n->rg->n_nodes; i++) {
        const struct machine *m = machine_of(&n->rg->nodes[i]);
        if (&n->rg->nodes[i] != n && !m->alive && m->saved && !m->taken && !m->damaged) return true;
    }
    return false;
}

static void start(struct machine *m, const struct want_node *want)
{
    m->trouble = NULL;
    if (m->taken) m->trouble = "conflict";
    else if (m->damaged) m->trouble = "broken";
    if (m->damaged && !m->taken) m->died = true;
    if (m->trouble) return;
    m->alive = true;
    m->died = false;
    m->pid = ++pids;
    m->primary = want->primary;
    m->link_up = m->fenced = false;
    m->data = m->saved;
    m->saved = 0;
}

static void rest(struct world_node *n, const struct want_node *want)
{
    struct machine *m = machine_of(n), *up = want->upstream_node ? upstream_of(n, want) : NULL;
    if (m->damaged && m->trouble && !want->primary) { /* put aside, once it was found out */
        m->damaged = false;
        m->saved = 0;
    }
    if (m->died && !m->died_known) m->died_primary = want->primary;
    m->died_known |= m->died;
    struct start_facts f = {
        .replica = !want->primary,
        .for_another = is_for_another(n, want),
        .held = m->died && want->hold && m->died_primary == want->primary,
        .sparing = (m->died || m->trouble) && n == rg_primary(n->node_group) && followers_load(n),
        .to_load = m->saved != 0,
        .has_upstream = up != NULL,
        .feeds = up && feeds(up),
        .lost = up && !up->alive && (up->died || up->trouble),
    };
    if (start_waits_for(&f) == START_NOW) start(m, want);
}

static void up(struct world_node *n, const struct want_node *want)
{
    struct machine *m = machine_of(n), *upstream = want->primary ? NULL : upstream_of(n, want);
    if (want->primary && !m->primary && !is_for_another(n, want) && m->data >= want->promote_offset) m->primary = true;
    m->fenced = m->primary && want->fence;
    if (want->primary) return;
    m->link_up = upstream && upstream != m && feeds(upstream);
    if (m->primary && !m->fenced) m->primary = false;
    if (!m->link_up) return;
    m->primary = false;
    m->data = upstream->data; /* all of it, be it nothing */
}

static void see(struct world_node *n, const struct want_node *want)
{
    const struct machine *m = machine_of(n);
    enum seen_state state = word_of(&words_seen_state, m->alive     ? "ready"
                                                       : m->trouble ? m->trouble
                                                       : m->died    ? "exited"
                                                                    : "starting");
    if (m->alive) build_see(&b, n);
    if (n->row.seen_state != state) n->row.seen_since_ms = b.w.steady_ms;
    n->row.seen_state = state;
    n->row.seen_pid = m->alive ? m->pid : 0;
    n->row.seen_role = !m->alive ? ROLE_UNKNOWN : m->primary ? ROLE_PRIMARY : ROLE_REPLICA;
    n->row.seen_link_up = m->alive && !m->primary && m->link_up;
    n->row.seen_offset = m->alive ? m->data : 0;
    n->row.seen_fenced = m->alive && m->fenced;
    (void)want;
}

/* The agents do what they can, and tell; then the plans look. */
static void step(void)
{
    for (size_t i = 0; i < b.w.n_nodes; i++) {
        struct world_node *n = &b.nodes[i];
        struct want_node want = want_node(&b.w, n);
        if (machines[i].alive) up(n, &want);
        else rest(n, &want);
    }
    for (size_t i = 0; i < b.w.n_nodes; i++) {
        struct want_node want = want_node(&b.w, &b.nodes[i]);
        see(&b.nodes[i], &want);
    }
    b.w.steady_ms += STEP_MS;
    b.w.now_ms += STEP_MS;
    plan_world(&b.w);
    const struct violation *v = seed_of_world % CHECKED ? NULL : plan_check(&b.w);
    if (v) cr_expect_fail("seed %u: invariant %d: %s", seed_of_world, v->number, v->text);
}

static void build_random(void)
{
    int regions = below(3);
    build_init(&b, &a);
    if (regions == 0) build_rg(&b, "us-east-1", "east", "available", 1 + below(3));
    if (regions == 2) build_rg(&b, "eu-west-1", "west", "available", 1 + below(2));
    if (regions >= 1) build_rg(&b, "sa-east-1", "south", "available", 1 + below(2));
    if (regions >= 1) build_rg(&b, "us-east-1", "east", "available", 1 + below(2));
    if (regions >= 1) build_global(&b, "ldgnf-g", "available");
    if (regions == 2) build_member(&b, "ldgnf-g", "eu-west-1", "west", "SECONDARY", "associated");
    if (regions >= 1) build_member(&b, "ldgnf-g", "sa-east-1", "south", "SECONDARY", "associated");
    if (regions >= 1) build_member(&b, "ldgnf-g", "us-east-1", "east", "PRIMARY", "associated");
    build_link(&b);
    for (size_t i = 0; i < b.w.n_rgs; i++)
        b.rgs[i].row.automatic_failover = b.rgs[i].n_nodes > 1 ? FAILOVER_ENABLED : FAILOVER_DISABLED;
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

/* All of it was stopped; some could not save, some were killed. */
static void begin(void)
{
    memset(machines, 0, sizeof machines);
    for (size_t i = 0; i < b.w.n_nodes; i++) {
        struct machine *m = &machines[i];
        m->saved = below(4) ? 1000 : 0;
        m->died = m->saved == 0;
        m->taken = below(4) == 0;
        m->damaged = m->saved && below(4) == 0;
        b.nodes[i].row.settled = 1;
        b.nodes[i].row.seen_state = m->died ? SEEN_EXITED : SEEN_STOPPED;
        b.nodes[i].row.seen_pid = 0;
        b.nodes[i].row.seen_since_ms = b.w.steady_ms;
    }
}

static bool can_bring_data(const struct machine *m)
{
    return m->saved && !m->taken && !m->damaged;
}

static bool serves(bool active_only)
{
    for (size_t i = 0; i < b.w.n_nodes; i++) {
        const struct machine *m = &machines[i];
        bool active = b.nodes[i].rg->global == NULL || !want_passive(b.nodes[i].rg);
        if (m->alive && m->data >= 1000 && (!active_only || (active && m->primary))) return true;
    }
    return false;
}

static void describe(char *out, size_t size)
{
    size_t len = 0;
    for (size_t i = 0; i < b.w.n_nodes && len < size; i++) {
        const struct machine *m = &machines[i];
        len += (size_t)snprintf(out + len, size - len, " %s: %s%s%s%s data %lld saved %lld;", b.nodes[i].row.id,
            seen_state_text(b.nodes[i].row.seen_state), m->primary ? " primary" : "", m->taken ? " taken" : "",
            m->damaged ? " damaged" : "", (long long)m->data, (long long)m->saved);
    }
}

Test(waits, whoever_has_the_data_serves_whatever_keeps_others_from_starting)
{
    unsigned first = getenv("SEED") ? (unsigned)atol(getenv("SEED")) : (unsigned)time(NULL);
    for (unsigned i = 0; i < WORLDS; i++) {
        char begun[2000], ended[2000];
        seed = seed_of_world = first + i;
        build_random();
        begin();
        bool data = false, active = false;
        for (size_t k = 0; k < b.w.n_nodes; k++) {
            data |= can_bring_data(&machines[k]);
            bool is_first = rg_primary(b.nodes[k].node_group) == &b.nodes[k];
            active |= (can_bring_data(&machines[k]) || (is_first && !machines[k].taken)) && !want_passive(b.nodes[k].rg);
        }
        describe(begun, sizeof begun);
        for (int s = 0; s < STEPS; s++) step();
        describe(ended, sizeof ended);
        const char *phase = b.w.n_globals ? global_phase_text(b.globals[0].row.phase) : "";
        cr_expect(!data || serves(false), "seed %u: nobody has the data.%s => %s%s", first + i, begun, phase, ended);
        cr_expect(!data || !active || serves(true), "seed %u: nobody serves.%s => %s%s", first + i, begun, phase, ended);
        arena_fini(&a);
        a = (struct arena){0};
    }
}
