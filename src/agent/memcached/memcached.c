#include "agent/memcached/memcached.h"
#include "agent/memcached/mconn.h"
#include "agent/memcached/memcached_args.h"
#include "agent/memcached/stats.h"
#include "agent/engine/order_check.h"
#include "agent/node/core.h"
#include "agent/node/folder.h"
#include "agent/node/life.h"
#include "agent/node/watch.h"
#include "agent/os/file.h"
#include "agent/os/names.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/trip.h"
#include "discovery/discovery.h"
#include "discovery/image.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The settings it was started with, a line "NAME VALUE" each: an agent that adopts it finds them there. */
#define STARTED "memcached.settings"
/* What makes it answer the questions of auto discovery (src/discovery/preload.c). */
#define PRELOAD "discovery.so"

enum { GREET_AGAIN_MS = 200 };

/* The question that waits for its answer, one at a time. */
enum memcached_ask { ASK_NONE, ASK_STATS, ASK_VERSION, ASK_MEMORY, ASK_OLD_MEMORY, ASK_CERTIFICATE };

struct memcached {
    enum memcached_ask ask;
    struct buf nodes;                 /* that clients are to know, as in the file; "": nobody has told */
    bool published;                   /* the file has them */
    uint8_t certificate[DIGEST_SIZE]; /* of what its files for TLS hold; zeroed: nobody has looked */
};

static struct memcached *memcached_of(const struct node *n)
{
    return n->engine;
}

static enum memcached_ask memcached_asked(const struct node *n)
{
    return n->asking ? memcached_of(n)->ask : ASK_NONE;
}

/* ---- what is remembered ---- */

static void *memcached_new(struct node *n)
{
    (void)n;
    struct memcached *m = calloc(1, sizeof *m);
    if (m == NULL) abort();
    return m;
}

static void memcached_free(struct node *n)
{
    buf_fini(&memcached_of(n)->nodes);
    free(n->engine);
    n->engine = NULL;
}

/* ---- the nodes that it tells its clients ---- */

static int put_nodes(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    struct memcached *m = memcached_of(n);
    if (m->nodes.len == 0) return 0;
    int r = file_put(node_path(n, DISCOVERY_FILE, path), m->nodes.data, m->nodes.len, e);
    m->published = r == 0;
    return r;
}

static void memcached_publish(struct node *n, int64_t version, const char *list)
{
    struct err e = {0};
    struct memcached *m = memcached_of(n);
    _buf_ struct buf nodes = {0};
    discovery_store(&nodes, version, list);
    if (m->published && strcmp(nodes.data, m->nodes.data) == 0) return;
    buf_clear(&m->nodes);
    buf_puts(&m->nodes, nodes.data);
    m->published = false;
    if (n->proc != NULL && put_nodes(n, &e) != 0) log_warn("node %s: %s", n->id, e.msg);
}

static const char *memcached_preload(const struct node *n)
{
    return node_may_load(n) ? PRELOAD : "";
}

/* ---- starting ---- */

/* A certificate that is renewed goes into the same files. */
static int put_certificate(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    const struct proto_tls_order *t = n->order->tls;
    if (t == NULL) return 0;
    int r = file_put(node_path(n, TLS_KEY, path), t->key, strlen(t->key), e);
    if (r == 0) r = file_put(node_path(n, TLS_CERTIFICATE, path), t->certificate, strlen(t->certificate), e);
    if (r == 0) digest_bytes(t->certificate, strlen(t->certificate), memcached_of(n)->certificate);
    return r;
}

static bool has_certificate(const struct node *n)
{
    uint8_t ordered[DIGEST_SIZE];
    const struct proto_tls_order *t = n->order->tls;
    if (t == NULL) return true;
    digest_bytes(t->certificate, strlen(t->certificate), ordered);
    return memcmp(ordered, memcached_of(n)->certificate, DIGEST_SIZE) == 0;
}

static int memcached_prepare(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    const struct proto_setting_list *s = &n->order->settings;
    for (size_t i = 0; i < s->n; i++)
        if (!names_has(&n->left_out, s->items[i].name)) buf_printf(&text, "%s %s\n", s->items[i].name, s->items[i].value);
    int r = file_put(node_path(n, STARTED, path), text.data, text.len, e);
    if (!r && node_may_load(n)) r = node_put_module(n, PRELOAD, discovery_image, discovery_image_size, e);
    if (!r) r = put_certificate(n, e);
    return r ? r : put_nodes(n, e);
}

static void memcached_start_args(const struct node *n, struct string_list *out)
{
    struct rlimit files = {0};
    getrlimit(RLIMIT_NOFILE, &files);
    struct memcached_host host = {
        .files = files.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)files.rlim_cur,
        .cpus = (int)sysconf(_SC_NPROCESSORS_ONLN),
        .root = geteuid() == 0,
    };
    memcached_args(n->order, &n->left_out, &host, out);
    names_add(out, "-P");
    names_add(out, NODE_PIDFILE);
}

static void memcached_nothing(struct node *n)
{
    (void)n;
}

/* ---- questions ---- */

static void memcached_ask(struct node *n, enum memcached_ask what, const char *line)
{
    memcached_of(n)->ask = what;
    node_asks(n);
    mconn_send(n->conn, line);
}

static void memcached_greet(struct node *n)
{
    n->life.server = (struct server_info){0};
    memcached_ask(n, ASK_STATS, "stats");
}

static void memcached_look(struct node *n)
{
    memcached_ask(n, ASK_VERSION, "version");
}

/* ---- settings ---- */

