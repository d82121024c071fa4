#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct sockaddr;
/*
 * A process's connections of clients as a budget: how many there may be, in all and from
 * one address, and how long each may take for what it does. Whoever is over a limit has
 * its socket shut down, which whoever reads from it meets as the end of the connection.
 *
 * A connection that only waits for a request is the first to go, the one that waits
 * longest before the others; then those that still send one, or had no time yet to begin;
 * then those whose clients take long to read their answers. One whose request is at work
 * stays, so that long polls are never given up for newcomers.
 */
enum connection_phase {
    PHASE_FRESH,     /* accepted: waits for the first byte of its first request */
    PHASE_HEAD,      /* sends a request's headers */
    PHASE_BODY,      /* sends a request's body */
    PHASE_ANSWERING, /* its handler works, or waits */
    PHASE_SENDING,   /* the client reads its answer */
    PHASE_IDLE,      /* waits for the next request */
    PHASE__COUNT
};

struct connection_limits {
    size_t all, of_one_address;
    int64_t grace_ms;               /* nobody goes as one that says nothing, or does not read, before it had this long */
    int64_t phase_ms[PHASE__COUNT]; /* 0: without a limit */
};

struct connection {
    struct connection *prev, *next; /* in the order in which their phases began */
    int fd;
    enum connection_phase phase;
    int64_t since_ms;
    bool shut; /* it was told to end */
    uint8_t address[16];
};

/* Zeroed but for the limits. Owns what it allocates. */
struct connections {
    struct connection_limits limits;
    struct connection *first, *last;
    size_t n;
};

/*
 * A new connection. Where there are too many, another one is shut down in its favour, or this one if none may go. The memory
 * belongs to 'c' until connection_close().
 */
struct connection *connection_open(struct connections *c, int fd, const struct sockaddr *address, int64_t now_ms);
void connection_close(struct connections *c, struct connection *x);
/* The connection begins with something else. */
void connection_enter(struct connections *c, struct connection *x, enum connection_phase phase, int64_t now_ms);
/* Tells one to end. */
void connection_shut(struct connection *x);
/* Shuts down the one that has been in this phase for longest, and longer than the grace. False: there is none. */
bool connections_end_slowest(struct connections *c, enum connection_phase phase, int64_t now_ms);
/* Shuts down whoever has taken longer than its phase may. */
void connections_sweep(struct connections *c, int64_t now_ms);
