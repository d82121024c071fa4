#include "model_int.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* BGSAVE and other children, and the end in good order. Source: src/rdb.c, and prepareForShutdown() in src/server.c of Redis 7.0. */

static const char *dump_name(const struct model_engine *e)
{
    return conf_text(&e->conf, S_DBFILENAME);
}

static void temp_path(const struct model_engine *e, long pid, char out[700])
{
    snprintf(out, 700, "%s/temp-%ld.rdb", e->dir, pid);
}

static bool write_file(struct model_engine *e, const struct data *d, int64_t offset)
{
    const char *why = e->save.fails;
    if (why == NULL && rdb_save(e, d, offset, dump_name(e))) return true;
    engine_log(e, '#', "Error moving temp DB file temp-%ld.rdb on the final destination %s (in server root dir %s): %s", e->pid,
        dump_name(e), e->dir, why ? why : strerror(errno));
    return false;
}

bool model_has_saved(const struct model_engine *e)
{
    return e->life == LIFE_ENDED && e->save.saved;
}

void model_fail_saves(struct model_engine *e, const char *why)
{
    e->save.fails = why;
}

/* ---- a child ---- */

static void child_run(void *obj, int64_t now);

void save_begin_child(struct model_engine *e, enum child_kind kind, int64_t took, int64_t now)
{
    struct saving *s = &e->save;
    s->child = kind;
    s->child_since = now;
    if (kind == CHILD_SAVE) {
        data_copy(&s->snapshot, &e->data);
        s->snapshot_offset = e->repl.offset;
        s->dirty_before = s->dirty;
    }
    engine_freeze(e, now + e->w->knobs.fork_us, true);
    timer_set(e->w, &s->child_timer, now + took, child_run, e);
}

static void child_done(struct model_engine *e, int64_t now)
{
    struct saving *s = &e->save;
    if (s->child != CHILD_SAVE) return;
    s->last_ok = write_file(e, &s->snapshot, s->snapshot_offset);
    s->last_took_s = (now - s->child_since) / SECOND;
    data_clear(&s->snapshot);
    engine_log(e, s->last_ok ? '*' : '#', "Background saving %s", s->last_ok ? "terminated with success" : "error");
    if (!s->last_ok) return;
    s->dirty -= s->dirty_before;
    s->saves++;
    s->saved_at_ms = wall_ms(e->w, now);
}

/* A child of a parent that stands still ends all the same: it is the parent who learns of it later. */
static void child_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    if (!engine_is_free(e, now)) return timer_set(e->w, &e->save.child_timer, now + 10 * MS, child_run, e);
    child_done(e, now);
    e->save.child = CHILD_NONE;
    repl_child_ended(e, now);
}

void save_kill_child(struct model_engine *e, int64_t now)
{
    char path[700];
    (void)now;
    timer_stop(e->w, &e->save.child_timer);
    data_clear(&e->save.snapshot);
    temp_path(e, e->pid, path);
    if (e->save.child == CHILD_SAVE) unlink(path);
    e->save.child = CHILD_NONE;
}

struct redisReply *redis_bgsave(struct call *c)
{
    struct model_engine *e = c->e;
    if (c->argc > 1) model_unknown(e, "BGSAVE %s", c->argv[1]);
    if (e->save.child == CHILD_SAVE || e->save.child == CHILD_TRANSFER)
        return reply_error(c->w, "ERR Background save already in progress");
    int64_t slow = conf_number(&e->conf, S_SAVE_DELAY) * (int64_t)e->data.n;
    save_begin_child(e, CHILD_SAVE, c->w->knobs.fork_us + c->w->knobs.save_us + (slow > 0 ? slow : 0), c->now);
    return reply_status(c->w, "Background saving started");
}

struct redisReply *redis_save(struct call *c)
{
    struct model_engine *e = c->e;
    if (e->save.child != CHILD_NONE) return reply_error(c->w, "ERR Background save already in progress");
    if (!write_file(e, &e->data, e->repl.offset)) return reply_error(c->w, "ERR");
    e->save.dirty = 0;
    e->save.saves++;
    e->save.saved_at_ms = wall_ms(c->w, c->now);
    return reply_status(c->w, "OK");
}

struct redisReply *redis_lastsave(struct call *c)
{
    return reply_int(c->w, c->e->save.saved_at_ms / 1000);
}

/* ---- the end ---- */

static bool is_ready_to_end(const struct model_engine *e)
{
    for (const struct link *l = e->repl.replicas; l; l = l->next)
        if (l->acked != e->repl.offset) return false;
    return true;
}

/* It goes on: that it did not end is all that those hear who told it to. */
static void end_cancelled(struct model_engine *e, int64_t now)
{
    e->save.ending = false;
    e->save.ender = NULL;
    engine_log(e, '#', "Errors trying to shut down the server. Check the logs for more information.");
    pause_for_end(e, false, now);
    for (struct model_conn *c = e->conns, *next; c; c = next) {
        next = c->next;
        if (c->waits != WAITS_END) continue;
        c->waits = WAITS_NOT;
        conn_drain_soon(e, now);
        conn_reply(c, reply_error(e->w, "ERR Errors trying to SHUTDOWN. Check logs."));
    }
}

static void end_saved(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    if (e->stopped) return timer_set(e->w, &e->save.end_timer, now + 10 * MS, end_saved, e);
    bool ok = write_file(e, &e->data, e->repl.offset);
    e->save.saved = ok;
    if (ok) return engine_exit(e, 0, 0, now);
    engine_log(e, '#', "Error trying to save the DB, %s.", e->save.end_force ? "exiting anyway" : "can't exit");
    if (e->save.end_force) engine_exit(e, 0, 0, now);
    else end_cancelled(e, now);
}

