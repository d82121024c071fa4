#include "base/trip.h"
#include <signal.h>
#include <string.h>
#include <unistd.h>

int trip_left[TRIP__COUNT];

static const char *const names[TRIP__COUNT] = {
#define X(id, name) [TRIP_##id] = (name),
    TRIPS(X)
#undef X
};

bool trip_take(enum trip t)
{
    if (trip_left[t] == 0) return false;
    if (trip_left[t] > 0) trip_left[t]--;
    return true;
}

void trip_arm(enum trip t, int count)
{
    trip_left[t] = count;
}

int trip_find(const char *name)
{
    for (int i = 0; i < TRIP__COUNT; i++)
        if (strcmp(names[i], name) == 0) return i;
    return -1;
}

const char *trip_name(enum trip t)
{
    return names[t];
}

void trip_crash(enum trip t)
{
    if (trip_hit(t)) kill(getpid(), SIGKILL);
}
