#pragma once
struct err;
struct options;
/*
 * Whether there are engines to be run: said at the start, not by the first replication group that never
 * becomes available. Those that --engine names are asked what they are; of redis-server it is
 * enough that it is there, agents look at its version, and so do they for memcached. ERR_USAGE
 * with one line that says what to do.
 */
int engines_check(const struct options *o, struct err *e);
