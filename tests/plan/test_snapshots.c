#include "base/arena.h"
#include "build.h"
#include "plan/serverless.h"
#include "plan/snapshot.h"
#include <criterion/criterion.h>
#include <string.h>

#define HOME "us-east-1"
#define DAY_MS (24LL * 3600 * 1000)

static struct arena a;
static struct build b;
static struct world_snapshot snapshot[2];
static struct world_snapshot_part part[2];
static struct world_seed seed;
static struct world_seed_file seed_files[2];
static struct row_snapshot_schedule schedule;
static struct world_serverless_cache serverless;

static void setup(void)
{
    build_init(&b, &a);
    serverless = (struct world_serverless_cache){0};
    memset(snapshot, 0, sizeof snapshot);
    memset(part, 0, sizeof part);
    seed = (struct world_seed){0};
    memset(seed_files, 0, sizeof seed_files);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(snapshots, .init = setup, .fini = teardown);

/* A group of two, or a cluster, seen just as it is wanted; and the snapshot "s" of its first node, in that status. */
static void make(bool group, const char *source_status, const char *status)
{
    if (group) build_rg(&b, HOME, "demo", source_status, 2);
    else build_cluster(&b, HOME, "alone", "redis", source_status, 1);
    for (size_t i = 0; i < b.w.n_nodes; i++) b.nodes[i].row.seen_pid = 100 + (int64_t)i;
    if (group) b.rgs[0].row.snapshot_window = "03:00-04:00";
    for (size_t i = 0; i < b.w.n_clusters; i++) b.clusters[i].row.snapshot_window = "03:00-04:00";
    if (status) {
        snapshot[0].row = snapshot_row(group ? &b.rgs[0].row : NULL, &b.clusters[0].row, b.w.now_ms);
        snapshot[0].row.name = "s";
        snapshot[0].row.status = word_of(&words_snapshot_status, status);
        part[0].row = snapshot_part_row(&snapshot[0].row, &b.nodes[0].row, group ? &b.node_groups[0].row : NULL);
        b.w.snapshots = snapshot;
        b.w.snapshot_parts = part;
        b.w.n_snapshots = b.w.n_snapshot_parts = 1;
    }
    build_link(&b);
    plan_world(&b.w);
    build_see_all(&b);
}

/* What is deleted after a final snapshot lives until then. */
static void make_final(bool group)
{
    make(group, "snapshotting", "creating");
    snapshot[0].row.final = 1;
    if (group) b.rgs[0].row.status = RG_DELETING;
    else b.clusters[0].row.status = CLUSTER_DELETING;
}

static const char *status_after(const char *seen_state)
{
    part[0].row.seen_state = word_of(&words_part_state, seen_state);
    plan_world(&b.w);
    return snapshot_status_text(snapshot[0].row.status);
}

static bool told(const char *text)
{
    for (struct world_event *e = b.w.events; e; e = e->next)
        if (strcmp(e->message, text) == 0) return true;
    return false;
}

Test(snapshots, are_available_once_the_file_is_whole_and_so_is_their_source)
{
    make(true, "snapshotting", "creating");
    cr_assert_str_eq(status_after("missing"), "creating");
    cr_assert_str_eq(status_after("working"), "creating");
    cr_assert_eq(b.rgs[0].row.status, RG_SNAPSHOTTING);
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert(told("Snapshot succeeded for snapshot with ID 's' of cache cluster with ID 'demo-001'"));
}

Test(snapshots, of_a_whole_group_name_the_group)
{
    for (int done = 0; done < 2; done++) {
        teardown();
        memset(&a, 0, sizeof a);
        setup();
        make(true, "snapshotting", "creating");
        snapshot[0].row.cluster_id = NULL;
        status_after(done ? "whole" : "failed");
        cr_assert(told(done ? "Snapshot succeeded for snapshot with ID 's' of replication group with ID 'demo'"
                            : "Snapshot failed for snapshot with ID 's' of replication group with ID 'demo'"));
    }
}

/* The replication group beneath the serverless cache "shop", and its snapshot "s". */
static void make_serverless(const char *source_status, const char *status)
{
    make(true, source_status, status);
    serverless.row = (struct row_serverless_cache){.region = HOME, .name = "shop", .rg_id = SERVERLESS_PREFIX "shop"};
    b.rgs[0].serverless = &serverless;
    snapshot[0].row.name = SERVERLESS_PREFIX "s";
    snapshot[0].row.rg_id = SERVERLESS_PREFIX "shop";
}

Test(snapshots, of_serverless_caches_are_told_by_the_names_that_users_know)
{
    static const struct {
        const char *state, *message;
    } table[] = {
        {"whole", "Snapshot s of serverless cache shop has been created"},
        {"failed", "Snapshot s of serverless cache shop could not be created"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        teardown();
        memset(&a, 0, sizeof a);
        setup();
        make_serverless("snapshotting", "creating");
        status_after(table[i].state);
        cr_expect(told(table[i].message), "%s", table[i].message);
    }
}

Test(snapshots, of_serverless_caches_are_exported_under_the_names_that_users_know)
{
    static const struct {
        const char *exported, *reason, *message;
    } table[] = {
        {"b/x.rdb", NULL, "Snapshot s has been exported to the S3 bucket b"},
        {NULL, "nobody may write there", "Snapshot s could not be exported to the S3 bucket b: nobody may write there"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        teardown();
        memset(&a, 0, sizeof a);
        setup();
        make_serverless("available", "exporting");
        snapshot[0].row.export_bucket = "b";
        snapshot[0].row.exports = part[0].row.seen_export = 1;
        part[0].row.seen_exported = table[i].exported;
        part[0].row.seen_export_reason = table[i].reason;
        cr_expect_str_eq(status_after("whole"), "available");
        cr_expect(told(table[i].message), "%s", table[i].message);
    }
}

Test(snapshots, that_cannot_be_taken_have_failed)
{
    make(true, "snapshotting", "creating");
    cr_assert_str_eq(status_after("failed"), "failed");
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert(told("Snapshot failed for snapshot with ID 's' of cache cluster with ID 'demo-001'"));
}

/* What has become of the node since the snapshot was asked for, and what becomes of the snapshot. */
Test(snapshots, have_the_data_that_were_there)
{
    static const struct {
        const char *what;
        int64_t pid, restarts;
        const char *want, *status;
    } table[] = {
        {"the same process", 100, 0, "run", "creating"},
        {"not seen", 0, 0, "run", "creating"},
        {"stopped in good order and started again", 200, 0, "run", "creating"},
        {"died", 0, 1, "run", "failed"},
        {"died and came back empty", 200, 1, "run", "failed"},
        {"taken out of the group", 100, 0, "gone", "failed"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        teardown();
        memset(&a, 0, sizeof a);
        setup();
        make(true, "snapshotting", "creating");
        b.nodes[0].row.seen_pid = table[i].pid;
        b.nodes[0].row.seen_restarts = table[i].restarts;
        b.nodes[0].row.want = word_of(&words_node_wish, table[i].want);
        cr_expect_str_eq(status_after("missing"), table[i].status, "%s", table[i].what);
        if (table[i].pid == 200 && table[i].restarts == 0) cr_expect_eq(part[0].row.pid, 200);
    }
}

Test(snapshots, of_a_group_to_be_deleted_end_its_nodes_once_they_are_taken)
{
    make_final(true);
    cr_assert_str_eq(status_after("working"), "creating");
    cr_assert_eq(b.nodes[0].row.want, WISH_RUN);
    cr_assert_str_eq(status_after("whole"), "available");
    for (size_t i = 0; i < b.w.n_nodes; i++) cr_assert_eq(b.nodes[i].row.want, WISH_GONE);
    cr_assert_eq(snapshot[0].row.final, 0);
    cr_assert_eq(b.rgs[0].row.status, RG_DELETING);
}

Test(snapshots, that_fail_keep_a_group_from_being_deleted)
{
    make_final(true);
    cr_assert_str_eq(status_after("failed"), "failed");
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert_eq(b.nodes[0].row.want, WISH_RUN);
}

Test(snapshots, of_a_cluster_work_the_same_way)
{
    make_final(false);
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert_eq(b.nodes[0].row.want, WISH_GONE);
}

Test(snapshots, are_gone_once_their_files_are)
{
    make(true, "available", "deleting");
    cr_assert_str_eq(status_after("whole"), "deleting");
    cr_assert_not(snapshot[0].drop);
    status_after("gone");
    cr_assert(snapshot[0].drop && part[0].drop);
}

Test(snapshots, whose_file_somebody_took_away_have_failed)
{
    make(true, "available", "available");
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert_str_eq(status_after("missing"), "failed");
}

Test(snapshots, that_are_exported_are_available_again_afterwards)
{
    make(true, "available", "exporting");
    part[0].row.seen_state = PART_WHOLE;
    snapshot[0].row.export_bucket = "b";
    cr_assert_str_eq(status_after("whole"), "exporting");
    snapshot[0].row.exports = 2;
    part[0].row.seen_export = 1;
    part[0].row.seen_exported = "b/x-0001.rdb";
    cr_assert_str_eq(status_after("whole"), "exporting", "that is the one before");
    part[0].row.seen_exported = NULL;
    part[0].row.seen_export_reason = "nobody may write there";
    cr_assert_str_eq(status_after("whole"), "exporting", "so is what it failed of");
    part[0].row.seen_export_reason = NULL;
    part[0].row.seen_exported = "b/x-0001.rdb";
    part[0].row.seen_export = 2;
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert(told("Snapshot with ID 's' exported to bucket b"));
    cr_assert_null(snapshot[0].row.export_bucket);
}

Test(snapshots, that_could_not_be_exported_are_available_all_the_same)
{
    make(true, "available", "exporting");
    snapshot[0].row.export_bucket = "b";
    snapshot[0].row.exports = part[0].row.seen_export = 1;
    part[0].row.seen_export_reason = "nobody may write there";
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert(told("Failed to export snapshot with ID 's' to bucket b: nobody may write there"));
}

Test(snapshots, whose_files_are_missing_are_not_waited_for_by_an_export)
{
    make(true, "available", "exporting");
    snapshot[0].row.export_bucket = "b";
    snapshot[0].row.exports = 1;
    cr_assert_str_eq(status_after("missing"), "failed", "it is of no use any more");
    cr_assert(told("Failed to export snapshot with ID 's' to bucket b: its file is missing"));
}

Test(snapshots, that_have_arrived_in_the_bucket_are_exported_though_their_files_are_missing_since)
{
    make(true, "available", "exporting");
    snapshot[0].row.export_bucket = "b";
    snapshot[0].row.exports = part[0].row.seen_export = 1;
    part[0].row.seen_exported = "b/x-0001.rdb";
    cr_assert_str_eq(status_after("missing"), "failed", "it is of no use any more");
    cr_assert(told("Snapshot with ID 's' exported to bucket b"));
}

/* ---- automatic ones ---- */

enum { NEVER = 1000000 };
#define HOUR_MS 3600000LL

/* The hour is that of the day after the epoch's second week; the window is 03:00 to 04:00. */
static int begun_at(const char *status, int64_t retention, int hour, int minute, int ran_hours_ago)
{
    make(true, status, NULL);
    b.w.now_ms = 14 * DAY_MS + (hour * 60 + minute) * 60000LL;
    b.rgs[0].row.snapshot_retention_limit = retention;
    schedule = (struct row_snapshot_schedule){HOME, "rg.demo", b.w.now_ms - ran_hours_ago * HOUR_MS};
    b.w.schedules = &schedule;
    b.w.n_schedules = ran_hours_ago != NEVER;
    plan_world(&b.w);
    return b.w.new_snapshots != NULL;
}

Test(snapshots, are_taken_by_themselves_once_in_a_window)
{
    static const struct {
        const char *what, *status;
        int64_t retention;
        int hour, minute;
        int ran_hours_ago;
        int begun;
    } table[] = {
        {"in the window", "available", 1, 3, 0, NEVER, 1},
        {"at its end", "available", 1, 3, 59, NEVER, 1},
        {"a day after the last", "available", 1, 3, 30, 24, 1},
        {"before it", "available", 1, 2, 59, NEVER, 0},
        {"after it", "available", 1, 4, 0, NEVER, 0},
        {"already taken", "available", 1, 3, 30, 0, 0},
        {"already taken, by a clock that was set back since", "available", 1, 3, 10, -1, 0},
        {"taken by a clock that was far ahead", "available", 1, 3, 30, -24 * 300, 1},
        {"turned off", "available", 0, 3, 30, NEVER, 0},
        {"busy", "modifying", 1, 3, 30, NEVER, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        teardown();
        memset(&a, 0, sizeof a);
        setup();
        int begun = begun_at(table[i].status, table[i].retention, table[i].hour, table[i].minute, table[i].ran_hours_ago);
        /* A group that is 'modifying' is available a moment later: its turn comes with the next look. */
        if (strcmp(table[i].status, "modifying") == 0) continue;
        cr_expect_eq(begun, table[i].begun, "%s", table[i].what);
    }
}

Test(snapshots, that_are_automatic_are_named_by_their_time_and_show_at_their_source)
{
    begun_at("available", 1, 3, 7, NEVER);
    const struct world_new_snapshot *s = b.w.new_snapshots;
    cr_assert_str_eq(s->row.name, "automatic.demo-001-1970-01-15-03-07");
    cr_assert_eq(s->row.source, SNAPSHOT_AUTOMATED);
    cr_assert_str_eq(s->parts[0].snapshot, s->row.name);
    cr_assert_str_eq(s->parts[0].node_id, "demo-001.0001");
    cr_assert_eq(s->parts[0].replicas, 1);
    cr_assert_eq(b.rgs[0].row.status, RG_SNAPSHOTTING);
}

Test(snapshots, that_are_automatic_go_when_their_time_is_over)
{
    make(true, "available", "available");
    part[0].row.seen_state = PART_WHOLE;
    snapshot[0].row.source = SNAPSHOT_AUTOMATED;
    b.rgs[0].row.snapshot_retention_limit = 2;
    b.w.now_ms = snapshot[0].row.created_ms + 2 * DAY_MS - 1;
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert_leq(b.w.wake_ms, b.w.steady_ms + 1);
    b.w.now_ms++;
    cr_assert_str_eq(status_after("whole"), "deleting");
}

Test(snapshots, that_are_automatic_go_with_their_source_and_others_stay)
{
    make(true, "available", "available");
    snapshot[0].row.rg_id = "gone";
    cr_assert_str_eq(status_after("whole"), "available");
    snapshot[0].row.source = SNAPSHOT_AUTOMATED;
    cr_assert_str_eq(status_after("whole"), "deleting");
}

Test(snapshots, are_taken_of_the_primary_once_the_chosen_member_has_left)
{
    make(true, "available", NULL);
    b.rgs[0].row.snapshotting_cluster_id = "demo-002";
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.snapshotting_cluster_id, "demo-002");
    b.rgs[0].row.snapshotting_cluster_id = "demo-003";
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.snapshotting_cluster_id, "demo-001");
}

/* ---- what groups begin with ---- */

static void make_seeded(const char *status)
{
    make(true, status, "available");
    snapshot[0].row.status = SNAPSHOT_RESTORING;
    seed.row = (struct row_seed){.region = HOME, .node_id = "demo-001.0001", .source_id = "rg.demo"};
    seed_files[0].row = (struct row_seed_file){.region = HOME, .source_id = "rg.demo", .snapshot = "s", .file = "s.0001"};
    seed.files = seed_files;
    seed.n_files = 1;
    b.w.seed_files = seed_files;
    b.w.n_seed_files = 1;
    b.nodes[0].seed = &seed;
    b.w.seeds = &seed;
    b.w.n_seeds = 1;
    for (size_t i = 0; i < b.w.n_clusters; i++) b.clusters[i].row.status = word_of(&words_cluster_status, status);
}

Test(snapshots, are_restoring_until_the_group_is_made)
{
    make_seeded("creating");
    b.nodes[0].row.seen_state = SEEN_STARTING;
    cr_assert_str_eq(status_after("whole"), "restoring");
    cr_assert_not(seed.drop);
    build_see_all(&b);
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert(seed.drop);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
}

Test(snapshots, that_cannot_be_loaded_end_the_creation)
{
    make_seeded("creating");
    b.nodes[0].row.seen_state = SEEN_BROKEN;
    b.nodes[0].row.seen_reason = "its data can't be loaded: its checksum is wrong";
    seed.row.seen_refused = "its checksum is wrong";
    cr_assert_str_eq(status_after("whole"), "available");
    cr_assert_eq(b.rgs[0].row.status, RG_CREATE_FAILED);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_RESTORE_FAILED);
    cr_assert_not(seed.drop, "a start without it would be an empty one");
    cr_assert(told("Failed to restore the cache cluster from s: its checksum is wrong"));
    cr_assert(told("Failed to create the replication group demo"));
    for (struct world_event *e = b.w.events; e; e = e->next) cr_assert_null(strstr(e->message, "cannot be started"));
}

Test(snapshots, that_cannot_be_loaded_end_the_creation_of_a_serverless_cache)
{
    make_seeded("creating");
    serverless.row = (struct row_serverless_cache){.region = HOME, .name = "shop", .rg_id = "demo"};
    b.rgs[0].serverless = &serverless;
    b.nodes[0].row.seen_state = SEEN_BROKEN;
    seed.row.seen_refused = "its checksum is wrong";
    status_after("whole");
    cr_assert(told("Serverless cache shop could not be created from s: its checksum is wrong"));
}

Test(snapshots, that_cannot_be_loaded_are_named_as_the_user_named_them)
{
    make_seeded("creating");
    b.nodes[0].row.seen_state = SEEN_BROKEN;
    seed.row.seen_refused = "no";
    seed.n_files = b.w.n_seed_files = 2;
    for (int i = 0; i < 2; i++)
        seed_files[i].row =
            (struct row_seed_file){.region = HOME, .source_id = "rg.demo", .seq = i, .root = "/r", .path = i ? "b/2" : "b/1"};
    status_after("whole");
    cr_assert(told("Failed to restore the cache cluster from b/1 and 1 more: no"));
    cr_assert_not(seed_files[1].drop);
    world_drop(&b.w, &seed.drop);
    plan_world(&b.w);
    cr_assert(seed_files[0].drop && seed_files[1].drop, "nobody begins with them any more");
}

Test(snapshots, are_loaded_again_rather_than_replaced_by_an_empty_replica)
{
    make_seeded("creating");
    b.rgs[0].row.automatic_failover = FAILOVER_ENABLED;
    b.nodes[0].row.seen_state = SEEN_EXITED;
    status_after("whole");
    cr_assert_str_eq(b.node_groups[0].row.primary_node_id, "demo-001.0001");
    cr_assert_not(want_node(&b.w, &b.nodes[0]).hold);
}

Test(snapshots, that_fail_keep_a_cluster_and_its_members_from_being_deleted)
{
    make_final(true);
    for (size_t i = 0; i < b.w.n_clusters; i++) b.clusters[i].row.status = CLUSTER_DELETING;
    cr_assert_str_eq(status_after("failed"), "failed");
    for (size_t i = 0; i < b.w.n_clusters; i++) cr_assert_eq(b.clusters[i].row.status, CLUSTER_AVAILABLE);
    teardown();
    memset(&a, 0, sizeof a);
    setup();
    make_final(false);
    cr_assert_str_eq(status_after("failed"), "failed");
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_AVAILABLE);
    cr_assert_eq(b.nodes[0].row.want, WISH_RUN);
}

Test(snapshots, that_failed_go_when_their_time_is_over_too)
{
    make(true, "available", "failed");
    snapshot[0].row.source = SNAPSHOT_AUTOMATED;
    b.rgs[0].row.snapshot_retention_limit = 2;
    b.w.now_ms = snapshot[0].row.created_ms + 2 * DAY_MS;
    cr_assert_str_eq(status_after("failed"), "deleting");
}

Test(snapshots, end_for_the_members_of_a_group_that_its_datastore_has_changed_meanwhile)
{
    make(true, "snapshotting", "creating");
    b.rgs[0].row.status = RG_MODIFYING;
    cr_assert_str_eq(status_after("whole"), "available");
    for (size_t i = 0; i < b.w.n_clusters; i++) cr_assert_eq(b.clusters[i].row.status, CLUSTER_AVAILABLE);
}
