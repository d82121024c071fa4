#pragma once
#include <stdint.h>
/*
 * Continues the steady clock (base/clock.h) where the last process on this database left it. While the system has not been started
 * anew, CLOCK_MONOTONIC goes on and so does the steady clock, also through the time in which nobody served; after a start of the system
 * it goes on from the moment at which something was last written. Nothing that is in the database lies ahead of it.
 */
struct err;
struct store;

/* To be called once, when the database is open and before the clock is read. */
int steady_continue(struct store *s, struct err *e);
/* Notes how far it has got. Within a write transaction. */
int steady_note(struct store *s, int64_t now_ms, struct err *e);
