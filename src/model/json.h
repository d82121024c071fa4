#pragma once
#include <stddef.h>
/*
 * The messages between serve and its agents, and whatever else has a shape, as
 * JSON: structures are objects, timestamps ISO 8601 strings, absent members are
 * left out. Readers ignore members they don't know, so that both sides need not
 * be of one version.
 */
struct arena;
struct buf;
struct err;
struct shape;

/* Adds the value of that shape: 'value' points to a leaf's or list's C type or to the structure itself. */
void json_encode(struct buf *b, const struct shape *shape, const void *value);
/* Adds a string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_put_string(struct buf *b, const char *s);
/*
 * Reads a structure or list into 'out', its C type; everything it points to lives in the arena. Null counts as absent.
 * Returns 0, or ERR_PARSE for what is not JSON, a member of another type, or a required one that is missing.
 */
int json_decode(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e);
