#include "model_int.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Scripts, as far as somebody here sends any: calls of commands with KEYS, ARGV and literals one after the other, "return", one kind
 * of "if", and a loop without an end. Any other text stops the run.
 */

struct source {
    struct call *c;
    const char *at;
    int64_t n_keys;
    struct redisReply *result;
    bool returned, endless;
};

static void skip_blanks(struct source *s)
{
    while (isspace((unsigned char)*s->at) || *s->at == ';') s->at++;
}

static bool takes(struct source *s, const char *word)
{
    size_t n = strlen(word);
    skip_blanks(s);
    if (strncmp(s->at, word, n) != 0) return false;
    s->at += n;
    return true;
}

static __attribute__((noreturn)) void not_known(const struct source *s)
{
    model_unknown(s->c->e, "the script \"%.160s\"", s->c->argv[1]);
}

static void expect(struct source *s, const char *word)
{
    if (!takes(s, word)) not_known(s);
}

/* KEYS[1], ARGV[2], 'text', "text" or a number. */
static void take_argument(struct source *s, const char **word, size_t *len)
{
    bool key = takes(s, "KEYS["), arg = !key && takes(s, "ARGV[");
    if (key || arg) {
        int64_t n = strtoll(s->at, NULL, 10), at = 2 + n + (arg ? s->n_keys : 0);
        s->at += strspn(s->at, "0123456789");
        expect(s, "]");
        if (n < 1 || at >= s->c->argc) not_known(s);
        *word = s->c->argv[at];
        *len = s->c->lens[at];
        return;
    }
    skip_blanks(s);
    char quote = *s->at;
    const char *from = quote == '\'' || quote == '"' ? ++s->at : s->at;
    if (from == s->at && quote != '\'' && quote != '"') s->at += strspn(s->at, "-0123456789");
    else s->at += strcspn(s->at, quote == '"' ? "\"" : "'");
    if (s->at == from) not_known(s);
    *word = pool_copy(&s->c->w->replies[s->c->w->reply_at], from, (size_t)(s->at - from));
    *len = (size_t)(s->at - from);
    if (quote == '\'' || quote == '"') s->at++;
}

static struct redisReply *run_call(struct source *s, int argc, const char *const argv[], const size_t lens[])
{
    struct call one = {.w = s->c->w,
        .e = s->c->e,
        .conn = s->c->conn,
        .argc = argc,
        .argv = argv,
        .lens = lens,
        .now = s->c->now,
        .in_exec = true,
        .in_script = true};
    const struct row *container;
    one.row = row_find(argv[0], lens[0], argc > 1 ? argv[1] : NULL, argc > 1 ? lens[1] : 0, &container);
    if (one.row == NULL) not_known(s);
    if (one.row->bits & CMD_NOSCRIPT)
        return reply_error(one.w, "ERR This Redis command is not allowed from script script: 0, on @user_script:1.");
    bool writes = one.row->bits & CMD_WRITE;
    if (writes && s->c->e->repl.host)
        return reply_error(one.w, "READONLY You can't write against a read only replica. script: 0, on @user_script:1.");
    if (writes && repl_lacks_replicas(one.e, one.now))
        return reply_error(one.w, "NOREPLICAS Not enough good replicas to write. script: 0, on @user_script:1.");
    if (acl_check(&one))
        return reply_error(
            one.w, "NOPERM this user has no permissions to run the '%s' command script: 0, on @user_script:1.", one.row->name);
    s->c->e->script.wrote |= writes;
    return redis_run(&one);
}

/* What stands behind "redis.call". */
static struct redisReply *take_call(struct source *s)
{
    const char *argv[16];
    size_t lens[16];
    int argc = 0;
    expect(s, "(");
    do {
        if (argc == 16) not_known(s);
        take_argument(s, &argv[argc], &lens[argc]);
        argc++;
    } while (takes(s, ","));
    expect(s, ")");
    return run_call(s, argc, argv, lens);
}

static void take_return(struct source *s)
{
    if (takes(s, "redis.call")) s->result = take_call(s);
    else {
        skip_blanks(s);
        char *end;
        int64_t n = strtoll(s->at, &end, 10);
        if (end == s->at) not_known(s);
        s->at = end;
        s->result = reply_int(s->c->w, n);
    }
    s->returned = true;
}

