#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * What rows belong to: a replication group, a stand-alone cluster, and so on, each with all rows that are only about it. A unit is
 * there as long as it has rows, or another one's rows name it. Which units plans look at together is for reach.h.
 */
struct home;
struct kept;
struct sql_table;

enum unit_kind { UNIT_RG, UNIT_CLUSTER, UNIT_GLOBAL, UNIT_SNAPSHOT, UNIT_USER, UNIT_USER_GROUP, UNIT_NONE };

struct unit {
    char *key; /* by which it is found: unit_key_of() */
    enum unit_kind kind;
    struct unit_rows {
        struct kept **items;
        size_t n, room;
    } rows;
    struct unit_list {
        struct unit **items;
        size_t n, room;
    } names, named_by; /* one entry for each row that names it */
    struct home *home; /* its region's units */
    size_t place_at_home;
    bool marked;      /* waits for the plans to look at it */
    bool looked;      /* was marked, and is looked at in this pass */
    bool emptied;     /* may have to go */
    size_t component; /* among those of this pass; 0: none */
    int64_t due_ms;   /* when the plans want to look at it next, on the steady clock; INT64_MAX: never */
    size_t due_place; /* in the heap, from 1 on; 0: it is not in it */
};

enum { UNIT_KEY_SIZE = 400 };

/* The key of a unit; a global datastore's region is "". False: it would be longer than UNIT_KEY_SIZE. */
bool unit_key_of(enum unit_kind kind, const char *region, const char *id, char *key);
/* Whose a row is. UNIT_NONE: it does not say so itself (a node's), or is nobody's. 'key' has UNIT_KEY_SIZE bytes. */
enum unit_kind unit_key(const struct sql_table *t, const void *row, char *key);
/* The units that a row of another one names: at most UNIT_NAMES_MAX. Returns how many. */
enum { UNIT_NAMES_MAX = 2 };
size_t unit_names(const struct sql_table *t, const void *row, enum unit_kind *kinds, char keys[][UNIT_KEY_SIZE]);

void unit_list_add(struct unit_list *l, struct unit *u);
/* Takes it out once. */
void unit_list_drop(struct unit_list *l, const struct unit *u);
