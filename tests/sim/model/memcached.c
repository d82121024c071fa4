#include "memcached.h"
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A memcached 1.6.18 with its text protocol. Source: doc/protocol.txt there; what it says was read from the program. */

enum { KEY_MAX_LEN = 250, LINE_WORDS = 8, OVERHEAD = 49, MONTH = 30 * 86400, LEAST_MB = 8 };

struct memcached {
    char host[64], pidfile[300];
    int port;
    int64_t limit, item_max; /* bytes */
    uint64_t cas;
    bool no_cas, no_flush, no_evictions;
    int64_t total_items, gets, sets, hits;
};

/* ---- its start ---- */

struct option_values {
    const char *host, *pidfile, *factor, *chunk, *item, *sub;
    int port, megabytes;
};

static int64_t size_of(const char *text)
{
    char *end;
    int64_t n = strtoll(text, &end, 10);
    return *end == 'k' || *end == 'K' ? n * 1024 : *end == 'm' || *end == 'M' ? n << 20 : n;
}

static void take_option(struct model_engine *e, struct option_values *o, char option, const char *value)
{
    switch (option) {
    case 'l': o->host = value; return;
    case 'p': o->port = atoi(value); return;
    case 'm': o->megabytes = atoi(value); return;
    case 'P': o->pidfile = value; return;
    case 'f': o->factor = value; return;
    case 'n': o->chunk = value; return;
    case 'I': o->item = value; return;
    case 'o': o->sub = value; return;
    case 'U':
    case 'u':
    case 'c':
    case 't':
    case 'R':
    case 'b':
    case 'B': return;
    default: model_unknown(e, "the option -%c", option);
    }
}

static void take_switch(struct model_engine *e, char option)
{
    struct memcached *m = e->memcached;
    if (option == 'C') m->no_cas = true;
    else if (option == 'F') m->no_flush = true;
    else if (option == 'M') m->no_evictions = true;
    else if (strchr("kLrW", option) == NULL) model_unknown(e, "the option -%c", option);
}

static const char *wrong_suboption(const char *sub, char text[200])
{
    static const char *const known[] = {"no_modern", "modern", "hash_algorithm", "hashpower", "idle_timeout", "inline_ascii_resp",
        "no_inline_ascii_resp", "lru_crawler", "no_lru_crawler", "lru_maintainer", "no_lru_maintainer", "maxconns_fast",
        "no_maxconns_fast", "slab_automove", "slab_chunk_max", "slab_reassign", "no_slab_reassign", "track_sizes",
        "watcher_logbuf_size", "worker_logbuf_size"};
    for (const char *p = sub; p && *p; p += strcspn(p, ",") + (p[strcspn(p, ",")] == ',')) {
        size_t n = strcspn(p, ",="), whole = strcspn(p, ","), i = 0;
        while (i < sizeof known / sizeof *known && !(strlen(known[i]) == n && strncmp(known[i], p, n) == 0)) i++;
        if (i == sizeof known / sizeof *known) return snprintf(text, 200, "Illegal suboption \"%.*s\"\n", (int)whole, p), text;
        int value = p[n] == '=' ? atoi(p + n + 1) : 0;
        if (strncmp(p, "hashpower", n) == 0 && n == 9 && value < 12)
            return snprintf(text, 200, "Initial hashtable multiplier of %d is too low\n", value), text;
    }
    return NULL;
}

static const char *wrong_options(const struct option_values *o, char text[200], int *status)
{
    *status = 1;
    if (o->factor && strtod(o->factor, NULL) <= 1) return "Factor must be greater than 1\n";
    if (o->chunk && atoi(o->chunk) <= 0) return "Chunk size must be greater than 0\n";
    const char *why = wrong_suboption(o->sub, text);
    if (why) return why;
    *status = 64;
    if (o->item && size_of(o->item) < 1024) return "Item max size cannot be less than 1024 bytes.\n";
    if (o->item && size_of(o->item) > ((int64_t)o->megabytes << 20) / 2)
        return "Cannot set item size limit higher than 1/2 of memory max.\n";
    return NULL;
}

static void listening(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct memcached *m = e->memcached;
    char line[200];
    bool tls;
    if (e->stopped) return timer_set(e->w, &e->life_timer, now + 10 * MS, listening, e);
    const struct model_hooks *h = &e->w->hooks;
    bool taken = model_at(e->w, m->host, m->port, &tls) || (h->taken && h->taken(h->arg, m->host, m->port));
    if (taken) {
        snprintf(line, sizeof line, "failed to listen on one of interface(s) %s: Address already in use\n", m->host);
        engine_log_raw(e, line);
        return engine_exit(e, 71, 0, now);
    }
    e->life = LIFE_RUNNING;
    char path[700];
    snprintf(path, sizeof path, "%s%s%s", m->pidfile[0] == '/' ? "" : e->dir, m->pidfile[0] == '/' ? "" : "/", m->pidfile);
    FILE *f = m->pidfile[0] ? fopen(path, "w") : NULL;
    if (f) fprintf(f, "%ld\n", e->pid);
    if (f) fclose(f);
    conn_drain_soon(e, now);
}

