#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "catalog/engine_need.h"
/*
 * What a program that is to run redis or valkey can do: it is started twice in a folder of its own, once in cluster mode, with the
 * configuration of a node, and asked for everything that Meridian needs of it. No address is listened on but the bus of its
 * Redis Cluster. Blocks until it has ended, some hundred milliseconds for an engine that answers.
 */
struct probe {
    struct engine_lacks lacks;
    char refusals[PART__COUNT][160]; /* what it said to the command that the part lacks */
    struct buf settings;             /* the names of all its settings, a line each; the caller's to free */
};

/* 'path' is the program's. ERR_IO where no folder can be made for it; an engine that can't be started lacks all nodes. */
int probe_run(const char *path, struct probe *out, struct err *e);
/* True if the engine has a setting of the name. */
bool probe_has_setting(const struct probe *p, const char *name);
