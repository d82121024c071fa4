#include "scripted_engine.h"
#include <criterion/criterion.h>
#include <hiredis/hiredis.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 64, COMMANDS = 512, FIRST_PID = 100000 };

/* ---- the clock ---- */

static uint64_t now_ms = 1000000;

/* In the place of libuv's own, for everything that is linked into the test. */
uint64_t uv_now(const uv_loop_t *loop)
{
    (void)loop;
    return now_ms;
}

uint64_t uv_hrtime(void)
{
    return now_ms * 1000000;
}

void script_advance(int64_t ms)
{
    now_ms += (uint64_t)ms;
}

/* ---- processes ---- */

struct proc {
    struct proc_id id;
    proc_exited *exited;
    void *arg;
    int signal;
    bool stands_still, works;
};

struct place {
    char id[64];
    struct proc *proc;
    struct proc_id left; /* a process, or a death, that an agent before left */
    bool runs, died, listens;
    int starts;
};

static struct place places[MOST];
static int n_places;
static long last_pid = FIRST_PID;
static int refused_code;
static char refused_why[128];

static struct place *place_of(const char *id)
{
    for (int i = 0; i < n_places; i++)
        if (strcmp(places[i].id, id) == 0) return &places[i];
    cr_assert_lt(n_places, MOST);
    snprintf(places[n_places].id, sizeof places[n_places].id, "%s", id);
    return &places[n_places++];
}

static struct place *place_in(const char *dir)
{
    const char *slash = strrchr(dir, '/');
    return place_of(slash ? slash + 1 : dir);
}

static struct proc *proc_new(const struct proc_id *keep, proc_exited *exited, void *arg)
{
    struct proc *p = calloc(1, sizeof *p);
    p->id = *keep;
    p->exited = exited;
    p->arg = arg;
    return p;
}

int proc_spawn(uv_loop_t *loop, const char *dir, char *const args[], char *const env[], const char *log,
    const struct proc_id *keep, proc_exited *exited, void *arg, struct proc **out, struct err *e)
{
    (void)loop;
    (void)args;
    (void)env;
    (void)log;
    struct place *l = place_in(dir);
    int code = refused_code;
    refused_code = 0;
    if (code) return err_set(e, code, "%s", refused_why);
    *out = l->proc = proc_new(keep, exited, arg);
    l->proc->id.pid = ++last_pid;
    l->proc->id.started_ms = (int64_t)now_ms;
    l->starts++;
    return 0;
}

int proc_adopt(
    uv_loop_t *loop, const char *dir, const char *pidfile, proc_exited *exited, void *arg, struct proc **out, struct err *e)
{
    (void)loop;
    (void)pidfile;
    (void)e;
    struct place *l = place_in(dir);
    *out = l->runs ? l->proc = proc_new(&l->left, exited, arg) : NULL;
    return 0;
}

void proc_end_group(const struct proc_id *id)
{
    (void)id;
}

bool proc_unaccounted(const char *dir, struct proc_id *last)
{
    *last = place_in(dir)->left;
    return place_in(dir)->died;
}

void proc_account(const char *dir)
{
    place_in(dir)->died = false;
}

bool proc_is(const struct proc *p, int64_t pid, int64_t started_ms)
{
    return p != NULL && pid != 0 && p->id.pid == pid && (started_ms == 0 || p->id.started_ms == started_ms);
}

bool proc_is_noted(const char *dir, long pid)
{
    (void)dir;
    (void)pid;
    return true;
}

int proc_note(const char *dir, long pid, struct err *e)
{
    (void)dir;
    (void)pid;
    (void)e;
    return 0;
}

const struct proc_id *proc_id(const struct proc *p)
{
    return &p->id;
}

void proc_ask(struct proc *p, const char *dir, const char *asked)
{
    (void)dir;
    snprintf(p->id.asked, sizeof p->id.asked, "%s", asked);
}

void proc_stand_for(struct proc *p, const char *dir, int64_t incarnation)
{
    (void)dir;
    p->id.incarnation = incarnation;
}

