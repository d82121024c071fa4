#pragma once
#include <stdint.h>
/*
 * The only clocks of the program. The wall clock tells dates, and jumps when somebody sets it or the machine was asleep: what clients
 * see and windows of the week go by it. The steady clock tells durations: it only goes forward, stands still while the machine sleeps,
 * and is continued by the next process on the same database (control/steady.h). Whatever has a limit goes by it.
 */

/* Milliseconds since 1970 (UTC), plus the warp. */
int64_t clock_now_ms(void);
/* Nanoseconds of a clock that never jumps and is never warped: for measuring and for timeouts within this process. */
int64_t clock_mono_ns(void);
/* Milliseconds of the steady clock, since whenever. Never less than before. */
int64_t clock_steady_ms(void);
/* How much it is ahead of clock_mono_ns(), in ms. */
int64_t clock_steady_offset_ms(void);
/* The steady clock continues with that offset. To be called once, before anybody has read it. */
void clock_steady_continue(int64_t offset_ms);
/* Moves wall time by 'ms' (may be negative) for this process, on top of earlier warps, as if somebody had set the machine's clock. */
void clock_warp(int64_t ms);
/* Lets 'ms' pass at once, on both clocks. Where it is negative, the wall clock goes back, and the steady one does not. */
void clock_advance(int64_t ms);
/* The sum of all that wall time was moved by, in ms. */
int64_t clock_warped_ms(void);
