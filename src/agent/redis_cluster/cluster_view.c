#include "agent/redis_cluster/cluster_view.h"
#include "agent/os/names.h"
#include "base/index.h"
#include "base/decimal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is gathered while the lines are read. */
struct reading {
    struct cluster_view *v;
    const struct cluster_map *map;
    cluster_lives *lives;
    void *arg;
    bool *met;                      /* as the map's nodes: it knows them */
    struct string_list shaking;     /* addresses of those that it is about to know */
    size_t owned;                   /* primaries with the slots of the map */
    char follows[CLUSTER_NAME + 1]; /* its own master; "" for none */
    bool mistaken;                  /* somebody follows somebody else */
};

bool cluster_info_read(const struct redisReply *r, bool *whole, int64_t *known)
{
    char state[16], count[24];
    if (r->type != REDIS_REPLY_STRING || !info_value(r->str, r->len, "cluster_state", state, sizeof state)) return false;
    if (!info_value(r->str, r->len, "cluster_known_nodes", count, sizeof count)) return false;
    *whole = strcmp(state, "ok") == 0;
    return (*whole || strcmp(state, "fail") == 0) && decimal_parse(count, 1, INT32_MAX, known);
}

/* One that was started anew may be met at another address than the others know. Where they know none, the engine looks for it. */
static bool is_at_its_place(const struct cluster_line *l, const struct proto_cluster_node *n)
{
    const char *colon = strrchr(l->address, ':');
    size_t host = colon ? (size_t)(colon - l->address) : 0;
    return host == 0 || (strlen(n->host) == host && memcmp(l->address, n->host, host) == 0);
}

static void view_read_line(struct reading *r, const struct cluster_line *l, bool myself)
{
    if (l->epoch > r->v->latest) r->v->latest = l->epoch;
    const struct proto_cluster_node *n = cluster_node_named(r->map, l->name);
    if (n == NULL) { /* a stranger */
        r->v->strangers++;
        if (l->shakes_hands) names_add(&r->shaking, l->address);
        else if (*l->slots == '\0' && !myself) names_add(&r->v->forget, l->name);
        return;
    }
    const struct proto_cluster_node *primary = cluster_primary_of(r->map, n);
    struct slots owned = {0};
    r->met[n - r->map->m->nodes.items] = myself || is_at_its_place(l, n);
    r->v->known++;
    bool as_mapped = slots_read(&owned, l->slots) == SLOTS_OK && memcmp(&owned, cluster_slots_of(r->map, n), sizeof owned) == 0;
    r->owned += n->primary.v && as_mapped;
    if (primary == NULL || primary == n || !r->lives(r->arg, n->order)) return;
    if (l->master == NULL || strcmp(l->master, primary->name) != 0) r->mistaken = true;
}

/* Who is not there and lives, whether it agrees, and whom it had better forget: not its own master, though that is a stranger. */
static void conclude_view(struct reading *r)
{
    size_t primaries = 0;
    for (size_t i = 0; i < r->map->m->nodes.n; i++) {
        const struct proto_cluster_node *n = &r->map->m->nodes.items[i];
        char address[80];
        primaries += n->primary.v;
        if (r->met[i] || !r->lives(r->arg, n->order)) continue;
        snprintf(address, sizeof address, "%s:%d", n->host, (int)n->port.v);
        if (!names_has(&r->shaking, address)) names_add(&r->v->missing, n->name);
    }
    r->v->agrees = r->owned == primaries && !r->mistaken;
    for (size_t i = 0; i < r->v->forget.n; i++) {
        if (strcmp(r->v->forget.items[i], r->follows) != 0) continue;
        free((char *)(uintptr_t)r->v->forget.items[i]);
        r->v->forget.items[i] = r->v->forget.items[--r->v->forget.n];
    }
}

