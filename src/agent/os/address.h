#pragma once
#include <stdint.h>
#include <sys/socket.h>

/* Fills 'out' for a literal address of IPv4 or IPv6 and a port: its size. 0 where they are none. */
socklen_t address_fill(const char *address, int64_t port, struct sockaddr_storage *out);
/*
 * A socket that is bound there, in the way that Redis, memcached and our own links bind: others that bind so may do it as well,
 * as long as nobody listens. -1, with errno as listening would meet it.
 */
int address_bind(const char *address, int64_t port);
