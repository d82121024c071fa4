#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
struct sockaddr;
/*
 * The budget of a process for its clients' connections: how many there may be in all and
 * from one address, and how long each may stay in a phase. The socket of a connection
 * over a limit is shut down; its reader sees the end of the connection.
 *
 * Connections that wait for a request go first, and among them the one that has waited
 * longest. Then go those that are sending a request or have not begun one, then those
 * whose clients are slow to read their answers. A connection whose request is at work
 * stays, so that no newcomer ends a long poll.
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
    int64_t grace_ms;               /* no connection goes for its silence, or for slow reading, before this time */
    int64_t phase_ms[PHASE__COUNT]; /* 0: without a limit */
};

struct connection {
    struct connection *prev, *next; /* in the order in which their phases began */
    int fd;
    enum connection_phase phase;
    int64_t since_ms;
    bool shut;        /* it was told to end */
    uint64_t counted; /* bytes of its earlier requests */
    uint64_t checked; /* that many when the kernel was last asked */
    uint8_t address[16];
};

/* Zeroed but for the limits. Owns what it allocates. */
struct connections {
    struct connection_limits limits;
    struct connection *first, *last;
    size_t n;
};

/*
 * Adds a new connection. If there are too many, another one is shut down, or this one if no other may go. The memory
 * belongs to 'c' until connection_close().
 */
struct connection *connection_open(struct connections *c, int fd, const struct sockaddr *address, int64_t now_ms);
void connection_close(struct connections *c, struct connection *x);
/* The connection enters a phase. */
void connection_enter(struct connections *c, struct connection *x, enum connection_phase phase, int64_t now_ms);
/* A request of n bytes is over; SIZE_MAX: nobody knows of how many. */
void connection_count(struct connection *x, size_t n);
/* How many bytes of a TCP connection have been read since then, as the kernel knows. */
uint64_t connection_bytes_read(const struct connection *x);
/* Shuts its socket down. */
void connection_shut(struct connection *x);
/* Shuts down the connection that has been longest in this phase, if that is longer than the grace. False: there is none. */
bool connections_end_slowest(struct connections *c, enum connection_phase phase, int64_t now_ms);
/* Shuts down every connection that has been in its phase for longer than the limit. */
void connections_sweep(struct connections *c, int64_t now_ms);
