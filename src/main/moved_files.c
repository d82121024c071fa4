#include "main/moved_files.h"
#include "base/arena.h"
#include "base/err.h"
#include "main/leftovers.h"
#include "store/queries.gen.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* One that is not there has moved already, or never was. */
static int rename_file(struct arena *a, const char *data_dir, const struct row_moved_file *m, struct err *e)
{
    const char *from = arena_printf(a, "%s/regions/%s/%s", data_dir, m->region, m->was);
    const char *to = arena_printf(a, "%s/regions/%s/%s", data_dir, m->region, m->name);
    if (rename(from, to) == 0 || errno == ENOENT) return 0;
    return err_set(e, ERR_IO, "%s can't be renamed to %s: %s", from, m->name, strerrordesc_np(errno));
}

int moved_files_rename(struct store *s, const char *data_dir, const char *program, int stop_timeout, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_moved_file *rows;
    size_t n;
    int r = q_moved_file_all(s, &a, &rows, &n, e);
    if (r || n == 0) return r;
    const struct leftovers l = {data_dir, program, stop_timeout, "its nodes' folders get other names"};
    r = leftovers_end(&l, e);
    for (size_t i = 0; r == 0 && i < n; i++) r = rename_file(&a, data_dir, &rows[i], e);
    if (r == 0) r = store_begin(s, true, e);
    if (r) return r;
    for (size_t i = 0; r == 0 && i < n; i++) r = q_moved_file_delete(s, &rows[i], e);
    if (r) store_rollback(s);
    return r ? r : store_commit(s, e);
}
