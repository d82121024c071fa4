#include "agent/dry_run/dry_news.h"
#include <stdlib.h>
#include <string.h>

void dry_news_add(struct dry_news *x, const char *id)
{
    if (index_get(&x->known, id)) return;
    if (x->n == x->room) {
        x->room = x->room ? 2 * x->room : 16;
        x->ids = realloc(x->ids, x->room * sizeof *x->ids);
        if (x->ids == NULL) abort();
    }
    char *copy = strdup(id);
    if (copy == NULL) abort();
    x->ids[x->n++] = copy;
    index_put(&x->known, copy, copy);
}

void dry_news_clear(struct dry_news *x)
{
    for (size_t i = 0; i < x->n; i++) {
        index_drop(&x->known, x->ids[i]);
        free(x->ids[i]);
    }
    x->n = 0;
}

void dry_news_fini(struct dry_news *x)
{
    dry_news_clear(x);
    index_fini(&x->known);
    free(x->ids);
    *x = (struct dry_news){0};
}
