#pragma once
#include <stdint.h>
/*
 * The clocks (base/clock.h) and libuv's timers and idle handles a second time, on a time that moves only when the test says so.
 * To be linked into a test instead of the real ones.
 */

/* Lets that much time pass: timers go off when they are due, in their order; what is to be done at once is done in any case. */
void stepped_pass(int64_t ms);
/* Handles that are open or whose end was not told yet. */
int stepped_handles(void);