static void finish_end(struct model_engine *e, int64_t now)
{
    struct saving *s = &e->save;
    char path[700];
    save_kill_child(e, now);
    bool saves = s->end_save || (!s->end_nosave && *conf_text(&e->conf, S_SAVE) != '\0');
    if (!saves) return engine_exit(e, 0, 0, now);
    engine_log(e, '*', "Saving the final RDB snapshot before exiting.");
    temp_path(e, e->pid, path);
    FILE *begun = s->fails ? NULL : fopen(path, "w");
    if (begun) {
        fputs("REDIS", begun);
        fclose(begun);
    }
    engine_freeze(e, now + e->w->knobs.save_us, true);
    timer_set(e->w, &s->end_timer, now + e->w->knobs.save_us, end_saved, e);
}

static void end_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    if (!engine_is_free(e, now)) return timer_set(e->w, &e->save.end_timer, now + 10 * MS, end_run, e);
    if (now >= e->save.end_until || is_ready_to_end(e)) return finish_end(e, now);
    timer_set(e->w, &e->save.end_timer, now + 100 * MS, end_run, e);
}

void save_check_end(struct model_engine *e, int64_t now)
{
    if (e->save.ending && e->save.end_timer.run == end_run && is_ready_to_end(e))
        timer_set(e->w, &e->save.end_timer, now, end_run, e);
}

/* Replicas get what they lack first; a second order while that lasts is one too many. */
static void begin_end(struct model_engine *e, int64_t now)
{
    struct saving *s = &e->save;
    int64_t wait = conf_number(&e->conf, S_SHUTDOWN_TIMEOUT) * SECOND;
    engine_log(e, '#', "User requested shutdown...");
    s->ending = true;
    if (s->end_now || wait == 0 || is_ready_to_end(e)) return finish_end(e, now);
    s->end_until = now + wait;
    pause_for_end(e, true, now);
    repl_ask_acks(e, now);
    timer_set(e->w, &s->end_timer, now + 100 * MS, end_run, e);
}

static struct redisReply *abort_end(struct call *c)
{
    if (!c->e->save.ending) return reply_error(c->w, "ERR No shutdown in progress.");
    timer_stop(c->w, &c->e->save.end_timer);
    end_cancelled(c->e, c->now);
    return reply_status(c->w, "OK");
}

struct redisReply *redis_shutdown(struct call *c)
{
    struct saving *s = &c->e->save;
    if (c->argc == 2 && word_is(c->argv[1], c->lens[1], "abort")) return abort_end(c);
    bool save = false, nosave = false, now = false, force = false;
    for (int i = 1; i < c->argc; i++) {
        if (word_is(c->argv[i], c->lens[i], "save")) save = true;
        else if (word_is(c->argv[i], c->lens[i], "nosave")) nosave = true;
        else if (word_is(c->argv[i], c->lens[i], "now")) now = true;
        else if (word_is(c->argv[i], c->lens[i], "force")) force = true;
        else return reply_error(c->w, "ERR syntax error");
    }
    if (save && nosave) return reply_error(c->w, "ERR syntax error");
    if (c->e->script.runs && !nosave)
        return reply_error(c->w, "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
    if (c->in_exec && !now) return reply_error(c->w, "ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");
    if (!s->ending || nosave) {
        timer_stop(c->w, &s->end_timer);
        s->end_save = save;
        s->end_nosave = nosave;
        s->end_now = now;
        s->end_force = force;
    }
    c->conn->waits = WAITS_END;
    c->outcome = WAITS;
    if (s->ending && !nosave) return NULL;
    s->ender = c->conn;
    /* Redis 7.0 fails an assertion of its own there, when it has to wait for replicas. */
    bool waits = !now && !is_ready_to_end(c->e) && conf_number(&c->e->conf, S_SHUTDOWN_TIMEOUT) > 0;
    if (c->conn->has_waited && waits && c->e->kind == MODEL_REDIS) return engine_exit(c->e, -1, SIGABRT, c->now), NULL;
    if (nosave && c->e->script.runs) engine_exit(c->e, 0, 0, c->now);
    else begin_end(c->e, c->now);
    return NULL;
}

/* SIGTERM is heard by the loop: a script, and whatever keeps the engine, comes before it. */
static void signal_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct saving *s = &e->save;
    if (e->life == LIFE_LOADING) return engine_exit(e, 0, 0, now);
    if (!engine_is_free(e, now)) return timer_set(e->w, &s->signal_timer, now + 10 * MS, signal_run, e);
    const char *how = conf_text(&e->conf, s->signal == SIGINT ? S_ON_SIGINT : S_ON_SIGTERM);
    if (s->ending) return;
    s->end_save = strstr(how, "save") && !strstr(how, "nosave");
    s->end_nosave = strstr(how, "nosave") != NULL;
    s->end_now = strstr(how, "now") != NULL;
    s->end_force = strstr(how, "force") != NULL;
    engine_log(e, '#', "Received %s scheduling shutdown...", s->signal == SIGINT ? "SIGINT" : "SIGTERM");
    begin_end(e, now);
}

void save_signal(struct model_engine *e, int signal, int64_t now)
{
    e->save.signal = signal;
    if (e->life == LIFE_STARTING) return engine_exit(e, -1, signal, now);
    timer_set(e->w, &e->save.signal_timer, now + MS, signal_run, e);
}
