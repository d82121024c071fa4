#include "agent/snapshots/seed.h"
#include "agent/snapshots/rdb_write.h"
#include "base/beneath.h"
#include "base/clock.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int open_file(const struct seed_file *f, struct err *e)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK; /* nobody writes to a pipe that may stand there */
    if (f->root) return beneath_open(f->root, f->path, flags, e);
    int fd = open(f->path, flags | O_NOFOLLOW);
    if (fd < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    return fd;
}

/* Opens all files; those that are open have a descriptor, whatever comes of it. */
static int open_files(const struct seed *s, struct rdb_split_file *files, struct err *e)
{
    for (size_t i = 0; i < s->n_files; i++) {
        struct rdb_facts *facts = &files[i].facts;
        int r = files[i].fd = open_file(&s->files[i], e);
        files[i].name = s->files[i].name;
        if (r >= 0) r = rdb_look(files[i].fd, facts, e);
        if (r >= 0 && s->newest && facts->version > s->newest)
            r = err_set(
                e, ERR_PARSE, "its format, version %d, is newer than the engine's, version %d", facts->version, s->newest);
        if (r < 0) return s->n_files > 1 ? err_wrap(e, "%s", files[i].name) : r;
    }
    return 0;
}

static int create_aside(const struct seed_part *p, struct err *e)
{
    unlink(p->aside);
    int fd = open(p->aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
    return fd;
}

/* A snapshot's file is only named once more: it is never written to. */
static int put_whole(const struct seed *s, size_t file, const struct rdb_split_file *opened, size_t part, struct err *e)
{
    const struct seed_file *f = &s->files[file];
    const struct seed_part *p = &s->parts[part];
    if (f->root == NULL) {
        unlink(p->aside);
        return link(f->path, p->aside) == 0 ? 0 : err_set(e, ERR_IO, "%s", strerror(errno));
    }
    int to = create_aside(p, e);
    if (to < 0) return to;
    int r = rdb_copy(opened->fd, to, &opened->facts, s->cancelled, e);
    close(to);
    return r;
}

/* ---- one node ---- */

static int make_one(const struct seed *s, const struct rdb_split_file *f, struct err *e)
{
    int64_t room = s->parts->room;
    if (room && f->facts.used_memory > room)
        return err_set(e, ERR_USAGE, "its data need %lld MB of memory, and the node has %lld MB for data",
            (long long)(f->facts.used_memory >> 20), (long long)(room >> 20));
    return put_whole(s, 0, f, 0, e);
}

/* ---- shards ---- */

static int make_whole(const struct seed *s, const struct rdb_split *x, const int *whole, struct err *e)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < s->n_parts; i++)
        r = rdb_split_name_file(x, (size_t)whole[i], put_whole(s, (size_t)whole[i], &x->files[whole[i]], i, e), e);
    return r;
}

static int make_split(const struct seed *s, struct rdb_split *x, int *fds, struct err *e)
{
    int r = 0;
    size_t n = 0;
    for (; r >= 0 && n < s->n_parts; n += r >= 0) r = fds[n] = create_aside(&s->parts[n], e);
    if (r >= 0) r = rdb_split_write(x, fds, e);
    while (n > 0) close(fds[--n]);
    return r < 0 ? r : 0;
}

static int make_shards(const struct seed *s, struct rdb_split_file *files, struct err *e)
{
    struct rdb_split x = {.files = files,
        .n_files = s->n_files,
        .n_parts = s->n_parts,
        .cancelled = s->cancelled,
        .together = s->files[0].root == NULL,
        .now_ms = clock_now_ms()};
    int *numbers = calloc(s->n_parts, sizeof *numbers);
    x.parts = calloc(s->n_parts, sizeof *x.parts);
    if (numbers == NULL || x.parts == NULL) abort();
    for (size_t i = 0; i < s->n_parts; i++)
        x.parts[i] = (struct rdb_split_part){.slots = s->parts[i].slots, .room = s->parts[i].room};
    int r = rdb_split_survey(&x, e);
    bool whole = r == 0 && rdb_split_whole(&x, numbers);
    if (r == 0) r = whole ? make_whole(s, &x, numbers, e) : make_split(s, &x, numbers, e);
    rdb_split_fini(&x);
    free(x.parts);
    free(numbers);
    return r;
}

static int make_fitting(struct rdb_split *x, const char *fitting, struct seed_fit *out, struct err *e)
{
    int whole;
    struct seed_part part;
    int r = rdb_split_survey(x, e);
    if (r || rdb_split_whole(x, &whole) || (x->files->only == -1 && x->files->elsewhere == 0)) return r;
    snprintf(part.aside, sizeof part.aside, "%s", fitting);
    int to = create_aside(&part, e);
    if (to < 0) return to;
    r = rdb_split_write(x, &to, e);
    close(to);
    *out = (struct seed_fit){r == 0, x->files->elsewhere};
    return r;
}

int seed_fit(const char *dump, const char *fitting, const atomic_bool *cancelled, struct seed_fit *out, struct err *e)
{
    struct rdb_split_file f = {.name = dump};
    struct rdb_split_part part = {0};
    struct rdb_split x = {.files = &f,
        .n_files = 1,
        .parts = &part,
        .n_parts = 1,
        .leaves_out = true,
        .now_ms = clock_now_ms(),
        .cancelled = cancelled};
    *out = (struct seed_fit){0};
    slots_add_range(&part.slots, 0, SLOTS - 1);
    int r = f.fd = open_file(&(struct seed_file){.path = dump}, e);
    if (r >= 0) r = rdb_look(f.fd, &f.facts, e);
    if (r >= 0) r = make_fitting(&x, fitting, out, e);
    if (f.fd >= 0) close(f.fd);
    rdb_split_fini(&x);
    return r;
}

int seed_make(const struct seed *s, struct err *e)
{
    struct rdb_split_file *files = calloc(s->n_files, sizeof *files);
    if (files == NULL) abort();
    for (size_t i = 0; i < s->n_files; i++) files[i].fd = -1;
    int r = open_files(s, files, e);
    if (r == 0) r = s->sharded ? make_shards(s, files, e) : make_one(s, files, e);
    for (size_t i = 0; i < s->n_files; i++)
        if (files[i].fd >= 0) close(files[i].fd);
    for (size_t i = 0; r && i < s->n_parts; i++) unlink(s->parts[i].aside);
    free(files);
    return r;
}
