#pragma once
#include "agent/snapshots/rdb_split.h"

/* After the survey: ERR_USAGE where keys are in more than one file. */
int rdb_split_check_twice(const struct rdb_split *x, struct err *e);
