#include "control/world_io.h"
#include "base/arena.h"
#include "control/rows.h"
#include "plan/settings.h"
#include "store/queries.gen.h"
#include "database.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
/* Whatever is written, by a pass or by somebody else, the rows in memory are those that the database has. */

enum { ENDPOINTS = 40, PASSES = 300 };

static struct store *s;
static struct rows rows;
static struct arena a;
static struct err e;
static bool passing;

static void on_row(void *arg, const struct sql_table *t, const void *row, bool gone)
{
    (void)arg;
    rows_note(&rows, t, row, gone);
}

static void on_end(void *arg, bool committed)
{
    (void)arg;
    if (!committed) rows_forget_notes(&rows);
    else if (!passing) rows_apply(&rows);
}

static struct row_endpoint endpoint(int i)
{
    return (struct row_endpoint){.region = "us-east-1",
        .id = arena_printf(&a, "primary.g%02d.0001", i),
        .kind = ENDPOINT_PRIMARY,
        .rg_id = arena_printf(&a, "g%02d", i),
        .node_group_id = "0001",
        .port = 6379,
        .seen_state = ENDPOINT_UNKNOWN};
}

static void put(int i)
{
    struct row_endpoint row = endpoint(i);
    cr_assert_eq(q_endpoint_put(s, &row, &e), 0, "%s", e.msg);
}

static void setup(void)
{
    struct row_region region = {"us-east-1", 1};
    s = database_open(STORE_NORMAL);
    cr_assert_eq(q_region_put(s, &region, &e), 0, "%s", e.msg);
    for (int i = 0; i < ENDPOINTS; i++) put(i);
    store_watch(s, &(struct store_watch){on_row, on_end, NULL});
}

static void teardown(void)
{
    rows_fini(&rows);
    arena_fini(&a);
    database_close(s);
}

TestSuite(world_io, .init = setup, .fini = teardown);

static struct world load(struct rows *known, struct arena *brief)
{
    struct world w = {.arena = brief};
    cr_assert_eq(rows_load(known, s, &e), 0, "%s", e.msg);
    world_of_units(&w, known, NULL);
    w.regions = world_regions(brief, known);
    w.n_regions = known->n_regions;
    return w;
}

static void expect_true(void)
{
    struct rows none = {0};
    struct world known = load(&rows, &a), read = load(&none, &a);
    cr_assert_eq(known.n_endpoints, read.n_endpoints);
    for (size_t i = 0; i < read.n_endpoints; i++)
        cr_assert(row_equal(&sql_table_endpoint, &known.endpoints[i].row, &read.endpoints[i].row), "endpoint %zu", i);
    cr_assert_eq(known.regions[0].row.next_host, read.regions[0].row.next_host);
    cr_assert_eq(known.n_parameters, read.n_parameters);
    rows_fini(&none);
}

/* A plan's strings live as long as its pass. */
static void change(struct world *w, struct arena *brief)
{
    struct world_endpoint *at = &w->endpoints[(size_t)rand() % w->n_endpoints];
    at->row.seen_reason = rand() % 3 ? arena_printf(brief, "reason %d", rand() % 1000) : NULL;
    at->row.port = rand() % 65536;
    if (rand() % 4 == 0) w->regions[0].row.next_host++;
    if (rand() % 10 == 0) world_note(w, "us-east-1", "cache-cluster", "c", "It happened");
}

static void store_world(struct world *w, bool commits)
{
    bool wrote = false;
    cr_assert_eq(store_begin(s, true, &e), 0);
    passing = true;
    cr_assert_eq(world_store(s, w, &wrote, &e), 0, "%s", e.msg);
    cr_assert_eq(world_store_regions(s, w->regions, w->n_regions, &wrote, &e), 0, "%s", e.msg);
    if (commits) cr_assert_eq(store_commit(s, &e), 0);
    else store_rollback(s);
    passing = false;
    rows_apply(&rows);
}

static void pass(bool commits, bool drops)
{
    _arena_ struct arena brief = {0};
    struct world w = load(&rows, &brief);
    for (int n = rand() % 3; n > 0; n--) change(&w, &brief);
    if (drops) w.endpoints[0].drop = true;
    store_world(&w, commits);
}

static void something_else(int i)
{
    struct row_endpoint row = endpoint(i);
    struct row_parameter parameter = {"us-east-1", "group", arena_printf(&a, "p%d", i), "1"};
    if (i % 3 == 0) cr_assert_eq(q_endpoint_delete(s, &row, &e), 0);
    else if (i % 3 == 1) put(i);
    else cr_assert_eq(q_parameter_put(s, &parameter, &e), 0, "%s", e.msg);
}

