#include "ops/user/user_group.h"
#include "base/text.h"
#include "catalog/limits.gen.h"
#include "ops/core/id.h"
#include "ops/core/region.h"
#include "ops/core/state.h"
#include "ops/core/tags.h"
#include "ops/user/user.h"
#include "plan/moves.gen.h"
#include "plan/serverless.h"
#include <string.h>

/* ---- rows ---- */

int user_group_find(struct op *op, const char *given, struct row_user_group **out)
{
    const char *id = id_fold(op, given);
    int r = q_user_group_get(op->store, op->arena, op->region->name, id, out, op->err);
    if (r == 0 && *out == NULL) return op_fault(op, FAULT_USER_GROUP_NOT_FOUND, "User group %s not found.", id);
    return r;
}

static int put_member(struct op *op, const struct row_user_group *g, const char *user_id, enum link_change change)
{
    struct row_user_group_member m = {g->region, g->id, user_id, change};
    return q_user_group_member_put(op->store, &m, op->err);
}

/* ---- as the API shows them ---- */

static void append_id(struct string_list *list, const char *id)
{
    list->set = true;
    list->items[list->n++] = id;
}

static void view_user_group_members(struct op *op, const struct row_user_group_member *m, size_t n, struct api_user_group *out)
{
    struct api_user_group_pending_changes *pending = arena_new(op->arena, struct api_user_group_pending_changes);
    pending->user_ids_to_add.items = arena_array(op->arena, const char *, n);
    pending->user_ids_to_remove.items = arena_array(op->arena, const char *, n);
    out->user_ids = (struct string_list){.set = true, .items = arena_array(op->arena, const char *, n)};
    for (size_t i = 0; i < n; i++) {
        if (m[i].change != LINK_ADD) append_id(&out->user_ids, m[i].user_id);
        if (m[i].change == LINK_ADD) append_id(&pending->user_ids_to_add, m[i].user_id);
        if (m[i].change == LINK_REMOVE) append_id(&pending->user_ids_to_remove, m[i].user_id);
    }
    if (pending->user_ids_to_add.n || pending->user_ids_to_remove.n) out->pending_changes = pending;
}

int user_group_min_version(struct op *op, const struct row_user_group *g, const char **out)
{
    struct row_user *users;
    size_t n;
    int r = q_user_group_users(op->store, op->arena, g->region, g->id, &users, &n, op->err);
    *out = text_is(g->engine, "valkey") ? "7.2" : "6.0";
    if (r) return r;
    for (size_t i = 0; i < n; i++)
        if (version_compare(user_min_version(&users[i]), *out) > 0) *out = user_min_version(&users[i]);
    return 0;
}

static int view_user_group(struct op *op, const struct row_user_group *g, struct api_user_group *out)
{
    struct row_user_group_member *members;
    struct row_rg_user_group *rgs;
    size_t n, n_rgs;
    *out = (struct api_user_group){
        .user_group_id = g->id,
        .status = user_group_status_text(g->status),
        .engine = g->engine,
        .serverless_caches = {.set = true},
        .arn = arn_of(op, g->account, "usergroup", g->id),
    };
    int r = q_user_group_members(op->store, op->arena, g->region, g->id, &members, &n, op->err);
    if (r == 0) r = q_user_group_rgs(op->store, op->arena, g->region, g->id, &rgs, &n_rgs, op->err);
    if (r == 0) r = user_group_min_version(op, g, &out->minimum_engine_version);
    if (r) return r;
    view_user_group_members(op, members, n, out);
    out->replication_groups = (struct string_list){.set = true, .items = arena_array(op->arena, const char *, n_rgs)};
    out->serverless_caches.items = arena_array(op->arena, const char *, n_rgs);
    for (size_t i = 0; i < n_rgs; i++) {
        if (serverless_owns(rgs[i].rg_id)) append_id(&out->serverless_caches, serverless_name(rgs[i].rg_id));
        else append_id(&out->replication_groups, rgs[i].rg_id);
    }
    return 0;
}

