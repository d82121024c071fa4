#include "ops/core/find.h"
#include "ops/subnet_group/subnet_group.h"
#include "catalog/limits.gen.h"
#include "catalog/vpc.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include <string.h>

static bool is_default(const char *name)
{
    return strcmp(name, "default") == 0;
}

/* ---- what stands for the VPC ---- */

const char *subnet_group_vpc(struct op *op)
{
    char *id = arena_alloc(op->arena, VPC_ID_SIZE);
    vpc_id(op->region, id);
    return id;
}

static const char *default_subnet_id(struct op *op, const char *zone)
{
    char *id = arena_alloc(op->arena, VPC_ID_SIZE);
    vpc_subnet_id(zone, id);
    return id;
}

static struct row_subnet *default_subnets(struct op *op, size_t *n)
{
    *n = op->region->n_zones;
    struct row_subnet *rows = arena_array(op->arena, struct row_subnet, *n);
    for (size_t i = 0; i < *n; i++)
        rows[i] = (struct row_subnet){
            .region = op->region->name,
            .group_name = "default",
            .id = default_subnet_id(op, op->region->zones[i]),
            .zone = op->region->zones[i],
        };
    return rows;
}

static const struct row_subnet_group *default_group(struct op *op)
{
    struct row_subnet_group *g = arena_new(op->arena, struct row_subnet_group);
    *g = (struct row_subnet_group){op->region->name, "default", op->account, "Default CacheSubnetGroup", subnet_group_vpc(op)};
    return g;
}

/* ---- rows ---- */

static int subnets_of(struct op *op, const char *name, struct row_subnet **rows, size_t *n)
{
    if (!is_default(name)) return q_subnet_list(op->store, op->arena, op->region->name, name, rows, n, op->err);
    *rows = default_subnets(op, n);
    return 0;
}

static int get_subnet_group(struct op *op, const char *given, const struct row_subnet_group **out)
{
    struct row_subnet_group *row = NULL;
    const char *name = id_fold(op, given);
    int r = is_default(name) ? 0 : q_subnet_group_get(op->store, op->arena, op->region->name, name, &row, op->err);
    *out = is_default(name) ? default_group(op) : row;
    return r;
}

int subnet_group_resolve(struct op *op, const char *given, const char **out)
{
    const struct row_subnet_group *g;
    int r = get_subnet_group(op, given && given[0] ? given : "default", &g);
    if (r == 0 && g == NULL)
        return op_fault(op, FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "Cache Subnet Group %s does not exist.", given);
    if (r == 0) *out = g->name;
    return r;
}

static bool has_word(const struct string_list *list, const char *word)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->items[i], word) == 0) return true;
    return false;
}

int subnet_group_zones(struct op *op, const char *name, struct string_list *out)
{
    struct row_subnet *rows;
    struct string_list used = {0};
    size_t n;
    int r = subnets_of(op, name, &rows, &n);
    if (r) return r;
    used.items = arena_array(op->arena, const char *, n);
    for (size_t i = 0; i < n; i++) used.items[used.n++] = rows[i].zone;
    *out = (struct string_list){.set = true, .items = arena_array(op->arena, const char *, op->region->n_zones)};
    for (size_t i = 0; i < op->region->n_zones; i++)
        if (has_word(&used, op->region->zones[i])) out->items[out->n++] = op->region->zones[i];
    return 0;
}

int subnet_group_check_zone(struct op *op, const char *name, const char *zone)
{
    struct string_list zones;
    int r = request_zone(op, zone);
    if (r == 0) r = subnet_group_zones(op, name, &zones);
    if (r || has_word(&zones, zone)) return r;
    return op_fault(
        op, FAULT_INVALID_VPC_NETWORK_STATE, "No subnet is present in the cache subnet group for availability zone %s", zone);
}

/* ---- as the API shows them ---- */

static struct string_list network_types(struct op *op)
{
    struct string_list list = {true, 1, arena_array(op->arena, const char *, 1)};
    list.items[0] = "ipv4";
    return list;
}

static int view_subnet_group(struct op *op, const struct row_subnet_group *g, struct api_cache_subnet_group *out)
{
    struct row_subnet *rows;
    size_t n;
    int r = subnets_of(op, g->name, &rows, &n);
    if (r) return r;
    *out = (struct api_cache_subnet_group){
        .cache_subnet_group_name = g->name,
        .cache_subnet_group_description = g->description,
        .vpc_id = g->vpc_id,
        .subnets = {true, n, arena_array(op->arena, struct api_subnet, n)},
        .arn = arn_of(op, g->account, "subnetgroup", g->name),
        .supported_network_types = network_types(op),
    };
    for (size_t i = 0; i < n; i++) {
        struct api_availability_zone *zone = arena_new(op->arena, struct api_availability_zone);
        zone->name = rows[i].zone;
        out->subnets.items[i] = (struct api_subnet){
            .subnet_identifier = rows[i].id, .subnet_availability_zone = zone, .supported_network_types = network_types(op)};
    }
    return 0;
}

