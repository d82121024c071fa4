#include "plan/access.h"
#include "base/hash.h"
#include "base/arena.h"
#include "base/text.h"
#include "catalog/access_string.h"
#include <string.h>

enum { OWN_RULES = 8 }; /* most rules of a user besides its words, passwords and restrictions */

static void add_rule(struct access_user *u, const char *word)
{
    u->rules[u->n_rules++] = word;
}

/* ---- what no user may do ---- */

static size_t n_restricted(void)
{
    size_t n = 0;
    while (restricting_rules[n]) n++;
    return n;
}

/* A selector gives rights of its own, so they are taken away in each that gives what is restricted. */
static const char *restrict_selector(struct world *w, const char *selector)
{
    size_t n = strlen(selector), size = n + 1;
    for (const char *const *p = restricting_rules; *p; p++) size += strlen(*p) + 1;
    char *text = arena_alloc(w->arena, size), *end = text + n - 1;
    memcpy(text, selector, n - 1);
    for (const char *const *p = restricting_rules; *p; p++) {
        *end++ = ' ';
        end = stpcpy(end, *p);
    }
    strcpy(end, ")");
    return text;
}

/* Last of all, so that no word before can give them back. */
static void restrict_user(struct world *w, struct access_user *u)
{
    if (w->allow_restricted) return;
    for (const char *const *p = restricting_rules; *p; p++) add_rule(u, *p);
}

/* ---- users ---- */

static struct access_user *new_user(struct world *w, const char *name, size_t words)
{
    struct access_user *u = arena_new(w->arena, struct access_user);
    *u = (struct access_user){.name = name, .rules = arena_array(w->arena, const char *, words + OWN_RULES + n_restricted())};
    add_rule(u, "reset");
    return u;
}

/* A replication group's AUTH tokens are the passwords of this user. */
static void add_tokens(struct world *w, const struct row_encryption *e, struct access_user *u)
{
    if (e == NULL || e->token == NULL) return add_rule(u, "nopass");
    add_rule(u, arena_printf(w->arena, "#%s", e->token));
    if (e->old_token) add_rule(u, arena_printf(w->arena, "#%s", e->old_token));
}

/* Without user groups, there is one user, who may do everything. */
static struct access_user *all_powerful_user(struct world *w, const struct row_encryption *tokens)
{
    struct access_user *u = new_user(w, "default", 0);
    add_rule(u, "on");
    add_tokens(w, tokens, u);
    add_rule(u, "~*");
    add_rule(u, "&*");
    add_rule(u, "+@all");
    restrict_user(w, u);
    return u;
}

/* One who authenticates by IAM has no password at all, so that nobody can log in with one. */
static struct access_user *user_of_row(struct world *w, const struct row_user *row)
{
    struct access_string s = {0};
    const char *wrong = access_string_read(w->arena, row->access_string, text_is(row->engine, "valkey"), true, &s);
    struct access_user *u = new_user(w, row->name, s.n);
    if (wrong) return u; /* what may not be written any more gives nothing: the user stays off */
    for (size_t i = 0; i < s.n; i++)
        add_rule(u, !w->allow_restricted && access_string_is_wide(s.words[i]) ? restrict_selector(w, s.words[i]) : s.words[i]);
    if (row->authentication == AUTHENTICATION_NO_PASSWORD) add_rule(u, "nopass");
    for (const char *p = row->passwords; *p; p += strspn(p, " ")) {
        size_t n = strcspn(p, " ");
        add_rule(u, arena_printf(w->arena, "#%.*s", (int)n, p));
        p += n;
    }
    restrict_user(w, u);
    return u;
}

static const struct access_user *user_of(struct world *w, struct world_user *u)
{
    static const struct row_user predefined = {.name = "default",
        .engine = "redis",
        .access_string = "on ~* +@all",
        .authentication = AUTHENTICATION_NO_PASSWORD,
        .passwords = ""};
    if (u == NULL) return user_of_row(w, &predefined);
    if (u->engine_user == NULL) u->engine_user = user_of_row(w, &u->row);
    return u->engine_user;
}

/* ---- of a replication group ---- */

static void add_members(struct world *w, const struct world_user_group *g, struct access *a)
{
    struct access_user *grown = arena_array(w->arena, struct access_user, a->n + g->n_members + 1);
    for (size_t i = 0; i < a->n; i++) grown[i] = a->users[i];
    a->users = grown;
    for (size_t i = 0; i < g->n_members; i++)
        if (g->members[i].row.change != LINK_REMOVE) a->users[a->n++] = *user_of(w, g->members[i].user);
}

static bool has_default(const struct access *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (text_is(a->users[i].name, "default")) return true;
    return false;
}

static const struct access *seal_access(struct access *a)
{
    uint64_t h = HASH_EMPTY;
    for (size_t i = 0; i < a->n; i++) {
        h = hash_bytes(hash_text(h, a->users[i].name), "\t", 1);
        for (size_t k = 0; k < a->users[i].n_rules; k++) h = hash_bytes(hash_text(h, a->users[i].rules[k]), "\n", 1);
        h = hash_bytes(h, "\f", 1);
    }
    a->generation = hash_number(h);
    return a;
}

/* Of a replication group without user groups, and of cache clusters that can't have any. */
static const struct access *open_to_everybody(struct world *w)
{
    if (w->access) return w->access;
    struct access *a = arena_new(w->arena, struct access);
    *a = (struct access){.users = all_powerful_user(w, NULL), .n = 1};
    return w->access = seal_access(a);
}

static const struct access *without_user_groups(struct world *w, const struct world_rg *rg)
{
    if (rg->encryption == NULL || rg->encryption->row.token == NULL) return open_to_everybody(w);
    struct access *a = arena_new(w->arena, struct access);
    *a = (struct access){.users = all_powerful_user(w, &rg->encryption->row), .n = 1};
    return seal_access(a);
}

static const struct access *derive_access(struct world *w, const struct world_rg *rg)
{
    struct access *a = arena_new(w->arena, struct access);
    bool by_groups = false;
    *a = (struct access){0};
    for (size_t i = 0; i < w->n_user_links; i++) {
        const struct world_user_link *l = &w->user_links[i];
        if (l->rg != rg || l->row.change == LINK_REMOVE || l->group == NULL) continue;
        by_groups = true;
        add_members(w, l->group, a);
    }
    if (!by_groups) return without_user_groups(w, rg);
    /* Every engine has a user of this name: off, where a user group of valkey does without. */
    if (!has_default(a)) a->users[a->n++] = *new_user(w, "default", 0);
    return seal_access(a);
}

const struct access *access_of(struct world *w, struct world_rg *rg)
{
    if (rg == NULL) return open_to_everybody(w);
    if (rg->access == NULL) rg->access = derive_access(w, rg);
    return rg->access;
}

bool access_in_force(struct world *w, const struct world_node *n)
{
    if (n->cluster && text_is(n->cluster->row.engine, "memcached")) return true;
    return n->row.seen_users_generation == access_of(w, n->rg)->generation;
}
