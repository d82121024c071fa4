#include "ops/snapshot/restore.h"
#include "base/beneath.h"
#include "ops/core/id.h"
#include "ops/core/tags.h"
#include "ops/parameter_group/parameter_group.h"
#include "plan/moves.gen.h"
#include "plan/rg_row.h"
#include "plan/serverless.h"
#include "plan/snapshot.h"
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- files ---- */

/* arn:aws:s3:::BUCKET/KEY: the path of the file below the import directory. */
static int read_arn(struct op *op, const char *arn, const char **out)
{
    const char *head = arena_printf(op->arena, "arn:%s:s3:::", op->region->partition->name);
    size_t n = strlen(head);
    if (strncmp(arn, head, n) != 0 || strchr(arn + n, '/') == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Invalid snapshot ARN %s: expected %sbucket/key.rdb.", arn, head);
    if (strchr(arn, ','))
        return op_fault(
            op, FAULT_INVALID_PARAMETER_VALUE, "The object name of a snapshot ARN cannot contain any commas: %s.", arn);
    *out = arn + n;
    return 0;
}

static bool begins_like_rdb(int fd)
{
    char magic[5];
    return read(fd, magic, sizeof magic) == sizeof magic &&
           (memcmp(magic, "REDIS", sizeof magic) == 0 || memcmp(magic, "VALKEY", sizeof magic) == 0);
}

static int look_at_file(struct op *op, const char *arn, const char *path)
{
    struct err e;
    struct stat st;
    const char *root = op->config->snapshot_import_dir;
    if (root == NULL)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE,
            "%s can't be restored: serve was not given a directory of buckets with --snapshot-import-dir.", arn);
    int fd = beneath_open(root, path, O_RDONLY | O_NONBLOCK, &e);
    if (fd < 0) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "%s can't be restored: %s.", arn, e.msg);
    bool is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode), is_rdb = is_file && begins_like_rdb(fd);
    close(fd);
    if (!is_file) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "%s can't be restored: it is no file.", arn);
    if (!is_rdb) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "%s can't be restored: it is no RDB file.", arn);
    return 0;
}

static int read_files(struct op *op, const struct string_list *arns, struct restore *out)
{
    int r = 0;
    out->paths = arena_array(op->arena, const char *, arns->n);
    for (; r == 0 && out->n < arns->n; out->n += r == 0) {
        r = read_arn(op, arns->items[out->n], &out->paths[out->n]);
        if (r == 0) r = look_at_file(op, arns->items[out->n], out->paths[out->n]);
    }
    return r;
}

/* ---- snapshots ---- */

/* Neither operation that restores knows the fault for a snapshot that is not there. */
static int read_snapshot(struct op *op, const char *name, struct restore *out)
{
    struct row_snapshot *s;
    int r = q_snapshot_get(op->store, op->arena, op->region->name, name, &s, op->err);
    const char *shown = serverless_owns(name) ? serverless_name(name) : name;
    if (r) return r;
    if (s == NULL) return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Snapshot not found: %s", shown);
    if (s->status != SNAPSHOT_AVAILABLE && s->status != SNAPSHOT_RESTORING)
        return op_fault(op, FAULT_INVALID_PARAMETER_VALUE, "Snapshot %s is not in available state.", shown);
    out->snapshot = s;
    return q_snapshot_parts(op->store, op->arena, s->region, s->name, &out->parts, &out->n, op->err);
}

int restore_read(struct op *op, const char *snapshot, const struct string_list *arns, struct restore *out)
{
    *out = (struct restore){0};
    bool named = snapshot && snapshot[0];
    if (named && arns->n)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "SnapshotName can't be used together with SnapshotArns.");
    if (arns->n) return read_files(op, arns, out);
    return named ? read_snapshot(op, snapshot, out) : 0;
}

/* ---- what the snapshot brings ---- */

/* What both requests have of the source's settings. */
struct brought {
    const char *engine, *version, *node_type, *parameter_group, *subnet_group;
};

/* The source's parameter group, if it is there still and of the family of the version that will run. */
static int bring_parameter_group(struct op *op, const char *engine, const char *version, struct brought *out)
{
    struct parameter_group g;
    const struct engine_version *v = NULL;
    const struct engine *e = engine_find(engine);
    int r = parameter_group_get(op, op->region->name, out->parameter_group, &g);
    if (e) engine_version_resolve(e, version, &v);
    if (g.name == NULL || v == NULL || strcmp(g.family->name, v->family) != 0) out->parameter_group = NULL;
    return r;
}

