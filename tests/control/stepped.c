#include "stepped.h"
#include "base/clock.h"
#include <criterion/criterion.h>
#include <stdbool.h>
#include <string.h>
#include <uv.h>

enum { HANDLES_MAX = 64 };

static struct handle {
    uv_handle_t *handle;
    uv_timer_cb on_time;
    uv_idle_cb on_idle;
    uv_close_cb on_closed;
    int64_t due_ms, every_ms;
    bool closing;
} handles[HANDLES_MAX];
static int64_t mono_ms = 1000000, wall_ms = INT64_C(1700000000000), warped_ms, steady_offset_ms;

/* ---- base/clock.h ---- */

int64_t clock_now_ms(void)
{
    return wall_ms + warped_ms;
}

int64_t clock_mono_ns(void)
{
    return mono_ms * 1000000;
}

int64_t clock_steady_ms(void)
{
    return mono_ms + steady_offset_ms;
}

int64_t clock_steady_offset_ms(void)
{
    return steady_offset_ms;
}

void clock_steady_continue(int64_t offset_ms)
{
    steady_offset_ms = offset_ms;
}

void clock_warp(int64_t ms)
{
    warped_ms += ms;
}

void clock_advance(int64_t ms)
{
    warped_ms += ms;
    if (ms > 0) steady_offset_ms += ms;
}

int64_t clock_warped_ms(void)
{
    return warped_ms;
}

/* ---- libuv ---- */

static struct handle *handle_find(const void *handle)
{
    for (struct handle *h = handles; h < handles + HANDLES_MAX; h++)
        if (h->handle == handle) return h;
    cr_assert_fail("more handles than a test has, or one that was never opened");
    return NULL;
}

static int handle_open(void *handle)
{
    *handle_find(NULL) = (struct handle){.handle = handle};
    return 0;
}

int uv_timer_init(uv_loop_t *loop, uv_timer_t *t)
{
    (void)loop;
    return handle_open(t);
}

int uv_timer_start(uv_timer_t *t, uv_timer_cb on_time, uint64_t timeout_ms, uint64_t repeat_ms)
{
    struct handle *h = handle_find(t);
    cr_assert_not(h->closing, "a timer is started that was closed");
    h->on_time = on_time;
    h->due_ms = mono_ms + (int64_t)timeout_ms;
    h->every_ms = (int64_t)repeat_ms;
    return 0;
}

int uv_timer_stop(uv_timer_t *t)
{
    handle_find(t)->on_time = NULL;
    return 0;
}

int uv_idle_init(uv_loop_t *loop, uv_idle_t *idle)
{
    (void)loop;
    return handle_open(idle);
}

int uv_idle_start(uv_idle_t *idle, uv_idle_cb on_idle)
{
    cr_assert_not(handle_find(idle)->closing, "an idle handle is started that was closed");
    handle_find(idle)->on_idle = on_idle;
    return 0;
}

int uv_idle_stop(uv_idle_t *idle)
{
    handle_find(idle)->on_idle = NULL;
    return 0;
}

void uv_close(uv_handle_t *handle, uv_close_cb on_closed)
{
    struct handle *h = handle_find(handle);
    cr_assert_not(h->closing, "a handle is closed twice");
    h->closing = true;
    h->on_closed = on_closed;
    h->on_time = NULL;
    h->on_idle = NULL;
}

int stepped_handles(void)
{
    int n = 0;
    for (struct handle *h = handles; h < handles + HANDLES_MAX; h++) n += h->handle != NULL;
    return n;
}

static bool run_idle(void)
{
    for (struct handle *h = handles; h < handles + HANDLES_MAX; h++) {
        if (h->on_idle == NULL) continue;
        h->on_idle((uv_idle_t *)h->handle);
        return true;
    }
    return false;
}

static bool run_closing(void)
{
    for (struct handle *h = handles; h < handles + HANDLES_MAX; h++) {
        if (!h->closing) continue;
        struct handle closed = *h;
        *h = (struct handle){0};
        if (closed.on_closed) closed.on_closed(closed.handle);
        return true;
    }
    return false;
}

/* The next timer that goes off until then, and it is that time. */
static bool run_timer(int64_t until_ms)
{
    struct handle *next = NULL;
    for (struct handle *h = handles; h < handles + HANDLES_MAX; h++)
        if (h->on_time && h->due_ms <= until_ms && (next == NULL || h->due_ms < next->due_ms)) next = h;
    if (next == NULL) return false;
    if (next->due_ms > mono_ms) {
        wall_ms += next->due_ms - mono_ms;
        mono_ms = next->due_ms;
    }
    uv_timer_cb on_time = next->on_time;
    if (next->every_ms) next->due_ms += next->every_ms;
    else next->on_time = NULL;
    on_time((uv_timer_t *)next->handle);
    return true;
}

void stepped_pass(int64_t ms)
{
    int64_t until_ms = mono_ms + ms;
    int turns = 0;
    while (run_closing() || run_idle() || run_timer(until_ms)) cr_assert_lt(++turns, 1000000, "it never comes to rest");
    wall_ms += until_ms - mono_ms;
    mono_ms = until_ms;
}
