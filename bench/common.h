#pragma once
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
/* What the programs that put load on something share. */

/* Ends the program with what the system says about 'what'. */
static inline void die(const char *what)
{
    perror(what);
    exit(1);
}

/* By the monotonic clock. */
static inline int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline double now_s(void)
{
    return (double)now_ns() / 1e9;
}
