#include "base/clock.h"
#include <time.h>

static int64_t warp_ms, steady_offset_ms;

int64_t clock_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + warp_ms;
}

int64_t clock_mono_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_steady_ms(void)
{
    return clock_mono_ns() / 1000000 + steady_offset_ms;
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
    warp_ms += ms;
}

void clock_advance(int64_t ms)
{
    warp_ms += ms;
    if (ms > 0) steady_offset_ms += ms;
}

int64_t clock_warped_ms(void)
{
    return warp_ms;
}
