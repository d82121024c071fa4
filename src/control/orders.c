#include "control/orders.h"
#include "base/arena.h"
#include "model/json.h"
#include "plan/snapshot.h"
#include "plan/world.h"
#include "protocol/keyed.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
    struct order *older, *newer;
    int list; /* KEYED_ORDER_… */
    bool gone;
    int64_t version;                /* in which it became what it is */
    int64_t look;                   /* the last that ordered it */
    struct order *settings, *users; /* those that a node's order goes with */
    size_t n_nodes;                 /* that go with these settings or users */
    char *text;                     /* as it goes out, NULL once it is gone */
    size_t len;
    char name[]; /* its list and key */
};

enum { NAME_SIZE = 300 };

static void put_order_name(int list, const char *key, char *name)
{
    assert(list < 10 && strlen(key) + sizeof "0 " <= NAME_SIZE);
    strcpy(stpcpy(name, (const char[]){(char)('0' + list), ' ', '\0'}), key);
}

static struct order *find_order(const struct orders *o, int list, const char *key)
{
    char name[NAME_SIZE];
    put_order_name(list, key, name);
    return index_get(&o->by_key, name);
}

/* Settings or users of that generation. */
static struct order *find_shared(const struct orders *o, int list, int64_t generation)
{
    char key[KEYED_KEY_SIZE];
    snprintf(key, sizeof key, "%lld", (long long)generation);
    return find_order(o, list, key);
}

/* ---- one order ---- */

static struct orders_list *list_of(struct orders *o, const struct order *x)
{
    return x->gone ? &o->gone : &o->there;
}

static void unlink_order(struct orders *o, struct order *x)
{
    struct orders_list *l = list_of(o, x);
    *(x->older ? &x->older->newer : &l->oldest) = x->newer;
    *(x->newer ? &x->newer->older : &l->newest) = x->older;
    x->older = x->newer = NULL;
}

/* It is otherwise from the next version on. */
static void link_newest(struct orders *o, struct order *x)
{
    struct orders_list *l = list_of(o, x);
    x->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = x;
    l->newest = x;
    x->version = o->version + 1;
    o->changed = true;
}

static struct order *add_order(struct orders *o, int list, const char *key)
{
    char name[NAME_SIZE];
    put_order_name(list, key, name);
    size_t size = strlen(name) + 1;
    struct order *x = calloc(1, sizeof *x + size);
    if (x == NULL) abort();
    memcpy(x->name, name, size);
    x->list = list;
    index_put(&o->by_key, x->name, x);
    return x;
}

static void free_order(struct order *x)
{
    free(x->text);
    free(x);
}

static void end_order(struct orders *o, struct order *x);

static void release_order(struct orders *o, struct order *shared)
{
    if (shared && --shared->n_nodes == 0) end_order(o, shared);
}

static void end_order(struct orders *o, struct order *x)
{
    struct order *settings = x->settings, *users = x->users;
    unlink_order(o, x);
    free(x->text);
    x->text = NULL;
    x->settings = x->users = NULL;
    x->gone = true;
    link_newest(o, x);
    release_order(o, settings);
    release_order(o, users);
}

static struct order *put_order(struct orders *o, int list, const char *key, const void *item)
{
    _buf_ struct buf text = {0};
    struct order *x = find_order(o, list, key);
    json_encode(&text, keyed_orders[list].shape, item);
    if (x == NULL) x = add_order(o, list, key);
    else if (!x->gone && x->len == text.len && memcmp(x->text, text.data, text.len) == 0) return x;
    else unlink_order(o, x);
    free(x->text);
    x->gone = false;
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
    struct order *settings = find_shared(o, KEYED_ORDER_SETTINGS, item->generation.v);
    struct order *users = find_shared(o, KEYED_ORDER_USERS, item->users_generation.v);
    struct order *before[] = {x->settings, x->users};
    if (settings) settings->n_nodes++;
    if (users) users->n_nodes++;
    x->settings = settings;
    x->users = users;
    release_order(o, before[0]);
    release_order(o, before[1]);
}

static void take_list(struct orders *o, int list, const struct proto_assignment *a)
{
    const struct keyed_list *l = &keyed_orders[list];
    const struct shape_list *items = keyed_list_of(l, a);
    for (size_t i = 0; i < items->n; i++) {
        char number[KEYED_KEY_SIZE];
        const char *item = (const char *)items->items + i * l->shape->size, *key = keyed_key(l, item, number);
        struct order *x = l->numbered ? find_order(o, list, key) : NULL; /* the same number means the same content */
        if (x == NULL || x->gone) x = put_order(o, list, key, item);
        x->look = o->looks;
        if (list == KEYED_ORDER_NODES) take_shared(o, x, (const void *)item);
    }
}

