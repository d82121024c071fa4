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

struct orders {
    struct index by_key;           /* struct order, by list and id */
    struct order *oldest, *newest; /* in the order in which they last changed */
    struct buf head;               /* what is no list: goes with each assignment */
    int64_t looks;                 /* of orders_take(), so far */
    bool changed;                  /* since orders_settle() */
};

/* 'a' has the region's orders that follow from this world. Whatever else was ordered of its rows is not ordered any more. True where
 * something has changed. */
bool orders_take(struct orders *o, struct world *w, const struct proto_assignment *a);
/* 'a' without its lists. */
void orders_take_head(struct orders *o, const struct proto_assignment *a);
/* True once if something has changed since it was last asked. */
bool orders_settle(struct orders *o);
/* Adds the whole assignment. */
void orders_write(const struct orders *o, int64_t version, struct buf *out);
void orders_fini(struct orders *o);
