#include "conf_int.h"
#include "base/digest.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Users and their rules. */

#define UNKNOWN_NAME "Unknown command or category name in ACL"
#define SYNTAX "Syntax error"
enum { HASH_HEX = 64 };

/* ---- rights ---- */

static void set_right(struct rights *r, int index, bool may)
{
    uint64_t bit = (uint64_t)1 << (index % 64);
    if (may) r->may[index / 64] |= bit;
    else r->may[index / 64] &= ~bit;
}

static bool has_right(const struct rights *r, int index)
{
    return r->may[index / 64] >> (index % 64) & 1;
}

static void add_pattern(struct rights *r, const char *pattern)
{
    size_t was = r->keys ? strlen(r->keys) : 0, more = strlen(pattern);
    if (strcmp(pattern, "*") == 0) r->all_keys = true;
    r->keys = realloc(r->keys, was + more + 2);
    if (r->keys == NULL) abort();
    memcpy(r->keys + was, pattern, more);
    memcpy(r->keys + was + more, " ", 2);
}

static bool may_touch(const struct rights *r, const char *key)
{
    char pattern[128];
    if (r->all_keys) return true;
    for (const char *p = r->keys; p && *p; p += strcspn(p, " ") + 1) {
        snprintf(pattern, sizeof pattern, "%.*s", (int)strcspn(p, " "), p);
        if (glob(pattern, key)) return true;
    }
    return false;
}

/* A command's right counts for its sub-commands, too. */
static const char *set_command(struct rights *r, const char *name, bool may)
{
    const struct row *row = row_named(name);
    if (row == NULL) return UNKNOWN_NAME;
    set_right(r, row->index, may);
    size_t n = strlen(row->name);
    for (int i = row->index + 1; row->container && i < row_count(); i++) {
        const struct row *sub = row_at(i);
        if (strncmp(sub->name, row->name, n) != 0 || sub->name[n] != '|') break;
        set_right(r, i, may);
    }
    return NULL;
}

static const char *set_category(struct rights *r, const char *name, bool may)
{
    bool all = strcasecmp(name, "all") == 0;
    uint32_t bit = category_bit(name);
    if (!all && bit == 0) return UNKNOWN_NAME;
    for (int i = 0; i < row_count(); i++)
        if (all || (row_at(i)->category_bits & bit)) set_right(r, i, may);
    return NULL;
}

/* A rule of commands, keys or channels; "" for one that is something else. */
static const char *rights_rule(struct rights *r, const char *rule)
{
    bool may = *rule == '+';
    if (*rule == '+' || *rule == '-') return rule[1] == '@' ? set_category(r, rule + 2, may) : set_command(r, rule + 1, may);
    if (strcasecmp(rule, "allcommands") == 0) return set_category(r, "all", true);
    if (strcasecmp(rule, "nocommands") == 0) return set_category(r, "all", false);
    if (*rule == '~') return add_pattern(r, rule + 1), NULL;
    if (strcasecmp(rule, "allkeys") == 0) return add_pattern(r, "*"), NULL;
    if (*rule == '&' || strcasecmp(rule, "allchannels") == 0 || strcasecmp(rule, "resetchannels") == 0) return NULL;
    if (strcasecmp(rule, "resetkeys") == 0) {
        free(r->keys);
        r->keys = NULL;
        r->all_keys = false;
        return NULL;
    }
    return "";
}

/* ---- users ---- */

struct user *acl_find(const struct model_engine *e, const char *name)
{
    for (struct user *u = e->users; u; u = u->next)
        if (strcmp(u->name, name) == 0) return u;
    return NULL;
}

static void clear_selectors(struct user *u)
{
    for (size_t i = 0; i < u->n_selectors; i++) free(u->selectors[i].keys);
    free(u->selectors);
    u->selectors = NULL;
    u->n_selectors = 0;
}

void acl_reset(struct user *u)
{
    free(u->hashes);
    free(u->root.keys);
    clear_selectors(u);
    *u = (struct user){.next = u->next, .name = u->name};
}

struct user *acl_add(struct model_engine *e, const char *name)
{
    struct user *u = calloc(1, sizeof *u), **last = &e->users;
    if (u == NULL || (u->name = strdup(name)) == NULL) abort();
    while (*last) last = &(*last)->next;
    return *last = u;
}

static void user_free(struct user *u)
{
    acl_reset(u);
    free(u->name);
    free(u);
}

void acl_free(struct model_engine *e)
{
    while (e->users) {
        struct user *u = e->users;
        e->users = u->next;
        user_free(u);
    }
}

static void hash_password(const char *password, char out[HASH_HEX + 1])
{
    _arena_ struct arena a = {0};
    memcpy(out, digest_text(&a, password), HASH_HEX + 1);
}

