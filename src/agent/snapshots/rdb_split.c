#include "agent/snapshots/rdb_split_int.h"
#include "agent/snapshots/rdb_twice.h"
#include "agent/snapshots/rdb_crc.h"
#include <string.h>

enum { NOBODY = -1, SEVERAL = -2, OVERHEAD = 32 /* bytes that a key takes at least besides its name and value */ };
/* The functions of a Redis Cluster are small; this keeps a hostile file from growing without end. */
#define LIBRARIES_MAX ((size_t)64 << 20)

struct survey {
    struct rdb_split *x;
    size_t file;
    int part;     /* of the key at hand; NOBODY: it counts for nothing */
    bool expires; /* that key does, one day */
    size_t code;  /* bytes of all libraries */
};

/* ---- what there is ---- */

static bool survey_key(void *arg, const struct rdb_key *k)
{
    struct survey *s = arg;
    struct rdb_split_file *f = &s->x->files[s->file];
    int slot = slots_of_key(k->name, k->len);
    s->part = s->x->part_of[slot];
    s->expires = k->expires_ms != RDB_NEVER;
    if (k->db != 0 || s->part == NOBODY) f->only = SEVERAL;
    else if (f->only == NOBODY) f->only = s->part;
    else if (f->only != s->part) f->only = SEVERAL;
    /* A key in its place that is over is nobody's trouble: the engine leaves it out. */
    if (rdb_split_is_over(s->x, k)) s->part = NOBODY;
    else if (k->db != 0) f->elsewhere++, s->part = NOBODY;
    else slots_add(&f->slots, slot);
    return false;
}

static void survey_value(void *arg, uint64_t size)
{
    struct survey *s = arg;
    struct rdb_split_file *f = &s->x->files[s->file];
    int64_t bytes = (int64_t)size + OVERHEAD;
    f->size += bytes;
    if (s->part == NOBODY) return;
    struct rdb_split_part *p = &s->x->parts[s->part];
    f->keys++;
    p->keys++;
    p->expiring += s->expires;
    p->size += bytes;
    s->x->sizes[s->file * s->x->n_parts + (size_t)s->part] += bytes;
}

/* "#!lua name=x" tells which library it is: of one name there can be only one. */
static int survey_library(void *arg, const struct buf *code, struct err *e)
{
    struct survey *s = arg;
    struct rdb_split *x = s->x;
    const char *text = code->len ? code->data : "", *end = memchr(text, '\n', code->len);
    size_t name_len = end ? (size_t)(end - text) : code->len;
    x->files[s->file].functions += rdb_crc(1, text, code->len) | 1;
    for (struct rdb_library *l = x->libraries; l; l = l->next) {
        if (l->name_len != name_len || memcmp(l->code, text, name_len) != 0) continue;
        if (l->len == code->len && memcmp(l->code, text, l->len) == 0) return 0;
        x->differs = l;
        return 0;
    }
    s->code += code->len;
    if (s->code > LIBRARIES_MAX) return err_set(e, ERR_USAGE, "they have more than %zu MB of functions", LIBRARIES_MAX >> 20);
    struct rdb_library *l = arena_new(&x->mem, struct rdb_library);
    *l = (struct rdb_library){x->libraries, arena_strndup(&x->mem, text, code->len), code->len, name_len};
    x->libraries = l;
    return 0;
}

static void survey_module(void *arg)
{
    ((struct survey *)arg)->x->has_module_data = true;
}

int rdb_split_name_file(const struct rdb_split *x, size_t file, int r, struct err *e)
{
    return r && x->n_files > 1 ? err_wrap(e, "%s", x->files[file].name) : r;
}

/* ---- whether it can be ---- */

static int check_places(const struct rdb_split *x, struct err *e)
{
    int64_t n = 0;
    for (size_t i = 0; i < x->n_files; i++) n += x->files[i].elsewhere;
    if (n == 0 || x->leaves_out) return 0;
    return err_set(e, ERR_USAGE, "%lld key%s can't go anywhere: %s in other databases than 0, and a cluster has no other",
        (long long)n, n == 1 ? "" : "s", n == 1 ? "it is" : "they are");
}

