#pragma once
#include "protocol/keyed.h"
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>
/*
 * The nodes, endpoints and snapshots of a region without a process, a socket or a file: they do what the region's orders say
 * after the times that they give, and tell of themselves what engines would. Nothing of them outlives the agent. What an order or a
 * node's change costs does not depend on how many others there are.
 */
struct arena;
struct dry_fleet;

/* 'orders' are the region's (KEYED_ORDER_…), and outlive the fleet. 'changed' is called whenever something has changed that a sighting
 * tells. */
struct dry_fleet *dry_fleet_open(uv_loop_t *loop, const struct keyed *orders, void (*changed)(void *arg), void *arg);
/* Memory goes a few turns of the loop later. */
void dry_fleet_close(struct dry_fleet *f);

/* Of the orders this one is another than before, or new, or not there any more. As keyed_changed_fn; 'fleet' is a struct dry_fleet. */
void dry_fleet_order(void *fleet, int list, const char *key);
/* All of them were told that are otherwise; the one before may go. 'o' is how the dry run goes, or NULL. */
void dry_fleet_settle(struct dry_fleet *f, const struct proto_dry_run_order *o);
/* To be called once per turn of the loop where something has changed: lets nodes see what they wait for, and forgets those that are gone. */
void dry_fleet_turn(struct dry_fleet *f);
/* Adds what it sees of nodes, links and snapshots, in the arena: all of them, or those that may be otherwise than when this was called
 * last, and which of these are gone. */
void dry_fleet_see(struct dry_fleet *f, bool whole, struct arena *a, struct proto_sighting *out);
/* Ends every node in good order. */
void dry_fleet_stop(struct dry_fleet *f);
