#pragma once
#include "base/err.h"
#include "store/sql.gen.h"
#include <stdbool.h>
/*
 * The database: one SQLite file in WAL mode, which this process has open alone. Queries
 * have names (schema/queries/). They are checked when the program is built, and prepared
 * at their first use. Callers use the typed wrappers of queries.gen.h, which call the
 * functions below. Rows and their strings belong to the caller's arena. Every function
 * returns 0 or < 0.
 */
struct arena;
struct buf;
struct store;

enum store_durability {
    STORE_FULL,    /* a committed transaction survives a power cut: one fsync per commit */
    STORE_NORMAL,  /* it survives the death of every process, but not a power cut */
    STORE_FLEETING /* it survives a rollback of the next one, and no more: for whoever deletes the database soon */
};

/*
 * Opens or creates the database at 'path' (mode 0600) and migrates it to this
 * program's version. ERR_IN_USE if another process has it open. ERR_DB if it is no
 * database, is newer than the program, or can't be written; the message says what to do.
 */
int store_open(struct store **out, const char *path, enum store_durability durability, struct err *e);
/* True once its file or its WAL was moved away or deleted: the next start would not find what is written from then on. */
bool store_is_lost(struct store *s);
/* Makes a copy of it beside it (backup.h), unless nothing has changed since the last one. */
int store_back_up(struct store *s, struct err *e);
/* Has it hold the resources of a prepared dump (dump.h), and none else. Nobody who watches it is told: the rows are to be read anew. */
int store_restore(struct store *s, const char *dump, struct err *e);
/* Closes it in order, with a copy and checksums; a database that was lost is copied, too. It is closed whatever is returned. NULL is allowed. */
int store_finish(struct store *s, struct err *e);
/* Closes it; NULL is allowed. */
void store_close(struct store *s);

/*
 * From now on it acts for an account: ids of that one alone are asked for, written and read, as if there was no other (store/keys.h).
 * What is made for that is in the arena. NULL ends it: keys are what they are. Who watches is always told keys.
 */
void store_act_for(struct store *s, const char *account, struct arena *a);

/*
 * Transactions. A write transaction takes the lock at once. A store_commit() that fails
 * has rolled back. A rollback never fails.
 */
int store_begin(struct store *s, bool write, struct err *e);
int store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);
/* To be called before a write that may be refused: ERR_DB, with what to do, if the disk has little more left than room.h keeps. */
int store_check_room(struct store *s, struct err *e);
/*
 * How many rows were written or deleted since the database was opened. Rows of cascades and of rolled back transactions count, too: the
 * same number means the same content.
 */
int64_t store_changes(struct store *s);

/* The generic functions behind queries.gen.h; 'p' has one value per parameter of the query. */
int store_run(struct store *s, enum query q, const struct sql_param *p, struct err *e);
int store_int(struct store *s, enum query q, const struct sql_param *p, int64_t *out, struct err *e);
int store_one(struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, struct arena *a, void **out,
    struct err *e);
int store_many(struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, struct arena *a, void **out,
    size_t *n, struct err *e);
/* All rows of a table, one after the other, by primary key: a row lives as long as the call. No other query may be run meanwhile. */
typedef void store_row_fn(void *arg, const void *row);
int store_each(struct store *s, const struct sql_table *t, store_row_fn *each, void *arg, struct err *e);
/* The texts of a query's one column; those that are keys. */
int store_texts(
    struct store *s, enum query q, const struct sql_param *p, struct arena *a, const char ***out, size_t *n, struct err *e);
int store_keys(
    struct store *s, enum query q, const struct sql_param *p, struct arena *a, const char ***out, size_t *n, struct err *e);

/* Run a query that writes 'row', or deletes the one that has its primary key, and tell the watcher. */
int store_put(
    struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, const void *row, struct err *e);
int store_delete(
    struct store *s, enum query q, const struct sql_param *p, const struct sql_table *t, const void *row, struct err *e);

/*
 * At most so many rows a table has of a region and whom the store acts for, as far as is known without counting: INT64_MAX until store_counted() was told of a
 * count, and more than there are after that.
 */
int64_t store_most_rows(const struct store *s, const struct sql_table *t, const char *region);
void store_counted(struct store *s, const struct sql_table *t, const char *region, int64_t n);

/*
 * A text that was made of the rows of a replication group alone: the row itself and those that name it. It is kept until one of them is
 * put or deleted, at most (memo.h). Nothing is kept or found within a write transaction, which may be rolled back.
 */
void store_remember(struct store *s, const char *region, const char *rg_id, const char *text, size_t n);
/* The texts name that host: those that name another one are dropped. Callers by different hosts cost each other what is kept. */
void store_remember_for(struct store *s, const char *host);
/* NULL: there is none. It is valid until the next call. */
const struct buf *store_recall(const struct store *s, const char *region, const char *rg_id);

/*
 * Whoever wants to know what is written. 'row' is called for each row that a NAME_put writes, or a NAME_delete deletes ('gone'), within
 * the transaction; 'end' once that has ended, or at once where there is none. Other queries that write tell of nothing.
 */
struct store_watch {
    void (*row)(void *arg, const struct sql_table *t, const void *row, bool gone);
    void (*end)(void *arg, bool committed);
    void *arg;
};
/* NULL ends it. 'w' is copied. */
void store_watch(struct store *s, const struct store_watch *w);

/* Equal in every column, or in that one. */
bool row_equal(const struct sql_table *t, const void *a, const void *b);
bool row_column_equal(const struct sql_column *c, const void *a, const void *b);