/* What the engine that wrote a file needed for all of it is told by the file, and shared out by size. */
static void estimate_size(struct rdb_split *x, size_t part)
{
    double used = 0;
    for (size_t i = 0; i < x->n_files; i++) {
        const struct rdb_split_file *f = &x->files[i];
        if (f->size) used += (double)f->facts.used_memory * ((double)x->sizes[i * x->n_parts + part] / (double)f->size);
    }
    struct rdb_split_part *p = &x->parts[part];
    p->memory = used < 9e18 ? (int64_t)used : INT64_MAX;
    if (p->memory < p->size) p->memory = p->size;
}

static int check_room(struct rdb_split *x, struct err *e)
{
    for (size_t i = 0; i < x->n_parts; i++) {
        struct rdb_split_part *p = &x->parts[i];
        estimate_size(x, i);
        if (p->room == 0 || p->memory <= p->room) continue;
        const char *slots = slots_text(&x->mem, &p->slots, ',');
        return err_set(e, ERR_USAGE, "the data of slots %.30s%s need %lld MB of memory, and the node has %lld MB for data", slots,
            strlen(slots) > 30 ? "…" : "", (long long)(p->memory >> 20), (long long)(p->room >> 20));
    }
    return 0;
}

static bool no_key(void *arg, const struct rdb_key *k)
{
    (void)arg, (void)k;
    return false;
}

/* What is said of a damaged file's keys may not be so: then that it is damaged is all there is to say. */
static int doubt_room(const struct rdb_split *x, int r, struct err *e)
{
    struct rdb_visitor v = {.key = no_key, .sums = true, .cancelled = x->cancelled};
    struct err damage;
    for (size_t i = 0; i < x->n_files; i++) {
        int found = rdb_split_name_file(x, i, rdb_walk(x->files[i].fd, x->files[i].facts.size, &v, &damage), &damage);
        if (found) *e = damage;
        if (found) return found;
    }
    return r;
}

static int survey_files(struct rdb_split *x, struct err *e)
{
    struct survey s = {.x = x};
    struct rdb_visitor v = {.key = survey_key,
        .value = survey_value,
        .library = survey_library,
        .module = survey_module,
        .arg = &s,
        .cancelled = x->cancelled};
    int r = 0;
    for (; r == 0 && s.file < x->n_files; s.file++) {
        struct rdb_split_file *f = &x->files[s.file];
        f->only = NOBODY;
        if (f->facts.version > RDB_NEWEST && f->facts.version != RDB_VALKEY)
            r = err_set(e, ERR_USAGE, "its format, version %d, can't be shared out", f->facts.version);
        if (r == 0) r = rdb_walk(f->fd, f->facts.size, &v, e);
        r = rdb_split_name_file(x, s.file, r, e);
    }
    return r;
}

int rdb_split_survey(struct rdb_split *x, struct err *e)
{
    for (int slot = 0; slot < SLOTS; slot++) x->part_of[slot] = NOBODY;
    for (size_t i = 0; i < x->n_parts; i++)
        for (int s = slots_next(&x->parts[i].slots, 0); s < SLOTS; s = slots_next(&x->parts[i].slots, s + 1))
            x->part_of[s] = (int16_t)i;
    x->sizes = arena_array(&x->mem, int64_t, x->n_files * x->n_parts);
    int r = survey_files(x, e);
    if (r) return r;
    r = check_places(x, e);
    if (r == 0) r = rdb_split_check_twice(x, e);
    if (r == 0) r = check_room(x, e);
    return r ? doubt_room(x, r, e) : 0;
}

bool rdb_split_whole(const struct rdb_split *x, int *whole)
{
    for (size_t i = 0; i < x->n_parts; i++) whole[i] = NOBODY;
    for (size_t i = 0; i < x->n_files; i++) {
        const struct rdb_split_file *f = &x->files[i];
        if (f->only == SEVERAL || (!x->together && f->functions != x->files[0].functions)) return false;
        if (f->only == NOBODY) continue;
        if (whole[f->only] != NOBODY) return false;
        whole[f->only] = (int)i;
    }
    for (size_t i = 0; i < x->n_parts; i++)
        if (whole[i] == NOBODY) return false;
    return true;
}

void rdb_split_fini(struct rdb_split *x)
{
    arena_fini(&x->mem);
}
