#include "machine.h"
#include "uv_virtual.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/*
 * The part of libuv that serve and agents use, on virtual time. What the program uses of
 * libuv besides does not link here, or is an abort: nothing is guessed.
 *
 * A loop's private state hangs at loop->data; a handle's event, if one is due, at u.reserved[0].
 * handle->flags: HANDLE_ACTIVE, HANDLE_CLOSING.
 */
enum { HANDLE_ACTIVE = 1, HANDLE_CLOSING = 2 };

struct virtual_loop {
    struct process *process;
    uv_prepare_t *prepares[4];
    size_t n_prepares;
    uv_signal_t *signals[8];
    size_t n_signals;
    size_t n_open; /* handles that are not closed yet, and work that is not done */
};

struct virtual_loop *virtual_loop_of(const uv_loop_t *loop)
{
    return loop->data;
}

static struct machine_event **event_of(void *handle)
{
    return (struct machine_event **)&((uv_handle_t *)handle)->u.reserved[0];
}

static void handle_init(uv_loop_t *loop, void *handle, uv_handle_type type)
{
    uv_handle_t *h = handle;
    virtual_loop_of(loop)->n_open++;
    h->loop = loop;
    h->type = type;
    h->flags = 0;
    h->u.reserved[0] = NULL;
}

static void cancel(void *handle)
{
    machine_cancel(*event_of(handle));
    *event_of(handle) = NULL;
}

static void due(void *handle, int64_t in_ns, void (*run)(void *arg))
{
    uv_handle_t *h = handle;
    *event_of(h) = machine_after(virtual_loop_of(h->loop)->process, in_ns, run, h);
}

/* ---- loops ---- */

/* Once per turn, as libuv does before it waits. */
static void turn(struct process *p)
{
    struct virtual_loop *l = p->loop;
    for (size_t i = 0; i < l->n_prepares; i++) l->prepares[i]->prepare_cb(l->prepares[i]);
    if (l->n_open == 0 && p->over) p->over(p);
}

int uv_loop_init(uv_loop_t *loop)
{
    struct virtual_loop *l = calloc(1, sizeof *l);
    if (l == NULL) abort();
    memset(loop, 0, sizeof *loop);
    loop->data = l;
    l->process = machine_current();
    l->process->loop = l;
    l->process->turn = turn;
    return 0;
}

int uv_loop_close(uv_loop_t *loop)
{
    (void)loop;
    return 0;
}

uint64_t uv_now(const uv_loop_t *loop)
{
    (void)loop;
    return (uint64_t)machine_ms();
}

uint64_t uv_hrtime(void)
{
    return (uint64_t)machine_ns();
}

void uv_update_time(uv_loop_t *loop)
{
    (void)loop;
}

/* ---- timers ---- */

static void timer_due(void *arg)
{
    uv_timer_t *t = arg;
    *event_of(t) = NULL;
    if (t->repeat) due(t, (int64_t)t->repeat * NS_OF_MS, timer_due);
    else t->flags &= ~(unsigned)HANDLE_ACTIVE;
    t->timer_cb(t);
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *t)
{
    handle_init(loop, t, UV_TIMER);
    t->timer_cb = NULL;
    t->repeat = 0;
    return 0;
}

int uv_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t timeout, uint64_t repeat)
{
    if (t->flags & HANDLE_CLOSING) return UV_EINVAL;
    cancel(t);
    t->timer_cb = cb;
    t->repeat = repeat;
    t->flags |= HANDLE_ACTIVE;
    due(t, timeout > INT32_MAX ? (int64_t)INT32_MAX * NS_OF_MS : (int64_t)timeout * NS_OF_MS, timer_due);
    return 0;
}

int uv_timer_stop(uv_timer_t *t)
{
    cancel(t);
    t->flags &= ~(unsigned)HANDLE_ACTIVE;
    return 0;
}

/* ---- idle, prepare, signals ---- */

/* The loop turns for as long as it is active, so each turn takes a moment. */
static void idle_due(void *arg)
{
    uv_idle_t *h = arg;
    due(h, 1000, idle_due);
    h->idle_cb(h);
}

int uv_idle_init(uv_loop_t *loop, uv_idle_t *h)
{
    handle_init(loop, h, UV_IDLE);
    return 0;
}

int uv_idle_start(uv_idle_t *h, uv_idle_cb cb)
{
    if (h->flags & (HANDLE_CLOSING | HANDLE_ACTIVE)) return 0;
    h->idle_cb = cb;
    h->flags |= HANDLE_ACTIVE;
    due(h, 1000, idle_due);
    return 0;
}

