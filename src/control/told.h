#pragma once
#include "protocol/keyed.h"
#include <stdbool.h>
/*
 * What a region's agent has told last of everything in it: the whole sighting, put together of what comes. Rows get it from here
 * with each look of the plans (sight.h).
 */
struct told {
    bool any;           /* since its agent began */
    char numbering[33]; /* the agent's; "": it numbers nothing */
    int64_t number;     /* of the last sighting */
    struct keyed seen;  /* by KEYED_SEEN_… */
};

/* Takes a sighting in; 'changed' is told of each item that is another now. False: it is the difference from another one than the last. */
bool told_take(struct told *t, const struct proto_sighting *s, keyed_changed_fn *changed, void *arg);
/* A struct proto_node_seen, …, by KEYED_SEEN_…; NULL if nothing was told of it. */
const void *told_find(const struct told *t, int list, const char *key);
/* What was told was about something that is no more. */
void told_forget(struct told *t, int list, const char *key);
/* Some node is writing its file. */
bool told_has_saving(const struct told *t);
/* Forgets all. */
void told_fini(struct told *t);
