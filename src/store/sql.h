#pragma once
#include <stddef.h>
#include <stdint.h>
/* The types behind sql.gen.h: how a row struct is laid out and what a named query looks like. Knows nothing of SQLite. */

struct words;

/* A word is an enum in the row and a text in the database: catalog/words.h. */
enum sql_kind { SQL_TEXT, SQL_INT, SQL_WORD };

/* Whether a text is a key (catalog/account_key.h), and where its account stands: schema/keys.json. */
enum sql_key { SQL_KEY_NONE, SQL_KEY_WHOLE, SQL_KEY_DOTTED, SQL_KEY_SHARED };

struct sql_column {
    const char *name;
    enum sql_kind kind;
    size_t offset;
    const struct words *words; /* SQL_WORD */
    enum sql_key key;
};

struct sql_table {
    const char *name;
    size_t row_size;
    const struct sql_column *columns;
    int n_columns;
    int n_key; /* the first columns are the primary key */
    int q_all; /* the query of all its rows: an enum query */
};

/* A migration or a query. A query's parameters are ?1, ?2 …, in the order in which the wrapper passes the values. */
struct sql_text {
    const char *name;
    const char *sql;
};

struct sql_param {
    enum sql_kind kind; /* words are bound as texts */
    const char *text;   /* NULL binds NULL */
    int64_t number;
    enum sql_key key;
};
#define SQL_PARAM_KEY(v, key)   \
    {                           \
        SQL_TEXT, (v), 0, (key) \
    }
#define SQL_PARAM_TEXT(v) SQL_PARAM_KEY(v, SQL_KEY_NONE)
#define SQL_PARAM_INT(v)                 \
    {                                    \
        SQL_INT, NULL, (v), SQL_KEY_NONE \
    }
