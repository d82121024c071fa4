#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
/*
 * The few things the agent does with files. All of them are small and local, so
 * they block; whatever it writes is readable by its own user alone.
 */

/* True for a name that may become a folder: [a-z0-9.~-], starts with a letter or digit, no "..", at most 100 bytes. */
bool file_id_ok(const char *id);
/* Puts 'n' bytes in place of the file: written aside and renamed, so that a crash leaves the old or the new one. Not synced:
 * after a crash of the machine no process is left that the files are about. */
int file_replace(const char *path, const void *data, size_t n, struct err *e);
/*
 * The same for a text, that a full disk does not keep from being replaced: newlines at its end make it whole blocks, and PATH.new,
 * which stays, has as many. The two change their names and nothing is freed, so no room is needed unless the text has
 * outgrown them, by half a kilobyte at least. (A file system that never writes in place, as btrfs, needs some all the same.)
 */
int file_put(const char *path, const char *text, size_t n, struct err *e);
/* The same for a few bytes, up to FILE_NOTE_MAX, written in place by one call: whoever is killed leaves the old or the new ones.
 * NULL empties the note, if there is one. */
enum { FILE_NOTE_MAX = 512 };
int file_note(const char *path, const char *text, struct err *e);
/* Allocates room for a file that somebody else writes in place: twice its size, and 'more' bytes. Its size stays what it is. Does
 * nothing where there is no such file, or no such room. */
void file_keep_room(const char *path, size_t more);
/* Appends the file's bytes (at most 1 MiB) to 'out'. */
int file_read(const char *path, struct buf *out, struct err *e);
/* Appends what stands in the file behind 'from', at most its last 'max' bytes; an unreadable file adds nothing. */
void file_tail(const char *path, long from, size_t max, struct buf *out);
/* Makes the folder and its parents, mode 0700, where they are missing. */
int file_mkdirs(const char *path, struct err *e);
/* Deletes the folder with all it holds; links are not followed; one that is not there is fine. */
int file_remove_tree(const char *path, struct err *e);
/* The absolute path of a program: 'name' itself if it has a slash, else the first one on PATH. False where there is none. */
bool file_find_program(const char *name, char *out, size_t size);
