#include "agent/redis/save.h"
#include "agent/node/folder.h"
#include "agent/node/words.h"
#include "agent/os/file.h"
#include "agent/redis/conf.h"
#include "agent/redis/state.h"
#include "agent/snapshots/shelf.h"
#include "base/log.h"
#include "base/task.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct task save_task = {
    "snapshot", {
                    [SAVE_IDLE] = {"idle", TASK_TO(SAVE_ASKED)}, /* waits for a snapshot that is ordered */
                    [SAVE_ASKED] = {"asked", TASK_TO(SAVE_IDLE) | TASK_TO(SAVE_WRITING)}, /* waits for the answer */
                    [SAVE_WRITING] = {"writing", TASK_TO(SAVE_IDLE)}, /* waits for the file, or word of a failure */
                }};

enum { POLL_MS = 2, POLL_SLOW_MS = 10, POLL_SLOW_AFTER_MS = 200, LOOK_MS = 100, BUSY_MS = 20, LINE = 512 };

static void move_to_state(struct node *n, enum save_state to)
{
    struct save *s = &redis_of(n)->save;
    assert(s->state == SAVE_IDLE || s->id[0] != '\0');
    task_move(&save_task, n->id, &s->state, (int)to);
}

void redis_save_forget(struct node *n)
{
    redis_of(n)->save = (struct save){0};
}

void redis_save_log_cut(struct node *n, long size)
{
    struct save *s = &redis_of(n)->save;
    if (s->log_from > size) s->log_from = 0;
}

bool redis_save_is_due(const struct node *n)
{
    const struct save *s = &redis_of(n)->save;
    const struct proto_node_order *o = n->order;
    if (o->snapshot == NULL || s->state == SAVE_WRITING || node_now(n) < s->begin_at) return false;
    return proc_is(n->proc, o->snapshot_pid.v, o->snapshot_started_ms.v) && shelf_wants(n->host->shelf, o->snapshot);
}

bool redis_save_look_is_due(const struct node *n)
{
    const struct save *s = &redis_of(n)->save;
    return s->state == SAVE_WRITING && node_now(n) >= s->look_at;
}

int64_t redis_save_at(const struct node *n)
{
    const struct save *s = &redis_of(n)->save;
    int64_t now = node_now(n);
    if (s->state != SAVE_WRITING) return s->begin_at > now ? s->begin_at : 0;
    return now + (now - s->since < POLL_SLOW_AFTER_MS ? POLL_MS : POLL_SLOW_MS);
}

/* False where nobody wants the snapshot under way any more. */
static bool is_ordered(const struct node *n)
{
    return n->order->snapshot && strcmp(n->order->snapshot, redis_of(n)->save.id) == 0;
}

static void end_save(struct node *n)
{
    move_to_state(n, SAVE_IDLE);
    node_changed(n);
}

bool redis_save_has_ended(struct node *n)
{
    char path[PATH_MAX];
    if (redis_of(n)->save.state != SAVE_WRITING || !node_has_file(n, CONF_DUMP)) return false;
    if (is_ordered(n)) shelf_take(n->host->shelf, redis_of(n)->save.id, node_path(n, CONF_DUMP, path));
    else node_unlink(n, CONF_DUMP);
    end_save(n);
    return true;
}

/* The engine says first what went wrong, and then what it does because of that. */
static void save_trouble(const struct node *n, long from, char *out, size_t size)
{
    char path[PATH_MAX];
    _buf_ struct buf log = {0};
    file_tail(node_path(n, NODE_LOG, path), from, LINE * 4, &log);
    out[0] = '\0';
    char *rest = NULL, *line = log.len ? strtok_r(log.data, "\n", &rest) : NULL;
    for (; line; line = strtok_r(NULL, "\n", &rest)) {
        const char *text = strstr(line, " # ");
        bool failed = text && (strstr(text, "rror") || strstr(text, "ailed"));
        if (!failed || strstr(text, "Background saving error") || strstr(text, "rror trying") || strstr(text, "rrors trying"))
            continue;
        snprintf(out, size, "%.150s", text + 3);
        return;
    }
}

static void tell_why(struct node *n, char out[LINE])
{
    char why[LINE / 2];
    save_trouble(n, redis_of(n)->save.log_from, why, sizeof why);
    snprintf(out, LINE, "redis-server could not save%s%s", why[0] ? ": " : "", why);
}

int64_t redis_written(const struct node *n)
{
    struct stat st;
    char file[40], path[PATH_MAX];
    snprintf(file, sizeof file, "temp-%ld.rdb", proc_id(n->proc)->pid);
    return stat(node_path(n, file, path), &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : 0;
}

void redis_why_not_saved(const struct node *n, char *out, size_t size)
{
    save_trouble(n, n->ending.log_from, out, size);
    if (out[0] == '\0') snprintf(out, size, "%s", n->ending.refused);
}

void redis_ask_save(struct node *n)
{
    struct save *s = &redis_of(n)->save;
    node_unlink(n, CONF_DUMP);
    snprintf(s->id, sizeof s->id, "%s", n->order->snapshot);
    s->log_from = node_log_size(n);
    move_to_state(n, SAVE_ASKED);
    redis_ask(n, ASK_STEP, WORDS("BGSAVE"));
}

void redis_saving(struct node *n, const struct redisReply *r)
{
    struct save *s = &redis_of(n)->save;
    (void)r;
    move_to_state(n, SAVE_WRITING);
    s->since = node_now(n);
    s->look_at = s->since + LOOK_MS;
    log_info("node %s: takes the snapshot %s", n->id, s->id);
}

/* Whether its child is at work is not known: it is asked anew. */
void redis_save_unanswered(struct node *n)
{
    if (redis_of(n)->save.state == SAVE_ASKED) move_to_state(n, SAVE_IDLE);
}

/* A child that feeds a replica, or one of an agent before, is at work: after it. */
void redis_save_refused(struct node *n, const struct redisReply *r)
{
    char why[LINE];
    bool busy = strstr(r->str, "in progress") != NULL || strstr(r->str, "child process") != NULL;
    redis_of(n)->save.begin_at = node_now(n) + BUSY_MS;
    move_to_state(n, SAVE_IDLE);
    if (busy || !is_ordered(n)) return;
    tell_why(n, why);
    shelf_fail(n->host->shelf, redis_of(n)->save.id, why);
}

/* No child is at work, and there is no file: it failed. */
void redis_save_seen(struct node *n, const struct redisReply *r)
{
    char value[8], why[LINE];
    redis_of(n)->save.look_at = node_now(n) + LOOK_MS;
    bool known = r->str && info_value(r->str, r->len, "rdb_bgsave_in_progress", value, sizeof value);
    if (!known || strcmp(value, "0") != 0 || redis_save_has_ended(n)) return;
    tell_why(n, why);
    if (is_ordered(n)) shelf_fail(n->host->shelf, redis_of(n)->save.id, why);
    end_save(n);
}
