#include "ops/serverless_cache/snapshot.h"
#include "ops/core/id.h"
#include "ops/core/tags.h"
#include "ops/snapshot/copy.h"
#include "ops/snapshot/take.h"
#include "plan/moves.gen.h"
#include "plan/serverless.h"
#include <string.h>

enum { SNAPSHOT_NAME_BYTES = 80 };

static const char *row_name(struct op *op, const char *name)
{
    return arena_printf(op->arena, SERVERLESS_PREFIX "%s", name);
}

int serverless_snapshot_find(struct op *op, const char *given, struct row_snapshot **out)
{
    const char *name = row_name(op, id_fold(op, given));
    int r = q_snapshot_get(op->store, op->arena, op->region->name, name, out, op->err);
    if (r || *out) return r;
    return op_fault(op, FAULT_SERVERLESS_CACHE_SNAPSHOT_NOT_FOUND, "Serverless cache snapshot %s not found.", given);
}

/* A new snapshot's name, as its row is to have it. */
static int read_new_name(struct op *op, const char *parameter, const char *given, const char **out)
{
    struct row_snapshot *other;
    int r = id_check(op, parameter, given, SNAPSHOT_NAME_BYTES, out);
    if (r) return r;
    *out = row_name(op, *out);
    r = q_snapshot_get(op->store, op->arena, op->region->name, *out, &other, op->err);
    if (r || other == NULL) return r;
    return op_fault(op, FAULT_SERVERLESS_CACHE_SNAPSHOT_ALREADY_EXISTS, "Serverless cache snapshot %s already exists.",
        serverless_name(*out));
}

static int answer_with(struct op *op, const char *row, struct api_serverless_cache_snapshot **out)
{
    struct row_snapshot *s;
    int r = q_snapshot_get(op->store, op->arena, op->region->name, row, &s, op->err);
    if (r) return r;
    *out = arena_new(op->arena, struct api_serverless_cache_snapshot);
    return serverless_snapshot_view(op, s, *out);
}

/* ---- take ---- */

static int check_source(struct op *op, const struct serverless_cache *c)
{
    if (c->rg->status == RG_AVAILABLE) return 0;
    return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_STATE, "Serverless cache %s is not in available state.", c->row->name);
}

int op_create_serverless_cache_snapshot(
    struct op *op, const struct api_create_serverless_cache_snapshot_in *in, struct api_create_serverless_cache_snapshot_out *out)
{
    struct serverless_cache c;
    struct snapshot_request q = {.kms_key_id = in->kms_key_id, .tags = &in->tags};
    const char *name = NULL;
    int r = serverless_cache_find(op, in->serverless_cache_name, &c);
    if (r == 0) r = read_new_name(op, "ServerlessCacheSnapshotName", in->serverless_cache_snapshot_name, &q.name);
    if (r == 0) r = check_source(op, &c);
    if (r) return r;
    q.rg = c.rg;
    r = snapshot_take(op, &q, &name);
    if (r == 0) r = snapshot_mark_source(op, &q, name);
    return r ? r : answer_with(op, name, &out->serverless_cache_snapshot);
}

int serverless_snapshot_final(struct op *op, const struct serverless_cache *c, const char *given)
{
    const char *name;
    struct snapshot_request q = {.rg = c->rg, .final = true};
    int r = read_new_name(op, "FinalSnapshotName", given, &q.name);
    if (r == 0) r = check_source(op, c);
    return r ? r : snapshot_take(op, &q, &name);
}

/* ---- describe ---- */

static int read_type(struct op *op, const char *given, const char **out)
{
    static const char *const types[][2] = {
        {"manual", "manual"}, {"user", "manual"}, {"automated", "automated"}, {"system", "automated"}};
    *out = NULL;
    for (size_t i = 0; given && i < sizeof types / sizeof *types; i++)
        if (strcmp(id_fold(op, given), types[i][0]) == 0) *out = types[i][1];
    if (given == NULL || *given == '\0' || *out) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid SnapshotType: %s. Valid values are user and system.", given);
}

static int describe_page(struct op *op, const struct api_describe_serverless_cache_snapshots_in *in, struct row_snapshot **rows,
    size_t *n, const char **next)
{
    struct page page;
    struct serverless_cache c;
    const char *type, *rg_id = in->serverless_cache_name ? row_name(op, id_fold(op, in->serverless_cache_name)) : NULL;
    int r = page_read(op, in->max_results, in->next_token, &page);
    if (r == 0) r = read_type(op, in->snapshot_type, &type);
    if (r == 0)
        r = q_serverless_snapshot_page(
            op->store, op->arena, op->region->name, rg_id, type, page.after, page.n + 1, rows, n, op->err);
    if (r == 0 && *n == 0 && rg_id)
        r = serverless_cache_find(op, in->serverless_cache_name, &c); /* those of one that is gone are there yet */
    if (r == 0 && *n > (size_t)page.n) *next = page_marker(op, (*rows)[(*n = (size_t)page.n) - 1].name);
    return r;
}

