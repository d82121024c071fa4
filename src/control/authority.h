#pragma once
#include <stdbool.h>
#include <stdint.h>
/*
 * The certificate authority of this installation: a key and a certificate in
 * DATA/tls, made when they are needed for the first time, with which every node's
 * certificate is signed. Who trusts it (GET /_meridian/ca.pem) trusts the endpoints.
 */
struct buf;
struct err;
struct authority;
struct hosts;

/* The folder of what it has signed, in its own; there is none before. */
#define AUTHORITY_NODES "nodes"

/*
 * Looks for an authority in the data directory, which must outlive it; makes none yet. What it signs is good for the
 * addresses 127.0.0.0/8 and ::1, for localhost, for 'advertised' (a name or an address, may be NULL), and for the names of endpoints
 * made for 'domain' (endpoint_name.h; may be NULL). ERR_USAGE, in one
 * line, where others than this user could read its key, where what is there is no authority, or one that may not sign for
 * these. Where hosts are learned ('hosts' is not NULL and outlives it), it is good for private addresses, for domains that
 * are nobody's, and for the hosts that are known when it is made.
 */
int authority_open(struct authority **out, const char *data_dir, const char *advertised, const char *domain,
    const struct hosts *hosts, struct err *e);
/* Whether whoever trusts it believes a certificate for that name, or will once it is made. */
bool authority_may_sign_for(const struct authority *a, const char *name);
void authority_close(struct authority *a);
/* Puts its files back where they were deleted since; a line in the log tells. */
void authority_keep(const struct authority *a);

/* Its certificate as PEM, made now if there is none yet; belongs to the authority. NULL, with the reason, where that failed. */
const char *authority_pem(struct authority *a, struct err *e);
/* A name for the authority that no other has: the hash of its certificate. To be called after authority_pem(). */
const char *authority_mark(const struct authority *a);

/*
 * Adds a new key and a certificate for these names (addresses or DNS names, one space between them), both as PEM. It is
 * good for servers and for clients, from the authority's own first day on until 'expires_ms' (ms since 1970).
 */
int authority_issue(
    struct authority *a, const char *names, int64_t expires_ms, struct buf *certificate, struct buf *key, struct err *e);
