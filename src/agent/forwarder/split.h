#pragma once
#include "agent/forwarder/link.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The splitter of an engine that takes clients with TLS and without on the same address:
 * one link for each address, which looks at the first byte that a client sends and
 * passes the connection on to the engine's TLS port or to its socket. A zeroed struct
 * is one that listens nowhere.
 */
struct split {
    struct link **links;
    size_t n;
    int folder; /* of the engine, held open: the socket is reached through it */
};

/* Where the engine behind it is, and the port that clients use. */
struct split_target {
    struct link_host *host;
    const char *dir, *socket;  /* its folder, and its socket there */
    const char *inner_address; /* where it takes TLS */
    int inner_port;
    struct opt_int port;
};

/* Listens on the address too, if it does not yet; true where it does so at once. Else it goes on trying. */
bool split_listen(struct split *s, const struct split_target *t, const char *address);
/* True while it listens there. */
bool split_listens(const struct split *s, const char *address);
/* Gives up the address, and closes every connection to it. */
void split_release(struct split *s, const char *address);
/* Gives up everything. */
void split_close(struct split *s);
