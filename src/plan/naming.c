#include "plan/naming.h"
#include "catalog/region.h"
#include "plan/serverless.h"
#include <assert.h>

bool naming_is_encrypted(enum encryption_mode mode)
{
    return mode != ENCRYPTION_NONE;
}

bool naming_leads(const struct world_rg *rg, bool encrypted)
{
    enum encryption_mode now = rg->row.transit_encryption,
                         next = rg->encryption ? rg->encryption->row.next_mode : ENCRYPTION_UNSET;
    if (next == ENCRYPTION_UNSET) next = now;
    if (encrypted) return naming_is_encrypted(now) || naming_is_encrypted(next);
    return now != ENCRYPTION_REQUIRED || next != ENCRYPTION_REQUIRED;
}

static const char *naming_of(
    struct world *w, enum endpoint_name kind, bool encrypted, const char *region, struct endpoint_owner owner)
{
    assert(w->addressing.domain);
    owner.region = region_find(region);
    return owner.region ? endpoint_name(w->arena, w->addressing.domain, kind, encrypted, &owner) : NULL;
}

const char *naming_rg(struct world *w, const struct world_rg *rg, enum endpoint_name kind, bool encrypted)
{
    if (serverless_owns(rg->row.id))
        return naming_of(w, NAME_SERVERLESS, true, rg->row.region,
            (struct endpoint_owner){.account = rg->row.account, .rg = serverless_name(rg->row.id)});
    return naming_of(w, kind, encrypted, rg->row.region, (struct endpoint_owner){.account = rg->row.account, .rg = rg->row.id});
}

const char *naming_node(struct world *w, const struct world_node *n, bool encrypted)
{
    if (n->cluster == NULL) return NULL;
    if (n->rg && serverless_owns(n->rg->row.id)) return naming_rg(w, n->rg, NAME_SERVERLESS, encrypted);
    return naming_of(w, NAME_NODE, encrypted && n->rg, n->row.region,
        (struct endpoint_owner){
            .account = n->cluster->row.account, .rg = n->row.rg_id, .cluster = n->row.cluster_id, .node = n->row.node_id});
}

const char *naming_memcached(struct world *w, const struct world_cluster *c)
{
    return naming_of(w, NAME_MEMCACHED_CONFIGURATION, false, c->row.region,
        (struct endpoint_owner){.account = c->row.account, .cluster = c->row.id});
}
