#include "agent/dry_run/dry_follows.h"
#include <stdlib.h>
#include <string.h>

static void free_followers(struct dry_followers *l)
{
    if (l) free(l->nodes);
    free(l);
}

static struct dry_followers *make_followers(struct dry_follows *x, const char *upstream)
{
    struct dry_followers *l = index_get(&x->by_upstream, upstream);
    if (l) return l;
    size_t size = strlen(upstream) + 1;
    l = calloc(1, sizeof *l + size);
    if (l == NULL) abort();
    memcpy(l->upstream, upstream, size);
    index_put(&x->by_upstream, l->upstream, l);
    return l;
}

void dry_follows_add(struct dry_follows *x, const char *upstream, struct dry_node *n)
{
    if (upstream == NULL) return;
    struct dry_followers *l = make_followers(x, upstream);
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 2;
        l->nodes = realloc(l->nodes, l->room * sizeof *l->nodes);
        if (l->nodes == NULL) abort();
    }
    l->nodes[l->n++] = n;
}

void dry_follows_drop(struct dry_follows *x, const char *upstream, const struct dry_node *n)
{
    struct dry_followers *l = upstream ? index_get(&x->by_upstream, upstream) : NULL;
    if (l == NULL) return;
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->nodes[i] != n) l->nodes[kept++] = l->nodes[i];
    l->n = kept;
    if (kept > 0) return;
    index_drop(&x->by_upstream, upstream);
    free_followers(l);
}

const struct dry_followers *dry_follows_find(const struct dry_follows *x, const char *upstream)
{
    return index_get(&x->by_upstream, upstream);
}

void dry_follows_fini(struct dry_follows *x)
{
    for (size_t i = 0; i < x->by_upstream.cap; i++) free_followers(x->by_upstream.slots[i].value);
    index_fini(&x->by_upstream);
}