/* ---- the engines that use it ---- */

/* What engines it is of, as callers know it. */
static const char *user_of(struct op *op, const char *rg_id)
{
    if (serverless_owns(rg_id)) return arena_printf(op->arena, "serverless cache %s", serverless_name(rg_id));
    return arena_printf(op->arena, "replication group %s", rg_id);
}

int user_group_check_fits(struct op *op, const struct row_user_group *g, const struct row_replication_group *rg)
{
    const char *needed;
    int r = user_group_min_version(op, g, &needed);
    if (r == 0 && strcmp(g->engine, "valkey") == 0 && strcmp(rg->engine, "redis") == 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "User group %s has the engine valkey and cannot be used by %s, whose engine is redis.", g->id, user_of(op, rg->id));
    if (r == 0 && version_compare(rg->engine_version, needed) < 0)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "User group %s needs engine version %s at least, and %s has %s.",
            g->id, needed, user_of(op, rg->id), rg->engine_version);
    return r;
}

/* ---- who may be in a user group ---- */

struct roll {
    struct row_user **users;
    size_t n;
};

static int enroll_user(struct op *op, struct roll *roll, const char *given)
{
    struct row_user *u;
    int r = user_find(op, given, true, &u);
    for (size_t i = 0; r == 0 && i < roll->n; i++)
        if (text_is(roll->users[i]->name, u->name))
            return op_fault(op, FAULT_DUPLICATE_USER_NAME,
                "Users %s and %s have the same user name: only one of them can be in a user group.", roll->users[i]->id, u->id);
    if (r == 0) roll->users[roll->n++] = u;
    return r;
}

static int check_engines(struct op *op, const struct roll *roll, const char *engine)
{
    for (size_t i = 0; i < roll->n; i++) {
        const struct row_user *u = roll->users[i];
        if (text_is(engine, "redis") && text_is(u->engine, "valkey"))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "User %s has the engine valkey and cannot be in a user group with the engine redis.", u->id);
        if (text_is(engine, "valkey") && u->authentication == AUTHENTICATION_NO_PASSWORD)
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
                "User %s needs no password and cannot be in a user group with the engine valkey.", u->id);
    }
    return 0;
}

static int check_roll(struct op *op, const struct roll *roll, const char *engine)
{
    bool has_default = text_is(engine, "valkey");
    for (size_t i = 0; i < roll->n; i++) has_default |= text_is(roll->users[i]->name, "default");
    if (!has_default)
        return op_fault(op, FAULT_DEFAULT_USER_REQUIRED, "Redis user group needs to contain a user with the user name default.");
    if (roll->n > LIMIT_USERS_PER_USER_GROUP)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "A user group can have at most %d users.", LIMIT_USERS_PER_USER_GROUP);
    return check_engines(op, roll, engine);
}

/* ---- create ---- */

static int check_new_user_group(struct op *op, const char *id)
{
    struct row_user_group *other;
    bool has_room;
    int r = q_user_group_get(op->store, op->arena, op->region->name, id, &other, op->err);
    if (r == 0 && other) return op_fault(op, FAULT_USER_GROUP_ALREADY_EXISTS, "User group %s already exists.", id);
    if (r == 0) r = region_find_room(op, &sql_table_user_group, q_user_group_count, LIMIT_USER_GROUPS_PER_REGION, 1, &has_room);
    if (r == 0 && !has_room)
        return op_fault(op, FAULT_USER_GROUP_QUOTA_EXCEEDED, "You can have at most %d user groups in this region.",
            LIMIT_USER_GROUPS_PER_REGION);
    return r;
}

