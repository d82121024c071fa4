#pragma once
#include <stdint.h>
#include <sys/socket.h>

/* Fills 'out' for a literal address of IPv4 or IPv6 and a port: its size. 0 where they are none. */
socklen_t address_fill(const char *address, int64_t port, struct sockaddr_storage *out);
