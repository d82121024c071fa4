#include "agent/snapshots/rdb_walk.h"
#include "agent/snapshots/rdb_value.h"

enum {
    SLOT_INFO = 244, /* of Valkey 8 */
    LIBRARY = 245,
    MODULE_AUX = 247,
    IDLE = 248,
    FREQUENCY = 249,
    AUX = 250,
    RESIZE = 251,
    EXPIRES_MS = 252,
    EXPIRES_S = 253,
    SELECT = 254,
    END = 255,
    FIRST_OPCODE = 240, /* below are types of values */
};

struct walk {
    struct rdb_reader r;
    const struct rdb_visitor *v;
    struct rdb_key key;
    struct buf text;
};

static void walk_entry(struct walk *w, unsigned type)
{
    struct rdb_reader *r = &w->r;
    rdb_string(r, &w->text);
    if (rdb_failed(r)) return;
    w->key.name = w->text.len ? w->text.data : "";
    w->key.len = w->text.len;
    rdb_entry_route(r, w->v->key(w->v->arg, &w->key));
    uint64_t size = rdb_skip_value(r, type);
    rdb_entry_end(r);
    if (!rdb_failed(r) && w->v->value) w->v->value(w->v->arg, size + w->key.len);
}

/* What belongs to no key, and is not passed on. */
static void walk_opcode(struct walk *w, unsigned opcode)
{
    struct rdb_reader *r = &w->r;
    rdb_entry_route(r, false);
    switch (opcode) {
    case SLOT_INFO: rdb_count(r), rdb_count(r), rdb_count(r); return;
    case LIBRARY:
        rdb_string(r, &w->text);
        if (!rdb_failed(r) && w->v->library) r->failed = w->v->library(w->v->arg, &w->text, r->e);
        return;
    case MODULE_AUX:
        rdb_skip_module_data(r);
        if (w->v->module) w->v->module(w->v->arg);
        return;
    case AUX: rdb_skip_string(r), rdb_skip_string(r); return;
    case RESIZE: rdb_count(r), rdb_count(r); return;
    case SELECT: w->key.db = rdb_count(r); return;
    default: return rdb_broken(r, "a mark of an unknown kind, %u", opcode);
    }
}

/* What comes before a key and belongs to it. */
static bool walk_prefix(struct walk *w, unsigned opcode)
{
    struct rdb_reader *r = &w->r;
    switch (opcode) {
    case IDLE: rdb_count(r); return true;
    case FREQUENCY: rdb_byte(r); return true;
    case EXPIRES_MS: w->key.expires_ms = (int64_t)rdb_number(r, 8); return true;
    case EXPIRES_S: w->key.expires_ms = (int64_t)rdb_number(r, 4) * 1000; return true;
    default: return false;
    }
}

/* False at the end. */
static bool walk_next(struct walk *w)
{
    rdb_entry_begin(&w->r);
    w->key.expires_ms = RDB_NEVER;
    unsigned byte = rdb_byte(&w->r);
    while (!rdb_failed(&w->r) && walk_prefix(w, byte)) byte = rdb_byte(&w->r);
    if (rdb_failed(&w->r)) return false;
    if (byte == END) {
        rdb_entry_route(&w->r, false);
        rdb_end(&w->r);
        return false;
    }
    if (byte >= FIRST_OPCODE) walk_opcode(w, byte);
    else walk_entry(w, byte);
    return !rdb_failed(&w->r);
}

int rdb_walk(int fd, int64_t size, const struct rdb_visitor *v, struct err *e)
{
    struct walk w = {.v = v};
    rdb_reader_init(&w.r, fd, size, e);
    w.r.sums = v->sums;
    w.r.cancelled = v->cancelled;
    w.r.pass = v->pass;
    w.r.arg = v->arg;
    rdb_skip(&w.r, RDB_MAGIC);
    while (walk_next(&w)) {
    }
    int r = rdb_failed(&w.r);
    buf_fini(&w.text);
    rdb_reader_fini(&w.r);
    return r;
}
