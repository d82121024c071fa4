#include "build.h"
#include "base/arena.h"
#include "plan/access.h"
#include "plan/settings.h"
#include "plan/shard.h"
#include <string.h>

void build_init(struct build *b, struct arena *a)
{
    memset(b, 0, sizeof *b);
    b->w = (struct world){
        .arena = a,
        .now_ms = 1000000,
        .steady_ms = 5000000,
        .blocked_limit_ms = 30000,
        .wake_ms = INT64_MAX,
        .regions = b->regions,
        .rgs = b->rgs,
        .node_groups = b->node_groups,
        .clusters = b->clusters,
        .nodes = b->nodes,
        .endpoints = b->endpoints,
        .shards = b->shards,
        .shard_nodes = b->shard_nodes,
        .reshardings = b->reshardings,
        .globals = b->globals,
        .members = b->members,
    };
}

/* Clusters and node groups have not all the words of replication groups: what they lack is 'available' with them. */
static unsigned word_or_available(const struct words *list, const char *status)
{
    unsigned value;
    return word_read(list, status, &value) ? value : word_of(list, "available");
}

static void add_region(struct build *b, const char *region)
{
    if (world_region(&b->w, region)) return;
    b->regions[b->w.n_regions++] =
        (struct world_region){.row = {.name = region}, .in_touch = true, .obeys = true, .heard_ms = b->w.steady_ms};
}

static void add_endpoint(struct build *b, const char *region, const char *rg_id, const char *ng_id, enum endpoint_kind kind)
{
    const char *id = arena_printf(b->w.arena, "%s.%s.%s", endpoint_kind_text(kind), rg_id, ng_id);
    struct row_endpoint row = {.region = region,
        .id = id,
        .kind = kind,
        .rg_id = rg_id,
        .node_group_id = ng_id,
        .port = 6379,
        .seen_state = ENDPOINT_UNKNOWN};
    b->endpoints[b->w.n_endpoints++].row = row;
}

static void add_member(struct build *b, const char *region, const char *id, const char *node_group_id, const char *cluster,
    const char *status, int i)
{
    struct arena *a = b->w.arena;
    b->clusters[b->w.n_clusters++].row = (struct row_cache_cluster){.region = region,
        .account = "000000000000",
        .id = cluster,
        .rg_id = id,
        .node_group_id = node_group_id,
        .status = word_or_available(&words_cluster_status, status),
        .transit_encryption = ENCRYPTION_NONE,
        .engine = "redis",
        .engine_version = "7.1.0",
        .node_type = "cache.r7g.large",
        .parameter_group = "default.redis7",
        .parameter_apply_status = APPLY_IN_SYNC,
        .notification_topic_status = TOPIC_ACTIVE,
        .nodes_to_reboot = ""};
    b->nodes[b->w.n_nodes++].row = (struct row_node){
        .region = region,
        .id = arena_printf(a, "%s.0001", cluster),
        .cluster_id = cluster,
        .node_id = "0001",
        .rg_id = id,
        .node_group_id = node_group_id,
        .availability_zone = i == 2 ? "us-east-1b" : "us-east-1a",
        .port = 6379,
        .want = strcmp(status, "deleting") == 0 ? WISH_GONE : WISH_RUN,
        .status = NODE_AVAILABLE,
        .seen_state = SEEN_UNKNOWN,
        .seen_endpoints = "",
        .incarnation = 1,
    };
}

void build_rg(struct build *b, const char *region, const char *id, const char *status, int n)
{
    struct arena *a = b->w.arena;
    add_region(b, region);
    b->rgs[b->w.n_rgs++].row = (struct row_replication_group){.region = region,
        .account = "000000000000",
        .id = id,
        .status = word_of(&words_rg_status, status),
        .transit_encryption = ENCRYPTION_NONE,
        .port = 6379,
        .cluster_mode = MODE_DISABLED,
        .automatic_failover = FAILOVER_DISABLED,
        .notification_topic_status = TOPIC_ACTIVE,
        .engine = "redis",
        .engine_version = "7.1.0"};
    b->node_groups[b->w.n_node_groups++].row = (struct row_node_group){.region = region,
        .rg_id = id,
        .id = "0001",
        .status = word_or_available(&words_node_group_status, status),
        .primary_node_id = arena_printf(a, "%s-001.0001", id),
        .switch_offset = -1,
        .rise_offset = -1};
    for (int i = 1; i <= n; i++) add_member(b, region, id, "0001", arena_printf(a, "%s-%03d", id, i), status, i);
    add_endpoint(b, region, id, "0001", ENDPOINT_PRIMARY);
    add_endpoint(b, region, id, "0001", ENDPOINT_READER);
}