void memcached_start(struct model_engine *e, int argc, const char *const argv[], int64_t now)
{
    struct option_values o = {.host = "0.0.0.0", .port = 11211, .megabytes = 64};
    char text[200];
    int status;
    struct memcached *m = e->memcached = calloc(1, sizeof *m);
    if (m == NULL) abort();
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-' || argv[i][1] == '\0') model_unknown(e, "the argument %s", argv[i]);
        if (strchr("CFMkLrW", argv[i][1])) take_switch(e, argv[i][1]);
        else if (i + 1 < argc) take_option(e, &o, argv[i][1], argv[i + 1]), i++;
        else model_unknown(e, "the option %s without a value", argv[i]);
    }
    snprintf(m->host, sizeof m->host, "%s", o.host);
    snprintf(m->pidfile, sizeof m->pidfile, "%s", o.pidfile ? o.pidfile : "");
    m->port = o.port;
    m->limit = (int64_t)o.megabytes << 20;
    m->item_max = o.item ? size_of(o.item) : 1 << 20;
    const char *why = wrong_options(&o, text, &status);
    if (why) {
        engine_log_raw(e, why);
        return engine_exit(e, status, 0, now);
    }
    timer_set(e->w, &e->life_timer, now + e->w->knobs.start_us, listening, e);
}

void memcached_free(struct model_engine *e)
{
    free(e->memcached);
}

static void signal_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    if (e->stopped) timer_set(e->w, &e->save.signal_timer, now + 10 * MS, signal_run, e);
    else engine_exit(e, 0, 0, now);
}

void memcached_signal(struct model_engine *e, int signal, int64_t now)
{
    (void)signal;
    timer_set(e->w, &e->save.signal_timer, now + MS, signal_run, e);
}

bool memcached_listens_at(const struct model_engine *e, const char *host, int port)
{
    return e->memcached->port == port && strcmp(e->memcached->host, host) == 0;
}

/* ---- items ---- */

static struct item *find_item(struct call *c, const char *name)
{
    struct key *k = key_of(c->w, name, strlen(name));
    struct item *i = data_find(&c->e->data, k);
    if (i && i->expires_ms && i->expires_ms <= wall_ms(c->w, c->now)) {
        data_remove(&c->e->data, i);
        return NULL;
    }
    if (i) i->used_at = c->now;
    return i;
}

/* 0: never. Whatever lies further ahead than a month is a date. */
static int64_t expiry_of(const struct call *c, int64_t seconds)
{
    int64_t wall = wall_ms(c->w, c->now);
    if (seconds == 0) return 0;
    if (seconds < 0) return 1;
    return seconds > MONTH ? seconds * 1000 : wall + seconds * 1000;
}

static bool make_room(struct model_engine *e, int64_t bytes)
{
    while (e->data.bytes + bytes > e->memcached->limit) {
        struct item *oldest = NULL;
        for (size_t i = 0; i < e->data.n; i++)
            if (oldest == NULL || e->data.items[i].used_at < oldest->used_at) oldest = &e->data.items[i];
        if (oldest == NULL || e->memcached->no_evictions) return false;
        data_remove(&e->data, oldest);
        e->evicted++;
    }
    return true;
}

static void put_item(struct call *c, const char *name, const char *value, size_t len, uint32_t flags, int64_t expires_ms)
{
    struct data *d = &c->e->data;
    struct key *k = key_of(c->w, name, strlen(name));
    struct item *i = data_find(d, k);
    if (i) d->bytes -= item_bytes(i);
    i = data_put(d, k);
    i->value = pool_copy(&c->w->pool, value, len);
    i->len = len;
    i->flags = flags;
    i->expires_ms = expires_ms;
    i->cas = ++c->e->memcached->cas;
    i->used_at = c->now;
    d->bytes += item_bytes(i);
}

/* ---- storing: a line, and a data block ---- */

enum how { HOW_SET, HOW_ADD, HOW_REPLACE, HOW_APPEND, HOW_PREPEND, HOW_CAS, HOW__COUNT };
static const char *const how_names[] = {"set", "add", "replace", "append", "prepend", "cas"};

