#include "base/arena.h"
#include "base/err.h"
#include "base/slots.h"
#include "control/invariants.h"
#include "engines.h"
#include "expect_int.h"
#include "machine.h"
#include "model/form.h"
#include "plan/check.h"
#include "plan/want.h"
#include "plan/why.h"
#include "record.h"
#include "serve.h"
#include "catalog/account_key.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESOURCES_MAX = 64, WHOLE_EVERY = 8 };

/* What was acknowledged, until it was told to go. */
static struct resource {
    char kind, region[32], id[64];
} resources[RESOURCES_MAX];
static size_t n_resources;
static struct resource made; /* by what is asked for; no id: nothing is */
static struct {
    struct resource all[RESOURCES_MAX];
    size_t n;
} before;

static void resource_drop(char kind, const char *region, const char *id)
{
    for (size_t i = 0; i < n_resources;)
        if (resources[i].kind == kind && (region == NULL || strcmp(resources[i].region, region) == 0) &&
            (id == NULL || strcmp(resources[i].id, id) == 0))
            resources[i] = resources[--n_resources];
        else i++;
}

void expect_answer(bool done)
{
    if (!done) {
        memcpy(resources, before.all, sizeof resources);
        n_resources = before.n;
    } else if (made.id[0] && n_resources < RESOURCES_MAX) {
        resource_drop(made.kind, made.region, made.id);
        resources[n_resources++] = made;
    }
    made.id[0] = '\0';
}

void expect_reset(const char *region)
{
    resource_drop('g', region, NULL);
    resource_drop('c', region, NULL);
    resource_drop('u', region, NULL);
}

void expect_asking(const char *place, const char *action, const char *form)
{
    static const struct {
        const char *action, *member;
        char kind;
        bool made;
    } table[] = {
        {"CreateReplicationGroup", "ReplicationGroupId", 'g', true},
        {"DeleteReplicationGroup", "ReplicationGroupId", 'g', false},
        {"CreateCacheCluster", "CacheClusterId", 'c', true},
        {"DeleteCacheCluster", "CacheClusterId", 'c', false},
        {"CreateUser", "UserId", 'u', true},
        {"DeleteUser", "UserId", 'u', false},
    };
    _arena_ struct arena a = {0};
    struct form f = {0};
    struct err e;
    memcpy(before.all, resources, sizeof resources);
    before.n = n_resources;
    made = (struct resource){0};
    const struct asker who = asker_of(&a, place);
    const char *region = who.region;
    if (form_parse(&f, &a, form, strlen(form), &e) != 0) return;
    if (strcmp(action, "DeleteGlobalReplicationGroup") == 0) resource_drop('g', NULL, NULL); /* some of them go with it */
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const char *id = form_get(&f, table[i].member);
        if (id == NULL || strcmp(table[i].action, action) != 0) continue;
        id = account_key(&a, who.account, id);
        if (table[i].made) {
            made.kind = table[i].kind;
            snprintf(made.region, sizeof made.region, "%s", region);
            snprintf(made.id, sizeof made.id, "%s", id);
        } else resource_drop(table[i].kind, region, id);
        if (!table[i].made && table[i].kind == 'g') resource_drop('c', region, NULL); /* one may have become its first member */
    }
}

static void check_resources(struct world *w)
{
    for (size_t i = 0; i < n_resources; i++) {
        const struct resource *r = &resources[i];
        bool there = r->kind == 'g' && world_rg(w, r->region, r->id);
        for (size_t k = 0; r->kind == 'c' && k < w->n_clusters; k++)
            there |= strcmp(w->clusters[k].row.id, r->id) == 0 && strcmp(w->clusters[k].row.region, r->region) == 0;
        for (size_t k = 0; r->kind == 'u' && k < w->n_users; k++)
            there |= strcmp(w->users[k].row.id, r->id) == 0 && strcmp(w->users[k].row.region, r->region) == 0;
        if (!there) record_failure("%s of %s was acknowledged, nobody deleted it, and it is gone", r->id, r->region);
    }
}

