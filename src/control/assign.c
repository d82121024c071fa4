#include "control/assign.h"
#include "base/text.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/trip.h"
#include "control/assign_map.h"
#include "control/authority.h"
#include "control/certificates.h"
#include "control/outages.h"
#include "control/secret.h"
#include "plan/access.h"
#include "plan/encryption.h"
#include "plan/logs.h"
#include "plan/naming.h"
#include "plan/scaling.h"
#include "plan/seen.h"
#include "plan/settings.h"
#include "plan/shard.h"
#include "plan/snapshot.h"
#include "plan/want.h"
#include "protocol/protocol.gen.h"
#include <ctype.h>
#include <string.h>

/* Most nodes have the same settings: each generation's go out once. */
static void assign_settings(struct world *w, const struct settings *s, struct proto_settings_order_list *out)
{
    for (size_t i = 0; i < out->n; i++)
        if (out->items[i].generation.v == s->generation) return;
    struct proto_setting_list list = {.set = true, .n = s->n, .items = arena_array(w->arena, struct proto_setting, s->n)};
    for (size_t i = 0; i < s->n; i++) list.items[i] = (struct proto_setting){s->items[i].name, s->items[i].value};
    out->items[out->n++] = (struct proto_settings_order){OPT_INT(s->generation), list};
}

/* The nodes of a replication group have the same users, and so have most replication groups: each generation's go out once. */
static void assign_users(struct world *w, const struct access *access, struct proto_users_order_list *out)
{
    for (size_t i = 0; i < out->n; i++)
        if (out->items[i].generation.v == access->generation) return;
    struct proto_user_order_list list = {
        .set = true, .n = access->n, .items = arena_array(w->arena, struct proto_user_order, access->n)};
    for (size_t i = 0; i < access->n; i++) {
        const struct access_user *u = &access->users[i];
        list.items[i] = (struct proto_user_order){u->name, {true, u->n_rules, u->rules}};
    }
    out->items[out->n++] = (struct proto_users_order){OPT_INT(access->generation), list};
}

static void assign_role(struct world *w, struct world_node *n, struct proto_node_order *out)
{
    struct want_node want = want_node(w, n);
    out->role = want.primary ? ROLE_PRIMARY : ROLE_REPLICA;
    out->fence = OPT_BOOL(want.fence);
    if (want.count_from > 0) out->count_from = OPT_INT(want.count_from);
    out->hold = OPT_BOOL(want.hold);
    if (want.promote_offset >= 0) out->promote_offset = OPT_INT(want.promote_offset);
    if (want.primary && n->row.promote_pid) {
        out->promote_pid = OPT_INT(n->row.promote_pid);
        out->promote_started_ms = OPT_INT(n->row.promote_started_ms);
    }
    if (want.takeover) out->takeover = OPT_BOOL(true);
    if (want.n_endpoints) out->endpoints = (struct string_list){true, 0, arena_array(w->arena, const char *, WANT_ENDPOINTS)};
    for (size_t i = 0; i < want.n_endpoints; i++) out->endpoints.items[out->endpoints.n++] = want.endpoints[i];
    if (want.source_address) {
        out->source_host = want.source_address;
        out->source_port = OPT_INT(want.source_port);
    }
    if (want.upstream_address == NULL) return;
    out->upstream_host = want.upstream_address;
    out->upstream_port = OPT_INT(want.upstream_port);
    out->upstream_node = want.upstream_node;
}

/* The shards of a replication group begin with the same files, each with what belongs to its slots. */
static void assign_seed(struct world *w, const struct world_node *n, struct proto_node_order *out)
{
    if (n->seed == NULL || n->seed->drop) return;
    out->seed = arena_new(w->arena, struct proto_seed_order);
    *out->seed = (struct proto_seed_order){.source = n->seed->row.source_id};
    if (n->shard_node && n->node_group) out->seed->slots = n->node_group->row.slots;
}

/* Each source's files go out once. */
static void assign_seed_files(struct world *w, const struct world_seed *s, struct proto_seed_source_list *out)
{
    for (size_t i = 0; i < out->n; i++)
        if (strcmp(out->items[i].id, s->row.source_id) == 0) return;
    struct proto_seed_file_list list = {
        .set = true, .n = s->n_files, .items = arena_array(w->arena, struct proto_seed_file, s->n_files)};
    for (size_t i = 0; i < s->n_files; i++) {
        const struct row_seed_file *f = &s->files[i].row;
        list.items[i] = (struct proto_seed_file){.snapshot = f->file, .root = f->root, .path = f->path};
    }
    out->items[out->n++] = (struct proto_seed_source){s->row.source_id, list};
}