/* The answer that is awaited may be about the settings before. */
static void memcached_settings_changed(struct node *n)
{
    if (memcached_asked(n) == ASK_MEMORY) memcached_of(n)->ask = ASK_OLD_MEMORY;
}

static bool started_with(const struct buf *text, const struct proto_setting *s)
{
    _buf_ struct buf line = {0};
    buf_printf(&line, "%s %s\n", s->name, s->value);
    for (const char *p = text->data; p && (p = strstr(p, line.data)) != NULL; p++)
        if (p == text->data || p[-1] == '\n') return true;
    return false;
}

/* What only a restart can change is pending where it was started with another value. */
static void note_pending(struct node *n)
{
    struct err e;
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    names_clear(&n->life.pending);
    if (file_read(node_path(n, STARTED, path), &text, &e) != 0) return;
    for (size_t i = 0; i < n->order->settings.n; i++) {
        const struct proto_setting *s = &n->order->settings.items[i];
        bool fixed = memcached_needs_no_restart(s->name) || names_has(&n->left_out, s->name);
        if (!fixed && !started_with(&text, s)) names_add(&n->life.pending, s->name);
    }
}

/* It reads the files anew where the certificate was renewed, or somebody else has started it. */
static void renew_certificate(struct node *n)
{
    struct err e;
    if (put_certificate(n, &e) == 0) memcached_ask(n, ASK_CERTIFICATE, "refresh_certs");
    else node_reason(n, "%s", e.msg);
}

static void memcached_up(struct node *n)
{
    char line[64];
    if (!has_certificate(n)) return renew_certificate(n);
    if (n->life.generation == n->order->generation.v) return node_reason(n, "%s", "");
    note_pending(n);
    snprintf(line, sizeof line, "cache_memlimit %lld", (long long)memcached_megabytes(n->order));
    memcached_ask(n, ASK_MEMORY, line);
}

/* ---- answers ---- */

static void know_process(struct node *n)
{
    struct server_info *s = &n->life.server;
    node_has_answer(n);
    if (s->pid != proc_id(n->proc)->pid) {
        node_reason(n, "process %ld answers at its address", s->pid);
        n->greet_at = node_now(n) + GREET_AGAIN_MS;
        return;
    }
    snprintf(s->name, sizeof s->name, "memcached");
    n->read_at = node_now(n);
    node_event(n, EVENT_KNOWN);
    if (n->life.ready) return;
    log_info("node %s: memcached is ready", n->id);
    node_became_ready(n);
}

static void step_line(struct node *n, const char *line)
{
    enum memcached_ask what = memcached_asked(n);
    node_has_answer(n);
    n->read_at = node_now(n);
    if (what == ASK_MEMORY) {
        n->life.generation = n->order->generation.v;
        if (strcmp(line, "OK") != 0) {
            snprintf(n->life.refused, sizeof n->life.refused, "memcached refuses its size of memory: %.100s", line);
            log_warn("node %s: %s", n->id, n->life.refused);
        }
        node_changed(n);
    }
    if (what == ASK_VERSION && trip_hit(TRIP_PROBE)) node_set_hung(n, true);
}

static void conn_line(void *arg, char *line)
{
    struct node *n = arg;
    node_answered(n);
    if (n->order == NULL) node_has_answer(n); /* the next order that makes sense has it asked again */
    if (n->state == NODE_STOP || !n->asking) return;
    if (memcached_asked(n) == ASK_STATS) {
        stats_read_line(line, &n->life.server);
        if (strcmp(line, "END") == 0 || strncmp(line, "STAT", 4) != 0) know_process(n);
    } else {
        step_line(n, line);
    }
    if (!n->asking) node_step(n);
}

/* ---- the connection, and the end ---- */

static void conn_up(void *arg)
{
    node_connected(arg);
}

static void conn_down(void *arg)
{
    node_lost(arg);
}

static void *memcached_connect(struct node *n)
{
    static const struct mconn_events events = {.up = conn_up, .line = conn_line, .down = conn_down};
    return mconn_open(n->host->loop, n->order->address, (int)n->order->port.v, n->order->tls != NULL, &events, n);
}

static void memcached_disconnect(void *conn)
{
    mconn_close(conn);
}

static void memcached_end(struct node *n)
{
    proc_signal(n->proc, SIGTERM);
}

/* It has neither fence nor endpoints, and no link to an upstream. */
static void memcached_see(struct node *n, struct proto_node_seen *out)
{
    if (n->order->tls) out->encryption = ENCRYPTION_REQUIRED;
    out->fenced = out->links_encrypted = OPT_BOOL(false);
    out->endpoints.set = true;
}

static const char *const engines[] = {"memcached", NULL};
static const struct engine_release releases[] = {{"memcached", "memcached", 1, 5}, {NULL, NULL, 0, 0}};

const struct engine_kind memcached_kind = {
    .program = "memcached",
    .version_option = "-V",
    .engines = engines,
    .releases = releases,
    .least = "1.5",
    .open = memcached_new,
    .close = memcached_free,
    .forget = memcached_nothing,
    .check = memcached_check,
    .try_again = memcached_nothing,
    .ordered = memcached_nothing,
    .settings_changed = memcached_settings_changed,
    .prepare = memcached_prepare,
    .preload = memcached_preload,
    .args = memcached_start_args,
    .begin = memcached_nothing,
    .end = memcached_end,
    .wrong_setting = memcached_wrong_setting,
    .connect = memcached_connect,
    .disconnect = memcached_disconnect,
    .hung_up = memcached_nothing,
    .greet = memcached_greet,
    .up = memcached_up,
    .look = memcached_look,
    .see = memcached_see,
    .publish = memcached_publish,
};
