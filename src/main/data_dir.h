#pragma once
#include <stdbool.h>
#include <stddef.h>
struct err;
/*
 * The data directory of serve: made with mode 0700 where it is not there, and held
 * by one process at a time through a lock that dies with it. Keep the descriptor in
 * *lock_fd open as long as the directory is used. ERR_IN_USE or ERR_IO, with one
 * line that says what to do.
 */
int data_dir_claim(const char *path, int *lock_fd, struct err *e);
/*
 * Whether nobody else can have prepared what is in an existing data directory: all of it belongs to the user who runs this,
 * can't be written by others, and is no symbolic link. ERR_USAGE, in one line that names what is wrong, where it is not so.
 */
int data_dir_check(const char *path, struct err *e);
/* ERR_DB, with the way out, where neither the database nor a copy of it (store/backup.h) is there, but what nodes have is. */
int data_dir_check_whole(const char *path, const char *database, struct err *e);
/* Whether the claimed directory is still the one at its path: somebody may have deleted or moved it. */
bool data_dir_is_claimed(const char *path, int lock_fd);
/* Reads a small file's first line without its end; false where there is none, or it is longer. */
bool data_dir_read(const char *path, const char *name, char *out, size_t size);
/* Writes a small file into it, whole or not at all. */
int data_dir_write(const char *path, const char *name, const char *text, struct err *e);
/* Takes a small file away that is not true any more; one that is not there is none. */
void data_dir_drop(const char *path, const char *name);
