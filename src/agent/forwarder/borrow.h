#pragma once
#include <sys/socket.h>
#include <sys/types.h>
/*
 * Sockets of another process of this user, reached through descriptors of our own (pidfd_getfd). Both functions look through all
 * descriptors of the process, some microseconds each.
 */

/* A descriptor of the socket that the process listens on at that address of IPv4; -1 where there is none, or the kernel does not let us. */
int borrow_listener(pid_t pid, const struct sockaddr_storage *at);
/* Ends the process's connections that were made to that address. */
void borrow_and_end(pid_t pid, const struct sockaddr_storage *at);
