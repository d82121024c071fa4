#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>
/*
 * The agent's line to serve: asks for its assignment (a long poll), posts its
 * sightings, one at a time, and never gives up: while
 * serve is away it tries again, after 20 ms at first and every 100 ms in the end.
 */
struct dial;

struct dial_options {
    const char *region;
    const char *data_dir; /* the agent's, from which serve's is found */
};

enum { DIAL_USELESS = -1, DIAL_ENOUGH = -2 };

struct dial_events {
    /* A new assignment, as JSON; returns its version, which is to be asked beyond, DIAL_USELESS if it can't be used, or DIAL_ENOUGH
     * where no other will be wanted either: none is asked for then. */
    int64_t (*assignment)(void *arg, const char *json, size_t len);
    /* The numbering of that version, from which a difference is of use; "" or no such function: the whole one is wanted. */
    const char *(*numbering)(void *arg);
    /* Adds the sighting of this moment, as JSON. */
    void (*sighting)(void *arg, struct buf *out);
    /* Serve has looked at the one that was asked for last, and stored it. */
    void (*stored)(void *arg);
};

/* Starts dialling. ERR_IO where there is no folder of serve's. */
int dial_open(
    uv_loop_t *loop, const struct dial_options *o, const struct dial_events *events, void *arg, struct dial **out, struct err *e);
/* The sighting has changed: posts it as soon as the one before is answered. */
void dial_report(struct dial *d);
/* Asks for no more assignments; posts one more sighting and calls done() when it is stored, or when serve does not answer soon. */
void dial_finish(struct dial *d, void (*done)(void *arg));
void dial_close(struct dial *d);
