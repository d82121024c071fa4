#include "ops/replication_group/access.h"
#include "catalog/limits.gen.h"
#include "ops/core/id.h"
#include "ops/user/user_group.h"
#include <string.h>

static int read_links(struct op *op, const struct row_replication_group *rg, struct row_rg_user_group **out, size_t *n)
{
    return q_rg_user_group_span(op->store, op->arena, rg->region, rg->id, rg->id, out, n, op->err);
}

static int check_group(struct op *op, const char *given, const struct row_replication_group *rg, struct row_user_group **g)
{
    int r = user_group_find(op, given, g);
    if (r == 0 && (*g)->status != USER_GROUP_ACTIVE)
        return op_fault(op, FAULT_INVALID_USER_GROUP_STATE, "User group %s has status %s. Only active user groups can be used.",
            (*g)->id, user_group_status_text((*g)->status));
    return r ? r : user_group_check_fits(op, *g, rg);
}

static int add_link(struct op *op, const char *given, const struct row_replication_group *rg, enum link_change change)
{
    struct row_user_group *g;
    int r = check_group(op, given, rg, &g);
    if (r) return r;
    struct row_rg_user_group row = {rg->region, rg->id, g->id, change};
    return q_rg_user_group_put(op->store, &row, op->err);
}

static int check_count(struct op *op, size_t n)
{
    if (n <= LIMIT_USER_GROUPS_PER_REPLICATION_GROUP) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "A replication group can have at most %d user group.",
        LIMIT_USER_GROUPS_PER_REPLICATION_GROUP);
}

int rg_access_create(struct op *op, const struct string_list *ids, const struct row_replication_group *rg)
{
    int r = check_count(op, ids->n);
    for (size_t i = 0; r == 0 && i < ids->n; i++) r = add_link(op, ids->items[i], rg, LINK_NONE);
    return r;
}

static size_t count_staying(const struct row_rg_user_group *links, size_t n)
{
    size_t staying = 0;
    for (size_t i = 0; i < n; i++) staying += links[i].change != LINK_REMOVE;
    return staying;
}

int rg_access_has(struct op *op, const struct row_replication_group *rg, bool *out)
{
    struct row_rg_user_group *links;
    size_t n;
    int r = read_links(op, rg, &links, &n);
    *out = r == 0 && count_staying(links, n) > 0;
    return r;
}

static struct row_rg_user_group *find_link(struct row_rg_user_group *links, size_t n, const char *group_id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(links[i].group_id, group_id) == 0 && links[i].change != LINK_REMOVE) return &links[i];
    return NULL;
}

static int drop_link(struct op *op, struct row_rg_user_group *link)
{
    link->change = LINK_REMOVE;
    return q_rg_user_group_put(op->store, link, op->err);
}

static int drop_named(struct op *op, const struct string_list *ids, const struct row_replication_group *rg,
    struct row_rg_user_group *links, size_t n)
{
    struct row_user_group *g;
    int r = 0;
    for (size_t i = 0; r == 0 && i < ids->n; i++) {
        r = user_group_find(op, ids->items[i], &g);
        struct row_rg_user_group *link = r ? NULL : find_link(links, n, g->id);
        if (r == 0 && link == NULL)
            return op_fault(
                op, FAULT_INVALID_PARAMETER_VALUE, "User group %s is not associated with replication group %s.", g->id, rg->id);
        if (r == 0) r = drop_link(op, link);
    }
    return r;
}

static int check_new_links(struct op *op, const struct string_list *ids, const struct row_replication_group *rg,
    struct row_rg_user_group *links, size_t n)
{
    if (ids->n && rg->transit_encryption == ENCRYPTION_NONE)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "User group based access control requires encryption-in-transit to be enabled on the replication group.");
    for (size_t i = 0; i < ids->n; i++)
        if (find_link(links, n, id_fold(op, ids->items[i])))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "User group %s is already associated with replication group %s.",
                id_fold(op, ids->items[i]), rg->id);
    return check_count(op, ids->n + count_staying(links, n));
}

int rg_access_change(
    struct op *op, const struct api_modify_replication_group_in *in, const struct row_replication_group *rg, bool *busy)
{
    struct row_rg_user_group *links;
    size_t n;
    int r = read_links(op, rg, &links, &n);
    if (r) return r;
    r = drop_named(op, &in->user_group_ids_to_remove, rg, links, n);
    for (size_t i = 0; r == 0 && in->remove_user_groups.v && i < n; i++) r = drop_link(op, &links[i]);
    if (r == 0) r = check_new_links(op, &in->user_group_ids_to_add, rg, links, n);
    for (size_t i = 0; r == 0 && i < in->user_group_ids_to_add.n; i++)
        r = add_link(op, in->user_group_ids_to_add.items[i], rg, LINK_ADD);
    if (r) return r;
    *busy |= in->user_group_ids_to_add.n || in->user_group_ids_to_remove.n || (in->remove_user_groups.v && n);
    return 0;
}
