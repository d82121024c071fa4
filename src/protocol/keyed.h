#pragma once
#include "base/index.h"
#include "protocol/protocol.gen.h"
/*
 * The lists of a message whose items are known by a key, and what messages put together: a whole one has all items of each list; a
 * difference has those that are others now, and names those that are gone (struct proto_gone).
 */
struct keyed_list {
    const char *name;
    size_t list;               /* where the message has it */
    size_t gone;               /* where a struct proto_gone has the keys */
    const struct shape *shape; /* of an item */
    size_t key;                /* where an item has it */
    bool numbered;             /* it is an opt_int, else a text */
};

enum {
    KEYED_ORDER_NODES,
    KEYED_ORDER_LINKS,
    KEYED_ORDER_SETTINGS,
    KEYED_ORDER_USERS,
    KEYED_ORDER_SNAPSHOTS,
    KEYED_ORDER_SEEDS,
    KEYED_ORDER_CLUSTERS,
    KEYED_ORDERS
};
enum { KEYED_SEEN_NODES, KEYED_SEEN_LINKS, KEYED_SEEN_SNAPSHOTS, KEYED_SEEN_STUCK, KEYED_SEEN };
enum { KEYED_LISTS_MAX = 7, KEYED_KEY_SIZE = 32 };

/* Of an Assignment, by KEYED_ORDER_…; of a Sighting, by KEYED_SEEN_…. */
extern const struct keyed_list keyed_orders[KEYED_ORDERS];
extern const struct keyed_list keyed_seen[KEYED_SEEN];

/* An item's key; one that is a number is put into 'number', of KEYED_KEY_SIZE bytes. */
const char *keyed_key(const struct keyed_list *l, const void *item, char *number);
/* The list in a message. */
const struct shape_list *keyed_list_of(const struct keyed_list *l, const void *message);

/* Everything that was told last: copies of items by list and key. Zeroed but for the lists it is empty. */
struct keyed {
    const struct keyed_list *lists;
    size_t n_lists;
    struct index items[KEYED_LISTS_MAX]; /* struct keyed_item */
    struct keyed_item *retired;          /* copies that are none any more, and may still be looked at */
};

struct keyed_item {
    struct keyed_item *next;
    void *copy;
    char key[];
};

/* Called for each item that is another than before, was not there, or is not any more. NULL is allowed. */
typedef void keyed_changed_fn(void *arg, int list, const char *key);
/* Takes a message in: a whole one, or a difference with what is gone (NULL: nothing). */
void keyed_take(
    struct keyed *k, const void *message, bool whole, const struct proto_gone *gone, keyed_changed_fn *changed, void *arg);
/* NULL if there is none. */
const void *keyed_find(const struct keyed *k, int list, const char *key);
/* The next item of a list, in no order; begin with *at = 0. NULL: that was the last. */
const void *keyed_next(const struct keyed *k, int list, size_t *at);
void keyed_forget(struct keyed *k, int list, const char *key);
/* Nobody looks any more at what is not there any more. */
void keyed_release(struct keyed *k);
void keyed_fini(struct keyed *k);
