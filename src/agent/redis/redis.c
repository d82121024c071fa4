#include "agent/redis/redis.h"
#include "agent/redis/append_log.h"
#include "agent/node/end.h"
#include "agent/node/folder.h"
#include "agent/node/life.h"
#include "agent/node/reserve.h"
#include "agent/node/saved.h"
#include "agent/node/watch.h"
#include "agent/os/names.h"
#include "agent/redis/conf.h"
#include "agent/redis/greet.h"
#include "agent/redis/state.h"
#include "agent/redis/steps.h"
#include "base/decimal.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 50, NUDGES = 11, LOOK_MS = 10, SWITCH_MS = 10, CONF_AGAIN_MS = 1000 };

/* ---- what is remembered ---- */

static const struct redis_cluster_part *part_of_host(const struct node *n)
{
    const struct redis_host *h = n->host->engine_host;
    return h->cluster;
}

static void *redis_new(struct node *n)
{
    struct redis *x = calloc(1, sizeof *x);
    if (x == NULL) abort();
    if (part_of_host(n) != NULL) x->cluster = part_of_host(n)->open();
    return x;
}

static void redis_forget(struct node *n)
{
    struct redis *x = redis_of(n);
    rconn_close(x->poke);
    endpoints_forget(n);
    access_forget(n);
    tls_forget(n);
    peers_forget(n);
    redis_save_forget(n);
    held_forget(n);
    tally_forget(n);
    if (x->cluster != NULL) part_of_host(n)->forget(x->cluster);
    *x = (struct redis){.talk = x->talk,
        .conf = x->conf,
        .endpoints = x->endpoints,
        .access = x->access,
        .encryption = x->encryption,
        .peers = x->peers,
        .save = x->save,
        .held = x->held,
        .cluster = x->cluster};
}

static void redis_free(struct node *n)
{
    struct redis *x = redis_of(n);
    redis_forget(n);
    conf_file_fini(&x->conf);
    if (x->cluster != NULL) part_of_host(n)->close(x->cluster);
    free(x);
    n->engine = NULL;
}

/* ---- orders ---- */

static void redis_try_again(struct node *n)
{
    redis_of(n)->hold_until = 0;
    endpoints_try_again(n);
    tls_try_again(n);
}

static void redis_ordered(struct node *n)
{
    redis_of(n)->eager_until = node_now(n) + EAGER_MS;
    tls_ordered(n);
    conf_file_check(n);
    access_ordered(n);
}

/* The answer that is awaited may be about the settings before. */
static void redis_settings_changed(struct node *n)
{
    redis_of(n)->setting = 0;
    if (redis_of(n)->talk.ask == ASK_COMPARE || redis_is_taking(n, STEP_SET)) redis_disregard(n);
}

static int64_t redis_data_room(const struct proto_node_order *o)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < o->settings.n; i++)
        if (strcmp(o->settings.items[i].name, "maxmemory") == 0) decimal_parse(o->settings.items[i].value, 0, INT64_MAX, &bytes);
    return bytes;
}

static int redis_second_port(const struct node *n)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    return part != NULL ? part->bus_port(n) : 0;
}

static bool redis_starts_at_once(const struct node *n)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    return part != NULL && part->starts_at_once(n);
}

/* ---- the process ---- */

static int redis_prepare(struct node *n, struct err *e)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    int r = tls_prepare(n, e);
    if (!r && part != NULL) r = part->prepare(n, e);
    if (!r) r = conf_file_write(n, e);
    node_drop_unfinished(n);
    if (!r && !node_has_file(n, NODE_SAVED)) node_unlink(n, CONF_DUMP);
    return r ? r : append_log_prepare(n, e);
}

static void redis_args(const struct node *n, struct string_list *out)
{
    char path[PATH_MAX];
    names_add(out, node_path(n, CONF_FILE, path));
}

static void redis_begin(struct node *n)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    redis_of(n)->eager_until = node_now(n) + EAGER_MS;
    redis_of(n)->fence = FENCE_OFF;
    lockout_begin(n);
    if (part != NULL) part->begin(n);
    access_begin(n);
    tls_begin(n);
    peers_begin(n);
}

