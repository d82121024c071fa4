#include "control/rows.h"
#include "base/arena.h"
#include "control/kept.h"
#include "plan/serverless.h"
#include "plan/settings.h"
#include "store/queries.gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rows_note {
    struct rows_note *next;
    struct kept *kept; /* of no unit yet */
    size_t by;
    bool gone;
};

/* ---- one row ---- */

/* Its entry in the book of addresses, or NULL. */
static const char *held_address(const struct rows *r, struct arena *a, const struct sql_table *t, const void *row)
{
    const struct row_node *n = t == &sql_table_node ? row : NULL;
    const struct row_endpoint *e = t == &sql_table_endpoint ? row : NULL;
    if (n && n->address) return address_book_entry(a, r->ports, n->address, n->port);
    bool shared = e && !r->ports && serverless_owns(e->rg_id); /* with its node, in whose name it stands in the book */
    return e && e->address && !shared ? address_book_entry(a, r->ports, e->address, e->port) : NULL;
}

/* 'region' is NULL where the table's rows have none. */
static struct kept *find_kept(const struct rows *r, const struct sql_table *t, const char *region, const char *id)
{
    char key[2 * UNIT_KEY_SIZE]; /* the id may come from anybody, and be cut */
    snprintf(key, sizeof key, "%s %s%s%s", t->name, region ? region : "", region ? " " : "", id);
    return index_get(&r->by_key, key);
}

/* ---- units ---- */

static struct unit *make_unit(struct rows *r, enum unit_kind kind, const char *key)
{
    struct unit *u = index_get(&r->units, key);
    if (u) return u;
    u = calloc(1, sizeof *u);
    if (u == NULL || (u->key = strdup(key)) == NULL) abort();
    u->kind = kind;
    u->due_ms = INT64_MAX;
    index_put(&r->units, u->key, u);
    homes_add(&r->homes, u);
    return u;
}

static void unit_free(struct unit *u)
{
    free(u->rows.items);
    free(u->names.items);
    free(u->named_by.items);
    free(u->key);
    free(u);
}

/* The node that a row is only about: its unit is the row's, too. False: the row says itself whose it is. */
static bool is_of_node(const struct kept *k, const char **region, const char **id)
{
    bool shard_node = kept_table(k) == &sql_table_shard_node, seed = kept_table(k) == &sql_table_seed;
    if (!shard_node && !seed) return false;
    *region = kept_text(k, seed ? offsetof(struct row_seed, region) : offsetof(struct row_shard_node, region));
    *id = kept_text(k, seed ? offsetof(struct row_seed, node_id) : offsetof(struct row_shard_node, id));
    return true;
}

/* A row whose node is gone stays where it was. */
static struct unit *unit_of_row(struct rows *r, const struct kept *k, const void *row, bool gone)
{
    char key[UNIT_KEY_SIZE];
    const char *region, *id;
    bool of_node = is_of_node(k, &region, &id);
    struct unit *u = of_node ? rows_unit_of_node(r, region, id) : NULL;
    const struct kept *before = u == NULL && (gone || of_node) ? index_get(&r->by_key, k->key) : NULL;
    if (before) return before->unit;
    if (of_node) return u;
    enum unit_kind kind = unit_key(kept_table(k), row, key);
    return kind == UNIT_NONE ? NULL : make_unit(r, kind, key);
}

static void note_emptied(struct rows *r, struct unit *u)
{
    if (u->emptied || u->rows.n || u->named_by.n) return;
    u->emptied = true;
    unit_list_add(&r->emptied, u);
}

static void link_names(struct rows *r, const struct kept *k, const void *row, bool gone)
{
    enum unit_kind kinds[UNIT_NAMES_MAX];
    char keys[UNIT_NAMES_MAX][UNIT_KEY_SIZE];
    size_t n = unit_names(kept_table(k), row, kinds, keys);
    for (size_t i = 0; i < n; i++) {
        struct unit *u = make_unit(r, kinds[i], keys[i]);
        if (gone) {
            unit_list_drop(&k->unit->names, u);
            unit_list_drop(&u->named_by, k->unit);
            note_emptied(r, u);
        } else {
            unit_list_add(&k->unit->names, u);
            unit_list_add(&u->named_by, k->unit);
        }
    }
}

