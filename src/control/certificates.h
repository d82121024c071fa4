#pragma once
#include <stdint.h>
/*
 * The certificates that nodes have: issued by the authority when a node first needs
 * one, issued anew when its names change or a month before it expires, and kept in
 * DATA/tls/nodes so that the next serve hands out the same.
 */
struct authority;
struct certificates;
struct err;

struct certificate {
    const char *pem, *key;
};

/* 'a' and 'data_dir' must outlive it. */
struct certificates *certificates_open(struct authority *a, const char *data_dir);
void certificates_close(struct certificates *c);

/* The certificate of a node, with exactly these names (one space between them); valid until the next call for the same node. */
int certificates_get(struct certificates *c, const char *region, const char *id, const char *names, int64_t now_ms,
    struct certificate *out, struct err *e);

/* Puts the files of those that are in use back where they were deleted since; a line in the log tells. */
void certificates_keep(const struct certificates *c);

/* The node needs none any more, or is no more. */
void certificates_forget(struct certificates *c, const char *region, const char *id);

/* When the next one is to be renewed, in ms since 1970; INT64_MAX: there is none. */
int64_t certificates_due_ms(struct certificates *c);
