#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <limits.h>
#include <stdbool.h>
#include <uv.h>
/*
 * The folder of a region's snapshots: one file for each, made to be what the
 * assignment's list says. What the list does not name is deleted, so nothing is left
 * over, whoever crashed when. A file stands there under its name only once it is
 * whole and on the disk. Slow work is done by libuv's threads.
 */
struct shelf;

/* Looks through the folder SHELF_FOLDER in 'dir', which need not exist. 'changed' is called whenever shelf_see() tells something else. */
struct shelf *shelf_open(uv_loop_t *loop, const char *dir, void (*changed)(void *arg), void *arg);
/* No id of a node begins with a capital, so it is nobody's folder. */
#define SHELF_FOLDER "Snapshots"
/* How it shall be; the list may go afterwards. */
void shelf_order(struct shelf *s, const struct proto_snapshot_order_list *list);
/* True for a snapshot that was ordered, and neither is there nor on its way nor has failed. */
bool shelf_wants(const struct shelf *s, const char *id);
/* Takes the finished file away from there. */
void shelf_take(struct shelf *s, const char *id, const char *path);
/* It can't be taken, for that reason. */
void shelf_fail(struct shelf *s, const char *id, const char *reason);
/* The path of a snapshot's file. Returns 'out'. */
const char *shelf_path(const struct shelf *s, const char *id, char out[PATH_MAX]);
/* Strings live as long as the shelf does not change. */
void shelf_see(const struct shelf *s, struct arena *a, struct proto_snapshot_seen_list *out);
/* Frees it once no work is under way any more. */
void shelf_close(struct shelf *s);