/* The answer to an open question comes first. */
static void redis_end(struct node *n)
{
    struct talk *t = &redis_of(n)->talk;
    const struct redis_cluster_part *part = part_of_host(n);
    t->unread += (t->ask != ASK_NONE) + t->followed;
    t->followed = false;
    /* A connection that has waited once (STEP_STIR) is one on which redis-server 7.0 crashes when SHUTDOWN has to wait. */
    if (n->ending.saves && part != NULL && part->has_waited(n)) proc_signal(n->proc, SIGTERM);
    else if (n->ending.saves) rconn_send(n->conn, 2, (const char *const[]){"SHUTDOWN", "SAVE"});
    else rconn_send(n->conn, 3, (const char *const[]){"SHUTDOWN", "NOSAVE", "NOW"});
}

static void redis_log_cut(struct node *n, long size)
{
    redis_save_log_cut(n, size);
    delivery_log_cut(n, size);
}

static void redis_keep_room(const struct node *n)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    if (part != NULL) part->keep_room(n);
}

/* The first word of the line that Redis quotes when its configuration is wrong; the rest of it may be a secret. */
static void redis_wrong_setting(const char *log, char name[64])
{
    const char *p = strstr(log, ">>> '");
    name[0] = '\0';
    if (p == NULL) return;
    p += 5;
    snprintf(name, 64, "%.*s", (int)strcspn(p, " '\n"), p);
}

/* Where the structure of the file is broken, the engine checks the whole file and ends with that: no line about its end follows. */
static bool redis_wrong_data(const char *log)
{
    static const char *const signs[] = {"Wrong RDB checksum", "Internal error in RDB reading", "--- RDB ERROR DETECTED ---",
        "Terminating server after rdb file reading failure", "Fatal error loading the DB", "Wrong signature trying to load DB",
        "Can't handle RDB format version", "Short read or OOM loading DB"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(log, signs[i]) != NULL) return true;
    return false;
}

/* ---- answers ---- */

/* What was asked has no answer, or one that says nothing: whoever waits for it asks again. */
static void question_lost(struct node *n)
{
    endpoints_unanswered(n);
    tls_unanswered(n);
    redis_save_unanswered(n);
}

static void step_refused(struct node *n, const struct redisReply *r)
{
    bool loads = redis_says(r, "LOADING"), busy = redis_says(r, "BUSY ");
    if (loads || busy) question_lost(n);
    if (loads) return redis_load_again(n);
    if (redis_of(n)->talk.step == STEP_NONE) return;
    if (!busy) return redis_step_refused(n, r);
    redis_of(n)->hold_until = n->read_at = node_now(n) + BUSY_MS;
    if (access_is_stale(n)) access_held_up(n);
}

static void take_answer(struct node *n, const struct redisReply *r)
{
    struct talk *t = &redis_of(n)->talk;
    const struct redis_cluster_part *part = redis_cluster_part(n);
    bool failed = r->type == REDIS_REPLY_ERROR, followed = t->followed;
    enum redis_ask what = t->ask;
    t->ask = ASK_NONE;
    t->followed = false;
    node_has_answer(n);
    if (followed && failed) t->unread++; /* of two questions the first was refused: the second's answer says nothing */
    if (followed && failed && part != NULL) part->view_refused(n);
    if (what == ASK_STEP) endpoints_answered(n);
    if (what == ASK_COMPARE) redis_compared(n, r);
    else if (what == ASK_SLOW_LOG) delivery_take_slow_log(n, r);
    else if (what != ASK_STEP) redis_greeted(n, what, r);
    else if (failed) step_refused(n, r);
    else redis_step_answered(n, r);
    if (t->ask == ASK_NONE) node_step(n);
}

/* Of a node whose last order made no sense. The next one that does has it asked again. */
static void drop_answer(struct node *n)
{
    struct talk *t = &redis_of(n)->talk;
    t->unread += t->followed;
    t->followed = false;
    t->ask = ASK_NONE;
    node_has_answer(n);
    endpoints_answered(n);
    question_lost(n);
}

/* ---- the connection ---- */

static void conn_up(void *arg)
{
    struct node *n = arg;
    redis_of(n)->talk.greeting = ASK_AUTH;
    node_connected(n);
}

