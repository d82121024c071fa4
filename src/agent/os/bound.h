#pragma once
#include <stdbool.h>
#include <stdint.h>
/* Sockets that are bound to an address and take no connections: they keep it. */

/*
 * A socket that is bound there, in the way that Redis, memcached and our own links bind: others that bind so may do it as well,
 * as long as nobody listens. -1, with errno as listening would meet it.
 */
int bound_open(const char *address, int64_t port);
/*
 * The same, so that nobody can bind there until the socket is shared. It listened for a moment, which tells whether somebody else does,
 * and makes the system look at each socket of the port when the next is bound: as long as none ever listened, it may let in whoever
 * is willing to share. -1 where it can't be had.
 */
int bound_hold(const char *address, int64_t port);
/* Lets others bind there, too, or no longer. */
void bound_share(int fd, bool on);
void bound_close(int fd);
/* Whether somebody could bind there now: 0, or the errno that it would meet. */
int bound_probe(const char *address, int64_t port);
