#pragma once
#include <stdbool.h>
#include <stdint.h>
struct err;
/*
 * Listening sockets from text: "127.0.0.1:4566", "[::1]:4566", "localhost:4566" or
 * ":4566", which means 127.0.0.1. A name is resolved, IPv4 first; port 0 lets the
 * system choose one.
 */

/*
 * Makes a listening TCP socket in *fd, non-blocking and closed by exec(). The caller owns
 * it. ERR_FLAG if the text is no address, ERR_USAGE if this machine or user may not use it, ERR_IN_USE if somebody listens there already,
 * ERR_IO for anything else; the message says what to do, and names the flag ("--listen") that the text came from.
 */
int listen_on(const char *address, const char *flag, int *fd, struct err *e);
/* ERR_FLAG if the text is no address; whether it can be listened on is not tried. */
int listen_check(const char *address, struct err *e);
/* The same with a socket of UDP besides, at the same port. */
int listen_on_both(const char *address, const char *flag, int *udp, int *tcp, struct err *e);
/* True if a socket is bound to an address that no other machine reaches. */
bool listen_is_loopback(int fd);
/* The port a socket is bound to. */
uint16_t listen_port(int fd);
