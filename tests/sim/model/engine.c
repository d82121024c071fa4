#include "model_int.h"
#include "memcached.h"
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One process: how it starts, what it listens on, and how it ends. */

const char *engine_version(const struct model_engine *e)
{
    static const char *const versions[] = {[MODEL_REDIS] = "7.0.15", [MODEL_VALKEY] = "8.1.1", [MODEL_MEMCACHED] = "1.6.18"};
    return versions[e->kind];
}

const char *model_version_line(enum model_kind kind)
{
    static const char *const lines[] = {
        [MODEL_REDIS] = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0",
        [MODEL_VALKEY] = "Server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0",
        [MODEL_MEMCACHED] = "memcached 1.6.18"};
    return lines[kind];
}

/* ---- its log ---- */

void engine_log_raw(struct model_engine *e, const char *text)
{
    char path[700];
    if (e->log == NULL) return;
    snprintf(path, sizeof path, "%s/%s", e->dir, e->log);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return;
    ssize_t written = write(fd, text, strlen(text));
    (void)written;
    close(fd);
}

void engine_log(struct model_engine *e, char level, const char *format, ...)
{
    char line[900];
    if (e->log == NULL) return;
    int n = snprintf(line, sizeof line, "%ld:%c 01 Jan 2026 00:00:00.000 %c ", e->pid, e->repl.host ? 'S' : 'M', level);
    va_list ap;
    va_start(ap, format);
    n += vsnprintf(line + n, sizeof line - (size_t)n - 1, format, ap);
    va_end(ap);
    if (n > (int)sizeof line - 2) n = (int)sizeof line - 2;
    strcpy(line + n, "\n");
    engine_log_raw(e, line);
}

/* ---- what it listens on ---- */

static bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; *p; p += strcspn(p, " "), p += strspn(p, " "))
        if (strcspn(p, " ") == n && strncmp(p, word, n) == 0) return true;
    return false;
}

static bool is_there(const struct model_engine *e)
{
    return e->life == LIFE_LOADING || e->life == LIFE_RUNNING;
}

bool engine_binds(const struct model_engine *e, const char *host)
{
    return is_there(e) && has_word(conf_text(&e->conf, S_BIND), host);
}

bool engine_listens_at(const struct model_engine *e, const char *host, int port, bool *tls)
{
    if (e->memcached) return *tls = false, is_there(e) && memcached_listens_at(e, host, port);
    if (!engine_binds(e, host)) return false;
    *tls = port != conf_number(&e->conf, S_PORT);
    return port != 0 && (!*tls || port == conf_number(&e->conf, S_TLS_PORT));
}

struct model_engine *model_at(const struct model_world *w, const char *host, int port, bool *tls)
{
    for (struct model_engine *e = w->engines; e; e = e->next)
        if (engine_listens_at(e, host, port, tls)) return e;
    return NULL;
}

static bool other_listens(const struct model_world *w, const struct model_engine *but, const char *host, int port)
{
    bool tls;
    for (const struct model_engine *other = w->engines; other; other = other->next)
        if (other != but && (engine_listens_at(other, host, port, &tls) || engine_bus_at(other, host, port))) return true;
    return false;
}

bool model_listens(const struct model_world *w, const char *host, int port)
{
    return other_listens(w, NULL, host, port);
}

static bool is_taken(const struct model_engine *e, const char *host, int port)
{
    const struct model_hooks *h = &e->w->hooks;
    if (port == 0) return false;
    return other_listens(e->w, e, host, port) || (h->taken && h->taken(h->arg, host, port));
}

bool engine_can_bind(const struct model_engine *e, const struct conf *c, const char **taken, int *port)
{
    static char host[64];
    const int ports[] = {(int)conf_number(c, S_PORT), (int)conf_number(c, S_TLS_PORT)};
    for (const char *p = conf_text(c, S_BIND); *p; p += strcspn(p, " "), p += strspn(p, " ")) {
        snprintf(host, sizeof host, "%.*s", (int)strcspn(p, " "), p);
        for (int i = 0; i < 2; i++) {
            *taken = host;
            *port = ports[i];
            if (is_taken(e, host, ports[i])) return false;
        }
    }
    return true;
}

struct model_engine *model_in(const struct model_world *w, const char *dir)
{
    for (struct model_engine *e = w->engines; e; e = e->next)
        if (e->life != LIFE_ENDED && strcmp(e->dir, dir) == 0) return e;
    return NULL;
}

/* ---- standing still ---- */

static void thawed(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    conn_drain_soon(e, now);
    repl_resumed(e, now);
    cluster_resumed(e, now);
}

void engine_freeze(struct model_engine *e, int64_t until, bool works)
{
    if (until <= e->frozen_until) return;
    e->frozen_until = until;
    e->frozen_works = works;
    timer_set(e->w, &e->thaw_timer, until, thawed, e);
}

void model_stall(struct model_engine *e, int64_t us, int64_t now)
{
    if (e->life == LIFE_RUNNING) engine_freeze(e, now + us, true);
}