static void conn_reply(void *arg, const struct redisReply *r)
{
    struct node *n = arg;
    struct talk *t = &redis_of(n)->talk;
    if (redis_says(r, "BUSY ")) node_said_busy(n);
    else node_answered(n);
    if (t->unread > 0) {
        t->unread--;
    } else if (n->state == NODE_STOP) { /* it was told to end, and answers: it did not */
        if (r->type == REDIS_REPLY_ERROR) node_refused_to_end(n, r->str, redis_says(r, "BUSY "));
    } else if (n->order != NULL) {
        take_answer(n, r);
    } else {
        drop_answer(n);
    }
}

static void conn_down(void *arg, const char *why)
{
    (void)why;
    node_lost(arg);
}

static void *redis_connect(struct node *n)
{
    static const struct rconn_events events = {.up = conn_up, .reply = conn_reply, .down = conn_down};
    return redis_open(n, &events, n);
}

static void redis_disconnect(void *conn)
{
    rconn_close(conn);
}

static void redis_hung_up(struct node *n)
{
    redis_of(n)->talk = (struct talk){.step = redis_of(n)->talk.step, .greeting = redis_of(n)->talk.greeting};
    question_lost(n);
}

static void poke_up(void *arg)
{
    const struct node *n = arg;
    rconn_poke(redis_of(n)->poke);
}

static void poke_down(void *arg, const char *why)
{
    struct node *n = arg;
    redis_of(n)->poke = NULL;
    if (strncmp(why, "ERR", 3) == 0) node_turned(n);
}

static void redis_poke(struct node *n)
{
    static const struct rconn_events events = {.up = poke_up, .down = poke_down};
    if (redis_of(n)->poke == NULL) redis_of(n)->poke = redis_open(n, &events, n);
}

/* ---- what it needs next ---- */

static enum step next_step(struct node *n)
{
    int64_t now = node_now(n);
    struct redis *x = redis_of(n);
    if (now < x->hold_until) return STEP_NONE;
    const struct redis_cluster_part *part = redis_cluster_part(n);
    const struct proto_node_order safe = conf_file_order(n);
    struct node_now seen = {.info = x->info,
        .info_old = x->info_old,
        .held = endpoints_held(n),
        .dropping = endpoints_are_dropping(n),
        .relisten = endpoints_are_in_doubt(n),
        .fence = x->fence,
        .lockout = x->lockout,
        .conf_stale = conf_file_is_stale(n),
        .certificate_stale = tls_certificate_is_stale(n),
        .listens_otherwise = tls_listens_otherwise(n),
        .links_stale = tls_links_are_stale(n),
        .secret_stale = peers_is_stale(n),
        .encryption_blocked = tls_is_blocked(n),
        .relink = tls_is_to_relink(n),
        .access_stale = access_is_stale(n),
        .bar_stale = access_bar_is_stale(n),
        .settings_stale = n->life.generation != n->order->generation.v,
        .weigh_due = n->order->weigh.v && x->weighed != n->order->weigh.v,
        .take_blocked = now < endpoints_next_take(n),
        .other_process = node_is_for_another(n),
        .unable = part != NULL && part->why_unable(n) != NULL,
        .shard_primary = part != NULL && part->is_shard_primary(n),
        .attached = part != NULL && part->is_attached(n),
        .has_source = part != NULL && part->has_source(n),
        .source_stale = part != NULL && part->source_is_stale(n),
        .upstream_ready = node_is_misled(n) || node_upstream_ready(n),
        .save_due = redis_save_is_due(n),
        .save_look_due = redis_save_look_is_due(n)};
    enum step s = converge(&safe, &seen);
    if (s != STEP_WRITE_CONF) return s;
    struct err e = {0};
    if (conf_file_write(n, &e) == 0) return next_step(n);
    node_reason(n, "%s", e.msg);
    x->hold_until = now + CONF_AGAIN_MS;
    return STEP_NONE;
}

/*
 * After a full synchronisation the upstream sends nothing more before a REPLCONF ACK that
 * arrives once it has reaped its child, and Redis sends one a second. A replica that is
 * asked for an ACK gives it to its upstream at once, whoever asks: a second becomes 2 ms.
 */
