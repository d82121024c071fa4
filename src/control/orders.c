#include "control/orders.h"
#include "base/arena.h"
#include "model/json.h"
#include "plan/snapshot.h"
#include "plan/world.h"
#include "protocol/protocol.gen.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum list { NODES, LINKS, SETTINGS, USERS, SNAPSHOTS, SEEDS, CLUSTERS, LISTS };

static const struct {
    const char *name;
    size_t offset; /* in struct proto_assignment */
    const struct shape *shape;
    size_t id; /* in an item: a text, or for lists that are numbered an opt_int */
    bool numbered;
} lists[LISTS] = {
#define LIST(name, item, id, numbered)                                                                                   \
    {                                                                                                                    \
#name, offsetof(struct proto_assignment, name), &shape_proto_##item, offsetof(struct proto_##item, id), numbered \
    }
    [NODES] = LIST(nodes, node_order, id, false),
    [LINKS] = LIST(links, link_order, id, false),
    [SETTINGS] = LIST(settings, settings_order, generation, true),
    [USERS] = LIST(users, users_order, generation, true),
    [SNAPSHOTS] = LIST(snapshots, snapshot_order, id, false),
    [SEEDS] = LIST(seeds, seed_source, id, false),
    [CLUSTERS] = LIST(clusters, cluster_map, group, false),
};

struct order {
    struct order *older, *newer;
    enum list list;
    int64_t look;                   /* the last that ordered it */
    struct order *settings, *users; /* those that a node's order goes with */
    size_t n_nodes;                 /* that go with these settings or users */
    char *key, *text;
    size_t len;
};

enum { KEY_SIZE = 300 };

static void put_key(enum list list, const char *id, char *key)
{
    int n = snprintf(key, KEY_SIZE, "%d %s", (int)list, id);
    assert(n > 0 && n < KEY_SIZE);
}

static struct order *find_order(const struct orders *o, enum list list, const char *id)
{
    char key[KEY_SIZE];
    put_key(list, id, key);
    return index_get(&o->by_key, key);
}

static struct order *find_numbered(const struct orders *o, enum list list, int64_t generation)
{
    char id[32];
    snprintf(id, sizeof id, "%lld", (long long)generation);
    return find_order(o, list, id);
}

/* ---- one order ---- */

static void unlink_order(struct orders *o, struct order *x)
{
    *(x->older ? &x->older->newer : &o->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &o->newest) = x->older;
    x->older = x->newer = NULL;
}

static void link_newest(struct orders *o, struct order *x)
{
    x->older = o->newest;
    *(o->newest ? &o->newest->newer : &o->oldest) = x;
    o->newest = x;
    o->changed = true;
}

static struct order *add_order(struct orders *o, enum list list, const char *id)
{
    char key[KEY_SIZE];
    put_key(list, id, key);
    struct order *x = calloc(1, sizeof *x);
    if (x == NULL || (x->key = strdup(key)) == NULL) abort();
    x->list = list;
    index_put(&o->by_key, x->key, x);
    return x;
}

static void free_order(struct order *x)
{
    free(x->key);
    free(x->text);
    free(x);
}

static void drop_order(struct orders *o, struct order *x);

static void release(struct orders *o, struct order *shared)
{
    if (shared && --shared->n_nodes == 0) drop_order(o, shared);
}

static void drop_order(struct orders *o, struct order *x)
{
    struct order *settings = x->settings, *users = x->users;
    index_drop(&o->by_key, x->key);
    unlink_order(o, x);
    free_order(x);
    o->changed = true;
    release(o, settings);
    release(o, users);
}

static struct order *put_order(struct orders *o, enum list list, const char *id, const void *item)
{
    _buf_ struct buf text = {0};
    struct order *x = find_order(o, list, id);
    json_encode(&text, lists[list].shape, item);
    if (x == NULL) x = add_order(o, list, id);
    else if (x->len == text.len && memcmp(x->text, text.data, text.len) == 0) return x;
    else unlink_order(o, x);
    free(x->text);
    x->len = text.len;
    x->text = malloc(text.len + 1);
    if (x->text == NULL) abort();
    memcpy(x->text, text.data, text.len + 1);
    link_newest(o, x);
    return x;
}

/* ---- those of one look ---- */

