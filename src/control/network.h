#pragma once
#include "base/arena.h"
#include "catalog/words.gen.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The network between the regions, as somebody wants it to be: each direction between two regions by itself. It is in memory; what shall
 * stay so when serve is started anew is in the database, too.
 */
struct outages;
struct err;
struct proto_assignment;
struct region;
struct store;

struct network_link {
    int64_t latency_ms;     /* one way */
    int64_t jitter_ms;      /* up to so much more */
    int64_t bandwidth_mbit; /* megabits a second; 0: no limit */
    enum network_state state;
    bool persist;
};

enum { NETWORK_LATENCY_MAX_MS = 10000, NETWORK_JITTER_MAX_MS = 10000, NETWORK_BANDWIDTH_MAX_MBIT = 100000 };

/* Zeroed, all regions are next door. */
struct network {
    struct network_link *links;
    size_t edits; /* how often somebody has changed it */
    struct {
        struct arena arena;
        const char **from; /* by region; NULL: not made yet */
        size_t edits, outage_edits;
    } cuts; /* which regions nothing leads to, as of these edits */
};

/* The direction between two regions, as it is until the next change. */
const struct network_link *network_link(struct network *n, const struct region *from, const struct region *to);
void network_bend(struct network *n, const struct region *from, const struct region *to, const struct network_link *l);
/* True where it does nothing to bytes. */
bool network_link_is_plain(const struct network_link *l);
/* All regions of a partition are as far from each other as they are on earth; with 'near' all are next door, and nothing persists. */
void network_preset(struct network *n, bool near, bool persist);

/* What the agent of a region has to know of it; nothing leads to a region that is isolated. */
void network_order(struct network *n, const struct outages *o, struct arena *a, const char *region, struct proto_assignment *out);

/* The regions that nothing reaches from this one, or that nothing comes from, one space between; NULL: there are none. It is valid until
 * the network or the outages change. */
const char *network_cut_from(struct network *n, const struct outages *o, const char *region);

/* Reads what persists. */
int network_load(struct network *n, struct store *s, struct err *e);
/* Writes all that persists, and nothing else. */
int network_keep(const struct network *n, struct store *s, struct err *e);
void network_fini(struct network *n);
