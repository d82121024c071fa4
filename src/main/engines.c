#include "main/engines.h"
#include "agent/os/file.h"
#include "agent/redis/probe.h"
#include "agent/session/engines.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "main/options.h"
#include <string.h>

static bool is_there(const struct engine_program *g)
{
    char path[ENGINE_PATH_SIZE];
    return g->path[0] || file_find_program(g->given, path, sizeof path);
}

/* A program that its user said where to find. Those that are for a whole kind are asked what they are when a node needs them. */
static int check_given(struct engine_program *g, struct err *e)
{
    bool said = g->for_name[0] || (g->named && !is_there(g));
    int r = said ? engine_locate(g, e) : 0;
    if (r == 0 || g->named) return r;
    struct err why = *e;
    return err_set(e, r, "--engine %s:%s=%s: %s", g->for_name, g->for_version, g->given, why.msg);
}

int engines_check(const struct options *o, struct engines_known *out, struct err *e)
{
    struct engine_map *m = &out->map;
    bool any = false;
    *out = (struct engines_known){0};
    agent_engines_init(m, o->redis_server, o->memcached, o->engines);
    for (size_t i = 0; i < m->n; i++) {
        int r = check_given(&m->items[i], e);
        if (r) return r;
        any = any || (m->items[i].kind == agent_engines[0] && is_there(&m->items[i]));
    }
    if (any) return 0;
    return err_set(e, ERR_USAGE,
        "there is no program \"%s\": install redis-server (Debian: apt install redis-server), or say where it is with "
        "--redis-server",
        o->redis_server);
}

/* ---- those that are neither redis nor valkey ---- */

static int try_program(const struct engine_program *g, struct engine_lacks *out, struct err *e)
{
    struct probe p;
    int r = probe_run(g->path, &p, e);
    buf_fini(&p.settings);
    *out = p.lacks;
    for (int part = 0; r == 0 && part < PART__COUNT; part++)
        if (p.lacks.of[part])
            log_warn("%s has no %s: %s: %s", g->path, engine_part_names[part], p.lacks.of[part]->command, p.refusals[part]);
    return r;
}

int engines_try(struct engines_known *known, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < known->map.n; i++) {
        const struct engine_program *g = &known->map.items[i];
        if (g->kind != agent_engines[0] || g->for_name[0] == '\0' || engine_kind_runs(g->kind, g->name)) continue;
        r = try_program(g, &known->lacks[i], e);
        known->any = known->any || engine_lacks_any(&known->lacks[i]);
    }
    return r;
}

const char *engines_lack(void *known, struct arena *a, const char *engine, const char *version, enum engine_part part)
{
    struct engines_known *k = known;
    struct engine_program *g;
    struct err e;
    if (!k->any || engine_pick(&k->map, engine, version, &g, &e) != 0) return NULL;
    const struct engine_need *need = k->lacks[g - k->map.items].of[part];
    return need ? arena_printf(a, "%s %s lacks %s", g->name, g->version, need->command) : NULL;
}
