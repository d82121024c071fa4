#include "catalog/limits.gen.h"
#include "catalog/vpc.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include "ops/parameter_group/parameter_group.h"
#include "ops/replication_group/creation.h"
#include "ops/serverless_cache/limits.h"
#include "ops/serverless_cache/serverless_cache.h"
#include "ops/serverless_cache/settings.h"
#include "ops/serverless_cache/snapshot.h"
#include "ops/serverless_cache/version.h"
#include "plan/serverless.h"
#include <string.h>

enum { NAME_BYTES = 40, SUBNETS_MIN = 2, SUBNETS_MAX = 3 };

/* What the nodes of serverless caches are, as far as the program has to name a type: their memory limit is the cache's. */
#define NODE_TYPE "cache.r6g.large"

static int check_new_cache(struct op *op, const char *name)
{
    struct row_serverless_cache *other;
    bool has_room;
    int r = q_serverless_cache_get(op->store, op->arena, op->region->name, name, &other, op->err);
    if (r == 0 && other) return op_fault(op, FAULT_SERVERLESS_CACHE_ALREADY_EXISTS, "Serverless cache %s already exists.", name);
    if (r == 0)
        r = region_find_room(
            op, &sql_table_serverless_cache, q_serverless_cache_count, LIMIT_SERVERLESS_CACHES_PER_REGION, 1, &has_room);
    if (r || has_room) return r;
    return op_fault(op, FAULT_SERVERLESS_CACHE_QUOTA_FOR_CUSTOMER_EXCEEDED,
        "You can have at most %d serverless caches in this region.", LIMIT_SERVERLESS_CACHES_PER_REGION);
}

/* ---- the network ---- */

static int check_subnets(struct op *op, const struct string_list *ids)
{
    if (ids->n < SUBNETS_MIN || ids->n > SUBNETS_MAX)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "SubnetIds must have between %d and %d subnets.", SUBNETS_MIN, SUBNETS_MAX);
    for (size_t i = 0; i < ids->n; i++) {
        if (!vpc_is_subnet_id(ids->items[i]))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid subnet id: %s.", ids->items[i]);
        if (vpc_place_of_subnet(ids->items[i]) != vpc_place_of_subnet(ids->items[0]))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "All subnets of a serverless cache must be in one VPC.");
        for (size_t k = 0; k < i; k++)
            if (strcmp(vpc_zone_of_subnet(op->region, ids->items[k]), vpc_zone_of_subnet(op->region, ids->items[i])) == 0)
                return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Each subnet must be in an availability zone of its own.");
    }
    return 0;
}

static struct string_list default_subnets(struct op *op)
{
    struct string_list ids = {.set = true, .items = arena_array(op->arena, const char *, SUBNETS_MAX)};
    while (ids.n < SUBNETS_MAX && ids.n < op->region->n_zones) {
        char *id = arena_alloc(op->arena, VPC_ID_SIZE);
        vpc_subnet_id(op->region->zones[ids.n], id);
        ids.items[ids.n++] = id;
    }
    return ids;
}

static struct string_list default_security_groups(struct op *op)
{
    char *id = arena_alloc(op->arena, VPC_ID_SIZE);
    struct string_list ids = {.set = true, .n = 1, .items = arena_array(op->arena, const char *, 1)};
    vpc_security_group_id(op->region, id);
    ids.items[0] = id;
    return ids;
}

/* ---- the replication group beneath ---- */

