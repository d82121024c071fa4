#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The wide-area network between two regions, as one direction of it: what it does to bytes, and the bytes of one connection that are on their
 * way. No sockets and no clocks here: the caller tells the time, in nanoseconds of one clock, and looks again when it is told to.
 */

struct wan_terms {
    int64_t latency_ns;  /* one way */
    int64_t jitter_ns;   /* up to so much more, evenly spread; the order of bytes stays */
    int64_t bytes_per_s; /* 0: no limit */
    bool down;           /* no connection can be made, and those that stand end */
    bool lost;           /* nothing arrives, and nobody is told: a black hole. What is on its way arrives once that ends */
};

/* One direction between two regions: all connections share its bandwidth. */
struct wan_line {
    struct wan_terms terms;
    int64_t free_ns; /* when everything that was given to it is sent */
    uint64_t dice;   /* of the jitter */
};

/* Another region, and the two directions between it and this one. */
struct wan_region {
    struct wan_region *next;
    char *name;
    struct wan_line to, from;
};

/* The region of that name in the list, which it is added to; it stays where it is until wan_regions_fini(). */
struct wan_region *wan_region(struct wan_region **all, const char *name);
void wan_regions_fini(struct wan_region **all);

struct wan_piece;

/* What one connection has on its way in that direction. Zeroed it is empty. */
struct wan_queue {
    struct wan_piece *first, *last;
    size_t bytes;   /* of memory */
    size_t taken;   /* of the first piece */
    int64_t due_ns; /* when the last piece arrives */
};

/* True for a line that does nothing to bytes: they need no queue. */
bool wan_is_plain(const struct wan_line *l);
/*
 * True while the sender may send more. What may be on its way is bounded: twice what the line takes in a round trip of its latency, and
 * 64 MiB at most, as by the windows of TCP.
 */
bool wan_has_room(const struct wan_queue *q, const struct wan_line *l);
/* Sends a copy of these bytes. */
void wan_send(struct wan_queue *q, struct wan_line *l, int64_t now_ns, const void *data, size_t n);
/* Sends the end: nothing comes after it. */
void wan_send_end(struct wan_queue *q, struct wan_line *l, int64_t now_ns);
/* What has arrived first: '*n' bytes, 0 for the end. False where nothing has. They are valid until they are taken. */
bool wan_arrived(const struct wan_queue *q, const struct wan_line *l, int64_t now_ns, const char **data, size_t *n);
/* So many of those bytes are passed on; 0 takes the end. */
void wan_take(struct wan_queue *q, size_t n);
/* When more arrives; INT64_MAX: nothing will, as things are. */
int64_t wan_next_ns(const struct wan_queue *q, const struct wan_line *l);
void wan_queue_fini(struct wan_queue *q);
