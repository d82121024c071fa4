#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/tags.h"
#include "ops/reserved_node/reserved_node.h"
#include "ops/serverless_cache/serverless_cache.h"
#include "ops/serverless_cache/snapshot.h"
#include "ops/snapshot/take.h"
#include "ops/user/user.h"
#include "ops/user/user_group.h"
#include "plan/serverless.h"
#include <string.h>

static int view_tags(struct op *op, const char *arn, struct api_tag_list *out)
{
    struct row_tag *rows;
    size_t n;
    int r = q_tag_list(op->store, op->arena, arn, &rows, &n, op->err);
    if (r) return r;
    *out = (struct api_tag_list){true, n, arena_array(op->arena, struct api_tag, n)};
    for (size_t i = 0; i < n; i++) out->items[i] = (struct api_tag){.key = rows[i].key, .value = rows[i].value};
    return 0;
}

static int check_rg_taggable(struct op *op, const struct row_replication_group *rg)
{
    if (rg->status == RG_AVAILABLE) return 0;
    return op_fault(op, FAULT_INVALID_REPLICATION_GROUP_STATE, "Cluster not in available state to perform tagging operations.");
}

/* A member cluster is as taggable as its replication group, another one while it is available. Source: ListTagsForResource. */
static int check_cluster_taggable(struct op *op, const char *id)
{
    struct row_cache_cluster *c;
    struct row_replication_group *rg;
    int r = find_cluster(op, id, &c);
    if (r == 0 && c->rg_id == NULL && c->status != CLUSTER_AVAILABLE)
        return op_fault(op, FAULT_CACHE_CLUSTER_NOT_FOUND, "%s is either not present or not available.", c->id);
    if (r || c->rg_id == NULL) return r;
    r = find_rg(op, c->rg_id, &rg);
    return r ? r : check_rg_taggable(op, rg);
}

/* What can have tags on AWS and is nowhere here is not found; anything else never has tags. */
static int check_absent_kind(struct op *op, const struct arn *arn)
{
    if (strcmp(arn->type, "securitygroup") == 0)
        return op_fault(op, FAULT_CACHE_SECURITY_GROUP_NOT_FOUND, "Cache security group %s not found.", arn->id);
    return op_fault(op, FAULT_INVALID_ARN, "Resources of the type %s can't be tagged.", arn->type);
}

/* Snapshots, and serverless caches with theirs. */
static int check_data_taggable(struct op *op, const struct arn *arn)
{
    if (strcmp(arn->type, "serverlesscache") == 0) {
        struct serverless_cache c;
        int r = serverless_cache_find(op, arn->id, &c);
        if (r == 0 && c.rg->status == RG_DELETING)
            return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_STATE, "Serverless cache %s is being deleted.", c.row->name);
        return r;
    }
    if (strcmp(arn->type, "serverlesscachesnapshot") == 0) {
        struct row_snapshot *s;
        int r = serverless_snapshot_find(op, arn->id, &s);
        if (r == 0 && s->status == SNAPSHOT_DELETING)
            return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_SNAPSHOT_STATE, "Serverless cache snapshot %s is being deleted.",
                serverless_name(s->name));
        return r;
    }
    if (strcmp(arn->type, "snapshot") == 0) {
        struct row_snapshot *s;
        return find_snapshot(op, arn->id, &s);
    }
    return check_absent_kind(op, arn);
}