static void add_shard(struct build *b, const char *region, const char *id, const char *status, const char *shard, int n)
{
    struct arena *a = b->w.arena;
    for (int i = 1; i <= n; i++) {
        const char *cluster = arena_printf(a, "%s-%s-%03d", id, shard, i), *node = arena_printf(a, "%s.0001", cluster);
        add_member(b, region, id, shard, cluster, status, i);
        b->shard_nodes[b->w.n_shard_nodes++].row = (struct row_shard_node){.region = region,
            .id = node,
            .name = arena_printf(a, "%040d", (int)b->w.n_nodes),
            .seen_state = REDIS_CLUSTER_NONE,
            .seen_slots = ""};
    }
    b->node_groups[b->w.n_node_groups++].row = (struct row_node_group){.region = region,
        .rg_id = id,
        .id = shard,
        .status = word_or_available(&words_node_group_status, status),
        .primary_node_id = arena_printf(a, "%s-%s-001.0001", id, shard),
        .switch_offset = -1,
        .rise_offset = -1};
    b->shards[b->w.n_shards++].row = (struct row_shard){.region = region, .rg_id = id, .id = shard, .next_member = n + 1};
}

void build_shards(struct build *b, const char *region, const char *id, const char *status, int shards, int n)
{
    struct arena *a = b->w.arena;
    add_region(b, region);
    b->rgs[b->w.n_rgs++].row = (struct row_replication_group){.region = region,
        .account = "000000000000",
        .id = id,
        .status = word_of(&words_rg_status, status),
        .transit_encryption = ENCRYPTION_NONE,
        .port = 6379,
        .cluster_mode = MODE_ENABLED,
        .automatic_failover = FAILOVER_ENABLED,
        .notification_topic_status = TOPIC_ACTIVE,
        .engine = "redis",
        .engine_version = "7.1.0"};
    for (int i = 0; i < shards; i++) {
        add_shard(b, region, id, status, arena_printf(a, "%04d", i + 1), n);
        b->node_groups[b->w.n_node_groups - 1].row.slots =
            arena_printf(a, "%d-%d", i * SLOTS / shards, (i + 1) * SLOTS / shards - 1);
    }
    b->endpoints[b->w.n_endpoints++].row = (struct row_endpoint){.region = region,
        .id = arena_printf(a, "configuration.%s.", id),
        .kind = ENDPOINT_CONFIGURATION,
        .rg_id = id,
        .node_group_id = "",
        .port = 6379,
        .seen_state = ENDPOINT_UNKNOWN};
}

void build_resharding(struct build *b, const char *region, const char *rg_id, int64_t before, int64_t after)
{
    b->reshardings[b->w.n_reshardings++].row =
        (struct row_resharding){.region = region, .rg_id = rg_id, .shards_before = before, .shards_after = after, .slots = SLOTS};
}

void build_cluster(struct build *b, const char *region, const char *id, const char *engine, const char *status, int n)
{
    struct row_cache_cluster *c = &b->clusters[b->w.n_clusters++].row;
    bool redis = strcmp(engine, "redis") == 0;
    add_region(b, region);
    *c = (struct row_cache_cluster){
        .region = region,
        .id = id,
        .status = word_or_available(&words_cluster_status, status),
        .transit_encryption = ENCRYPTION_NONE,
        .engine = engine,
        .engine_version = redis ? "7.1.0" : "1.6.22",
        .node_type = "cache.r7g.large",
        .num_nodes = n,
        .parameter_group = redis ? "default.redis7" : "default.memcached1.6",
        .port = redis ? 6379 : 11211,
        .availability_zone = "us-east-1a",
        .maintenance_window = "sun:05:00-sun:06:00",
        .parameter_apply_status = APPLY_IN_SYNC,
        .notification_topic_status = TOPIC_ACTIVE,
        .nodes_to_reboot = "",
        .next_node = 1,
        .config_version = 1,
        .pending_nodes_to_remove = "",
        .pending_zones = "",
        .config_nodes = "",
    };
    for (int i = 0; i < n; i++) {
        struct row_node *row = &b->nodes[b->w.n_nodes++].row;
        *row = plan_new_node(b->w.arena, c, "us-east-1a", 0);
        row->status = strcmp(status, "creating") == 0 ? NODE_CREATING : NODE_AVAILABLE;
    }
    if (redis) return;
    b->endpoints[b->w.n_endpoints++].row = (struct row_endpoint){.region = region,
        .id = arena_printf(b->w.arena, "configuration.%s", id),
        .kind = ENDPOINT_CONFIGURATION,
        .cluster_id = id,
        .port = 11211,
        .seen_state = ENDPOINT_UNKNOWN};
}

