#include "control/session.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "protocol/protocol.gen.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_LIMIT_MS = 20000, /* an agent's long poll is answered with nothing after this */
    RESPAWN_MIN_MS = 5,
    RESPAWN_MAX_MS = 2000,
    STOP_RESPAWN_MS = 100,   /* while all shall stop */
    STOP_TRIES = 3,          /* an agent that dies this often while all shall stop is given up */
    HEALTHY_NS = 1000000000, /* an agent that lived this long is started again at once */
};

static void start_session_agent(struct session *s);

struct session *session_find(const struct sessions *all, const char *region)
{
    for (struct session *s = all->first; s; s = s->next)
        if (strcmp(s->region, region) == 0) return s;
    return NULL;
}

bool session_is_silent(const struct session *s)
{
    return !s->in_touch && !s->isolated;
}

bool session_left_over(const struct sessions *all, const char *region)
{
    return agent_process_holder(all->o->data_dir, region) != 0;
}

bool session_is_dry_run(const struct sessions *all, const char *region)
{
    const struct session *s = session_find(all, region);
    return s && s->in_touch ? s->dry_run : all->o->dry_run;
}

/* ---- its process ---- */

static void on_respawn(uv_timer_t *t)
{
    start_session_agent(t->data);
}

/* While all shall stop, an agent that can't be started must not hold that up for ever. */
static bool give_up(struct session *s)
{
    if (!s->all->stopping || ++s->failures < STOP_TRIES) return false;
    log_error("the agent of %s can't be started to stop its nodes; see %s/regions/%s/agent.log", s->region, s->all->o->data_dir,
        s->region);
    s->stopped = s->given_up = true;
    s->all->changed(s->all->arg);
    return true;
}

static int64_t next_pause_ms(const struct session *s, bool healthy)
{
    if (healthy || s->respawn_ms == 0) return RESPAWN_MIN_MS;
    return s->respawn_ms * 2 > RESPAWN_MAX_MS ? RESPAWN_MAX_MS : s->respawn_ms * 2;
}

/* 'how' tells what is known of its end. */
static void on_ended(void *arg, const char *how)
{
    struct session *s = arg;
    bool healthy = clock_mono_ns() - s->started_ns > HEALTHY_NS;
    s->process = NULL;
    s->in_touch = false;
    told_fini(&s->told);
    s->all->changed(s->all->arg);
    if (s->closing || (s->stopped && s->all->stopping)) return;
    s->stopped = false; /* somebody else told it to stop */
    if (!healthy && give_up(s)) return;
    s->respawn_ms = next_pause_ms(s, healthy);
    log_warn("the agent of %s is gone%s; starting it again", s->region, how);
    uv_timer_start(&s->respawn, on_respawn, (uint64_t)s->respawn_ms, 0);
}

static void start_session_agent(struct session *s)
{
    const struct sessions *all = s->all;
    if (s->closing || s->process) return;
    s->started_ns = clock_mono_ns();
    s->briefed = s->condemned = false;
    s->silence = (struct silence){0};
    s->process = agent_process_find(all->o, s->region, on_ended, s);
    if (s->process) log_info("found the agent of %s at work (pid %d)", s->region, (int)agent_process_pid(s->process));
    int r = s->process ? 0 : agent_process_start(all->o, s->region, on_ended, s, &s->process);
    if (r == 0) return;
    log_error("starting the agent of %s: %s", s->region, uv_strerror(r));
    if (!give_up(s)) uv_timer_start(&s->respawn, on_respawn, all->stopping ? STOP_RESPAWN_MS : RESPAWN_MAX_MS, 0);
}

void session_ensure(struct sessions *all, const char *region)
{
    if (session_find(all, region)) return;
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL || (s->region = strdup(region)) == NULL) abort();
    s->all = all;
    s->heard_ms = clock_steady_ms();
    orders_begin(&s->orders, s->heard_ms);
    s->version = s->heard_ms; /* greater than any that an agent may have from an earlier serve */
    uv_timer_init(all->o->loop, &s->respawn);
    uv_timer_init(all->o->loop, &s->wait_limit);
    s->respawn.data = s->wait_limit.data = s;
    s->open_handles = 2;
    s->next = all->first;
    all->first = s;
    start_session_agent(s);
}

