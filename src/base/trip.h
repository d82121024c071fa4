#pragma once
#include <stdbool.h>
/*
 * Failure injection. A trip is a named place in the code that asks trip_hit() whether it
 * shall fail now. Tests, scenarios and the administration API arm trips. A trip that is
 * not armed costs one load.
 */
#define TRIPS(X)                                                                         \
    X(STORE_COMMIT, "store_commit")             /* a transaction's COMMIT fails */       \
    X(SPAWN, "spawn")                           /* starting a process fails */           \
    X(PROBE, "probe")                           /* a node's answer counts as an error */ \
    X(REPORT, "report")                         /* an agent's sighting is lost */        \
    X(REDIS_REPLY, "redis_reply")               /* a reply from an engine is an error */ \
    X(GATEWAY_READ, "gateway_read")             /* a forwarder's read fails */           \
    X(GATEWAY_WRITE, "gateway_write")           /* a forwarder's write fails */          \
    X(SNAPSHOT_WRITE, "snapshot_write")         /* writing a snapshot fails */           \
    X(CRASH_AFTER_COMMIT, "crash_after_commit") /* the process kills itself there */     \
    X(CRASH_AFTER_ASSIGN, "crash_after_assign")                                          \
    X(CRASH_AFTER_SPAWN, "crash_after_spawn") /* before the pid is kept */

/* clang-format off */
enum trip {
#define X(id, name) TRIP_##id,
    TRIPS(X)
#undef X
    TRIP__COUNT
};
/* clang-format on */

extern int trip_left[TRIP__COUNT];

/* True if this trip is armed; its count goes down by one. */
bool trip_take(enum trip t);
static inline bool trip_hit(enum trip t)
{
    return __builtin_expect(trip_left[t] != 0, 0) && trip_take(t);
}
/* Arms a trip for the next 'count' hits: 0 disarms it, a negative count has no end. */
void trip_arm(enum trip t, int count);
/* The trip of that name, or -1. */
int trip_find(const char *name);
const char *trip_name(enum trip t);
/* Kills this process as SIGKILL does if the trip is armed. */
void trip_crash(enum trip t);
