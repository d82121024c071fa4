#include "agent/redis/conf.h"
#include "base/digest.h"
#include "agent/redis/info.h"
#include "agent/os/names.h"
#include "agent/engine/order_check.h"
#include "agent/redis/tls.h"
#include "base/arena.h"
#include "catalog/access_string.h"
#include <assert.h>
#include <stdbool.h>
#include <string.h>

/* What settings may change. The limit on a replica's output buffer would turn a slow link into a loop of full synchronisations. */
static const char defaults[] = "loglevel notice\n"
                               "tcp-keepalive 300\n"
                               "repl-timeout 15\n"
                               "appendonly no\n"
                               "client-output-buffer-limit replica 0 0 0\n";

/* What they may not. A full synchronisation starts at once (delay 0) and without a detour over the disk; a PING a second
 * shows that a link is alive. SIGTERM saves, so that a node that can't be talked to can still be stopped without loss; and it
 * goes on where it can't save, so that it can be told again.
 * Who may use DEBUG is a matter of each user's rules. */
static const char fixed[] = "daemonize no\n"
                            "supervised no\n"
                            "logfile \"\"\n"
                            "save \"\"\n"
                            "rdb-del-sync-files yes\n"
                            "shutdown-timeout 2\n"
                            "shutdown-on-sigterm save\n"
                            "shutdown-on-sigint save\n"
                            "protected-mode no\n"
                            "enable-debug-command yes\n"
                            /* A payload that a client made up, and gives to RESTORE, could crash the engine. */
                            "sanitize-dump-payload clients\n"
                            "enable-module-command no\n"
                            "enable-protected-configs no\n"
                            "repl-diskless-sync yes\n"
                            "repl-diskless-sync-delay 0\n"
                            "repl-diskless-load on-empty-db\n"
                            "repl-ping-replica-period 1\n"
                            "unixsocket " CONF_SOCKET "\n"
                            "unixsocketperm 700\n"
                            "dbfilename " CONF_DUMP "\n";

/* What an engine's INFO is read into takes no longer host. */
enum { PASSWORD_MAX = 128, HOST_SIZE = 64 };

static bool is_user_rule(const char *s)
{
    return s != NULL && *s && order_is_text(s);
}

/* The users of agents and replicas are nobody else's. */
static int check_user(const struct proto_user_order *u, struct err *e)
{
    bool named = is_user_rule(u->name) && strpbrk(u->name, " '\"\\") == NULL;
    if (!named || strcmp(u->name, CONF_ADMIN) == 0 || strcmp(u->name, CONF_REPLICA) == 0 || strcmp(u->name, CONF_MOVER) == 0)
        return err_set(e, ERR_USAGE, "a user of the order has no proper name");
    for (size_t i = 0; i < u->rules.n; i++)
        if (!is_user_rule(u->rules.items[i])) return err_set(e, ERR_USAGE, "user %.60s has a rule that is none", u->name);
    return 0;
}

static bool is_password_ok(const char *s)
{
    return s == NULL || (order_is_text(s) && strlen(s) <= PASSWORD_MAX);
}

int conf_check(const struct proto_node_order *o, struct err *e)
{
    /* A redis-server stands in for valkey, whose protocol and configuration it shares. */
    if (o->engine == NULL || (strcmp(o->engine, "redis") != 0 && strcmp(o->engine, "valkey") != 0))
        return err_set(
            e, ERR_USAGE, "this agent can't run the engine \"%s\"", o->engine && order_is_text(o->engine) ? o->engine : "?");
    int r = order_check(o, e);
    if (r) return r;
    assert(o->role != ROLE_UNKNOWN);
    if (role_at_start(o) == ROLE_REPLICA &&
        (!order_is_host(o->upstream_host) || strlen(o->upstream_host) >= HOST_SIZE || !order_is_port(o->upstream_port)))
        return err_set(e, ERR_USAGE, "a replica's order has no proper upstream");
    bool named = order_is_host(o->source_host) && strlen(o->source_host) < HOST_SIZE && order_is_port(o->source_port);
    if (o->source_host != NULL && !named) return err_set(e, ERR_USAGE, "the order has no proper address in another region");
    if (!is_password_ok(o->admin_password) || !is_password_ok(o->replication_password) || !is_password_ok(o->mover_password))
        return err_set(e, ERR_USAGE, "a password of the order has control characters");
    for (size_t i = 0; i < o->users.n; i++) {
        r = check_user(&o->users.items[i], e);
        if (r) return r;
    }
    return 0;
}

void conf_quote(struct buf *out, const char *s)
{
    buf_putc(out, '"');
    for (; *s; s++) {
        if (*s == '"' || *s == '\\') buf_putc(out, '\\');
        buf_putc(out, *s);
    }
    buf_putc(out, '"');
}

