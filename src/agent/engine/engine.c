#include "agent/engine/engine.h"
#include "agent/os/file.h"
#include "agent/os/program.h"
#include "base/decimal.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the map ---- */

static bool is_version(const char *s)
{
    int dots = 0;
    for (const char *p = s; *p; p++) {
        if (isdigit((unsigned char)*p)) continue;
        if (*p != '.' || p == s || p[-1] == '.' || p[1] == '\0') return false;
        dots++;
    }
    return *s && dots <= 2;
}

/* Puts 'n' bytes into 'out', whole. */
static bool put_text(char *out, size_t size, const char *from, size_t n)
{
    if (n == 0 || n >= size) return false;
    memcpy(out, from, n);
    out[n] = '\0';
    return true;
}

bool engine_read_entry(const struct engine_kind *const kinds[], const char *text, struct engine_program *out)
{
    struct engine_program g = {0};
    const char *colon = strchr(text, ':'), *equals = colon ? strchr(colon, '=') : NULL;
    if (equals == NULL) return false;
    bool whole = put_text(g.for_name, sizeof g.for_name, text, (size_t)(colon - text)) &&
                 put_text(g.for_version, sizeof g.for_version, colon + 1, (size_t)(equals - colon - 1)) &&
                 put_text(g.given, sizeof g.given, equals + 1, strlen(equals + 1));
    if (!whole || !is_version(g.for_version)) return false;
    g.kind = engine_kind_of(kinds, g.for_name);
    if (!engine_kind_runs(g.kind, g.for_name)) return false;
    *out = g;
    return true;
}

static void add_program(struct engine_map *m, const struct engine_kind *kind, const char *given, bool optional)
{
    struct engine_program *g = &m->items[m->n++];
    *g = (struct engine_program){.kind = kind, .optional = optional, .named = !optional && strcmp(given, kind->program) != 0};
    snprintf(g->given, sizeof g->given, "%s", given);
}

void engine_map_init(
    struct engine_map *m, const struct engine_kind *const kinds[], const char *const given[], const char *entries)
{
    *m = (struct engine_map){.kinds = kinds};
    for (size_t i = 0; kinds[i] != NULL; i++) {
        add_program(m, kinds[i], given[i] ? given[i] : kinds[i]->program, false);
        for (size_t k = 0; kinds[i]->other_programs && kinds[i]->other_programs[k]; k++)
            add_program(m, kinds[i], kinds[i]->other_programs[k], true);
    }
    while (entries && *entries && m->n < ENGINES_MAX) {
        char text[ENGINE_PATH_SIZE + 64];
        size_t n = strcspn(entries, "\n");
        snprintf(text, sizeof text, "%.*s", (int)n, entries);
        m->n += engine_read_entry(kinds, text, &m->items[m->n]);
        entries += n + (entries[n] == '\n');
    }
}

/* ---- the choice ---- */

enum { PARTS = 3 };

static int split_version(const char *version, long parts[PARTS])
{
    int n = 0;
    for (int i = 0; i < PARTS; i++) parts[i] = 0;
    for (const char *p = version; *p && n < PARTS; n++) {
        int64_t part;
        if (!decimal_take(&p, 0, INT32_MAX, &part)) break;
        parts[n] = (long)part;
        p = *p == '.' ? p + 1 : "";
    }
    return n;
}

/* How far a program is from what is asked for, as numbers of falling weight: less is nearer. */
enum { FAR_MEANT, FAR_ENGINE, FAR_MAJOR, FAR_MINOR, FAR_PATCH, FAR_OLDER, FAR_VAGUE, FAR__COUNT };

static bool is_less(const long *a, const long *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a[i] != b[i]) return a[i] < b[i];
    return false;
}

/* Behind the first number that differs, the nearest of the later versions are the lowest, and of the earlier ones the highest. */
static void measure_version(const long asked[PARTS], const long has[PARTS], int n, long far[PARTS])
{
    long side = 0;
    for (int i = 0; i < PARTS; i++) {
        long over = i < n ? has[i] - asked[i] : 0;
        far[i] = side ? side * (i < n ? has[i] : 0) : labs(over);
        if (side == 0 && over) side = over > 0 ? 1 : -1;
    }
}

static void measure_engine(const struct engine_program *g, const char *engine, const char *version, long far[FAR__COUNT])
{
    long asked[PARTS], has[PARTS];
    bool meant = g->for_name[0] != '\0';
    split_version(version, asked);
    int n = split_version(meant ? g->for_version : g->version, has);
    bool same = strcmp(meant ? g->for_name : g->name, engine) == 0;
    measure_version(asked, has, n, far + FAR_MAJOR);
    far[FAR_ENGINE] = !same;
    far[FAR_MEANT] = !(meant && same && far[FAR_MAJOR] == 0 && far[FAR_MINOR] == 0 && far[FAR_PATCH] == 0);
    far[FAR_OLDER] = is_less(has, asked, n);
    far[FAR_VAGUE] = PARTS - n;
}

