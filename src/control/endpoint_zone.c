#include "control/endpoint_zone.h"
#include "base/arena.h"
#include "control/assign.h"
#include "control/rows.h"
#include "control/unit.h"
#include "dns/zone.h"
#include "plan/naming.h"
#include "plan/rg_row.h"
#include "plan/serverless.h"
#include "plan/world.h"
#include "protocol/protocol.gen.h"

struct names {
    struct zone_record *items;
    size_t n;
    const char *here; /* NULL: each has addresses of its own */
};

static void add_name(
    struct world *w, struct names *names, const char *name, bool in_turn, const struct proto_target_list *targets)
{
    size_t n = names->here ? 1 : targets->n;
    const char **addresses = arena_array(w->arena, const char *, n);
    for (size_t i = 0; i < n; i++) addresses[i] = names->here ? names->here : targets->items[i].host;
    if (name) names->items[names->n++] = (struct zone_record){name, addresses, n, in_turn};
}

static void add_name_of_one(struct world *w, struct names *names, const char *name, const char *address)
{
    struct proto_target target = {.host = address};
    add_name(w, names, name, false, &(struct proto_target_list){.n = address != NULL, .items = &target});
}

static void add_node(struct world *w, struct names *names, const struct world_node *n, bool encrypted)
{
    if (!n->drop && n->row.address) add_name_of_one(w, names, naming_node(w, n, encrypted), n->row.address);
}

/* ---- a replication group ---- */

static void add_rg_endpoints(struct world *w, struct names *names, struct world_rg *rg, bool encrypted)
{
    struct proto_target_list targets = {.items = arena_array(w->arena, struct proto_target, rg->n_nodes + 1)};
    if (serverless_owns(rg->row.id)) return; /* its node has the same name */
    if (rg_is_sharded(&rg->row)) {
        assign_cluster_targets(rg, &targets);
        add_name(w, names, naming_rg(w, rg, NAME_CONFIGURATION, encrypted), false, &targets);
    } else if (rg->n_node_groups == 1 && !rg->node_groups[0].drop) {
        const struct world_node *first = rg_primary(&rg->node_groups[0]);
        assign_reader_targets(w, rg, &rg->node_groups[0], &targets);
        add_name_of_one(w, names, naming_rg(w, rg, NAME_PRIMARY, encrypted), first ? first->row.address : NULL);
        add_name(w, names, naming_rg(w, rg, NAME_READER, encrypted), true, &targets);
    }
}

static void tell_rg(struct zone *z, struct world *w, struct world_rg *rg, const char *here)
{
    char owner[UNIT_KEY_SIZE];
    if (rg->drop || !unit_key_of(UNIT_RG, rg->row.region, rg->row.id, owner)) return;
    struct names names = {.items = arena_array(w->arena, struct zone_record, 2 * (rg->n_nodes + 2)), .here = here};
    for (int encrypted = 0; encrypted <= 1; encrypted++) {
        if (!naming_leads(rg, encrypted)) continue;
        add_rg_endpoints(w, &names, rg, encrypted);
        for (size_t i = 0; i < rg->n_nodes; i++) add_node(w, &names, &rg->nodes[i], encrypted);
    }
    zone_put(z, owner, names.items, names.n);
}

/* ---- a cache cluster that stands alone ---- */

static void tell_cluster(struct zone *z, struct world *w, struct world_cluster *c, const char *here)
{
    char owner[UNIT_KEY_SIZE];
    if (c->drop || !unit_key_of(UNIT_CLUSTER, c->row.region, c->row.id, owner)) return;
    struct names names = {.items = arena_array(w->arena, struct zone_record, c->n_nodes + 1), .here = here};
    if (c->endpoint && !c->endpoint->drop && c->endpoint->row.address)
        add_name_of_one(w, &names, naming_memcached(w, c), c->endpoint->row.address);
    for (size_t i = 0; i < c->n_nodes; i++) add_node(w, &names, &c->nodes[i], false);
    zone_put(z, owner, names.items, names.n);
}

void endpoint_zone_take(struct zone *z, struct world *w, const char *here)
{
    for (size_t i = 0; i < w->n_rgs; i++) tell_rg(z, w, &w->rgs[i], here);
    for (size_t i = 0; i < w->n_clusters; i++)
        if (w->clusters[i].row.rg_id == NULL) tell_cluster(z, w, &w->clusters[i], here);
}

void endpoint_zone_follow(struct zone *z, const struct rows_change *c)
{
    const struct row_replication_group *rg = c->table == &sql_table_replication_group ? c->was : NULL;
    const struct row_cache_cluster *cluster = c->table == &sql_table_cache_cluster ? c->was : NULL;
    char owner[UNIT_KEY_SIZE];
    if (c->is) return;
    if (rg && unit_key_of(UNIT_RG, rg->region, rg->id, owner)) zone_forget(z, owner);
    if (cluster && cluster->rg_id == NULL && unit_key_of(UNIT_CLUSTER, cluster->region, cluster->id, owner))
        zone_forget(z, owner);
}
