#pragma once
#include <stdint.h>
/* The only clocks of the program. Wall time can be warped, by tests and through the admin API, so that a maintenance window comes now. */

/* Milliseconds since 1970 (UTC), plus the warp. */
int64_t clock_now_ms(void);
/* Nanoseconds of a clock that never jumps and is never warped: for measuring and for timeouts. */
int64_t clock_mono_ns(void);
/* Moves wall time by 'ms' (may be negative) for this process, on top of earlier warps. */
void clock_warp(int64_t ms);
/* The sum of all warps, in ms. */
int64_t clock_warped_ms(void);
