#include "base/clock.h"
#include "base/log.h"
#include "control/internal.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
    WAIT_LIMIT_MS = 20000, /* an agent's long poll is answered with nothing after this */
    RESPAWN_MAX_MS = 2000,
    STOP_RESPAWN_MS = 100,   /* while all shall stop */
    STOP_TRIES = 3,          /* an agent that dies this often while all shall stop is given up */
    HEALTHY_NS = 1000000000, /* an agent that lived this long is started again at once */
};

static void start_agent(struct session *s);

struct session *session_find(struct control *c, const char *region)
{
    for (struct session *s = c->sessions; s; s = s->next)
        if (strcmp(s->region, region) == 0) return s;
    return NULL;
}

bool session_left_over(const struct control *c, const char *region)
{
    return agent_process_holder(c->o.data_dir, region) != 0;
}

pid_t session_pid(const struct session *s)
{
    return s->process ? agent_process_pid(s->process) : 0;
}

static void on_respawn(uv_timer_t *t)
{
    start_agent(t->data);
}

/* While all shall stop, an agent that can't be started must not hold that up for ever. */
static bool give_up(struct session *s)
{
    if (s->control->stopped == NULL || ++s->failures < STOP_TRIES) return false;
    log_error("the agent of %s can't be started to stop its nodes; see %s/regions/%s/agent.log", s->region,
        s->control->o.data_dir, s->region);
    s->stopped = s->given_up = true;
    control_agent_changed(s->control);
    return true;
}

/* 'how' tells what is known of its end. */
static void agent_gone(void *arg, const char *how)
{
    struct session *s = arg;
    bool healthy = clock_mono_ns() - s->started_ns > HEALTHY_NS;
    s->process = NULL;
    s->in_touch = false;
    buf_clear(&s->sighting);
    control_agent_changed(s->control);
    if (s->closing || (s->stopped && s->control->stopped)) return;
    s->stopped = false; /* somebody else told it to stop */
    if (!healthy && give_up(s)) return;
    s->respawn_ms = healthy || s->respawn_ms == 0 ? 5 : s->respawn_ms * 2 > RESPAWN_MAX_MS ? RESPAWN_MAX_MS : s->respawn_ms * 2;
    log_warn("the agent of %s is gone%s; starting it again", s->region, how);
    uv_timer_start(&s->respawn, on_respawn, (uint64_t)s->respawn_ms, 0);
}

static void on_closed(uv_handle_t *h)
{
    struct session *s = h->data;
    if (--s->open_handles > 0 || !s->closing) return;
    buf_fini(&s->sighting);
    buf_fini(&s->assignment);
    buf_fini(&s->unversioned);
    free(s->region);
    free(s);
}

void session_signal(struct session *s, int signal)
{
    if (s->process) agent_process_signal(s->process, signal);
}

static void condemn(struct session *s)
{
    log_warn("the agent of %s hangs (pid %d): killing it, another one takes over its nodes", s->region, (int)session_pid(s));
    s->condemned = true;
    session_signal(s, SIGKILL);
}

/* An agent that has nothing to do yet owes no report: that it waits for its assignment is all that it has to say. */
void session_look(struct session *s)
{
    if (s->process == NULL || s->condemned || (s->waiter && !s->briefed)) return;
    bool hangs = silence_hangs(&s->silence, silence_look(&s->silence, session_pid(s)));
    if (s->in_touch && silence_falls(&s->silence)) {
        log_warn("the agent of %s has fallen silent", s->region);
        s->in_touch = false;
        control_changed(s->control);
    }
    if (hangs) condemn(s);
}

/* Another process from here on. */
static void begin(struct session *s)
{
    s->started_ns = clock_mono_ns();
    s->briefed = s->condemned = false;
    s->silence = (struct silence){0};
}

static bool find_agent(struct session *s)
{
    s->process = agent_process_find(&s->control->o, s->region, agent_gone, s);
    if (s->process == NULL) return false;
    begin(s);
    log_info("found the agent of %s at work (pid %d)", s->region, (int)session_pid(s));
    return true;
}

static void start_agent(struct session *s)
{
    if (s->closing || s->process || find_agent(s)) return;
    begin(s);
    int r = agent_process_start(&s->control->o, s->region, agent_gone, s, &s->process);
    if (r == 0) return;
    log_error("starting the agent of %s: %s", s->region, uv_strerror(r));
    if (!give_up(s)) uv_timer_start(&s->respawn, on_respawn, s->control->stopped ? STOP_RESPAWN_MS : RESPAWN_MAX_MS, 0);
}

struct session *session_ensure(struct control *c, const char *region)
{
    struct session *s = session_find(c, region);
    if (s) return s;
    s = calloc(1, sizeof *s);
    if (s == NULL || (s->region = strdup(region)) == NULL) abort();
    s->control = c;
    s->heard_ms = clock_steady_ms();
    s->version = s->heard_ms; /* greater than any that an agent may have from an earlier serve */
    uv_timer_init(c->o.loop, &s->respawn);
    uv_timer_init(c->o.loop, &s->wait_limit);
    s->respawn.data = s->wait_limit.data = s;
    s->open_handles = 2;
    s->next = c->sessions;
    c->sessions = s;
    start_agent(s);
    return s;
}

static void answer(struct session *s, const char *text, size_t len)
{
    control_assignment_fn *done = s->waiter;
    s->waiter = NULL;
    uv_timer_stop(&s->wait_limit);
    if (text) s->briefed = true;
    if (done) done(s->waiter_arg, text, len);
}

void session_release(struct session *s)
{
    answer(s, NULL, 0);
}

void session_assign(struct session *s, const struct buf *text)
{
    if (s->unversioned.len == text->len && memcmp(s->unversioned.data, text->data, text->len) == 0) return;
    buf_clear(&s->unversioned);
    buf_add(&s->unversioned, text->data, text->len);
    s->version++;
    /* The text begins with {"version":0 – the number is put in by hand rather than by encoding everything once more. */
    static const char head[] = "{\"version\":0";
    buf_clear(&s->assignment);
    buf_printf(&s->assignment, "{\"version\":%lld", (long long)s->version);
    buf_add(&s->assignment, text->data + sizeof head - 1, text->len - (sizeof head - 1));
    if (s->waiter) answer(s, s->assignment.data, s->assignment.len);
}

static void on_wait_limit(uv_timer_t *t)
{
    session_release(t->data);
}

void control_wait(struct control *c, const char *region, int64_t after, control_assignment_fn *done, void *arg)
{
    struct session *s = session_find(c, region);
    if (s == NULL) {
        done(arg, NULL, 0);
        return;
    }
    session_release(s);
    silence_end(&s->silence);
    s->waiter = done;
    s->waiter_arg = arg;
    if (s->version != after && s->assignment.len) {
        answer(s, s->assignment.data, s->assignment.len);
        return;
    }
    uv_timer_start(&s->wait_limit, on_wait_limit, WAIT_LIMIT_MS, 0);
}

void control_unwait(struct control *c, const char *region, void *arg)
{
    struct session *s = session_find(c, region);
    if (s == NULL || s->waiter == NULL || s->waiter_arg != arg) return;
    s->waiter = NULL;
    uv_timer_stop(&s->wait_limit);
    s->in_touch = false;
    buf_clear(&s->sighting);
    control_agent_changed(c);
}

void session_close(struct session *s)
{
    s->closing = true;
    session_release(s);
    uv_close((uv_handle_t *)&s->respawn, on_closed);
    uv_close((uv_handle_t *)&s->wait_limit, on_closed);
    agent_process_leave(s->process);
    s->process = NULL;
}
