#include "control/network.h"
#include "catalog/region.h"
#include "base/arena.h"
#include "control/outages.h"
#include "protocol/protocol.gen.h"
#include "store/queries.gen.h"
#include "store/store.h"
#include <stdlib.h>

enum { BYTES_PER_MBIT = 1000 * 1000 / 8 };

/* How it is where nobody has said anything is no change: who has asked for what is cut keeps the answer. */
static void fill_links(struct network *n, bool near, bool persist)
{
    if (n->links == NULL && (n->links = calloc(n_regions * n_regions, sizeof *n->links)) == NULL) abort();
    for (size_t i = 0; i < n_regions; i++)
        for (size_t k = 0; k < n_regions; k++)
            n->links[i * n_regions + k] = (struct network_link){.state = NETWORK_UP,
                .latency_ms = near ? 0 : region_latency_ms(&regions[i], &regions[k]),
                .persist = persist && !near};
}

static struct network_link *link_between(struct network *n, const struct region *from, const struct region *to)
{
    if (n->links == NULL) fill_links(n, true, false);
    return &n->links[(size_t)(from - regions) * n_regions + (size_t)(to - regions)];
}

const struct network_link *network_link(struct network *n, const struct region *from, const struct region *to)
{
    return link_between(n, from, to);
}

void network_bend(struct network *n, const struct region *from, const struct region *to, const struct network_link *l)
{
    *link_between(n, from, to) = *l;
    n->edits++;
}

bool network_link_is_plain(const struct network_link *l)
{
    return l->latency_ms == 0 && l->jitter_ms == 0 && l->bandwidth_mbit == 0 && l->state == NETWORK_UP;
}

void network_preset(struct network *n, bool near, bool persist)
{
    if (near && n->links == NULL) return; /* so it is */
    n->edits++;
    fill_links(n, near, persist);
}

static struct proto_line_order *line_order(struct arena *a, const struct network_link *l)
{
    struct proto_line_order *o = arena_new(a, struct proto_line_order);
    if (l->latency_ms) o->latency_ms = OPT_INT(l->latency_ms);
    if (l->jitter_ms) o->jitter_ms = OPT_INT(l->jitter_ms);
    if (l->bandwidth_mbit) o->bytes_per_s = OPT_INT(l->bandwidth_mbit * BYTES_PER_MBIT);
    if (l->state == NETWORK_DOWN) o->down = OPT_BOOL(true);
    if (l->state == NETWORK_BLACKHOLE) o->lost = OPT_BOOL(true);
    return o;
}

/* As somebody wants it to be, unless one of its ends is cut off. */
static struct network_link link_now(
    struct network *n, const struct outages *o, const struct region *from, const struct region *to)
{
    struct network_link l = *link_between(n, from, to);
    if (from != to && (outages_isolate(o, from->name) || outages_isolate(o, to->name))) l.state = NETWORK_DOWN;
    return l;
}

void network_order(struct network *n, const struct outages *o, struct arena *a, const char *region, struct proto_assignment *out)
{
    const struct region *here = region_find(region);
    if (here == NULL || (n->links == NULL && o->n == 0)) return;
    out->network = (struct proto_far_region_list){true, 0, arena_array(a, struct proto_far_region, n_regions)};
    for (size_t i = 0; i < n_regions; i++) {
        const struct network_link to = link_now(n, o, here, &regions[i]), from = link_now(n, o, &regions[i], here);
        if (network_link_is_plain(&to) && network_link_is_plain(&from)) continue;
        out->network.items[out->network.n++] =
            (struct proto_far_region){regions[i].name, line_order(a, &to), line_order(a, &from)};
    }
}

static const char *find_cuts(struct network *n, const struct outages *o, const struct region *here)
{
    const char *cut = NULL;
    for (size_t i = 0; i < n_regions; i++) {
        const struct network_link to = link_now(n, o, here, &regions[i]), from = link_now(n, o, &regions[i], here);
        if (to.state == NETWORK_UP && from.state == NETWORK_UP) continue;
        cut = cut ? arena_printf(&n->cuts.arena, "%s %s", cut, regions[i].name) : regions[i].name;
    }
    return cut;
}

/* Each look of the plans asks for it, and it is seldom another one. */
const char *network_cut_from(struct network *n, const struct outages *o, const char *region)
{
    const struct region *here = region_find(region);
    if (here == NULL || (n->links == NULL && o->n == 0)) return NULL;
    if (n->cuts.from && n->cuts.edits == n->edits && n->cuts.outage_edits == o->edits) return n->cuts.from[here - regions];
    arena_fini(&n->cuts.arena);
    n->cuts.from = arena_array(&n->cuts.arena, const char *, n_regions);
    n->cuts.edits = n->edits;
    n->cuts.outage_edits = o->edits;
    for (size_t i = 0; i < n_regions; i++) n->cuts.from[i] = find_cuts(n, o, &regions[i]);
    return n->cuts.from[here - regions];
}

int network_load(struct network *n, struct store *s, struct err *e)
{
    _arena_ struct arena a = {0};
    struct row_network_link *rows;
    size_t n_rows;
    int r = q_network_link_all(s, &a, &rows, &n_rows, e);
    for (size_t i = 0; r == 0 && i < n_rows; i++) {
        const struct region *from = region_find(rows[i].from_region), *to = region_find(rows[i].to_region);
        if (from && to)
            *link_between(n, from, to) =
                (struct network_link){rows[i].latency_ms, rows[i].jitter_ms, rows[i].bandwidth_mbit, rows[i].state, true};
    }
    return r;
}

static int keep_link(struct store *s, size_t from, size_t to, const struct network_link *l, struct err *e)
{
    const struct row_network_link row = {
        regions[from].name, regions[to].name, l->latency_ms, l->jitter_ms, l->bandwidth_mbit, l->state};
    return l->persist ? q_network_link_put(s, &row, e) : 0;
}

int network_keep(const struct network *n, struct store *s, struct err *e)
{
    int r = store_begin(s, true, e);
    if (r) return r;
    r = q_network_link_delete_all(s, e);
    for (size_t i = 0; r == 0 && n->links && i < n_regions * n_regions; i++)
        r = keep_link(s, i / n_regions, i % n_regions, &n->links[i], e);
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}

void network_fini(struct network *n)
{
    free(n->links);
    arena_fini(&n->cuts.arena);
    *n = (struct network){0};
}
