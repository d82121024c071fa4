#include "base/clock.h"
#include <time.h>

static int64_t warp_ms;

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

void clock_warp(int64_t ms)
{
    warp_ms += ms;
}

int64_t clock_warped_ms(void)
{
    return warp_ms;
}