bool proc_works(struct proc *p)
{
    return p->works && !p->stands_still;
}

bool proc_is_stopped(const struct proc *p)
{
    return p->stands_still;
}

void proc_signal(struct proc *p, int signal)
{
    p->signal = signal;
    if (signal == SIGCONT) p->stands_still = false;
}

int script_starts(const char *id)
{
    return place_of(id)->starts;
}

struct proc *script_process(const char *id)
{
    return place_of(id)->proc;
}

long script_pid(const char *id)
{
    return place_of(id)->proc->id.pid;
}

void script_leave_process(const char *id, int64_t incarnation)
{
    struct place *l = place_of(id);
    l->runs = true;
    l->left = (struct proc_id){.pid = ++last_pid, .started_ms = (int64_t)now_ms, .incarnation = incarnation};
}

void script_leave_death(const char *id)
{
    struct place *l = place_of(id);
    l->died = true;
    l->left = (struct proc_id){.pid = ++last_pid};
}

void script_refuse_start(int code, const char *why)
{
    refused_code = code;
    snprintf(refused_why, sizeof refused_why, "%s", why);
}

void script_end(const char *id, int status, int signal)
{
    struct proc *p = place_of(id)->proc;
    cr_assert_not_null(p, "%s has no process that could end", id);
    place_of(id)->proc = NULL;
    place_of(id)->listens = false;
    p->exited(p->arg, status, signal);
    free(p);
}

int script_signal(const char *id)
{
    struct proc *p = place_of(id)->proc;
    int signal = p ? p->signal : 0;
    if (p) p->signal = 0;
    return signal;
}

void script_stand_still(const char *id, bool still)
{
    place_of(id)->proc->stands_still = still;
}

void script_work(const char *id, bool works)
{
    place_of(id)->proc->works = works;
}

/* ---- texts that wait to be read ---- */

struct texts {
    char *items[COMMANDS];
    int n, read;
};

static void texts_add(struct texts *t, char *text)
{
    cr_assert_lt(t->n, COMMANDS);
    t->items[t->n++] = text;
}

static const char *texts_read(struct texts *t)
{
    return t->read < t->n ? t->items[t->read++] : "";
}

static void texts_fini(struct texts *t)
{
    for (int i = 0; i < t->n; i++) free(t->items[i]);
}

/* ---- connections of a redis-server ---- */

struct rconn {
    struct place *place;
    const struct rconn_events *events;
    void *arg;
    bool gone;
    int pokes;
    struct texts sent;
};

static struct rconn *conns[MOST * 4];
static int n_conns;

struct rconn *rconn_open(uv_loop_t *loop, const char *path, const struct rconn_events *events, void *arg)
{
    char folder[64], dir[PATH_MAX];
    (void)loop;
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    ssize_t n = readlink(folder, dir, sizeof dir - 1);
    cr_assert_gt(n, 0);
    dir[n] = '\0';
    return place_in(dir)->listens ? script_connect(place_in(dir)->id, events, arg) : NULL;
}

struct rconn *script_connect(const char *id, const struct rconn_events *events, void *arg)
{
    struct rconn *c = calloc(1, sizeof *c);
    c->place = place_of(id);
    c->events = events;
    c->arg = arg;
    cr_assert_lt(n_conns, MOST * 4);
    return conns[n_conns++] = c;
}

void rconn_send_bytes(struct rconn *c, int n, const char *const words[], const size_t lengths[])
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    for (int i = 0; i < n; i++) {
        if (i) fputc(' ', f);
        fwrite(words[i], 1, lengths ? lengths[i] : strlen(words[i]), f);
    }
    fclose(f);
    cr_assert_not(c->gone);
    texts_add(&c->sent, text);
}

void rconn_send(struct rconn *c, int n, const char *const words[])
{
    rconn_send_bytes(c, n, words, NULL);
}

void rconn_queue(struct rconn *c, int n, const char *const words[])
{
    rconn_send_bytes(c, n, words, NULL);
}

void rconn_tell(struct rconn *c, int n, const char *const words[])
{
    rconn_send_bytes(c, n, words, NULL);
}

