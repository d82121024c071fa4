#include "model_int.h"
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- chance ---- */

/* xorshift64*: the same seed gives the same world. */
uint64_t world_random(struct model_world *w, uint64_t below)
{
    w->random ^= w->random >> 12;
    w->random ^= w->random << 25;
    w->random ^= w->random >> 27;
    return (w->random * 2685821657736338717u >> 16) % below;
}

void random_id(struct model_world *w, char out[HEX_ID + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < HEX_ID; i += 8) {
        uint64_t bits = world_random(w, (uint64_t)1 << 32);
        for (int k = 0; k < 8; k++, bits >>= 4) out[i + k] = digits[bits & 15];
    }
    out[HEX_ID] = '\0';
}

/* ---- timers: a heap ---- */

static bool is_sooner(const struct timer *a, const struct timer *b)
{
    return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void heap_put(struct model_world *w, size_t place, struct timer *t)
{
    w->heap[place] = t;
    t->place = place;
}

static void heap_rise(struct model_world *w, struct timer *t)
{
    size_t at = t->place;
    for (; at > 1 && is_sooner(t, w->heap[at / 2]); at /= 2) heap_put(w, at, w->heap[at / 2]);
    heap_put(w, at, t);
}

static void heap_sink(struct model_world *w, struct timer *t)
{
    size_t at = t->place;
    for (size_t child; (child = at * 2) <= w->n_heap; at = child) {
        if (child < w->n_heap && is_sooner(w->heap[child + 1], w->heap[child])) child++;
        if (!is_sooner(w->heap[child], t)) break;
        heap_put(w, at, w->heap[child]);
    }
    heap_put(w, at, t);
}

void timer_stop(struct model_world *w, struct timer *t)
{
    if (t->place == 0) return;
    struct timer *last = w->heap[w->n_heap--];
    size_t place = t->place;
    t->place = 0;
    if (last == t) return;
    heap_put(w, place, last);
    heap_rise(w, last);
    heap_sink(w, last);
}

void timer_set(struct model_world *w, struct timer *t, int64_t at, void (*run)(void *obj, int64_t now), void *obj)
{
    timer_stop(w, t);
    t->at = at;
    t->seq = w->seq++;
    t->run = run;
    t->obj = obj;
    if (w->n_heap + 2 > w->heap_cap) {
        w->heap_cap = w->heap_cap ? w->heap_cap * 2 : 64;
        w->heap = realloc(w->heap, w->heap_cap * sizeof(struct timer *));
        if (w->heap == NULL) abort();
    }
    heap_put(w, ++w->n_heap, t);
    heap_rise(w, t);
}

int64_t model_next(const struct model_world *w)
{
    return w->n_heap ? w->heap[1]->at : NEVER;
}

void model_tick(struct model_world *w, int64_t now)
{
    while (w->n_heap && w->heap[1]->at <= now) {
        struct timer *t = w->heap[1];
        int64_t at = t->at;
        timer_stop(w, t);
        if (at > w->now) w->now = at;
        t->run(t->obj, w->now);
    }
    if (now > w->now) w->now = now;
}

/* ---- the world ---- */

struct model_world *model_world_new(uint64_t seed, const struct model_hooks *hooks)
{
    struct model_world *w = calloc(1, sizeof *w);
    if (w == NULL) abort();
    if (hooks) w->hooks = *hooks;
    w->random = seed * 0x9e3779b97f4a7c15u + 0x1234567;
    if (w->random == 0) w->random = 1;
    w->knobs = (struct model_knobs){
        .delay_us = 100, .start_us = 8 * MS, .load_us = MS, .fork_us = MS, .save_us = 2 * MS, .transfer_us = 2 * MS};
    w->next_pid = 100;
    w->wall_us = (int64_t)1700000000 * SECOND;
    return w;
}

struct model_knobs *model_knobs(struct model_world *w)
{
    return &w->knobs;
}

void model_wall(struct model_world *w, int64_t offset_us)
{
    w->wall_us = (int64_t)1700000000 * SECOND + offset_us;
}

int64_t wall_ms(const struct model_world *w, int64_t now)
{
    return (w->wall_us + now) / MS;
}

void model_world_free(struct model_world *w)
{
    if (w == NULL) return;
    while (w->engines) {
        if (w->engines->life != LIFE_ENDED) engine_exit(w->engines, 0, 9, w->now);
        model_forget(w->engines);
    }
    bus_free(w);
    for (size_t i = 0; i < w->keys_size; i++)
        if (w->keys[i]) free(w->keys[i]->writes);
    free(w->keys);
    free(w->heap);
    pool_free(&w->pool);
    buf_fini(&w->text);
    for (int i = 0; i < REPLY_RING; i++) pool_free(&w->replies[i]);
    free(w);
}

void model_unknown(const struct model_engine *e, const char *format, ...)
{
    char what[256];
    va_list ap;
    va_start(ap, format);
    vsnprintf(what, sizeof what, format, ap);
    va_end(ap);
    const struct model_hooks *h = &e->w->hooks;
    if (h->unknown) h->unknown(h->arg, e, what);
    fprintf(stderr, "model: %s does not know %s\n", model_version_line(e->kind), what);
    abort();
}

size_t model_history(const struct model_world *w, const char *key, const struct model_write **out)
{
    const struct key *k = key_of((struct model_world *)(uintptr_t)w, key, strlen(key));
    *out = k->writes;
    return k->n_writes;
}

void model_cut(struct model_world *w, uint64_t tag, int64_t now)
{
    for (struct model_engine *e = w->engines; e; e = e->next)
        if (e->life == LIFE_RUNNING) repl_cut(e, tag, now);
}

/* ---- words ---- */

bool word_is(const char *a, size_t len, const char *b)
{
    return strlen(b) == len && strncasecmp(a, b, len) == 0;
}

bool number_of(const char *s, size_t len, int64_t *out)
{
    size_t i = len > 0 && s[0] == '-';
    int64_t n = 0;
    if (i == len || len > 20) return false;
    for (; i < len; i++) {
        if (s[i] < '0' || s[i] > '9') return false;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, s[i] - '0', &n)) return false;
    }
    *out = s[0] == '-' ? -n : n;
    return true;
}

/* "*", "?" and letters; an engine's own patterns know sets, too, which nobody uses here. */
bool glob(const char *pattern, const char *text)
{
    for (; *pattern && *pattern != '*'; pattern++, text++)
        if (*text == '\0' || (*pattern != '?' && *pattern != *text)) return false;
    if (*pattern == '\0') return *text == '\0';
    for (;; text++) {
        if (glob(pattern + 1, text)) return true;
        if (*text == '\0') return false;
    }
}
