#include "agent/redis/delivery.h"
#include "agent/node/folder.h"
#include "agent/node/words.h"
#include "agent/os/file.h"
#include "agent/os/log_file.h"
#include "agent/redis/delivery_line.h"
#include "agent/redis/state.h"
#include "base/log.h"
#include "catalog/account_key.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTE "logs.delivered"
#define SLOW_ID_UNKNOWN INT64_MIN

enum { LOOK_MS = 1000, LINES_MAX = 1 << 18 };

static struct delivery *delivery_of(const struct node *n)
{
    return &redis_of(n)->delivery;
}

/* ---- how far it has come ---- */

static void write_note(const struct node *n)
{
    char path[PATH_MAX], text[100];
    struct err e = {0};
    const struct delivery *d = delivery_of(n);
    snprintf(text, sizeof text, "%ld %" PRId64 " %ld\n", proc_id(n->proc)->pid, d->slow_id, d->log_at);
    if (file_note(node_path(n, NOTE, path), text, &e) != 0) log_warn("node %s: %s", n->id, e.msg);
}

/* Another process counts its slow commands anew; its log goes on in the same file. */
static void read_note(struct node *n)
{
    char path[PATH_MAX];
    struct err e;
    _buf_ struct buf text = {0};
    struct delivery *d = delivery_of(n);
    long pid;
    bool noted = file_read(node_path(n, NOTE, path), &text, &e) == 0 && text.len > 0 &&
                 sscanf(text.data, "%ld %" SCNd64 " %ld", &pid, &d->slow_id, &d->log_at) == 3;
    if (!noted) d->slow_id = SLOW_ID_UNKNOWN;
    else if (pid != proc_id(n->proc)->pid) d->slow_id = -1;
    if (!noted) d->log_at = node_log_end(n);
    d->known = true;
}

void delivery_forget(struct node *n)
{
    *delivery_of(n) = (struct delivery){0};
}

void delivery_log_cut(struct node *n, long size)
{
    struct delivery *d = delivery_of(n);
    if (d->log_at > size) d->log_at = 0;
}

int64_t delivery_generation(const struct node *n)
{
    return delivery_of(n)->generation;
}

/* ---- destinations ---- */

static const struct proto_log_order *find_log(const struct node *n, const char *log)
{
    for (size_t i = 0; i < n->order->logs.n; i++)
        if (strcmp(n->order->logs.items[i].log, log) == 0) return &n->order->logs.items[i];
    return NULL;
}

static bool is_json(const struct proto_log_order *o)
{
    return strcmp(o->format, "json") == 0;
}

/* Nothing in it leads out of the folder. */
static bool is_below(const char *file)
{
    return file[0] != '/' && file[0] != '.' && strstr(file, "/.") == NULL;
}

static int append_lines(const struct node *n, const struct proto_log_order *o, const struct buf *lines, struct err *e)
{
    char path[PATH_MAX];
    if (!is_below(o->file)) return err_set(e, ERR_USAGE, "the order has a log's file that is not below its folder");
    if (snprintf(path, sizeof path, "%s/" LOGS_FOLDER "/%s", n->host->dir, o->file) >= (int)sizeof path)
        return err_set(e, ERR_USAGE, "the path of a log is too long");
    char *name = strrchr(path, '/');
    *name = '\0';
    int r = file_mkdirs(path, e);
    *name = '/';
    int fd = r == 0 ? open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
    if (r == 0 && (fd < 0 || (lines->len > 0 && write(fd, lines->data, lines->len) != (ssize_t)lines->len)))
        r = err_set(e, ERR_IO, "writing %s: %s", path, strerror(errno));
    if (fd >= 0) close(fd);
    if (r == 0) log_file_bound(path);
    return r;
}

/* "demo-001.0001" is the node 0001 of the cache cluster demo-001. */
static const char *split_id(const struct node *n, char cluster[NAME_MAX])
{
    const char *id = account_id(n->id), *dot = strrchr(id, '.');
    snprintf(cluster, NAME_MAX, "%.*s", dot ? (int)(dot - id) : (int)strlen(id), id);
    return dot ? dot + 1 : "0001";
}

