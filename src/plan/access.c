#include "plan/access.h"
#include "base/arena.h"
#include <string.h>

enum { RULES_MAX = 16 };

static void add_rule(struct access_user *u, const char *word)
{
    u->rules[u->n_rules++] = word;
}

static struct access_user new_user(struct world *w, const char *name)
{
    struct access_user u = {.name = name, .rules = arena_array(w->arena, const char *, RULES_MAX)};
    add_rule(&u, "reset");
    return u;
}

/* Without user groups, there is one user, who may do everything. */
static struct access_user everybody(struct world *w)
{
    struct access_user u = new_user(w, "default");
    add_rule(&u, "on");
    add_rule(&u, "nopass");
    add_rule(&u, "~*");
    add_rule(&u, "&*");
    add_rule(&u, "+@all");
    return u;
}

static uint64_t hash_word(uint64_t h, const char *word, char end)
{
    for (const char *p = word; *p; p++) h = (h ^ (unsigned char)*p) * 1099511628211u;
    return (h ^ (unsigned char)end) * 1099511628211u;
}

/* FNV-1a, in as many bits as every reader of JSON takes for an integer. */
static int64_t hash(const struct access *a)
{
    uint64_t h = 14695981039346656037u;
    for (size_t i = 0; i < a->n; i++) {
        h = hash_word(h, a->users[i].name, '\t');
        for (size_t k = 0; k < a->users[i].n_rules; k++) h = hash_word(h, a->users[i].rules[k], '\n');
        h = hash_word(h, "", '\f');
    }
    h = (h ^ h >> 53) & ((UINT64_C(1) << 53) - 1);
    return h ? (int64_t)h : 1;
}

static const struct access *derive(struct world *w)
{
    struct access *a = arena_new(w->arena, struct access);
    *a = (struct access){.users = arena_array(w->arena, struct access_user, 1)};
    a->users[a->n++] = everybody(w);
    a->generation = hash(a);
    return a;
}

const struct access *access_of(struct world *w, struct world_rg *rg)
{
    const struct access **known = rg ? &rg->access : &w->access;
    if (*known == NULL) *known = derive(w);
    return *known;
}

bool access_in_force(struct world *w, const struct world_node *n)
{
    if (n->cluster && strcmp(n->cluster->row.engine, "memcached") == 0) return true;
    return n->row.seen_users_generation == access_of(w, n->rg)->generation;
}
