#pragma once
#include "agent/snapshots/rdb_reader.h"

/* Reads the value of a type; returns how many bytes its parts have, which is less than it takes in memory. */
uint64_t rdb_skip_value(struct rdb_reader *r, unsigned type);
/* The same for what a module keeps besides its values. */
void rdb_skip_module_data(struct rdb_reader *r);
