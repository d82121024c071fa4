#pragma once
#include <stdint.h>
/*
 * Whether somebody could listen on an address, a literal one of IPv4 or IPv6, right now: 0,
 * or the errno that listening would meet. Redis finds out only after it has loaded its data,
 * and CONFIG SET bind closes every socket it listens on before it does.
 */
int address_probe(const char *address, int64_t port);
