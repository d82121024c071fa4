#pragma once
#include "agent/engine/server_info.h"
/* Reads a line of memcached's stats; what it does not tell, or not properly, stays as it is. */
void stats_read_line(const char *line, struct server_info *out);
