#include "agent/snapshots/rdb_twice.h"
#include "agent/snapshots/rdb_split_int.h"
#include "agent/snapshots/rdb_crc.h"
#include "base/hash.h"
#include <stdlib.h>

/*
 * Whether a key is in more than one of the files. Only keys of slots that several files
 * have keys of can be; of those, two hashes are kept and sorted, so many at a time as
 * memory shall be used for, and the files are gone through again for the rest.
 */
enum { AT_ONCE = 4 << 20 };

struct print {
    uint64_t a, b; /* two hashes that have nothing to do with each other */
};

struct prints {
    const struct rdb_split *x;
    struct slots shared;
    uint64_t turn, turns; /* keys whose hash leaves this rest are looked at now */
    struct print *items;
    size_t n, room;
};

static bool note_key(void *arg, const struct rdb_key *k)
{
    struct prints *p = arg;
    int slot = slots_of_key(k->name, k->len);
    if (k->db != 0 || rdb_split_is_over(p->x, k) || !slots_has(&p->shared, slot)) return false;
    struct print print = {rdb_crc(0, k->name, k->len), hash_bytes(HASH_EMPTY, k->name, k->len)};
    if (print.b % p->turns == p->turn) {
        if (p->n == p->room) {
            p->room = p->room ? 2 * p->room : 1024;
            p->items = realloc(p->items, p->room * sizeof *p->items);
            if (p->items == NULL) abort();
        }
        p->items[p->n++] = print;
    }
    return false;
}

static int compare_prints(const void *a, const void *b)
{
    const struct print *x = a, *y = b;
    if (x->a != y->a) return x->a < y->a ? -1 : 1;
    return x->b < y->b ? -1 : x->b > y->b;
}

/* Those of the parts' slots that more than one file has keys of; returns how many keys there may be. */
static int64_t shared_slots(const struct rdb_split *x, struct slots *shared)
{
    struct slots seen = {0}, ours = {0};
    int64_t keys = 0;
    for (size_t i = 0; i < x->n_parts; i++) slots_join(&ours, &x->parts[i].slots);
    for (size_t i = 0; i < x->n_files; i++) {
        struct slots both = x->files[i].slots;
        slots_meet(&both, &seen);
        slots_join(shared, &both);
        slots_join(&seen, &x->files[i].slots);
        keys += x->files[i].keys;
    }
    slots_meet(shared, &ours);
    return keys;
}

int rdb_split_check_twice(const struct rdb_split *x, struct err *e)
{
    struct prints p = {.x = x};
    struct rdb_visitor v = {.key = note_key, .arg = &p, .cancelled = x->cancelled};
    int64_t twice = 0;
    int r = 0;
    p.turns = (uint64_t)shared_slots(x, &p.shared) / AT_ONCE + 1;
    for (; r == 0 && slots_next(&p.shared, 0) < SLOTS && p.turn < p.turns; p.turn++) {
        for (size_t i = 0; r == 0 && i < x->n_files; i++) r = rdb_walk(x->files[i].fd, x->files[i].facts.size, &v, e);
        int64_t n = 0;
        if (p.n > 1) qsort(p.items, p.n, sizeof *p.items, compare_prints);
        for (size_t i = 1; i < p.n; i++)
            n += compare_prints(&p.items[i - 1], &p.items[i]) == 0 &&
                 (i == 1 || compare_prints(&p.items[i - 2], &p.items[i]) != 0);
        p.n = 0;
        twice += n;
    }
    free(p.items);
    if (r || twice == 0) return r;
    return err_set(e, ERR_USAGE, "%lld key%s can't go anywhere: %s in more than one of the files", (long long)twice,
        twice == 1 ? "" : "s", twice == 1 ? "it is" : "they are");
}