static void add_to_unit(struct unit *u, struct kept *k)
{
    struct unit_rows *l = &u->rows;
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 4;
        l->items = realloc(l->items, l->room * sizeof(struct kept *));
        if (l->items == NULL) abort();
    }
    k->place = (uint32_t)l->n;
    l->items[l->n++] = k;
}

static void drop_from_unit(struct kept *k)
{
    struct unit_rows *l = &k->unit->rows;
    l->items[k->place] = l->items[--l->n];
    l->items[k->place]->place = k->place;
}

/* ---- what is kept ---- */

const char *rows_region_name(const struct kept *region)
{
    return kept_text(region, offsetof(struct row_region, name));
}

static void add_region(struct rows *r, struct kept *k)
{
    size_t at = 0;
    const char *name = rows_region_name(k);
    while (at < r->n_regions && strcmp(rows_region_name(r->regions[at]), name) < 0) at++;
    r->regions = realloc(r->regions, (r->n_regions + 1) * sizeof(struct kept *));
    if (r->regions == NULL) abort();
    memmove(&r->regions[at + 1], &r->regions[at], (r->n_regions++ - at) * sizeof(struct kept *));
    r->regions[at] = k;
}

static void drop_region(struct rows *r, const struct kept *k)
{
    size_t at = 0;
    while (r->regions[at] != k) at++;
    memmove(&r->regions[at], &r->regions[at + 1], (--r->n_regions - at) * sizeof(struct kept *));
}

static void take_out(struct rows *r, struct kept *k, const void *row)
{
    _arena_ struct arena a = {0};
    const char *held = held_address(r, &a, kept_table(k), row);
    index_drop(&r->by_key, k->key);
    if (k->unit == NULL) {
        drop_region(r, k);
        return;
    }
    drop_from_unit(k);
    link_names(r, k, row, true);
    note_emptied(r, k->unit);
    if (held) address_book_free(&r->addresses, held);
}

static bool lacks_address(const struct kept *k)
{
    if (kept_table(k) == &sql_table_node) return kept_text(k, offsetof(struct row_node, no_address));
    return kept_table(k) == &sql_table_endpoint && kept_text(k, offsetof(struct row_endpoint, no_address));
}

static void put_in(struct rows *r, struct kept *k, const void *row)
{
    _arena_ struct arena a = {0};
    const char *held = held_address(r, &a, kept_table(k), row);
    index_put(&r->by_key, k->key, k);
    if (k->unit == NULL) {
        add_region(r, k);
        return;
    }
    add_to_unit(k->unit, k);
    link_names(r, k, row, false);
    if (held) address_book_take(&r->addresses, held);
    if (lacks_address(k)) unit_list_add(&r->homeless, k->unit);
}

/* A row that is nobody's is of no use to plans: its owner went before it. */
static bool is_of_use(const struct kept *k)
{
    return k->unit || kept_table(k) == &sql_table_region;
}

/* A stand-alone cluster may be taken into a replication group: what is only about its node goes along. */
static void follow_node(struct rows *r, struct unit *from, struct unit *to, const struct row_node *node)
{
    _arena_ struct arena a = {0};
    const char *region, *id;
    for (size_t i = from->rows.n; i > 0; i--) {
        struct kept *other = from->rows.items[i - 1];
        if (!is_of_node(other, &region, &id) || strcmp(region, node->region) != 0 || strcmp(id, node->id) != 0) continue;
        const void *row = kept_row(other, &a);
        take_out(r, other, row);
        other->unit = to;
        put_in(r, other, row);
    }
}

/* Takes 'k' over. */
static void change_row(struct rows *r, struct kept *k, bool gone, size_t by)
{
    _arena_ struct arena a = {0};
    const void *row = kept_row(k, &a);
    k->unit = unit_of_row(r, k, row, gone);
    struct kept *was = index_get(&r->by_key, k->key), *is = gone || !is_of_use(k) ? NULL : k;
    struct rows_change c = {kept_table(k), k->unit, was ? kept_row(was, &a) : NULL, is ? row : NULL, by};
    if (was) take_out(r, was, c.was);
    if (is) put_in(r, is, row);
    if (was && is && was->unit != is->unit && c.table == &sql_table_node) follow_node(r, was->unit, is->unit, row);
    if (r->changed && (c.was || c.is)) r->changed(r->changed_arg, &c);
    free(was);
    if (is == NULL) free(k);
}

