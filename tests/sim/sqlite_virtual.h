#pragma once
/*
 * The database of a run: SQLite itself, in memory. Whoever opens "meridian.db" gets the one connection that there is, and who closes it
 * leaves the committed rows behind, and the statements that it had prepared: serve dies dozens of times in a run, and what it would read
 * and parse again is the same each time. What was under way is rolled back. A process that forks has its own from then on.
 */

#define DATABASE_NAME "meridian.db"

/* Prepares every query of the program, for those who fork: to be called once the schema is there. */
void sqlite_virtual_prepare(void);
/* The version that the next who opens it finds is another by so much. */
void sqlite_virtual_set_version(int by);
