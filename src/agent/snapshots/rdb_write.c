#include "agent/snapshots/rdb_write.h"
#include "agent/snapshots/rdb_split_int.h"
#include "agent/snapshots/rdb_crc.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The second way through the files: every key's entry goes, as it stands, to the file of its part. */

enum { ROOM = 256 << 10, LIBRARY = 245, RESIZE = 251, SELECT = 254, END = 255 };

struct out {
    int fd;
    uint64_t crc;
    unsigned char *data;
    size_t n;
    int64_t keys;
};

struct writing {
    const struct rdb_split *x;
    struct out *outs, *at; /* 'at': where the key at hand goes */
};

static int flush_out(struct out *o, struct err *e)
{
    for (size_t done = 0; done < o->n;) {
        ssize_t w = write(o->fd, o->data + done, o->n - done);
        if (w < 0 && errno == EINTR) continue;
        if (w < 0) return err_set(e, ERR_IO, "%s", strerror(errno));
        done += (size_t)w;
    }
    o->n = 0;
    return 0;
}

static int put_bytes(struct out *o, const void *data, size_t n, struct err *e)
{
    const unsigned char *p = data;
    int r = 0;
    o->crc = rdb_crc(o->crc, p, n);
    while (r == 0 && n > 0) {
        size_t part = n < ROOM - o->n ? n : ROOM - o->n;
        memcpy(o->data + o->n, p, part);
        o->n += part;
        p += part;
        n -= part;
        if (o->n == ROOM) r = flush_out(o, e);
    }
    return r;
}

/* In the spelling for any length. */
static int put_length(struct out *o, uint64_t n, struct err *e)
{
    unsigned char bytes[9] = {0x81};
    for (int i = 0; i < 8; i++) bytes[1 + i] = (unsigned char)(n >> 8 * (7 - i));
    return put_bytes(o, bytes, sizeof bytes, e);
}

static int put_mark(struct out *o, unsigned char mark, struct err *e)
{
    return put_bytes(o, &mark, 1, e);
}

/* ---- one part's file ---- */

/* What each file tells of its own writer is not true of these: neither the replication id, nor the memory. */
static int begin_file(const struct rdb_split *x, size_t part, struct out *o, struct err *e)
{
    char magic[16];
    int version = 0;
    for (size_t i = 0; i < x->n_files; i++)
        if (x->files[i].facts.version > version) version = x->files[i].facts.version;
    snprintf(magic, sizeof magic, version < RDB_VALKEY ? "REDIS%04d" : "VALKEY%03d", version);
    int r = put_bytes(o, magic, RDB_MAGIC, e);
    for (const struct rdb_library *l = x->libraries; r == 0 && l; l = l->next) {
        r = put_mark(o, LIBRARY, e);
        if (r == 0) r = put_length(o, l->len, e);
        if (r == 0) r = put_bytes(o, l->code, l->len, e);
    }
    if (r == 0) r = put_mark(o, SELECT, e);
    if (r == 0) r = put_mark(o, 0, e);
    if (r == 0) r = put_mark(o, RESIZE, e);
    if (r == 0) r = put_length(o, (uint64_t)x->parts[part].keys, e);
    return r ? r : put_length(o, (uint64_t)x->parts[part].expiring, e);
}

static int end_file(const struct rdb_split *x, size_t part, struct out *o, struct err *e)
{
    unsigned char sum[8];
    if (o->keys != x->parts[part].keys) return err_set(e, ERR_PARSE, "a file has changed meanwhile");
    int r = put_mark(o, END, e);
    for (int i = 0; i < 8; i++) sum[i] = (unsigned char)(o->crc >> 8 * i);
    if (r == 0) r = put_bytes(o, sum, sizeof sum, e);
    return r ? r : flush_out(o, e);
}

/* ---- every key to its part ---- */

static bool write_key(void *arg, const struct rdb_key *k)
{
    struct writing *w = arg;
    int part = w->x->part_of[slots_of_key(k->name, k->len)];
    if (part < 0 || k->db != 0 || rdb_split_is_over(w->x, k)) return false;
    w->at = &w->outs[part];
    w->at->keys++;
    return true;
}

static int write_bytes(void *arg, const void *data, size_t n, struct err *e)
{
    struct writing *w = arg;
    return put_bytes(w->at, data, n, e);
}

static int write_parts(struct writing *w, struct err *e)
{
    const struct rdb_split *x = w->x;
    struct rdb_visitor v = {.key = write_key, .pass = write_bytes, .arg = w, .sums = true, .cancelled = x->cancelled};
    int r = 0;
    for (size_t i = 0; r == 0 && i < x->n_parts; i++) r = begin_file(x, i, &w->outs[i], e);
    for (size_t i = 0; r == 0 && i < x->n_files; i++)
        r = rdb_split_name_file(x, i, rdb_walk(x->files[i].fd, x->files[i].facts.size, &v, e), e);
    for (size_t i = 0; r == 0 && i < x->n_parts; i++) r = end_file(x, i, &w->outs[i], e);
    return r;
}

int rdb_split_write(struct rdb_split *x, const int *fds, struct err *e)
{
    const struct rdb_library *l = x->differs;
    if (l)
        return err_set(e, ERR_USAGE, "one library of functions is another in another file: %.*s",
            l->name_len < 60 ? (int)l->name_len : 60, l->code);
    if (x->has_module_data) return err_set(e, ERR_USAGE, "data that a module keeps besides its keys can't be shared out");
    struct out *outs = calloc(x->n_parts, sizeof *outs);
    if (outs == NULL) abort();
    for (size_t i = 0; i < x->n_parts; i++) {
        outs[i].fd = fds[i];
        if ((outs[i].data = malloc(ROOM)) == NULL) abort();
    }
    int r = write_parts(&(struct writing){.x = x, .outs = outs}, e);
    for (size_t i = 0; i < x->n_parts; i++) free(outs[i].data);
    free(outs);
    return r;
}
