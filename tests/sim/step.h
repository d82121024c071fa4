#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * A run as a list of steps, each a line of text: what is asked, what dies, what is cut, and how long
 * after the step before. A step stands on its own, so that any of them can be left out:
 *
 *     +120 ask us-east-1 CreateReplicationGroup ReplicationGroupId=g0&…
 *     +120 ask us-east-1@111111111111 …   by another account
 *     +5   kill us-east-1 3 STOP          the third engine that lives there, counted round
 *     +5   burden us-east-1 3 stall 900   it is held up: see models.h; nothing where its agent is scripted
 *     +0   agent us-east-1 KILL
 *     +900 serve KILL                     it is started again a moment later
 *     +0   restart                        everything is stopped in good order, and started
 *     +0   blackout                       everything dies at once, and serve is started again
 *     +0   pause 4000                     everything stands still for so many ms
 *     +10  cut eu-west-1 4000             for so many ms
 *     +0   clock -3600000                 the wall clock is set
 *     +0   trip store_commit 1
 *     +0   network 5 40                   percent of answers lost, ms that a message takes at most
 *     +0   disk 4000                      the disk is full for so many ms
 *     +0   stranger us-east-1 3 4000      another program takes the third of the addresses that are free there
 *     +0   busy us-east-1 3 4000          the third engine answers nobody for so many ms, and works
 *     +0   spoil us-east-1 1              the first snapshot's file there is gone
 *     +0   reset us-east-1                everything of that region is reset; "-" stands for all regions
 *     +0   outage us-east-1 4000 0        the region is down for so many ms; with 1 it is isolated
 *     +0   link us-east-1 eu-west-1 down 4000   the network between both, for so many ms: down, blackhole, or slow by 0.1 s one way
 *     +0   older                          serve dies, and a program that is older than the database is started before it
 */
enum verb {
    VERB_ASK,
    VERB_KILL,
    VERB_BURDEN,
    VERB_AGENT,
    VERB_SERVE,
    VERB_RESTART,
    VERB_BLACKOUT,
    VERB_PAUSE,
    VERB_CUT,
    VERB_CLOCK,
    VERB_TRIP,
    VERB_NETWORK,
    VERB_DISK,
    VERB_STRANGER,
    VERB_BUSY,
    VERB_SPOIL,
    VERB_OLDER,
    VERB_RESET,
    VERB_OUTAGE,
    VERB_LINK,
    VERB__COUNT
};

struct step {
    int64_t after_ms;
    enum verb verb;
    char region[32];
    char action[64]; /* or the trip's name, or the burden's, or the other region's */
    char form[600];  /* or how a link is */
    int signal;
    int64_t n, more;
    bool left_out; /* while it is found out whether the story needs it */
};

struct steps {
    uint64_t seed; /* of delays and the like */
    bool real;     /* the agents are the program's own, and the engines models; else both are scripted */
    struct step *items;
    size_t n, cap;
};

struct buf;
struct err;

struct step *steps_add(struct steps *s);
void steps_fini(struct steps *s);
const char *verb_name(enum verb v);
/* Writes a line, without its end. */
void step_write(const struct step *s, struct buf *out);
/* Writes all that are not left out: a file that steps_read() reads. */
void steps_write(const struct steps *s, struct buf *out);
/* Reads such a file. Lines that begin with # are skipped. */
int steps_read(struct steps *s, const char *text, struct err *e);
