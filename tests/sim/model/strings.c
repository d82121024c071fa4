#include "model_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The commands on keys. All values are strings. */

/* ---- what is there ---- */

/* A replica keeps what has expired until its upstream says so, and shows it to nobody. */
struct item *item_live(struct model_engine *e, struct key *k, int64_t now)
{
    struct item *i = data_find(&e->data, k);
    if (i && i->expires_ms && i->expires_ms <= wall_ms(e->w, now)) return NULL;
    if (i) i->used_at = now;
    return i;
}

static struct key *key_at(const struct call *c, int n)
{
    return key_of(c->w, c->argv[n], c->lens[n]);
}

static int64_t del_len(const struct key *k)
{
    return resp_len(2, (const size_t[]){3, k->len});
}

static void expire_item(struct model_engine *e, struct item *i, int64_t now)
{
    struct key *k = i->key;
    e->expired++;
    repl_apply(e, &(struct op){.kind = OP_DEL, .key = k});
    repl_feed(e, &(struct op){.kind = OP_DEL, .key = k}, del_len(k), now);
}

/* An access to a key that has expired removes it, on a primary. */
static struct item *find_live(struct call *c, struct key *k)
{
    struct item *i = data_find(&c->e->data, k);
    if (i == NULL || i->expires_ms == 0 || i->expires_ms > wall_ms(c->w, c->now)) {
        if (i) i->used_at = c->now;
        return i;
    }
    if (c->e->repl.host == NULL && !pause_holds(c->e, true, c->now)) expire_item(c->e, i, c->now);
    return NULL;
}

static void expire_run(void *obj, int64_t now)
{
    strings_expire(obj, now);
}

/* The engine looks ten times a second at some of what may have expired: here it is there on time. */
void strings_expire(struct model_engine *e, int64_t now)
{
    enum { CYCLE = 100 * MS };
    int64_t wall = wall_ms(e->w, now);
    bool any = false;
    if (e->life != LIFE_RUNNING) return;
    bool may = e->repl.host == NULL && engine_turns(e, now) && !pause_holds(e, true, now);
    for (size_t i = e->data.n; i-- > 0;) {
        if (e->data.items[i].expires_ms == 0) continue;
        if (may && e->data.items[i].expires_ms <= wall) expire_item(e, &e->data.items[i], now);
        else any = true;
    }
    if (any) timer_set(e->w, &e->expire_timer, now + CYCLE, expire_run, e);
}

/* ---- writing ---- */

static void note_write(struct call *c, struct key *k, const char *value)
{
    if (k->n_writes == k->writes_cap) {
        k->writes_cap = k->writes_cap ? k->writes_cap * 2 : 8;
        k->writes = realloc(k->writes, k->writes_cap * sizeof *k->writes);
        if (k->writes == NULL) abort();
    }
    k->writes[k->n_writes++] =
        (struct model_write){.key = k->name, .value = value, .by = c->e, .at = c->now, .offset = c->e->repl.offset};
}

static void write_op(struct call *c, const struct op *op, int64_t len)
{
    repl_apply(c->e, op);
    note_write(c, op->key, op->kind == OP_DEL ? NULL : op->value);
    if (op->expires_ms && c->e->expire_timer.place == 0)
        timer_set(c->w, &c->e->expire_timer, c->now + 100 * MS, expire_run, c->e);
    redis_effect(c, op, len);
}

static void put_text(
    struct call *c, struct key *k, const char *value, size_t len, int64_t expires_ms, bool keep, int64_t stream_len)
{
    write_op(c,
        &(struct op){.kind = OP_SET,
            .key = k,
            .value = pool_copy(&c->w->pool, value, len),
            .value_len = len,
            .expires_ms = expires_ms,
            .keep_ttl = keep},
        stream_len);
}

static int64_t as_sent(const struct call *c)
{
    return resp_len(c->argc, c->lens);
}

static size_t digits_of(int64_t n)
{
    return (size_t)snprintf(NULL, 0, "%lld", (long long)n);
}

/* SET key value PXAT ms */
static int64_t set_pxat_len(const struct key *k, size_t len, int64_t at)
{
    return resp_len(5, (const size_t[]){3, k->len, len, 4, digits_of(at)});
}

struct redisReply *cmd_set(struct call *c)
{
    bool nx = false, xx = false, get = false, keep = false;
    int64_t at = 0, n;
    for (int i = 3; i < c->argc; i++) {
        if (word_is(c->argv[i], c->lens[i], "nx")) nx = true;
        else if (word_is(c->argv[i], c->lens[i], "xx")) xx = true;
        else if (word_is(c->argv[i], c->lens[i], "get")) get = true;
        else if (word_is(c->argv[i], c->lens[i], "keepttl")) keep = true;
        else if ((word_is(c->argv[i], c->lens[i], "px") || word_is(c->argv[i], c->lens[i], "ex")) && i + 1 < c->argc) {
            if (!number_of(c->argv[i + 1], c->lens[i + 1], &n))
                return reply_error(c->w, "ERR value is not an integer or out of range");
            if (n <= 0) return reply_error(c->w, "ERR invalid expire time in 'set' command");
            at = wall_ms(c->w, c->now) + (c->argv[i][0] == 'p' || c->argv[i][0] == 'P' ? n : n * 1000);
            i++;
        } else return reply_error(c->w, "ERR syntax error");
    }
    struct key *k = key_at(c, 1);
    struct item *i = find_live(c, k);
    struct redisReply *was = i ? reply_text(c->w, i->value, i->len) : reply_nil(c->w);
    if ((nx && i) || (xx && !i)) return get ? was : reply_nil(c->w);
    put_text(c, k, c->argv[2], c->lens[2], at, keep, at ? set_pxat_len(k, c->lens[2], at) : as_sent(c));
    return get ? was : reply_status(c->w, "OK");
}