/* ---- what the store tells ---- */

void rows_note(struct rows *r, const struct sql_table *t, const void *row, bool gone)
{
    if (!r->known) return;
    if (t == &sql_table_parameter) {
        struct rows_change c = {t, NULL, gone ? row : NULL, gone ? NULL : row, r->writes_by};
        r->parameters_known = false;
        if (r->changed) r->changed(r->changed_arg, &c);
    }
    if (kept_table_place(t) == n_kept_tables) return;
    struct rows_note *n = calloc(1, sizeof *n);
    if (n == NULL) abort();
    *n = (struct rows_note){NULL, kept_new(t, row), r->writes_by, gone};
    if (r->last == NULL) r->last = &r->first;
    *r->last = n;
    r->last = &n->next;
}

static struct rows_note *take_note(struct rows *r)
{
    struct rows_note *n = r->first;
    if (n) r->first = n->next;
    if (r->first == NULL) r->last = &r->first;
    return n;
}

/* Table by table: what belongs to a node may have been written before the node. */
void rows_apply(struct rows *r)
{
    struct rows_note *notes = r->first;
    r->first = NULL;
    r->last = &r->first;
    for (size_t table = 0; notes && table < n_kept_tables; table++) {
        for (struct rows_note **at = &notes, *n; (n = *at) != NULL;) {
            if (n->kept->table != table) {
                at = &n->next;
                continue;
            }
            *at = n->next;
            change_row(r, n->kept, n->gone, n->by);
            free(n);
        }
    }
}

void rows_forget_notes(struct rows *r)
{
    for (struct rows_note *n; (n = take_note(r)) != NULL; free(n)) free(n->kept);
}

/* ---- all of them ---- */

struct loading {
    struct rows *rows;
    const struct sql_table *table;
};

/* Nobody is told: whoever asks for all rows looks at all of them. */
static void load_row(void *arg, const void *row)
{
    const struct loading *l = arg;
    struct kept *k = kept_new(l->table, row);
    k->unit = unit_of_row(l->rows, k, row, false);
    if (is_of_use(k)) put_in(l->rows, k, row);
    else free(k);
}

static int load_parameters(struct rows *r, struct store *s, struct err *e)
{
    arena_fini(&r->parameter_arena);
    int result = q_parameter_all(s, &r->parameter_arena, &r->parameters, &r->n_parameters, e);
    r->parameters_known = result == 0;
    r->settings = arena_new(&r->parameter_arena, struct settings_book);
    r->settings->arena = &r->parameter_arena;
    return result;
}

int rows_load(struct rows *r, struct store *s, struct err *e)
{
    int result = 0;
    if (!r->known) {
        struct rows empty = {.ports = r->ports, .changed = r->changed, .changed_arg = r->changed_arg};
        rows_fini(r);
        *r = empty;
        for (size_t i = 0; result == 0 && i < n_kept_tables; i++)
            result = store_each(s, kept_tables[i], load_row, &(struct loading){r, kept_tables[i]}, e);
        r->known = result == 0;
        rows_mark_all(r);
    }
    if (result == 0 && !r->parameters_known) result = load_parameters(r, s, e);
    return result;
}

void rows_lose(struct rows *r)
{
    rows_forget_notes(r);
    r->known = r->parameters_known = false;
}

void rows_fini(struct rows *r)
{
    rows_forget_notes(r);
    for (size_t i = 0; i < r->by_key.cap; i++) free(r->by_key.slots[i].value);
    for (size_t i = 0; i < r->units.cap; i++)
        if (r->units.slots[i].value) unit_free(r->units.slots[i].value);
    index_fini(&r->by_key);
    index_fini(&r->units);
    free(r->marked.items);
    homes_fini(&r->homes);
    free(r->homeless.items);
    free(r->emptied.items);
    free(r->regions);
    address_book_fini(&r->addresses);
    arena_fini(&r->parameter_arena);
    *r = (struct rows){0};
}

