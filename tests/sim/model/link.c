#include "model_int.h"
#include <stdlib.h>
#include <string.h>

/* A replica's connection to its upstream as the network sees it: what flies over it, in order, and who hears of its end. */

enum { RETRY_US = 100 * MS, STANDS_US = SECOND };

static void flight_run(void *obj, int64_t now);

static bool is_down(const struct link *l, const struct flight *f)
{
    return f == &l->down;
}

/* ---- its life ---- */

static void flight_free(struct link *l, struct flight *f)
{
    timer_stop(l->w, &f->timer);
    free(f->notes);
    *f = (struct flight){0};
}

static void link_free(struct link *l)
{
    flight_free(l, &l->down);
    flight_free(l, &l->up);
    timer_stop(l->w, &l->step);
    data_clear(&l->snapshot);
    free(l->entries);
    free((char *)(uintptr_t)l->wire.host);
    free(l);
}

static void free_if_done(struct link *l)
{
    if (l->replica == NULL && l->upstream == NULL) link_free(l);
}

struct link *link_new(struct model_engine *replica, const char *host, int port, int64_t now)
{
    struct link *l = calloc(1, sizeof *l);
    if (l == NULL || (l->wire.host = strdup(host)) == NULL) abort();
    l->w = replica->w;
    l->replica = l->wire.from = replica;
    l->wire.port = port;
    l->dialled_at = l->heard_at = now;
    return l;
}

void link_let_go_replica(struct link *l, int64_t now)
{
    timer_stop(l->w, &l->step);
    flight_free(l, &l->down);
    l->replica = NULL;
    if (l->upstream) link_send(l, false, NOTE_CLOSED, 0, now);
    free_if_done(l);
}

void link_attach(struct link *l, struct model_engine *upstream)
{
    l->upstream = l->wire.to = upstream;
    l->next_attached = upstream->repl.attached;
    upstream->repl.attached = l;
}

void link_let_go_upstream(struct link *l, int64_t now)
{
    struct link **attached = &l->upstream->repl.attached;
    while (*attached != l) attached = &(*attached)->next_attached;
    *attached = l->next_attached;
    flight_free(l, &l->up);
    if (l->known) {
        struct link **at = &l->upstream->repl.replicas;
        while (*at != l) at = &(*at)->next;
        *at = l->next;
        l->known = false;
        if (l->upstream->repl.replicas == NULL) l->upstream->repl.no_replicas_since = now;
    }
    l->upstream = NULL;
    if (l->replica) link_send(l, true, NOTE_CLOSED, 0, now);
    free_if_done(l);
}

/* The network closes it: both ends hear of it at once. */
void link_breaks(struct link *l, int64_t now)
{
    if (l->cut) return;
    l->cut = true;
    if (l->upstream) {
        flight_free(l, &l->up);
        link_send(l, false, NOTE_CLOSED, 0, now);
    }
    if (l->replica) {
        flight_free(l, &l->down);
        link_send(l, true, NOTE_CLOSED, 0, now);
    }
}

/* ---- what flies ---- */

/* When something that is sent now arrives; NEVER: not for now. */
static int64_t arrival(struct link *l, int64_t now, bool *refused)
{
    const struct model_hooks *h = &l->w->hooks;
    int64_t delay = l->w->knobs.delay_us;
    *refused = false;
    if (l->cut) return now;
    enum model_reach reach = h->carry ? h->carry(h->arg, &l->wire, now, &delay) : MODEL_REACHED;
    *refused = reach == MODEL_REFUSED;
    return reach == MODEL_REACHED ? now + delay : NEVER;
}

static void flight_wake(struct link *l, struct flight *f, int64_t now)
{
    if (f->n == 0) return;
    int64_t at = f->notes[f->first].at;
    timer_set(l->w, &f->timer, at == NEVER ? now + RETRY_US : at > now ? at : now, flight_run, l);
}

