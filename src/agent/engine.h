#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
/* The program that the nodes run: found once, and asked for its version once. */
struct engine {
    const char *name; /* as it was given: a path, or a name on PATH */
    char path[256];   /* "" until it was found */
    char version[32];
};

/* Finds the program and makes sure that it is new enough. ERR_USAGE with a line that says what to do about it.
 * Blocks for the few milliseconds that --version takes; once it succeeded, it does nothing. */
int engine_locate(struct engine *g, struct err *e);
/* Reads "Redis server v=7.0.15 …": the version to 'out'. Negative where there is none. */
int engine_parse_version(const char *text, char *out, size_t size);
/* True from 7.0 on: addresses can move (CONFIG SET bind), and bind-source-addr is known. */
bool engine_new_enough(const char *version);
