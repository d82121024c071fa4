#include "agent/redis/probe.h"
#include "agent/session/engines.h"
#include "base/log.h"
#include "catalog/parameter.h"
#include "main/commands.h"
#include "main/options.h"
#include <stdio.h>
#include <string.h>

/* `meridian engine-check PATH`: what a program can do of what Meridian needs of one that runs redis or valkey. */

/* The highest version that the service lists and that is no later than the program's; else the lowest of all. */
static const struct engine_version *find_like(const struct engine_program *g)
{
    const struct engine_version *like = NULL;
    const char *name = engine_find(g->name) ? g->name : "valkey";
    for (size_t i = 0; i < n_engine_versions; i++) {
        const struct engine_version *v = &engine_versions[i];
        if (strcmp(v->engine->name, name) != 0) continue;
        bool later = version_compare(v->version, g->version) > 0;
        if (like == NULL || (!later && version_compare(v->version, like->version) > 0)) like = v;
    }
    return like;
}

/* Settings that parameters of the family stand for, of this version, and that the engine does not have. */
static void tell_settings(const struct probe *p, const struct engine_version *like)
{
    const struct parameter_family *f = family_find(like->family);
    size_t n = 0;
    printf("settings that parameter groups of %s %s name and it lacks: ", like->engine->name, like->version);
    for (size_t i = 0; i < f->n_parameters; i++) {
        const struct parameter *x = parameter_at(f, i);
        bool known = version_compare(parameter_min_version(f, x), like->full) <= 0;
        if (!known || x->engine_name == NULL || probe_has_setting(p, x->engine_name)) continue;
        printf("%s%s", n++ ? ", " : "", x->engine_name);
    }
    puts(n ? "" : "none");
}

static void tell_part(const struct probe *p, enum engine_part part)
{
    const struct engine_need *need = p->lacks.of[part];
    if (p->lacks.of[PART_NODES] && part == PART_CLUSTER_MODE) printf("%s: not tried\n", engine_part_names[part]);
    else if (need == NULL) printf("%s: yes\n", engine_part_names[part]);
    else printf("%s: no, it is to %s: %s: %s\n", engine_part_names[part], need->why, need->command, p->refusals[part]);
}

/* 0 where it can do everything, 1 where it lacks something. */
static int check_program(const char *given, struct err *e)
{
    struct engine_program g = {.kind = agent_engines[0]};
    struct probe p;
    if ((size_t)snprintf(g.given, sizeof g.given, "%s", given) >= sizeof g.given)
        return err_set(e, ERR_USAGE, "the path is too long: %.100s", given);
    int r = engine_locate(&g, e);
    if (r == 0) r = probe_run(g.path, &p, e);
    if (r) return r;
    printf("%s is %s %s\n", g.path, g.name, g.version);
    for (int part = 0; part < PART__COUNT; part++) tell_part(&p, part);
    if (p.lacks.of[PART_NODES] == NULL) tell_settings(&p, find_like(&g));
    buf_fini(&p.settings);
    return engine_lacks_any(&p.lacks);
}

int engine_check_main(const struct options *o)
{
    struct err e;
    int worst = 0;
    for (size_t i = 0; i < o->n_ids; i++) {
        int r = check_program(o->ids[i], &e);
        if (r < 0) log_notice("%s", e.msg);
        r = r < 0 ? EXIT_USAGE : r;
        if (r > worst) worst = r;
    }
    return worst;
}
