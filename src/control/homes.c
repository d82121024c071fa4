#include "control/homes.h"
#include <stdlib.h>
#include <string.h>

struct home {
    struct unit_list units;
    char region[];
};

/* The region stands behind the kind (unit_key_of()). */
static struct home *make_home(struct homes *h, const char *key)
{
    char region[UNIT_KEY_SIZE];
    const char *from = strchr(key, ' ') + 1;
    size_t n = strcspn(from, " ");
    memcpy(region, from, n);
    region[n] = '\0';
    struct home *x = index_get(&h->by_region, region);
    if (x) return x;
    x = calloc(1, sizeof *x + n + 1);
    if (x == NULL) abort();
    memcpy(x->region, region, n + 1);
    index_put(&h->by_region, x->region, x);
    return x;
}

void homes_add(struct homes *h, struct unit *u)
{
    u->home = make_home(h, u->key);
    u->place_at_home = u->home->units.n;
    unit_list_add(&u->home->units, u);
}

void homes_drop(struct unit *u)
{
    struct unit_list *l = &u->home->units;
    l->items[u->place_at_home] = l->items[--l->n];
    l->items[u->place_at_home]->place_at_home = u->place_at_home;
}

struct unit_list homes_units(const struct homes *h, const char *region)
{
    const struct home *x = index_get(&h->by_region, region);
    return x ? x->units : (struct unit_list){0};
}

void homes_fini(struct homes *h)
{
    for (size_t i = 0; i < h->by_region.cap; i++) {
        struct home *x = h->by_region.slots[i].value;
        if (x) free(x->units.items);
        free(x);
    }
    index_fini(&h->by_region);
}
