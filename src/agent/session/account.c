#include "agent/session/account.h"
#include "base/arena.h"
#include "base/clock.h"
#include "model/json.h"
#include "model/shape.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Takes out of the list what was told before. */
static struct shape_list news_of(const struct account *t, int list, const struct shape_list *all, struct arena *a)
{
    const struct keyed_list *l = &keyed_seen[list];
    struct shape_list news = {true, 0, arena_alloc(a, all->n * l->shape->size)};
    for (size_t i = 0; i < all->n; i++) {
        char number[KEYED_KEY_SIZE];
        const char *item = (const char *)all->items + i * l->shape->size;
        const void *before = keyed_find(&t->told, list, keyed_key(l, item, number));
        if (before && shape_same(l->shape, before, item)) continue;
        memcpy((char *)news.items + news.n++ * l->shape->size, item, l->shape->size);
    }
    return news;
}

struct ending {
    const struct keyed *told;
    struct arena *arena;
    struct proto_gone gone;
    bool any;
};

static void on_changed(void *arg, int list, const char *key)
{
    struct ending *x = arg;
    struct string_list *l = (void *)((char *)&x->gone + keyed_seen[list].gone);
    if (keyed_find(x->told, list, key)) return; /* it is there: it is otherwise */
    const char **grown = arena_array(x->arena, const char *, l->n + 1);
    if (l->n) memcpy(grown, l->items, l->n * sizeof *grown);
    grown[l->n] = arena_strdup(x->arena, key);
    *l = (struct string_list){true, l->n + 1, grown};
    x->any = true;
}

static void begin(struct account *t)
{
    t->told = (struct keyed){.lists = keyed_seen, .n_lists = KEYED_SEEN};
    snprintf(t->numbering, sizeof t->numbering, "%d.%lld", (int)getpid(), (long long)clock_now_ms());
}

void account_write(struct account *t, struct proto_sighting *s, struct buf *out)
{
    _arena_ struct arena a = {0};
    struct proto_sighting told = *s;
    bool whole = t->number == 0 || t->open;
    if (t->number == 0) begin(t);
    told.numbering = t->numbering;
    if (!whole) told.since = OPT_INT(t->number);
    told.number = OPT_INT(++t->number);
    for (int list = 0; !whole && list < KEYED_SEEN; list++) {
        struct shape_list news = news_of(t, list, keyed_list_of(&keyed_seen[list], s), &a);
        memcpy((char *)&told + keyed_seen[list].list, &news, sizeof news);
    }
    struct ending gone = {.told = &t->told, .arena = &a};
    keyed_take(&t->told, s, true, NULL, on_changed, &gone);
    keyed_release(&t->told);
    if (!whole && gone.any) told.gone = &gone.gone;
    t->open = true;
    json_encode(out, &shape_proto_sighting, &told);
}

void account_stored(struct account *t)
{
    t->open = false;
}

void account_fini(struct account *t)
{
    keyed_fini(&t->told);
    *t = (struct account){0};
}