/* An agent refuses an order without a certificate, and leaves what runs as it is. */
static void assign_tls(struct world *w, struct world_node *n, const struct assign_secrets *secrets, struct proto_node_order *out)
{
    struct want_encryption want = want_encryption(n->rg, n);
    struct certificate c = {0};
    struct err e;
    if (want.mode == ENCRYPTION_NONE || n->row.want != WISH_RUN) {
        certificates_forget(secrets->certificates, n->row.region, n->row.id);
        return;
    }
    out->tls = arena_new(w->arena, struct proto_tls_order);
    if (certificates_get(secrets->certificates, n->row.region, n->row.id, encryption_names(w, n), w->now_ms, &c, &e) != 0)
        log_error("node %s of %s gets no certificate: %s", n->row.id, n->row.region, e.msg);
    *out->tls = (struct proto_tls_order){
        .mode = want.mode,
        .certificate = c.pem,
        .key = c.key,
        .links = OPT_BOOL(want.links),
        .inner_address = encryption_inner_address(w, n),
    };
}

struct passwords {
    const struct world_node *of; /* NULL: none yet */
    const char *admin, *replica, *mover;
};

/* The datastore in which a replication group's nodes follow each other across regions; NULL outside of any, and once it is leaving. */
static const char *datastore_of(const struct world_node *n)
{
    const struct world_rg *rg = n->rg;
    return rg && rg->global && rg->member && !rg->member->row.leaving ? rg->global->row.id : NULL;
}

static const char *derive_password(struct world *w, const char *root, const char *purpose, const char *region, const char *owner)
{
    char *out = arena_alloc(w->arena, 65);
    secret_derive(root, purpose, region, owner, out);
    return out;
}

/* A secret that a stranger overhears opens nothing but the replication group, or the datastore, that it was overheard in. */
static void derive_passwords(struct world *w, const struct world_node *n, const struct assign_secrets *s, struct passwords *out)
{
    const char *owner = n->row.rg_id ? n->row.rg_id : n->row.cluster_id, *kind = n->row.rg_id ? "group" : "cluster";
    const char *datastore = datastore_of(n), *region = n->row.region;
    out->admin = derive_password(w, s->admin_password, arena_printf(w->arena, "admin %s", kind), region, owner);
    out->replica = datastore
                       ? derive_password(w, s->replication_password, "replica datastore", "", datastore)
                       : derive_password(w, s->replication_password, arena_printf(w->arena, "replica %s", kind), region, owner);
    out->mover = n->shard_node ? derive_password(w, s->replication_password, "mover", region, owner) : NULL;
}

/* The nodes of one owner stand together. */
static void assign_passwords(struct world *w, const struct world_node *n, struct passwords *last, const struct assign_secrets *s,
    struct proto_node_order *out)
{
    bool same = last->of && last->of->rg == n->rg && (n->rg || last->of->cluster == n->cluster);
    if (!same) derive_passwords(w, n, s, last);
    last->of = n;
    out->admin_password = last->admin;
    out->replication_password = last->replica;
    out->mover_password = last->mover;
}

/* In cluster mode the engines themselves tell clients where to go: by a name that leads to the node in its next state, too. */
static void assign_announcement(struct world *w, const struct world_node *n, struct proto_node_order *out)
{
    const char *host = w->addressing.advertise ? w->addressing.advertise : w->addressing.own_address;
    if (w->addressing.named) out->announced_host = naming_node(w, n, naming_is_encrypted(want_encryption(n->rg, n).mode));
    else if (w->addressing.ports && host && strcmp(host, node_meeting_address(w, n)) != 0) out->announced_host = host;
}

/* Where a log goes: a file for each account and destination. What a path could mean by a character is told by its number instead. */
static const char *log_file(struct world *w, const char *account, const char *type, const char *destination)
{
    _buf_ struct buf name = {0};
    for (const char *c = destination; *c; c++) {
        bool plain = isalnum((unsigned char)*c) || strchr("-_#", *c) || (*c == '.' && c > destination);
        if (plain) buf_putc(&name, *c);
        else buf_printf(&name, "%%%02X", (unsigned char)*c);
    }
    return arena_printf(w->arena, "%s/%s/%s.log", type, account, name.data);
}

