#include "engines.h"
#include "expect_int.h"
#include "machine.h"
#include "plan/want.h"
#include "record.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* Clients that write to every endpoint, and remember what was acknowledged: docs/promises.md says what of that must stay. */

enum {
    DOMAINS_MAX = 256,
    NO_PROMISE = 1000 /* deaths: nobody expects a write to outlive so many */,
    WRITE_EVERY_MS = 150,
    CONFIRM_MS = 70,
    ROLES_MS = 40,
    ENGINES_MAX = 1024,
    EXCUSES_MAX = 16
};

struct write {
    uint32_t number;
    struct domain *domain;
    int deaths;      /* of its domain when it was acknowledged */
    int confirmed;   /* so many replicas of its region had it before anything else died; 1 where only one of another region had */
    char region[32]; /* of whoever acknowledged it */
};

static struct domain domains[DOMAINS_MAX];
static size_t n_domains;
static struct write *writes;
static size_t n_writes, cap_writes;
static bool writing;
static struct {
    char region[32], id[64];
    struct domain *domain;
    bool excused;
} members[ENGINES_MAX];
static size_t n_members;
static struct excuse {
    char region[32], datastore[64];
    bool primary; /* clients wrote to it until the last pass */
} excuses[EXCUSES_MAX];
static size_t n_excuses;

/* ---- who belongs where ---- */

static void put_text(char *to, size_t size, const char *text)
{
    size_t n = strlen(text);
    if (n >= size) abort();
    memcpy(to, text, n + 1);
}

struct domain *domain_of(struct world_rg *rg, const struct world_node_group *ng)
{
    bool shared = rg->global && rg->member && !rg->member->row.leaving && !rg->member->drop;
    const char *region = shared ? "" : rg->row.region, *id = shared ? rg->global->row.id : rg->row.id;
    int64_t created_ms = shared ? 0 : rg->row.created_ms;
    for (struct domain *d = domains; d < domains + n_domains; d++)
        if (d->created_ms == created_ms && strcmp(d->id, id) == 0 && strcmp(d->group, ng->row.id) == 0 &&
            strcmp(d->region, region) == 0)
            return d;
    if (n_domains == DOMAINS_MAX) record_failure("more than %d groups in one run", DOMAINS_MAX);
    struct domain *d = &domains[n_domains++];
    put_text(d->region, sizeof d->region, region);
    put_text(d->id, sizeof d->id, id);
    put_text(d->group, sizeof d->group, ng->row.id);
    d->created_ms = created_ms;
    if (shared) snprintf(d->name, sizeof d->name, "%s/%s", id, ng->row.id);
    else snprintf(d->name, sizeof d->name, "%s/%s@%lld/%s", region, id, (long long)created_ms, ng->row.id);
    d->failover = true;
    return d;
}

static size_t find_member(const struct engine *e)
{
    size_t i = 0;
    while (i < n_members && (strcmp(members[i].id, e->id) != 0 || strcmp(members[i].region, e->region) != 0)) i++;
    return i;
}

struct domain *domain_of_engine(const struct engine *e)
{
    size_t i = find_member(e);
    return i < n_members ? members[i].domain : NULL;
}

/*
 * A region that is out of reach may take writes although another one has taken its place, or although it was to take another one's and that
 * was given up. It is excused from the moment that an event says so, until its writes are counted.
 */
static struct excuse *find_excuse(const struct row_global_member *m)
{
    for (size_t i = 0; m && i < n_excuses; i++)
        if (strcmp(excuses[i].region, m->region) == 0 && strcmp(excuses[i].datastore, m->global_id) == 0) return &excuses[i];
    return NULL;
}

static bool is_told_out_of_reach(const struct world *w, const char *datastore)
{
    for (const struct world_event *e = w->events; e; e = e->next)
        if (strstr(e->message, datastore) && strstr(e->message, "out of reach")) return true;
    return false;
}

/* One of the target's shards waits for nothing of the old primary. */
static bool is_passed_over(struct world_global *g)
{
    const struct world_member *target = want_switch_member(g);
    bool any = false;
    for (size_t i = 0; target && target->rg && i < target->rg->n_node_groups; i++)
        any = any || target->rg->node_groups[i].row.rise_offset < 0;
    return g->row.phase == PHASE_PROMOTING && any;
}

