#include "agent/redis/conf.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "agent/redis/access.h"
#include "agent/redis_cluster/cluster.h"
#include "agent/redis/redis.h"
#include "agent/redis/secret.h"
#include "agent/redis/encryption.h"
#include "base/log.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A node that is a redis-server: its configuration, its connection, and what it needs next. */

#define CONF "redis.conf"

enum { NUDGES = 11 };

/* ---- redis.conf ---- */

struct proto_node_order redis_safe_order(const struct node *n)
{
    struct proto_node_order o = *n->order;
    if (!node_is_misled(n)) return o;
    o.upstream_host = o.address;
    o.upstream_port = o.port;
    return o;
}

static void render(const struct node *n, struct buf *text, uint8_t hash[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx ctx;
    const struct proto_node_order safe = redis_safe_order(n);
    conf_render(&safe, &n->left_out, &n->unknown_rules, n->dir, text);
    tls_conf(n->order, n->inner_port, text);
    if (cluster_ordered(n)) cluster_conf(n, text);
    sha256_init(&ctx);
    sha256_update(&ctx, text->len, (const uint8_t *)text->data);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, hash);
}

bool redis_conf_differs(struct node *n)
{
    _buf_ struct buf text = {0};
    uint8_t hash[SHA256_DIGEST_SIZE];
    render(n, &text, hash);
    return memcmp(hash, n->conf_hash, sizeof hash) != 0;
}

int redis_write_conf(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    uint8_t hash[SHA256_DIGEST_SIZE];
    render(n, &text, hash);
    int r = file_put(node_path(n, CONF, path), text.data, text.len, e);
    if (r) return r;
    memcpy(n->conf_hash, hash, sizeof hash);
    n->conf_stale = false;
    return 0;
}

static int prepare(struct node *n, struct err *e)
{
    int r = tls_prepare(n, e);
    if (!r && cluster_ordered(n)) r = cluster_prepare(n, e);
    if (!r) r = redis_write_conf(n, e);
    node_drop_unfinished(n);
    if (!r && !node_has_file(n, NODE_SAVED)) node_unlink(n, CONF_DUMP);
    return r;
}

static void args(const struct node *n, struct string_list *out)
{
    char path[PATH_MAX];
    names_add(out, node_path(n, CONF, path));
}

static void begin(struct node *n)
{
    n->life.fence = FENCE_OFF;
    if (cluster_ordered(n)) cluster_begin(n);
    tls_begin(n);
    secret_begin(n);
}

static void ordered(struct node *n)
{
    tls_ordered(n);
    n->conf_stale = redis_conf_differs(n);
    access_ordered(n);
}

/* The first word of the line that Redis quotes when its configuration is wrong; the rest of it may be a secret. */
static void wrong_setting(const char *log, char name[64])
{
    const char *p = strstr(log, ">>> '");
    name[0] = '\0';
    if (p == NULL) return;
    p += 5;
    snprintf(name, 64, "%.*s", (int)strcspn(p, " '\n"), p);
}

/* Where the structure of the file is broken, the engine checks the whole file and ends with that: no line about its end follows. */
static bool wrong_data(const char *log)
{
    static const char *const signs[] = {"Wrong RDB checksum", "Internal error in RDB reading", "--- RDB ERROR DETECTED ---",
        "Terminating server after rdb file reading failure", "Fatal error loading the DB", "Wrong signature trying to load DB",
        "Can't handle RDB format version", "Short read or OOM loading DB"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(log, signs[i]) != NULL) return true;
    return false;
}

/* ---- the connection ---- */

static void conn_up(void *arg)
{
    node_connected(arg, ASK_AUTH);
}

static void conn_reply(void *arg, const struct redisReply *r)
{
    struct node *n = arg;
    if (redis_says(r, "BUSY ")) {
        node_set_hung(n, false);
        n->life.says_busy = true;
    } else {
        node_answered(n);
    }
    if (n->unread > 0) n->unread--;
    else if (n->state == NODE_STOP) redis_goes_on(n, r);
    else if (n->order != NULL) redis_answer(n, r);
}

static void conn_down(void *arg, const char *why)
{
    (void)why;
    node_lost(arg);
}

