#include "ops/core/id.h"
#include "ops/serverless_cache/snapshot.h"
#include "ops/serverless_cache/version.h"
#include "plan/serverless.h"

#define DAY_MS (24LL * 3600 * 1000)

/* A snapshot can be restored from any number of times at once: nobody is told of it. */
static const char *view_status(const struct row_snapshot *s)
{
    if (s->status == SNAPSHOT_CREATING && s->copied_from) return "copying";
    return snapshot_status_text(s->status == SNAPSHOT_RESTORING ? SNAPSHOT_AVAILABLE : s->status);
}

static struct api_serverless_cache_configuration *view_source(struct op *op, const struct row_snapshot *s)
{
    const struct engine_version *v = engine_version_find(engine_find(s->engine), s->engine_version);
    struct api_serverless_cache_configuration *out = arena_new(op->arena, struct api_serverless_cache_configuration);
    *out = (struct api_serverless_cache_configuration){.serverless_cache_name = serverless_name(s->rg_id),
        .engine = s->engine,
        .major_engine_version = v ? major_version_of(op, v) : NULL};
    return out;
}

int serverless_snapshot_view(struct op *op, const struct row_snapshot *s, struct api_serverless_cache_snapshot *out)
{
    struct row_snapshot_part *parts;
    size_t n;
    int64_t size = 0;
    int r = q_snapshot_parts(op->store, op->arena, s->region, s->name, &parts, &n, op->err);
    if (r) return r;
    for (size_t i = 0; i < n; i++) size += parts[i].seen_size;
    *out = (struct api_serverless_cache_snapshot){
        .serverless_cache_snapshot_name = serverless_name(s->name),
        .arn = arn_of(op, s->account, "serverlesscachesnapshot", serverless_name(s->name)),
        .kms_key_id = s->kms_key_id,
        .snapshot_type = snapshot_source_text(s->source),
        .status = view_status(s),
        .create_time = OPT_TIME(s->created_ms),
        .bytes_used_for_cache = arena_printf(op->arena, "%lld", (long long)size),
        .serverless_cache_configuration = view_source(op, s),
    };
    if (s->source == SNAPSHOT_AUTOMATED) out->expiry_time = OPT_TIME(s->created_ms + s->retention_limit * DAY_MS);
    return 0;
}
