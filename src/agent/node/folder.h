#pragma once
#include "agent/node/state.h"
#include <limits.h>
/* A node's folder: what the engine reads at its start, its log, its pid, "process" (see proc.h), and its saved data (saved.h). */

/* The process writes its pid there. */
#define NODE_PIDFILE "engine.pid"
/* What the process writes to its standard output and error. */
#define NODE_LOG "engine.log"

/* The file's path in the node's folder. */
const char *node_path(const struct node *n, const char *file, char out[PATH_MAX]);
bool node_has_file(const struct node *n, const char *file);
/* NULL is no file. */
void node_unlink(const struct node *n, const char *file);
/* False where nothing may be run from the folder (noexec), so that a process can load no module from there. */
bool node_may_load(const struct node *n);
/* Puts a module there that this program carries, unless it is there already. */
int node_put_module(const struct node *n, const char *file, const void *image, size_t size, struct err *e);
/* All files whose names begin so. */
void node_unlink_all(const struct node *n, const char *prefix);
