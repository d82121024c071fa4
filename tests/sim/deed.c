#include "deed.h"
#include "agents.h"
#include "base/buf.h"
#include "base/trip.h"
#include "engines.h"
#include "expect.h"
#include "faults.h"
#include "machine.h"
#include "models.h"
#include "record.h"
#include "scripted.h"
#include "serve.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_engines(const void *a, const void *b)
{
    const struct engine *x = *(struct engine *const *)a, *y = *(struct engine *const *)b;
    return strcmp(x->id, y->id);
}

/* The n-th engine that lives in the region, counted round; NULL: none does. */
static struct engine *engine_number(const struct step *s)
{
    struct engine *there[256];
    size_t n = 0;
    for (struct engine *e = engines_living(); e && n < sizeof there / sizeof *there; e = e->next)
        if (strcmp(e->region, s->region) == 0) there[n++] = e;
    if (n == 0) return NULL;
    qsort(there, n, sizeof *there, compare_engines);
    return there[(size_t)s->n % n];
}

static void kill_engine(const struct step *s)
{
    struct engine *e = engine_number(s);
    if (e == NULL) return;
    if (s->signal == SIGSTOP) expect_ended(e, false); /* who does not answer is no successor */
    machine_kill(e->process, s->signal);
}

static void burden_engine(const struct step *s)
{
    struct engine *e = engine_number(s);
    if (e == NULL || e->model == NULL) return;
    expect_ended(e, false);
    models_burden(e, s->action, s->more);
}

static void make_busy(const struct step *s)
{
    struct engine *e = engine_number(s);
    if (e == NULL || e->model || !e->keeps_data) return;
    expect_ended(e, false); /* as above */
    engine_be_busy(e, s->more);
}

static void ask(const struct step *s)
{
    _arena_ struct arena a = {0};
    const void *out;
    const char *message;
    if (!serve_runs() || serve_process()->stopped) {
        record("nobody takes %s", s->action);
        return;
    }
    if (models_world() && (strstr(s->form, "TransitEncryption") || strstr(s->form, "AuthToken"))) {
        record("not asked: the certificates of a run are no certificates");
        return;
    }
    expect_asking(s->region, s->action, s->form);
    int r = serve_run(s->region, s->action, s->form, &a, &out, &message);
    record("asked in %s: %s %s: %s%s", s->region, s->action, s->form,
        r == 0  ? "done"
        : r > 0 ? "refused: "
                : "broken: ",
        message);
    expect_answer(r == 0);
}

static void kill_serve(const struct step *s)
{
    if (s->signal == SIGTERM) serve_stop();
    else machine_kill(serve_process(), s->signal);
}

static void reset(const struct step *s)
{
    const char *region = strcmp(s->region, "-") == 0 ? NULL : s->region;
    if (!serve_runs() || serve_process()->stopped) return;
    expect_reset(region);
    serve_reset(region);
}

static void put_out_of_order(const struct step *s)
{
    if (serve_runs() && !serve_process()->stopped) serve_put_out_of_order(s->region, s->n, s->more == 1);
}

static void bend_link(const struct step *s)
{
    if (serve_runs() && !serve_process()->stopped) serve_bend_link(s->region, s->action, s->form, s->n);
}

/* ---- everything at once ---- */

static void black_out(void)
{
    machine_kill(serve_process(), SIGKILL);
    for (struct process *p = machine_processes(); p; p = p->next) machine_kill(p, SIGKILL);
}

static void go_on(void *arg)
{
    machine_kill(arg, SIGCONT);
}

static int64_t paused_until_ns;

int64_t deed_pause_left_ms(void)
{
    return paused_until_ns > machine_ns() ? (paused_until_ns - machine_ns()) / NS_OF_MS + 1 : 0;
}

static void pause_all(int64_t for_ms)
{
    int64_t until_ns = machine_ns() + for_ms * NS_OF_MS;
    if (paused_until_ns < until_ns) paused_until_ns = until_ns;
    for (struct process *p = machine_processes(); p; p = p->next) {
        if (!p->alive || p->stopped) continue;
        machine_kill(p, SIGSTOP);
        machine_after(NULL, for_ms * NS_OF_MS, go_on, p);
    }
}

/* ---- strangers ---- */

enum { FREE_MAX = 64, AHEAD = 4 };

struct place {
    const char *address;
    int64_t port;
};

static size_t add_free(struct place *out, size_t n, const char *address, int64_t port)
{
    if (n == FREE_MAX || address == NULL || engine_at(address, port)) return n;
    out[n] = (struct place){address, port};
    return n + 1;
}

/* Addresses of the region's rows at which nobody listens now, and the ones that would be given next. */
static size_t find_free(struct arena *a, const struct world *w, const char *region, struct place *out)
{
    size_t n = 0;
    const char *last = NULL;
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *row = &w->nodes[i].row;
        if (strcmp(row->region, region) != 0 || row->address == NULL) continue;
        n = add_free(out, n, row->address, row->port);
        last = row->address;
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        const struct row_endpoint *row = &w->endpoints[i].row;
        if (strcmp(row->region, region) == 0) n = add_free(out, n, row->address, row->port);
    }
    const char *dot = last ? strrchr(last, '.') : NULL;
    for (int i = 1; dot && i <= AHEAD; i++)
        n = add_free(out, n, arena_printf(a, "%.*s.%d", (int)(dot - last), last, (atoi(dot + 1) + i) % 256), 6379);
    return n;
}

static void put_stranger(const struct step *s)
{
    _arena_ struct arena a = {0};
    struct world w;
    struct place there[FREE_MAX];
    if (!serve_runs() || serve_load(&a, &w) != 0) return;
    size_t n = find_free(&a, &w, s->region, there);
    if (n == 0) return;
    const struct place *p = &there[(size_t)s->n % n];
    faults_put_stranger(p->address, p->port, s->more);
}

/* ---- all of them ---- */

void deed_do(const struct step *s)
{
    struct process *agent = s->verb == VERB_AGENT ? agents_find(s->region) : NULL;
    _buf_ struct buf line = {0};
    step_write(s, &line);
    record("STEP %s", line.data);
    switch (s->verb) {
    case VERB_ASK: ask(s); break;
    case VERB_KILL: kill_engine(s); break;
    case VERB_BURDEN: burden_engine(s); break;
    case VERB_AGENT: machine_kill(agent, s->signal); break;
    case VERB_SERVE: kill_serve(s); break;
    case VERB_RESTART: serve_stop(); break;
    case VERB_BLACKOUT: black_out(); break;
    case VERB_PAUSE: pause_all(s->n); break;
    case VERB_CUT: network_cut(s->region, s->n); break;
    case VERB_CLOCK: machine_set_wall(s->n); break;
    case VERB_TRIP: trip_arm((enum trip)trip_find(s->action), (int)s->n); break;
    case VERB_NETWORK: network_set((int)s->n, s->more); break;
    case VERB_DISK: faults_fill_disk(s->n); break;
    case VERB_STRANGER: put_stranger(s); break;
    case VERB_BUSY: make_busy(s); break;
    case VERB_SPOIL: scripted_spoil(s->region, (size_t)s->n); break;
    case VERB_OLDER: serve_try_older(); break;
    case VERB_RESET: reset(s); break;
    case VERB_OUTAGE: put_out_of_order(s); break;
    case VERB_LINK: bend_link(s); break;
    case VERB__COUNT: break;
    }
}