static int bring_settings(
    struct op *op, const struct row_snapshot *s, const char *engine, const char *version, struct brought *out)
{
    const struct engine_version *v = engine_version_find(engine_find(s->engine), s->engine_version);
    struct row_subnet_group *g = NULL;
    bool same_engine = engine == NULL || strcmp(id_fold(op, engine), s->engine) == 0;
    *out = (struct brought){engine ? engine : s->engine, version, s->node_type, s->parameter_group, s->subnet_group};
    if (version == NULL && same_engine && v) out->version = v->version;
    int r = q_subnet_group_get(op->store, op->arena, op->region->name, s->subnet_group, &g, op->err);
    if (g == NULL) out->subnet_group = NULL;
    return r ? r : bring_parameter_group(op, out->engine, out->version, out);
}

#define FILL(member, value) \
    if (filled->member == NULL) filled->member = (value)

/* What both requests have; a macro, because they are different types. */
#define FILL_ALL(b, s)                                                                      \
    do {                                                                                    \
        FILL(engine, (b).engine);                                                           \
        FILL(engine_version, (b).version);                                                  \
        FILL(cache_node_type, (b).node_type);                                               \
        FILL(cache_parameter_group_name, (b).parameter_group);                              \
        FILL(cache_subnet_group_name, (b).subnet_group);                                    \
        FILL(preferred_maintenance_window, (s)->maintenance_window);                        \
        FILL(snapshot_window, (s)->window);                                                 \
        FILL(notification_topic_arn, (s)->notification_topic_arn);                          \
        if (!filled->port.set) filled->port = OPT_INT((s)->port);                           \
        if (!filled->auto_minor_version_upgrade.set)                                        \
            filled->auto_minor_version_upgrade = OPT_BOOL((s)->auto_minor_version_upgrade); \
    } while (0)

static struct api_node_group_configuration_list shards_of(
    struct op *op, const struct restore *x, const struct api_create_replication_group_in *in)
{
    struct api_node_group_configuration_list list = {
        true, x->n, arena_array(op->arena, struct api_node_group_configuration, x->n)};
    for (size_t i = 0; i < x->n; i++) {
        const struct row_snapshot_part *p = &x->parts[i];
        list.items[i] = (struct api_node_group_configuration){.node_group_id = p->node_group_id, .slots = p->slots};
        if (!in->replicas_per_node_group.set) list.items[i].replica_count = OPT_INT(p->replicas);
    }
    return list;
}

static bool is_sharded(const struct row_snapshot *s)
{
    return s->cluster_mode == MODE_ENABLED;
}

/* The parameter group of a source without cluster mode is not that of a replication group with it. */
static void drop_parameters(const struct row_snapshot *s, const struct api_create_replication_group_in *asked,
    struct api_create_replication_group_in *filled)
{
    bool several = (asked->num_node_groups.set && asked->num_node_groups.v > 1) || asked->node_group_configuration.n > 1;
    bool clustered = several || (asked->cluster_mode && strcmp(asked->cluster_mode, "disabled") != 0);
    if (clustered && !is_sharded(s) && asked->cache_parameter_group_name == NULL) filled->cache_parameter_group_name = NULL;
}

static void fill_shards(struct op *op, const struct restore *x, struct api_create_replication_group_in *filled)
{
    bool fits = !filled->num_node_groups.set || filled->num_node_groups.v == (int64_t)x->n;
    FILL(cluster_mode, "enabled");
    if (!filled->automatic_failover_enabled.set) filled->automatic_failover_enabled = OPT_BOOL(true);
    if (fits && filled->node_group_configuration.n == 0) filled->node_group_configuration = shards_of(op, x, filled);
}

int restore_fill_group(struct op *op, const struct restore *x, const struct api_create_replication_group_in *in,
    struct api_create_replication_group_in *filled)
{
    struct brought b;
    const struct row_snapshot *s = x->snapshot;
    *filled = *in;
    if (s == NULL) return 0;
    int r = bring_settings(op, s, in->engine, in->engine_version, &b);
    FILL_ALL(b, s);
    FILL(durability, durability_text(s->durability));
    if (!filled->data_tiering_enabled.set) filled->data_tiering_enabled = OPT_BOOL(node_type_has_disks(filled->cache_node_type));
    if (r == 0 && is_sharded(s)) fill_shards(op, x, filled);
    drop_parameters(s, in, filled);
    return r;
}

