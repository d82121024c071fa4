#pragma once
#include "base/buf.h"
#include <stdint.h>
/* An HTTP client that waits, for a thread beside the program under test. Every wait ends after ten seconds, in a failed test. */

/* Connects to 127.0.0.1, or to a socket at a path. */
int asking_dial_port(uint16_t port);
int asking_dial_path(const char *path);
void asking_send(int fd, const char *method, const char *target, const char *extra_headers, const char *body);
/* The answer's status; its body, as a string, goes to 'body' (may be NULL). 0: the connection ended. */
int asking_hear(int fd, struct buf *body);
/* Both, on a connection of its own. */
int asking_port(uint16_t port, const char *method, const char *target, const char *body, struct buf *answer);
int asking_path(const char *path, const char *method, const char *target, const char *body, struct buf *answer);
