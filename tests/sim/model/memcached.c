#include "memcached.h"

void memcached_start(struct model_engine *e, int argc, const char *const argv[], int64_t now)
{
    (void)argc;
    (void)argv;
    (void)now;
    model_unknown(e, "how to start");
}

void memcached_free(struct model_engine *e)
{
    (void)e;
}

void memcached_signal(struct model_engine *e, int signal, int64_t now)
{
    engine_exit(e, signal, 0, now);
}

bool memcached_listens_at(const struct model_engine *e, const char *host, int port)
{
    (void)e;
    (void)host;
    return port < 0;
}

const char *model_line(struct model_conn *c, const char *line, int64_t now)
{
    (void)now;
    model_unknown(c->e, "the line %s", line);
}
