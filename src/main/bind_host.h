#pragma once
struct err;
enum { BIND_HOST_SIZE = 64 };
/*
 * Where nodes listen with --addressing ports, as an address: 'given' (--bind), or, where that is "", the host that is
 * advertised, which must then be one of this machine. In any case, that must be a host's name or address, and one that
 * clients can connect to. ERR_USAGE, in one line that says what to do, where it is not so.
 */
int bind_host_find(const char *given, const char *advertised, char out[BIND_HOST_SIZE], struct err *e);
