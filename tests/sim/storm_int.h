#pragma once
#include "step.h"
/* What the files of storm.h share. */

enum { STORM_REGIONS = 3 };
extern const char *const storm_regions[STORM_REGIONS];

/* What a seed is about: how often, of a hundred steps, something breaks; and which part of the operations it likes. */
struct mood {
    const char *name;
    int faults;                                                /* in a hundred steps */
    int groups;                                                /* different names of groups in a region */
    int datastores, shards, clusters, access, snapshots, rest; /* weights of operations beside those of groups */
    int hurry;                                                 /* in a hundred steps that follow at once */
};

/* That operation; 'fmt' makes the form, whose blanks are written as they are. */
void storm_ask(struct step *s, const char *region, const char *action, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* One of the others. */
const char *storm_other_region(const char *region);
/* Whether groups are asked for in cluster mode: all those of a seed, so that a datastore's members are of one kind. */
extern bool storm_in_shards;
/* Whether a second account asks for things, too: of the same ids. */
extern bool storm_of_two;
/* CreateReplicationGroup of 'g', with so many nodes, or in cluster mode with so many in each of two shards. */
void storm_ask_for_group(struct step *s, const char *region, const char *g, int nodes);
/* An operation that the mood likes, of all that are served. */
void storm_ask_something(struct step *s, const struct mood *m);
/* A few steps that belong together: each alone would seldom meet the next at the right moment. */
void storm_scene(struct steps *out, const struct mood *m);
