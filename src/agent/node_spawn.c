#include "agent/node_int.h"
#include "agent/conf.h"
#include "agent/file.h"
#include "agent/names.h"
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The process and its folder: redis.conf, redis.log, redis.pid, process (see proc.h), and for a node that was stopped
 * with its data dump.rdb next to "saved", the mark that says it may be loaded. */

#define CONF "redis.conf"
#define LOG "redis.log"
#define PIDFILE "redis.pid"
#define SAVED "saved"

enum { LOG_MAX = 4 << 20, TAIL = 2048 };

static const char *path_of(const struct node *n, const char *file, char out[PATH_MAX])
{
    snprintf(out, PATH_MAX, "%s/%s", n->dir, file);
    return out;
}

static bool exists(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    return access(path_of(n, file, path), F_OK) == 0;
}

static void unlink_in(const struct node *n, const char *file)
{
    char path[PATH_MAX];
    unlink(path_of(n, file, path));
}

/* ---- redis.conf ---- */

static void render(const struct node *n, struct buf *text, uint8_t hash[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx ctx;
    conf_render(n->order, &n->left_out, n->dir, text);
    sha256_init(&ctx);
    sha256_update(&ctx, text->len, (const uint8_t *)text->data);
    sha256_digest(&ctx, SHA256_DIGEST_SIZE, hash);
}

bool node_conf_differs(struct node *n)
{
    _buf_ struct buf text = {0};
    uint8_t hash[SHA256_DIGEST_SIZE];
    render(n, &text, hash);
    return memcmp(hash, n->conf_hash, sizeof hash) != 0;
}

int node_write_conf(struct node *n, struct err *e)
{
    char path[PATH_MAX];
    _buf_ struct buf text = {0};
    uint8_t hash[SHA256_DIGEST_SIZE];
    render(n, &text, hash);
    int r = file_replace(path_of(n, CONF, path), text.data, text.len, e);
    if (r) return r;
    memcpy(n->conf_hash, hash, sizeof hash);
    n->conf_stale = false;
    return 0;
}

/* ---- saved data ---- */

void node_mark_saved(struct node *n)
{
    char path[PATH_MAX];
    struct err e;
    unlink_in(n, CONF_DUMP);
    file_replace(path_of(n, SAVED, path), "", 0, &e);
}

void node_drop_saved(struct node *n)
{
    unlink_in(n, SAVED);
    unlink_in(n, CONF_DUMP);
}

void node_data_loaded(struct node *n)
{
    char from[PATH_MAX], to[PATH_MAX];
    if (!exists(n, SAVED)) return;
    unlink_in(n, SAVED);
    rename(path_of(n, CONF_DUMP, from), path_of(n, "loaded.rdb", to));
}

/* ---- starting ---- */

static socklen_t address_of(const struct proto_node_order *o, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, o->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)o->port.v);
        return sizeof *v4;
    }
    inet_pton(AF_INET6, o->address, &v6->sin6_addr);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)o->port.v);
    return sizeof *v6;
}

/* Whether the node could listen there: Redis would find out only after it has loaded its data. */
static int probe_address(const struct proto_node_order *o, struct err *e)
{
    struct sockaddr_storage a;
    socklen_t size = address_of(o, &a);
    int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0) return err_set(e, ERR_IO, "opening a socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    int why = bind(fd, (struct sockaddr *)&a, size) == 0 ? 0 : errno;
    close(fd);
    if (why == 0) return 0;
    if (why == EADDRINUSE) return err_set(e, ERR_IN_USE, "%s:%d is in use by another program", o->address, (int)o->port.v);
    if (why == EADDRNOTAVAIL) return err_set(e, ERR_IO, "%s is no address of this machine", o->address);
    return err_set(e, ERR_IO, "%s:%d can't be listened on: %s", o->address, (int)o->port.v, strerror(why));
}

/* Where the process's own lines will begin; a log that has grown large starts again. */
static long log_end(const struct node *n)
{
    struct stat st;
    char path[PATH_MAX], old[PATH_MAX];
    if (stat(path_of(n, LOG, path), &st) != 0) return 0;
    if (st.st_size < LOG_MAX) return (long)st.st_size;
    rename(path, path_of(n, LOG ".1", old));
    return 0;
}

