#pragma once
#include <stdbool.h>
#include <stddef.h>
/*
 * The syntax of hosts, as users and clients give them. What passes may be put into answers, certificates and engines' settings: it
 * has no character that means something there.
 */
enum { HOST_TEXT_SIZE = 256 };

/* A name (RFC 1123, 2.1, and the underscore that containers' names have), or an address that a client can connect to. */
bool host_is_proper(const char *text);
/* The host of "host", "host:port" or "[v6]:port" (RFC 9110, 7.2), without brackets and port. False where that is no proper one. */
bool host_take(const char *authority, char out[HOST_TEXT_SIZE]);
/* The addresses of a machine that no other network routes to it: loopback, private, shared and link-local ones (RFC 6890), of IPv4
 * or IPv6. False for a name. */
bool host_is_private_address(const char *text);
