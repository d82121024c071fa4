#pragma once
#include "base/err.h"
#include "protocol/protocol.gen.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
/* Where a link listens, or leads to: an address and port, or a socket in the file system. A list of them is used in turn. */
struct target {
    char host[INET6_ADDRSTRLEN]; /* "" for a socket in the file system */
    int64_t port;
    struct sockaddr_storage address;
    socklen_t size;
};

struct targets {
    struct target *items;
    size_t n, next;
};

/* A literal address of IPv4 or IPv6, and a port. ERR_USAGE. */
int target_set(struct target *t, const char *host, struct opt_int port, struct err *e);
/* A socket in the file system. ERR_USAGE: the path is too long for the address of a socket. */
int target_set_socket(struct target *t, const char *path, struct err *e);
bool target_is(const struct target *a, const struct target *b);

bool targets_have(const struct targets *l, const struct target *t);
/* The one whose turn it is; NULL where there is none. */
const struct target *targets_next(struct targets *l);
/* Empties the list, which has room for that many then; whose turn it is stays. */
void targets_reset(struct targets *l, size_t room);
void targets_fini(struct targets *l);