static void end_unless_ordered(struct orders *o, int list, const char *key)
{
    struct order *x = find_order(o, list, key);
    if (x && !x->gone && x->look != o->looks) end_order(o, x);
}

/* Whatever an order may be about that is not ordered. */
static void end_others(struct orders *o, struct world *w, const char *region)
{
#define END(list, array, key)                 \
    for (size_t i = 0; i < w->n_##array; i++) \
        if (strcmp(w->array[i].row.region, region) == 0) end_unless_ordered(o, list, key);
    END(KEYED_ORDER_NODES, nodes, w->nodes[i].row.id)
    END(KEYED_ORDER_LINKS, endpoints, w->endpoints[i].row.id)
    END(KEYED_ORDER_SNAPSHOTS, snapshot_parts,
        snapshot_file(w->arena, w->snapshot_parts[i].row.snapshot, w->snapshot_parts[i].row.node_group_id))
    END(KEYED_ORDER_SEEDS, seeds, w->seeds[i].row.source_id)
    END(KEYED_ORDER_CLUSTERS, rgs, w->rgs[i].row.id)
}

bool orders_take(struct orders *o, struct world *w, const struct proto_assignment *a)
{
    static const int in_order[] = {KEYED_ORDER_SETTINGS, KEYED_ORDER_USERS, KEYED_ORDER_NODES, KEYED_ORDER_LINKS,
        KEYED_ORDER_SNAPSHOTS, KEYED_ORDER_SEEDS, KEYED_ORDER_CLUSTERS};
    bool before = o->changed;
    o->looks++;
    o->changed = false;
    for (size_t i = 0; i < sizeof in_order / sizeof *in_order; i++) take_list(o, in_order[i], a);
    end_others(o, w, a->region);
    bool changed = o->changed;
    o->changed = before || changed;
    return changed;
}

/* ---- what goes out ---- */

void orders_begin(struct orders *o, int64_t version)
{
    o->version = o->known = version;
}

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
    o->version += changed;
    o->changed = false;
    return changed;
}

void orders_know(struct orders *o, int64_t version)
{
    if (version <= o->known || version > o->version) return;
    o->known = version;
    for (struct order *x; (x = o->gone.oldest) != NULL && x->version <= version;) {
        unlink_order(o, x);
        index_drop(&o->by_key, x->name);
        free_order(x);
    }
}

/* The first of those that are otherwise since then. */
static const struct order *first_since(const struct orders_list *l, int64_t since)
{
    const struct order *first = NULL;
    for (const struct order *x = l->newest; x && x->version > since; x = x->older) first = x;
    return first;
}

static void write_list(const struct order *first, int list, struct buf *out)
{
    const char *comma = "";
    buf_printf(out, "\"%s\":[", keyed_orders[list].name);
    for (const struct order *x = first; x; x = x->newer) {
        if (x->list != list) continue;
        buf_puts(out, comma);
        if (x->gone) json_write_text(&(struct json_writer){.out = out}, NULL, strchr(x->name, ' ') + 1);
        else buf_add(out, x->text, x->len);
        comma = ",";
    }
    buf_puts(out, "]");
}

void orders_write(const struct orders *o, int64_t since, struct buf *out)
{
    bool whole = since < o->known || since > o->version;
    const struct order *there = whole ? o->there.oldest : first_since(&o->there, since);
    const struct order *gone = whole ? NULL : first_since(&o->gone, since);
    /* The numbers are put in by hand rather than by encoding everything once more. */
    static const char head[] = "{\"version\":0";
    assert(o->head.len > sizeof head && memcmp(o->head.data, head, sizeof head - 1) == 0);
    buf_printf(out, "{\"version\":%lld", (long long)o->version);
    if (!whole) buf_printf(out, ",\"since\":%lld", (long long)since);
    buf_add(out, o->head.data + sizeof head - 1, o->head.len - sizeof head); /* without its last brace */
    for (int list = 0; list < KEYED_ORDERS; list++) {
        buf_puts(out, ",");
        write_list(there, list, out);
    }
    for (int list = 0; gone && list < KEYED_ORDERS; list++) {
        buf_puts(out, list == 0 ? ",\"gone\":{" : ",");
        write_list(gone, list, out);
    }
    buf_puts(out, gone ? "}}" : "}");
}

static void free_list(struct orders_list *l)
{
    for (struct order *x = l->oldest, *next; x; x = next) {
        next = x->newer;
        free_order(x);
    }
}

void orders_fini(struct orders *o)
{
    free_list(&o->there);
    free_list(&o->gone);
    index_fini(&o->by_key);
    buf_fini(&o->head);
    *o = (struct orders){0};
}
