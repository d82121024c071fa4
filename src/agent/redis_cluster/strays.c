#include "agent/redis_cluster/strays.h"
#include "agent/redis/state.h"
#include "agent/redis/steps.h"
#include "agent/redis_cluster/cluster_state.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>

#define HELD_SETTING "meridian.held"

/* What was told is good for FRESH_MS; others that have not told are not waited for after PATIENCE_MS; and how often it looks. */
enum { FRESH_MS = 200, PATIENCE_MS = 30, AGAIN_MS = 1 };

static struct strays *strays_of(const struct node *n)
{
    return &cluster_of(n)->strays;
}

static bool is_fresh(const struct node *n)
{
    return strays_of(n)->at != 0 && node_now(n) - strays_of(n)->at < FRESH_MS;
}

/* The slots of 'held' that 'own' lacks and 'others' has: those of one shard whose keys stand in another. */
static struct slots strays_between(const struct slots *held, const struct slots *own, const struct slots *others)
{
    struct slots s = *held;
    slots_subtract(&s, own);
    slots_meet(&s, others);
    return s;
}

/* ---- what the engines tell ---- */

/* One that follows another region still tells with its next step. */
static bool all_told(const struct node *n, const struct cluster_map *map)
{
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *c = &map->m->nodes.items[i];
        const struct node *other = c->primary.v ? cluster_find_ready(n->host, c->order) : NULL;
        if (other != NULL && cluster_is_attached(other) && !is_fresh(other)) return false;
    }
    return true;
}

bool strays_wait(struct node *n, const struct cluster_map *map)
{
    struct strays *s = strays_of(n);
    if (map == NULL || !map->m->strays.v) return false;
    if (s->since == 0 || node_now(n) - s->since > FRESH_MS) s->since = node_now(n); /* another order than before */
    if (!is_fresh(n)) {
        redis_ask(n, ASK_STEP, WORDS("CONFIG", "GET", HELD_SETTING));
        return true;
    }
    if (all_told(n, map) || node_now(n) - s->since > PATIENCE_MS) return false;
    redis_of(n)->hold_until = node_now(n) + AGAIN_MS;
    return true;
}

/* An engine without the module has no keys of other regions. */
void strays_know(struct node *n, const struct redisReply *r)
{
    struct strays *s = strays_of(n);
    bool told = r->type == REDIS_REPLY_ARRAY && r->elements == 2 && r->element[1]->type == REDIS_REPLY_STRING;
    s->held = (struct slots){0};
    if (!told || slots_read(&s->held, r->element[1]->str) != SLOTS_OK)
        log_warn("node %s does not tell which slots it has keys of", n->id);
    s->at = node_now(n);
}

/* ---- the marks ---- */

/* Those of a primary by its own word; a replica that takes over has those of its shard. */
static struct slots slots_served(const struct node *n, const struct cluster_map *map, const struct proto_cluster_node *c)
{
    const struct cluster_view *v = &cluster_of(n)->view;
    const struct proto_cluster_node *primary = cluster_primary_of(map, c);
    if (v->read && v->role == ROLE_PRIMARY) return v->slots;
    return primary != NULL ? *cluster_slots_of(map, primary) : (struct slots){0};
}

static void mark_each(struct node *n, const struct slots *slots, const char *how, const char *other)
{
    for (int slot = slots_next(slots, 0); slot < SLOTS; slot = slots_next(slots, slot + 1)) {
        char number[12];
        snprintf(number, sizeof number, "%d", slot);
        redis_send_unread(n, WORDS("CLUSTER", "SETSLOT", number, how, other));
    }
    if (slots_next(slots, 0) < SLOTS) log_info("node %s: %d slots are half moved: %s %s", n->id, slots_count(slots), how, other);
}

void strays_mark(struct node *n, const struct cluster_map *map)
{
    const struct proto_cluster_node *me = cluster_entry_of(n);
    if (map == NULL || me == NULL || !map->m->strays.v) return;
    struct slots own = slots_served(n, map, me);
    for (size_t i = 0; i < map->m->nodes.n; i++) {
        const struct proto_cluster_node *c = &map->m->nodes.items[i];
        const struct node *other = c->primary.v && strcmp(c->shard, me->shard) != 0 ? cluster_find(n->host, c->order) : NULL;
        if (other == NULL) continue;
        struct slots theirs = slots_served(other, map, c);
        struct slots mine = strays_between(&strays_of(n)->held, &own, &theirs);
        struct slots gone = strays_between(&strays_of(other)->held, &theirs, &own);
        mark_each(n, &mine, "IMPORTING", c->name);
        mark_each(n, &gone, "MIGRATING", c->name);
    }
    strays_of(n)->since = 0;
}