/* What a program is has to be known before it can be compared; of those that --engine names, it is said. */
static bool is_known_program(struct engine_program *g, struct err *e)
{
    char path[ENGINE_PATH_SIZE];
    if (g->for_name[0]) return true;
    if (g->optional && !file_find_program(g->given, path, sizeof path)) return false;
    return engine_locate(g, e) == 0;
}

struct search {
    struct engine_map *m;
    const struct engine_kind *kind;
    const char *engine, *version;
    bool passed_over[ENGINES_MAX];
    bool ended;     /* one that nothing stands in for can't run */
    struct err why; /* of that one, else of the first that was passed over */
};

static void pass_over(struct search *s, const struct engine_program *g, const struct err *e)
{
    s->passed_over[g - s->m->items] = true;
    if (s->why.code == 0 || g->named) s->why = *e;
    s->ended = s->ended || g->named;
}

static struct engine_program *find_nearest(struct search *s)
{
    struct engine_program *best = NULL;
    long least_far[FAR__COUNT] = {0}, far[FAR__COUNT];
    for (struct engine_program *g = s->m->items; g < s->m->items + s->m->n; g++) {
        struct err e = {0};
        if (g->kind != s->kind || s->passed_over[g - s->m->items]) continue;
        if (!is_known_program(g, &e)) {
            pass_over(s, g, &e);
            continue;
        }
        measure_engine(g, s->engine, s->version, far);
        if (best && !is_less(far, least_far, FAR__COUNT)) continue;
        best = g;
        memcpy(least_far, far, sizeof far);
    }
    return s->ended ? NULL : best;
}

int engine_pick(struct engine_map *m, const char *engine, const char *version, struct engine_program **out, struct err *e)
{
    struct search s = {.m = m, .engine = engine, .version = version ? version : ""};
    s.kind = engine_kind_of(m->kinds, engine);
    while ((*out = find_nearest(&s)) != NULL) {
        if (engine_locate(*out, e) == 0) return 0;
        pass_over(&s, *out, e);
    }
    *e = s.why;
    return e->code;
}

/* ---- a program's version ---- */

/* "NAME server v=7.0.15 sha=…", "NAME v1.21.2-…", "NAME 1.6.18" */
static const char *find_version(const char *text)
{
    const char *v = strstr(text, " v=");
    if (v) return v + 3;
    v = strstr(text, " v");
    if (v && isdigit((unsigned char)v[2])) return v + 2;
    v = strchr(text, ' ');
    return v ? v + 1 : "";
}

bool engine_read_version(struct engine_program *g, const char *text)
{
    char printed[sizeof g->name] = ""; /* its first word in small letters */
    const char *v = find_version(text);
    size_t n = strspn(v, "0123456789.");
    for (size_t i = 0; isalpha((unsigned char)text[i]) && i + 1 < sizeof printed; i++)
        printed[i] = (char)tolower((unsigned char)text[i]);
    for (const struct engine_release *r = g->kind->releases; r->prints != NULL; r++) {
        if (strcmp(r->prints, printed) != 0) continue;
        snprintf(g->name, sizeof g->name, "%s", r->name);
        return put_text(g->version, sizeof g->version, v, n);
    }
    return false;
}

bool engine_is_from(const struct engine_program *g, int major, int minor)
{
    long parts[PARTS];
    split_version(g->version, parts);
    return parts[0] > major || (parts[0] == major && parts[1] >= minor);
}

bool engine_new_enough(const struct engine_program *g)
{
    for (const struct engine_release *r = g->kind->releases; r->prints != NULL; r++)
        if (strcmp(r->name, g->name) == 0) return engine_is_from(g, r->major, r->minor);
    return true;
}

int engine_locate(struct engine_program *g, struct err *e)
{
    char path[sizeof g->path], text[256];
    const char *name = g->kind->program;
    if (g->path[0] != '\0') return 0;
    if (!file_find_program(g->given, path, sizeof path))
        return err_set(e, ERR_USAGE, "there is no program \"%s\": install %s (Debian: apt install %s), or say where it is",
            g->given, name, name);
    if (program_ask(path, g->kind->version_option, text, sizeof text) != 0 || !engine_read_version(g, text))
        return err_set(e, ERR_USAGE, "%s %s does not answer as a %s does", path, g->kind->version_option, name);
    if (!engine_new_enough(g))
        return err_set(
            e, ERR_USAGE, "%s is %s version %s: version %s or later is needed", path, g->name, g->version, g->kind->least);
    memcpy(g->path, path, sizeof g->path);
    return 0;
}
