#include "control/rows.h"
#include "store/sql.h"
#include <stdlib.h>
#include <string.h>

enum { GARBAGE_MAX = 256 * 1024 };

struct rows_change {
    struct rows_change *next;
    const struct sql_table *table;
    char *stored;
    const char *row;
};

void rows_lose(struct rows *r)
{
    r->known = false;
    r->changed = NULL;
}

void rows_begin(struct rows *r, int64_t changes)
{
    r->at = 0;
    r->changed = NULL;
    if (r->known && r->changes == changes) return;
    rows_fini(r);
}

struct rows_table *rows_next(struct rows *r)
{
    if (r->at == ROWS_TABLES) abort();
    return &r->tables[r->at++];
}

void rows_end(struct rows *r, int64_t changes)
{
    r->known = true;
    r->changes = changes;
}

void rows_wrote(struct rows *r, struct arena *a, const struct sql_table *t, const void *stored, const void *row)
{
    struct rows_change *c = arena_new(a, struct rows_change);
    *c = (struct rows_change){r->changed, t, (char *)(uintptr_t)stored, row};
    r->changed = c;
    r->changes++;
}

static void keep_text(struct rows *r, const char **stored, const char *text)
{
    if (*stored == text || (*stored && text && strcmp(*stored, text) == 0)) return;
    if (*stored) r->garbage += strlen(*stored) + 1;
    *stored = arena_strdup(&r->arena, text);
}

static void keep_row(struct rows *r, const struct rows_change *c)
{
    for (int i = 0; i < c->table->n_columns; i++) {
        const struct sql_column *column = &c->table->columns[i];
        void *stored = c->stored + column->offset;
        const void *now = c->row + column->offset;
        if (column->kind == SQL_INT) *(int64_t *)stored = *(const int64_t *)now;
        else if (column->kind == SQL_WORD) *(unsigned *)stored = *(const unsigned *)now;
        else keep_text(r, stored, *(const char *const *)now);
    }
}

void rows_keep(struct rows *r)
{
    for (const struct rows_change *c = r->changed; r->known && c; c = c->next) keep_row(r, c);
    r->changed = NULL;
    if (r->garbage > GARBAGE_MAX) rows_lose(r);
}

void rows_fini(struct rows *r)
{
    arena_fini(&r->arena);
    *r = (struct rows){0};
}
