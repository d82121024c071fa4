#include "base/slots.h"
#include "model_int.h"
#include <stdlib.h>
#include <string.h>

/* Keys are known once per world, so that an engine's keyspace compares pointers. */

static uint32_t hash_of(const char *s, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h;
}

static void grow_keys(struct model_world *w)
{
    struct key **was = w->keys;
    size_t size = w->keys_size;
    w->keys_size = size ? size * 2 : 64;
    w->keys = calloc(w->keys_size, sizeof *w->keys);
    if (w->keys == NULL) abort();
    for (size_t i = 0; i < size; i++) {
        if (was[i] == NULL) continue;
        size_t at = was[i]->hash & (w->keys_size - 1);
        while (w->keys[at]) at = (at + 1) & (w->keys_size - 1);
        w->keys[at] = was[i];
    }
    free(was);
}

struct key *key_of(struct model_world *w, const char *name, size_t len)
{
    if (w->n_keys * 2 >= w->keys_size) grow_keys(w);
    uint32_t hash = hash_of(name, len);
    size_t at = hash & (w->keys_size - 1);
    for (; w->keys[at]; at = (at + 1) & (w->keys_size - 1))
        if (w->keys[at]->hash == hash && w->keys[at]->len == len && memcmp(w->keys[at]->name, name, len) == 0) return w->keys[at];
    struct key *k = pool_take(&w->pool, sizeof *k);
    *k = (struct key){.name = pool_copy(&w->pool, name, len), .len = len, .hash = hash, .slot = slots_of_key(name, len)};
    w->n_keys++;
    return w->keys[at] = k;
}

/* ---- one engine's keyspace: items in a row, and an index with open addressing ---- */

static size_t place_of(const struct data *d, const struct key *k)
{
    size_t at = k->hash & (d->index_size - 1);
    while (d->index[at] && d->items[d->index[at] - 1].key != k) at = (at + 1) & (d->index_size - 1);
    return at;
}

static void index_all(struct data *d, size_t size)
{
    free(d->index);
    d->index_size = size;
    d->index = calloc(size, sizeof *d->index);
    if (d->index == NULL) abort();
    for (size_t i = 0; i < d->n; i++) d->index[place_of(d, d->items[i].key)] = (uint32_t)i + 1;
}

struct item *data_find(struct data *d, const struct key *k)
{
    if (d->n == 0) return NULL;
    size_t at = place_of(d, k);
    return d->index[at] ? &d->items[d->index[at] - 1] : NULL;
}

struct item *data_put(struct data *d, struct key *k)
{
    struct item *found = data_find(d, k);
    if (found) return found;
    if (d->n == d->cap) {
        d->cap = d->cap ? d->cap * 2 : 8;
        d->items = realloc(d->items, d->cap * sizeof *d->items);
        if (d->items == NULL) abort();
    }
    d->items[d->n++] = (struct item){.key = k};
    if (d->n * 2 > d->index_size) index_all(d, d->index_size ? d->index_size * 2 : 16);
    else d->index[place_of(d, k)] = (uint32_t)d->n;
    return &d->items[d->n - 1];
}

/* Whatever stood behind the place that falls free in the index must not be cut off from where it is looked for. */
static void close_gap(struct data *d, size_t gap)
{
    for (size_t at = (gap + 1) & (d->index_size - 1); d->index[at]; at = (at + 1) & (d->index_size - 1)) {
        size_t home = d->items[d->index[at] - 1].key->hash & (d->index_size - 1);
        bool stays = gap <= at ? gap < home && home <= at : gap < home || home <= at;
        if (stays) continue;
        d->index[gap] = d->index[at];
        d->index[gap = at] = 0;
    }
}

void data_remove(struct data *d, struct item *i)
{
    struct item *last = &d->items[d->n - 1];
    size_t at = place_of(d, i->key), of_last = place_of(d, last->key);
    d->bytes -= item_bytes(i);
    d->index[of_last] = (uint32_t)(i - d->items) + 1;
    d->index[at] = 0;
    *i = *last;
    d->n--;
    close_gap(d, at);
}

void data_clear(struct data *d)
{
    free(d->items);
    free(d->index);
    *d = (struct data){0};
}

void data_copy(struct data *to, const struct data *from)
{
    data_clear(to);
    if (from->n == 0) return;
    *to = *from;
    to->cap = from->n;
    to->items = malloc(from->n * sizeof *to->items);
    to->index = malloc(from->index_size * sizeof *to->index);
    if (to->items == NULL || to->index == NULL) abort();
    memcpy(to->items, from->items, from->n * sizeof *to->items);
    memcpy(to->index, from->index, from->index_size * sizeof *to->index);
}

/* About what the engine's allocator takes for a short string: an entry, a name, an object. */
int64_t item_bytes(const struct item *i)
{
    enum { ENTRY = 72 };
    return (int64_t)(ENTRY + i->key->len + i->len);
}
