#pragma once
#include <sys/types.h>
/* A folder for one test, on disk and gone afterwards. Whatever goes wrong fails the test. */

/* For .init and .fini of a suite. */
void scratch_open(void);
void scratch_close(void);
/* Its path, absolute and without links. */
const char *scratch_dir(void);
/* The path of something in it; valid until the eighth call after this one. "" is the folder. */
const char *scratch_path(const char *name);
/* Writes a file with this mode, whatever the umask; the folders on the way are made. */
void scratch_write(const char *name, const char *text, mode_t mode);
/* The whole text of a file; "" where there is none. Valid until the next call. */
const char *scratch_read(const char *name);
