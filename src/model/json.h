#pragma once
#include <stddef.h>
/*
 * Writes and reads whatever has a shape as JSON: the messages between serve and its
 * agents, for example. Structures are objects, timestamps are ISO 8601 strings, and
 * absent members are left out. A reader ignores members that it does not know, so that
 * the two sides may be of different versions.
 */
struct arena;
struct buf;
struct err;
struct shape;

/* Adds the value of that shape: 'value' points to a leaf's or list's C type or to the structure itself. */
void json_encode(struct buf *b, const struct shape *shape, const void *value);
/* Adds a string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void json_put_string(struct buf *b, const char *s);
/* Adds a member that is a string, behind the brace or comma that comes before it. */
void json_put_member(struct buf *b, char before, const char *name, const char *value);
/*
 * Reads a structure or list into 'out', its C type. Everything that 'out' points to lives in the arena. Null counts as absent.
 * Returns 0, or ERR_PARSE for text that is no JSON, a member of another type, or a required member that is missing.
 */
int json_decode(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e);