Test(world_io, rows_that_are_kept_are_those_of_the_database)
{
    unsigned seed = (unsigned)getpid();
    srand(seed);
    fprintf(stderr, "seed %u\n", seed);
    for (int n = 0; n < PASSES; n++) {
        int what = rand() % 20;
        if (what == 0) something_else(rand() % ENDPOINTS);
        else pass(what != 1, what == 2 && n % 5 == 0);
        expect_true();
    }
}

Test(world_io, a_row_that_is_not_written_stays_where_it_is)
{
    struct world w = load(&rows, &a);
    const void *before = w.endpoints[1].stored->id; /* texts are where the row is kept */
    w.endpoints[0].row.port = 7000;
    store_world(&w, true);
    w = load(&rows, &a);
    cr_expect_eq((const void *)w.endpoints[1].stored->id, before);
    cr_expect_eq(w.endpoints[0].row.port, 7000);
}

Test(world_io, what_is_not_committed_is_as_if_it_had_never_been)
{
    load(&rows, &a);
    cr_assert_eq(store_begin(s, true, &e), 0);
    struct row_endpoint row = endpoint(0);
    cr_assert_eq(q_endpoint_delete(s, &row, &e), 0);
    store_rollback(s);
    cr_expect_eq(load(&rows, &a).n_endpoints, (size_t)ENDPOINTS);
    expect_true();
}

static struct row_cache_cluster cluster(const char *id)
{
    return (struct row_cache_cluster){.region = "us-east-1",
        .id = id,
        .account = "000000000000",
        .rg_id = "g00",
        .status = CLUSTER_AVAILABLE,
        .transit_encryption = ENCRYPTION_NONE,
        .engine = "redis",
        .engine_version = "7.1.0",
        .node_type = "cache.r7g.large",
        .parameter_group = "default.redis7",
        .subnet_group = "default",
        .availability_zone = "us-east-1a",
        .snapshot_window = "",
        .maintenance_window = "",
        .security_group_ids = "",
        .network_type = "ipv4",
        .ip_discovery = "ipv4",
        .parameter_apply_status = APPLY_IN_SYNC,
        .nodes_to_reboot = "",
        .pending_nodes_to_remove = "",
        .pending_zones = "",
        .config_nodes = "",
        .notification_topic_status = TOPIC_ACTIVE};
}

Test(world_io, the_tags_of_a_cluster_go_with_its_row_and_no_others)
{
    static const char *const arns[] = {
        "arn:aws:elasticache:us-east-1:000000000000:cluster:one", "arn:aws:elasticache:us-east-1:000000000000:cluster:other"};
    struct row_cache_cluster all[] = {cluster("one"), cluster("other")};
    for (int i = 0; i < 2; i++) {
        struct row_tag tag = {arns[i], "team", "blue"};
        cr_assert_eq(q_cache_cluster_put(s, &all[i], &e), 0, "%s", e.msg);
        cr_assert_eq(q_tag_put(s, &tag, &e), 0, "%s", e.msg);
    }
    struct world w = load(&rows, &a);
    cr_assert_eq(w.n_clusters, 2u);
    world_drop(&w, &w.clusters[0].drop);
    store_world(&w, true);
    for (size_t i = 0; i < 2; i++) {
        struct row_tag *tags;
        size_t n;
        cr_assert_eq(q_tag_list(s, &a, arns[i], &tags, &n, &e), 0, "%s", e.msg);
        cr_expect_eq(n, i, "%s", arns[i]);
    }
}

static int64_t settings_generation(const char *group)
{
    _arena_ struct arena brief = {0};
    struct world w = load(&rows, &brief);
    struct row_cache_cluster c = cluster("one");
    c.parameter_group = group;
    return settings_of(&w, &c)->generation;
}

Test(world_io, settings_are_kept_until_users_set_others)
{
    struct row_parameter row = {"us-east-1", "mine", "timeout", "20"};
    int64_t before = settings_generation("mine");
    const struct settings_book *book = rows.settings;
    cr_assert_eq(settings_generation("default.redis7"), before);
    cr_assert_eq(rows.settings, book);
    cr_assert_not_null(book->first, "they outlive a world");
    cr_assert_eq(q_parameter_put(s, &row, &e), 0, "%s", e.msg);
    cr_assert_neq(settings_generation("mine"), before);
    cr_assert_eq(settings_generation("default.redis7"), before);
}