/* The node's settings and users are ordered as long as some node's order goes with them. */
static void take_shared(struct orders *o, struct order *x, const struct proto_node_order *item)
{
    struct order *settings = find_numbered(o, SETTINGS, item->generation.v),
                 *users = find_numbered(o, USERS, item->users_generation.v);
    struct order *before[] = {x->settings, x->users};
    if (settings) settings->n_nodes++;
    if (users) users->n_nodes++;
    x->settings = settings;
    x->users = users;
    release(o, before[0]);
    release(o, before[1]);
}

static void take_list(struct orders *o, enum list list, const struct proto_assignment *a)
{
    const struct shape_list *l = (const void *)((const char *)a + lists[list].offset);
    for (size_t i = 0; i < l->n; i++) {
        const char *item = (const char *)l->items + i * lists[list].shape->size, *id = item + lists[list].id;
        char number[32];
        if (lists[list].numbered)
            snprintf(number, sizeof number, "%lld", (long long)((const struct opt_int *)(const void *)id)->v);
        const char *text = lists[list].numbered ? number : *(const char *const *)(const void *)id;
        struct order *x = lists[list].numbered ? find_order(o, list, text) : NULL; /* the same number means the same content */
        if (x == NULL) x = put_order(o, list, text, item);
        x->look = o->looks;
        if (list == NODES) take_shared(o, x, (const void *)item);
    }
}

static void drop_unless_ordered(struct orders *o, enum list list, const char *id)
{
    struct order *x = find_order(o, list, id);
    if (x && x->look != o->looks) drop_order(o, x);
}

/* Whatever an order may be about that is not ordered. */
static void drop_others(struct orders *o, struct world *w, const char *region)
{
#define DROP(list, array, id)                 \
    for (size_t i = 0; i < w->n_##array; i++) \
        if (strcmp(w->array[i].row.region, region) == 0) drop_unless_ordered(o, list, id);
    DROP(NODES, nodes, w->nodes[i].row.id)
    DROP(LINKS, endpoints, w->endpoints[i].row.id)
    DROP(SNAPSHOTS, snapshot_parts,
        snapshot_file(w->arena, w->snapshot_parts[i].row.snapshot, w->snapshot_parts[i].row.node_group_id))
    DROP(SEEDS, seeds, w->seeds[i].row.source_id)
    DROP(CLUSTERS, rgs, w->rgs[i].row.id)
}

bool orders_take(struct orders *o, struct world *w, const struct proto_assignment *a)
{
    static const enum list in_order[] = {SETTINGS, USERS, NODES, LINKS, SNAPSHOTS, SEEDS, CLUSTERS};
    bool before = o->changed;
    o->looks++;
    o->changed = false;
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) take_list(o, in_order[i], a);
    drop_others(o, w, a->region);
    bool changed = o->changed;
    o->changed = before || changed;
    return changed;
}

/* ---- the whole ---- */

void orders_take_head(struct orders *o, const struct proto_assignment *a)
{
    _buf_ struct buf text = {0};
    json_encode(&text, &shape_proto_assignment, a);
    if (o->head.len == text.len && memcmp(o->head.data, text.data, text.len) == 0) return;
    buf_clear(&o->head);
    buf_add(&o->head, text.data, text.len);
    o->changed = true;
}

bool orders_settle(struct orders *o)
{
    bool changed = o->changed;
    o->changed = false;
    return changed;
}

/* The number is put in by hand rather than by encoding everything once more. */
static void write_head(const struct orders *o, int64_t version, struct buf *out)
{
    static const char head[] = "{\"version\":0";
    assert(o->head.len > sizeof head && memcmp(o->head.data, head, sizeof head - 1) == 0);
    buf_printf(out, "{\"version\":%lld", (long long)version);
    buf_add(out, o->head.data + sizeof head - 1, o->head.len - sizeof head); /* without its last brace */
}

void orders_write(const struct orders *o, int64_t version, struct buf *out)
{
    write_head(o, version, out);
    for (int list = 0; list < LISTS; list++) {
        bool first = true;
        buf_printf(out, ",\"%s\":[", lists[list].name);
        for (const struct order *x = o->oldest; x; x = x->newer) {
            if ((int)x->list != list) continue;
            if (!first) buf_puts(out, ",");
            buf_add(out, x->text, x->len);
            first = false;
        }
        buf_puts(out, "]");
    }
    buf_puts(out, "}");
}

void orders_fini(struct orders *o)
{
    for (struct order *x = o->oldest, *next; x; x = next) {
        next = x->newer;
        free_order(x);
    }
    index_fini(&o->by_key);
    buf_fini(&o->head);
    *o = (struct orders){0};
}