static void assign_logs(struct world *w, struct row_cache_cluster *c, struct proto_node_order *out)
{
    struct log_columns columns[] = LOG_COLUMNS_OF(c);
    out->logs_generation = OPT_INT(logs_generation(c));
    if (out->logs_generation.v == 0) return;
    out->logs = (struct proto_log_order_list){.set = true, .items = arena_array(w->arena, struct proto_log_order, LOG_TYPES)};
    for (int t = 0; t < LOG_TYPES; t++) {
        if (!log_is_delivered(*columns[t].delivery, *columns[t].stage)) continue;
        struct log_delivery d = log_delivery_read(w->arena, *columns[t].delivery);
        out->logs.items[out->logs.n++] = (struct proto_log_order){
            .log = log_type_name(t), .format = d.format, .file = log_file(w, c->account, d.destination_type, d.destination)};
    }
}

static void assign_node(struct world *w, struct world_node *n, struct passwords *last, const struct assign_secrets *secrets,
    struct proto_node_order *out)
{
    const struct world_cluster *c = n->cluster;
    *out = (struct proto_node_order){
        .id = n->row.id,
        .run = OPT_BOOL(n->row.want == WISH_RUN),
        .engine = c ? c->row.engine : "redis",
        .engine_version = c ? c->row.engine_version : NULL,
        .address = n->row.address,
        .port = OPT_INT(n->row.port),
        .role = ROLE_PRIMARY,
        .generation = OPT_INT(c ? settings_of(w, &c->row)->generation : 1),
        .users_generation = OPT_INT(access_of(w, n->rg)->generation),
        .weigh = OPT_INT(scaling_question(n)),
        .condemned_pid = OPT_INT(n->row.condemned_pid),
        .condemned_started_ms = OPT_INT(n->row.condemned_started_ms),
        .incarnation = OPT_INT(n->row.incarnation),
        .keep_data = OPT_BOOL(n->row.keep_data),
    };
    assign_passwords(w, n, last, secrets, out);
    if (n->cluster) assign_logs(w, &n->cluster->row, out);
    if (n->shard_node) {
        out->cluster = n->row.rg_id;
        out->cluster_name = n->shard_node->row.name;
        assign_announcement(w, n, out);
    }
    if (want_rouse(w, n)) out->roused_pid = OPT_INT(n->row.seen_pid);
    if (want_rouse(w, n)) out->roused_started_ms = OPT_INT(n->row.seen_started_ms);
    assign_role(w, n, out);
    assign_seed(w, n, out);
    assign_tls(w, n, secrets, out);
}

static void add_target(struct proto_target_list *list, const struct world_node *n)
{
    if (n && n->row.address) list->items[list->n++] = (struct proto_target){.host = n->row.address, .port = OPT_INT(n->row.port)};
}

/* A gateway's agent does not know the node: only its own region's agent can tell whose process it is that has the address now. */
static bool has_its_address(const struct world_node *n)
{
    return n && (seen_node_state(&n->row) == SEEN_READY || seen_node_state(&n->row) == SEEN_HUNG ||
                    seen_node_state(&n->row) == SEEN_STOPPING);
}

/* Reads go to the replicas that are up to date with their primary, or to the primary while there is none. */
void assign_reader_targets(struct world *w, struct world_rg *rg, struct world_node_group *ng, struct proto_target_list *list)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (ng->shard == NULL && strcmp(rg->nodes[i].row.node_group_id, ng->row.id) == 0 && &rg->nodes[i] != rg_primary(ng) &&
            rg->nodes[i].row.seen_role == ROLE_REPLICA && want_in_force(w, &rg->nodes[i]))
            add_target(list, &rg->nodes[i]);
    if (list->n == 0) add_target(list, rg_primary(ng));
}

/* What clients of a memcached cluster are told instead of a node's address; NULL: nothing. */
static const char *told_name(struct world *w, const struct world_node *n)
{
    if (w->addressing.named) return naming_node(w, n, false);
    return w->addressing.ports ? w->addressing.advertise : NULL;
}

