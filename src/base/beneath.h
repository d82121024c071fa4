#pragma once
struct err;
/*
 * Opens files below a folder of ours by paths that somebody else has chosen. A path is
 * walked step by step from that root. An absolute path, one with "..", and one through
 * a symbolic link are refused. So nothing outside the root can be reached, whoever
 * changes the folders meanwhile.
 */

/* Opens an existing file or folder ("" is the root itself) as open() does with 'flags'. Returns the descriptor; ERR_USAGE for a
 * path that leaves the root; ERR_IO, with errno's reason, for everything else. */
int beneath_open(const char *root, const char *path, int flags, struct err *e);
/* Opens the folder that contains the path's last name. *name points to that name within 'path'. */
int beneath_open_parent(const char *root, const char *path, const char **name, struct err *e);
