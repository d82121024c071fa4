#pragma once
#include <stdint.h>
/*
 * The only clocks of the program. The wall clock tells dates, which clients see, and windows of the week. It jumps when somebody sets it
 * or the machine was asleep. The steady clock tells durations and limits. It only goes forward and stands still while the machine sleeps;
 * the next process on the same database continues it (control/steady.h).
 */

/* Milliseconds since 1970 (UTC), plus the warp. */
int64_t clock_now_ms(void);
/* Nanoseconds of a clock that never jumps and is never warped: for measuring and for timeouts within this process. */
int64_t clock_mono_ns(void);
/* Milliseconds of the steady clock since an unknown moment. Never less than at an earlier call. */
int64_t clock_steady_ms(void);
/* How many milliseconds the steady clock is ahead of clock_mono_ns(). */
int64_t clock_steady_offset_ms(void);
/* Continues the steady clock with that offset. To be called once, before its first reading. */
void clock_steady_continue(int64_t offset_ms);
/* Moves wall time by 'ms' (may be negative) for this process, on top of earlier warps, as if somebody had set the machine's clock. */
void clock_warp(int64_t ms);
/* Lets 'ms' pass at once, on both clocks. Where it is negative, the wall clock goes back, and the steady one does not. */
void clock_advance(int64_t ms);
/* The sum of all warps and advances of the wall clock, in ms. */
int64_t clock_warped_ms(void);