/* ---- the two logs ---- */

/* Whole lines alone; those that are too many since the last look are left out. */
static int deliver_log(struct node *n, const struct proto_log_order *o, struct err *e)
{
    char path[PATH_MAX], cluster[NAME_MAX];
    _buf_ struct buf text = {0}, out = {0};
    struct delivery *d = delivery_of(n);
    const char *node = split_id(n, cluster);
    long end = node_log_end(n);
    if (end - d->log_at > LINES_MAX) d->log_at = end - LINES_MAX;
    file_tail(node_path(n, NODE_LOG, path), d->log_at, LINES_MAX, &text);
    size_t at = 0;
    for (char *nl; at < text.len && (nl = memchr(text.data + at, '\n', text.len - at)) != NULL;) {
        delivery_log_line(&out, cluster, node, is_json(o), text.data + at, (size_t)(nl - text.data) - at);
        at = (size_t)(nl - text.data) + 1;
    }
    int r = append_lines(n, o, &out, e);
    if (r == 0) d->log_at += (long)at;
    return r;
}

/* The newest entry comes first. */
static int deliver_slow_log(struct node *n, const struct proto_log_order *o, const struct redisReply *r, struct err *e)
{
    char cluster[NAME_MAX];
    _buf_ struct buf out = {0};
    struct delivery *d = delivery_of(n);
    int64_t last = d->slow_id;
    const char *node = split_id(n, cluster);
    for (size_t i = r->type == REDIS_REPLY_ARRAY ? r->elements : 0; i-- > 0;) {
        const struct redisReply *entry = r->element[i];
        int64_t id = entry->type == REDIS_REPLY_ARRAY && entry->elements > 0 ? entry->element[0]->integer : -1;
        if (id > last && d->slow_id != SLOW_ID_UNKNOWN) delivery_slow_line(&out, cluster, node, is_json(o), entry);
        if (id > last) last = id;
    }
    if (last == SLOW_ID_UNKNOWN) last = -1;
    int code = append_lines(n, o, &out, e);
    if (code == 0) d->slow_id = last;
    return code;
}

/* What could not be written is tried again with the next look. */
static void end_look(struct node *n, int r, const struct err *e)
{
    struct delivery *d = delivery_of(n);
    d->look_at = node_now(n) + LOOK_MS;
    if (r != 0) return log_warn("node %s: %s", n->id, e->msg);
    write_note(n);
    if (d->generation == n->order->logs_generation.v) return;
    d->generation = n->order->logs_generation.v;
    node_changed(n);
}

void delivery_take_slow_log(struct node *n, const struct redisReply *r)
{
    struct err e = {0};
    const struct proto_log_order *slow = find_log(n, "slow-log");
    n->read_at = node_now(n);
    if (slow != NULL && delivery_of(n)->known) end_look(n, deliver_slow_log(n, slow, r, &e), &e);
}

static bool stop_delivering(struct node *n)
{
    if (delivery_of(n)->generation == 0) return false;
    delivery_forget(n);
    node_unlink(n, NOTE);
    node_changed(n);
    return false;
}

bool delivery_look(struct node *n)
{
    struct err e = {0};
    struct delivery *d = delivery_of(n);
    if (n->order->logs.n == 0) return stop_delivering(n);
    if (d->generation == n->order->logs_generation.v && node_now(n) < d->look_at) return false;
    if (!d->known) read_note(n);
    const struct proto_log_order *engine = find_log(n, "engine-log");
    int r = engine ? deliver_log(n, engine, &e) : 0;
    if (engine == NULL) d->log_at = node_log_end(n);
    if (r == 0 && find_log(n, "slow-log")) return true;
    d->slow_id = SLOW_ID_UNKNOWN;
    end_look(n, r, &e);
    return false;
}
