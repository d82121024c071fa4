#pragma once
#include "base/host.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The hosts by which this machine is reached, where endpoints name the one that each caller used: nodes' certificates carry them. Some
 * are known from the start; others are learned from requests, and kept in DATA/hosts, so that certificates still have them after the
 * next start. A stranger must not get a certificate made for somebody else's host, so only those are learned that no public name
 * server answers for.
 */
enum { HOSTS_MAX = 24 };

struct hosts {
    char path[600]; /* "": nothing is learned */
    char names[HOSTS_MAX][HOST_TEXT_SIZE];
    size_t n;
};

/* Domains that are nobody's, up to a NULL. */
extern const char *const hosts_domains[];

/* The names of loopback, of containers' hosts, and of this machine with its address (may be NULL); and those that an earlier serve has learned. */
void hosts_open(struct hosts *h, const char *data_dir, const char *own_address);
/* Whether the host may be learned: a name of one label or below a domain that is nobody's (RFC 6761, RFC 6762, RFC 8375, and
 * 'internal'), or a private address. */
bool hosts_may_learn(const char *host);
/* True if it was not known and is now. A host in other letters is the same one. */
bool hosts_learn(struct hosts *h, const char *host);