int uv_idle_stop(uv_idle_t *h)
{
    cancel(h);
    h->flags &= ~(unsigned)HANDLE_ACTIVE;
    return 0;
}

int uv_prepare_init(uv_loop_t *loop, uv_prepare_t *h)
{
    handle_init(loop, h, UV_PREPARE);
    return 0;
}

int uv_prepare_start(uv_prepare_t *h, uv_prepare_cb cb)
{
    struct virtual_loop *l = virtual_loop_of(h->loop);
    if (l->n_prepares == sizeof l->prepares / sizeof *l->prepares) abort();
    h->prepare_cb = cb;
    l->prepares[l->n_prepares++] = h;
    return 0;
}

static void forget_prepare(uv_prepare_t *h)
{
    struct virtual_loop *l = virtual_loop_of(h->loop);
    size_t kept = 0;
    for (size_t i = 0; i < l->n_prepares; i++)
        if (l->prepares[i] != h) l->prepares[kept++] = l->prepares[i];
    l->n_prepares = kept;
}

int uv_signal_init(uv_loop_t *loop, uv_signal_t *h)
{
    handle_init(loop, h, UV_SIGNAL);
    return 0;
}

int uv_signal_start(uv_signal_t *h, uv_signal_cb cb, int signum)
{
    struct virtual_loop *l = virtual_loop_of(h->loop);
    if (l->n_signals == sizeof l->signals / sizeof *l->signals) abort();
    h->signal_cb = cb;
    h->signum = signum;
    l->signals[l->n_signals++] = h;
    return 0;
}

static void signal_due(void *arg)
{
    uv_signal_t *h = arg;
    *event_of(h) = NULL;
    h->signal_cb(h, h->signum);
}

bool uv_virtual_signal(struct process *p, int signum)
{
    struct virtual_loop *l = p->loop;
    for (size_t i = 0; l && i < l->n_signals; i++)
        if (l->signals[i]->signum == signum && !(l->signals[i]->flags & HANDLE_CLOSING)) {
            if (*event_of(l->signals[i]) == NULL) due(l->signals[i], 1000, signal_due);
            return true;
        }
    return false;
}

/* ---- the end of a handle ---- */

static void closed(void *arg)
{
    uv_handle_t *h = arg;
    *event_of(h) = NULL;
    virtual_loop_of(h->loop)->n_open--;
    if (h->close_cb) h->close_cb(h);
}

void uv_close(uv_handle_t *h, uv_close_cb cb)
{
    if (h->flags & HANDLE_CLOSING) abort();
    if (h->type == UV_PREPARE) forget_prepare((uv_prepare_t *)h);
    cancel(h);
    h->flags = HANDLE_CLOSING;
    h->close_cb = cb;
    due(h, 1000, closed);
}

int uv_is_closing(const uv_handle_t *h)
{
    return (h->flags & HANDLE_CLOSING) != 0;
}

/* ---- work in other threads: it is done in one moment, some time later ---- */

static void work_done(void *arg)
{
    uv_work_t *w = arg;
    virtual_loop_of(w->loop)->n_open--;
    w->after_work_cb(w, 0);
}

static void work_begun(void *arg)
{
    uv_work_t *w = arg;
    w->work_cb(w);
    machine_after(virtual_loop_of(w->loop)->process, (1 + machine_below(20)) * NS_OF_MS, work_done, w);
}

int uv_queue_work(uv_loop_t *loop, uv_work_t *w, uv_work_cb work, uv_after_work_cb after)
{
    w->loop = loop;
    w->work_cb = work;
    w->after_work_cb = after;
    virtual_loop_of(loop)->n_open++;
    machine_after(virtual_loop_of(loop)->process, machine_below(2 * NS_OF_MS), work_begun, w);
    return 0;
}

void uv_once(uv_once_t *guard, void (*callback)(void))
{
    if (*guard == 0) callback();
    *guard = 1;
}

/* The machine turns every loop. */
int uv_run(uv_loop_t *loop, uv_run_mode mode)
{
    (void)loop;
    (void)mode;
    abort();
}

const char *uv_strerror(int code)
{
    return strerrordesc_np(-code);
}

uv_buf_t uv_buf_init(char *base, unsigned len)
{
    return (uv_buf_t){.base = base, .len = len};
}
