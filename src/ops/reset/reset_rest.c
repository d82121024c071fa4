#include "base/arena.h"
#include "base/err.h"
#include "ops/reset/reset.h"
#include "store/queries.gen.h"
#include "catalog/account_key.h"
#include <string.h>

/* The end of a reset: what has neither processes nor files, unless something that stays uses it. */

struct rest {
    struct store *store;
    struct arena *arena;
    const struct reset_scope *scope;
    struct err *err;
};

/* ---- users ---- */

static int delete_user_group(struct rest *t, const struct row_user_group *g)
{
    struct row_rg_user_group *users;
    struct row_user_group_member *members;
    size_t n_users, n;
    int r = q_user_group_rgs(t->store, t->arena, g->region, g->id, &users, &n_users, t->err);
    if (r || n_users) return r;
    r = q_user_group_members(t->store, t->arena, g->region, g->id, &members, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = q_user_group_member_delete(t->store, &members[i], t->err);
    return r ? r : q_user_group_delete(t->store, g, t->err);
}

static int delete_user_groups(struct rest *t)
{
    struct row_user_group *groups;
    size_t n;
    int r = q_user_group_all(t->store, t->arena, &groups, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (reset_has(t->scope, groups[i].region, groups[i].account)) r = delete_user_group(t, &groups[i]);
    return r;
}

static int delete_users(struct rest *t)
{
    struct row_user *users;
    struct row_user_group_member *members;
    size_t n, n_members;
    int r = q_user_all(t->store, t->arena, &users, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        if (!reset_has(t->scope, users[i].region, users[i].account)) continue;
        r = q_user_memberships(t->store, t->arena, users[i].region, users[i].id, &members, &n_members, t->err);
        if (r == 0 && n_members == 0) r = q_user_delete(t->store, &users[i], t->err);
    }
    return r;
}

/* ---- parameter groups and subnet groups ---- */

static int delete_parameter_group(struct rest *t, const struct row_parameter_group *g)
{
    struct row_parameter *parameters;
    size_t n;
    int64_t used;
    int r = q_parameter_group_used(t->store, g->region, g->name, &used, t->err);
    if (r || used) return r;
    r = q_parameter_list(t->store, t->arena, g->region, g->name, &parameters, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = q_parameter_delete(t->store, &parameters[i], t->err);
    return r ? r : q_parameter_group_delete(t->store, g, t->err);
}

static int delete_parameter_groups(struct rest *t)
{
    struct row_parameter_group *groups;
    size_t n;
    int r = q_parameter_group_all(t->store, t->arena, &groups, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++)
        if (reset_has(t->scope, groups[i].region, groups[i].account)) r = delete_parameter_group(t, &groups[i]);
    return r;
}

static int delete_subnet_groups(struct rest *t)
{
    struct row_subnet_group *groups;
    size_t n;
    int64_t used;
    int r = q_subnet_group_all(t->store, t->arena, &groups, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        const struct row_subnet_group *g = &groups[i];
        if (!reset_has(t->scope, g->region, g->account)) continue;
        r = q_subnet_group_used(t->store, g->region, g->name, &used, t->err);
        if (r || used) continue;
        r = q_subnet_forget(t->store, g->region, g->name, t->err);
        if (r == 0) r = q_subnet_group_delete(t->store, g, t->err);
    }
    return r;
}

/* ---- notes of what was ---- */

/* When a snapshot was last taken automatically. */
static int forget_schedules(struct rest *t)
{
    struct row_snapshot_schedule *schedules;
    size_t n;
    int r = q_snapshot_schedule_all(t->store, t->arena, &schedules, &n, t->err);
    for (size_t i = 0; r == 0 && i < n; i++) {
        const char *key = strchr(schedules[i].source_id, '.') + 1;
        if (reset_has(t->scope, schedules[i].region, account_of(t->arena, key)))
            r = q_snapshot_schedule_delete(t->store, &schedules[i], t->err);
    }
    return r;
}

static int forget_history(struct rest *t)
{
    const char *region = t->scope->region;
    const char *account = t->scope->account;
    const char *arns = arena_printf(t->arena, "arn:*:elasticache:%s:%s:*", region ? region : "*", account ? account : "*");
    int r = q_reset_tags(t->store, arns, t->err);
    if (r == 0) r = q_reset_reserved_nodes(t->store, region, account, t->err);
    if (r == 0) r = q_reset_events(t->store, region, account, t->err);
    if (r == 0) r = q_reset_test_failovers(t->store, region, account, t->err);
    if (r == 0) r = q_reset_snapshots_taken(t->store, region, account, t->err);
    return r ? r : forget_schedules(t);
}

int reset_finish(struct store *s, const struct reset_scope *scope, bool *done, struct err *e)
{
    _arena_ struct arena a = {0};
    struct rest t = {s, &a, scope, e};
    int64_t left;
    int r = q_reset_left(s, scope->region, scope->account, &left, e);
    *done = r == 0 && left == 0;
    if (r || left) return r;
    r = store_begin(s, true, e);
    if (r) return r;
    r = delete_user_groups(&t);
    if (r == 0) r = delete_users(&t);
    if (r == 0) r = delete_parameter_groups(&t);
    if (r == 0) r = delete_subnet_groups(&t);
    if (r == 0) r = forget_history(&t);
    if (r == 0) return store_commit(s, e);
    store_rollback(s);
    return r;
}
