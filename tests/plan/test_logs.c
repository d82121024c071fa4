#include "base/arena.h"
#include "build.h"
#include "plan/logs.h"
#include "plan/why.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;
static struct row_cache_cluster row;

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(logs, .fini = teardown);

#define JSON "cloudwatch-logs json g"

Test(logs, have_another_number_exactly_where_nodes_deliver_otherwise)
{
    cr_assert_eq(logs_generation(&row), 0);
    row.slow_log = JSON;
    row.slow_log_status = LOG_ENABLING;
    int64_t slow = logs_generation(&row);
    cr_assert_neq(slow, 0);
    row.slow_log_status = LOG_ACTIVE;
    cr_assert_eq(logs_generation(&row), slow);
    row.slow_log = "cloudwatch-logs text g";
    cr_assert_neq(logs_generation(&row), slow);
    row.slow_log_status = LOG_DISABLING;
    cr_assert_eq(logs_generation(&row), 0);
    row.engine_log = JSON;
    row.engine_log_status = LOG_MODIFYING;
    cr_assert_neq(logs_generation(&row), slow, "it is the other log");
}

Test(logs, are_read_back_in_parts)
{
    struct log_delivery d = log_delivery_read(&a, "kinesis-firehose text my.stream");
    cr_assert_str_eq(d.destination_type, "kinesis-firehose");
    cr_assert_str_eq(d.format, "text");
    cr_assert_str_eq(d.destination, "my.stream");
}

static void ask(const char **slow, enum log_status *slow_status, const char **engine, enum log_status *engine_status)
{
    *slow = *engine = JSON;
    *slow_status = LOG_MODIFYING;
    *engine_status = LOG_DISABLING;
}

Test(logs, of_a_group_are_active_once_all_nodes_tell_that_they_deliver_them)
{
    build_init(&b, &a);
    build_rg(&b, "us-east-1", "demo", "modifying", 2);
    build_link(&b);
    struct row_replication_group *rg = &b.rgs[0].row;
    ask(&rg->slow_log, &rg->slow_log_status, &rg->engine_log, &rg->engine_log_status);
    for (int i = 0; i < 2; i++) {
        struct row_cache_cluster *c = &b.clusters[i].row;
        ask(&c->slow_log, &c->slow_log_status, &c->engine_log, &c->engine_log_status);
    }
    plan_world(&b.w);
    build_see_all(&b);
    b.nodes[0].row.seen_logs_generation = logs_generation(&b.clusters[0].row);
    plan_world(&b.w);
    cr_assert_eq(rg->status, RG_MODIFYING);
    cr_assert_eq(rg->slow_log_status, LOG_MODIFYING);
    struct lacks lacks = {.arena = &a};
    rg_find_lacks(&b.w, &b.rgs[0], &lacks);
    cr_assert_eq(lacks.n, 1);
    cr_assert_eq(lacks.first->lack, LACK_LOGS);
    cr_assert_str_eq(lacks.first->node->row.id, "demo-002.0001");
    b.nodes[1].row.seen_logs_generation = logs_generation(&b.clusters[1].row);
    plan_world(&b.w);
    cr_assert_eq(rg->status, RG_AVAILABLE);
    cr_assert_eq(rg->slow_log_status, LOG_ACTIVE);
    cr_assert_eq(rg->engine_log_status, LOG_NONE);
    cr_assert_null(rg->engine_log);
    cr_assert_eq(b.clusters[1].row.slow_log_status, LOG_ACTIVE);
    cr_assert_null(b.clusters[1].row.engine_log);
}

Test(logs, of_a_cluster_are_active_once_its_node_tells_that_it_delivers_them)
{
    build_init(&b, &a);
    build_cluster(&b, "us-east-1", "alone", "redis", "creating", 1);
    build_link(&b);
    struct row_cache_cluster *c = &b.clusters[0].row;
    ask(&c->slow_log, &c->slow_log_status, &c->engine_log, &c->engine_log_status);
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
    cr_assert_eq(c->status, CLUSTER_CREATING);
    b.nodes[0].row.seen_logs_generation = logs_generation(c);
    plan_world(&b.w);
    cr_assert_eq(c->status, CLUSTER_AVAILABLE);
    cr_assert_eq(c->slow_log_status, LOG_ACTIVE);
    cr_assert_eq(c->engine_log_status, LOG_NONE);
}
