#include "control/world_io.h"
#include "base/arena.h"
#include "control/rows.h"
#include "store/queries.gen.h"
#include "database.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <unistd.h>
/* Whatever happened since they were read, the rows of a pass are those that the database has. */

enum { ENDPOINTS = 40, PASSES = 300 };

static struct store *s;
static struct rows rows;
static struct arena a;
static struct err e;

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
}

static void teardown(void)
{
    rows_fini(&rows);
    arena_fini(&a);
    database_close(s);
}

TestSuite(world_io, .init = setup, .fini = teardown);

static struct world load(struct rows *known)
{
    struct world w = {.arena = &a};
    cr_assert_eq(world_load(s, known, &w, &e), 0, "%s", e.msg);
    return w;
}

static void expect_true(void)
{
    struct rows none = {0};
    struct world known = load(&rows), read = load(&none);
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

static void pass(bool commits, bool drops)
{
    _arena_ struct arena brief = {0};
    struct world w = {.arena = &brief};
    bool wrote;
    cr_assert_eq(store_begin(s, true, &e), 0);
    cr_assert_eq(world_load(s, &rows, &w, &e), 0, "%s", e.msg);
    for (int n = rand() % 3; n > 0; n--) change(&w, &brief);
    if (drops) w.endpoints[0].drop = true;
    cr_assert_eq(world_store(s, &rows, &w, &wrote, &e), 0, "%s", e.msg);
    if (commits) cr_assert_eq(store_commit(s, &e), 0);
    else store_rollback(s);
    if (commits) rows_keep(&rows);
    else rows_lose(&rows);
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
    cr_log_info("seed %u", seed);
    for (int n = 0; n < PASSES; n++) {
        int what = rand() % 20;
        if (what == 0) something_else(rand() % ENDPOINTS);
        else pass(what != 1, what == 2 && n % 5 == 0);
        expect_true();
    }
}

Test(world_io, a_pass_that_writes_rows_in_place_leaves_nothing_to_be_read)
{
    struct world w = load(&rows);
    const void *before = w.endpoints[0].stored;
    w.endpoints[0].row.port = 7000;
    bool wrote;
    cr_assert_eq(world_store(s, &rows, &w, &wrote, &e), 0);
    rows_keep(&rows);
    w = load(&rows);
    cr_expect_eq(w.endpoints[0].stored, before);
    cr_expect_eq(w.endpoints[0].row.port, 7000);
}

static struct row_cache_cluster cluster(const char *id)
{
    return (struct row_cache_cluster){.region = "us-east-1",
        .id = id,
        .account = "000000000000",
        .rg_id = "g00",
        .status = CLUSTER_AVAILABLE,
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
    struct world w = load(&rows);
    bool wrote;
    cr_assert_eq(w.n_clusters, 2u);
    world_drop(&w, &w.clusters[0].drop);
    cr_assert_eq(world_store(s, &rows, &w, &wrote, &e), 0, "%s", e.msg);
    for (size_t i = 0; i < 2; i++) {
        struct row_tag *tags;
        size_t n;
        cr_assert_eq(q_tag_list(s, &a, arns[i], &tags, &n, &e), 0, "%s", e.msg);
        cr_expect_eq(n, i, "%s", arns[i]);
    }
}