int op_create_user_group(struct op *op, const struct api_create_user_group_in *in, struct api_user_group *out)
{
    struct row_user_group g = {op->region->name, NULL, op->account, NULL, USER_GROUP_CREATING};
    struct roll roll = {.users = arena_array(op->arena, struct row_user *, in->user_ids.n)};
    int r = id_check(op, "UserGroupId", in->user_group_id, LIMIT_USER_ID_MAX, &g.id);
    if (r == 0) r = user_engine(op, "user group", in->engine, &g.engine);
    if (r == 0) r = check_new_user_group(op, g.id);
    for (size_t i = 0; r == 0 && i < in->user_ids.n; i++) r = enroll_user(op, &roll, in->user_ids.items[i]);
    if (r == 0) r = check_roll(op, &roll, g.engine);
    if (r == 0) r = region_ensure(op);
    if (r == 0) r = q_user_group_put(op->store, &g, op->err);
    for (size_t i = 0; r == 0 && i < roll.n; i++) r = put_member(op, &g, roll.users[i]->id, LINK_NONE);
    if (r == 0 && in->tags.n) r = tags_put(op, arn_of(op, op->account, "usergroup", g.id), &in->tags);
    return r ? r : view_user_group(op, &g, out);
}

/* ---- modify ---- */

static int check_active(struct op *op, const struct row_user_group *g, const char *done)
{
    if (g->status == USER_GROUP_ACTIVE) return 0;
    return op_fault(op, FAULT_INVALID_USER_GROUP_STATE, "User group %s has status %s. Only active user groups can be %s.", g->id,
        user_group_status_text(g->status), done);
}

static bool has_id(struct op *op, const struct string_list *ids, const char *id)
{
    for (size_t i = 0; i < ids->n; i++)
        if (text_is(id_fold(op, ids->items[i]), id)) return true;
    return false;
}

static bool is_member(const struct row_user_group_member *m, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (text_is(m[i].user_id, id)) return true;
    return false;
}

static int check_lists(struct op *op, const struct api_modify_user_group_in *in, const struct row_user_group_member *m, size_t n)
{
    for (size_t i = 0; i < in->user_ids_to_remove.n; i++) {
        const char *id = id_fold(op, in->user_ids_to_remove.items[i]);
        if (!is_member(m, n, id))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "User %s is not a member of user group %s.", id, m[0].group_id);
        if (has_id(op, &in->user_ids_to_add, id))
            return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "User %s can't be both added and removed.", id);
    }
    for (size_t i = 0; i < in->user_ids_to_add.n; i++) {
        const char *id = id_fold(op, in->user_ids_to_add.items[i]);
        if (is_member(m, n, id))
            return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "User %s is already a member of the user group.", id);
    }
    return 0;
}

/* Those that stay, and those that come. */
static int read_roll(
    struct op *op, const struct api_modify_user_group_in *in, const struct row_user_group_member *m, size_t n, struct roll *roll)
{
    int r = 0;
    *roll = (struct roll){.users = arena_array(op->arena, struct row_user *, n + in->user_ids_to_add.n)};
    for (size_t i = 0; r == 0 && i < n; i++)
        if (!has_id(op, &in->user_ids_to_remove, m[i].user_id)) r = enroll_user(op, roll, m[i].user_id);
    for (size_t i = 0; r == 0 && i < in->user_ids_to_add.n; i++) r = enroll_user(op, roll, in->user_ids_to_add.items[i]);
    return r;
}

static int change_user_group_engine(struct op *op, const char *given, struct row_user_group *g)
{
    const char *engine;
    int r = user_engine(op, "user group", given, &engine);
    if (r == 0 && text_is(engine, "redis") && text_is(g->engine, "valkey"))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The engine of user group %s cannot be changed from valkey to redis.", g->id);
    if (r == 0) g->engine = engine;
    return r;
}

static int check_uses(struct op *op, const struct row_user_group *g)
{
    struct row_rg_user_group *rgs;
    struct row_replication_group *rg;
    size_t n;
    int r = q_user_group_rgs(op->store, op->arena, g->region, g->id, &rgs, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        r = q_rg_get(op->store, op->arena, g->region, rgs[i].rg_id, &rg, op->err);
        if (r == 0 && rg) r = user_group_check_fits(op, g, rg);
    }
    return r;
}