static struct redisReply *set_for(struct call *c, int64_t unit_ms)
{
    int64_t n;
    if (!number_of(c->argv[2], c->lens[2], &n)) return reply_error(c->w, "ERR value is not an integer or out of range");
    if (n <= 0) return reply_error(c->w, "ERR invalid expire time in '%s' command", c->row->name);
    struct key *k = key_at(c, 1);
    int64_t at = wall_ms(c->w, c->now) + n * unit_ms;
    put_text(c, k, c->argv[3], c->lens[3], at, false, set_pxat_len(k, c->lens[3], at));
    return reply_status(c->w, "OK");
}

struct redisReply *cmd_setex(struct call *c)
{
    return set_for(c, 1000);
}

struct redisReply *cmd_psetex(struct call *c)
{
    return set_for(c, 1);
}

struct redisReply *cmd_setnx(struct call *c)
{
    struct key *k = key_at(c, 1);
    if (find_live(c, k)) return reply_int(c->w, 0);
    put_text(c, k, c->argv[2], c->lens[2], 0, false, as_sent(c));
    return reply_int(c->w, 1);
}

struct redisReply *cmd_mset(struct call *c)
{
    if (c->argc % 2 == 0) return reply_error(c->w, "ERR wrong number of arguments for 'mset' command");
    for (int i = 1; i < c->argc; i += 2)
        put_text(c, key_at(c, i), c->argv[i + 1], c->lens[i + 1], 0, false, i == 1 ? as_sent(c) : 0);
    return reply_status(c->w, "OK");
}

static struct redisReply *add_to(struct call *c, int64_t by)
{
    char text[24];
    struct key *k = key_at(c, 1);
    struct item *i = find_live(c, k);
    int64_t n = 0;
    if (i && !number_of(i->value, i->len, &n)) return reply_error(c->w, "ERR value is not an integer or out of range");
    if (__builtin_add_overflow(n, by, &n)) return reply_error(c->w, "ERR increment or decrement would overflow");
    int len = snprintf(text, sizeof text, "%lld", (long long)n);
    put_text(c, k, text, (size_t)len, i ? i->expires_ms : 0, false, as_sent(c));
    return reply_int(c->w, n);
}

struct redisReply *cmd_incr(struct call *c)
{
    return add_to(c, 1);
}

struct redisReply *cmd_decr(struct call *c)
{
    return add_to(c, -1);
}

struct redisReply *cmd_incrby(struct call *c)
{
    int64_t by;
    if (!number_of(c->argv[2], c->lens[2], &by)) return reply_error(c->w, "ERR value is not an integer or out of range");
    return add_to(c, by);
}

struct redisReply *cmd_append(struct call *c)
{
    struct key *k = key_at(c, 1);
    struct item *i = find_live(c, k);
    struct buf all = {0};
    if (i) buf_add(&all, i->value, i->len);
    buf_add(&all, c->argv[2], c->lens[2]);
    put_text(c, k, all.data ? all.data : "", all.len, i ? i->expires_ms : 0, false, as_sent(c));
    int64_t len = (int64_t)all.len;
    buf_fini(&all);
    return reply_int(c->w, len);
}

static bool drop_key(struct call *c, struct key *k, int64_t len)
{
    if (find_live(c, k) == NULL) return false;
    write_op(c, &(struct op){.kind = OP_DEL, .key = k}, len);
    return true;
}

struct redisReply *cmd_del(struct call *c)
{
    int64_t n = 0;
    for (int i = 1; i < c->argc; i++) n += drop_key(c, key_at(c, i), n == 0 ? as_sent(c) : 0);
    return reply_int(c->w, n);
}

struct redisReply *cmd_getdel(struct call *c)
{
    struct key *k = key_at(c, 1);
    struct item *i = find_live(c, k);
    if (i == NULL) return reply_nil(c->w);
    struct redisReply *r = reply_text(c->w, i->value, i->len);
    drop_key(c, k, del_len(k));
    return r;
}

struct redisReply *cmd_flushall(struct call *c)
{
    for (size_t i = 0; i < c->e->data.n; i++) note_write(c, c->e->data.items[i].key, NULL);
    struct op op = {.kind = OP_FLUSH};
    repl_apply(c->e, &op);
    redis_effect(c, &op, as_sent(c));
    return reply_status(c->w, "OK");
}

/* ---- reading ---- */