static int prepare(struct node *n, struct err *e)
{
    int r = engine_locate(n->host->engine, e);
    if (!r) r = probe_address(n->order, e);
    if (!r) r = file_mkdirs(n->dir, e);
    if (!r) r = node_write_conf(n, e);
    if (r) return r;
    if (!exists(n, SAVED)) unlink_in(n, CONF_DUMP);
    unlink_in(n, PIDFILE);
    n->log_from = log_end(n);
    return 0;
}

static void life_begin(struct node *n)
{
    node_life_clear(&n->life);
    n->life.generation = -1;
    n->moved = false;
}

int node_spawn(struct node *n, struct err *e)
{
    int r = prepare(n, e);
    if (r) return r;
    char conf[PATH_MAX];
    path_of(n, CONF, conf);
    life_begin(n);
    char *const args[] = {n->host->engine->path, conf, NULL};
    const struct proc_id keep = {.restarts = n->restarts, .incarnation = n->order->incarnation.v};
    r = proc_spawn(n->host->loop, n->dir, args, LOG, &keep, node_exited, n, &n->proc, e);
    if (r) return r;
    n->life.fence = FENCE_OFF;
    n->life.generation = n->order->generation.v;
    if (n->left_out.n)
        snprintf(n->life.refused, sizeof n->life.refused, "redis-server refuses the setting %.100s", n->left_out.items[n->left_out.n - 1]);
    return 0;
}

void node_adopt(struct node *n)
{
    struct err e = {0};
    life_begin(n);
    if (proc_adopt(n->host->loop, n->dir, PIDFILE, node_exited, n, &n->proc, &e) != 0) node_reason(n, "%s", e.msg);
    if (n->proc == NULL) return;
    n->adopted = true;
    n->log_from = log_end(n);
    n->restarts = proc_id(n->proc)->restarts;
}

void node_account(struct node *n)
{
    struct proc_id last;
    if (!proc_unaccounted(n->dir, &last)) return;
    if (exists(n, SAVED)) return proc_account(n->dir); /* it ended as it was told to */
    n->restarts = last.restarts + 1;
    n->trouble = TROUBLE_EXITED;
    n->died = true;
    n->died_incarnation = last.incarnation;
    node_reason(n, "died while no agent was there");
}

int node_delete(struct node *n, struct err *e)
{
    memset(n->conf_hash, 0, sizeof n->conf_hash);
    n->restarts = 0;
    return file_remove_tree(n->dir, e);
}

/* ---- the end ---- */

/* The first word of the line that Redis quotes when its configuration is wrong, "" for none; the rest of it may be a secret. */
static void bad_directive(const char *log, char out[64])
{
    const char *p = strstr(log, ">>> '");
    out[0] = '\0';
    if (p == NULL) return;
    p += 5;
    snprintf(out, 64, "%.*s", (int)strcspn(p, " '\n"), p);
}

static void read_last_words(struct node *n, struct buf *log)
{
    char path[PATH_MAX];
    file_tail(path_of(n, LOG, path), n->log_from, TAIL, log);
}

bool node_leave_out(struct node *n)
{
    char name[64];
    _buf_ struct buf log = {0};
    read_last_words(n, &log);
    if (log.len == 0 || n->order == NULL) return false;
    bad_directive(log.data, name);
    for (size_t i = 0; i < n->order->settings.n; i++) {
        if (strcmp(n->order->settings.items[i].name, name) != 0 || names_has(&n->left_out, name)) continue;
        names_add(&n->left_out, name);
        return true;
    }
    return false;
}

bool node_last_words(struct node *n, char *out, size_t size)
{
    char name[64];
    _buf_ struct buf log = {0};
    read_last_words(n, &log);
    if (log.len == 0) return false;
    bad_directive(log.data, name);
    if (name[0]) snprintf(out, size, "redis-server refuses its configuration at %s", name);
    return strstr(log.data, "Address already in use") != NULL;
}