void rconn_follow(struct rconn *c, int n, const char *const words[])
{
    rconn_send(c, n, words);
}

void rconn_poke(struct rconn *c)
{
    c->pokes++;
}

/* Its memory stays until the test is over: an answer may close the connection that it came on. */
void rconn_close(struct rconn *c)
{
    if (c != NULL) c->gone = true;
}

void script_listen(const char *id, bool yes)
{
    place_of(id)->listens = yes;
}

struct rconn *script_conn(const char *id, int n)
{
    for (int i = 0; i < n_conns; i++)
        if (!conns[i]->gone && conns[i]->place == place_of(id) && n-- == 0) return conns[i];
    return NULL;
}

void script_accept(struct rconn *c)
{
    c->events->up(c->arg);
}

const char *script_read(struct rconn *c)
{
    return texts_read(&c->sent);
}

bool script_reads(struct rconn *c, const char *command)
{
    bool is = c->sent.read < c->sent.n && strcmp(c->sent.items[c->sent.read], command) == 0;
    c->sent.read += is;
    return is;
}

void script_say(struct rconn *c, const char *wire)
{
    void *reply = NULL;
    redisReader *reader = redisReaderCreate();
    redisReaderFeed(reader, wire, strlen(wire));
    while (redisReaderGetReply(reader, &reply) == REDIS_OK && reply != NULL) {
        if (!c->gone) c->events->reply(c->arg, reply);
        freeReplyObject(reply);
        reply = NULL;
    }
    cr_assert_eq(reader->err, 0, "%s", reader->errstr);
    redisReaderFree(reader);
}

void script_say_text(struct rconn *c, const char *text)
{
    char *wire;
    cr_assert(asprintf(&wire, "$%zu\r\n%s\r\n", strlen(text), text) > 0);
    script_say(c, wire);
    free(wire);
}

void script_hang_up(struct rconn *c, const char *why)
{
    c->gone = true;
    c->events->down(c->arg, why);
}

int script_pokes(const struct rconn *c)
{
    return c->pokes;
}

/* ---- connections of a memcached ---- */

struct mconn {
    int port;
    const struct mconn_events *events;
    void *arg;
    bool gone;
    struct texts sent;
};

static struct mconn *mconns[MOST];
static int n_mconns;

struct mconn *mconn_open(uv_loop_t *loop, const char *host, int port, bool tls, const struct mconn_events *events, void *arg)
{
    (void)loop;
    (void)host, (void)tls;
    struct mconn *c = calloc(1, sizeof *c);
    c->port = port;
    c->events = events;
    c->arg = arg;
    cr_assert_lt(n_mconns, MOST);
    return mconns[n_mconns++] = c;
}

void mconn_send(struct mconn *c, const char *line)
{
    texts_add(&c->sent, strdup(line));
}

void mconn_close(struct mconn *c)
{
    if (c != NULL) c->gone = true;
}

struct mconn *script_mconn(int port)
{
    for (int i = 0; i < n_mconns; i++)
        if (!mconns[i]->gone && mconns[i]->port == port) return mconns[i];
    return NULL;
}

void script_maccept(struct mconn *c)
{
    c->events->up(c->arg);
}

const char *script_mread(struct mconn *c)
{
    return texts_read(&c->sent);
}

void script_msay(struct mconn *c, const char *line)
{
    char copy[256];
    snprintf(copy, sizeof copy, "%s", line);
    if (!c->gone) c->events->line(c->arg, copy);
}

void script_mhang_up(struct mconn *c)
{
    c->gone = true;
    c->events->down(c->arg);
}

void script_reset(void)
{
    for (int i = 0; i < n_conns; i++) {
        texts_fini(&conns[i]->sent);
        free(conns[i]);
    }
    for (int i = 0; i < n_mconns; i++) {
        texts_fini(&mconns[i]->sent);
        free(mconns[i]);
    }
    for (int i = 0; i < n_places; i++) free(places[i].proc);
    memset(places, 0, sizeof places);
    n_conns = n_mconns = n_places = refused_code = 0;
}