static void nudge_replica(struct node *n)
{
    static const char *const getack[] = {"REPLCONF", "GETACK", "*"};
    struct redis *x = redis_of(n);
    if (x->nudge_at == 0 || node_now(n) < x->nudge_at) return;
    rconn_tell(n->conn, 3, getack);
    x->nudge_at = x->nudges < NUDGES ? node_now(n) + (1 << x->nudges) : 0;
    x->nudges++;
}

/* When to look again, if the next beat is not soon enough; else 0. */
static int64_t look_again_at(const struct node *n, enum step s)
{
    const struct redis *x = redis_of(n);
    bool linking = x->info.role == ROLE_REPLICA && !x->info.link_up;
    if (s == STEP_WAIT_OFFSET || x->look_until != 0) return n->read_at + 1;
    return linking ? n->read_at + (node_now(n) < x->eager_until ? 2 : 50) : 0;
}

/* The sooner of two times; 0 is never. */
static int64_t sooner_time(int64_t at, int64_t other)
{
    return at == 0 || (other != 0 && other < at) ? other : at;
}

static void redis_up(struct node *n)
{
    const struct redis_cluster_part *part = redis_cluster_part(n);
    redis_of(n)->rests = false;
    nudge_replica(n);
    redis_save_has_ended(n);
    enum step s = next_step(n), next = s;
    if (s <= STEP_WAIT_OFFSET && part != NULL) next = part->next(n);
    if (next > STEP_WAIT_OFFSET) return redis_do(n, next);
    if (held_is_due(n)) return redis_do(n, STEP_CLIENTS);
    int64_t now = node_now(n), at = look_again_at(n, s);
    bool doubts = part != NULL && part->doubts(n), refused = endpoints_are_refused(n) || tls_is_blocked(n);
    const char *unable = part != NULL ? part->why_unable(n) : NULL;
    bool unlinked = unlinked_look(n);
    tally_look(n);
    if (unable != NULL) node_reason(n, "it can't follow another region: %s", unable);
    else if (s == STEP_NONE && now >= redis_of(n)->hold_until && !refused && !doubts && !unlinked) node_reason(n, "%s", "");
    if (at != 0 && now >= at) return redis_do(n, STEP_READ);
    at = sooner_time(at, redis_of(n)->nudge_at);
    if (part != NULL) at = sooner_time(at, part->next_at(n));
    at = sooner_time(at, redis_save_at(n));
    at = sooner_time(at, unlinked_at(n));
    if (endpoints_next_take(n) > now) at = sooner_time(at, endpoints_next_take(n));
    if (at != 0) node_timer(n, at - now);
    redis_of(n)->rests = s == STEP_NONE && at == 0 && now >= redis_of(n)->hold_until && part == NULL && !refused && !unlinked;
}

/* A replica without an upstream among this agent's nodes follows a link, which may come and go. */
static bool redis_rests(const struct node *n)
{
    const struct proto_node_order *o = n->order;
    return redis_of(n)->rests && (o->upstream_host == NULL || o->upstream_node != NULL);
}

static void redis_look(struct node *n)
{
    if (delivery_look(n)) redis_ask(n, ASK_SLOW_LOG, WORDS("SLOWLOG", "GET", "128"));
    else redis_do(n, STEP_READ);
}

/* ---- what it tells ---- */

static void see_replication(const struct node *n, struct proto_node_seen *out)
{
    const struct replication_info *i = &redis_of(n)->info;
    out->role = i->role;
    out->offset = OPT_INT(i->offset);
    if (i->branch_offset > 0) out->branch_offset = OPT_INT(i->branch_offset);
    if (redis_is_taking(n, STEP_PROMOTE)) out->rising = OPT_BOOL(true);
    if (i->role != ROLE_REPLICA) return;
    out->upstream_host = i->upstream_host;
    out->upstream_port = OPT_INT(i->upstream_port);
    out->link_up = OPT_BOOL(i->link_up);
}