static int answer_with_subnet_group(struct op *op, const struct row_subnet_group *g, struct api_cache_subnet_group **out)
{
    *out = arena_new(op->arena, struct api_cache_subnet_group);
    return view_subnet_group(op, g, *out);
}

/* ---- writing ---- */

/* All lie in one VPC, and none on an Outpost, which nobody has subscribed to. */
static int check_places(struct op *op, const struct string_list *ids)
{
    for (size_t i = 0; i < ids->n; i++)
        if (vpc_place_of_subnet(ids->items[i]) == VPC_PLACE_OUTPOST)
            return op_fault(op, FAULT_SUBNET_NOT_ALLOWED, "At least one subnet ID does not match the other subnet IDs.");
    for (size_t i = 1; i < ids->n; i++)
        if (vpc_place_of_subnet(ids->items[i]) != vpc_place_of_subnet(ids->items[0]))
            return op_fault(op, FAULT_INVALID_SUBNET, "Subnets %s and %s are not in the same VPC.", ids->items[0], ids->items[i]);
    return 0;
}

/* *vpc is the one that they lie in. */
static int check_subnets(struct op *op, const struct string_list *ids, const char **vpc)
{
    bool bad = false;
    if (ids->n == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The parameter SubnetIds must be provided and must not be null.");
    for (size_t i = 0; i < ids->n; i++) bad = bad || !vpc_is_subnet_id(ids->items[i]);
    if (bad)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Some input subnets in :[%s] are invalid.",
            arena_join(op->arena, ids->items, ids->n, ", "));
    if (ids->n > LIMIT_SUBNETS_PER_SUBNET_GROUP)
        return op_fault(op, FAULT_CACHE_SUBNET_QUOTA_EXCEEDED, "Cache subnet group can have at most %d subnets.",
            LIMIT_SUBNETS_PER_SUBNET_GROUP);
    char *id = arena_alloc(op->arena, VPC_ID_SIZE);
    if (vpc_place_of_subnet(ids->items[0]) == VPC_PLACE_OTHER) vpc_other_id(op->region, id);
    else vpc_id(op->region, id);
    *vpc = id;
    return check_places(op, ids);
}

static int put_subnets(struct op *op, const struct row_subnet_group *g, const struct string_list *ids)
{
    int r = q_subnet_forget(op->store, g->region, g->name, op->err);
    for (size_t i = 0; r == 0 && i < ids->n; i++) {
        struct row_subnet row = {g->region, g->name, ids->items[i], vpc_zone_of_subnet(op->region, ids->items[i])};
        r = q_subnet_put(op->store, &row, op->err);
    }
    return r;
}

static int check_new_subnet_group(struct op *op, const char *name)
{
    const struct row_subnet_group *other;
    bool has_room;
    int r = get_subnet_group(op, name, &other);
    if (r == 0 && other)
        return op_fault(op, FAULT_CACHE_SUBNET_GROUP_ALREADY_EXISTS, "Cache subnet group %s already exists.", name);
    if (r == 0)
        r = region_find_room(op, &sql_table_subnet_group, q_subnet_group_count, LIMIT_SUBNET_GROUPS_PER_REGION, 1, &has_room);
    if (r == 0 && !has_room)
        return op_fault(op, FAULT_CACHE_SUBNET_GROUP_QUOTA_EXCEEDED,
            "You can have at most %d cache subnet groups in this region.", LIMIT_SUBNET_GROUPS_PER_REGION);
    return r;
}

int op_create_cache_subnet_group(
    struct op *op, const struct api_create_cache_subnet_group_in *in, struct api_create_cache_subnet_group_out *out)
{
    struct row_subnet_group g = {op->region->name, NULL, op->account, in->cache_subnet_group_description};
    int r = id_check(op, "CacheSubnetGroupName", in->cache_subnet_group_name, 255, &g.name);
    if (r == 0) r = check_new_subnet_group(op, g.name);
    if (r == 0) r = check_subnets(op, &in->subnet_ids, &g.vpc_id);
    if (r == 0) r = q_subnet_group_put(op->store, &g, op->err);
    if (r == 0) r = put_subnets(op, &g, &in->subnet_ids);
    if (r == 0 && in->tags.n) r = tags_put(op, arn_of(op, op->account, "subnetgroup", g.name), &in->tags);
    if (r == 0) r = note_event(op, g.name, EVENT_SUBNET_GROUP_CREATED, g.name);
    return r ? r : answer_with_subnet_group(op, &g, &out->cache_subnet_group);
}

/* Which subnet a node stands in is not known; but where none of them stays, a node's does not. */
static int check_free(struct op *op, const char *name, const struct string_list *ids)
{
    struct row_subnet *rows;
    size_t n;
    int64_t used;
    int r = q_subnet_group_used(op->store, op->region->name, name, &used, op->err);
    if (r == 0) r = q_subnet_list(op->store, op->arena, op->region->name, name, &rows, &n, op->err);
    if (r || !used) return r;
    for (size_t i = 0; i < n; i++)
        if (has_word(ids, rows[i].id)) return 0;
    return op_fault(op, FAULT_SUBNET_IN_USE, "The subnets of cache subnet group %s are in use.", name);
}