static const char *begin_store(struct call *c, enum how how, char *words[], int n)
{
    struct model_conn *conn = c->conn;
    int needed = how == HOW_CAS ? 6 : 5;
    int64_t flags, expires, len, cas = 0;
    bool quiet = n == needed + 1 && strcmp(words[n - 1], "noreply") == 0;
    if (n != needed && !quiet) return "ERROR\n";
    bool proper = number_of(words[2], strlen(words[2]), &flags) && number_of(words[3], strlen(words[3]), &expires) &&
                  number_of(words[4], strlen(words[4]), &len) && len >= 0 && strlen(words[1]) <= KEY_MAX_LEN;
    if (how == HOW_CAS && proper) proper = number_of(words[5], strlen(words[5]), &cas);
    if (!proper) return "CLIENT_ERROR bad command line format\n";
    conn->storing = key_of(c->w, words[1], strlen(words[1]));
    conn->storing_how = how;
    conn->storing_len = (size_t)len;
    conn->storing_expires = expiry_of(c, expires);
    conn->storing_flags = flags;
    conn->storing_cas = (uint64_t)cas;
    conn->storing_quiet = quiet;
    return "";
}

static const char *store(struct call *c, const char *block, size_t len)
{
    struct model_conn *conn = c->conn;
    struct memcached *m = c->e->memcached;
    const char *name = conn->storing->name;
    struct item *i = find_item(c, name);
    _buf_ struct buf all = {0};
    m->sets++;
    if (len != conn->storing_len) return "CLIENT_ERROR bad data chunk\nERROR\n";
    if ((int64_t)(len + strlen(name) + OVERHEAD) > m->item_max) return "SERVER_ERROR object too large for cache\n";
    if (conn->storing_how == HOW_CAS && i == NULL) return "NOT_FOUND\n";
    if (conn->storing_how == HOW_CAS && i->cas != conn->storing_cas) return "EXISTS\n";
    if (conn->storing_how == HOW_ADD ? i != NULL : conn->storing_how != HOW_SET && i == NULL) return "NOT_STORED\n";
    if (conn->storing_how == HOW_APPEND) buf_add(&all, i->value, i->len);
    buf_add(&all, block, len);
    if (conn->storing_how == HOW_PREPEND) buf_add(&all, i->value, i->len);
    bool joins = conn->storing_how == HOW_APPEND || conn->storing_how == HOW_PREPEND;
    uint32_t flags = joins ? i->flags : (uint32_t)conn->storing_flags;
    int64_t expires = joins ? i->expires_ms : conn->storing_expires;
    if (!make_room(c->e, (int64_t)all.len)) return "SERVER_ERROR out of memory storing object\n";
    put_item(c, name, all.data, all.len, flags, expires);
    m->total_items++;
    return "STORED\n";
}

/* ---- the other commands ---- */

static void get_items(struct call *c, char *words[], int n, bool with_cas, struct buf *out)
{
    for (int k = 1; k < n; k++) {
        struct item *i = find_item(c, words[k]);
        c->e->memcached->gets++;
        if (i == NULL) continue;
        c->e->memcached->hits++;
        buf_printf(out, "VALUE %s %u %zu", words[k], i->flags, i->len);
        if (with_cas) buf_printf(out, " %llu", (unsigned long long)(c->e->memcached->no_cas ? 0 : i->cas));
        buf_putc(out, '\n');
        buf_add(out, i->value, i->len);
        buf_putc(out, '\n');
    }
    buf_puts(out, "END\n");
}

static const char *add_to(struct call *c, char *words[], bool up, struct buf *out)
{
    struct item *i = find_item(c, words[1]);
    int64_t by;
    uint64_t value;
    char *end;
    if (!number_of(words[2], strlen(words[2]), &by) || by < 0) return "CLIENT_ERROR invalid numeric delta argument\n";
    if (i == NULL) return "NOT_FOUND\n";
    value = strtoull(i->value, &end, 10);
    if (end == i->value || *end) return "CLIENT_ERROR cannot increment or decrement non-numeric value\n";
    value = up ? value + (uint64_t)by : value < (uint64_t)by ? 0 : value - (uint64_t)by;
    buf_printf(out, "%llu", (unsigned long long)value);
    put_item(c, words[1], out->data, out->len, i->flags, i->expires_ms);
    buf_putc(out, '\n');
    return NULL;
}

