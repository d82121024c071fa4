#pragma once
#include <stdint.h>
/*
 * What SQLite has done, as a number that does not depend on how busy the machine is. It stands before SQLite's sqlite3_reset(), so it
 * counts whatever the program's own queries cost.
 */

/* Steps of SQLite's virtual machine in all queries that are over. */
int64_t database_work(void);
