#include "model_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Replication ids, the stream and its backlog, and what primary and replica make of what arrives. Source: src/replication.c of Redis 7.0. */

enum { PING_LEN = 14, GETACK_LEN = 37 };

bool engine_is_free(const struct model_engine *e, int64_t now)
{
    return engine_turns(e, now) && !e->script.runs && !e->repl.loading;
}

/* ---- a replica's half ---- */

bool repl_link_is_up(const struct model_engine *e)
{
    return e->repl.up != NULL && e->repl.up->state == LINK_UP;
}

void repl_dial(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    if (r->up) return;
    r->up = link_new(e, r->host, r->port, now);
    link_dial(r->up, now);
}

/* The connection to the upstream ends. What came over one that stood may be continued. */
void repl_loses_upstream(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    struct link *l = r->up;
    if (l == NULL) return;
    if (l->state == LINK_UP) {
        r->cached = true;
        memcpy(r->cached_replid, r->replid, sizeof r->cached_replid);
        r->down_since = now;
        engine_log(e, '#', "Connection with master lost.");
    }
    if (r->loading) {
        r->loading = false;
        timer_stop(e->w, &r->load);
        conn_drain_soon(e, now);
    }
    r->up = NULL;
    link_let_go_replica(l, now);
}

void repl_drop_upstream(struct model_engine *e, int64_t now)
{
    repl_loses_upstream(e, now);
    if (e->repl.host) repl_dial(e, now);
}

void repl_follow(struct model_engine *e, const char *host, int port, int64_t now)
{
    struct repl *r = &e->repl;
    bool was_primary = r->host == NULL;
    char *copy = strdup(host);
    if (copy == NULL) abort();
    repl_loses_upstream(e, now);
    free(r->host);
    r->host = copy;
    r->port = port;
    conns_unblock(e, now);
    if (was_primary) {
        if (!r->log.active) repl_start_log(e);
        r->cached = true;
        memcpy(r->cached_replid, r->replid, sizeof r->cached_replid);
        r->down_since = now;
    }
    repl_dial(e, now);
}

void repl_lead(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    if (r->host == NULL) return;
    repl_loses_upstream(e, now);
    free(r->host);
    r->host = NULL;
    r->cached = false;
    repl_shift_id(e);
    repl_drop_replicas(e, now);
    r->select_sent = false;
    r->no_replicas_since = now;
    strings_expire(e, now);
}

/* The answer to its question. */
static void take_answer(struct model_engine *e, struct link *l, int64_t now)
{
    struct repl *r = &e->repl;
    if (l->answer == PSYNC_LATER) return repl_loses_upstream(e, now);
    if (l->answer == PSYNC_FULL) {
        l->state = LINK_TRANSFER;
        r->cached = false;
        return;
    }
    if (strcmp(l->replid, r->cached_replid) != 0) {
        memcpy(r->replid2, r->cached_replid, sizeof r->replid2);
        r->second_offset = r->offset + 1;
        memcpy(r->replid, l->replid, sizeof r->replid);
        repl_drop_replicas(e, now);
    }
    l->state = LINK_UP;
    r->cached = false;
    if (!r->log.active) repl_start_log(e);
    cluster_link_changed(e, now);
}

static void loaded(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct repl *r = &e->repl;
    struct link *l = r->up;
    r->loading = false;
    data_clear(&e->data);
    e->data = l->snapshot;
    l->snapshot = (struct data){0};
    memcpy(r->replid, l->replid, sizeof r->replid);
    r->offset = l->start;
    repl_clear_second_id(e);
    repl_start_log(e);
    l->state = LINK_UP;
    l->heard_at = now;
    link_ack(l, r->offset, now);
    cluster_link_changed(e, now);
    conn_drain_soon(e, now);
}

/* All data are there. Its own replicas have to begin anew, too. */
static void take_data(struct model_engine *e, int64_t now)
{
    repl_drop_replicas(e, now);
    repl_stop_log(e);
    if (e->data.n > 0) data_clear(&e->data);
    e->repl.loading = true;
    timer_set(e->w, &e->repl.load, now + e->w->knobs.load_us, loaded, e);
}

static void take_entry(struct model_engine *e, struct link *l, const struct entry *entry, int64_t now)
{
    int64_t before = e->repl.offset;
    repl_apply(e, &entry->op);
    repl_pass(e, entry, now);
    if (entry->op.kind == OP_GETACK) link_ack(l, before, now);
}

