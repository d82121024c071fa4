#pragma once
#include "agent/forwarder/link.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The splitter of a node that takes clients with TLS and without on the same address:
 * one link for each address, which looks at the first byte that a client sends and
 * passes the connection on to the engine's TLS port or to its socket. A zeroed struct
 * is one that listens nowhere.
 */
struct node;

struct split {
    struct link **links;
    size_t n;
    int folder; /* of the node, held open: the socket is reached through it */
};

/* Listens on the address too, if it does not yet; true where it does so at once. Else it goes on trying. */
bool split_listen(struct node *n, const char *address);
/* True while it listens there. */
bool split_listens(const struct node *n, const char *address);
/* Gives up the address, and closes every connection to it. */
void split_release(struct node *n, const char *address);
/* Gives up everything. */
void split_close(struct node *n);
