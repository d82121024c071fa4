#include "control/trace_keep.h"
#include "base/arena.h"
#include "control/trace.h"
#include "store/queries.gen.h"

int trace_keep_load(struct trace *t, struct store *s, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_traced *rows;
    size_t n;
    int r = q_traced_all(s, &a, &rows, &n, e);
    for (size_t i = 0; r == 0 && i < n; i++) trace_add_id(t, rows[i].id);
    return r;
}

int trace_keep_set(struct store *s, const char *id, bool traced, struct err *e)
{
    const struct row_traced row = {id};
    return traced ? q_traced_put(s, &row, e) : q_traced_delete(s, &row, e);
}
