#pragma once
#include "base/buf.h"
#include "base/index.h"
#include <stdbool.h>
#include <stdint.h>
/*
 * What a region's agent shall have: its whole assignment, each order for itself, as it goes out. With each look of the plans come the
 * orders of what was looked at; those that are the same as before stay as they are.
 */
struct order;
struct proto_assignment;
struct world;

struct orders_list {
    struct order *oldest, *newest; /* in the order in which they last changed */
};

struct orders {
    struct index by_key;            /* struct order, by list and key; those that are gone, too */
    struct orders_list there, gone; /* what is gone is kept until the agent knows that it is */
    struct buf head;                /* what is no list: goes with each assignment */
    int64_t looks;                  /* of orders_take(), so far */
    int64_t version;                /* of the assignment that all of this is, or that it is going to be */
    int64_t known;                  /* differences are from versions since this one: the agent has had it */
    bool changed;                   /* since orders_settle() */
};

/* The next version will be the one after 'version'. */
void orders_begin(struct orders *o, int64_t version);
/* 'a' has the region's orders that follow from this world. Whatever else was ordered of its rows is not ordered any more. True where
 * something has changed. */
bool orders_take(struct orders *o, struct world *w, const struct proto_assignment *a);
/* 'a' without its lists. */
void orders_take_head(struct orders *o, const struct proto_assignment *a);
/* True if something has changed since it was last asked: then there is a new version. */
bool orders_settle(struct orders *o);
/* The agent acts on that version: what was gone by then need not be told of any more. */
void orders_know(struct orders *o, int64_t version);
/* Adds the whole assignment, or where 'since' is a version that differences can be from, what is otherwise since then. */
void orders_write(const struct orders *o, int64_t since, struct buf *out);
void orders_fini(struct orders *o);