void build_global(struct build *b, const char *id, const char *status)
{
    b->globals[b->w.n_globals++].row = (struct row_global_replication_group){.id = id,
        .status = word_of(&words_global_status, status),
        .engine = "redis",
        .engine_version = "7.1.0",
        .automatic_failover = FAILOVER_DISABLED,
        .phase = PHASE_STEADY};
}

/* Endpoints are sorted by group: the gateway goes behind the group's last one. */
static void insert_gateway(struct build *b, const char *region, const char *rg_id, const char *ng_id)
{
    size_t at = 0;
    for (size_t i = 0; i < b->w.n_endpoints; i++)
        if (strcmp(b->endpoints[i].row.region, region) == 0 && b->endpoints[i].row.rg_id &&
            strcmp(b->endpoints[i].row.rg_id, rg_id) == 0)
            at = i + 1;
    add_endpoint(b, region, rg_id, ng_id, ENDPOINT_GATEWAY);
    struct world_endpoint gateway = b->endpoints[b->w.n_endpoints - 1];
    memmove(&b->endpoints[at + 1], &b->endpoints[at], (b->w.n_endpoints - 1 - at) * sizeof b->endpoints[0]);
    b->endpoints[at] = gateway;
}

void build_member(
    struct build *b, const char *global_id, const char *region, const char *rg_id, const char *role, const char *status)
{
    b->members[b->w.n_members++].row = (struct row_global_member){.global_id = global_id,
        .region = region,
        .rg_id = rg_id,
        .role = word_of(&words_member_role, role),
        .status = word_of(&words_member_status, status)};
    for (size_t i = 0; i < b->w.n_node_groups; i++) {
        const struct row_node_group *ng = &b->node_groups[i].row;
        if (strcmp(ng->region, region) == 0 && strcmp(ng->rg_id, rg_id) == 0) insert_gateway(b, region, rg_id, ng->id);
    }
}

void build_link(struct build *b)
{
    world_link(&b->w);
}

/* As the engine of a sound cluster would tell. */
static void see_cluster(struct world_node *n)
{
    struct world_node_group *ng = rg_node_group(n->rg, n->row.node_group_id);
    struct row_shard_node *seen = &n->shard_node->row;
    seen->seen_state = REDIS_CLUSTER_OK;
    seen->seen_slots = rg_primary(ng) == n && ng->row.slots ? ng->row.slots : "";
    seen->seen_known = (int64_t)shard_count_nodes(n->rg);
    seen->seen_strangers = 0;
    seen->seen_epoch = 1;
    seen->seen_agrees = 1;
}

void build_see(struct build *b, struct world_node *n)
{
    struct want_node want = want_node(&b->w, n);
    n->row.seen_state = SEEN_READY;
    n->row.seen_users_generation = access_of(&b->w, n->rg)->generation;
    n->row.seen_generation = n->cluster ? settings_of(&b->w, &n->cluster->row)->generation : 0;
    n->row.seen_role = want.primary ? ROLE_PRIMARY : ROLE_REPLICA;
    if (n->cluster && n->cluster->endpoint) n->row.seen_role = ROLE_UNKNOWN; /* memcached knows no roles */
    n->row.seen_endpoints = "";
    for (size_t i = 0; i < want.n_endpoints; i++)
        n->row.seen_endpoints = arena_printf(b->w.arena, "%s%s%s", n->row.seen_endpoints, i ? " " : "", want.endpoints[i]);
    n->row.seen_fenced = want.fence;
    n->row.seen_incarnation = n->row.incarnation;
    if (n->cluster) n->row.seen_asked = arena_printf(b->w.arena, "%s %s", n->cluster->row.engine, n->cluster->row.engine_version);
    if (n->cluster) n->row.seen_binary = arena_printf(b->w.arena, "/opt/%s", n->cluster->row.engine_version);
    n->row.seen_link_up = !want.primary;
    n->row.seen_upstream =
        want.upstream_address ? arena_printf(b->w.arena, "%s:%lld", want.upstream_address, (long long)want.upstream_port) : NULL;
    if (n->shard_node && !n->drop) see_cluster(n);
}

void build_see_as(struct build *b, struct world_node *n, const char *role, const char *slots)
{
    build_see(b, n);
    n->row.seen_role = word_of(&words_node_role, role);
    n->row.seen_upstream = NULL;
    n->shard_node->row.seen_slots = slots;
}

void build_see_all(struct build *b)
{
    /* Who is seen to follow is wanted to serve reads, and so on: the second look finds all at rest. */
    for (size_t i = 0; i < 2 * b->w.n_nodes; i++) build_see(b, &b->nodes[i % b->w.n_nodes]);
    for (size_t i = 0; i < b->w.n_endpoints; i++) b->endpoints[i].row.seen_state = ENDPOINT_LISTENING;
}

struct world_rg *build_find(struct build *b, const char *region, const char *id)
{
    return world_rg(&b->w, region, id);
}