bool model_answers(const struct model_engine *e, int64_t now)
{
    return e->life == LIFE_RUNNING && engine_turns(e, now);
}

bool model_works(const struct model_engine *e, int64_t now)
{
    if (e->stopped || e->life == LIFE_ENDED) return false;
    if (now < e->frozen_until) return e->frozen_works;
    return e->life != LIFE_RUNNING || e->script.runs || e->repl.loading;
}

/* ---- its end ---- */

static void death_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    (void)now;
    while (e->conns) conn_end(e->conns, "");
    if (e->w->hooks.exited) e->w->hooks.exited(e->w->hooks.arg, e, e->status, e->signal);
}

void engine_exit(struct model_engine *e, int status, int sig, int64_t now)
{
    char path[700];
    if (e->life == LIFE_ENDED) return;
    bool was_there = is_there(e);
    e->life = LIFE_ENDED;
    e->status = status;
    e->signal = sig;
    e->stopped = false;
    struct timer *all[] = {&e->drain_timer, &e->thaw_timer, &e->pause.timer, &e->expire_timer, &e->script.timer,
        &e->save.child_timer, &e->save.end_timer, &e->save.signal_timer, &e->life_timer};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) timer_stop(e->w, all[i]);
    for (struct model_conn *c = e->conns; c; c = c->next) {
        timer_stop(e->w, &c->timer);
        c->waits = WAITS_NOT;
    }
    repl_end(e, now);
    if (e->cluster) cluster_end(e, now);
    data_clear(&e->save.snapshot);
    if (sig == 0 && was_there && !e->memcached) {
        snprintf(path, sizeof path, "%s", conf_text(&e->conf, S_PIDFILE));
        unlink(path);
    }
    timer_set(e->w, &e->life_timer, now, death_run, e);
}

void model_signal(struct model_engine *e, int sig, int64_t now)
{
    if (e->life == LIFE_ENDED) return;
    if (now > e->w->now) e->w->now = now;
    if (sig == SIGKILL) return engine_exit(e, -1, SIGKILL, now);
    if (sig == SIGSTOP) {
        e->stopped = true;
    } else if (sig == SIGCONT) {
        e->stopped = false;
        thawed(e, now);
    } else if (sig != SIGTERM && sig != SIGINT) model_unknown(e, "the signal %d", sig);
    else if (e->memcached) memcached_signal(e, sig, now);
    else save_signal(e, sig, now);
}

void model_forget(struct model_engine *e)
{
    struct model_world *w = e->w;
    timer_stop(w, &e->life_timer);
    while (e->conns) {
        struct model_conn *c = e->conns;
        conn_forget(c);
    }
    struct model_engine **at = &w->engines;
    while (*at != e) at = &(*at)->next;
    *at = e->next;
    cluster_free(e);
    memcached_free(e);
    data_clear(&e->data);
    conf_free(&e->conf);
    acl_free(e);
    free(e->effects);
    free(e->effect_lens);
    free(e->dir);
    free(e->log);
    free(e);
}

/* ---- its start ---- */

static char *read_file(const char *path)
{
    struct buf text = {0};
    char part[4096];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return NULL;
    for (ssize_t n; (n = read(fd, part, sizeof part)) > 0;) buf_add(&text, part, (size_t)n);
    close(fd);
    if (text.data == NULL) buf_puts(&text, "");
    return text.data;
}

static void fail(struct model_engine *e, const char *text, int64_t now)
{
    engine_log_raw(e, text);
    engine_exit(e, 1, 0, now);
}

static bool load_users(struct model_engine *e, struct buf *complaint)
{
    struct user *u = acl_add(e, "default");
    static const char *const all[] = {"on", "nopass", "~*", "&*", "+@all"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) acl_rule(u, all[i]);
    char *rest = NULL, *line = e->conf.users ? strtok_r(e->conf.users, "\n", &rest) : NULL;
    for (; line; line = strtok_r(NULL, "\n", &rest))
        if (!acl_load_line(e, line, complaint)) return false;
    const char *password = conf_text(&e->conf, S_REQUIREPASS);
    if (*password) model_unknown(e, "requirepass");
    return true;
}

static void ready(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    if (e->stopped) return timer_set(e->w, &e->life_timer, now + 10 * MS, ready, e);
    e->life = LIFE_RUNNING;
    engine_log(e, '*', "Ready to accept connections");
    if (e->cluster) cluster_start(e, now);
    repl_start(e, now);
    strings_expire(e, now);
    conn_drain_soon(e, now);
}