/* ---- asked by serve in every pass (control/invariants.h), in every build ---- */

bool invariants_are_asked(bool check)
{
    (void)check;
    return true;
}

bool invariants_hold_in(struct world *component, bool check)
{
    (void)check;
    const struct violation *v = plan_check(component);
    if (v) record_failure("invariant %d, %s: %s", v->number, invariant_text(v->number), v->text);
    if (component->restless) record_failure("the plans do not come to rest: %s", component->restless);
    excuses_learn(component);
    return true;
}

/* What a pass did not look at stays as it is until somebody does: one look of eight finds it as well, and is half of a run's time. */
bool invariants_hold(struct world *w, bool check)
{
    (void)check;
    static unsigned looks;
    const struct violation *v = looks++ % WHOLE_EVERY == 0 ? plan_check(w) : NULL;
    if (v) record_failure("in the whole world invariant %d, %s: %s", v->number, invariant_text(v->number), v->text);
    check_resources(w);
    domains_learn(w);
    return true;
}

/* ---- at rest ---- */

static const char *why_not(struct world *w, struct arena *a, const char *region, const char *id, const char *status)
{
    struct answer y = plan_why(w, region, id);
    return arena_printf(a, "%s of %s is %s; it waits %s%s", id, region ? region : "all regions", status,
        y.waits ? "for " : "for nothing that it knows of", y.waits ? y.waits->what : "");
}

static const char *group_unrest(const struct row_replication_group *rg)
{
    if (rg->status != RG_AVAILABLE && rg->status != RG_CREATE_FAILED) return rg_status_text(rg->status);
    return rg->unserved_since_ms && rg->status == RG_AVAILABLE ? "not served" : NULL;
}

const char *expect_rest(struct world *w, struct arena *a)
{
    for (size_t i = 0; i < w->n_globals; i++) {
        const struct row_global_replication_group *g = &w->globals[i].row;
        if (g->phase != PHASE_STEADY) return why_not(w, a, NULL, g->id, global_phase_text(g->phase));
        if (g->status != GLOBAL_AVAILABLE && g->status != GLOBAL_PRIMARY_ONLY)
            return why_not(w, a, NULL, g->id, global_status_text(g->status));
    }
    for (size_t i = 0; i < w->n_rgs; i++) {
        const struct row_replication_group *rg = &w->rgs[i].row;
        if (group_unrest(rg)) return why_not(w, a, rg->region, rg->id, group_unrest(rg));
    }
    for (size_t i = 0; i < w->n_nodes; i++) {
        const struct row_node *n = &w->nodes[i].row;
        const struct world_rg *rg = w->nodes[i].rg;
        if (rg && rg->row.status == RG_CREATE_FAILED) continue;
        if (n->seen_role == ROLE_REPLICA && !n->seen_link_up) return why_not(w, a, n->region, n->id, "not linked");
    }
    for (size_t i = 0; i < w->n_clusters; i++) {
        const struct row_cache_cluster *c = &w->clusters[i].row;
        if (c->status != CLUSTER_AVAILABLE && c->status != CLUSTER_RESTORE_FAILED &&
            (c->rg_id == NULL || c->status != CLUSTER_CREATING))
            return why_not(w, a, c->region, c->id, cluster_status_text(c->status));
    }
    for (size_t i = 0; i < w->n_snapshots; i++) {
        const struct row_snapshot *x = &w->snapshots[i].row;
        if (x->status != SNAPSHOT_AVAILABLE && x->status != SNAPSHOT_FAILED)
            return why_not(w, a, x->region, x->name, snapshot_status_text(x->status));
    }
    for (size_t i = 0; i < w->n_users; i++)
        if (w->users[i].row.status != USER_ACTIVE)
            return why_not(w, a, w->users[i].row.region, w->users[i].row.id, user_status_text(w->users[i].row.status));
    for (size_t i = 0; i < w->n_user_groups; i++)
        if (w->user_groups[i].row.status != USER_GROUP_ACTIVE)
            return why_not(w, a, w->user_groups[i].row.region, w->user_groups[i].row.id,
                user_group_status_text(w->user_groups[i].row.status));
    return NULL;
}