static void take_stream(struct model_engine *e, struct link *l, int64_t until, int64_t now)
{
    while (l->n > 0 && l->entries[l->first].start <= until) {
        struct entry *first = &l->entries[l->first], entry = *first;
        int64_t end = entry.start + entry.len - 1;
        if (end > until && entry.op.kind != OP_BYTES) return;
        if (end > until) {
            entry.len = until - entry.start + 1;
            first->start += entry.len;
            first->len -= entry.len;
        } else {
            l->first++;
            l->n--;
        }
        take_entry(e, l, &entry, now);
    }
}

void repl_arrives_down(struct link *l, const struct note *note, int64_t now)
{
    struct model_engine *e = l->replica;
    l->heard_at = now;
    switch (note->kind) {
    case NOTE_ANSWER: return take_answer(e, l, now);
    case NOTE_DATA: return take_data(e, now);
    case NOTE_STREAM: return take_stream(e, l, note->offset, now);
    case NOTE_CLOSED: {
        bool was_up = l->state == LINK_UP;
        repl_loses_upstream(e, now);
        if (was_up) repl_dial(e, now);
        return;
    }
    case NOTE_NEWLINE:
    case NOTE_ACK: return;
    }
}

/* ---- an upstream's half ---- */

void repl_drop_replicas(struct model_engine *e, int64_t now)
{
    while (e->repl.replicas) link_let_go_upstream(e->repl.replicas, now);
}

bool link_is_online(const struct link *l)
{
    return !l->awaits_child && !l->in_transfer;
}

static void start_stream(struct link *l, int64_t now)
{
    l->streams = true;
    l->awaits_ack = false;
    l->acked_at = now;
    if (l->n > 0) link_send(l, true, NOTE_STREAM, l->upstream->repl.offset, now);
}

void repl_arrives_up(struct link *l, const struct note *note, int64_t now)
{
    struct model_engine *e = l->upstream;
    if (note->kind == NOTE_CLOSED) return link_let_go_upstream(l, now);
    if (note->offset > l->acked) l->acked = note->offset;
    l->acked_at = now;
    if (l->awaits_ack) start_stream(l, now);
    repl_acked(e, now);
}

static void add_replica(struct model_engine *e, struct link *l, int64_t now)
{
    struct link **last = &e->repl.replicas;
    while (*last) last = &(*last)->next;
    *last = l;
    l->next = NULL;
    l->known = true;
    l->acked = 0;
    l->acked_at = now;
}

static void start_transfer(struct model_engine *e, int64_t now)
{
    struct model_knobs *k = &e->w->knobs;
    int64_t slow = conf_number(&e->conf, S_SAVE_DELAY) * (int64_t)e->data.n;
    save_begin_child(e, CHILD_TRANSFER, k->fork_us + k->transfer_us + (slow > 0 ? slow : 0), now);
    for (struct link *l = e->repl.replicas; l; l = l->next) {
        if (!l->awaits_child) continue;
        l->awaits_child = false;
        l->in_transfer = true;
        l->answer = PSYNC_FULL;
        l->start = e->repl.offset;
        memcpy(l->replid, e->repl.replid, sizeof l->replid);
        data_copy(&l->snapshot, &e->data);
        link_send(l, true, NOTE_ANSWER, 0, now);
    }
    e->repl.select_sent = false;
}

/* A child that fed replicas is reaped, or another's end lets one begin. */
void repl_child_ended(struct model_engine *e, int64_t now)
{
    bool waits = false;
    for (struct link *l = e->repl.replicas; l; l = l->next) {
        waits |= l->awaits_child;
        if (!l->in_transfer) continue;
        l->in_transfer = false;
        l->awaits_ack = true;
        l->acked_at = now;
        link_send(l, true, NOTE_DATA, 0, now);
    }
    if (waits) start_transfer(e, now);
}

static void answer_full(struct model_engine *e, struct link *l, int64_t now)
{
    struct repl *r = &e->repl;
    r->full++;
    if (r->replicas == NULL && !r->log.active) {
        repl_new_id(e);
        repl_clear_second_id(e);
        repl_start_log(e);
    }
    add_replica(e, l, now);
    l->awaits_child = true;
    if (e->save.child == CHILD_NONE) start_transfer(e, now);
}

