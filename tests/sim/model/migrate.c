#include "cluster.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MIGRATE: keys go to another engine, and the one that gives them answers nobody until the other has answered. */

enum { KEYS_MAX = 1024 };

struct trip {
    const char *user, *password;
    bool replace, copy;
    int64_t timeout_ms;
    int first, last; /* of the keys among the words */
};

static struct redisReply *read_options(struct call *c, struct trip *t)
{
    *t = (struct trip){.first = 3, .last = 3};
    if (!number_of(c->argv[5], c->lens[5], &t->timeout_ms))
        return reply_error(c->w, "ERR timeout is not an integer or out of range");
    if (t->timeout_ms <= 0) t->timeout_ms = 1000;
    for (int i = 6; i < c->argc; i++) {
        if (word_is(c->argv[i], c->lens[i], "replace")) t->replace = true;
        else if (word_is(c->argv[i], c->lens[i], "copy")) t->copy = true;
        else if (word_is(c->argv[i], c->lens[i], "auth2") && i + 2 < c->argc) {
            t->user = c->argv[i + 1];
            t->password = c->argv[i + 2];
            i += 2;
        } else if (word_is(c->argv[i], c->lens[i], "keys")) {
            if (c->lens[3] != 0)
                return reply_error(c->w, "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string");
            t->first = i + 1;
            t->last = c->argc - 1;
            break;
        } else return reply_error(c->w, "ERR syntax error");
    }
    return NULL;
}

/* ---- at the target ---- */

static const char *refusal_of_state(struct model_engine *to)
{
    if (to->life == LIFE_LOADING || to->repl.loading) return "LOADING Redis is loading the dataset in memory";
    if (to->script.runs) return "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    if (to->repl.host) return "READONLY You can't write against a read only replica.";
    return NULL;
}

static const char *refusal_of_slot(struct model_engine *to, int slot, char text[160])
{
    struct cluster *k = to->cluster;
    struct cnode *owner = k ? cluster_owner(k, slot) : NULL;
    const struct move *m = k ? cluster_move(k, slot) : NULL;
    if (k == NULL || owner == k->myself || (m && m->from)) return NULL;
    if (owner == NULL) return "CLUSTERDOWN Hash slot not served";
    snprintf(text, 160, "MOVED %d %s:%d", slot, owner->host, owner->port);
    return text;
}

static const char *refusal_of_user(const struct model_engine *to, const struct trip *t)
{
    const struct user *u = acl_find(to, t->user ? t->user : "default");
    const struct row *row = row_named("restore-asking");
    bool in = u && (t->user ? acl_password(u, t->password) : u->on && u->nopass);
    if (!in && t->user) return "WRONGPASS invalid username-password pair or user is disabled.";
    if (!in) return "NOAUTH Authentication required.";
    if (u->root.may[row->index / 64] >> (row->index % 64) & 1) return NULL;
    return "NOPERM this user has no permissions to run the 'restore-asking' command";
}

static const char *take_key(struct model_engine *to, const struct item *i, bool replace, int64_t now, char text[160])
{
    const char *why = refusal_of_slot(to, i->key->slot, text);
    if (why) return why;
    if (!strings_make_room(to, now)) return "OOM command not allowed when used memory > 'maxmemory'.";
    if (!replace && data_find(&to->data, i->key)) return "BUSYKEY Target key name already exists.";
    enum { PAYLOAD = 12, FRAME = 60 };
    struct op op = {.kind = OP_SET, .key = i->key, .value = i->value, .value_len = i->len, .expires_ms = i->expires_ms};
    repl_apply(to, &op);
    repl_feed(to, &op, (int64_t)(FRAME + PAYLOAD + i->key->len + i->len), now);
    return NULL;
}

/* ---- at the source ---- */

static void answered(void *obj, int64_t now)
{
    struct model_conn *c = obj;
    struct model_world *w = c->e->w;
    if (c->e->stopped || now < c->e->frozen_until) return timer_set(w, &c->timer, now + 5 * MS, answered, c);
    c->waits = WAITS_NOT;
    conn_drain_soon(c->e, now);
    const char *text = c->text.data;
    conn_reply(c, text[0] == '+' ? reply_status(w, text + 1) : reply_error(w, "%s", text + 1));
}

