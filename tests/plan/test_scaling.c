#include "base/arena.h"
#include "build.h"
#include "plan/scaling.h"
#include "plan/settings.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena a;
static struct build b;

#define BIG "cache.r7g.xlarge"
#define SMALL "cache.r7g.large"

static void setup(void)
{
    build_init(&b, &a);
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(scaling, .init = setup, .fini = teardown);

static void give_type(const char *type)
{
    for (size_t i = 0; i < b.w.n_rgs; i++) b.rgs[i].row.node_type = type;
    for (size_t i = 0; i < b.w.n_clusters; i++) b.clusters[i].row.node_type = type;
}

/* As the operation leaves it. */
static void ask_for(struct world_rg *rg, const char *type)
{
    rg->row.status = RG_MODIFYING;
    rg->row.weighing_ms = b.w.steady_ms;
    for (size_t i = 0; i < rg->n_clusters; i++) rg->clusters[i].row.pending_node_type = type;
}

static void answer(const char *node, int64_t used)
{
    for (size_t i = 0; i < b.w.n_nodes; i++) {
        struct row_node *row = &b.nodes[i].row;
        if (strcmp(row->id, node) != 0) continue;
        row->seen_weighed = scaling_question(&b.nodes[i]);
        row->seen_used = used;
    }
}

static int64_t limit(const char *type)
{
    return settings_memory(&b.w, &b.clusters[0].row, type);
}

static bool told(const char *words)
{
    for (struct world_event *e = b.w.events; e; e = e->next)
        if (strstr(e->message, words)) return true;
    return false;
}

static void look(void)
{
    plan_world(&b.w);
    build_see_all(&b);
    plan_world(&b.w);
}

static void make_group(void)
{
    build_rg(&b, "us-east-1", "demo", "available", 2);
    build_link(&b);
    give_type(BIG);
    look();
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
}

Test(scaling, a_limit_is_what_the_parameter_group_leaves_of_the_type)
{
    static const struct {
        const char *name, *value;
        int64_t want;
    } table[] = {
        {NULL, NULL, 14037181030 * 75 / 100},
        {"reserved-memory-percent", "50", 14037181030 / 2},
        {"reserved-memory", "14037181000", 30},
        {"reserved-memory", "14037181030", 1},
    };
    make_group();
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct row_parameter row = {"us-east-1", "mine", table[i].name, table[i].value};
        b.w.parameters = &row;
        b.w.n_parameters = table[i].name != NULL;
        b.clusters[0].row.parameter_group = table[i].name ? "mine" : "default.redis7";
        cr_expect_eq(limit(SMALL), table[i].want, "%s", table[i].value);
    }
    b.w.n_parameters = 0;
}

Test(scaling, a_larger_type_is_taken_without_a_question)
{
    make_group();
    give_type(SMALL);
    look();
    ask_for(&b.rgs[0], BIG);
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
    cr_assert_str_eq(b.clusters[1].row.node_type, BIG);
    cr_assert_null(b.clusters[1].row.pending_node_type);
    cr_assert_eq(b.rgs[0].row.weighing_ms, 0);
    cr_assert_eq(b.rgs[0].row.status, RG_MODIFYING, "the nodes don't have it yet");
    look();
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert(told("Succeeded applying modification to cache node type to " BIG " for replication group demo"));
}

Test(scaling, a_smaller_type_is_taken_once_the_primary_has_told_that_its_data_fit)
{
    make_group();
    ask_for(&b.rgs[0], SMALL);
    look();
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG, "nobody has told yet");
    cr_assert_eq(b.rgs[0].row.status, RG_MODIFYING);
    answer("demo-001.0001", limit(SMALL) - 1);
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.node_type, SMALL);
    cr_assert_str_eq(b.clusters[1].row.node_type, SMALL);
    look();
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
}

Test(scaling, a_type_that_is_too_small_is_not_taken_and_an_event_says_why)
{
    make_group();
    ask_for(&b.rgs[0], SMALL);
    look();
    answer("demo-001.0001", limit(SMALL));
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
    cr_assert_str_eq(b.clusters[0].row.node_type, BIG);
    cr_assert_null(b.clusters[0].row.pending_node_type);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert(told("Failed to scale down to cache node type Replication Group [demo] because the node has insufficient memory. "
                   "Please select a different node type or reduce current memory usage and retry"));
}

Test(scaling, an_answer_to_an_earlier_question_counts_for_nothing)
{
    make_group();
    ask_for(&b.rgs[0], SMALL);
    answer("demo-001.0001", 1);
    b.nodes[0].row.seen_weighed--;
    look();
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
    cr_assert_eq(b.rgs[0].row.status, RG_MODIFYING);
}

Test(scaling, who_does_not_tell_in_time_keeps_its_type)
{
    make_group();
    ask_for(&b.rgs[0], SMALL);
    look();
    cr_assert_eq(b.w.wake_ms, b.w.steady_ms + 10000);
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert(told("did not tell in time"));
}