static void answer_partial(struct model_engine *e, struct link *l, int64_t from, int64_t now)
{
    const struct backlog *b = &e->repl.log;
    e->repl.partial_ok++;
    add_replica(e, l, now);
    l->answer = PSYNC_CONTINUE;
    memcpy(l->replid, e->repl.replid, sizeof l->replid);
    for (size_t i = b->first; i < b->first + b->n; i++) {
        struct entry entry = b->entries[i];
        int64_t end = entry.start + entry.len - 1;
        if (end < from) continue;
        if (entry.start < from) {
            entry.len = end - from + 1;
            entry.start = from;
        }
        link_add_entry(l, &entry);
    }
    l->streams = true;
    link_send(l, true, NOTE_ANSWER, 0, now);
    if (l->n > 0) link_send(l, true, NOTE_STREAM, e->repl.offset, now);
}

/* PSYNC replid offset */
static bool can_continue(const struct model_engine *e, const struct model_engine *replica, int64_t *from)
{
    const struct repl *r = &e->repl, *a = &replica->repl;
    *from = a->offset + 1;
    if (!a->cached) return false;
    bool same = strcmp(a->cached_replid, r->replid) == 0;
    bool before = strcmp(a->cached_replid, r->replid2) == 0 && *from <= r->second_offset;
    if (!same && !before) return false;
    return r->log.active && *from >= r->log.offset && *from <= r->log.offset + r->log.histlen;
}

/* The upstream lets it in: the replication user knows the password, and may. */
static bool may_replicate(const struct model_engine *e, const struct model_engine *replica)
{
    const char *name = conf_text(&replica->conf, S_MASTERUSER), *password = conf_text(&replica->conf, S_MASTERAUTH);
    const struct user *u = acl_find(e, *name ? name : "default");
    if (*password == '\0') return u && u->on && u->nopass;
    return u && acl_password(u, password);
}

static bool is_deaf(const struct link *l, const struct model_path *path)
{
    bool tls, listens = engine_listens_at(
                  path->to, path->host ? path->host : l->wire.host, path->host ? path->port : l->wire.port, &tls);
    return !path->any_tls && listens && tls != conf_yes(&l->replica->conf, S_TLS_REPLICATION);
}

/* The question has arrived. What keeps it from being answered for now is tried again by the replica, a second later. */
void repl_asked(struct link *l, int64_t now)
{
    struct model_engine *e = l->upstream;
    int64_t from;
    bool refuses = e->life == LIFE_LOADING || e->repl.loading || e->script.runs || !may_replicate(e, l->replica);
    bool no_link = e->repl.host != NULL && !repl_link_is_up(e);
    l->state = LINK_ASKED;
    if (refuses || no_link) {
        l->answer = PSYNC_LATER;
        return link_send(l, true, NOTE_ANSWER, 0, now);
    }
    if (can_continue(e, l->replica, &from)) return answer_partial(e, l, from, now);
    if (l->replica->repl.cached) e->repl.partial_err++;
    answer_full(e, l, now);
}

static void ask_run(void *obj, int64_t now);

/* Whoever stands still, or is made to pause by a client, answers when he goes on. */
static bool is_kept(struct model_engine *e, int64_t now)
{
    bool scripts = e->script.runs && !e->script.told;
    return (e->life == LIFE_RUNNING && !engine_turns(e, now)) || scripts ||
           (e->pause.kind == PAUSE_ALL && pause_holds(e, false, now));
}

static void ask_run(void *obj, int64_t now)
{
    struct link *l = obj;
    bool alive = l->upstream && (l->upstream->life == LIFE_RUNNING || l->upstream->life == LIFE_LOADING);
    if (!alive || l->cut) return repl_loses_upstream(l->replica, now);
    if (is_kept(l->upstream, now)) {
        int64_t until = l->upstream->frozen_until;
        timer_set(l->w, &l->step, until > now && until < now + SECOND ? until : now + 100 * MS, ask_run, l);
        return;
    }
    if (l->deaf) return repl_loses_upstream(l->replica, now);
    repl_asked(l, now);
}

/* A connection, PING, AUTH with what the replica tells of itself, PSYNC: three round trips until the question arrives, but for half of one. */
void link_dial(struct link *l, int64_t now)
{
    const struct model_hooks *h = &l->w->hooks;
    struct model_path path = {0};
    enum model_reach reach = MODEL_REACHED;
    bool tls;
    l->state = LINK_DIALLING;
    if (h->dial) reach = h->dial(h->arg, l->replica, l->wire.host, l->wire.port, &path);
    else path.to = model_at(l->w, l->wire.host, l->wire.port, &tls);
    if (reach == MODEL_REACHED && path.to == NULL) reach = MODEL_REFUSED;
    if (reach == MODEL_REFUSED) {
        l->state = LINK_NONE;
        return;
    }
    if (reach == MODEL_SILENT) return; /* until the replica has waited for long enough */
    link_attach(l, path.to);
    l->wire.tag = path.tag;
    l->deaf = is_deaf(l, &path);
    int64_t delay = l->w->knobs.delay_us;
    reach = h->carry ? h->carry(h->arg, &l->wire, now, &delay) : MODEL_REACHED;
    if (reach == MODEL_REACHED) timer_set(l->w, &l->step, now + 5 * delay, ask_run, l);
    else if (reach == MODEL_REFUSED) l->state = LINK_NONE;
}

