#pragma once
#include "catalog/words.gen.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Regions and zones that somebody wants to be out of order. Those of the administration API stay until they are taken back; those of an
 * experiment are about some replication groups, and end by themselves. In memory; what persists is in the database, too.
 *
 * In a region or zone that is down, the nodes are dead and stay so. A region that is isolated lives and can't be reached: it goes on by its
 * last orders, and nobody is told what happens there.
 */
struct arena;
struct err;
struct row_node;
struct store;

struct outage {
    char region[32];
    char zone[40];       /* "": the whole region */
    char rg_id[64];      /* "": whatever is there */
    char experiment[32]; /* that it belongs to; "": none */
    enum outage_state state;
    bool persist;
    int64_t from_ms;  /* of the steady clock, when it is to begin; 0: it has begun */
    int64_t until_ms; /* 0: for ever */
};

/* Zeroed, there is none. */
struct outages {
    struct outage *items;
    size_t n;
    size_t edits; /* how often anything has changed */
};

/* Puts it there, in the place of one about the same that begins at the same time. */
void outages_add(struct outages *o, const struct outage *outage);
/* The one of the administration API about a region, or a zone of it (NULL: the region); NULL: there is none. */
const struct outage *outages_find(const struct outages *o, const char *region, const char *zone);
/* Takes that one back. */
void outages_drop(struct outages *o, const char *region, const char *zone);
/* Takes back every one. */
void outages_clear(struct outages *o);
/* Takes back all of an experiment. */
void outages_end_experiment(struct outages *o, const char *experiment);
/* Begins what is due, and takes back what has lasted until now. */
void outages_advance(struct outages *o, int64_t steady_ms);
/* When the next one begins or ends by itself; INT64_MAX: none does. */
int64_t outages_due_ms(const struct outages *o);

bool outages_stop_region(const struct outages *o, const char *region);
bool outages_isolate(const struct outages *o, const char *region);
/* The node is to be dead. */
bool outages_stop_node(const struct outages *o, const struct row_node *n);

/* Reads what persists. */
int outages_load(struct outages *o, struct store *s, struct err *e);
/* Writes all that persists, and nothing else. */
int outages_keep(const struct outages *o, struct store *s, struct err *e);
void outages_fini(struct outages *o);
