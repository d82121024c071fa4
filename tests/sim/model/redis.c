#include "model_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How a command is taken: what is asked of it before it is carried out, in the engine's own order. Source: processCommand() in
 * src/server.c of Redis 7.0. */

int64_t resp_len(int argc, const size_t lens[])
{
    int64_t n = snprintf(NULL, 0, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        int digits = 1;
        for (size_t x = lens[i]; x >= 10; x /= 10) digits++;
        n += digits + 5 + (int64_t)lens[i];
    }
    return n;
}

/* ---- effects: what a command, a transaction or a script has written goes to replicas together ---- */

void redis_effect(struct call *c, const struct op *op, int64_t len)
{
    struct model_engine *e = c->e;
    if (e->n_effects == e->effects_cap) {
        e->effects_cap = e->effects_cap ? e->effects_cap * 2 : 8;
        e->effects = realloc(e->effects, e->effects_cap * sizeof *e->effects);
        e->effect_lens = realloc(e->effect_lens, e->effects_cap * sizeof *e->effect_lens);
        if (e->effects == NULL || e->effect_lens == NULL) abort();
    }
    e->effects[e->n_effects] = *op;
    e->effect_lens[e->n_effects++] = len;
}

/* The writes that were just carried out are known by where they stand in the stream. */
static void note_offsets(struct model_engine *e)
{
    if (e->id_text == NULL || strcmp(e->id_text, e->repl.replid) != 0)
        e->id_text = pool_copy(&e->w->pool, e->repl.replid, HEX_ID);
    for (size_t i = 0; i < e->n_effects; i++) {
        struct key *k = e->effects[i].key;
        for (size_t n = k ? k->n_writes : 0; n-- > 0 && k->writes[n].by == e && k->writes[n].replid == NULL;) {
            k->writes[n].offset = e->repl.offset;
            k->writes[n].replid = e->id_text;
        }
    }
}

void redis_flush_effects(struct model_engine *e, int64_t now)
{
    enum { MULTI_LEN = 15, EXEC_LEN = 14 };
    size_t commands = 0;
    for (size_t i = 0; i < e->n_effects; i++) commands += e->effect_lens[i] > 0;
    for (size_t i = 0; i < e->n_effects; i++) {
        repl_feed(e, &e->effects[i], e->effect_lens[i] + (commands > 1 && i == 0 ? MULTI_LEN : 0), now);
    }
    if (commands > 1) repl_feed(e, &(struct op){.kind = OP_BYTES}, EXEC_LEN, now);
    note_offsets(e);
    e->n_effects = 0;
}

/* ---- what is refused ---- */

static struct redisReply *refuse(struct call *c, struct redisReply *r)
{
    if (c->conn && c->conn->in_multi) c->conn->multi_spoilt = true;
    return r;
}

static struct redisReply *unknown_command(struct call *c)
{
    char args[140] = "";
    size_t used = 0;
    for (int i = 1; i < c->argc && used < 128; i++)
        used += (size_t)snprintf(args + used, sizeof args - used, "'%.*s' ", (int)(128 - used), c->argv[i]);
    return reply_error(c->w, "ERR unknown command '%.128s', with args beginning with: %s", c->argv[0], args);
}

static struct redisReply *find_row(struct call *c)
{
    const struct row *container;
    c->row = row_find(c->argv[0], c->lens[0], c->argc > 1 ? c->argv[1] : NULL, c->argc > 1 ? c->lens[1] : 0, &container);
    if (c->row == NULL && container == NULL) return unknown_command(c);
    if (c->row == NULL) {
        char upper[32];
        snprintf(upper, sizeof upper, "%s", container->name);
        for (char *p = upper; *p; p++) *p -= *p >= 'a' && *p <= 'z' ? 32 : 0;
        return reply_error(c->w, "ERR unknown subcommand '%.128s'. Try %s HELP.", c->argv[1], upper);
    }
    int arity = c->row->arity;
    if ((arity > 0 && c->argc != arity) || c->argc < -arity)
        return reply_error(c->w, "ERR wrong number of arguments for '%s' command", c->row->name);
    return NULL;
}

static bool is_loading(const struct model_engine *e)
{
    return e->life == LIFE_LOADING || e->repl.loading;
}

#define LOADING_TEXT "LOADING Redis is loading the dataset in memory"
#define READONLY_TEXT "READONLY You can't write against a read only replica."
#define BUSY_TEXT "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."