/* "if redis.call(…) > N then return N end" */
static void take_if(struct source *s)
{
    expect(s, "redis.call");
    struct redisReply *r = take_call(s);
    expect(s, ">");
    skip_blanks(s);
    int64_t n = strtoll(s->at, NULL, 10);
    s->at += strspn(s->at, "0123456789");
    expect(s, "then");
    expect(s, "return");
    if (r->type == REDIS_REPLY_ERROR) {
        s->result = r;
        s->returned = true;
        return;
    }
    take_return(s);
    s->returned = r->type == REDIS_REPLY_INTEGER && r->integer > n;
    if (!s->returned) s->result = NULL;
    expect(s, "end");
}

static void take_statement(struct source *s)
{
    if (takes(s, "return")) return take_return(s);
    if (takes(s, "if")) return take_if(s);
    if (takes(s, "while true do end") || takes(s, "while 1 do end") || takes(s, "while (true) do end")) {
        s->endless = true;
        return;
    }
    if (!takes(s, "redis.call")) not_known(s);
    struct redisReply *r = take_call(s);
    if (r->type != REDIS_REPLY_ERROR) return;
    s->result = r;
    s->returned = true;
}

static void script_told(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    e->script.told = true;
    conn_drain_soon(e, now);
    repl_resumed(e, now);
}

static void script_start(struct call *c)
{
    struct script *s = &c->e->script;
    bool wrote = s->wrote;
    *s = (struct script){.runs = true, .wrote = wrote, .since = c->now, .conn = c->conn};
    c->conn->waits = WAITS_SCRIPT;
    c->outcome = WAITS;
    timer_set(c->w, &s->timer, c->now + conf_number(&c->e->conf, S_BUSY) * MS, script_told, c->e);
}

static struct redisReply *run_script(struct call *c, bool may_write)
{
    struct source s = {.c = c, .at = c->argv[1]};
    if (!number_of(c->argv[2], c->lens[2], &s.n_keys)) return reply_error(c->w, "ERR value is not an integer or out of range");
    if (s.n_keys > c->argc - 3) return reply_error(c->w, "ERR Number of keys can't be greater than number of args");
    if (s.n_keys < 0) return reply_error(c->w, "ERR Number of keys can't be negative");
    if (!may_write && strstr(c->argv[1], "'SET'")) model_unknown(c->e, "EVAL_RO of a script that writes");
    c->e->script.wrote = false;
    for (skip_blanks(&s); *s.at && !s.returned && !s.endless; skip_blanks(&s)) take_statement(&s);
    if (s.endless) return script_start(c), NULL;
    return s.result ? s.result : reply_nil(c->w);
}

struct redisReply *redis_eval(struct call *c)
{
    return run_script(c, true);
}

struct redisReply *redis_eval_ro(struct call *c)
{
    return run_script(c, false);
}

/* ---- its end ---- */

void script_end(struct model_engine *e, int64_t now)
{
    timer_stop(e->w, &e->script.timer);
    e->script.runs = e->script.told = false;
    e->script.conn = NULL;
    conn_drain_soon(e, now);
    repl_resumed(e, now);
}

static void killed_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct model_conn *c = e->script.conn;
    script_end(e, now);
    if (c == NULL) return;
    c->waits = WAITS_NOT;
    conn_reply(c, reply_error(e->w, "ERR Script killed by user with SCRIPT KILL... script: 0, on @user_script:1."));
}

static struct redisReply *refuse_kill(struct call *c)
{
    const struct script *s = &c->e->script;
    if (!s->runs) return reply_error(c->w, "NOTBUSY No scripts in execution right now.");
    if (!s->wrote) return NULL;
    return reply_error(c->w,
        "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the "
        "script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.");
}

struct redisReply *script_kill(struct call *c)
{
    struct script *s = &c->e->script;
    struct redisReply *r = refuse_kill(c);
    if (r) return r;
    timer_set(c->w, &s->timer, c->now, killed_run, c->e);
    return reply_status(c->w, "OK");
}

/* No functions run here: what runs is a script. */
struct redisReply *function_kill(struct call *c)
{
    struct redisReply *r = refuse_kill(c);
    return r ? r : reply_error(c->w, "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
}

void model_end_script(struct model_engine *e, int64_t now)
{
    if (e->script.runs) script_end(e, now);
}
