#pragma once
#include "main/options.h"
struct err;
struct store;
/*
 * How addresses are given belongs to the nodes of a data directory: an address of their own, or a port of one host. ERR_USAGE
 * where it has nodes that were made in the other way. Notes which way it is, for those to come.
 */
int addressing_check(struct store *s, const char *data_dir, enum addressing now, struct err *e);