/* Clients of a memcached cluster ask here which nodes there are: the list that the plan has published. One with TLS asks a node through it. */
static bool assign_configuration(struct world *w, struct world_endpoint *e, struct proto_link_order *out)
{
    struct world_cluster *c = world_cluster(w, e->row.region, NULL, e->row.cluster_id);
    if (c == NULL || e->row.address == NULL || c->row.status == CLUSTER_DELETING) return false;
    struct proto_target_list targets = {.set = true, .items = arena_array(w->arena, struct proto_target, c->n_nodes)};
    for (size_t i = 0; i < c->n_nodes; i++) {
        if (c->nodes[i].drop || !text_has_word(c->row.config_nodes, c->nodes[i].row.node_id)) continue;
        add_target(&targets, &c->nodes[i]);
        targets.items[targets.n - 1].name = told_name(w, &c->nodes[i]);
    }
    bool encrypted = c->row.transit_encryption != ENCRYPTION_NONE;
    *out = (struct proto_link_order){
        .id = e->row.id,
        .kind = encrypted ? LINK_READER : LINK_CONFIGURATION,
        .address = e->row.address,
        .port = OPT_INT(e->row.port),
        .targets = targets,
        .nodes_version = OPT_INT(c->row.config_version),
        .engine_version = c->row.engine_version,
    };
    return true;
}

/* Whoever sees a sound Redis Cluster can tell a client of all its nodes. */
static bool sees_cluster(const struct world_node *n)
{
    return shard_has_node(n) && node_answers(n) && n->shard_node->row.seen_state == REDIS_CLUSTER_OK;
}

void assign_cluster_targets(const struct world_rg *rg, struct proto_target_list *list)
{
    for (size_t i = 0; i < rg->n_nodes; i++)
        if (sees_cluster(&rg->nodes[i])) add_target(list, &rg->nodes[i]);
}

/* The configuration endpoint of a replication group in cluster mode leads to any of its nodes. */
static bool assign_cluster_link(struct world *w, struct world_rg *rg, struct world_endpoint *e, struct proto_link_order *out)
{
    if (e->row.address == NULL || rg->row.status == RG_DELETING) return false;
    struct proto_target_list targets = {.set = true, .items = arena_array(w->arena, struct proto_target, rg->n_nodes)};
    assign_cluster_targets(rg, &targets);
    *out = (struct proto_link_order){
        .id = e->row.id, .kind = LINK_READER, .address = e->row.address, .port = OPT_INT(e->row.port), .targets = targets};
    return true;
}

static bool assign_link(struct world *w, struct world_endpoint *e, struct proto_link_order *out)
{
    static const enum link_kind kinds[] = {
        [ENDPOINT_READER] = LINK_READER, [ENDPOINT_PRIMARY] = LINK_PRIMARY, [ENDPOINT_GATEWAY] = LINK_GATEWAY};
    if (e->row.cluster_id) return assign_configuration(w, e, out);
    struct world_rg *rg = world_rg(w, e->row.region, e->row.rg_id);
    if (rg && e->row.kind == ENDPOINT_CONFIGURATION) return assign_cluster_link(w, rg, e, out);
    struct world_node_group *ng = rg ? rg_node_group(rg, e->row.node_group_id) : NULL;
    if (ng == NULL || want_floats(w, rg, e) || e->row.address == NULL || rg->row.status == RG_DELETING) return false;
    struct proto_target_list targets = {.set = true, .items = arena_array(w->arena, struct proto_target, rg->n_nodes + 1)};
    if (e->row.kind == ENDPOINT_READER) assign_reader_targets(w, rg, ng, &targets);
    else if (e->row.kind == ENDPOINT_PRIMARY) add_target(&targets, rg_primary(ng));
    else if (has_its_address(want_gateway_target(rg, ng))) add_target(&targets, want_gateway_target(rg, ng));
    *out = (struct proto_link_order){
        .id = e->row.id, .kind = kinds[e->row.kind], .address = e->row.address, .port = OPT_INT(e->row.port), .targets = targets};
    const struct world_node *far = e->row.kind == ENDPOINT_GATEWAY ? want_gateway_target(rg, ng) : NULL;
    if (far) out->region = far->row.region;
    return true;
}

static struct proto_node_order *order_of(struct proto_assignment *a, const char *node_id)
{
    for (size_t i = 0; i < a->nodes.n; i++)
        if (strcmp(a->nodes.items[i].id, node_id) == 0) return &a->nodes.items[i];
    return NULL;
}