/* One shard of one node: clients of Redis Cluster find every slot behind the one name that they know. */
static struct api_create_replication_group_in group_beneath(struct op *op, const struct api_create_serverless_cache_in *in,
    const struct engine_version *v, const struct string_list *subnets)
{
    struct api_node_group_configuration *shard = arena_new(op->arena, struct api_node_group_configuration);
    *shard = (struct api_node_group_configuration){.slots = "0-16383",
        .replica_count = OPT_INT(0),
        .primary_availability_zone = vpc_zone_of_subnet(op->region, subnets->items[0])};
    struct api_create_replication_group_in out = {
        .replication_group_description = "",
        .engine = v->engine->name,
        .engine_version = v->version,
        .cache_node_type = NODE_TYPE,
        .cache_parameter_group_name = default_group_name(op->arena, v->family, true),
        .cache_subnet_group_name = "default",
        .port = OPT_INT(v->engine->port),
        .notification_topic_arn = "",
        .cluster_mode = "enabled",
        .durability = "disabled",
        .node_group_configuration = {true, 1, shard},
        .transit_encryption_enabled = OPT_BOOL(true),
        .at_rest_encryption_enabled = OPT_BOOL(true),
        .kms_key_id = in->kms_key_id,
        .security_group_ids = in->security_group_ids.n ? in->security_group_ids : default_security_groups(op),
        .snapshot_retention_limit = in->snapshot_retention_limit,
    };
    if (in->user_group_id && *in->user_group_id) {
        out.user_group_ids = (struct string_list){true, 1, arena_array(op->arena, const char *, 1)};
        out.user_group_ids.items[0] = in->user_group_id;
    }
    return out;
}

/* What needs more than there is yet is refused, so that nothing is promised that is not so. */
static int check_served(struct op *op, const struct api_create_serverless_cache_in *in, const struct engine_version *v)
{
    if (v->engine->id == ENGINE_MEMCACHED) return not_served(op, "A serverless cache of memcached");
    if (in->connection_type && strcmp(in->connection_type, "vpc") != 0) return not_served(op, "A public endpoint");
    if (in->network_type && strcmp(in->network_type, "ipv4") != 0) return not_served(op, "IPv6");
    return 0;
}

static int write_cache(struct op *op, const struct api_create_serverless_cache_in *in, const struct row_serverless_cache *row,
    const struct rg_creation *plan)
{
    int r = rg_creation_write(op, plan);
    if (r == 0) r = q_serverless_cache_put(op->store, row, op->err);
    if (r == 0) r = settings_write_limit(op, row);
    return r || in->tags.n == 0 ? r : tags_put(op, arn_of(op, row->account, "serverlesscache", row->name), &in->tags);
}

int op_create_serverless_cache(
    struct op *op, const struct api_create_serverless_cache_in *in, struct api_create_serverless_cache_out *out)
{
    struct row_serverless_cache row = {.region = op->region->name, .account = op->account, .description = in->description};
    struct string_list subnets = in->subnet_ids.n ? in->subnet_ids : default_subnets(op);
    struct serverless_cache made;
    struct rg_creation plan;
    const struct engine_version *v;
    const char *snapshot;
    int r = id_check(op, "ServerlessCacheName", in->serverless_cache_name, NAME_BYTES, &row.name);
    if (r == 0) r = check_new_cache(op, row.name);
    if (r == 0) r = major_version_resolve(op, in->engine, in->major_engine_version, &v);
    if (r == 0) r = check_served(op, in, v);
    if (r == 0) r = limits_read(op, in->cache_usage_limits, &row);
    if (r == 0) r = check_subnets(op, &subnets);
    if (r) return r;
    row.rg_id = arena_printf(op->arena, SERVERLESS_PREFIX "%s", row.name);
    row.subnet_ids = request_words(op, &subnets);
    struct api_create_replication_group_in beneath = group_beneath(op, in, v, &subnets);
    r = settings_read_daily_time(op, in->daily_snapshot_time, &beneath.snapshot_window);
    if (r == 0) r = serverless_snapshot_source(op, &in->snapshot_arns_to_restore, &snapshot, &beneath.snapshot_arns);
    if (r == 0) r = rg_creation_read(op, &beneath, row.rg_id, snapshot, &plan);
    if (r == 0) r = write_cache(op, in, &row, &plan);
    if (r == 0) r = serverless_cache_find(op, row.name, &made);
    if (r) return r;
    out->serverless_cache = arena_new(op->arena, struct api_serverless_cache);
    return serverless_cache_view(op, &made, out->serverless_cache);
}