static int write_changes(struct op *op, const struct api_modify_user_group_in *in, struct row_user_group *g)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < in->user_ids_to_add.n; i++)
        r = put_member(op, g, id_fold(op, in->user_ids_to_add.items[i]), LINK_ADD);
    for (size_t i = 0; r == 0 && i < in->user_ids_to_remove.n; i++)
        r = put_member(op, g, id_fold(op, in->user_ids_to_remove.items[i]), LINK_REMOVE);
    move_user_group_status(NULL, &g->status, USER_GROUP_CHANGE_ASKED);
    if (r == 0) r = q_user_group_put(op->store, g, op->err);
    return r ? r : check_uses(op, g);
}

int op_modify_user_group(struct op *op, const struct api_modify_user_group_in *in, struct api_user_group *out)
{
    struct row_user_group *g;
    struct row_user_group_member *m;
    struct roll roll;
    size_t n;
    int r = user_group_find(op, in->user_group_id, &g);
    if (r == 0) r = check_active(op, g, "modified");
    if (r) return r;
    if (in->user_ids_to_add.n == 0 && in->user_ids_to_remove.n == 0 && in->engine == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "No modifications were requested");
    r = q_user_group_members(op->store, op->arena, g->region, g->id, &m, &n, op->err);
    if (r == 0 && in->engine) r = change_user_group_engine(op, in->engine, g);
    if (r == 0) r = check_lists(op, in, m, n);
    if (r == 0) r = read_roll(op, in, m, n, &roll);
    if (r == 0) r = check_roll(op, &roll, g->engine);
    if (r == 0) r = write_changes(op, in, g);
    return r ? r : view_user_group(op, g, out);
}

/* ---- delete ---- */

int op_delete_user_group(struct op *op, const struct api_delete_user_group_in *in, struct api_user_group *out)
{
    struct row_user_group *g;
    struct row_rg_user_group *rgs;
    size_t n;
    int r = user_group_find(op, in->user_group_id, &g);
    if (r == 0) r = check_active(op, g, "deleted");
    if (r == 0) r = q_user_group_rgs(op->store, op->arena, g->region, g->id, &rgs, &n, op->err);
    if (r) return r;
    if (n)
        return op_fault(op, FAULT_INVALID_USER_GROUP_STATE, "User group %s is associated with %s and cannot be deleted.", g->id,
            user_of(op, rgs[0].rg_id));
    move_user_group_status(NULL, &g->status, USER_GROUP_DELETION_ASKED);
    r = q_user_group_put(op->store, g, op->err);
    if (r == 0) r = q_tag_delete_arn(op->store, arn_of(op, g->account, "usergroup", g->id), op->err);
    return r ? r : view_user_group(op, g, out);
}

/* ---- describe ---- */

int op_describe_user_groups(struct op *op, const struct api_describe_user_groups_in *in, struct api_describe_user_groups_out *out)
{
    struct page page;
    struct row_user_group *rows;
    size_t n = 1;
    int r = page_read(op, in->max_records, in->marker, &page);
    if (r) return r;
    if (in->user_group_id) r = user_group_find(op, in->user_group_id, &rows);
    else r = q_user_group_page(op->store, op->arena, op->region->name, page.after, page.n + 1, &rows, &n, op->err);
    if (r) return r;
    if (n > (size_t)page.n) out->marker = page_marker(op, rows[(n = (size_t)page.n) - 1].id);
    out->user_groups = (struct api_user_group_list){true, n, arena_array(op->arena, struct api_user_group, n)};
    for (size_t i = 0; r == 0 && i < n; i++) r = view_user_group(op, &rows[i], &out->user_groups.items[i]);
    return r;
}