static void redis_see(struct node *n, struct proto_node_seen *out)
{
    const struct redis *x = redis_of(n);
    const struct redis_cluster_part *part = part_of_host(n);
    if (!n->life.blocked && held_is_seen(n)) out->blocked = SEEN_BLOCKED_HELD;
    if (x->info.role != ROLE_UNKNOWN) see_replication(n, out);
    if (part != NULL) out->cluster = part->seen(n);
    out->fenced = OPT_BOOL(x->fence == FENCE_ON);
    tally_see(n, out);
    endpoints_see(n, out);
    tls_see(n, out);
    if (access_generation(n) >= 0) out->users_generation = OPT_INT(access_generation(n));
    out->logs_generation = OPT_INT(delivery_generation(n));
    if (x->weighed == 0) return;
    out->weighed = OPT_INT(x->weighed);
    out->memory_used = OPT_INT(x->memory.used);
    out->memory_data = OPT_INT(x->memory.data);
}

/* ---- nodes that follow it, or that it follows ---- */

static bool redis_can_feed(const struct node *n)
{
    const struct replication_info *i = &redis_of(n)->info;
    return n->order->role == i->role && (i->role == ROLE_PRIMARY || i->link_up);
}

static void redis_upstream_lost(struct node *n)
{
    struct redis *x = redis_of(n);
    x->look_until = node_now(n) + LOOK_MS;
    x->info_old = true;
    if (!n->asking) node_step(n);
}

static bool redis_is_looking(const struct node *n)
{
    return node_now(n) < redis_of(n)->look_until;
}

static bool redis_is_switching(const struct node *n)
{
    bool switches = redis_is_taking(n, STEP_RELEASE) || redis_is_taking(n, STEP_PROMOTE) || redis_is_taking(n, STEP_FOLLOW) ||
                    redis_is_taking(n, STEP_TAKE);
    return switches && !endpoints_are_refused(n) && node_now(n) - n->asked_at < SWITCH_MS;
}

static const char *const other_programs[] = {"valkey-server", NULL};
/* A redis-server stands in for valkey, whose protocol and configuration it shares. */
static const char *const engines[] = {"redis", "valkey", NULL};

/*
 * From 7.0 on addresses can move (CONFIG SET bind), and bind-source-addr is known. A valkey-server 7.2 calls itself no more than
 * "Server". What counts its versions in another way is taken as it is.
 */
static const struct engine_release releases[] = {
    {"redis", "redis", 7, 0},
    {"valkey", "valkey", 7, 0},
    {"server", "valkey", 7, 0},
    {"keydb", "keydb", 7, 0},
    {"dragonfly", "dragonfly", 0, 0},
    {NULL, NULL, 0, 0},
};

const struct engine_kind redis_kind = {
    .program = "redis-server",
    .other_programs = other_programs,
    .version_option = "--version",
    .engines = engines,
    .releases = releases,
    .least = "7.0",
    .open = redis_new,
    .close = redis_free,
    .forget = redis_forget,
    .check = conf_check,
    .try_again = redis_try_again,
    .ordered = redis_ordered,
    .settings_changed = redis_settings_changed,
    .data_room = redis_data_room,
    .second_port = redis_second_port,
    .starts_at_once = redis_starts_at_once,
    .data_file = CONF_DUMP,
    .prepare = redis_prepare,
    .args = redis_args,
    .begin = redis_begin,
    .ended = tls_ended,
    .end = redis_end,
    .written = redis_written,
    .why_not_saved = redis_why_not_saved,
    .keep_room = redis_keep_room,
    .log_cut = redis_log_cut,
    .wrong_setting = redis_wrong_setting,
    .wrong_data = redis_wrong_data,
    .wrong_rule = access_leave_out,
    .connect = redis_connect,
    .disconnect = redis_disconnect,
    .hung_up = redis_hung_up,
    .greet = redis_greet,
    .up = redis_up,
    .look = redis_look,
    .poke = redis_poke,
    .see = redis_see,
    .can_feed = redis_can_feed,
    .upstream_lost = redis_upstream_lost,
    .upstream_listens = tls_relink,
    .is_looking = redis_is_looking,
    .is_switching = redis_is_switching,
    .rests = redis_rests,
    .endpoints = endpoints_held,
};
