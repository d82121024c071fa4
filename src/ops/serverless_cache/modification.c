#include "base/text.h"
#include "ops/core/find.h"
#include "ops/core/id.h"
#include "ops/core/request.h"
#include "ops/replication_group/access.h"
#include "ops/replication_group/change.h"
#include "ops/replication_group/rows.h"
#include "ops/serverless_cache/limits.h"
#include "ops/serverless_cache/serverless_cache.h"
#include "ops/serverless_cache/settings.h"
#include "ops/serverless_cache/version.h"
#include <string.h>

/* ---- the engine ---- */

/* Valkey alone is upgraded to. Source: answers of the service, which tells so even where nothing would change. */
static int change_engine(
    struct op *op, const struct api_modify_serverless_cache_in *in, struct row_replication_group *rg, bool *busy)
{
    const char *engine = in->engine && *in->engine ? in->engine : rg->engine;
    const struct engine_version *v;
    if (!in->engine && !in->major_engine_version) return 0;
    if (strcmp(id_fold(op, engine), "valkey") != 0)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "This API supports only cross-engine upgrades to Valkey engine currently.");
    int r = major_version_resolve(op, engine, in->major_engine_version, &v);
    if (r || (text_is(rg->engine, v->engine->name) && text_is(rg->engine_version, v->full))) return r;
    struct api_modify_replication_group_in change = {
        .apply_immediately = OPT_BOOL(true), .engine = v->engine->name, .engine_version = v->version};
    return rg_change(op, &change, rg, busy);
}

/* ---- the user group ---- */

static int change_user_group(
    struct op *op, const struct api_modify_serverless_cache_in *in, const struct row_replication_group *rg, bool *busy)
{
    struct api_modify_replication_group_in change = {.remove_user_groups = OPT_BOOL(true)};
    const char *given = in->user_group_id && *in->user_group_id ? in->user_group_id : NULL;
    struct row_rg_user_group *links;
    size_t n;
    if (given && request_flag(in->remove_user_group, false))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "UserGroupId can't be used together with RemoveUserGroup.");
    if (given == NULL && !request_flag(in->remove_user_group, false)) return 0;
    int r = q_rg_user_group_span(op->store, op->arena, rg->region, rg->id, rg->id, &links, &n, op->err);
    for (size_t i = 0; r == 0 && given && i < n; i++)
        if (links[i].change != LINK_REMOVE && text_is(links[i].group_id, id_fold(op, given))) return 0;
    if (given) {
        change.user_group_ids_to_add = (struct string_list){true, 1, arena_array(op->arena, const char *, 1)};
        change.user_group_ids_to_add.items[0] = given;
    }
    return r ? r : rg_access_change(op, &change, rg, busy);
}

/* ---- all of it ---- */

static int change_settings(struct op *op, const struct api_modify_serverless_cache_in *in, struct row_replication_group *rg)
{
    struct string_list none = {0};
    int r = request_security_groups(op, &none, &in->security_group_ids, false);
    if (r == 0 && in->security_group_ids.n) rg->security_group_ids = request_words(op, &in->security_group_ids);
    if (r == 0)
        r = request_retention(op, in->snapshot_retention_limit, rg->snapshot_retention_limit, &rg->snapshot_retention_limit);
    return r ? r : settings_read_daily_time(op, in->daily_snapshot_time, &rg->snapshot_window);
}

static int check_cache_modifiable(struct op *op, const struct serverless_cache *c)
{
    if (c->rg->status == RG_AVAILABLE || c->rg->status == RG_SNAPSHOTTING) return 0;
    return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_STATE, "Serverless cache %s is not in available state.", c->row->name);
}

static int write_changes(struct op *op, const struct serverless_cache *c, bool busy)
{
    int r = q_serverless_cache_put(op->store, c->row, op->err);
    if (r == 0) r = busy ? rg_set_modifying(op, c->rg) : q_replication_group_put(op->store, c->rg, op->err);
    if (r == 0) r = rg_copy_settings(op, c->rg);
    if (r == 0) r = settings_write_limit(op, c->row);
    return r || busy ? r : note_event(op, c->row->name, EVENT_SERVERLESS_CACHE_MODIFIED, c->row->name);
}

int op_modify_serverless_cache(
    struct op *op, const struct api_modify_serverless_cache_in *in, struct api_modify_serverless_cache_out *out)
{
    struct serverless_cache c;
    bool busy = false;
    int r = serverless_cache_find(op, in->serverless_cache_name, &c);
    if (r == 0) r = check_cache_modifiable(op, &c);
    if (r) return r;
    struct row_serverless_cache row = *c.row;
    struct row_replication_group rg = *c.rg;
    if (in->description) c.row->description = in->description;
    r = limits_read(op, in->cache_usage_limits, c.row);
    busy = limits_memory(&row) != limits_memory(c.row);
    if (r == 0) r = change_settings(op, in, c.rg);
    if (r == 0) r = change_engine(op, in, c.rg, &busy);
    if (r == 0) r = change_user_group(op, in, c.rg, &busy);
    if (r == 0 && !busy && row_equal(&sql_table_serverless_cache, &row, c.row) &&
        row_equal(&sql_table_replication_group, &rg, c.rg))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "No modifications were requested");
    if (r == 0) r = write_changes(op, &c, busy);
    if (r) return r;
    out->serverless_cache = arena_new(op->arena, struct api_serverless_cache);
    return serverless_cache_view(op, &c, out->serverless_cache);
}