/* ---- once a second ---- */

static void cron_run(void *obj, int64_t now);

static void check_upstream(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    struct link *l = r->up;
    int64_t limit = conf_number(&e->conf, S_REPL_TIMEOUT) * SECOND;
    if (l && now - l->heard_at > limit && l->state == LINK_UP) repl_drop_upstream(e, now);
    else if (l && now - l->heard_at > limit) repl_loses_upstream(e, now);
    else if (l && l->state == LINK_NONE) repl_loses_upstream(e, now);
    if (r->up == NULL) repl_dial(e, now);
    else if (r->up->state == LINK_UP) link_ack(r->up, r->offset, now);
}

static void check_replicas(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    int64_t limit = conf_number(&e->conf, S_REPL_TIMEOUT) * SECOND;
    for (struct link *l = r->replicas, *next; l; l = next) {
        next = l->next;
        if (now - l->acked_at > limit && link_is_online(l)) link_let_go_upstream(l, now);
        else if (l->awaits_child || l->in_transfer) link_send(l, true, NOTE_NEWLINE, 0, now);
    }
    int64_t ttl = conf_number(&e->conf, S_REPL_BACKLOG_TTL) * SECOND;
    if (r->replicas || !r->log.active || ttl == 0 || r->host || now - r->no_replicas_since <= ttl) return;
    repl_new_id(e);
    repl_clear_second_id(e);
    repl_stop_log(e);
}

static void cron_run(void *obj, int64_t now)
{
    struct model_engine *e = obj;
    struct repl *r = &e->repl;
    timer_set(e->w, &r->cron, now + SECOND, cron_run, e);
    if (!engine_is_free(e, now)) return;
    int64_t period = conf_number(&e->conf, S_REPL_PING);
    if (r->host) check_upstream(e, now);
    else if (r->replicas && r->loops % period == 0) repl_feed(e, &(struct op){.kind = OP_BYTES}, PING_LEN, now);
    check_replicas(e, now);
    r->loops++;
}

void repl_start(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    if (r->replid2[0] == '\0') repl_clear_second_id(e);
    r->no_replicas_since = now;
    if (r->host) repl_dial(e, now);
    timer_set(e->w, &r->cron, now + SECOND, cron_run, e);
}

void repl_end(struct model_engine *e, int64_t now)
{
    struct repl *r = &e->repl;
    timer_stop(e->w, &r->cron);
    timer_stop(e->w, &r->load);
    if (r->up) {
        struct link *l = r->up;
        r->up = NULL;
        link_let_go_replica(l, now);
    }
    while (r->attached) link_let_go_upstream(r->attached, now);
    free(r->host);
    r->host = NULL;
    repl_stop_log(e);
}

void repl_resumed(struct model_engine *e, int64_t now)
{
    if (e->repl.up) link_hurry(e->repl.up, now);
    for (struct link *l = e->repl.replicas, *next; l; l = next) {
        next = l->next;
        link_hurry(l, now);
    }
}

void repl_cut(struct model_engine *e, uint64_t tag, int64_t now)
{
    if (e->repl.up && e->repl.up->wire.tag == tag && tag != 0) link_breaks(e->repl.up, now);
}

void repl_ask_acks(struct model_engine *e, int64_t now)
{
    if (e->repl.host == NULL && e->repl.replicas) repl_feed(e, &(struct op){.kind = OP_GETACK}, GETACK_LEN, now);
}

bool repl_lacks_replicas(const struct model_engine *e, int64_t now)
{
    int64_t n = 0, least = conf_number(&e->conf, S_MIN_REPLICAS), most = conf_number(&e->conf, S_MIN_LAG) * SECOND;
    for (const struct link *l = e->repl.replicas; l; l = l->next) n += link_is_online(l) && now - l->acked_at <= most;
    return e->repl.host == NULL && most && n < least;
}

int64_t repl_count_acked(const struct model_engine *e, int64_t offset)
{
    int64_t n = 0;
    for (const struct link *l = e->repl.replicas; l; l = l->next) n += link_is_online(l) && l->acked >= offset;
    return n;
}
