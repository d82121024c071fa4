#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Fills 'out' for a literal address of IPv4 or IPv6 and a port: its size. 0 where they are none. */
socklen_t address_fill(const char *address, int64_t port, struct sockaddr_storage *out);
/*
 * A socket that is bound there, in the way that Redis, memcached and our own links bind: others that bind so may do it as well,
 * as long as nobody listens. -1, with errno as listening would meet it.
 */
int address_bind(const char *address, int64_t port);

/*
 * The same, so that nobody can bind there until the socket is shared. It listened for a moment, which tells whether somebody else does,
 * and makes the system look at each socket of the port when the next is bound: as long as none ever listened, it may let in whoever
 * is willing to share. Connections are refused. -1 where it can't be had.
 */
int address_hold(const char *address, int64_t port);
/* Lets others bind there, too, or no longer. */
void address_share(int held, bool on);
void address_release(int held);
/* Whether somebody could bind there now: 0, or the errno that it would meet. */
int address_probe(const char *address, int64_t port);
