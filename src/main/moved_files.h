#pragma once
struct err;
struct store;
/*
 * A migration of the database can change how folders of nodes and files of snapshots are named (the table moved_file). They get their new
 * names here, before any agent is asked for anything. What still runs in the data directory is stopped for it, with its data saved.
 */

/* Does nothing where no file has to move. 'data_dir' and what follows as in struct leftovers. Broken off, it goes on with the next call. */
int moved_files_rename(struct store *s, const char *data_dir, const char *program, int stop_timeout, struct err *e);
