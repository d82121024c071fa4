#include "ops/snapshot/copy.h"
#include "base/beneath.h"
#include "plan/moves.gen.h"
#include "plan/snapshot.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int snapshot_copy(struct op *op, const struct row_snapshot *from, const char *name, const char *kms_key_id)
{
    struct row_snapshot_part *parts;
    size_t n;
    int r = q_snapshot_parts(op->store, op->arena, from->region, from->name, &parts, &n, op->err);
    if (r) return r;
    struct row_snapshot s = *from;
    s.name = name;
    s.status = SNAPSHOT_CREATING;
    s.source = SNAPSHOT_MANUAL;
    s.copied_from = from->name;
    if (kms_key_id) s.kms_key_id = kms_key_id;
    for (size_t i = 0; r == 0 && i < n; i++) {
        struct row_snapshot_part part = snapshot_part_copy(&parts[i], name);
        r = q_snapshot_part_put(op->store, &part, op->err);
    }
    return r ? r : q_snapshot_put(op->store, &s, op->err);
}

/* The object must not be there yet. This asks the file system, no more: the agent writes. */
static int check_object(struct op *op, const struct row_snapshot *s, const struct row_snapshot_part *p)
{
    struct err e;
    const char *key = arena_printf(op->arena, "%s-%s.rdb", s->export_name, p->node_group_id);
    int fd = beneath_open(s->export_root, arena_printf(op->arena, "%s/%s", s->export_bucket, key), O_PATH, &e);
    if (fd < 0) return 0;
    close(fd);
    return op_fault(
        op, FAULT_INVALID_PARAMETER_VALUE, "The S3 bucket %s already contains an object with key %s.", s->export_bucket, key);
}

static int check_bucket(struct op *op, const char *root, const char *bucket)
{
    struct err e;
    if (root == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "The S3 bucket %s does not exist. Buckets are folders in the directory that serve is given with "
            "--snapshot-export-dir.",
            bucket);
    int fd = strchr(bucket, '/') ? -1 : beneath_open(root, bucket, O_PATH | O_DIRECTORY, &e);
    if (fd < 0) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "The S3 bucket %s does not exist.", bucket);
    close(fd);
    return 0;
}

int snapshot_export(struct op *op, struct row_snapshot *s, const char *bucket)
{
    struct row_snapshot_part *parts;
    size_t n;
    const char *root = op->config->snapshot_export_dir;
    int r = check_bucket(op, root, bucket);
    if (r == 0) r = q_snapshot_parts(op->store, op->arena, s->region, s->name, &parts, &n, op->err);
    if (r) return r;
    s->export_root = root;
    s->export_bucket = bucket;
    for (size_t i = 0; r == 0 && i < n; i++) r = check_object(op, s, &parts[i]);
    s->exports++;
    move_snapshot_status(NULL, &s->status, SNAPSHOT_EXPORT_ASKED);
    return r ? r : q_snapshot_put(op->store, s, op->err);
}
