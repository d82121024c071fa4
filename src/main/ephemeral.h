#pragma once
#include <limits.h>
struct err;
/* The data directory of --ephemeral: it is made when serve starts, and deleted when serve ends. */

/* Makes an empty folder in TMPDIR, else in /tmp. ERR_IO where that can't be. */
int ephemeral_make(char out[PATH_MAX], struct err *e);
/* Deletes it with everything in it; what can't be deleted is logged. */
void ephemeral_delete(const char *path);