static struct redisReply *check_state(struct call *c, unsigned bits)
{
    struct model_engine *e = c->e;
    bool writes = bits & CMD_WRITE;
    if (conf_number(&e->conf, S_MAXMEMORY) && !e->script.runs && !strings_make_room(e, c->now) && (bits & CMD_DENYOOM))
        return reply_error(c->w, "OOM command not allowed when used memory > 'maxmemory'.");
    if (writes && repl_lacks_replicas(e, c->now)) return reply_error(c->w, "NOREPLICAS Not enough good replicas to write.");
    if (writes && e->repl.host && conf_yes(&e->conf, S_READ_ONLY)) return reply_error(c->w, READONLY_TEXT);
    if (e->repl.host && !repl_link_is_up(e) && !conf_yes(&e->conf, S_SERVE_STALE) && !(bits & CMD_STALE))
        return reply_error(c->w, "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
    if (is_loading(e) && !(bits & CMD_LOADING)) return reply_error(c->w, LOADING_TEXT);
    if (e->script.runs && !(bits & CMD_ALLOW_BUSY)) return reply_error(c->w, BUSY_TEXT);
    return NULL;
}

/* Of EXEC: what its transaction holds. */
static unsigned bits_of(const struct call *c)
{
    unsigned bits = c->row->bits;
    if (strcmp(c->row->name, "exec") != 0) return bits;
    for (const struct pending *p = c->conn->multi; p; p = p->next) {
        const struct row *container,
            *row = row_find(p->words.argv[0], p->words.lens[0], p->words.argc > 1 ? p->words.argv[1] : NULL,
                p->words.argc > 1 ? p->words.lens[1] : 0, &container);
        if (row) bits |= row->bits & (CMD_WRITE | CMD_DENYOOM | CMD_MAY_REPLICATE);
    }
    return bits;
}

static bool ends_multi(const char *name)
{
    return strcmp(name, "exec") == 0 || strcmp(name, "discard") == 0 || strcmp(name, "multi") == 0;
}

/* ---- carrying out ---- */

struct redisReply *redis_run(struct call *c)
{
    if (c->e->cluster == NULL && strncmp(c->row->name, "cluster|", 8) == 0)
        return reply_error(c->w, "ERR This instance has cluster support disabled");
    if (c->row->run == NULL && c->row->container)
        model_unknown(c->e, "the command %s %s", c->row->name, c->argc > 1 ? c->argv[1] : "");
    if (c->row->run == NULL) model_unknown(c->e, "the command %s", c->row->name);
    c->e->commands++;
    return c->row->run(c);
}

struct redisReply *redis_process(struct call *c)
{
    struct model_conn *conn = c->conn;
    struct redisReply *r = find_row(c);
    if (r) return refuse(c, r);
    unsigned bits = bits_of(c);
    bool debug = strcmp(c->row->name, "debug") == 0 && conf_is(&c->e->conf, S_DEBUG, "no");
    if (debug)
        return refuse(
            c, reply_error(c->w,
                   "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it "
                   "from a local connection, otherwise you need to set this option in the configuration file, and then "
                   "restart the server."));
    if (conn->user == NULL && !(bits & CMD_NO_AUTH)) return refuse(c, reply_error(c->w, "NOAUTH Authentication required."));
    if (conn->in_multi && (bits & CMD_NO_MULTI))
        return refuse(c, reply_error(c->w, "ERR Command not allowed inside a transaction"));
    if (conn->user && !(bits & CMD_NO_AUTH) && (r = acl_check(c)) != NULL) return refuse(c, r);
    if (c->e->cluster && (r = cluster_redirect(c)) != NULL) return refuse(c, r);
    if ((r = check_state(c, bits)) != NULL) return refuse(c, r);
    if (pause_holds(c->e, bits & (CMD_WRITE | CMD_MAY_REPLICATE), c->now)) {
        c->outcome = POSTPONED;
        return NULL;
    }
    if (conn->in_multi && !ends_multi(c->row->name)) {
        multi_add(conn, c->argc, c->argv, c->lens);
        return reply_status(c->w, "QUEUED");
    }
    r = redis_run(c);
    if (c->e->n_effects > 0) {
        redis_flush_effects(c->e, c->now);
        conn->written_to = c->e->repl.offset;
    }
    return r;
}

/* ---- transactions ---- */

struct redisReply *redis_multi(struct call *c)
{
    if (c->conn->in_multi) return reply_error(c->w, "ERR MULTI calls can not be nested");
    multi_clear(c->conn);
    c->conn->in_multi = true;
    return reply_status(c->w, "OK");
}

struct redisReply *redis_discard(struct call *c)
{
    if (!c->conn->in_multi) return reply_error(c->w, "ERR DISCARD without MULTI");
    multi_clear(c->conn);
    return reply_status(c->w, "OK");
}

static struct redisReply *run_queued(struct call *c, const struct pending *p)
{
    struct call one = {.w = c->w,
        .e = c->e,
        .conn = c->conn,
        .argc = p->words.argc,
        .argv = p->words.argv,
        .lens = p->words.lens,
        .now = c->now,
        .in_exec = true};
    const struct row *container;
    one.row = row_find(one.argv[0], one.lens[0], one.argc > 1 ? one.argv[1] : NULL, one.argc > 1 ? one.lens[1] : 0, &container);
    struct redisReply *r = acl_check(&one);
    return r ? r : redis_run(&one);
}

struct redisReply *redis_exec(struct call *c)
{
    struct model_conn *conn = c->conn;
    size_t n = 0;
    if (!conn->in_multi) return reply_error(c->w, "ERR EXEC without MULTI");
    if (conn->multi_spoilt) {
        multi_clear(conn);
        return reply_error(c->w, "EXECABORT Transaction discarded because of previous errors.");
    }
    for (const struct pending *p = conn->multi; p; p = p->next) n++;
    struct redisReply *r = reply_array(c->w, n);
    n = 0;
    for (const struct pending *p = conn->multi; p; p = p->next) r->element[n++] = run_queued(c, p);
    multi_clear(conn);
    return r;
}

/* ---- small ones ---- */

struct redisReply *redis_ping(struct call *c)
{
    if (c->argc > 2) return reply_error(c->w, "ERR wrong number of arguments for 'ping' command");
    return c->argc == 2 ? reply_text(c->w, c->argv[1], c->lens[1]) : reply_status(c->w, "PONG");
}

struct redisReply *redis_echo(struct call *c)
{
    return reply_text(c->w, c->argv[1], c->lens[1]);
}

struct redisReply *redis_select(struct call *c)
{
    int64_t n;
    if (!number_of(c->argv[1], c->lens[1], &n)) return reply_error(c->w, "ERR value is not an integer or out of range");
    if (c->e->cluster && n != 0) return reply_error(c->w, "ERR SELECT is not allowed in cluster mode");
    if (n < 0 || n >= conf_number(&c->e->conf, S_DATABASES)) return reply_error(c->w, "ERR DB index is out of range");
    if (n != 0) model_unknown(c->e, "SELECT of another database than 0");
    return reply_status(c->w, "OK");
}

/* Only its own agent asks a replica for an ACK to its upstream. */
struct redisReply *redis_replconf(struct call *c)
{
    if (c->argc < 2 || !word_is(c->argv[1], c->lens[1], "getack"))
        model_unknown(c->e, "REPLCONF %s", c->argc > 1 ? c->argv[1] : "");
    if (repl_link_is_up(c->e)) link_ack(c->e->repl.up, c->e->repl.offset, c->now);
    c->outcome = ANSWERS_NOTHING;
    return NULL;
}

/* A client's: the log has no commands as they were, so that it never goes back far enough, and all the data would follow. */
struct redisReply *redis_psync(struct call *c)
{
    char text[HEX_ID + 40];
    snprintf(text, sizeof text, "FULLRESYNC %s %lld", c->e->repl.replid, (long long)c->e->repl.offset);
    return reply_status(c->w, text);
}

struct redisReply *redis_replicaof(struct call *c)
{
    int64_t port;
    struct repl *r = &c->e->repl;
    if (c->e->cluster) return reply_error(c->w, "ERR REPLICAOF not allowed in cluster mode.");
    if (word_is(c->argv[1], c->lens[1], "no") && word_is(c->argv[2], c->lens[2], "one")) {
        repl_lead(c->e, c->now);
        return reply_status(c->w, "OK");
    }
    if (!number_of(c->argv[2], c->lens[2], &port) || port < 0 || port > 65535)
        return reply_error(c->w, "ERR Invalid master port");
    if (r->host && strcasecmp(r->host, c->argv[1]) == 0 && r->port == port)
        return reply_status(c->w, "OK Already connected to specified master");
    repl_follow(c->e, c->argv[1], (int)port, c->now);
    return reply_status(c->w, "OK");
}

/* DEBUG SLEEP: it waits, and uses no processor. */
struct redisReply *redis_debug(struct call *c)
{
    if (c->argc != 3 || !word_is(c->argv[1], c->lens[1], "sleep")) model_unknown(c->e, "DEBUG %s", c->argv[1]);
    double seconds = strtod(c->argv[2], NULL);
    engine_freeze(c->e, c->now + (int64_t)(seconds * SECOND), false);
    c->conn->waits = WAITS_SLEEP;
    timer_set(c->w, &c->conn->timer, c->e->frozen_until, debug_slept, c->conn);
    c->outcome = WAITS;
    return NULL;
}

void debug_slept(void *obj, int64_t now)
{
    struct model_conn *c = obj;
    if (c->e->stopped || now < c->e->frozen_until) return timer_set(c->e->w, &c->timer, now + 10 * MS, debug_slept, c);
    c->waits = WAITS_NOT;
    conn_drain_soon(c->e, now);
    conn_reply(c, reply_status(c->e->w, "OK"));
}