static struct note *flight_add(struct flight *f)
{
    if (f->first + f->n == f->cap) {
        if (f->first > f->n) memmove(f->notes, f->notes + f->first, f->n * sizeof *f->notes);
        else {
            struct note *more = malloc((f->cap ? f->cap * 2 : 8) * sizeof *more);
            if (more == NULL) abort();
            if (f->n) memcpy(more, f->notes + f->first, f->n * sizeof *more);
            free(f->notes);
            f->notes = more;
            f->cap = f->cap ? f->cap * 2 : 8;
        }
        f->first = 0;
    }
    return &f->notes[f->first + f->n++];
}

void link_send(struct link *l, bool down, enum note_kind kind, int64_t offset, int64_t now)
{
    struct flight *f = down ? &l->down : &l->up;
    bool refused;
    if (down ? l->replica == NULL : l->upstream == NULL) return;
    struct note *last = f->n ? &f->notes[f->first + f->n - 1] : NULL;
    int64_t at = last && last->at == NEVER ? NEVER : arrival(l, now, &refused);
    if (at != NEVER && last && at < last->at) at = last->at;
    if (last && last->kind == kind && last->at == at && (kind == NOTE_STREAM || kind == NOTE_ACK)) {
        last->offset = offset;
        return;
    }
    *flight_add(f) = (struct note){at, kind, offset};
    if (f->n == 1) flight_wake(l, f, now);
}

/* What the network had not taken is tried again, all of it. */
static bool take_again(struct link *l, struct flight *f, int64_t now)
{
    bool refused;
    int64_t at = arrival(l, now, &refused);
    if (refused) return link_breaks(l, now), false;
    if (at == NEVER) return true;
    for (size_t i = f->first; i < f->first + f->n; i++)
        if (f->notes[i].at == NEVER) f->notes[i].at = at;
    return true;
}

static bool can_hear(const struct model_engine *e, int64_t now, const struct note *note)
{
    if (note->kind == NOTE_ACK) return engine_turns(e, now);
    return engine_is_free(e, now);
}

/* A connection that ends is heard of by the next read: what came before it comes first. */
static void flight_land(struct link *l, struct flight *f, int64_t now)
{
    struct note note = f->notes[f->first];
    f->first++;
    f->n--;
    flight_wake(l, f, now);
    if (is_down(l, f)) repl_arrives_down(l, &note, now);
    else repl_arrives_up(l, &note, now);
}

static void flight_run(void *obj, int64_t now)
{
    struct link *l = obj;
    for (int i = 0; i < 2; i++) {
        struct flight *f = i == 0 ? &l->down : &l->up;
        if (f->n == 0 || f->timer.place != 0) continue;
        const struct note *first = &f->notes[f->first];
        if (first->at == NEVER && !take_again(l, f, now)) return;
        const struct model_engine *hears = is_down(l, f) ? l->replica : l->upstream;
        if (first->at > now) flight_wake(l, f, now);
        else if (!can_hear(hears, now, first))
            timer_set(l->w, &f->timer, hears->frozen_until > now ? hears->frozen_until : now + STANDS_US, flight_run, l);
        else return flight_land(l, f, now);
    }
}

/* Whoever stood still hears what has come. */
void link_hurry(struct link *l, int64_t now)
{
    flight_wake(l, &l->down, now);
    flight_wake(l, &l->up, now);
}

/* ---- the stream ---- */

void link_add_entry(struct link *l, const struct entry *entry)
{
    struct entry *last = l->n ? &l->entries[l->first + l->n - 1] : NULL;
    if (last && last->op.kind == OP_BYTES && entry->op.kind == OP_BYTES) {
        last->len += entry->len;
        return;
    }
    if (l->first + l->n == l->cap) {
        if (l->first > l->n) memmove(l->entries, l->entries + l->first, l->n * sizeof *l->entries);
        else {
            struct entry *more = malloc((l->cap ? l->cap * 2 : 16) * sizeof *more);
            if (more == NULL) abort();
            if (l->n) memcpy(more, l->entries + l->first, l->n * sizeof *more);
            free(l->entries);
            l->entries = more;
            l->cap = l->cap ? l->cap * 2 : 16;
        }
        l->first = 0;
    }
    l->entries[l->first + l->n++] = *entry;
}

void link_ack(struct link *l, int64_t offset, int64_t now)
{
    link_send(l, false, NOTE_ACK, offset, now);
}
