#include "control/unit.h"
#include "store/sql.gen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One column of a row that tells whose it is, or whom it names besides. The first that is not NULL tells. */
struct pointer {
    const struct sql_table *table;
    enum unit_kind kind;
    size_t region, id; /* offsets of the columns; a global datastore has no region */
};

enum { NOWHERE = 1 << 30 };

#define OWN(kind, table, id)                                                                             \
    {                                                                                                    \
        &sql_table_##table, kind, offsetof(struct row_##table, region), offsetof(struct row_##table, id) \
    }
#define OWN_GLOBAL(table, id)                                                      \
    {                                                                              \
        &sql_table_##table, UNIT_GLOBAL, NOWHERE, offsetof(struct row_##table, id) \
    }

static const struct pointer owners[] = {
    OWN(UNIT_RG, replication_group, id),
    OWN(UNIT_RG, node_group, rg_id),
    OWN(UNIT_RG, cache_cluster, rg_id),
    OWN(UNIT_CLUSTER, cache_cluster, id),
    OWN(UNIT_RG, node, rg_id),
    OWN(UNIT_CLUSTER, node, cluster_id),
    OWN(UNIT_RG, endpoint, rg_id),
    OWN(UNIT_CLUSTER, endpoint, cluster_id),
    OWN(UNIT_RG, shard, rg_id),
    OWN(UNIT_RG, resharding, rg_id),
    OWN(UNIT_RG, encryption, rg_id),
    OWN(UNIT_RG, rg_user_group, rg_id),
    OWN(UNIT_RG, serverless_cache, rg_id),
    OWN(UNIT_CLUSTER, serverless_cache, cluster_id),
    OWN_GLOBAL(global_replication_group, id),
    OWN_GLOBAL(global_member, global_id),
    OWN(UNIT_USER, user, id),
    OWN(UNIT_USER_GROUP, user_group, id),
    OWN(UNIT_USER_GROUP, user_group_member, group_id),
    OWN(UNIT_SNAPSHOT, snapshot, name),
    OWN(UNIT_SNAPSHOT, snapshot_part, snapshot),
};

static const struct pointer names[] = {
    OWN(UNIT_RG, global_member, rg_id),
    OWN(UNIT_USER_GROUP, rg_user_group, group_id),
    OWN(UNIT_USER, user_group_member, user_id),
    OWN(UNIT_RG, snapshot, rg_id),
    OWN(UNIT_CLUSTER, snapshot, cluster_id),
    OWN(UNIT_SNAPSHOT, snapshot, copied_from),
    OWN(UNIT_SNAPSHOT, seed_file, snapshot),
};

static const char *text_at(const void *row, size_t offset)
{
    return offset == NOWHERE ? "" : *(const char *const *)((const char *)row + offset);
}

bool unit_key_of(enum unit_kind kind, const char *region, const char *id, char *key)
{
    if (strlen(region) + strlen(id) + sizeof "0  " > UNIT_KEY_SIZE) return false;
    char *end = stpcpy(stpcpy(key, (const char[]){(char)('0' + kind), ' ', '\0'}), region);
    *end = ' ';
    strcpy(end + 1, id);
    return true;
}

/* Such an id is "rg.ID" or "cluster.ID". */
static enum unit_kind source_key(const char *region, const char *source_id, char *key)
{
    bool rg = strncmp(source_id, "rg.", strlen("rg.")) == 0;
    enum unit_kind kind = rg ? UNIT_RG : UNIT_CLUSTER;
    return unit_key_of(kind, region, source_id + strcspn(source_id, ".") + 1, key) ? kind : UNIT_NONE;
}

enum unit_kind unit_key(const struct sql_table *t, const void *row, char *key)
{
    if (t == &sql_table_seed_file)
        return source_key(((const struct row_seed_file *)row)->region, ((const struct row_seed_file *)row)->source_id, key);
    if (t == &sql_table_snapshot_schedule)
        return source_key(
            ((const struct row_snapshot_schedule *)row)->region, ((const struct row_snapshot_schedule *)row)->source_id, key);
    for (size_t i = 0; i < sizeof owners / sizeof *owners; i++) {
        const struct pointer *p = &owners[i];
        const char *id = p->table == t ? text_at(row, p->id) : NULL;
        if (id) return unit_key_of(p->kind, text_at(row, p->region), id, key) ? p->kind : UNIT_NONE;
    }
    return UNIT_NONE;
}

size_t unit_names(const struct sql_table *t, const void *row, enum unit_kind *kinds, char keys[][UNIT_KEY_SIZE])
{
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct pointer *p = &names[i];
        const char *id = p->table == t ? text_at(row, p->id) : NULL;
        /* A snapshot of a replication group names the member cluster, too, which is no unit. */
        if (id == NULL || (p->kind == UNIT_CLUSTER && ((const struct row_snapshot *)row)->rg_id) ||
            !unit_key_of(p->kind, text_at(row, p->region), id, keys[n]))
            continue;
        kinds[n++] = p->kind;
    }
    return n;
}

void unit_list_add(struct unit_list *l, struct unit *u)
{
    if (l->n == l->room) {
        l->room = l->room ? 2 * l->room : 4;
        l->items = realloc(l->items, l->room * sizeof(struct unit *));
        if (l->items == NULL) abort();
    }
    l->items[l->n++] = u;
}

void unit_list_drop(struct unit_list *l, const struct unit *u)
{
    for (size_t i = l->n; i > 0; i--) {
        if (l->items[i - 1] != u) continue;
        l->items[i - 1] = l->items[--l->n];
        return;
    }
}
