#pragma once
#include <limits.h>
struct err;
/*
 * The data directory of --ephemeral: it is made when serve starts, and deleted when serve ends. That of a serve that was killed is deleted by
 * the next one.
 */

/* Makes an empty folder in TMPDIR, else in /tmp, and claims it (data_dir.h). ERR_IO where that can't be. */
int ephemeral_claim(char out[PATH_MAX], int *lock_fd, struct err *e);
/* Deletes what others have made there that do not run any more. */
void ephemeral_sweep(void);
/* Deletes it with everything in it; what can't be deleted is logged. */
void ephemeral_delete(const char *path);
