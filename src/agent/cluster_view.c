#include "agent/cluster_view.h"
#include "agent/names.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of CLUSTER NODES: "NAME HOST:PORT@BUS[,HOSTNAME] FLAGS MASTER PINGED PONGED EPOCH LINK [SLOTS…]", cut into its words. */
struct line {
    char *name, *address, *flags, *master, *epoch, *slots;
};

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

static bool has_flag(const char *flags, const char *flag)
{
    size_t n = strlen(flag);
    for (const char *p = flags; p != NULL; p = strchr(p, ','), p = p ? p + 1 : p)
        if (strncmp(p, flag, n) == 0 && (p[n] == ',' || p[n] == '\0')) return true;
    return false;
}

static bool cut(char *text, struct line *out)
{
    char *rest = NULL, *words[8];
    for (int i = 0; i < 8; i++)
        if ((words[i] = strtok_r(i == 0 ? text : NULL, " ", &rest)) == NULL) return false;
    *out = (struct line){words[0], words[1], words[2], words[3], words[6], rest};
    out->address[strcspn(out->address, "@")] = '\0';
    return true;
}

/* "0-92 94-5460 [93->-NAME]" of its own line: whole ranges to the set, slots in flight to the list. */
static void read_own_slots(struct cluster_view *v, char *text)
{
    char *rest = NULL, name[CLUSTER_NAME + 1], entry[CLUSTER_NAME + 16], arrow;
    int slot;
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        if (sscanf(word, "[%d-%c-%40[0-9a-f]]", &slot, &arrow, name) == 3) {
            snprintf(entry, sizeof entry, "%d%s%s", slot, arrow == '>' ? "->" : "<-", name);
            names_add(&v->open, entry);
        } else {
            slots_read(&v->slots, word);
        }
    }
}

static bool same_slots(const char *text, const struct slots *want)
{
    struct slots have = {0};
    return slots_read(&have, text) == SLOTS_OK && memcmp(&have, want, sizeof have) == 0;
}

static void read_stranger(struct reading *r, const struct line *l)
{
    r->v->strangers++;
    if (has_flag(l->flags, "handshake")) names_add(&r->shaking, l->address);
    else if (*l->slots == '\0') names_add(&r->v->forget, l->name);
}

static void read_follower(struct reading *r, const struct proto_cluster_node *n, const struct line *l)
{
    const struct proto_cluster_node *primary = cluster_primary_of(r->map, n);
    if (primary == NULL || primary == n || !r->lives(r->arg, n->order)) return;
    if (strcmp(l->master, primary->name) != 0) r->mistaken = true;
}

static void read_myself(struct reading *r, struct line *l)
{
    char *copy = strdup(l->slots);
    if (copy == NULL) abort();
    r->v->role = has_flag(l->flags, "master") ? ROLE_PRIMARY : ROLE_REPLICA;
    r->v->epoch = strtoll(l->epoch, NULL, 10);
    if (r->v->role == ROLE_REPLICA) snprintf(r->follows, sizeof r->follows, "%s", l->master);
    read_own_slots(r->v, copy);
    free(copy);
    size_t plain = strcspn(l->slots, "[");
    while (plain > 0 && l->slots[plain - 1] == ' ') plain--;
    l->slots[plain] = '\0';
}

static void read_line(struct reading *r, struct line *l)
{
    int64_t epoch = strtoll(l->epoch, NULL, 10);
    if (epoch > r->v->latest) r->v->latest = epoch;
    const struct proto_cluster_node *n = cluster_node_named(r->map, l->name);
    if (has_flag(l->flags, "myself")) read_myself(r, l);
    slots_read(&r->v->assigned, l->slots);
    if (n == NULL) return read_stranger(r, l);
    r->met[n - r->map->m->nodes.items] = true;
    r->v->known++;
    r->owned += n->primary.v && same_slots(l->slots, cluster_slots_of(r->map, n));
    read_follower(r, n, l);
}

