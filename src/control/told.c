#include "control/told.h"
#include "model/shape.h"
#include <stdlib.h>
#include <string.h>

static const struct told_list {
    size_t list; /* in struct proto_sighting */
    const struct shape *shape;
    size_t id; /* in an item */
} lists[TOLD__COUNT] = {
    [TOLD_NODES] = {offsetof(struct proto_sighting, nodes), &shape_proto_node_seen, offsetof(struct proto_node_seen, id)},
    [TOLD_LINKS] = {offsetof(struct proto_sighting, links), &shape_proto_link_seen, offsetof(struct proto_link_seen, id)},
    [TOLD_SNAPSHOTS] = {offsetof(struct proto_sighting, snapshots), &shape_proto_snapshot_seen,
        offsetof(struct proto_snapshot_seen, id)},
    [TOLD_STUCK] = {offsetof(struct proto_sighting, stuck), &shape_proto_stuck_seen, offsetof(struct proto_stuck_seen, group)},
};

static const char *id_of(enum told_kind kind, const void *item)
{
    return *(const char *const *)((const char *)item + lists[kind].id);
}

const void *told_find(const struct told *t, enum told_kind kind, const char *id)
{
    return index_get(&t->items[kind], id);
}

void told_forget(struct told *t, enum told_kind kind, const char *id)
{
    void *item = index_get(&t->items[kind], id);
    index_drop(&t->items[kind], id);
    free(item);
}

/* True where it is another than before. */
static bool take_item(struct told *t, enum told_kind kind, const void *item)
{
    const char *id = id_of(kind, item);
    const void *before = told_find(t, kind, id);
    if (before && shape_same(lists[kind].shape, before, item)) return false;
    told_forget(t, kind, id);
    void *copy = shape_clone(lists[kind].shape, item);
    index_put(&t->items[kind], id_of(kind, copy), copy);
    return true;
}

/* Of those that are not in the whole list. */
static void drop_others(struct told *t, enum told_kind kind, const struct shape_list *l, told_changed_fn *changed, void *arg)
{
    _index_ struct index there = {0};
    struct index before = t->items[kind];
    const char *first = l->items;
    for (size_t i = 0; i < l->n; i++) index_put(&there, id_of(kind, first + i * lists[kind].shape->size), first);
    t->items[kind] = (struct index){0};
    for (size_t i = 0; i < before.cap; i++) {
        void *item = before.slots[i].value;
        if (item && index_get(&there, id_of(kind, item))) {
            index_put(&t->items[kind], id_of(kind, item), item);
        } else if (item) {
            changed(arg, kind, id_of(kind, item));
            free(item);
        }
    }
    index_fini(&before);
}

void told_take(struct told *t, const struct proto_sighting *s, told_changed_fn *changed, void *arg)
{
    for (int kind = 0; kind < TOLD__COUNT; kind++) {
        const struct shape_list *l = (const void *)((const char *)s + lists[kind].list);
        for (size_t i = 0; i < l->n; i++) {
            const char *item = (const char *)l->items + i * lists[kind].shape->size;
            if (take_item(t, (enum told_kind)kind, item)) changed(arg, (enum told_kind)kind, id_of((enum told_kind)kind, item));
        }
        if (t->items[kind].n > l->n) drop_others(t, (enum told_kind)kind, l, changed, arg);
    }
    t->any = true;
}

void told_fini(struct told *t)
{
    for (int kind = 0; kind < TOLD__COUNT; kind++) {
        for (size_t i = 0; i < t->items[kind].cap; i++) free(t->items[kind].slots[i].value);
        index_fini(&t->items[kind]);
    }
    *t = (struct told){0};
}
