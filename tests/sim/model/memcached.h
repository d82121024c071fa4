#pragma once
#include "model_int.h"
/* A memcached: memcached.c. */
void memcached_start(struct model_engine *e, int argc, const char *const argv[], int64_t now);
void memcached_free(struct model_engine *e);
void memcached_signal(struct model_engine *e, int signal, int64_t now);
bool memcached_listens_at(const struct model_engine *e, const char *host, int port);
/* One line of a connection, as a text of lines; "" where nothing is answered to it. */
struct redisReply *memcached_process(struct call *c);
