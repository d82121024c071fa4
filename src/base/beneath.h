#pragma once
struct err;
/*
 * Files that somebody else names, below a folder of ours. A path is taken one step
 * after the other from the folder on: one that is absolute, goes up or through a
 * symbolic link is refused, so nothing outside can be reached, however the folder's
 * contents change meanwhile.
 */

/* Opens an existing file or folder ("" is the root itself) as open() does with 'flags'. The descriptor, or ERR_USAGE for a
 * path that leaves the root, ERR_IO with errno's reason for the rest. */
int beneath_open(const char *root, const char *path, int flags, struct err *e);
/* The same for the folder that holds the path's last name; *name is that name, within 'path'. */
int beneath_open_parent(const char *root, const char *path, const char **name, struct err *e);
