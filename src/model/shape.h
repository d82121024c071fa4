#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * A shape describes a C type. So one form reader, one XML writer and one JSON codec serve
 * every operation and every message between serve and agents.
 *
 * The generated C types: a string is 'const char *', NULL where it is absent; the
 * other leaves are opt_ structs, but for a word, which is an enum (catalog/words.h)
 * with 0 where it is absent; a structure stands behind a pointer, NULL where
 * absent; a list is {set, n, items} with strings as pointers and structures in
 * line; set with n == 0 is the empty list, which is not the absent one.
 */
struct opt_int {
    bool set;
    int64_t v;
};
struct opt_bool {
    bool set;
    bool v;
};
struct opt_double {
    bool set;
    double v;
};
/* Milliseconds since 1970, UTC. */
struct opt_time {
    bool set;
    int64_t ms;
};

#define OPT_INT(x) ((struct opt_int){true, (x)})
#define OPT_BOOL(x) ((struct opt_bool){true, (x)})
#define OPT_DOUBLE(x) ((struct opt_double){true, (x)})
#define OPT_TIME(x) ((struct opt_time){true, (x)})

enum shape_kind {
    SHAPE_STRING,
    SHAPE_INTEGER,
    SHAPE_BOOLEAN,
    SHAPE_DOUBLE,
    SHAPE_TIMESTAMP,
    SHAPE_WORD,
    SHAPE_STRUCT,
    SHAPE_LIST
};

struct shape_field;
struct words;

struct shape {
    const char *name;
    enum shape_kind kind;
    size_t size;                      /* of the C type as a list item or as the target of a pointer */
    const struct shape_field *fields; /* SHAPE_STRUCT */
    size_t n_fields;
    const struct words *words;   /* SHAPE_WORD; of messages alone */
    const struct shape *element; /* SHAPE_LIST */
    const char *element_name;    /* SHAPE_LIST: the XML and form name of one item */
    /* Constraints of the model; 0, NULL or false where there is none. */
    int64_t min, max;              /* of a string's characters or a list's items */
    const char *pattern;           /* the whole string must match; POSIX extended, without ^ and $ */
    const char *const *enumerated; /* NULL-terminated */
    bool kept;   /* SHAPE_STRUCT: begins with 'const struct buf *encoded', the element as XML; NULL: its fields count */
    bool secret; /* the value must never be told, not even in an error */
};

struct shape_field {
    const char *name;
    const struct shape *shape;
    size_t offset;
    bool required;
};

/* The leaves without constraints, the same in every model. */
extern const struct shape shape_string, shape_integer, shape_boolean, shape_double, shape_timestamp;

/* The layout of every generated list type, as codecs see it. */
struct __attribute__((may_alias)) shape_list {
    bool set;
    size_t n;
    void *items;
};

/* Every list of strings is this type, whatever the model calls it. */
struct string_list {
    bool set;
    size_t n;
    const char **items;
};

/* True if the member at 'value' is present: a string or structure that is not NULL, or another value that is set. */
bool shape_is_set(const struct shape *shape, const void *value);
/* The structure that the pointer at 'value' points to, or NULL. */
void *shape_target(const void *value);
/* True if two structures of this shape say the same. */
bool shape_same(const struct shape *shape, const void *a, const void *b);
/* A copy of a structure with all that it points to, in one block that free() frees. */
void *shape_clone(const struct shape *shape, const void *value);
