#pragma once
struct err;
/*
 * The data directory of serve: made with mode 0700 where it is not there, and held
 * by one process at a time through a lock that dies with it. Keep the descriptor in
 * *lock_fd open as long as the directory is used. ERR_IN_USE or ERR_IO, with one
 * line that says what to do.
 */
int data_dir_claim(const char *path, int *lock_fd, struct err *e);
/* Writes a small file into it, whole or not at all. */
int data_dir_write(const char *path, const char *name, const char *text, struct err *e);