int op_describe_serverless_cache_snapshots(struct op *op, const struct api_describe_serverless_cache_snapshots_in *in,
    struct api_describe_serverless_cache_snapshots_out *out)
{
    struct row_snapshot *rows;
    size_t n = 1;
    const char *name = in->serverless_cache_snapshot_name;
    int r = name && *name ? serverless_snapshot_find(op, name, &rows) : describe_page(op, in, &rows, &n, &out->next_token);
    if (r) return r;
    struct api_serverless_cache_snapshot *items = arena_array(op->arena, struct api_serverless_cache_snapshot, n);
    for (size_t i = 0; r == 0 && i < n; i++) r = serverless_snapshot_view(op, &rows[i], &items[i]);
    out->serverless_cache_snapshots = (struct api_serverless_cache_snapshot_list){true, n, items};
    return r;
}

/* ---- copy, export, delete ---- */

/* One that is being restored from can be used as if it was not. */
static int find_usable(struct op *op, const char *given, struct row_snapshot **out)
{
    int r = serverless_snapshot_find(op, given, out);
    if (r || (*out)->status == SNAPSHOT_AVAILABLE) return r;
    return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_SNAPSHOT_STATE, "Serverless cache snapshot %s is not in available state.",
        serverless_name((*out)->name));
}

int op_copy_serverless_cache_snapshot(
    struct op *op, const struct api_copy_serverless_cache_snapshot_in *in, struct api_copy_serverless_cache_snapshot_out *out)
{
    struct row_snapshot *from;
    const char *name;
    int r = find_usable(op, in->source_serverless_cache_snapshot_name, &from);
    if (r == 0) r = read_new_name(op, "TargetServerlessCacheSnapshotName", in->target_serverless_cache_snapshot_name, &name);
    if (r == 0) r = snapshot_copy(op, from, name, in->kms_key_id);
    if (r) return r;
    const char *type = "serverlesscachesnapshot", *arn = arn_of(op, from->account, type, serverless_name(name));
    r = in->tags.n ? tags_put(op, arn, &in->tags)
                   : tags_copy(op, arn_of(op, from->account, type, serverless_name(from->name)), arn);
    return r ? r : answer_with(op, name, &out->serverless_cache_snapshot);
}

int op_export_serverless_cache_snapshot(
    struct op *op, const struct api_export_serverless_cache_snapshot_in *in, struct api_export_serverless_cache_snapshot_out *out)
{
    struct row_snapshot *s;
    int r = find_usable(op, in->serverless_cache_snapshot_name, &s);
    if (r) return r;
    s->export_name = serverless_name(s->name);
    r = snapshot_export(op, s, in->s3_bucket_name);
    return r ? r : answer_with(op, s->name, &out->serverless_cache_snapshot);
}

int op_delete_serverless_cache_snapshot(
    struct op *op, const struct api_delete_serverless_cache_snapshot_in *in, struct api_delete_serverless_cache_snapshot_out *out)
{
    struct row_snapshot *s;
    int64_t copied;
    int r = serverless_snapshot_find(op, in->serverless_cache_snapshot_name, &s);
    if (r == 0) r = q_snapshot_is_copied(op->store, op->region->name, s->name, &copied, op->err);
    if (r) return r;
    if ((s->status != SNAPSHOT_AVAILABLE && s->status != SNAPSHOT_FAILED) || copied)
        return op_fault(op, FAULT_INVALID_SERVERLESS_CACHE_SNAPSHOT_STATE,
            "Serverless cache snapshot %s is not in a valid state to be deleted.", serverless_name(s->name));
    move_snapshot_status(NULL, &s->status, SNAPSHOT_DELETION_ASKED);
    r = q_snapshot_put(op->store, s, op->err);
    if (r == 0)
        r = q_tag_delete_arn(op->store, arn_of(op, s->account, "serverlesscachesnapshot", serverless_name(s->name)), op->err);
    return r ? r : answer_with(op, s->name, &out->serverless_cache_snapshot);
}

/* ---- restore ---- */

/* What stands behind the type in an ARN of this region and account; NULL for another one. */
static const char *name_in_arn(struct op *op, const char *arn, const char *type)
{
    const char *head = arn_of(op, op->account, type, "");
    size_t n = strlen(head);
    return strncmp(arn, head, n) == 0 && arn[n] ? id_fold(op, arn + n) : NULL;
}

int serverless_snapshot_source(struct op *op, const struct string_list *arns, const char **snapshot, struct string_list *files)
{
    const char *ours = arena_printf(op->arena, "arn:%s:elasticache:", op->region->partition->name);
    *snapshot = NULL;
    *files = *arns;
    if (arns->n == 0 || strncmp(arns->items[0], ours, strlen(ours)) != 0) return 0;
    *files = (struct string_list){0};
    if (arns->n > 1)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Only one snapshot can be restored to a serverless cache.");
    const char *name = name_in_arn(op, arns->items[0], "serverlesscachesnapshot");
    *snapshot = name ? row_name(op, name) : name_in_arn(op, arns->items[0], "snapshot");
    if (*snapshot) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid snapshot ARN: %s.", arns->items[0]);
}
