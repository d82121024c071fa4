#include "store/memo.h"
#include "base/hash.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_BUCKETS = 64 };

struct memo_text {
    struct memo_text *next;
    uint64_t hash;
    struct buf text; /* which lies behind the names: it never grows */
    char name[];     /* the region and the id, each with its NUL */
};

static uint64_t hash_of_name(const char *region, const char *id)
{
    return hash_text(hash_bytes(hash_text(HASH_EMPTY, region), "", 1), id);
}

/* Where the text is, or would be put; never NULL where there are buckets. */
static struct memo_text **find_place(const struct memo *m, const char *region, const char *id)
{
    uint64_t hash = hash_of_name(region, id);
    struct memo_text **at = &m->buckets[hash & (m->n_buckets - 1)];
    for (; *at; at = &(*at)->next) {
        const struct memo_text *t = *at;
        if (t->hash == hash && strcmp(t->name, region) == 0 && strcmp(t->name + strlen(region) + 1, id) == 0) return at;
    }
    return at;
}

const struct buf *memo_get(const struct memo *m, const char *region, const char *id)
{
    if (m->n == 0) return NULL;
    const struct memo_text *t = *find_place(m, region, id);
    return t ? &t->text : NULL;
}

void memo_drop(struct memo *m, const char *region, const char *id)
{
    if (m->n == 0) return;
    struct memo_text **at = find_place(m, region, id), *t = *at;
    if (t == NULL) return;
    *at = t->next;
    m->n--;
    m->bytes -= t->text.len;
    free(t);
}

void memo_fini(struct memo *m)
{
    for (size_t i = 0; i < m->n_buckets; i++)
        for (struct memo_text *t = m->buckets[i], *next; t; t = next) {
            next = t->next;
            free(t);
        }
    free(m->buckets);
    *m = (struct memo){0};
}

static void grow_buckets(struct memo *m)
{
    size_t n = m->n_buckets ? 2 * m->n_buckets : FEWEST_BUCKETS;
    struct memo_text **buckets = calloc(n, sizeof(struct memo_text *));
    if (buckets == NULL) abort();
    for (size_t i = 0; i < m->n_buckets; i++)
        for (struct memo_text *t = m->buckets[i], *next; t; t = next) {
            next = t->next;
            t->next = buckets[t->hash & (n - 1)];
            buckets[t->hash & (n - 1)] = t;
        }
    free(m->buckets);
    m->buckets = buckets;
    m->n_buckets = n;
}

static struct memo_text *text_new(const char *region, const char *id, const char *text, size_t n)
{
    size_t n_region = strlen(region) + 1, n_id = strlen(id) + 1;
    struct memo_text *t = malloc(sizeof *t + n_region + n_id + n);
    if (t == NULL) abort();
    *t = (struct memo_text){.hash = hash_of_name(region, id), .text = {.data = t->name + n_region + n_id, .len = n}};
    memcpy(t->name, region, n_region);
    memcpy(t->name + n_region, id, n_id);
    memcpy(t->text.data, text, n);
    return t;
}

void memo_put(struct memo *m, const char *region, const char *id, const char *text, size_t n)
{
    memo_drop(m, region, id);
    if (m->bytes + n > MEMO_MAX) return;
    if (m->n >= m->n_buckets) grow_buckets(m);
    struct memo_text *t = text_new(region, id, text, n), **at = find_place(m, region, id);
    t->next = *at;
    *at = t;
    m->n++;
    m->bytes += n;
}