static struct engine *engine_of(const struct world_node *n)
{
    for (struct engine *e = engines_living(); e; e = e->next)
        if (strcmp(e->id, n->row.id) == 0 && strcmp(e->region, n->row.region) == 0) return e;
    return NULL;
}

static void check_slots(struct world_rg *rg)
{
    struct slots all = {0};
    int sum = 0;
    for (size_t i = 0; i < rg->n_nodes; i++) {
        const struct engine *e = rg->nodes[i].shard_node ? engine_of(&rg->nodes[i]) : NULL;
        const struct slots *slots = e && e->master ? engine_slots(e) : NULL;
        if (slots == NULL) continue;
        sum += slots_count(slots);
        slots_join(&all, slots);
    }
    if (sum != SLOTS || slots_count(&all) != SLOTS)
        record_failure(
            "%s of %s is available, and %d slots of its engines cover %d", rg->row.id, rg->row.region, sum, slots_count(&all));
}

static void check_group(struct world_rg *rg, struct world_node_group *ng)
{
    const struct domain *d = domain_of(rg, ng);
    const struct world_endpoint *p = rg_endpoint(rg, ENDPOINT_PRIMARY, ng->row.id);
    for (size_t i = 0; i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        const struct engine *e = ng_has(ng, n) ? engine_of(n) : NULL;
        if (!ng_has(ng, n)) continue;
        if (e == NULL || !engine_answers(e))
            record_failure("%s of %s is available, and its node %s does not answer", rg->row.id, rg->row.region, n->row.id);
        bool first = rg_primary(ng) == n && !want_passive(rg);
        if (e->primary != first)
            record_failure("node %s of %s is %s", n->row.id, rg->row.region, e->primary ? "a primary" : "a replica");
        if (!first && !e->link_up) record_failure("node %s of %s has no link to its upstream", n->row.id, rg->row.region);
        if (e->fenced || e->locked) record_failure("node %s of %s holds its writes", n->row.id, rg->row.region);
        if (first) clients_check(d, e);
    }
    if (p == NULL || want_passive(rg) || p->row.address == NULL) return;
    const struct engine *e = engine_through(p->row.address, p->row.port);
    if (e == NULL || domain_of_engine(e) != d || !e->primary)
        record_failure("%s of %s is available, and its primary endpoint is answered by %s", rg->row.id, rg->row.region,
            e ? e->id : "nobody");
}

void expect_truth(struct world *w)
{
    for (size_t i = 0; i < w->n_rgs; i++) {
        struct world_rg *rg = &w->rgs[i];
        if (rg->row.status != RG_AVAILABLE) continue;
        for (size_t k = 0; k < rg->n_node_groups; k++) check_group(rg, &rg->node_groups[k]);
        if (rg->n_node_groups && rg->node_groups[0].shard) check_slots(rg);
    }
    for (const struct engine *e = engines_living(); e; e = e->next) {
        bool known = false;
        for (size_t i = 0; i < w->n_nodes; i++) known |= engine_of(&w->nodes[i]) == e;
        if (!known) record_failure("%s runs, and no row knows of it", e->process->name);
    }
}

void expect_nothing_left(struct world *w)
{
    if (w->n_nodes || w->n_endpoints || w->n_rgs || w->n_clusters || w->n_globals || w->n_shards || w->n_node_groups ||
        w->n_seeds)
        record_failure("everything was deleted, and %zu nodes, %zu endpoints, %zu groups, %zu clusters, %zu datastores are left",
            w->n_nodes, w->n_endpoints, w->n_rgs, w->n_clusters, w->n_globals);
    if (engines_living()) record_failure("everything was deleted, and %s runs", engines_living()->process->name);
}