static struct redisReply *answer_at(struct call *c, int64_t at, const char *text)
{
    c->conn->text.len = 0;
    buf_puts(&c->conn->text, text);
    c->conn->waits = WAITS_MIGRATE;
    c->outcome = WAITS;
    engine_freeze(c->e, at, false);
    timer_set(c->w, &c->conn->timer, at, answered, c->conn);
    return NULL;
}

/* NULL where nobody listens there; '*delay' -1 where nothing arrives. */
static struct model_engine *find_target(struct call *c, int port, int64_t *delay)
{
    const struct model_hooks *h = &c->w->hooks;
    struct model_path path = {0};
    bool tls;
    enum model_reach reach = MODEL_REACHED;
    *delay = c->w->knobs.delay_us;
    if (h->dial) reach = h->dial(h->arg, c->e, c->argv[1], port, &path);
    else path.to = model_at(c->w, c->argv[1], port, &tls);
    struct model_wire wire = {.from = c->e, .to = path.to, .host = c->argv[1], .port = port, .tag = path.tag};
    if (reach == MODEL_REACHED && path.to && h->carry) reach = h->carry(h->arg, &wire, c->now, delay);
    if (reach == MODEL_SILENT) *delay = -1;
    return reach == MODEL_REFUSED ? NULL : path.to;
}

static size_t find_items(struct call *c, const struct trip *t, struct key *keys[KEYS_MAX])
{
    size_t n = 0;
    for (int i = t->first; i <= t->last; i++) {
        struct key *k = key_of(c->w, c->argv[i], c->lens[i]);
        if (n == KEYS_MAX) model_unknown(c->e, "MIGRATE of so many keys");
        if (item_live(c->e, k, c->now)) keys[n++] = k;
    }
    return n;
}

/* Each key for itself: what the target has is gone here, and the first refusal is the answer. */
static const char *move_keys(
    struct call *c, struct model_engine *to, const struct trip *t, struct key *keys[], size_t n, char text[160])
{
    size_t lens[KEYS_MAX + 1] = {3}, n_gone = 0;
    const char *why = refusal_of_state(to), *first = why ? why : refusal_of_user(to, t);
    for (size_t i = 0; i < n && first == NULL; i++) {
        first = take_key(to, data_find(&c->e->data, keys[i]), t->replace, c->now, text);
        if (first || t->copy) continue;
        repl_apply(c->e, &(struct op){.kind = OP_DEL, .key = keys[i]});
        lens[++n_gone] = keys[i]->len;
        redis_effect(c, &(struct op){.kind = OP_DEL, .key = keys[i]}, 0);
    }
    if (n_gone) c->e->effect_lens[c->e->n_effects - n_gone] = resp_len((int)n_gone + 1, lens);
    return first;
}

struct redisReply *redis_migrate(struct call *c)
{
    struct trip t;
    struct key *keys[KEYS_MAX];
    int64_t port, delay;
    char text[160], told[240];
    struct redisReply *r = read_options(c, &t);
    if (r) return r;
    if (!number_of(c->argv[2], c->lens[2], &port)) return reply_error(c->w, "ERR value is not an integer or out of range");
    size_t n = find_items(c, &t, keys);
    if (n == 0) return reply_status(c->w, "NOKEY");
    struct model_engine *to = find_target(c, (int)port, &delay);
    if (to == NULL && delay >= 0) return reply_error(c->w, "IOERR error or timeout connecting to the client");
    int64_t until = c->now + t.timeout_ms * MS;
    bool late = to == NULL || delay < 0 || to->stopped || to->frozen_until > until || pause_holds(to, true, c->now) ||
                (to->script.runs && !to->script.told);
    if (late) return answer_at(c, until, "-IOERR error or timeout reading to target instance");
    const char *why = move_keys(c, to, &t, keys, n, text);
    snprintf(told, sizeof told, "-ERR Target instance replied with error: %s", why ? why : "");
    int64_t at = (to->frozen_until > c->now ? to->frozen_until : c->now) + 2 * delay;
    return answer_at(c, at, why ? told : "+OK");
}

struct redisReply *memory_usage(struct call *c)
{
    if (c->argc != 3) model_unknown(c->e, "MEMORY USAGE with these words");
    struct item *i = item_live(c->e, key_of(c->w, c->argv[2], c->lens[2]), c->now);
    return i ? reply_int(c->w, item_bytes(i)) : reply_nil(c->w);
}
