#pragma once
#include "base/arena.h"
#include "control/homes.h"
#include "plan/address_book.h"
#include "store/sql.gen.h"
/*
 * The rows that plans look at, in memory from the start on, by the units that they belong to. What is written to the database comes
 * here, too, as the store tells of it (store_watch()): within a transaction it is only noted, and it takes effect with
 * rows_apply() once that is committed. Nobody but this process writes the database (store.h). Where that can't be followed,
 * rows_lose() has all be read anew.
 *
 * Here is also kept which units the plans shall look at next. Why they shall is for reach.h.
 */
struct err;
struct kept;
struct store;

/* One row was written: what it was and is, NULL where it was or is not there. */
struct rows_change {
    const struct sql_table *table;
    struct unit *unit; /* NULL: nobody's (a region's) */
    const void *was, *is;
    size_t by; /* the component of this pass that wrote it; 0: none */
};

struct rows_note;

struct rows {
    bool known;
    bool ports; /* --addressing ports */
    struct index units, by_key;
    struct homes homes;
    struct unit_list marked;
    struct kept **regions; /* by name */
    size_t n_regions;
    struct row_parameter *parameters; /* by region, parameter group, name; read anew once one was written */
    size_t n_parameters;
    struct arena parameter_arena;
    struct settings_book *settings; /* what follows from them, in the same arena */
    bool parameters_known;
    struct address_book addresses;
    struct unit_list homeless;       /* units that had a row without an address, which there was none for */
    struct unit_list emptied;        /* units that may have to go */
    struct rows_note *first, **last; /* written in the transaction that is under way */
    size_t writes_by;                /* the component that writes now; 0: none */
    /* Called by rows_apply() for each change. */
    void (*changed)(void *arg, const struct rows_change *c);
    void *changed_arg;
};

/* Reads all rows where they are not known; then every unit is marked. Inside a transaction of the caller's. */
int rows_load(struct rows *r, struct store *s, struct err *e);
/* A row was written or deleted, in a transaction that may yet be rolled back. */
void rows_note(struct rows *r, const struct sql_table *t, const void *row, bool gone);
/* What was noted has been committed, or has not. */
void rows_apply(struct rows *r);
void rows_forget_notes(struct rows *r);
/* Forgets the units of which nothing is left. */
void rows_sweep(struct rows *r);
/* Whatever is known may be wrong: the next rows_load() reads all anew. Units stay valid until then. */
void rows_lose(struct rows *r);
void rows_fini(struct rows *r);

/* NULL if there is none. */
struct unit *rows_unit_named(const struct rows *r, enum unit_kind kind, const char *region, const char *id);
/* A node's row, in the arena; its texts live until the row is written. */
const struct row_node *rows_node(const struct rows *r, const char *region, const char *id, struct arena *a);
/* The name of one of 'regions'; it lives as long as that. */
const char *rows_region_name(const struct kept *region);
/* The unit that a node is of, an endpoint, a snapshot's file. */
struct unit *rows_unit_of_node(const struct rows *r, const char *region, const char *id);
struct unit *rows_unit_of_endpoint(const struct rows *r, const char *region, const char *id);
struct unit *rows_unit_of_file(const struct rows *r, const char *region, const char *file);
/* The unit of a resource, or of a resource's part, that users name so; 'region' is NULL for a global datastore. Where several have the id,
 * it is that of a replication group, a cache cluster, a node, a global datastore, a snapshot, a user, a user group, in this order. */
struct unit *rows_unit_of(const struct rows *r, const char *region, const char *id);
/* The unit's only row of that table, or one of them; NULL if it has none. */
const struct kept *unit_row(const struct unit *u, const struct sql_table *t);
/* The next unit of all; begin with *at = 0. NULL: that was the last. */
struct unit *rows_next_unit(const struct rows *r, size_t *at);

/* The plans shall look at it; NULL is allowed. */
void rows_mark(struct rows *r, struct unit *u);
void rows_mark_all(struct rows *r);
/* One that is marked, which it is not any more; NULL: none is. */
struct unit *rows_take_marked(struct rows *r);
