#pragma once
#include <stdbool.h>
/*
 * Tells an agent that hangs from one that is slow. An agent says something at least once a second. Its silence is counted in
 * looks, one a second of this process's own time: where serve itself could not run, or the machine slept, nothing is counted.
 *
 * What counts is what the agent does meanwhile. One that stands still (SIGSTOP) hangs after 3 looks, one that neither
 * works nor wants to after 10, and one that works, or waits for a processor or a disk, after 30: it goes in circles.
 */
struct silence {
    int looks;  /* since something was heard */
    int points; /* the same, weighed */
    unsigned long long used;
};

enum agent_doing {
    AGENT_STANDS, /* made to stand still */
    AGENT_WAITS,  /* waits for something to come */
    AGENT_WORKS   /* has used its processor since the last look, or wants one, or a disk */
};

/* Something was heard, or a new process has begun. */
void silence_end(struct silence *s);
/* What a process does, by what the kernel says of it; remembers how much processor time it has used. */
enum agent_doing silence_look(struct silence *s, long pid);
/* Counts one look at a silent agent. True once it hangs. */
bool silence_hangs(struct silence *s, enum agent_doing doing);
/* True exactly in the look after which it counts as out of touch. */
bool silence_falls(const struct silence *s);
