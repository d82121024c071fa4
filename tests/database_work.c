#include "database_work.h"
#include <dlfcn.h>
#include <sqlite3.h>
#include <stdlib.h>

static int64_t steps;

int sqlite3_reset(sqlite3_stmt *st)
{
    static int (*reset)(sqlite3_stmt * st);
    if (reset == NULL) *(void **)&reset = dlsym(RTLD_NEXT, "sqlite3_reset");
    if (reset == NULL) abort();
    if (st) steps += sqlite3_stmt_status(st, SQLITE_STMTSTATUS_VM_STEP, 1);
    return reset(st);
}

int64_t database_work(void)
{
    return steps;
}