static bool has_forked(const struct world_rg *rg)
{
    for (size_t i = 0; rg && i < rg->n_node_groups; i++)
        if (rg->node_groups[i].row.fork_offset != 0) return true;
    return false;
}

static void learn_excuse(const struct world *w, struct world_global *global, const struct world_member *member)
{
    const struct row_global_replication_group *g = &global->row;
    const struct row_global_member *m = &member->row;
    bool doubtful = (m->role == MEMBER_PRIMARY && is_passed_over(global)) || has_forked(member->rg);
    struct excuse *x = find_excuse(m);
    if (!doubtful && x) *x = excuses[--n_excuses];
    if (!doubtful || x || n_excuses == EXCUSES_MAX || !is_told_out_of_reach(w, g->id)) return;
    x = &excuses[n_excuses++];
    snprintf(x->region, sizeof x->region, "%s", m->region);
    snprintf(x->datastore, sizeof x->datastore, "%s", m->global_id);
    x->primary = true;
}

void excuses_learn(const struct world *w)
{
    for (size_t i = 0; i < w->n_globals; i++)
        for (size_t k = 0; k < w->globals[i].n_members; k++) learn_excuse(w, &w->globals[i], &w->globals[i].members[k]);
}

/*
 * A reboot of it has been asked for and is under way, or it is to begin with a snapshot's data until its group is there: docs/promises.md,
 * L7 and K9.
 */
static bool begins_anew(struct domain *d, const struct world_node *first)
{
    bool same = strcmp(d->primary, first->row.id) == 0;
    bool old = first->row.seen_incarnation < first->row.incarnation; /* 0: nothing is known of its process */
    bool asked = (same && first->row.incarnation > d->incarnation) || d->at_risk || first->row.seen_incarnation;
    snprintf(d->primary, sizeof d->primary, "%s", first->row.id);
    d->incarnation = first->row.incarnation;
    return (!first->row.keep_data && old && asked) || first->seed;
}

static void learn_group(struct world *w, struct world_rg *rg, struct world_node_group *ng)
{
    struct domain *d = domain_of(rg, ng);
    const struct world_endpoint *e = rg_endpoint(rg, ENDPOINT_PRIMARY, ng->row.id);
    struct excuse *excuse = find_excuse(rg->member ? &rg->member->row : NULL);
    bool deleting = rg->row.status == RG_DELETING;
    if (excuse && excuse->primary) d->deaths += NO_PROMISE; /* what had not arrived in the other region is lost */
    if (excuse) excuse->primary = !want_passive(rg);
    d->there = true;
    if (deleting)
        d->deaths += NO_PROMISE; /* it may come back where its last snapshot fails, with whatever its processes have by then */
    if (!want_passive(rg)) {
        bool known = e && e->row.address && !deleting && !e->drop;
        snprintf(d->address, sizeof d->address, "%s", known ? e->row.address : "");
        d->port = known ? (int)e->row.port : 0;
        if (!want_failover(rg)) d->failover = false;
        bool was = d->at_risk;
        d->at_risk = rg_primary(ng) && begins_anew(d, rg_primary(ng));
        if (was || d->at_risk) d->deaths += NO_PROMISE;
    }
    for (size_t i = 0; i < ng->n_nodes; i++) {
        const struct world_node *n = &ng->nodes[i];
        if (!ng_has(ng, n) || n->drop || deleting || n_members == ENGINES_MAX) continue;
        put_text(members[n_members].region, sizeof members[0].region, n->row.region);
        put_text(members[n_members].id, sizeof members[0].id, n->row.id);
        members[n_members].excused = excuse != NULL;
        members[n_members++].domain = d;
    }
    (void)w;
}

void domains_learn(struct world *w)
{
    n_members = 0;
    for (size_t i = 0; i < n_domains; i++) {
        domains[i].address[0] = '\0';
        domains[i].there = false;
    }
    for (size_t i = 0; i < w->n_rgs; i++)
        for (size_t k = 0; k < w->rgs[i].n_node_groups; k++)
            if (!w->rgs[i].drop && !w->rgs[i].node_groups[k].drop) learn_group(w, &w->rgs[i], &w->rgs[i].node_groups[k]);
    for (size_t i = 0; i < n_domains; i++)
        if (!domains[i].there)
            domains[i].deaths += NO_PROMISE; /* whatever becomes of a datastore's member meanwhile, nobody counts it here */
}