static int check_taggable(struct op *op, const struct arn *arn)
{
    if (strcmp(arn->type, "replicationgroup") == 0) {
        struct row_replication_group *rg;
        int r = find_rg(op, arn->id, &rg);
        return r ? r : check_rg_taggable(op, rg);
    }
    if (strcmp(arn->type, "cluster") == 0) return check_cluster_taggable(op, arn->id);
    if (strcmp(arn->type, "parametergroup") == 0) {
        struct row_parameter_group *pg;
        int r = q_parameter_group_get(op->store, op->arena, op->region->name, arn->id, &pg, op->err);
        if (r == 0 && pg == NULL) return op_fault(op, FAULT_CACHE_PARAMETER_GROUP_NOT_FOUND, "%s is not present", arn->id);
        return r;
    }
    if (strcmp(arn->type, "reserved-instance") == 0) return reserved_node_check(op, arn->id);
    if (strcmp(arn->type, "subnetgroup") == 0) {
        struct row_subnet_group *g;
        int r = q_subnet_group_get(op->store, op->arena, op->region->name, arn->id, &g, op->err);
        if (r == 0 && g == NULL)
            return op_fault(op, FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "Cache subnet group %s not found.", arn->id);
        return r;
    }
    if (strcmp(arn->type, "user") == 0) {
        struct row_user *u;
        int r = user_find(op, arn->id, false, &u);
        if (r == 0 && u->status != USER_ACTIVE)
            return op_fault(op, FAULT_USER_NOT_FOUND, "User %s is not available for tagging.", u->id);
        return r;
    }
    if (strcmp(arn->type, "usergroup") == 0) {
        struct row_user_group *g;
        return user_group_find(op, arn->id, &g);
    }
    return check_data_taggable(op, arn);
}

/* The ARN under which a resource's tags stand, whatever case the caller wrote its id in. */
static int find_taggable(struct op *op, const char *name, const char **out)
{
    struct arn arn;
    int r = arn_parse(op, name, &arn);
    if (r == 0) r = check_taggable(op, &arn);
    if (r == 0) *out = arn_of(op, op->account, arn.type, arn.id);
    return r;
}

/* Tags of a replication group are its members' tags too. */
static int for_members(
    struct op *op, const char *arn, int (*fn)(struct op *op, const char *arn, const void *arg), const void *arg)
{
    struct row_cache_cluster *clusters;
    size_t n;
    struct arn parts;
    int r = arn_parse(op, arn, &parts);
    if (r || strcmp(parts.type, "replicationgroup") != 0) return r;
    r = q_cluster_list_by_rg(op->store, op->arena, op->region->name, parts.id, &clusters, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = fn(op, arn_of(op, op->account, "cluster", clusters[i].id), arg);
    return r;
}

static int add_tags(struct op *op, const char *arn, const void *tags)
{
    return tags_put(op, arn, tags);
}

static int remove_tags(struct op *op, const char *arn, const void *arg)
{
    const struct string_list *keys = arg;
    int r = 0;
    for (size_t i = 0; r == 0 && i < keys->n; i++)
        r = q_tag_delete(op->store, &(struct row_tag){.arn = arn, .key = keys->items[i]}, op->err);
    return r;
}

int op_add_tags_to_resource(struct op *op, const struct api_add_tags_to_resource_in *in, struct api_add_tags_to_resource_out *out)
{
    const char *arn;
    int r = find_taggable(op, in->resource_name, &arn);
    if (r == 0) r = tags_put(op, arn, &in->tags);
    if (r == 0) r = for_members(op, arn, add_tags, &in->tags);
    return r ? r : view_tags(op, arn, &out->tag_list);
}

int op_remove_tags_from_resource(
    struct op *op, const struct api_remove_tags_from_resource_in *in, struct api_remove_tags_from_resource_out *out)
{
    const char *arn;
    int r = find_taggable(op, in->resource_name, &arn);
    for (size_t i = 0; r == 0 && i < in->tag_keys.n; i++) {
        struct row_tag *tag;
        r = q_tag_get(op->store, op->arena, arn, in->tag_keys.items[i], &tag, op->err);
        if (r == 0 && tag == NULL)
            return op_fault(op, FAULT_TAG_NOT_FOUND, "The tag %s is not on this resource.", in->tag_keys.items[i]);
    }
    if (r == 0) r = remove_tags(op, arn, &in->tag_keys);
    if (r == 0) r = for_members(op, arn, remove_tags, &in->tag_keys);
    return r ? r : view_tags(op, arn, &out->tag_list);
}

int op_list_tags_for_resource(
    struct op *op, const struct api_list_tags_for_resource_in *in, struct api_list_tags_for_resource_out *out)
{
    const char *arn;
    int r = find_taggable(op, in->resource_name, &arn);
    return r ? r : view_tags(op, arn, &out->tag_list);
}