static int modify_subnet_group(struct op *op, const struct api_modify_cache_subnet_group_in *in, struct row_subnet_group *g)
{
    if (is_default(g->name))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The default cache subnet group cannot be modified.");
    if (in->cache_subnet_group_description) g->description = in->cache_subnet_group_description;
    int r = q_subnet_group_put(op->store, g, op->err);
    const char *vpc;
    if (r || !in->subnet_ids.set) return r;
    r = check_subnets(op, &in->subnet_ids, &vpc);
    if (r == 0 && strcmp(vpc, g->vpc_id) != 0)
        return op_fault(op, FAULT_INVALID_SUBNET, "Subnet %s is not in the VPC %s of cache subnet group %s.",
            in->subnet_ids.items[0], g->vpc_id, g->name);
    if (r == 0) r = check_free(op, g->name, &in->subnet_ids);
    return r ? r : put_subnets(op, g, &in->subnet_ids);
}

int op_modify_cache_subnet_group(
    struct op *op, const struct api_modify_cache_subnet_group_in *in, struct api_modify_cache_subnet_group_out *out)
{
    const struct row_subnet_group *found;
    int r = get_subnet_group(op, in->cache_subnet_group_name, &found);
    if (r == 0 && found == NULL)
        return op_fault(op, FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "Cache subnet group %s not found.", in->cache_subnet_group_name);
    if (r) return r;
    struct row_subnet_group g = *found;
    r = modify_subnet_group(op, in, &g);
    if (r == 0) r = note_event(op, g.name, EVENT_SUBNET_GROUP_MODIFIED, g.name);
    return r ? r : answer_with_subnet_group(op, &g, &out->cache_subnet_group);
}

int op_delete_cache_subnet_group(struct op *op, const struct api_delete_cache_subnet_group_in *in)
{
    const struct row_subnet_group *g;
    int64_t used;
    int r = get_subnet_group(op, in->cache_subnet_group_name, &g);
    if (r == 0 && g == NULL)
        return op_fault(
            op, FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "Cache Subnet Group %s does not exist.", in->cache_subnet_group_name);
    if (r) return r;
    if (is_default(g->name))
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The default cache subnet group cannot be deleted.");
    r = q_subnet_group_used(op->store, g->region, g->name, &used, op->err);
    if (r == 0 && used)
        return op_fault(
            op, FAULT_CACHE_SUBNET_GROUP_IN_USE, "Cache subnet group %s is currently in use by a cache cluster.", g->name);
    if (r == 0) r = q_subnet_forget(op->store, g->region, g->name, op->err);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, g->account, "subnetgroup", g->name), op->err);
    if (r == 0) r = note_event(op, g->name, EVENT_SUBNET_GROUP_DELETED, g->name);
    return r ? r : q_subnet_group_delete(op->store, g, op->err);
}

/* ---- reading ---- */

/* One page of the stored subnet groups with the default subnet group in its place; one more than the page holds where there are more. */
static int read_page(struct op *op, const struct page *page, const struct row_subnet_group **out, size_t *n_out)
{
    struct row_subnet_group *rows;
    size_t n, at = 0;
    int r = q_subnet_group_page(op->store, op->arena, op->region->name, page->after, page->n + 1, &rows, &n, op->err);
    if (r) return r;
    struct row_subnet_group *all = arena_array(op->arena, struct row_subnet_group, n + 1);
    bool due = strcmp("default", page->after) > 0;
    for (size_t i = 0; i < n; i++) {
        if (due && strcmp("default", rows[i].name) < 0) {
            all[at++] = *default_group(op);
            due = false;
        }
        all[at++] = rows[i];
    }
    if (due && n <= (size_t)page->n) all[at++] = *default_group(op);
    *out = all;
    *n_out = at;
    return 0;
}

int op_describe_cache_subnet_groups(
    struct op *op, const struct api_describe_cache_subnet_groups_in *in, struct api_describe_cache_subnet_groups_out *out)
{
    struct page page;
    const struct row_subnet_group *rows;
    size_t n = 1;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    if (in->cache_subnet_group_name) r = get_subnet_group(op, in->cache_subnet_group_name, &rows);
    else r = read_page(op, &page, &rows, &n);
    if (r == 0 && rows == NULL)
        return op_fault(op, FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "Cache subnet group %s not found.", in->cache_subnet_group_name);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, rows[(n = (size_t)page.n) - 1].name);
    out->cache_subnet_groups =
        (struct api_cache_subnet_group_list){true, n, arena_array(op->arena, struct api_cache_subnet_group, n)};
    for (size_t i = 0; r == 0 && i < n; i++) r = view_subnet_group(op, &rows[i], &out->cache_subnet_groups.items[i]);
    return r;
}