int restore_fill_cluster(struct op *op, const struct restore *x, const struct api_create_cache_cluster_in *in,
    struct api_create_cache_cluster_in *filled)
{
    struct brought b;
    const struct row_snapshot *s = x->snapshot;
    *filled = *in;
    if (s == NULL) return 0;
    int r = bring_settings(op, s, in->engine, in->engine_version, &b);
    FILL_ALL(b, s);
    return r;
}

/* ---- whether it fits ---- */

static int check_engine(struct op *op, const struct row_snapshot *s, const struct engine_version *v)
{
    bool same = strcmp(s->engine, v->engine->name) == 0;
    if ((same && version_compare(s->engine_version, v->full) > 0) || (!same && v->engine->id != ENGINE_VALKEY))
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Snapshot %s of %s %s can't be restored to %s %s.", s->name,
            s->engine, s->engine_version, v->engine->name, v->full);
    return 0;
}

static int check_shards(struct op *op, const struct restore *x, bool wanted)
{
    bool sharded = x->snapshot && is_sharded(x->snapshot);
    if (sharded && !wanted)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
            "Snapshot %s was taken with cluster mode enabled and can't be restored to a group without it.", x->snapshot->name);
    if (!wanted && x->n != 1)
        return op_fault(
            op, FAULT_INVALID_PARAMETER_COMBINATION, "There are %zu files: without cluster mode there can be only one.", x->n);
    return 0;
}

int restore_check_slots(struct op *op, const struct restore *x, const struct api_create_replication_group_in *in,
    const struct row_replication_group *rg)
{
    bool given = false;
    for (size_t i = 0; i < in->node_group_configuration.n; i++) given |= in->node_group_configuration.items[i].slots != NULL;
    if (x->n == 0 || x->snapshot || given || !rg_is_sharded(rg)) return 0;
    return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION,
        "Slots must be provided when restoring from snapshot ARNs with cluster mode enabled");
}

int restore_check(struct op *op, const struct restore *x, const struct engine_version *v, bool clustered)
{
    if (x->n == 0) return 0;
    if (v->engine->id == ENGINE_MEMCACHED)
        return op_fault(op, FAULT_INVALID_PARAMETER_COMBINATION, "Snapshots are not supported for engine memcached.");
    int r = x->snapshot ? check_engine(op, x->snapshot, v) : 0;
    return r ? r : check_shards(op, x, clustered);
}

/* ---- rows ---- */

static int write_file(struct op *op, const struct restore *x, size_t i, const char *source_id)
{
    struct row_seed_file f = {.region = op->region->name, .source_id = source_id, .seq = (int64_t)i};
    if (x->snapshot) {
        f.snapshot = x->snapshot->name;
        f.file = snapshot_file(op->arena, x->snapshot->name, x->parts[i].node_group_id);
    } else {
        f.root = op->config->snapshot_import_dir;
        f.path = x->paths[i];
    }
    return q_seed_file_put(op->store, &f, op->err);
}

/* The snapshot is in use from now on. */
static int write_files(struct op *op, const struct restore *x, const char *source_id)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < x->n; i++) r = write_file(op, x, i, source_id);
    if (r || x->snapshot == NULL) return r;
    move_snapshot_status(NULL, &x->snapshot->status, SNAPSHOT_RESTORE_ASKED);
    return q_snapshot_put(op->store, x->snapshot, op->err);
}

static int write_seed(struct op *op, const char *node_id, const char *source_id)
{
    struct row_seed seed = {.region = op->region->name, .node_id = node_id, .source_id = source_id};
    return q_seed_put(op->store, &seed, op->err);
}

int restore_write_cluster(struct op *op, const struct restore *x, const char *cluster_id, const char *node_id)
{
    if (x->n == 0) return 0;
    const char *source_id = arena_printf(op->arena, "cluster.%s", cluster_id);
    int r = write_files(op, x, source_id);
    return r ? r : write_seed(op, node_id, source_id);
}

int restore_write_group(struct op *op, const struct restore *x, const char *rg_id)
{
    struct row_node_group *ngs;
    size_t n;
    if (x->n == 0) return 0;
    const char *source_id = arena_printf(op->arena, "rg.%s", rg_id);
    int r = write_files(op, x, source_id);
    if (r == 0) r = q_node_group_span(op->store, op->arena, op->region->name, rg_id, rg_id, &ngs, &n, op->err);
    for (size_t i = 0; r == 0 && i < n; i++) r = write_seed(op, ngs[i].primary_node_id, source_id);
    return r;
}

int restore_copy_tags(struct op *op, const struct restore *x, const char *arn)
{
    if (x->snapshot == NULL) return 0;
    return tags_copy(op, arn_of(op, x->snapshot->account, "snapshot", x->snapshot->name), arn);
}