/* An agent that has nothing to do yet owes no report: that it waits for its assignment is all that it has to say. */
void session_look(struct session *s)
{
    if (s->process == NULL || s->condemned || (s->waiter && !s->briefed)) return;
    bool hangs = silence_hangs(&s->silence, silence_look(&s->silence, agent_process_pid(s->process)));
    if (s->in_touch && silence_falls(&s->silence)) {
        log_warn("the agent of %s has fallen silent", s->region);
        s->in_touch = false;
        s->all->changed(s->all->arg);
    }
    if (hangs) {
        log_warn("the agent of %s hangs (pid %d): killing it, another one takes over its nodes", s->region,
            (int)agent_process_pid(s->process));
        s->condemned = true;
        agent_process_signal(s->process, SIGKILL);
    }
}

/* ---- what is said ---- */

/* Ends the wait of whoever waits, with nothing or with the assignment. */
static void answer_waiter(struct session *s, bool assigned)
{
    _buf_ struct buf text = {0};
    control_assignment_fn *done = s->waiter;
    s->waiter = NULL;
    uv_timer_stop(&s->wait_limit);
    if (assigned) s->briefed = true;
    if (assigned && done) orders_write(&s->orders, s->since, &text);
    if (done) done(s->waiter_arg, text.data, text.len);
}

void session_hand_out(struct session *s)
{
    if (s->incomplete || !orders_settle(&s->orders)) return;
    s->version = s->orders.version;
    if (s->waiter) answer_waiter(s, true);
}

static void on_wait_limit(uv_timer_t *t)
{
    answer_waiter(t->data, false);
}

void session_wait(struct session *s, int64_t after, const char *numbering, control_assignment_fn *done, void *arg)
{
    bool ours = numbering && s->numbering[0] && strcmp(numbering, s->numbering) == 0;
    answer_waiter(s, false);
    if (ours) orders_know(&s->orders, after);
    s->since = ours ? after : -1;
    silence_end(&s->silence);
    s->waiter = done;
    s->waiter_arg = arg;
    bool news = s->version != after || (numbering && !ours); /* numbers of others say nothing */
    if (news && s->orders.head.len && !s->incomplete) answer_waiter(s, true);
    else uv_timer_start(&s->wait_limit, on_wait_limit, WAIT_LIMIT_MS, 0);
}

void session_unwait(struct session *s, const void *arg)
{
    if (s->waiter == NULL || s->waiter_arg != arg) return;
    s->waiter = NULL;
    uv_timer_stop(&s->wait_limit);
    s->in_touch = false;
    s->all->changed(s->all->arg);
}

struct hearing {
    keyed_changed_fn *changed;
    void *arg;
    bool news;
};

static void on_told(void *arg, int list, const char *key)
{
    struct hearing *h = arg;
    h->news = true;
    h->changed(h->arg, list, key);
}

int session_hear(
    struct session *s, const struct proto_sighting *seen, keyed_changed_fn *changed, void *arg, bool *news, struct err *e)
{
    *news = false;
    silence_end(&s->silence);
    if (s->isolated && !s->all->stopping) return 0;
    struct hearing h = {changed, arg, !s->in_touch || s->taken != seen->version.v || s->stopped != seen->stopped.v};
    if (!told_take(&s->told, seen, on_told, &h))
        return err_set(e, ERR_STALE, "sighting of the region %s: it is the difference from another one", s->region);
    s->in_touch = true;
    s->stopped = seen->stopped.v;
    s->dry_run = seen->dry_run.v;
    s->heard_ms = clock_steady_ms();
    s->taken = seen->version.v;
    *news = h.news;
    return 0;
}

void session_isolate(struct session *s, bool isolated)
{
    if (s->isolated == isolated) return;
    log_info("the region %s is %s", s->region, isolated ? "cut off" : "within reach again");
    s->isolated = isolated;
    s->in_touch = false;
    if (isolated) return;
    orders_fini(&s->orders);
    s->head.made = false;
    orders_begin(&s->orders, ++s->version);
    s->incomplete = true;
}

void session_complete(struct session *s)
{
    s->incomplete = false;
}

/* ---- its end ---- */

static void on_closed(uv_handle_t *h)
{
    struct session *s = h->data;
    if (--s->open_handles > 0) return;
    told_fini(&s->told);
    orders_fini(&s->orders);
    free(s->region);
    free(s);
}

void sessions_close(struct sessions *all)
{
    for (struct session *s = all->first, *next; s; s = next) {
        next = s->next;
        s->closing = true;
        answer_waiter(s, false);
        uv_close((uv_handle_t *)&s->respawn, on_closed);
        uv_close((uv_handle_t *)&s->wait_limit, on_closed);
        agent_process_leave(s->process);
        s->process = NULL;
    }
}
