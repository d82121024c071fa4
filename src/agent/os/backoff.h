#pragma once
#include <stdint.h>
/*
 * When something that failed is tried again: the first time at once, then after a
 * delay that doubles up to a limit. Health that lasts forgets the failures.
 */
struct backoff {
    int first_ms, limit_ms; /* the second failure waits first_ms */
    int healthy_ms;         /* this long without a failure, and the next one counts as the first; 0: one success is enough */
    int failures;
    int64_t healthy_since; /* 0: not healthy */
};

/* Notes a failure at 'now' (ms of any clock that does not jump); returns how long to wait, in ms. */
int backoff_failed(struct backoff *b, int64_t now);
/* Notes that all is well at 'now'; may be said as often as one likes. */
void backoff_healthy(struct backoff *b, int64_t now);
