#include "agent/session/account.h"
#include "base/arena.h"
#include "base/clock.h"
#include "model/json.h"
#include "model/shape.h"
#include <assert.h>
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

/* Whenever their number is a power of two, they get twice the room. */
static void add_gone(struct arena *a, struct string_list *l, const char *key)
{
    if ((l->n & (l->n - 1)) == 0) {
        const char **grown = arena_array(a, const char *, l->n ? 2 * l->n : 1);
        if (l->n) memcpy(grown, l->items, l->n * sizeof *grown);
        l->items = grown;
    }
    l->set = true;
    l->items[l->n++] = arena_strdup(a, key);
}

struct ending {
    const struct keyed *told;
    struct arena *arena;
    struct proto_gone *gone;
};

static struct string_list *gone_of(struct proto_gone *gone, int list)
{
    return (void *)((char *)gone + keyed_seen[list].gone);
}

static void on_changed(void *arg, int list, const char *key)
{
    struct ending *x = arg;
    if (keyed_find(x->told, list, key) == NULL) add_gone(x->arena, gone_of(x->gone, list), key); /* else it is otherwise */
}

bool account_wants_whole(const struct account *t)
{
    return t->number == 0 || t->open;
}

static bool any_gone(struct proto_gone *gone)
{
    bool any = false;
    for (int list = 0; list < KEYED_SEEN; list++) any |= gone_of(gone, list)->n > 0;
    return any;
}

void account_write(struct account *t, const struct proto_sighting *s, bool whole, struct buf *out)
{
    _arena_ struct arena a = {0};
    struct proto_sighting told = *s;
    struct proto_gone gone = {0};
    struct ending ending = {.told = &t->told, .arena = &a, .gone = &gone};
    bool tell_all = account_wants_whole(t);
    assert(whole || !tell_all);
    if (t->number == 0) {
        t->told = (struct keyed){.lists = keyed_seen, .n_lists = KEYED_SEEN};
        snprintf(t->numbering, sizeof t->numbering, "%d.%lld", (int)getpid(), (long long)clock_now_ms());
    }
    told.numbering = t->numbering;
    if (!tell_all) told.since = OPT_INT(t->number);
    told.number = OPT_INT(++t->number);
    for (int list = 0; !tell_all && list < KEYED_SEEN; list++) {
        struct shape_list news = news_of(t, list, keyed_list_of(&keyed_seen[list], s), &a);
        memcpy((char *)&told + keyed_seen[list].list, &news, sizeof news);
    }
    keyed_take(&t->told, whole ? s : &told, whole, s->gone, on_changed, &ending);
    keyed_release(&t->told);
    told.gone = !tell_all && any_gone(&gone) ? &gone : NULL;
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
