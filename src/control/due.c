#include "control/due.h"
#include <stdlib.h>

static void put_unit(struct due *d, size_t at, struct unit *u)
{
    d->heap[at] = u;
    u->due_place = at;
}

static void raise_unit(struct due *d, size_t at)
{
    struct unit *u = d->heap[at];
    for (; at > 1 && d->heap[at / 2]->due_ms > u->due_ms; at /= 2) put_unit(d, at, d->heap[at / 2]);
    put_unit(d, at, u);
}

static void sink_unit(struct due *d, size_t at)
{
    struct unit *u = d->heap[at];
    for (size_t next; (next = 2 * at) <= d->n; at = next) {
        if (next < d->n && d->heap[next + 1]->due_ms < d->heap[next]->due_ms) next++;
        if (d->heap[next]->due_ms >= u->due_ms) break;
        put_unit(d, at, d->heap[next]);
    }
    put_unit(d, at, u);
}

static void add_unit(struct due *d, struct unit *u)
{
    if (d->n + 2 > d->room) {
        d->room = d->room ? 2 * d->room : 16;
        d->heap = realloc(d->heap, d->room * sizeof(struct unit *));
        if (d->heap == NULL) abort();
    }
    put_unit(d, ++d->n, u);
    raise_unit(d, d->n);
}

static void take_out(struct due *d, struct unit *u)
{
    size_t at = u->due_place;
    struct unit *last = d->heap[d->n--];
    u->due_place = 0;
    if (last == u) return;
    put_unit(d, at, last);
    raise_unit(d, at);
    sink_unit(d, last->due_place);
}

void due_set(struct due *d, struct unit *u, int64_t at_ms)
{
    if (u->due_place && u->due_ms == at_ms) return;
    if (u->due_place) take_out(d, u);
    u->due_ms = at_ms;
    if (at_ms != INT64_MAX) add_unit(d, u);
}

int64_t due_next_ms(const struct due *d)
{
    return d->n ? d->heap[1]->due_ms : INT64_MAX;
}

struct unit *due_take(struct due *d, int64_t now_ms)
{
    if (due_next_ms(d) > now_ms) return NULL;
    struct unit *u = d->heap[1];
    due_set(d, u, INT64_MAX);
    return u;
}

void due_fini(struct due *d)
{
    free(d->heap);
    *d = (struct due){0};
}
