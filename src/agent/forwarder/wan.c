#include "agent/forwarder/wan.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_MAX = 64 << 20,
    WINDOW_LEAST = 256 << 10,
    PIECE_LEAST = 1024, /* a piece takes a millisecond of a slow line, but is no smaller than this */
};
#define NS_PER_S INT64_C(1000000000)

struct wan_piece {
    struct wan_piece *next;
    int64_t due_ns;
    size_t len; /* 0: the end */
    char data[];
};

bool wan_is_plain(const struct wan_line *l)
{
    const struct wan_terms *t = &l->terms;
    return t->latency_ns == 0 && t->jitter_ns == 0 && t->bytes_per_s == 0 && !t->lost;
}

bool wan_has_room(const struct wan_queue *q, const struct wan_line *l)
{
    const struct wan_terms *t = &l->terms;
    if (t->bytes_per_s == 0) return q->bytes < WINDOW_MAX;
    int64_t round_ns = 2 * (t->latency_ns + t->jitter_ns);
    double window = WINDOW_LEAST + 2.0 * (double)t->bytes_per_s * (double)round_ns / NS_PER_S;
    return q->bytes < (window < WINDOW_MAX ? (size_t)window : WINDOW_MAX);
}

/* xorshift64: even enough for a network's moods. */
static int64_t roll_dice(struct wan_line *l, int64_t most)
{
    if (most <= 0) return 0;
    if (l->dice == 0) l->dice = UINT64_C(0x9e3779b97f4a7c15);
    l->dice ^= l->dice << 13;
    l->dice ^= l->dice >> 7;
    l->dice ^= l->dice << 17;
    return (int64_t)(l->dice % (uint64_t)(most + 1));
}

/* A piece sets out when the line has sent all before it, and arrives after all before it. */
static void send_piece(struct wan_queue *q, struct wan_line *l, int64_t now_ns, const void *data, size_t n)
{
    const struct wan_terms *t = &l->terms;
    struct wan_piece *p = malloc(sizeof *p + n);
    if (p == NULL) abort();
    if (l->free_ns < now_ns) l->free_ns = now_ns;
    if (t->bytes_per_s) l->free_ns += (int64_t)((double)n * NS_PER_S / (double)t->bytes_per_s);
    int64_t due_ns = (t->bytes_per_s ? l->free_ns : now_ns) + t->latency_ns + roll_dice(l, t->jitter_ns);
    if (q->due_ns < due_ns) q->due_ns = due_ns;
    *p = (struct wan_piece){.due_ns = q->due_ns, .len = n};
    if (n) memcpy(p->data, data, n);
    if (q->last) q->last->next = p;
    else q->first = p;
    q->last = p;
    q->bytes += sizeof *p + n;
}

void wan_send(struct wan_queue *q, struct wan_line *l, int64_t now_ns, const void *data, size_t n)
{
    int64_t a_ms = l->terms.bytes_per_s / 1000;
    size_t most = l->terms.bytes_per_s == 0 ? n : a_ms < PIECE_LEAST ? PIECE_LEAST : (size_t)a_ms;
    for (const char *at = data; n > 0;) {
        size_t part = n < most ? n : most;
        send_piece(q, l, now_ns, at, part);
        at += part;
        n -= part;
    }
}

void wan_send_end(struct wan_queue *q, struct wan_line *l, int64_t now_ns)
{
    send_piece(q, l, now_ns, NULL, 0);
}

bool wan_arrived(const struct wan_queue *q, const struct wan_line *l, int64_t now_ns, const char **data, size_t *n)
{
    if (q->first == NULL || l->terms.lost || q->first->due_ns > now_ns) return false;
    *data = q->first->data + q->taken;
    *n = q->first->len - q->taken;
    return true;
}

void wan_take(struct wan_queue *q, size_t n)
{
    struct wan_piece *p = q->first;
    assert(p && q->taken + n <= p->len && q->bytes >= sizeof *p + p->len);
    q->taken += n;
    if (q->taken < p->len) return;
    q->bytes -= sizeof *p + p->len;
    q->first = p->next;
    if (q->first == NULL) q->last = NULL;
    q->taken = 0;
    free(p);
}

int64_t wan_next_ns(const struct wan_queue *q, const struct wan_line *l)
{
    return q->first == NULL || l->terms.lost ? INT64_MAX : q->first->due_ns;
}

struct wan_region *wan_region(struct wan_region **all, const char *name)
{
    for (struct wan_region *r = *all; r; r = r->next)
        if (strcmp(r->name, name) == 0) return r;
    struct wan_region *r = calloc(1, sizeof *r);
    if (r == NULL || (r->name = strdup(name)) == NULL) abort();
    r->next = *all;
    return *all = r;
}

void wan_regions_fini(struct wan_region **all)
{
    for (struct wan_region *r = *all, *next; r; r = next) {
        next = r->next;
        free(r->name);
        free(r);
    }
    *all = NULL;
}

void wan_queue_fini(struct wan_queue *q)
{
    for (struct wan_piece *p = q->first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    *q = (struct wan_queue){0};
}
