#pragma once
#include "catalog/account_key.h"
#include "store/sql.h"
struct arena;
struct sqlite3;
/*
 * Whom the store acts for: makes keys of an account's ids where they are written and asked for, and ids of the keys that are read
 * (catalog/account_key.h). Zeroed, or for ACCOUNT_DEFAULT, both are the same. Queries that list what an account has name two functions,
 * which this adds to SQLite: account_key(ID) is a key, and account_end() is behind all of them. ids that callers choose begin with a letter:
 * so account_key(':') is before these. account_of(KEY) is whose key it is, whoever the store acts for.
 */
struct keys {
    char lead[ACCOUNT_LEAD + 1]; /* what leads its keys: "" where nothing does */
    struct arena *arena;         /* where keys are made */
};

/* 'account' has twelve digits; NULL: nothing is changed any more, as for ACCOUNT_DEFAULT. */
void keys_set(struct keys *k, const char *account, struct arena *a);
/* The id's key. A text that is a key already is taken as it is, and so is NULL. */
const char *keys_of(const struct keys *k, enum sql_key kind, const char *id);
/* The key's id, in place; another account's keys stay as they are. */
char *keys_id(const struct keys *k, enum sql_key kind, char *key);
/* The row with keys in place of its ids. */
const void *keys_row(const struct keys *k, const struct sql_table *t, const void *row);
/* What tells an account's rows of a region from another's, of the row of keys, or of whom the store acts for where that is NULL. */
const char *keys_place(const struct keys *k, struct arena *a, const struct sql_table *t, const void *row, const char *region);
/* Adds the functions; 'k' outlives the database. */
void keys_add_functions(struct sqlite3 *db, struct keys *k);
