#include "main/engines.h"
#include "agent/os/file.h"
#include "agent/session/engines.h"
#include "base/err.h"
#include "main/options.h"
#include <string.h>

/* A program that its user said where to find; the others are asked what they are when a node needs them. */
static int check_given(struct engine *g, struct err *e)
{
    if (!g->for_name[0] && !g->named) return 0;
    int r = engine_locate(g, e);
    if (r == 0 || g->named) return r;
    struct err why = *e;
    return err_set(e, r, "--engine %s:%s=%s: %s", g->for_name, g->for_version, g->given, why.msg);
}

static bool is_there(const struct engine *g)
{
    char path[ENGINE_PATH_SIZE];
    return g->path[0] || file_find_program(g->given, path, sizeof path);
}

int engines_check(const struct options *o, struct err *e)
{
    struct engine_map m;
    bool any = false;
    agent_engines_init(&m, o->redis_server, o->memcached, o->engines);
    for (size_t i = 0; i < m.n; i++) {
        int r = check_given(&m.items[i], e);
        if (r) return r;
        any = any || (m.items[i].kind == agent_engines[0] && is_there(&m.items[i]));
    }
    if (any) return 0;
    return err_set(e, ERR_USAGE,
        "there is no program \"%s\": install redis-server (Debian: apt install redis-server), or say where it is with "
        "--redis-server",
        o->redis_server);
}
