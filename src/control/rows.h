#pragma once
#include "base/arena.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
/*
 * The rows that plans look at, kept between two passes as they were last read or
 * written, so that a pass need not read all of them again. They hold for as long
 * as store_changes() is what it was then: nobody but this process writes the
 * database (store.h), and the store counts every row that is written, deleted or
 * goes with another. Whatever a pass can't account for makes the next one read anew.
 */
struct sql_table;

enum { ROWS_TABLES = 32 };

struct rows_change;

struct rows {
    struct arena arena; /* the rows and their strings */
    bool known;
    int64_t changes; /* store_changes() that they stand for */
    struct rows_table {
        void *rows;
        size_t n;
    } tables[ROWS_TABLES];       /* in the order in which they are read */
    size_t at;                   /* the table that is read next */
    struct rows_change *changed; /* written in this pass, newest first */
    size_t garbage;              /* bytes in the arena that nobody points to any more */
};

/* Before all tables are read: forgets them if the store has changed since. */
void rows_begin(struct rows *r, int64_t changes);
/* The next table, to be filled where they are not 'known'. */
struct rows_table *rows_next(struct rows *r);
/* After all of them were read. */
void rows_end(struct rows *r, int64_t changes);

/* 'row' was written in place of 'stored', one of these rows: one change. The note lives in 'a' until rows_keep(). */
void rows_wrote(struct rows *r, struct arena *a, const struct sql_table *t, const void *stored, const void *row);
/* Once all is committed: takes over what was written, strings too. */
void rows_keep(struct rows *r);
/* Something else has become of them: rows came or went, or a transaction was rolled back. The memory stays until rows_begin(). */
void rows_lose(struct rows *r);
void rows_fini(struct rows *r);
