#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * Writes and reads whatever has a shape as JSON: the messages between serve and its
 * agents, for example. Structures are objects, timestamps are ISO 8601 strings, and
 * absent members are left out. A reader ignores members that it does not know, so that
 * the two sides may be of different versions.
 */
struct arena;
struct buf;
struct err;
struct operation;
struct shape;

/*
 * Writes a document that has no shape, value by value: a zeroed writer with its 'out' begins one. Whatever stands in an object has a name, as
 * it is; the items of a list, and the whole, have NULL for it.
 */
struct json_writer {
    struct buf *out;
    bool follows; /* something stands before the next value, in the same brackets */
};
/* 'bracket' is '{' or '['; what is opened is closed by the matching one. */
void json_open(struct json_writer *j, const char *name, char bracket);
void json_close(struct json_writer *j, char bracket);
/* Null where there is no text; bytes that are not UTF-8 become U+FFFD. */
void json_write_text(struct json_writer *j, const char *name, const char *text);
void json_write_int(struct json_writer *j, const char *name, int64_t value);
void json_write_number(struct json_writer *j, const char *name, double value);
void json_write_bool(struct json_writer *j, const char *name, bool value);

/* Adds the value of that shape: 'value' points to a leaf's or list's C type or to the structure itself. */
void json_encode(struct buf *b, const struct shape *shape, const void *value);
/* The same of a structure, with every member: null stands for one that is absent. */
void json_encode_whole(struct buf *b, const struct shape *shape, const void *value);
/* Adds a whole answer of the Query API, with the names that its XML has; 'out' is NULL where the operation has no output. */
void json_response(struct buf *b, const struct operation *o, const void *out, const char *request_id);
/* Adds a whole error answer; 'fault' is one of enum fault. */
void json_error(struct buf *b, int fault, const char *message, const char *request_id);
/*
 * Reads a structure or list into 'out', its C type. Everything that 'out' points to lives in the arena. Null counts as absent.
 * Returns 0, or ERR_PARSE for text that is no JSON, a member of another type, or a required member that is missing.
 */
int json_decode(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e);
/*
 * The same for what people write: a member that the shape does not know is an error, too, for it may be a misspelt one; and so
 * is null, which may be what a script had no value for.
 */
int json_decode_strictly(const struct shape *shape, const char *text, size_t len, struct arena *a, void *out, struct err *e);
