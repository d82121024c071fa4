#pragma once
#include <stdbool.h>
#include <stddef.h>
/* One entry of a log as it is delivered: an object of JSON, or a line of text. Pure text work. */
struct buf;
struct redisReply;

/* An entry of SLOWLOG GET; its arguments are counted, not told. False: it is none. */
bool delivery_slow_line(struct buf *out, const char *cluster, const char *node, bool json, const struct redisReply *entry);
/* A line of the engine's log without its end. False where it has not the form of one (those of a crash, or of a library),
 * or tells of the module that engines load. */
bool delivery_log_line(struct buf *out, const char *cluster, const char *node, bool json, const char *line, size_t n);
