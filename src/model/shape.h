#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * A shape describes one C type, so that one form reader, one XML writer and one
 * JSON codec serve every operation and every message between serve and agents.
 *
 * The generated C types: a string is 'const char *', NULL where it is absent; the
 * other leaves are opt_ structs; a structure stands behind a pointer, NULL where
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
#define OPT_TIME(x) ((struct opt_time){true, (x)})

enum shape_kind { SHAPE_STRING, SHAPE_INTEGER, SHAPE_BOOLEAN, SHAPE_DOUBLE, SHAPE_TIMESTAMP, SHAPE_STRUCT, SHAPE_LIST };

struct shape_field;

struct shape {
    const char *name;
    enum shape_kind kind;
    size_t size;                      /* of the C type as a list item or as the target of a pointer */
    const struct shape_field *fields; /* SHAPE_STRUCT */
    size_t n_fields;
    const struct shape *element; /* SHAPE_LIST */
    const char *element_name;    /* SHAPE_LIST: the XML and form name of one item */
    /* Constraints of the model, on strings: -1 / NULL where there is none. */
    int64_t min, max;
    const char *pattern;           /* anchored, POSIX extended */
    const char *const *enumerated; /* NULL-terminated */
};

struct shape_field {
    const char *name;
    const struct shape *shape;
    size_t offset;
    bool required;
};

/* What every generated list type looks like. */
struct shape_list {
    bool set;
    size_t n;
    void *items;
};
