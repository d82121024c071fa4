#pragma once
/*
 * Keeps a log from growing for ever although its writer has it open and never opens it again: what it holds is copied to
 * FILE.1, and the file is emptied. Its writer must append (O_APPEND). Lines that are written during the copy are lost.
 */
enum { LOG_FILE_MAX = 1 << 20 };

/* If 'path' is larger than LOG_FILE_MAX: its last LOG_FILE_MAX bytes become PATH.1, and it is emptied; without room for the
 * copy it is emptied all the same. Returns how many bytes it has now; 0 where there is none. */
long log_file_bound(const char *path);
