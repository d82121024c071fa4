#include "plan/encryption.h"
#include "base/arena.h"
#include "catalog/region.h"
#include "plan/naming.h"
#include "plan/plan.h"
#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = 64 };

const char *encryption_word(enum encryption_mode mode)
{
    return mode == ENCRYPTION_NONE ? NULL : encryption_mode_text(mode);
}

static bool is_changing(const struct world_rg *rg)
{
    return rg->encryption && rg->encryption->row.next_mode != ENCRYPTION_UNSET;
}

/* ---- what was seen ---- */

static bool shows_mode(const struct world_node *n, enum encryption_mode mode)
{
    return node_answers(n) && n->row.seen_encryption == mode;
}

static bool no_link_is_encrypted(const struct world_rg *rg)
{
    for (size_t i = 0; i < rg->n_nodes; i++) {
        const struct world_node *n = &rg->nodes[i];
        if (n->row.want != WISH_RUN) continue;
        if (!node_answers(n) || !n->row.seen_encryption || n->row.seen_links_encrypted) return false;
    }
    return true;
}

/* ---- what is wanted ---- */

static bool upstream_takes_tls(struct world_rg *rg, const struct world_node *n)
{
    struct world_node_group *ng = rg_node_group(rg, n->row.node_group_id);
    const struct world_node *first = ng ? rg_primary(ng) : NULL;
    return first == NULL || first == n || shows_mode(first, ENCRYPTION_PREFERRED) || shows_mode(first, ENCRYPTION_REQUIRED);
}

struct want_encryption want_encryption(struct world_rg *rg, const struct world_node *n)
{
    if (rg == NULL) return (struct want_encryption){n->cluster ? n->cluster->row.transit_encryption : ENCRYPTION_NONE, false};
    enum encryption_mode now = rg->row.transit_encryption, next = is_changing(rg) ? rg->encryption->row.next_mode : now;
    if (now == ENCRYPTION_NONE && next != ENCRYPTION_NONE) return (struct want_encryption){next, upstream_takes_tls(rg, n)};
    if (now != ENCRYPTION_NONE && next == ENCRYPTION_NONE && !no_link_is_encrypted(rg))
        return (struct want_encryption){now, false};
    return (struct want_encryption){next, next != ENCRYPTION_NONE};
}

bool encryption_in_force(struct world_rg *rg, const struct world_node *n)
{
    struct want_encryption want = want_encryption(rg, n);
    if (rg == NULL || (want.mode == ENCRYPTION_NONE && n->row.seen_encryption == ENCRYPTION_UNSET && !is_changing(rg)))
        return true;
    return shows_mode(n, want.mode) && !!n->row.seen_links_encrypted == want.links;
}

void encryption_settle(struct world *w, struct world_rg *rg)
{
    if (rg->encryption == NULL) return;
    struct row_encryption *row = &rg->encryption->row;
    if (row->next_mode != ENCRYPTION_UNSET) {
        world_set_word(w, &rg->row.transit_encryption, row->next_mode);
        for (size_t i = 0; i < rg->n_clusters; i++) world_set_word(w, &rg->clusters[i].row.transit_encryption, row->next_mode);
        world_set_word(w, &row->next_mode, ENCRYPTION_UNSET);
    }
    world_set_word(w, &row->token_change, TOKEN_NONE);
    if (row->token == NULL && row->token_modified_ms == 0) world_drop(w, &rg->encryption->drop);
}

/* ---- names and addresses ---- */

struct names {
    const char *items[NAMES_MAX];
    size_t n;
};

static void add_name(struct names *names, const char *name)
{
    if (name == NULL) return;
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->items[i], name) == 0) return;
    if (names->n < NAMES_MAX) names->items[names->n++] = name;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The endpoints of its own shard, and of the whole replication group, which name none, may lead to a node; a gateway leads into another region. */
static bool may_answer_at(const struct world_node *n, const struct world_endpoint *e)
{
    if (e->drop || e->row.kind == ENDPOINT_GATEWAY) return false;
    const char *shard = e->row.node_group_id;
    return shard == NULL || *shard == '\0' || n->row.node_group_id == NULL || strcmp(shard, n->row.node_group_id) == 0;
}

static bool is_loopback(const char *host)
{
    return host && strncmp(host, "127.", 4) == 0;
}

/* In both forms: one that is to lead to the node after the next change must be in its certificate before. */
static void add_endpoint_names(struct names *names, struct world *w, const struct world_node *n)
{
    for (int encrypted = 0; encrypted <= 1; encrypted++) {
        add_name(names, naming_node(w, n, encrypted));
        if (n->rg == NULL) continue;
        bool sharded = rg_is_sharded(&n->rg->row);
        add_name(names, naming_rg(w, n->rg, sharded ? NAME_CONFIGURATION : NAME_PRIMARY, encrypted));
        if (!sharded) add_name(names, naming_rg(w, n->rg, NAME_READER, encrypted));
    }
}

const char *encryption_names(struct world *w, const struct world_node *n)
{
    struct names names = {0};
    if (w->addressing.ports) add_name(&names, w->addressing.advertise);
    /* Nodes of a Redis Cluster send clients to each other's addresses, which the authority may sign where they are of this machine. */
    if (!w->addressing.ports || is_loopback(n->row.address)) add_name(&names, n->row.address);
    if (w->addressing.ports && is_loopback(w->addressing.advertise)) add_name(&names, "localhost");
    for (const char *p = w->addressing.names ? w->addressing.names : "", *end; *p; p = end + (*end == ' ')) {
        end = p + strcspn(p, " ");
        add_name(&names, arena_strndup(w->arena, p, (size_t)(end - p)));
    }
    for (size_t i = 0; !w->addressing.ports && n->rg && i < n->rg->n_endpoints; i++)
        if (may_answer_at(n, &n->rg->endpoints[i])) add_name(&names, n->rg->endpoints[i].row.address);
    const struct world_endpoint *discovery = n->rg == NULL && n->cluster ? n->cluster->endpoint : NULL;
    if (discovery && !w->addressing.ports) add_name(&names, discovery->row.address);
    if (discovery && w->addressing.domain) add_name(&names, naming_memcached(w, n->cluster));
    if (w->addressing.domain) add_endpoint_names(&names, w, n);
    qsort(names.items, names.n, sizeof *names.items, compare_names);
    return arena_join(w->arena, names.items, names.n, " ");
}

/* In ports mode nobody else has addresses of the region's own; the node's port tells which one is its. */
const char *encryption_inner_address(struct world *w, const struct world_node *n)
{
    const struct region *known = region_find(n->row.region);
    if (!w->addressing.ports) return n->row.address;
    return plan_host_address(w->arena, known ? known->octet : 0, n->row.port);
}