/* A socket's address holds 107 bytes at most, which the path of a node's folder may exceed: /proc names the folder in few. */
struct rconn *redis_open(const struct node *n, const struct rconn_events *events, void *arg)
{
    char path[64];
    int folder = open(n->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return NULL;
    snprintf(path, sizeof path, "/proc/self/fd/%d/" CONF_SOCKET, folder);
    struct rconn *conn = rconn_open(n->host->loop, path, events, arg);
    close(folder);
    return conn;
}

static void *start_to_connect(struct node *n)
{
    static const struct rconn_events events = {.up = conn_up, .reply = conn_reply, .down = conn_down};
    return redis_open(n, &events, n);
}

static void poke_up(void *arg)
{
    const struct node *n = arg;
    rconn_poke(n->life.poke);
}

static void poke_down(void *arg, const char *why)
{
    struct node *n = arg;
    n->life.poke = NULL;
    if (strncmp(why, "ERR", 3) != 0 || n->life.hung) return;
    n->life.misses = 0;
    n->life.must_not = true;
}

static void poke(struct node *n)
{
    static const struct rconn_events events = {.up = poke_up, .down = poke_down};
    if (n->life.poke == NULL) n->life.poke = redis_open(n, &events, n);
}

static void disconnect(void *conn)
{
    rconn_close(conn);
}

/* ---- what it needs next ---- */

static enum step next_step(struct node *n)
{
    int64_t now = node_now(n);
    if (now < n->hold_until) return STEP_NONE;
    const struct proto_node_order safe = redis_safe_order(n);
    struct node_now seen = {.info = n->life.info,
        .info_old = n->life.info_old,
        .held = &n->life.held,
        .dropping = n->life.drop.n > 0,
        .fence = n->life.fence,
        .conf_stale = n->conf_stale,
        .certificate_stale = tls_certificate_is_stale(n),
        .listens_otherwise = tls_listens_otherwise(n),
        .links_stale = tls_links_are_stale(n),
        .secret_stale = secret_is_stale(n),
        .encryption_blocked = now < n->life.encrypt_at,
        .relink = n->life.relink,
        .access_stale = access_is_stale(n),
        .bar_stale = access_bar_is_stale(n),
        .settings_stale = n->life.generation != n->order->generation.v,
        .weigh_due = n->order->weigh.v && n->life.weighed != n->order->weigh.v,
        .take_blocked = now < n->life.take_at,
        .other_process = node_is_for_another(n),
        .upstream_ready = node_is_misled(n) || node_upstream_ready(n),
        .save_due = redis_save_is_due(n),
        .save_look_due = redis_save_look_is_due(n)};
    enum step s = converge(&safe, &seen);
    if (s != STEP_WRITE_CONF) return s;
    struct err e = {0};
    if (redis_write_conf(n, &e) == 0) return next_step(n);
    node_reason(n, "%s", e.msg);
    n->hold_until = now + 1000;
    return STEP_NONE;
}

/*
 * After a full synchronisation the upstream sends nothing more before a REPLCONF ACK that
 * arrives once it has reaped its child, and Redis sends one a second. A replica that is
 * asked for an ACK gives it to its upstream at once, whoever asks: a second becomes 2 ms.
 */
static void nudge(struct node *n)
{
    static const char *const getack[] = {"REPLCONF", "GETACK", "*"};
    struct life *l = &n->life;
    if (l->nudge_at == 0 || node_now(n) < l->nudge_at) return;
    rconn_tell(n->conn, 3, getack);
    l->nudge_at = l->nudges < NUDGES ? node_now(n) + (1 << l->nudges) : 0;
    l->nudges++;
}

/* When to look again, if the next beat is not soon enough; else 0. */
static int64_t look_again_at(const struct node *n, enum step s)
{
    bool linking = n->life.info.role == ROLE_REPLICA && !n->life.info.link_up;
    if (s == STEP_WAIT_OFFSET || n->life.look_until != 0) return n->read_at + 1;
    return linking ? n->read_at + (node_now(n) < n->life.eager_until ? 2 : 50) : 0;
}

/* The sooner of two times; 0 is never. */
static int64_t sooner(int64_t at, int64_t other)
{
    return at == 0 || (other != 0 && other < at) ? other : at;
}

static void up(struct node *n)
{
    nudge(n);
    redis_save_has_ended(n);
    enum step s = next_step(n), next = s;
    if (s <= STEP_WAIT_OFFSET && cluster_ordered(n)) next = cluster_next(n);
    if (next > STEP_WAIT_OFFSET) return redis_do(n, next);
    if (held_is_due(n)) return redis_do(n, STEP_CLIENTS);
    int64_t now = node_now(n), at = look_again_at(n, s);
    if (s == STEP_NONE && now >= n->hold_until && n->life.take_since == 0 && !n->life.cluster.doubted) node_reason(n, "%s", "");
    if (at != 0 && now >= at) return redis_do(n, STEP_READ);
    at = sooner(at, n->life.nudge_at);
    if (cluster_ordered(n)) at = sooner(at, cluster_next_at(n));
    at = sooner(at, redis_save_at(n));
    if (n->life.take_at > now) at = sooner(at, n->life.take_at);
    if (at != 0) node_timer(n, at - now);
}

static void look(struct node *n)
{
    redis_do(n, STEP_READ);
}

const struct node_ops node_redis = {
    .kind = ENGINE_REDIS_SERVER,
    .keeps_data = true,
    .check = conf_check,
    .ordered = ordered,
    .prepare = prepare,
    .args = args,
    .begin = begin,
    .connect = start_to_connect,
    .disconnect = disconnect,
    .greet = redis_greet,
    .up = up,
    .look = look,
    .poke = poke,
    .end = redis_shutdown,
    .written = redis_written,
    .why_not_saved = redis_why_not_saved,
    .wrong_setting = wrong_setting,
    .wrong_data = wrong_data,
    .wrong_rule = access_leave_out,
};