/* ---- two who let writes in ---- */

static bool is_excused(const struct engine *e)
{
    size_t i = find_member(e);
    return i < n_members && members[i].excused;
}

static void look_for_two(void *arg)
{
    const struct engine *e = arg, *all = engines_living();
    const struct domain *d = domain_of_engine(e);
    if (d == NULL || d->address[0] == '\0' || !engine_takes_writes(e) || is_excused(e)) return;
    for (const struct engine *o = all; o; o = o->next)
        if (o != e && engine_takes_writes(o) && domain_of_engine(o) == d && !is_excused(o))
            record_failure("%s and %s both take writes of %s", o->process->name, e->process->name, d->name);
}

/* An agent that gets an order has two nodes change roles one after the other. */
void expect_writable(struct engine *e)
{
    machine_after(NULL, (int64_t)ROLES_MS * NS_OF_MS, look_for_two, e);
}

void expect_ended(const struct engine *e, bool saved)
{
    struct domain *d = domain_of_engine(e);
    if (d && !saved) d->deaths++;
}

/* ---- writing ---- */

static void confirm(void *arg)
{
    size_t at = (size_t)(uintptr_t)arg;
    struct write *x = &writes[at];
    if (x->domain->deaths != x->deaths) return;
    bool elsewhere = false;
    for (const struct engine *e = engines_living(); e; e = e->next) {
        if (e->primary || !e->link_up || domain_of_engine(e) != x->domain || !engine_has(e, x->number)) continue;
        if (strcmp(e->region, x->region) == 0) x->confirmed++;
        else elsewhere = true;
    }
    if (x->confirmed == 0 && elsewhere) x->confirmed = 1;
}

static void write_to(struct domain *d)
{
    struct engine *e = d->address[0] ? engine_through(d->address, d->port) : NULL;
    if (!engine_answers(e)) return;
    if (domain_of_engine(e) != NULL && domain_of_engine(e) != d)
        record_failure("the endpoint of %s is answered by %s", d->name, e->process->name);
    if (!engine_takes_writes(e) || domain_of_engine(e) == NULL) return;
    if (e != d->writer) clients_check(d, e);
    d->writer = e;
    if (n_writes == cap_writes) {
        cap_writes = cap_writes ? 2 * cap_writes : 1024;
        writes = realloc(writes, cap_writes * sizeof *writes);
        if (writes == NULL) abort();
    }
    int deaths = d->at_risk ? d->deaths - NO_PROMISE : d->deaths; /* what is written now may go with the process that is to go */
    writes[n_writes] = (struct write){(uint32_t)n_writes + 1, d, deaths, 0, ""};
    snprintf(writes[n_writes].region, sizeof writes->region, "%s", e->region);
    if (!engine_write(e, writes[n_writes].number)) return;
    record_detail("    client: write %u of %s to %s", writes[n_writes].number, d->name, e->process->name);
    machine_after(NULL, (int64_t)CONFIRM_MS * NS_OF_MS, confirm, (void *)(uintptr_t)n_writes);
    n_writes++;
}

static void write_all(void *arg)
{
    (void)arg;
    if (!writing) return;
    for (size_t i = 0; i < n_domains; i++) write_to(&domains[i]);
    machine_after(NULL, (WRITE_EVERY_MS + machine_below(WRITE_EVERY_MS)) * NS_OF_MS, write_all, NULL);
}

void clients_open(void)
{
    writing = true;
    write_all(NULL);
}

void clients_stop(void)
{
    writing = false;
}

/* ---- what must be there ---- */

void clients_check(const struct domain *d, const struct engine *e)
{
    for (size_t i = 0; i < n_writes; i++) {
        const struct write *x = &writes[i];
        int deaths = d->deaths - x->deaths;
        bool promised = deaths == 0 || (deaths <= x->confirmed && d->failover);
        if (x->domain == d && promised && !engine_has(e, x->number))
            record_failure("write %u of %s is gone from %s: replicas confirmed it: %d, deaths since: %d", x->number, d->name,
                e->process->name, x->confirmed, deaths);
    }
}
