#pragma once
struct err;
enum { BIND_HOST_SIZE = 64 };
/*
 * Where nodes listen with --addressing ports, as an address: 'given' (--bind), or, where that is "", the host that is
 * advertised, which must then be one of this machine; 127.0.0.1 where that is "", too. What is advertised must be a host's name or
 * address, and one that clients can connect to. ERR_USAGE, in one line that says what to do, where it is not so.
 */
int bind_host_find(const char *given, const char *advertised, char out[BIND_HOST_SIZE], struct err *e);
/* The IPv4 address at which other machines, and other containers, find this one: that of the way to the default gateway, else of the first
 * interface that is none of loopback. Where there is only loopback, nobody else finds it: 127.0.0.1. */
void bind_host_own(char out[BIND_HOST_SIZE]);