static const char *add_hash(struct user *u, const char *hash)
{
    size_t was = u->hashes ? strlen(u->hashes) : 0;
    if (strlen(hash) != HASH_HEX || strspn(hash, "0123456789abcdef") != HASH_HEX)
        return "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters";
    u->nopass = false;
    if (u->hashes && strstr(u->hashes, hash)) return NULL;
    u->hashes = realloc(u->hashes, was + HASH_HEX + 2);
    if (u->hashes == NULL) abort();
    snprintf(u->hashes + was, HASH_HEX + 2, "%s\n", hash);
    return NULL;
}

static const char *drop_hash(struct user *u, const char *hash)
{
    char *at = u->hashes ? strstr(u->hashes, hash) : NULL;
    if (at == NULL || strlen(hash) != HASH_HEX) return "The password you are trying to remove from the user does not exist";
    memmove(at, at + HASH_HEX + 1, strlen(at + HASH_HEX + 1) + 1);
    return NULL;
}

bool acl_password(const struct user *u, const char *password)
{
    char hash[HASH_HEX + 1];
    if (!u->on) return false;
    if (u->nopass) return true;
    hash_password(password, hash);
    return u->hashes && strstr(u->hashes, hash);
}

/* "(RULE RULE…)" */
static const char *add_selector(struct user *u, const char *rule)
{
    char copy[2048], *rest = NULL;
    size_t n = strlen(rule);
    if (n < 2 || n >= sizeof copy || rule[n - 1] != ')') return "Unmatched parenthesis in acl selector starting at '('.";
    snprintf(copy, sizeof copy, "%.*s", (int)n - 2, rule + 1);
    struct rights r = {0};
    for (char *w = strtok_r(copy, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
        const char *why = rights_rule(&r, w);
        if (why == NULL) continue;
        free(r.keys);
        return *why ? why : SYNTAX;
    }
    u->selectors = realloc(u->selectors, (u->n_selectors + 1) * sizeof *u->selectors);
    if (u->selectors == NULL) abort();
    u->selectors[u->n_selectors++] = r;
    return NULL;
}

static const char *drop_password(struct user *u, const char *password)
{
    char hash[HASH_HEX + 1];
    hash_password(password, hash);
    return drop_hash(u, hash);
}

static const char *add_password(struct user *u, const char *password)
{
    char hash[HASH_HEX + 1];
    hash_password(password, hash);
    return add_hash(u, hash);
}

const char *acl_rule(struct user *u, const char *rule)
{
    const char *why = rights_rule(&u->root, rule);
    if (why == NULL || *why) return why;
    if (*rule == '(') return add_selector(u, rule);
    if (*rule == '>') return add_password(u, rule + 1);
    if (*rule == '<') return drop_password(u, rule + 1);
    if (*rule == '#') return add_hash(u, rule + 1);
    if (*rule == '!') return drop_hash(u, rule + 1);
    if (strcasecmp(rule, "on") == 0 || strcasecmp(rule, "off") == 0) return u->on = strcasecmp(rule, "on") == 0, NULL;
    if (strcasecmp(rule, "reset") == 0) return acl_reset(u), NULL;
    if (strcasecmp(rule, "clearselectors") == 0) return clear_selectors(u), NULL;
    if (strcasecmp(rule, "sanitize-payload") == 0 || strcasecmp(rule, "skip-sanitize-payload") == 0) return NULL;
    bool nopass = strcasecmp(rule, "nopass") == 0;
    if (!nopass && strcasecmp(rule, "resetpass") != 0) return SYNTAX;
    free(u->hashes);
    u->hashes = NULL;
    u->nopass = nopass;
    return NULL;
}

/* ---- what a user may ---- */

static bool rights_allow(const struct rights *r, const struct call *c, bool *command)
{
    const struct row *row = c->row;
    if (!has_right(r, row->index)) return false;
    *command = true;
    if (row->first_key == 0) return true;
    int last = row->last_key < 0 ? c->argc + row->last_key : row->last_key;
    for (int i = row->first_key; i <= last && i < c->argc; i += row->key_step)
        if (!may_touch(r, c->argv[i])) return false;
    return true;
}

struct redisReply *acl_check(struct call *c)
{
    bool command = false;
    const struct user *u = c->conn->user;
    if (rights_allow(&u->root, c, &command)) return NULL;
    for (size_t i = 0; i < u->n_selectors; i++)
        if (rights_allow(&u->selectors[i], c, &command)) return NULL;
    if (command) return reply_error(c->w, "NOPERM this user has no permissions to access one of the keys used as arguments");
    return reply_error(c->w, "NOPERM this user has no permissions to run the '%s' command", c->row->name);
}

/* ---- commands ---- */

/* All of its rules, or none of them. */
struct redisReply *acl_setuser(struct call *c)
{
    struct user *u = acl_find(c->e, c->argv[2]), *shadow;
    struct model_engine scratch = {0};
    shadow = acl_add(&scratch, c->argv[2]);
    if (u) {
        shadow->on = u->on;
        shadow->nopass = u->nopass;
        shadow->root = u->root;
        shadow->root.keys = u->root.keys ? strdup(u->root.keys) : NULL;
        shadow->hashes = u->hashes ? strdup(u->hashes) : NULL;
        for (size_t i = 0; i < u->n_selectors; i++) {
            shadow->selectors = realloc(shadow->selectors, (i + 1) * sizeof *shadow->selectors);
            if (shadow->selectors == NULL) abort();
            shadow->selectors[i] = u->selectors[i];
            shadow->selectors[i].keys = u->selectors[i].keys ? strdup(u->selectors[i].keys) : NULL;
            shadow->n_selectors = i + 1;
        }
    }
    for (int i = 3; i < c->argc; i++) {
        const char *why = acl_rule(shadow, c->argv[i]);
        if (why == NULL) continue;
        struct redisReply *r = reply_error(c->w, "ERR Error in ACL SETUSER modifier '%s': %s", c->argv[i], why);
        user_free(shadow);
        return r;
    }
    if (u == NULL) u = acl_add(c->e, c->argv[2]);
    acl_reset(u);
    *u = (struct user){
        u->next, u->name, shadow->on, shadow->nopass, shadow->hashes, shadow->root, shadow->selectors, shadow->n_selectors};
    free(shadow->name);
    free(shadow);
    return reply_status(c->w, "OK");
}

static void remove_user(struct model_engine *e, struct user *u)
{
    for (struct model_conn *conn = e->conns, *next; conn; conn = next) {
        next = conn->next;
        if (conn->user == u) conn_end(conn, "");
    }
    struct user **at = &e->users;
    while (*at != u) at = &(*at)->next;
    *at = u->next;
    user_free(u);
}

struct redisReply *acl_deluser(struct call *c)
{
    int64_t n = 0;
    for (int i = 2; i < c->argc; i++)
        if (strcmp(c->argv[i], "default") == 0) return reply_error(c->w, "ERR The 'default' user cannot be removed");
    for (int i = 2; i < c->argc; i++) {
        struct user *u = acl_find(c->e, c->argv[i]);
        if (u == NULL) continue;
        remove_user(c->e, u);
        n++;
    }
    return reply_int(c->w, n);
}

static int by_name(const void *a, const void *b)
{
    const struct redisReply *const *x = a, *const *y = b;
    return strcmp((*x)->str, (*y)->str);
}

struct redisReply *acl_users(struct call *c)
{
    size_t n = 0;
    for (struct user *u = c->e->users; u; u = u->next) n++;
    struct redisReply *r = reply_array(c->w, n);
    n = 0;
    for (struct user *u = c->e->users; u; u = u->next) r->element[n++] = reply_text(c->w, u->name, strlen(u->name));
    qsort(r->element, n, sizeof(struct redisReply *), by_name);
    return r;
}

struct redisReply *acl_whoami(struct call *c)
{
    return reply_text(c->w, c->conn->user->name, strlen(c->conn->user->name));
}

struct redisReply *redis_auth(struct call *c)
{
    if (c->argc > 3) return reply_error(c->w, "ERR syntax error");
    const char *name = c->argc == 3 ? c->argv[1] : "default", *password = c->argv[c->argc - 1];
    struct user *u = acl_find(c->e, name);
    if (c->argc == 2 && u && u->nopass)
        return reply_error(c->w,
            "ERR AUTH <password> called without any password configured for the default user. Are you sure your "
            "configuration is correct?");
    if (u == NULL || !acl_password(u, password))
        return reply_error(c->w, "WRONGPASS invalid username-password pair or user is disabled.");
    c->conn->user = u;
    return reply_status(c->w, "OK");
}

/* ---- the lines of the file ---- */

bool acl_load_line(struct model_engine *e, char *line, struct buf *complaint)
{
    char *words[48];
    int n = conf_cut(line, words, 48);
    if (n < 2) return true;
    struct user *u = acl_find(e, words[1]);
    if (u == NULL) u = acl_add(e, words[1]);
    else acl_reset(u);
    for (int i = 2; i < n; i++) {
        const char *why = acl_rule(u, words[i]);
        if (why == NULL) continue;
        buf_printf(complaint, "Error loading ACL rule '%s': %s. Skipping", words[i], why);
        return false;
    }
    return true;
}