/* A file that a snapshot in that status shall have: it is kept, made, or taken away. */
static void assign_part(
    struct world *w, const struct row_snapshot *s, const struct row_snapshot_part *p, struct proto_assignment *out)
{
    const char *id = snapshot_file(w->arena, s->name, p->node_group_id);
    bool creating = s->status == SNAPSHOT_CREATING, exporting = s->status == SNAPSHOT_EXPORTING;
    struct proto_snapshot_order *o = &out->snapshots.items[out->snapshots.n++];
    *o = (struct proto_snapshot_order){.id = id, .keep = OPT_BOOL(s->status != SNAPSHOT_DELETING)};
    struct proto_node_order *n = creating && s->copied_from == NULL ? order_of(out, p->node_id) : NULL;
    if (creating && s->copied_from) o->copy_of = snapshot_file(w->arena, s->copied_from, p->node_group_id);
    if (exporting) o->export = OPT_INT(s->exports);
    if (exporting) o->export_root = s->export_root;
    if (exporting) o->export_path = arena_printf(w->arena, "%s/%s-%s.rdb", s->export_bucket, s->export_name, p->node_group_id);
    if (n == NULL) return;
    n->snapshot = id;
    n->snapshot_pid = OPT_INT(p->pid);
    n->snapshot_started_ms = OPT_INT(p->started_ms);
}

static void assign_snapshots(struct world *w, const char *region, struct proto_assignment *out)
{
    out->snapshots =
        (struct proto_snapshot_order_list){true, 0, arena_array(w->arena, struct proto_snapshot_order, w->n_snapshot_parts)};
    for (size_t i = 0; i < w->n_snapshots; i++) {
        const struct world_snapshot *s = &w->snapshots[i];
        if (s->drop || strcmp(s->row.region, region) != 0 || s->row.status == SNAPSHOT_FAILED) continue;
        for (size_t k = 0; k < s->n_parts; k++) assign_part(w, &s->row, &s->parts[k].row, out);
    }
}

static struct proto_trip_order_list assign_trips(struct arena *a)
{
    struct proto_trip_order_list list = {.set = true, .items = arena_array(a, struct proto_trip_order, TRIP__COUNT)};
    for (int i = 0; i < TRIP__COUNT; i++)
        if (trip_left[i]) list.items[list.n++] = (struct proto_trip_order){trip_name(i), OPT_INT(trip_left[i])};
    return list;
}

void assign_head(struct arena *a, const char *region, const char *authority, bool shutdown, struct proto_assignment *out)
{
    *out = (struct proto_assignment){
        .region = region,
        .version = OPT_INT(0),
        .shutdown = OPT_BOOL(shutdown),
        .authority = authority,
        .trips = assign_trips(a),
    };
}

void assign(struct world *w, const char *region, const struct assign_secrets *secrets, const struct outages *outages,
    struct proto_assignment *out)
{
    *out = (struct proto_assignment){
        .region = region,
        .nodes = {.set = true, .items = arena_array(w->arena, struct proto_node_order, w->n_nodes)},
        .links = {.set = true, .items = arena_array(w->arena, struct proto_link_order, w->n_endpoints)},
        .settings = {.set = true, .items = arena_array(w->arena, struct proto_settings_order, w->n_nodes)},
        .users = {.set = true, .items = arena_array(w->arena, struct proto_users_order, w->n_nodes)},
        .seeds = {.set = true, .items = arena_array(w->arena, struct proto_seed_source, w->n_seeds)},
        .clusters = assign_maps(w, region),
    };
    struct passwords last = {0};
    for (size_t i = 0; i < w->n_nodes; i++) {
        struct world_node *n = &w->nodes[i];
        if (strcmp(n->row.region, region) != 0) continue;
        if (n->drop) certificates_forget(secrets->certificates, region, n->row.id);
        if (n->drop || n->row.address == NULL) continue;
        struct proto_node_order *order = &out->nodes.items[out->nodes.n++];
        assign_node(w, n, &last, secrets, order);
        if (outages_stop_node(outages, &n->row)) order->outage = OPT_BOOL(true);
        if (order->seed) assign_seed_files(w, n->seed, &out->seeds);
        assign_users(w, access_of(w, n->rg), &out->users);
        if (n->cluster) assign_settings(w, settings_of(w, &n->cluster->row), &out->settings);
    }
    assign_snapshots(w, region, out);
    for (size_t i = 0; i < w->n_endpoints && !outages_stop_region(outages, region); i++)
        if (!w->endpoints[i].drop && strcmp(w->endpoints[i].row.region, region) == 0)
            out->links.n += assign_link(w, &w->endpoints[i], &out->links.items[out->links.n]);
}
