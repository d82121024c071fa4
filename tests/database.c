#include "database.h"
#include "scratch.h"
#include <criterion/criterion.h>

struct store *database_open(enum store_durability durability)
{
    struct store *s;
    struct err e;
    scratch_open();
    cr_assert_eq(store_open(&s, scratch_path("meridian.db"), durability, &e), 0, "%s", e.msg);
    return s;
}

void database_close(struct store *s)
{
    store_close(s);
    scratch_close();
}
