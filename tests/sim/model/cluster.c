#include "model_int.h"

bool engine_bus_at(const struct model_engine *e, const char *host, int port)
{
    (void)e;
    (void)host;
    return port < 0;
}

bool cluster_load(struct model_engine *e, int64_t now)
{
    (void)now;
    model_unknown(e, "cluster mode");
}

bool cluster_listen(struct model_engine *e, int64_t now)
{
    (void)e;
    return now >= 0;
}

void cluster_start(struct model_engine *e, int64_t now)
{
    (void)e;
    (void)now;
}

void cluster_end(struct model_engine *e, int64_t now)
{
    (void)e;
    (void)now;
}

void cluster_free(struct model_engine *e)
{
    (void)e;
}

void cluster_resumed(struct model_engine *e, int64_t now)
{
    (void)e;
    (void)now;
}

void cluster_configured(struct model_engine *e, int64_t now)
{
    (void)e;
    (void)now;
}

void cluster_link_changed(struct model_engine *e, int64_t now)
{
    (void)e;
    (void)now;
}

struct redisReply *cluster_redirect(struct call *c)
{
    (void)c;
    return NULL;
}
