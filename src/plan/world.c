#include "plan/world.h"
#include "base/arena.h"
#include "base/text.h"
#include "plan/seen.h"
#include "plan/serverless.h"
#include "catalog/account_key.h"
#include <string.h>

enum {
    OUT_OF_REACH_MS = 40000
}; /* an agent that goes in circles is given 30 s (control/silence.h), and the next one has to find the nodes */

static int compare_key(const char *region_a, const char *id_a, const char *region_b, const char *id_b)
{
    int r = strcmp(region_a, region_b);
    return r ? r : strcmp(id_a ? id_a : "", id_b ? id_b : "");
}

struct world_rg *world_rg(struct world *w, const char *region, const char *id)
{
    size_t low = 0, high = w->n_rgs;
    while (id && low < high) {
        size_t mid = (low + high) / 2;
        int r = compare_key(w->rgs[mid].row.region, w->rgs[mid].row.id, region, id);
        if (r == 0) return &w->rgs[mid];
        if (r < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

struct world_cluster *world_cluster(struct world *w, const char *region, const char *rg_id, const char *id)
{
    size_t low = 0, high = w->n_clusters;
    while (id && low < high) {
        size_t mid = (low + high) / 2;
        const struct row_cache_cluster *c = &w->clusters[mid].row;
        int r = compare_key(c->region, c->rg_id, region, rg_id);
        if (r == 0) r = strcmp(c->id, id);
        if (r == 0) return &w->clusters[mid];
        if (r < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

/* Gives every replication group its slice of an array that is sorted by (region, rg_id). */
#define LINK_SLICES(w, array, slice)                                                          \
    for (size_t i = 0; i < (w)->n_##array; i++) {                                             \
        struct world_rg *rg = world_rg(w, (w)->array[i].row.region, (w)->array[i].row.rg_id); \
        if (rg == NULL) continue;                                                             \
        if (rg->n_##slice++ == 0) rg->slice = &(w)->array[i];                                 \
    }

/* A cache cluster's nodes stand together: no id of another lies between "a.0001" and "a.0002". */
static void link_clusters(struct world *w)
{
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        n->cluster = world_cluster(w, n->row.region, n->row.rg_id, n->row.cluster_id);
        if (n->cluster && n->cluster->n_nodes++ == 0) n->cluster->nodes = n;
    }
    for (size_t i = 0; i < w->n_endpoints; i++) {
        struct row_endpoint *e = &w->endpoints[i].row;
        struct world_cluster *c = e->rg_id ? NULL : world_cluster(w, e->region, NULL, e->cluster_id);
        if (c) c->endpoint = &w->endpoints[i];
    }
}

static struct world_shard_node *find_shard_node(struct world *w, const struct row_node *n)
{
    size_t low = 0, high = w->n_shard_nodes;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int r = compare_key(w->shard_nodes[mid].row.region, w->shard_nodes[mid].row.id, n->region, n->id);
        if (r == 0) return &w->shard_nodes[mid];
        if (r < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

/* Shards and node groups stand in the same order; only replication groups in cluster mode have shards. */
static void link_shards(struct world *w)
{
    for (size_t i = 0, k = 0; i < w->n_shards && k < w->n_node_groups; k++) {
        struct row_shard *s = &w->shards[i].row;
        struct row_node_group *ng = &w->node_groups[k].row;
        if (compare_key(s->region, s->rg_id, ng->region, ng->rg_id) != 0 || strcmp(s->id, ng->id) != 0) continue;
        w->node_groups[k].shard = &w->shards[i++];
    }
    for (size_t i = 0; w->n_shard_nodes && i < w->n_nodes; i++) w->nodes[i].shard_node = find_shard_node(w, &w->nodes[i].row);
    for (size_t i = 0; i < w->n_reshardings; i++) {
        struct world_rg *rg = world_rg(w, w->reshardings[i].row.region, w->reshardings[i].row.rg_id);
        if (rg) rg->resharding = &w->reshardings[i];
    }
}

static void link_members(struct world *w)
{
    for (size_t i = 0; i < w->n_globals; i++) w->globals[i].n_members = 0;
    for (size_t i = 0; i < w->n_members; i++) {
        struct world_member *m = &w->members[i];
        m->rg = world_rg(w, m->row.region, m->row.rg_id);
        for (size_t k = 0; k < w->n_globals; k++) {
            struct world_global *g = &w->globals[k];
            if (strcmp(g->row.id, m->row.global_id) != 0) continue;
            if (g->n_members++ == 0) g->members = m;
            if (m->rg) m->rg->member = m;
            if (m->rg) m->rg->global = g;
        }
    }
}

static void link_seeds(struct world *w)
{
    for (size_t i = 0; i < w->n_seeds; i++) {
        struct world_seed *s = &w->seeds[i];
        s->files = NULL;
        s->n_files = 0;
        for (size_t k = 0; k < w->n_seed_files; k++) {
            const struct row_seed_file *f = &w->seed_files[k].row;
            if (compare_key(f->region, f->source_id, s->row.region, s->row.source_id) != 0) continue;
            if (s->n_files++ == 0) s->files = &w->seed_files[k];
        }
    }
}

static void link_snapshots(struct world *w)
{
    size_t at = 0;
    for (size_t i = 0; i < w->n_snapshots; i++) {
        struct world_snapshot *s = &w->snapshots[i];
        s->parts = &w->snapshot_parts[at];
        for (; at < w->n_snapshot_parts; at++, s->n_parts++) {
            const struct row_snapshot_part *p = &w->snapshot_parts[at].row;
            if (compare_key(p->region, p->snapshot, s->row.region, s->row.name) != 0) break;
        }
    }
    link_seeds(w);
    for (size_t i = 0; i < w->n_seeds; i++)
        for (size_t k = 0; k < w->n_nodes; k++)
            if (compare_key(w->nodes[k].row.region, w->nodes[k].row.id, w->seeds[i].row.region, w->seeds[i].row.node_id) == 0)
                w->nodes[k].seed = &w->seeds[i];
}

static struct world_user *find_user(struct world *w, const char *region, const char *id)
{
    size_t low = 0, high = w->n_users;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int r = compare_key(w->users[mid].row.region, w->users[mid].row.id, region, id);
        if (r == 0) return &w->users[mid];
        if (r < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

static struct world_user_group *find_user_group(struct world *w, const char *region, const char *id)
{
    for (size_t i = 0; i < w->n_user_groups; i++)
        if (compare_key(w->user_groups[i].row.region, w->user_groups[i].row.id, region, id) == 0) return &w->user_groups[i];
    return NULL;
}

static void link_users(struct world *w)
{
    struct world_user_group *g = NULL;
    for (size_t i = 0; i < w->n_user_members; i++) {
        struct world_user_member *m = &w->user_members[i];
        m->user = find_user(w, m->row.region, m->row.user_id);
        if (g == NULL || compare_key(g->row.region, g->row.id, m->row.region, m->row.group_id) != 0)
            g = find_user_group(w, m->row.region, m->row.group_id);
        if (g && g->n_members++ == 0) g->members = m;
    }
    for (size_t i = 0; i < w->n_user_links; i++) {
        struct world_user_link *l = &w->user_links[i];
        l->rg = world_rg(w, l->row.region, l->row.rg_id);
        l->group = find_user_group(w, l->row.region, l->row.group_id);
    }
}

void world_link(struct world *w)
{
    link_users(w);
    LINK_SLICES(w, node_groups, node_groups)
    LINK_SLICES(w, clusters, clusters)
    LINK_SLICES(w, nodes, nodes)
    LINK_SLICES(w, endpoints, endpoints)
    for (size_t i = 0; i < w->n_nodes; i++) w->nodes[i].rg = world_rg(w, w->nodes[i].row.region, w->nodes[i].row.rg_id);
    /* In a big replication group, whatever looks at a shard's nodes must not look at all the others, too. */
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        struct world_node_group *ng = n->rg && n->row.node_group_id ? rg_node_group(n->rg, n->row.node_group_id) : NULL;
        n->node_group = ng;
        if (ng == NULL) continue;
        if (ng->n_nodes == 0) ng->nodes = n;
        ng->n_nodes = (size_t)(n - ng->nodes) + 1;
    }
    link_clusters(w);
    link_shards(w);
    for (size_t i = 0; i < w->n_encryptions; i++) {
        struct world_rg *rg = world_rg(w, w->encryptions[i].row.region, w->encryptions[i].row.rg_id);
        if (rg) rg->encryption = &w->encryptions[i];
    }
    for (size_t i = 0; i < w->n_serverless_caches; i++) {
        struct world_rg *rg = world_rg(w, w->serverless_caches[i].row.region, w->serverless_caches[i].row.rg_id);
        if (rg) rg->serverless = &w->serverless_caches[i];
    }
    link_members(w);
    link_snapshots(w);
}

struct world_region *world_region(struct world *w, const char *name)
{
    for (size_t i = 0; i < w->n_regions; i++)
        if (strcmp(w->regions[i].row.name, name) == 0) return &w->regions[i];
    return NULL;
}

bool world_in_touch(struct world *w, const char *region)
{
    const struct world_region *r = world_region(w, region);
    return r && r->in_touch;
}

bool world_out_of_reach(struct world *w, const char *region)
{
    const struct world_region *r = world_region(w, region);
    if (r == NULL || r->in_touch) return false;
    if (r->isolated || w->steady_ms >= r->heard_ms + OUT_OF_REACH_MS) return true;
    world_wake(w, r->heard_ms + OUT_OF_REACH_MS);
    return false;
}

bool world_is_cut(struct world *w, const char *region, const char *other)
{
    const struct world_region *r = world_region(w, region);
    return r && r->cut_from && text_has_word(r->cut_from, other);
}

struct world_node *rg_node(struct world_rg *rg, const char *id)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (strcmp(rg->nodes[i].row.id, id) == 0) return &rg->nodes[i];
    return NULL;
}

struct world_node_group *rg_node_group(struct world_rg *rg, const char *id)
{
    size_t low = 0, high = rg->n_node_groups;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int r = strcmp(rg->node_groups[mid].row.id, id);
        if (r == 0) return &rg->node_groups[mid];
        if (r < 0) low = mid + 1;
        else high = mid;
    }
    return NULL;
}

bool ng_has(const struct world_node_group *ng, const struct world_node *n)
{
    return n->node_group == ng;
}

struct world_node *rg_cluster_node(const struct world_cluster *c)
{
    for (size_t i = 0; i < c->n_nodes; i++)
        if (!c->nodes[i].drop) return &c->nodes[i];
    return NULL;
}

struct world_endpoint *rg_endpoint(struct world_rg *rg, enum endpoint_kind kind, const char *node_group_id)
{
    for (size_t i = 0; i < rg->n_endpoints; i++) {
        struct row_endpoint *e = &rg->endpoints[i].row;
        if (e->kind == kind && strcmp(e->node_group_id, node_group_id) == 0 && !rg->endpoints[i].drop) return &rg->endpoints[i];
    }
    return NULL;
}

struct world_node *rg_primary(const struct world_node_group *ng)
{
    for (size_t i = 0; i < ng->n_nodes; i++)
        if (strcmp(ng->nodes[i].row.id, ng->row.primary_node_id) == 0) return &ng->nodes[i];
    return NULL;
}

bool node_shall_run(const struct world_node *n)
{
    return !n->drop && n->row.want == WISH_RUN;
}

bool node_has_left(const struct world_node *n)
{
    return n && (seen_node_state(&n->row) == SEEN_GONE || (n->row.want == WISH_GONE && n->row.address == NULL));
}

bool node_is_dead(const struct world_node *n)
{
    if (n && n->row.no_address) return true;
    return n && (seen_node_state(&n->row) == SEEN_EXITED || seen_node_state(&n->row) == SEEN_BROKEN ||
                    seen_node_state(&n->row) == SEEN_CONFLICT);
}

bool node_hangs(const struct world_node *n)
{
    return n && seen_node_state(&n->row) == SEEN_HUNG && !node_is_condemned(n);
}

bool node_takes_writes(const struct world_node *n)
{
    return node_answers(n) && n->row.seen_role == ROLE_PRIMARY;
}

bool node_is_condemned(const struct world_node *n)
{
    return n && n->row.condemned_pid == n->row.seen_pid && n->row.condemned_started_ms == n->row.seen_started_ms;
}

struct world_member *global_primary(struct world_global *g)
{
    for (size_t i = 0; i < g->n_members; i++)
        if (!g->members[i].drop && g->members[i].row.role == MEMBER_PRIMARY) return &g->members[i];
    return NULL;
}

void world_wake(struct world *w, int64_t at_ms)
{
    if (at_ms < w->wake_ms) w->wake_ms = at_ms;
}

void world_wake_date(struct world *w, int64_t date_ms)
{
    if (date_ms != INT64_MAX) world_wake(w, w->steady_ms + (date_ms - w->now_ms));
}

static void note_edit(struct world *w, const void *field)
{
    w->changed = true;
    w->edits++;
    if (!w->trailing) return;
    struct world_edit *e = arena_new(w->arena, struct world_edit);
    *e = (struct world_edit){w->trail, w->rule, field};
    w->trail = e;
}

void world_set(struct world *w, const char **field, const char *value)
{
    if (*field == value || (*field && value && strcmp(*field, value) == 0)) return;
    *field = value;
    note_edit(w, field);
}

void world_set_int(struct world *w, int64_t *field, int64_t value)
{
    if (*field == value) return;
    *field = value;
    note_edit(w, field);
}

void world_set_unsigned(struct world *w, void *field, unsigned value)
{
    unsigned *at = field;
    if (*at == value) return;
    *at = value;
    note_edit(w, field);
}

void world_condemn(struct world *w, struct world_node *n)
{
    world_set_int(w, &n->row.condemned_pid, n->row.seen_pid);
    world_set_int(w, &n->row.condemned_started_ms, n->row.seen_started_ms);
}

void world_drop(struct world *w, bool *drop)
{
    if (!*drop) note_edit(w, drop);
    *drop = true;
}

void world_add_node(struct world *w, const struct row_node *row)
{
    struct world_new_node *n = arena_new(w->arena, struct world_new_node);
    *n = (struct world_new_node){w->new_nodes, *row};
    w->new_nodes = n;
    note_edit(w, n);
    world_wake(w, w->steady_ms);
}

void world_add_snapshot(struct world *w, const struct world_new_snapshot *s)
{
    struct world_new_snapshot *new = arena_new(w->arena, struct world_new_snapshot);
    *new = *s;
    new->next = w->new_snapshots;
    w->new_snapshots = new;
    note_edit(w, new);
    world_wake(w, w->steady_ms);
}

void world_note(struct world *w, const char *region, const char *source_type, const char *source_id, const char *message)
{
    if (serverless_owns(source_id)) return;
    struct world_event *ev = arena_new(w->arena, struct world_event);
    *ev = (struct world_event){w->events, region, source_type, source_id, account_text(w->arena, source_id, message)};
    w->events = ev;
}

const char *node_meeting_address(const struct world *w, const struct world_node *n)
{
    bool elsewhere = n->shard_node && n->row.address && w->addressing.own_address;
    return elsewhere ? w->addressing.own_address : n->row.address;
}