/* What is loaded is there at once; nobody is served before the time for it has gone by. */
static void load(struct model_engine *e, int64_t now)
{
    struct buf complaint = {0};
    char path[700];
    snprintf(path, sizeof path, "%s/%s", e->dir, conf_text(&e->conf, S_DBFILENAME));
    if (access(path, F_OK) != 0) return ready(e, now);
    bool ok = rdb_load(e, conf_text(&e->conf, S_DBFILENAME), &complaint);
    if (!ok) engine_log(e, '#', "%s", complaint.data);
    buf_fini(&complaint);
    int64_t slow = conf_number(&e->conf, S_LOAD_DELAY) * (int64_t)e->data.n;
    if (ok) timer_set(e->w, &e->life_timer, now + e->w->knobs.load_us + (slow > 0 ? slow : 0), ready, e);
    else engine_exit(e, 1, 0, now);
}

static void write_pidfile(const struct model_engine *e)
{
    const char *path = conf_text(&e->conf, S_PIDFILE);
    FILE *f = *path ? fopen(path, "w") : NULL;
    if (f == NULL) return;
    fprintf(f, "%ld\n", e->pid);
    fclose(f);
}

static void follow_conf(struct model_engine *e)
{
    char host[80];
    int port;
    if (sscanf(conf_text(&e->conf, S_REPLICAOF), "%79s %d", host, &port) != 2) return;
    e->repl.host = strdup(host);
    e->repl.port = port;
    if (e->repl.host == NULL) abort();
}

/* It listens, and then loads. */
static void listening(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    char line[300];
    const char *taken;
    int port;
    if (e->stopped) return timer_set(e->w, &e->life_timer, now + 10 * MS, listening, e);
    if (!config_tls_is_whole(e)) {
        engine_log(e, '#', "Failed to configure TLS. Check logs for more info.");
        return engine_exit(e, 1, 0, now);
    }
    if (!engine_can_bind(e, &e->conf, &taken, &port)) {
        engine_log(
            e, '#', "Warning: Could not create server TCP listening socket %s:%d: bind: Address already in use", taken, port);
        snprintf(
            line, sizeof line, "%ld:M 01 Jan 2026 00:00:00.000 # Failed listening on port %d (TCP), aborting.\n", e->pid, port);
        return fail(e, line, now);
    }
    if (e->cluster && !cluster_listen(e, now)) return;
    write_pidfile(e);
    e->life = LIFE_LOADING;
    load(e, now);
}

static void configured(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct buf complaint = {0};
    char name[40];
    char *text = read_file(e->conf_path);
    if (text == NULL) return fail(e, "Fatal error, can't open config file\n", now);
    snprintf(name, sizeof name, "%s %s", e->kind == MODEL_VALKEY ? "Valkey" : "Redis", engine_version(e));
    bool ok = conf_load(&e->conf, text, name, &complaint);
    free(text);
    if (!ok) {
        fail(e, complaint.data, now);
        return buf_fini(&complaint);
    }
    if (!load_users(e, &complaint)) {
        engine_log(e, '#', "%s", complaint.data);
        buf_fini(&complaint);
        return engine_exit(e, 1, 0, now);
    }
    buf_fini(&complaint);
    if (conf_is(&e->conf, S_CLUSTER_ENABLED, "yes") && !cluster_load(e, now)) return;
    random_id(e->w, e->run_id);
    repl_new_id(e);
    follow_conf(e);
    timer_set(e->w, &e->life_timer, now + e->w->knobs.start_us, listening, e);
}

struct model_engine *model_spawn(struct model_world *w, enum model_kind kind, const char *dir, const char *log, int argc,
    const char *const argv[], int64_t now)
{
    struct model_engine *e = calloc(1, sizeof *e), **last = &w->engines;
    if (e == NULL) abort();
    if (now > w->now) w->now = now;
    e->w = w;
    e->kind = kind;
    e->pid = w->hooks.pid ? w->hooks.pid(w->hooks.arg) : ++w->next_pid;
    e->started_at = now;
    e->dir = strdup(dir);
    e->log = log ? strdup(log) : NULL;
    if (e->dir == NULL) abort();
    snprintf(e->program, sizeof e->program, "%s", argc > 0 ? argv[0] : "");
    e->save.last_ok = true;
    e->save.last_took_s = -1;
    e->save.saved_at_ms = wall_ms(w, now);
    while (*last) last = &(*last)->next;
    *last = e;
    if (kind == MODEL_MEMCACHED) return memcached_start(e, argc, argv, now), e;
    if (argc != 2) model_unknown(e, "so many arguments");
    snprintf(e->conf_path, sizeof e->conf_path, "%s%s%s", argv[1][0] == '/' ? "" : dir, argv[1][0] == '/' ? "" : "/", argv[1]);
    timer_set(w, &e->life_timer, now, configured, e);
    return e;
}

/* ---- what is asked about it ---- */

long model_pid(const struct model_engine *e)
{
    return e->pid;
}

const char *model_dir(const struct model_engine *e)
{
    return e->dir;
}

enum model_kind model_kind_of(const struct model_engine *e)
{
    return e->kind;
}

bool model_is_alive(const struct model_engine *e)
{
    return e->life != LIFE_ENDED;
}

bool model_is_stopped(const struct model_engine *e)
{
    return e->stopped;
}
