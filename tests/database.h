#pragma once
#include "store/store.h"
/* A database for one test, meridian.db in the folder of scratch.h, which is made and removed with it. */
struct store *database_open(enum store_durability durability);
/* NULL, where the test has closed it itself, is allowed. */
void database_close(struct store *s);
