#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
/*
 * Connections that the kernel spreads by itself: a program at the lookup of listening sockets (BPF, sk_lookup) gives each new connection
 * to an address to one of several sockets in turn, which other processes listen on elsewhere. It needs the right to load such programs
 * (root, or CAP_BPF and CAP_NET_ADMIN), and goes with the agent. Where a socket is closed, the connection goes on to whoever listens at
 * the address itself.
 */
struct steer;

enum { STEER_SOCKETS = 8 /* of one address at most */ };

/* NULL where the kernel does not let this process. */
struct steer *steer_open(void);
/* NULL is fine. */
void steer_close(struct steer *s);

/* A place for an address of IPv4; -1 where there is none. Nothing is steered yet. */
int steer_take_place(struct steer *s);
void steer_give_place(struct steer *s, int place);
/* The place's i-th socket: a descriptor of a listening one. False where the kernel does not take it. */
bool steer_put(struct steer *s, int place, size_t i, int fd);
/* Whether the place's i-th socket is still open. */
bool steer_has(const struct steer *s, int place, size_t i);
/* From now on, connections to the address go to the first 'n' sockets of the place; with 0, to whoever listens there. */
bool steer_turn(struct steer *s, int place, const struct sockaddr_in *address, size_t n);
