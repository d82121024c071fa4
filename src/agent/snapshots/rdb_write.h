#pragma once
#include "agent/snapshots/rdb_split.h"

/* After the survey: writes each part into the empty file fds[part]. */
int rdb_split_write(struct rdb_split *x, const int *fds, struct err *e);
