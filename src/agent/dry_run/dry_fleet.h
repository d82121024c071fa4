#pragma once
#include "protocol/protocol.gen.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
/*
 * The nodes, endpoints and snapshots of a region without a process, a socket or a file: they do what the region's assignment says
 * after the times that it gives, and tell of themselves what engines would. Nothing of them outlives the agent.
 */
struct arena;
struct dry_fleet;

/* 'changed' is called whenever something has changed that a sighting tells. */
struct dry_fleet *dry_fleet_open(uv_loop_t *loop, void (*changed)(void *arg), void *arg);
/* Memory goes a few turns of the loop later. */
void dry_fleet_close(struct dry_fleet *f);

/* A whole assignment, which must live until the next one was given. */
void dry_fleet_order(struct dry_fleet *f, const struct proto_assignment *m);
/* To be called once per turn of the loop where something has changed: lets nodes see what they wait for, and forgets those that are gone. */
void dry_fleet_turn(struct dry_fleet *f);
/* Adds what it sees: nodes, links and snapshots, in the arena. */
void dry_fleet_see(struct dry_fleet *f, struct arena *a, struct proto_sighting *out);
/* Ends every node in good order. */
void dry_fleet_stop(struct dry_fleet *f);