static void put_stats(struct call *c, struct buf *out)
{
    const struct model_engine *e = c->e;
    const struct memcached *m = e->memcached;
    int64_t conns = 0;
    for (const struct model_conn *conn = e->conns; conn; conn = conn->next) conns++;
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"pid", e->pid}, {"uptime", (c->now - e->started_at) / SECOND}, {"time", wall_ms(c->w, c->now) / 1000},
        {"pointer_size", 64}, {"curr_connections", conns}, {"total_connections", e->next_conn}, {"cmd_get", m->gets},
        {"cmd_set", m->sets}, {"get_hits", m->hits}, {"get_misses", m->gets - m->hits}, {"limit_maxbytes", m->limit},
        {"bytes", e->data.bytes}, {"curr_items", (int64_t)e->data.n}, {"total_items", m->total_items}, {"evictions", e->evicted}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        buf_printf(out, "STAT %s %lld\n", numbers[i].name, (long long)numbers[i].value);
        if (i == 2) buf_printf(out, "STAT version %s\n", engine_version(e));
    }
    buf_puts(out, "END\n");
}

static const char *set_limit(struct call *c, char *words[], int n)
{
    int64_t megabytes;
    if (n != 2 || !number_of(words[1], strlen(words[1]), &megabytes) || megabytes < 0) return "ERROR\n";
    if (megabytes < LEAST_MB) return "MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m\n";
    c->e->memcached->limit = megabytes << 20;
    make_room(c->e, 0);
    return "OK\n";
}

static const char *touch_item(struct call *c, char *words[])
{
    int64_t seconds;
    struct item *i = find_item(c, words[1]);
    if (!number_of(words[2], strlen(words[2]), &seconds)) return "CLIENT_ERROR invalid exptime argument\n";
    if (i == NULL) return "NOT_FOUND\n";
    i->expires_ms = expiry_of(c, seconds);
    return "TOUCHED\n";
}

static const char *delete_item(struct call *c, const char *name)
{
    struct item *i = find_item(c, name);
    if (i == NULL) return "NOT_FOUND\n";
    data_remove(&c->e->data, i);
    return "DELETED\n";
}

/* A text, or NULL where 'out' has the answer. */
static const char *run_words(struct call *c, char *words[], int n, struct buf *out)
{
    const char *name = n > 0 ? words[0] : "";
    for (int how = 0; how < HOW__COUNT; how++)
        if (strcmp(name, how_names[how]) == 0) return begin_store(c, (enum how)how, words, n);
    if (strcmp(name, "version") == 0) return buf_printf(out, "VERSION %s\n", engine_version(c->e)), NULL;
    if (strcmp(name, "stats") == 0 && n == 1) return put_stats(c, out), NULL;
    if ((strcmp(name, "get") == 0 || strcmp(name, "gets") == 0) && n > 1)
        return get_items(c, words, n, name[3] == 's', out), NULL;
    if (strcmp(name, "get") == 0 || strcmp(name, "gets") == 0) return "ERROR\n";
    if (strcmp(name, "cache_memlimit") == 0) return set_limit(c, words, n);
    if (strcmp(name, "delete") == 0 && n == 2) return delete_item(c, words[1]);
    if ((strcmp(name, "incr") == 0 || strcmp(name, "decr") == 0) && n == 3) return add_to(c, words, name[0] == 'i', out);
    if (strcmp(name, "touch") == 0 && n == 3) return touch_item(c, words);
    if (strcmp(name, "flush_all") == 0 && n == 1) {
        if (c->e->memcached->no_flush) return "CLIENT_ERROR flush_all not allowed\n";
        data_clear(&c->e->data);
        return "OK\n";
    }
    if (strcmp(name, "verbosity") == 0 && n == 2) return "OK\n";
    if (strcmp(name, "quit") == 0) return conn_end(c->conn, ""), "";
    static const char *const none[] = {"nonsense", "config", ""};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        if (strcmp(name, none[i]) == 0) return "ERROR\n";
    model_unknown(c->e, "the line %.80s", c->argv[0]);
}

struct redisReply *memcached_process(struct call *c)
{
    char line[2048], *words[LINE_WORDS], *rest = NULL;
    struct buf *out = &c->w->text;
    int n = 0;
    out->len = 0;
    if (c->conn->storing) {
        const char *text = store(c, c->argv[0], c->lens[0]);
        c->conn->storing = NULL;
        return reply_text(c->w, text, c->conn->storing_quiet ? 0 : strlen(text));
    }
    if (c->lens[0] >= sizeof line) model_unknown(c->e, "so long a line");
    snprintf(line, sizeof line, "%s", c->argv[0]);
    for (char *w = strtok_r(line, " ", &rest); w && n < LINE_WORDS; w = strtok_r(NULL, " ", &rest)) words[n++] = w;
    const char *text = run_words(c, words, n, out);
    return text ? reply_text(c->w, text, strlen(text)) : reply_text(c->w, out->data, out->len);
}

const char *model_line(struct model_conn *c, const char *line, int64_t now)
{
    const struct redisReply *r = model_command(c, 1, &line, NULL, now);
    return r ? r->str : NULL;
}