Test(scaling, every_shard_has_to_fit)
{
    build_shards(&b, "us-east-1", "c", "creating", 2, 1);
    build_link(&b);
    give_type(BIG);
    look();
    for (int full = 0; full < 2; full++) {
        ask_for(&b.rgs[0], SMALL);
        look();
        answer("c-0001-001.0001", 1);
        plan_world(&b.w);
        cr_assert_eq(b.rgs[0].row.status, RG_MODIFYING, "the other shard has not told");
        answer("c-0002-001.0001", full ? 1 : limit(SMALL));
        plan_world(&b.w);
        cr_expect_str_eq(b.rgs[0].row.node_type, full ? SMALL : BIG);
        b.w.steady_ms++;
    }
}

Test(scaling, a_change_in_the_window_is_held_against_the_data_of_that_time)
{
    make_group();
    b.rgs[0].row.maintenance_window = "mon:00:00-sun:23:00";
    b.rgs[0].row.parameter_group = "default.redis7";
    b.clusters[0].row.pending_node_type = b.clusters[1].row.pending_node_type = SMALL;
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_MODIFYING);
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
    answer("demo-001.0001", limit(SMALL));
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    plan_world(&b.w);
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE, "it is not tried again");
}

static void make_datastore(void)
{
    build_rg(&b, "eu-west-1", "away", "available", 1);
    build_rg(&b, "us-east-1", "home", "available", 1);
    build_global(&b, "ldgnf-g", "available");
    build_member(&b, "ldgnf-g", "eu-west-1", "away", "SECONDARY", "associated");
    build_member(&b, "ldgnf-g", "us-east-1", "home", "PRIMARY", "associated");
    build_link(&b);
    give_type(BIG);
    look();
    b.globals[0].row.status = GLOBAL_MODIFYING;
    b.globals[0].row.node_type = SMALL;
    ask_for(&b.rgs[0], SMALL);
    ask_for(&b.rgs[1], SMALL);
    look();
    cr_assert_str_eq(b.rgs[0].row.node_type, BIG);
}

Test(scaling, of_a_datastore_all_members_change_or_none)
{
    make_datastore();
    answer("home-001.0001", 1);
    plan_world(&b.w);
    cr_assert_str_eq(b.rgs[1].row.node_type, BIG, "the other region has not told");
    answer("away-001.0001", limit(SMALL));
    look();
    for (int i = 0; i < 2; i++) {
        cr_expect_str_eq(b.rgs[i].row.node_type, BIG);
        cr_expect_eq(b.rgs[i].row.status, RG_AVAILABLE);
    }
    cr_assert_str_eq(b.globals[0].row.node_type, BIG);
    cr_assert_eq(b.globals[0].row.status, GLOBAL_AVAILABLE);
}

Test(scaling, a_datastore_whose_data_fit_everywhere_is_changed)
{
    make_datastore();
    answer("home-001.0001", 1);
    answer("away-001.0001", 1);
    look();
    cr_assert_str_eq(b.rgs[0].row.node_type, SMALL);
    cr_assert_str_eq(b.rgs[1].row.node_type, SMALL);
    cr_assert_str_eq(b.globals[0].row.node_type, SMALL);
    cr_assert_eq(b.globals[0].row.status, GLOBAL_AVAILABLE);
}

static void make_cluster(const char *engine)
{
    build_cluster(&b, "us-east-1", "cc", engine, "available", 1);
    build_link(&b);
    give_type(BIG);
    look();
    b.clusters[0].row.pending_node_type = SMALL;
    plan_world(&b.w);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_MODIFYING);
}

Test(scaling, a_stand_alone_cluster_keeps_the_type_that_its_data_need)
{
    make_cluster("redis");
    answer("cc.0001", limit(SMALL));
    look();
    cr_assert_str_eq(b.clusters[0].row.node_type, BIG);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_AVAILABLE);
    cr_assert(told("Failed applying modification to cache node type to " SMALL "."));
    cr_assert(told("insufficient memory"));
}

Test(scaling, a_stand_alone_cluster_whose_data_fit_is_changed)
{
    make_cluster("redis");
    answer("cc.0001", limit(SMALL) - 1);
    look();
    cr_assert_str_eq(b.clusters[0].row.node_type, SMALL);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_AVAILABLE);
    cr_assert(told("Succeeded applying modification to cache node type to " SMALL "."));
}

Test(scaling, a_stand_alone_cluster_that_does_not_tell_in_time_keeps_its_type)
{
    make_cluster("redis");
    b.w.steady_ms += 10000;
    plan_world(&b.w);
    cr_assert_str_eq(b.clusters[0].row.node_type, BIG);
    cr_assert(told("Failed to scale down Cache Cluster [cc] because its node did not tell in time"));
}

Test(scaling, a_memcached_is_not_asked)
{
    make_cluster("memcached");
    cr_assert_str_eq(b.clusters[0].row.node_type, SMALL);
}
