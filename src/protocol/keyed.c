#include "protocol/keyed.h"
#include "model/shape.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST(message, list, item, key, numbered)                                                               \
    {                                                                                                          \
#list, offsetof(struct proto_##message, list), offsetof(struct proto_gone, list), &shape_proto_##item, \
            offsetof(struct proto_##item, key), numbered                                                       \
    }

const struct keyed_list keyed_orders[KEYED_ORDERS] = {
    [KEYED_ORDER_NODES] = LIST(assignment, nodes, node_order, id, false),
    [KEYED_ORDER_LINKS] = LIST(assignment, links, link_order, id, false),
    [KEYED_ORDER_SETTINGS] = LIST(assignment, settings, settings_order, generation, true),
    [KEYED_ORDER_USERS] = LIST(assignment, users, users_order, generation, true),
    [KEYED_ORDER_SNAPSHOTS] = LIST(assignment, snapshots, snapshot_order, id, false),
    [KEYED_ORDER_SEEDS] = LIST(assignment, seeds, seed_source, id, false),
    [KEYED_ORDER_CLUSTERS] = LIST(assignment, clusters, cluster_map, group, false),
};

const struct keyed_list keyed_seen[KEYED_SEEN] = {
    [KEYED_SEEN_NODES] = LIST(sighting, nodes, node_seen, id, false),
    [KEYED_SEEN_LINKS] = LIST(sighting, links, link_seen, id, false),
    [KEYED_SEEN_SNAPSHOTS] = LIST(sighting, snapshots, snapshot_seen, id, false),
    [KEYED_SEEN_STUCK] = LIST(sighting, stuck, stuck_seen, group, false),
};

const char *keyed_key(const struct keyed_list *l, const void *item, char *number)
{
    const void *at = (const char *)item + l->key;
    if (!l->numbered) return *(const char *const *)at;
    snprintf(number, KEYED_KEY_SIZE, "%lld", (long long)((const struct opt_int *)at)->v);
    return number;
}

const struct shape_list *keyed_list_of(const struct keyed_list *l, const void *message)
{
    return (const void *)((const char *)message + l->list);
}

static struct keyed_item *find_item(const struct keyed *k, int list, const char *key)
{
    return index_get(&k->items[list], key);
}

const void *keyed_find(const struct keyed *k, int list, const char *key)
{
    const struct keyed_item *found = find_item(k, list, key);
    return found ? found->copy : NULL;
}

const void *keyed_next(const struct keyed *k, int list, size_t *at)
{
    while (*at < k->items[list].cap) {
        const struct keyed_item *x = k->items[list].slots[(*at)++].value;
        if (x) return x->copy;
    }
    return NULL;
}

void keyed_forget(struct keyed *k, int list, const char *key)
{
    struct keyed_item *x = find_item(k, list, key);
    if (x == NULL) return;
    index_drop(&k->items[list], key);
    x->next = k->retired;
    k->retired = x;
}

/* True where it is another than before. */
static bool take_item(struct keyed *k, int list, const char *key, const void *item)
{
    const void *before = keyed_find(k, list, key);
    if (before && shape_same(k->lists[list].shape, before, item)) return false;
    keyed_forget(k, list, key);
    size_t size = strlen(key) + 1;
    struct keyed_item *x = malloc(sizeof *x + size);
    if (x == NULL) abort();
    *x = (struct keyed_item){.copy = shape_clone(k->lists[list].shape, item)};
    memcpy(x->key, key, size);
    index_put(&k->items[list], x->key, x);
    return true;
}

static void drop_item(struct keyed *k, int list, const char *key, keyed_changed_fn *changed, void *arg)
{
    if (find_item(k, list, key) == NULL) return;
    keyed_forget(k, list, key);
    if (changed) changed(arg, list, key);
}

/* Of those that a whole list does not have. */
static void drop_others(struct keyed *k, int list, const struct shape_list *l, keyed_changed_fn *changed, void *arg)
{
    _index_ struct index there = {0};
    char(*numbers)[KEYED_KEY_SIZE] = calloc(l->n + 1, KEYED_KEY_SIZE);
    struct keyed_item **gone = calloc(k->items[list].n + 1, sizeof(struct keyed_item *));
    size_t n_gone = 0;
    if (numbers == NULL || gone == NULL) abort();
    for (size_t i = 0; i < l->n; i++) {
        const char *item = (const char *)l->items + i * k->lists[list].shape->size;
        index_put(&there, keyed_key(&k->lists[list], item, numbers[i]), item);
    }
    for (size_t i = 0; i < k->items[list].cap; i++) {
        struct keyed_item *x = k->items[list].slots[i].value;
        if (x && index_get(&there, x->key) == NULL) gone[n_gone++] = x;
    }
    for (size_t i = 0; i < n_gone; i++) drop_item(k, list, gone[i]->key, changed, arg);
    free(gone);
    free(numbers);
}

void keyed_take(
    struct keyed *k, const void *message, bool whole, const struct proto_gone *gone, keyed_changed_fn *changed, void *arg)
{
    for (int list = 0; list < (int)k->n_lists; list++) {
        const struct keyed_list *l = &k->lists[list];
        const struct shape_list *items = keyed_list_of(l, message);
        for (size_t i = 0; i < items->n; i++) {
            char number[KEYED_KEY_SIZE];
            const char *item = (const char *)items->items + i * l->shape->size, *key = keyed_key(l, item, number);
            if (take_item(k, list, key, item) && changed) changed(arg, list, key);
        }
        const struct string_list *keys = gone ? (const void *)((const char *)gone + l->gone) : NULL;
        for (size_t i = 0; keys && i < keys->n; i++) drop_item(k, list, keys->items[i], changed, arg);
        if (whole && k->items[list].n != items->n) drop_others(k, list, items, changed, arg);
    }
}

static void free_item(struct keyed_item *x)
{
    free(x->copy);
    free(x);
}

void keyed_release(struct keyed *k)
{
    for (struct keyed_item *x; (x = k->retired) != NULL; free_item(x)) k->retired = x->next;
}

void keyed_fini(struct keyed *k)
{
    keyed_release(k);
    for (size_t list = 0; list < k->n_lists; list++) {
        for (size_t i = 0; i < k->items[list].cap; i++)
            if (k->items[list].slots[i].value) free_item(k->items[list].slots[i].value);
        index_fini(&k->items[list]);
    }
}