static void look_for_missing(struct reading *r, const struct proto_cluster_node *n)
{
    char address[80];
    snprintf(address, sizeof address, "%s:%d", n->host, (int)n->port.v);
    if (r->met[n - r->map->m->nodes.items] || names_has(&r->shaking, address) || !r->lives(r->arg, n->order)) return;
    names_add(&r->v->missing, n->name);
}

static void conclude(struct reading *r)
{
    size_t primaries = 0;
    for (size_t i = 0; i < r->map->m->nodes.n; i++) {
        look_for_missing(r, &r->map->m->nodes.items[i]);
        primaries += r->map->m->nodes.items[i].primary.v;
    }
    r->v->agrees = r->owned == primaries && !r->mistaken;
    for (size_t i = 0; i < r->v->forget.n; i++) {
        if (strcmp(r->v->forget.items[i], r->follows) != 0) continue;
        free((char *)(uintptr_t)r->v->forget.items[i]);
        r->v->forget.items[i] = r->v->forget.items[--r->v->forget.n];
    }
}

void cluster_view_read(struct cluster_view *out, const char *text, const struct cluster_map *map, cluster_lives *lives, void *arg)
{
    struct reading r = {.v = out, .map = map, .lives = lives, .arg = arg};
    char *copy = strdup(text), *rest = NULL;
    struct line l;
    r.met = calloc(map->m->nodes.n + 1, sizeof *r.met);
    if (copy == NULL || r.met == NULL) abort();
    for (char *p = strtok_r(copy, "\r\n", &rest); p != NULL; p = strtok_r(NULL, "\r\n", &rest))
        if (cut(p, &l)) read_line(&r, &l);
    out->read = out->role != ROLE_UNKNOWN;
    conclude(&r);
    free(copy);
    free(r.met);
    names_clear(&r.shaking);
}

void cluster_view_clear(struct cluster_view *v)
{
    names_clear(&v->open);
    names_clear(&v->missing);
    names_clear(&v->forget);
    *v = (struct cluster_view){0};
}

const char *cluster_open_slot(const char *text, int *slot, bool *leaves)
{
    char *arrow;
    *slot = (int)strtol(text, &arrow, 10);
    *leaves = strncmp(arrow, "->", 2) == 0;
    return *leaves || strncmp(arrow, "<-", 2) == 0 ? arrow + 2 : NULL;
}

void cluster_view_moving(const struct cluster_view *v, struct slots *out)
{
    int slot;
    bool leaves;
    for (size_t i = 0; i < v->open.n; i++)
        if (cluster_open_slot(v->open.items[i], &slot, &leaves) != NULL) slots_add(out, slot);
}

/* [first, last, [host, port, name, …], …]: the names of those that follow the first node. */
static void read_range(const struct redisReply *range, struct string_list *names)
{
    for (size_t i = 3; i < range->elements; i++) {
        const struct redisReply *node = range->element[i];
        if (node->type != REDIS_REPLY_ARRAY || node->elements < 3 || node->element[2]->str == NULL) continue;
        if (!names_has(names, node->element[2]->str)) names_add(names, node->element[2]->str);
    }
}

bool cluster_slots_complete(const struct redisReply *r, const struct cluster_map *map, cluster_lives *lives, void *arg)
{
    struct string_list names = {0};
    bool complete = r->type == REDIS_REPLY_ARRAY;
    for (size_t i = 0; complete && i < r->elements; i++)
        if (r->element[i]->type == REDIS_REPLY_ARRAY) read_range(r->element[i], &names);
    for (size_t i = 0; complete && i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *n = &map->m->nodes.items[i], *primary = cluster_primary_of(map, n);
        if (primary == NULL || primary == n || slots_count(cluster_slots_of(map, primary)) == 0) continue;
        if (lives(arg, n->order) && !names_has(&names, n->name)) complete = false;
    }
    names_clear(&names);
    return complete;
}