void cluster_view_read(
    struct cluster_view *out, const struct cluster_nodes *nodes, const struct cluster_map *map, cluster_lives *lives, void *arg)
{
    struct reading r = {.v = out, .map = map, .lives = lives, .arg = arg};
    r.met = calloc(map->m->nodes.n + 1, sizeof *r.met);
    if (r.met == NULL) abort();
    const struct cluster_line *l = nodes->myself;
    r.v->role = l->is_master ? ROLE_PRIMARY : ROLE_REPLICA;
    r.v->epoch = l->epoch;
    if (!l->is_master) snprintf(r.follows, sizeof r.follows, "%s", l->master != NULL ? l->master : "");
    slots_read(&r.v->slots, l->slots);
    r.v->open = calloc(nodes->n_open + 1, sizeof *r.v->open);
    if (r.v->open == NULL) abort();
    for (size_t i = 0; i < nodes->n_open; i++) r.v->open[r.v->n_open++] = nodes->open[i];
    for (size_t i = 0; i < nodes->n; i++) view_read_line(&r, &nodes->lines[i], &nodes->lines[i] == nodes->myself);
    out->assigned = nodes->assigned;
    out->read = true;
    conclude_view(&r);
    free(r.met);
    names_clear(&r.shaking);
}

void cluster_view_clear(struct cluster_view *v)
{
    free(v->open);
    names_clear(&v->missing);
    names_clear(&v->forget);
    *v = (struct cluster_view){0};
}

void cluster_view_moving(const struct cluster_view *v, struct slots *out)
{
    for (size_t i = 0; i < v->n_open; i++) slots_add(out, v->open[i].slot);
}

/* ---- CLUSTER SLOTS: [[first, last, [host, port, name, …], …], …], the owner before those that follow it ---- */

static const char *name_of(const struct redisReply *node)
{
    if (node->type != REDIS_REPLY_ARRAY || node->elements < 3 || node->element[2]->type != REDIS_REPLY_STRING) return NULL;
    return cluster_name_ok(node->element[2]->str) ? node->element[2]->str : NULL;
}

static bool read_bound(const struct redisReply *r, int *slot)
{
    if (r->type != REDIS_REPLY_INTEGER || r->integer < 0 || r->integer >= SLOTS) return false;
    *slot = (int)r->integer;
    return true;
}

/* False where it is no range, or that of another owner than the map's. Names are the reply's own. */
static bool read_range(const struct redisReply *range, const struct cluster_map *map, struct slots *owned, struct index *names)
{
    int first, last;
    if (range->type != REDIS_REPLY_ARRAY || range->elements < 3) return false;
    if (!read_bound(range->element[0], &first) || !read_bound(range->element[1], &last)) return false;
    const char *name = name_of(range->element[2]);
    const struct proto_cluster_node *owner = name != NULL ? cluster_node_named(map, name) : NULL;
    struct slots named = {0};
    slots_add_range(&named, first, last);
    if (owner == NULL || first > last || !slots_has_all(cluster_slots_of(map, owner), &named)) return false;
    slots_join(owned, &named);
    for (size_t i = 3; i < range->elements; i++) {
        name = name_of(range->element[i]);
        if (name != NULL) index_put(names, name, name);
    }
    return true;
}

static bool all_there(
    const struct cluster_map *map, const struct slots *owned, const struct index *names, cluster_lives *lives, void *arg)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *n = &map->m->nodes.items[i], *primary = cluster_primary_of(map, n);
        if (!slots_has_all(owned, cluster_slots_of(map, n))) return false;
        if (primary == NULL || primary == n || slots_count(cluster_slots_of(map, primary)) == 0) continue;
        if (lives(arg, n->order) && index_get(names, n->name) == NULL) return false;
    }
    return true;
}

bool cluster_slots_complete(const struct redisReply *r, const struct cluster_map *map, cluster_lives *lives, void *arg)
{
    _index_ struct index names = {0};
    struct slots owned = {0};
    bool complete = r->type == REDIS_REPLY_ARRAY;
    for (size_t i = 0; complete && i < r->elements; i++) complete = read_range(r->element[i], map, &owned, &names);
    complete = complete && all_there(map, &owned, &names, lives, arg);
    return complete;
}
