#include "store/row_pack.h"
#include "base/arena.h"
#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* A bit for each column, whether it has a value; then the values, one after the other. */

enum { NUMBER_BYTES_MAX = 10, NUMBER_BITS = 7, NUMBER_GOES_ON = 1 << NUMBER_BITS };

static size_t bits_size(const struct sql_table *t)
{
    return ((size_t)t->n_columns + 7) / 8;
}

static bool column_is_set(const char *packed, int i)
{
    return (unsigned char)packed[i / 8] >> i % 8 & 1;
}

/* ---- one value ---- */

static const char *text_in_row(const struct sql_column *c, const void *row)
{
    return *(const char *const *)((const char *)row + c->offset);
}

static int64_t number_in_row(const struct sql_column *c, const void *row)
{
    const void *at = (const char *)row + c->offset;
    return c->kind == SQL_WORD ? (int64_t) * (const unsigned *)at : *(const int64_t *)at;
}

/* Seven bits in a byte, the lowest first; negative numbers take turns with the others, so that small ones are short. */
static size_t put_number(int64_t number, char *out)
{
    uint64_t rest = (uint64_t)number << 1 ^ (number < 0 ? UINT64_MAX : 0);
    size_t n = 0;
    for (; rest >= NUMBER_GOES_ON; rest >>= NUMBER_BITS) out[n++] = (char)(rest | NUMBER_GOES_ON);
    out[n++] = (char)rest;
    assert(n <= NUMBER_BYTES_MAX);
    return n;
}

static const char *take_number(const char *at, int64_t *out)
{
    uint64_t number = 0;
    for (int shift = 0;; shift += NUMBER_BITS) {
        unsigned char byte = (unsigned char)*at++;
        number |= (uint64_t)(byte & (NUMBER_GOES_ON - 1)) << shift;
        if (byte < NUMBER_GOES_ON) break;
    }
    *out = (int64_t)(number >> 1 ^ (number & 1 ? UINT64_MAX : 0));
    return at;
}

/* Where the value of a column that has one stands: a text, or a number that is put into 'number'. Returns what stands behind it. */
static const char *take_value(const struct sql_column *c, const char *at, int64_t *number)
{
    return c->kind == SQL_TEXT ? at + strlen(at) + 1 : take_number(at, number);
}

static size_t put_value(const struct sql_column *c, const void *row, char *out)
{
    if (c->kind != SQL_TEXT) return put_number(number_in_row(c, row), out);
    const char *text = text_in_row(c, row);
    return (size_t)(stpcpy(out, text) + 1 - out);
}

static bool has_value(const struct sql_column *c, const void *row)
{
    return c->kind == SQL_TEXT ? text_in_row(c, row) != NULL : number_in_row(c, row) != 0;
}

/* ---- a row ---- */

size_t row_pack_size(const struct sql_table *t, const void *row)
{
    size_t size = bits_size(t);
    for (int i = 0; i < t->n_columns; i++) {
        const struct sql_column *c = &t->columns[i];
        char number[NUMBER_BYTES_MAX];
        if (!has_value(c, row)) continue;
        size += c->kind == SQL_TEXT ? strlen(text_in_row(c, row)) + 1 : put_number(number_in_row(c, row), number);
    }
    return size;
}

void row_pack(const struct sql_table *t, const void *row, char *out)
{
    char *at = out + bits_size(t);
    memset(out, 0, bits_size(t));
    for (int i = 0; i < t->n_columns; i++) {
        if (!has_value(&t->columns[i], row)) continue;
        out[i / 8] = (char)((unsigned char)out[i / 8] | 1u << i % 8);
        at += put_value(&t->columns[i], row, at);
    }
}

void *row_unpack(const struct sql_table *t, const char *packed, struct arena *a)
{
    char *row = arena_alloc(a, t->row_size);
    const char *at = packed + bits_size(t);
    for (int i = 0; i < t->n_columns; i++) {
        const struct sql_column *c = &t->columns[i];
        int64_t number = 0;
        const char *text = at;
        if (!column_is_set(packed, i)) continue;
        at = take_value(c, at, &number);
        unsigned word = (unsigned)number;
        if (c->kind == SQL_TEXT) memcpy(row + c->offset, &text, sizeof text);
        else if (c->kind == SQL_WORD) memcpy(row + c->offset, &word, sizeof word);
        else memcpy(row + c->offset, &number, sizeof number);
    }
    return row;
}

/* The column at 'offset': where its text begins, and its number; NULL if it has no value. */
static const char *find_value(const struct sql_table *t, const char *packed, size_t offset, int64_t *number)
{
    const char *at = packed + bits_size(t);
    int i = 0;
    for (; i < t->n_columns && t->columns[i].offset != offset; i++) {
        int64_t other;
        if (column_is_set(packed, i)) at = take_value(&t->columns[i], at, &other);
    }
    assert(i < t->n_columns);
    if (!column_is_set(packed, i)) return NULL;
    take_value(&t->columns[i], at, number);
    return at;
}

int64_t row_packed_number(const struct sql_table *t, const char *packed, size_t offset)
{
    int64_t number = 0;
    find_value(t, packed, offset, &number);
    return number;
}

const char *row_packed_text(const struct sql_table *t, const char *packed, size_t offset)
{
    int64_t number;
    return find_value(t, packed, offset, &number);
}