struct redisReply *cmd_get(struct call *c)
{
    struct item *i = find_live(c, key_at(c, 1));
    return i ? reply_text(c->w, i->value, i->len) : reply_nil(c->w);
}

struct redisReply *cmd_mget(struct call *c)
{
    struct redisReply *r = reply_array(c->w, (size_t)c->argc - 1);
    for (int i = 1; i < c->argc; i++) {
        struct item *found = find_live(c, key_at(c, i));
        r->element[i - 1] = found ? reply_text(c->w, found->value, found->len) : reply_nil(c->w);
    }
    return r;
}

struct redisReply *cmd_exists(struct call *c)
{
    int64_t n = 0;
    for (int i = 1; i < c->argc; i++) n += find_live(c, key_at(c, i)) != NULL;
    return reply_int(c->w, n);
}

struct redisReply *cmd_strlen(struct call *c)
{
    struct item *i = find_live(c, key_at(c, 1));
    return reply_int(c->w, i ? (int64_t)i->len : 0);
}

struct redisReply *cmd_dbsize(struct call *c)
{
    return reply_int(c->w, (int64_t)c->e->data.n);
}

static struct redisReply *time_left(struct call *c, int64_t unit)
{
    struct item *i = find_live(c, key_at(c, 1));
    if (i == NULL) return reply_int(c->w, -2);
    if (i->expires_ms == 0) return reply_int(c->w, -1);
    return reply_int(c->w, (i->expires_ms - wall_ms(c->w, c->now) + unit / 2) / unit);
}

struct redisReply *cmd_ttl(struct call *c)
{
    return time_left(c, 1000);
}

struct redisReply *cmd_pttl(struct call *c)
{
    return time_left(c, 1);
}

/* ---- times to live ---- */

static struct redisReply *expire_at(struct call *c, int64_t at)
{
    struct key *k = key_at(c, 1);
    struct item *i = find_live(c, k);
    if (i == NULL) return reply_int(c->w, 0);
    if (at <= wall_ms(c->w, c->now)) {
        drop_key(c, k, del_len(k));
        return reply_int(c->w, 1);
    }
    write_op(c, &(struct op){.kind = OP_EXPIRE, .key = k, .value = i->value, .expires_ms = at},
        resp_len(3, (const size_t[]){9, k->len, digits_of(at)}));
    return reply_int(c->w, 1);
}

static struct redisReply *expire_in(struct call *c, int64_t unit_ms)
{
    int64_t n;
    if (c->argc != 3) model_unknown(c->e, "%s with a condition", c->row->name);
    if (!number_of(c->argv[2], c->lens[2], &n)) return reply_error(c->w, "ERR value is not an integer or out of range");
    return expire_at(c, wall_ms(c->w, c->now) + n * unit_ms);
}

struct redisReply *cmd_expire(struct call *c)
{
    return expire_in(c, 1000);
}

struct redisReply *cmd_pexpire(struct call *c)
{
    return expire_in(c, 1);
}

struct redisReply *cmd_persist(struct call *c)
{
    struct key *k = key_at(c, 1);
    struct item *i = find_live(c, k);
    if (i == NULL || i->expires_ms == 0) return reply_int(c->w, 0);
    write_op(c, &(struct op){.kind = OP_PERSIST, .key = k, .value = i->value}, as_sent(c));
    return reply_int(c->w, 1);
}

/* ---- room ---- */

int64_t engine_memory(const struct model_engine *e)
{
    enum { STARTUP = 876184, REST = 40768 };
    return STARTUP + REST + e->data.bytes + e->repl.log.histlen;
}

/* The one that was used the longest time ago, of those that the policy gives up; an engine looks at five of them only. */
static struct item *find_victim(struct model_engine *e)
{
    const char *policy = conf_text(&e->conf, S_MAXMEMORY_POLICY);
    bool all = strncmp(policy, "allkeys-", 8) == 0;
    struct item *found = NULL;
    if (strcmp(policy, "noeviction") == 0) return NULL;
    for (size_t i = 0; i < e->data.n; i++) {
        struct item *x = &e->data.items[i];
        if ((all || x->expires_ms) && (found == NULL || x->used_at < found->used_at)) found = x;
    }
    return found;
}

/* The backlog does not count: it is not for keys to make room for it. */
bool strings_make_room(struct model_engine *e, int64_t now)
{
    int64_t limit = conf_number(&e->conf, S_MAXMEMORY);
    if (limit == 0 || e->repl.host != NULL) return true;
    while (engine_memory(e) - e->repl.log.histlen > limit) {
        struct item *i = find_victim(e);
        if (i == NULL) return false;
        e->evicted++;
        expire_item(e, i, now);
        e->expired--;
    }
    return true;
}

/* ---- what is seen from outside ---- */

const char *model_value(const struct model_engine *e, const char *key)
{
    struct item *i = item_live((struct model_engine *)(uintptr_t)e, key_of(e->w, key, strlen(key)), e->w->now);
    return i ? i->value : NULL;
}

size_t model_keys(const struct model_engine *e)
{
    return e->data.n;
}