/* ---- what nobody needs any more ---- */

static bool has_homeless_row(const struct unit *u)
{
    for (size_t i = 0; i < u->rows.n; i++)
        if (lacks_address(u->rows.items[i])) return true;
    return false;
}

void rows_sweep(struct rows *r)
{
    size_t kept = 0;
    for (size_t i = 0; i < r->homeless.n; i++)
        if (has_homeless_row(r->homeless.items[i])) r->homeless.items[kept++] = r->homeless.items[i];
    r->homeless.n = kept;
    for (struct unit *u; r->emptied.n > 0;) {
        u = r->emptied.items[--r->emptied.n];
        u->emptied = false;
        if (u->rows.n || u->names.n || u->named_by.n || u->marked || u->due_place) continue;
        index_drop(&r->units, u->key);
        homes_drop(u);
        unit_free(u);
    }
}

/* ---- looking for something ---- */

const struct row_node *rows_node(const struct rows *r, const char *region, const char *id, struct arena *a)
{
    const struct kept *k = find_kept(r, &sql_table_node, region, id);
    return k ? kept_row(k, a) : NULL;
}

struct unit *rows_unit_of_node(const struct rows *r, const char *region, const char *id)
{
    const struct kept *k = find_kept(r, &sql_table_node, region, id);
    return k ? k->unit : NULL;
}

struct unit *rows_unit_of_endpoint(const struct rows *r, const char *region, const char *id)
{
    const struct kept *k = find_kept(r, &sql_table_endpoint, region, id);
    return k ? k->unit : NULL;
}

/* A file's id is that of its snapshot, a dot, and that of its node group. */
struct unit *rows_unit_of_file(const struct rows *r, const char *region, const char *file)
{
    char name[UNIT_KEY_SIZE];
    const char *dot = strrchr(file, '.');
    if (dot == NULL || (size_t)(dot - file) >= sizeof name) return NULL;
    memcpy(name, file, (size_t)(dot - file));
    name[dot - file] = '\0';
    return rows_unit_named(r, UNIT_SNAPSHOT, region, name);
}

struct unit *rows_unit_named(const struct rows *r, enum unit_kind kind, const char *region, const char *id)
{
    char key[UNIT_KEY_SIZE];
    return unit_key_of(kind, region, id, key) ? index_get(&r->units, key) : NULL;
}

struct unit *rows_unit_of(const struct rows *r, const char *region, const char *id)
{
    static const struct sql_table *const tables[] = {&sql_table_replication_group, &sql_table_cache_cluster, &sql_table_node,
        &sql_table_global_replication_group, &sql_table_snapshot, &sql_table_user, &sql_table_user_group};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        bool global = tables[i]->n_key == 1;
        const struct kept *k = global || region ? find_kept(r, tables[i], global ? NULL : region, id) : NULL;
        if (k) return k->unit;
    }
    return NULL;
}

const struct kept *unit_row(const struct unit *u, const struct sql_table *t)
{
    for (size_t i = 0; i < u->rows.n; i++)
        if (kept_table(u->rows.items[i]) == t) return u->rows.items[i];
    return NULL;
}

struct unit *rows_next_unit(const struct rows *r, size_t *at)
{
    while (*at < r->units.cap) {
        struct unit *u = r->units.slots[(*at)++].value;
        if (u) return u;
    }
    return NULL;
}

/* ---- what is to be looked at ---- */

void rows_mark(struct rows *r, struct unit *u)
{
    if (u == NULL || u->marked) return;
    u->marked = true;
    unit_list_add(&r->marked, u);
}

void rows_mark_all(struct rows *r)
{
    struct unit *u;
    for (size_t at = 0; (u = rows_next_unit(r, &at)) != NULL;) rows_mark(r, u);
}

struct unit *rows_take_marked(struct rows *r)
{
    if (r->marked.n == 0) return NULL;
    struct unit *u = r->marked.items[--r->marked.n];
    u->marked = false;
    return u;
}
