#include "store/keys.h"
#include "base/arena.h"
#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Sorts behind whatever an id begins with. */
#define LAST "\x7f"

void keys_set(struct keys *k, const char *account, struct arena *a)
{
    bool leads = account && strcmp(account, ACCOUNT_DEFAULT) != 0;
    *k = (struct keys){.arena = a};
    if (!leads) return;
    assert(strlen(account) == ACCOUNT_DIGITS);
    snprintf(k->lead, sizeof k->lead, "%s%c", account, ACCOUNT_SEPARATOR);
}

/* Where the id begins in a text of that kind; NULL: it has none of an account. */
static const char *id_within(enum sql_key kind, const char *text)
{
    const char *dot;
    switch (kind) {
    case SQL_KEY_NONE: return NULL;
    case SQL_KEY_WHOLE: return text;
    case SQL_KEY_DOTTED: return (dot = strchr(text, '.')) ? dot + 1 : text;
    case SQL_KEY_SHARED: break;
    }
    return strcmp(text, "default") == 0 || strncmp(text, "default.", 8) == 0 ? NULL : text;
}

const char *keys_of(const struct keys *k, enum sql_key kind, const char *text)
{
    const char *id = text && k->lead[0] ? id_within(kind, text) : NULL;
    if (id == NULL || account_leads(id)) return text;
    return arena_printf(k->arena, "%.*s%s%s", (int)(id - text), text, k->lead, id);
}

char *keys_id(const struct keys *k, enum sql_key kind, char *text)
{
    const char *id = text && k->lead[0] ? id_within(kind, text) : NULL;
    if (id == NULL || strncmp(id, k->lead, ACCOUNT_LEAD) != 0) return text;
    size_t before = (size_t)(id - text);
    memmove(text + ACCOUNT_LEAD, text, before);
    return text + ACCOUNT_LEAD;
}

const void *keys_row(const struct keys *k, const struct sql_table *t, const void *row)
{
    if (k->lead[0] == '\0') return row;
    char *out = arena_alloc(k->arena, t->row_size);
    memcpy(out, row, t->row_size);
    for (const struct sql_column *c = t->columns; c < t->columns + t->n_columns; c++) {
        const char **at = (const char **)(void *)(out + c->offset);
        if (c->key != SQL_KEY_NONE) *at = keys_of(k, c->key, *at);
    }
    return out;
}

const char *keys_place(const struct keys *k, struct arena *a, const struct sql_table *t, const void *row, const char *region)
{
    const char *key = NULL;
    for (const struct sql_column *c = t->columns; row && key == NULL && c < t->columns + t->n_key; c++)
        if (c->key == SQL_KEY_WHOLE) key = *(const char *const *)(const void *)((const char *)row + c->offset);
    if (row == NULL && k->lead[0] == '\0') return region;
    if (row == NULL) return arena_printf(a, "%s%s", k->lead, region);
    return key && account_leads(key) ? arena_printf(a, "%.*s%s", ACCOUNT_LEAD, key, region) : region;
}

/* ---- SQL ---- */

static void sql_account_key(sqlite3_context *x, int n, sqlite3_value **values)
{
    const struct keys *k = sqlite3_user_data(x);
    char *key = sqlite3_mprintf("%s%s", k->lead, sqlite3_value_text(values[n - 1]));
    sqlite3_result_text(x, key, -1, sqlite3_free);
}

static void sql_account_end(sqlite3_context *x, int n, sqlite3_value **values)
{
    const struct keys *k = sqlite3_user_data(x);
    (void)n, (void)values;
    sqlite3_result_text(x, sqlite3_mprintf("%s" LAST, k->lead), -1, sqlite3_free);
}

static void sql_account_of(sqlite3_context *x, int n, sqlite3_value **values)
{
    const char *key = (const char *)sqlite3_value_text(values[n - 1]);
    if (key && account_leads(key)) sqlite3_result_text(x, key, ACCOUNT_DIGITS, SQLITE_TRANSIENT);
    else sqlite3_result_text(x, ACCOUNT_DEFAULT, -1, SQLITE_STATIC);
}

void keys_add_functions(sqlite3 *db, struct keys *k)
{
    const int how = SQLITE_UTF8 | SQLITE_DETERMINISTIC; /* while a statement runs */
    sqlite3_create_function(db, "account_key", 1, how, k, sql_account_key, NULL, NULL);
    sqlite3_create_function(db, "account_of", 1, how, k, sql_account_of, NULL, NULL);
    sqlite3_create_function(db, "account_end", 0, how, k, sql_account_end, NULL, NULL);
}
