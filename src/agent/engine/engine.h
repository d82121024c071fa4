#pragma once
#include "agent/engine/kind.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The programs that nodes run, and which of them runs what is asked for. Those that --engine
 * names are for one engine and version, or all versions that begin so; those of each kind's own
 * names are found on PATH and are what they say of themselves. Each is found once, and asked
 * for its version once.
 */
enum { ENGINE_PATH_SIZE = 256, ENGINES_MAX = 32 };

struct engine_program {
    const struct engine_kind *kind;
    char given[ENGINE_PATH_SIZE]; /* a path, or a name on PATH */
    char for_name[16];            /* the engine of an order; "" where nobody said what it is for */
    char for_version[24];         /* 7, 7.1 or 7.1.0 */
    bool optional;                /* not to be missed where it is not there */
    bool named;                   /* its user said where it is: nothing stands in for it */
    char path[ENGINE_PATH_SIZE];  /* "" until it was found and has told: */
    char name[16];                /* what it is: one of its kind's releases */
    char version[32];
};

struct engine_map {
    const struct engine_kind *const *kinds;
    struct engine_program items[ENGINES_MAX];
    size_t n;
};

/* Reads NAME:VERSION=PATH, the name that of an engine of one of the kinds. False where it is something else. */
bool engine_read_entry(const struct engine_kind *const kinds[], const char *text, struct engine_program *out);

/* 'kinds' ends with NULL; 'given' has the program of each kind, NULL for the one on PATH; 'entries' are lines that engine_read_entry()
 * takes, or NULL. */
void engine_map_init(
    struct engine_map *m, const struct engine_kind *const kinds[], const char *const given[], const char *entries);

/*
 * The program for that engine and version x.y.z: the one that --engine names for it, the most
 * exact first; else the nearest version of the engine, of the same major version if there is
 * one; else, as engines of one kind stand in for each other, the nearest of those. One that can't
 * run is passed over, except one that is named for its whole kind. ERR_USAGE with a line that
 * says what to do where none is left. The answer stays valid as long as the map.
 */
int engine_pick(struct engine_map *m, const char *engine, const char *version, struct engine_program **out, struct err *e);

/* Finds the program and makes sure that it is an engine and new enough. ERR_USAGE with a line that says what to do about it.
 * Blocks for the few milliseconds that the question for its version takes; once it succeeded, it does nothing. */
int engine_locate(struct engine_program *g, struct err *e);

/* Reads what a program prints for its version, "NAME server v=7.0.15 …" or "NAME 1.6.18", into name and version of 'g'.
 * False where it is none of an engine of that kind. */
bool engine_read_version(struct engine_program *g, const char *text);

/* True from its release's lowest version on. */
bool engine_new_enough(const struct engine_program *g);
/* True from that version on. */
bool engine_is_from(const struct engine_program *g, int major, int minor);
