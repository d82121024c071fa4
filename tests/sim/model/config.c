#include "conf_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* CONFIG GET and SET. */

enum { SET_MAX = 16 };

static void add_pair(struct model_world *w, struct redisReply *r, const char *name, const char *value)
{
    r->element[r->elements++] = reply_text(w, name, strlen(name));
    r->element[r->elements++] = reply_text(w, value, strlen(value));
}

static bool is_asked(const struct call *c, const char *name)
{
    char lower[80];
    for (int i = 2; i < c->argc; i++) {
        size_t n = 0;
        for (; c->argv[i][n] && n + 1 < sizeof lower; n++)
            lower[n] = (char)(c->argv[i][n] | (c->argv[i][n] >= 'A' && c->argv[i][n] <= 'Z' ? 32 : 0));
        lower[n] = '\0';
        if (glob(lower, name)) return true;
    }
    return false;
}

static const char *shown(const struct model_engine *e, int s)
{
    if (s == S_DIR) return e->dir;
    return conf_text(&e->conf, (enum setting)s);
}

/* One name and no pattern, as nearly always. */
static struct redisReply *get_one(struct call *c)
{
    int s = setting_find(c->argv[2]);
    struct redisReply *r = reply_array(c->w, 2);
    r->elements = 0;
    if (s >= 0)
        add_pair(c->w, r, strcasecmp(c->argv[2], setting_row(s)->name) == 0 ? setting_row(s)->name : setting_row(s)->alias,
            shown(c->e, s));
    return r;
}

struct redisReply *config_get(struct call *c)
{
    if (c->argc == 3 && strpbrk(c->argv[2], "*?[\\") == NULL) return get_one(c);
    struct redisReply *r = reply_array(c->w, (size_t)setting_count() * 4);
    r->elements = 0;
    for (int s = 0; s < setting_count(); s++) {
        const struct setting_row *row = setting_row(s);
        if (row->flags & HIDDEN) continue;
        if (is_asked(c, row->name)) add_pair(c->w, r, row->name, shown(c->e, s));
        if (*row->alias && is_asked(c, row->alias)) add_pair(c->w, r, row->alias, shown(c->e, s));
    }
    return r;
}

static struct redisReply *set_failed(const struct call *c, const char *name, const char *why)
{
    return reply_error(c->w, "ERR CONFIG SET failed (possibly related to argument '%s') - %s", name, why);
}

struct change {
    int setting;
    char *was;
};

static void take_back(struct model_engine *e, struct change *changes, int n)
{
    while (n-- > 0) {
        free(e->conf.values[changes[n].setting]);
        e->conf.values[changes[n].setting] = changes[n].was;
    }
}

static bool has_changed(const struct change *changes, int n, int s)
{
    for (int i = 0; i < n; i++)
        if (changes[i].setting == s) return true;
    return false;
}

/* What stands in certificates is not looked at: that there are files is. */
bool config_tls_is_whole(const struct model_engine *e)
{
    static const enum setting files[] = {S_TLS_CERT, S_TLS_KEY, S_TLS_CA};
    const struct conf *c = &e->conf;
    char path[900];
    bool used = conf_number(c, S_TLS_PORT) != 0 || conf_yes(c, S_TLS_REPLICATION) || conf_yes(c, S_TLS_CLUSTER);
    for (size_t i = 0; used && i < sizeof files / sizeof *files; i++) {
        const char *name = conf_text(c, files[i]);
        snprintf(path, sizeof path, "%s%s%s", name[0] == '/' ? "" : e->dir, name[0] == '/' ? "" : "/", name);
        if (*name == '\0' || access(path, R_OK) != 0) return false;
    }
    return true;
}

static struct redisReply *encrypt_anew(struct call *c, const struct change *changes, int n)
{
    for (int i = 0; i < n; i++) {
        const char *name = setting_row(changes[i].setting)->name;
        if (strncmp(name, "tls-", 4) == 0 && !config_tls_is_whole(c->e))
            return set_failed(c, name, "Unable to update TLS configuration. Check server logs.");
    }
    return NULL;
}

/* Addresses and ports are taken together, or not at all. */
static struct redisReply *listen_anew(struct call *c, const struct change *changes, int n)
{
    bool bind = has_changed(changes, n, S_BIND), port = has_changed(changes, n, S_PORT),
         tls = has_changed(changes, n, S_TLS_PORT);
    const char *taken;
    int at;
    if ((!bind && !port && !tls) || engine_can_bind(c->e, &c->e->conf, &taken, &at)) return NULL;
    if (bind) return set_failed(c, "bind", "Failed to bind to specified addresses.");
    return set_failed(c, port ? "port" : "tls-port", "Unable to listen on this port. Check server logs.");
}

static struct redisReply *check_names(const struct call *c)
{
    for (int i = 2; i < c->argc; i += 2) {
        int s = setting_find(c->argv[i]);
        if (s < 0) return reply_error(c->w, "ERR Unknown option or number of arguments for CONFIG SET - '%s'", c->argv[i]);
        if (setting_row(s)->flags & IMMUTABLE) return set_failed(c, c->argv[i], "can't set immutable config");
        if (setting_row(s)->flags & PROTECTED) return set_failed(c, c->argv[i], "can't set protected config");
        for (int k = 2; k < i; k += 2)
            if (setting_find(c->argv[k]) == s) return set_failed(c, c->argv[i], "duplicate parameter");
    }
    return NULL;
}

static void put_in_force(struct call *c, const struct change *changes, int n)
{
    if (has_changed(changes, n, S_MAXMEMORY) && conf_number(&c->e->conf, S_MAXMEMORY) > 0) strings_make_room(c->e, c->now);
    if (has_changed(changes, n, S_CLUSTER_TIMEOUT)) cluster_configured(c->e, c->now);
}

struct redisReply *config_set(struct call *c)
{
    struct change changes[SET_MAX];
    int n = 0;
    if (c->argc % 2 != 0 || c->argc < 4) return reply_error(c->w, "ERR wrong number of arguments for 'config|set' command");
    if (c->argc / 2 > SET_MAX) model_unknown(c->e, "CONFIG SET of so many settings");
    struct redisReply *r = check_names(c);
    if (r) return r;
    for (int i = 2; i < c->argc; i += 2) {
        int s = setting_find(c->argv[i]);
        changes[n++] = (struct change){s, c->e->conf.values[s] ? strdup(c->e->conf.values[s]) : NULL};
        const char *why = setting_set(&c->e->conf, s, c->argv[i + 1]);
        if (why == NULL) continue;
        take_back(c->e, changes, n);
        return set_failed(c, c->argv[i], why);
    }
    r = encrypt_anew(c, changes, n);
    if (!r) r = listen_anew(c, changes, n);
    if (r) return take_back(c->e, changes, n), r;
    put_in_force(c, changes, n);
    for (int i = 0; i < n; i++) free(changes[i].was);
    return reply_status(c->w, "OK");
}

struct redisReply *config_resetstat(struct call *c)
{
    c->e->repl.full = c->e->repl.partial_ok = c->e->repl.partial_err = 0;
    c->e->expired = c->e->evicted = c->e->commands = 0;
    return reply_status(c->w, "OK");
}