static void put_line(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, "%s ", name);
    conf_quote(out, value);
    buf_putc(out, '\n');
}

/* Redis wants the words of a setting such as client-output-buffer-limit as arguments of their own; CONFIG SET takes them as one. */
static void put_setting(struct buf *out, const struct proto_setting *s)
{
    _arena_ struct arena a = {0};
    char *copy = arena_strdup(&a, s->value), *rest = NULL;
    buf_puts(out, s->name);
    char *word = strtok_r(copy, " ", &rest);
    if (word == NULL) buf_puts(out, " \"\"");
    for (; word != NULL; word = strtok_r(NULL, " ", &rest)) {
        buf_putc(out, ' ');
        conf_quote(out, word);
    }
    buf_putc(out, '\n');
}

/* The file holds only the password's hash, in the form of an ACL rule. */
static void put_user(struct buf *out, const char *name, const char *password, const char *const rules[], size_t n)
{
    _arena_ struct arena a = {0};
    if (password == NULL) return;
    buf_printf(out, "user %s on #%s", name, digest_text(&a, password));
    for (size_t i = 0; i < n; i++) buf_printf(out, " %s", rules[i]);
    buf_putc(out, '\n');
}

/* A user whose databases the engine can't limit is off: it would let him do more than his access string says. */
static void put_ordered_user(struct buf *out, const struct proto_user_order *u, const struct string_list *unknown_rules)
{
    bool closed = false;
    buf_puts(out, "user ");
    conf_quote(out, u->name);
    for (size_t i = 0; i < u->rules.n; i++) {
        bool unknown = names_has(unknown_rules, u->rules.items[i]);
        closed |= unknown && access_string_limits_databases(u->rules.items[i]);
        if (unknown) continue;
        buf_putc(out, ' ');
        conf_quote(out, u->rules.items[i]);
    }
    buf_puts(out, closed ? " off\n" : "\n");
}

static void put_users(struct buf *out, const struct proto_node_order *o, const struct string_list *unknown_rules)
{
    static const char *const admin[] = {"~*", "&*", "+@all", "skip-sanitize-payload"}, *const replica[] = {CONF_REPLICA_RULES},
                             *const mover[] = {CONF_MOVER_RULES};
    if (!o->users.set) buf_puts(out, "user default on nopass ~* &* +@all\n");
    for (size_t i = 0; i < o->users.n; i++) put_ordered_user(out, &o->users.items[i], unknown_rules);
    put_user(out, CONF_ADMIN, o->admin_password, admin, sizeof admin / sizeof *admin);
    put_user(out, CONF_REPLICA, o->replication_password, replica, sizeof replica / sizeof *replica);
    put_user(out, CONF_MOVER, o->mover_password, mover, sizeof mover / sizeof *mover);
    if (o->replication_password == NULL) return;
    put_line(out, "masteruser", CONF_REPLICA);
    put_line(out, "masterauth", o->replication_password);
}

static bool has_foreign_seed(const struct proto_node_order *o)
{
    for (size_t i = 0; o->seed && i < o->seed->files.n; i++)
        if (o->seed->files.items[i].root) return true;
    return false;
}

void conf_render(const struct proto_node_order *o, const struct string_list *left_out, const struct string_list *unknown_rules,
    const char *dir, struct buf *out)
{
    buf_puts(out, "# Written by meridian agent, which replaces it whenever the node's order changes.\n");
    buf_puts(out, defaults);
    for (size_t i = 0; i < o->settings.n; i++)
        if (!names_has(left_out, o->settings.items[i].name)) put_setting(out, &o->settings.items[i]);
    buf_puts(out, fixed);
    buf_printf(out, "port %d\n", (int)o->port.v);
    put_line(out, "bind", o->address);
    put_line(out, "bind-source-addr", o->address);
    put_line(out, "replica-announce-ip", o->address);
    put_line(out, "dir", dir);
    buf_puts(out, "pidfile ");
    _buf_ struct buf pidfile = {0};
    buf_printf(&pidfile, "%s/engine.pid", dir);
    conf_quote(out, pidfile.data);
    buf_putc(out, '\n');
    put_users(out, o, unknown_rules);
    /* Somebody else's file may hold anything, and a right checksum. */
    if (has_foreign_seed(o)) buf_puts(out, "sanitize-dump-payload yes\n");
    /* Who follows whom in a Redis Cluster stands in its nodes.conf. */
    if (role_at_start(o) == ROLE_REPLICA && o->cluster == NULL)
        buf_printf(out, "replicaof %s %d\n", o->upstream_host, (int)o->upstream_port.v);
}
