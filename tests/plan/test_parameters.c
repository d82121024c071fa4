#include "build.h"
#include "base/arena.h"
#include "plan/settings.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;
static struct build b;
static struct row_parameter chosen[8];

static void setup(void)
{
    build_init(&b, &arena);
    build_rg(&b, "us-east-1", "demo", "available", 1);
    build_link(&b);
    b.w.parameters = chosen;
}

TestSuite(settings, .init = setup);
TestSuite(parameters, .init = setup);

/* A user sets a parameter in the group "mine"; names must come in their order. */
static void choose(const char *name, const char *value)
{
    chosen[b.w.n_parameters++] = (struct row_parameter){"us-east-1", "mine", name, value};
    b.w.settings = NULL;
}

static struct row_cache_cluster redis(const char *group)
{
    return (struct row_cache_cluster){.region = "us-east-1",
        .id = "c",
        .engine = "redis",
        .engine_version = "7.1.0",
        .node_type = "cache.m5.large",
        .parameter_group = group};
}

static const char *setting(const struct row_cache_cluster *c, const char *name)
{
    const struct settings *s = settings_of(&b.w, c);
    for (size_t i = 0; i < s->n; i++)
        if (strcmp(s->items[i].name, name) == 0) return s->items[i].value;
    return NULL;
}

Test(settings, are_the_familys_defaults_under_the_engines_names)
{
    struct row_cache_cluster c = redis("default.redis7");
    cr_assert_str_eq(setting(&c, "maxmemory-policy"), "volatile-lru");
    cr_assert_str_eq(setting(&c, "maxmemory-samples"), "3");
    cr_assert_str_eq(setting(&c, "notify-keyspace-events"), "");
    cr_assert_null(setting(&c, "rename-commands"), "no setting of the engine");
    cr_assert_null(setting(&c, "reserved-memory-percent"), "no setting of the engine");
    c.engine_version = "4.0.10";
    cr_assert_str_eq(setting(&c, "min-slaves-to-write"), "0", "as that family calls it");
}

Test(settings, of_users_take_the_defaults_place_in_their_own_group_only)
{
    struct row_cache_cluster mine = redis("mine"), other = redis("default.redis7");
    choose("maxmemory-policy", "noeviction");
    choose("timeout", "20");
    cr_assert_str_eq(setting(&mine, "maxmemory-policy"), "noeviction");
    cr_assert_str_eq(setting(&mine, "timeout"), "20");
    cr_assert_str_eq(setting(&other, "timeout"), "0");
    mine.region = "eu-west-1";
    cr_assert_str_eq(setting(&mine, "timeout"), "0");
}

Test(settings, of_newer_versions_are_left_out)
{
    struct row_cache_cluster c = redis("default.redis6.x");
    c.engine_version = "6.2.6";
    cr_assert_str_eq(setting(&c, "acl-pubsub-default"), "allchannels");
    c.engine_version = "6.0.5";
    cr_assert_null(setting(&c, "acl-pubsub-default"));
}

Test(settings, leave_the_reserved_memory_free)
{
    struct row_cache_cluster standard = redis("default.redis7"), mine = redis("mine");
    static const struct {
        const char *name, *value, *maxmemory; /* of 6854542746 bytes */
    } table[] = {
        {"reserved-memory-percent", "0", "6854542746"},
        {"reserved-memory-percent", "50", "3427271373"},
        {"reserved-memory-percent", "100", "1"},
        {"reserved-memory", "1000000000", "5854542746"},
        {"reserved-memory", "0", "6854542746"},
        {"reserved-memory", "7000000000", "1"},
    };
    cr_assert_str_eq(setting(&standard, "maxmemory"), "5140907059", "a quarter is kept free");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        b.w.n_parameters = 0;
        choose(table[i].name, table[i].value);
        cr_expect_str_eq(setting(&mine, "maxmemory"), table[i].maxmemory, "%s %s", table[i].name, table[i].value);
    }
}

Test(settings, follow_from_the_node_type)
{
    struct row_cache_cluster c = redis("default.redis7");
    cr_assert_str_eq(setting(&c, "maxclients"), "65000");
    c.node_type = "cache.t3.micro";
    cr_assert_str_eq(setting(&c, "maxclients"), "20000");
    cr_assert_str_eq(setting(&c, "maxmemory"), "402653184");
}

Test(settings, of_several_parameters_are_one)
{
    struct row_cache_cluster mine = redis("mine");
    choose("client-output-buffer-limit-normal-soft-limit", "1000");
    choose("client-output-buffer-limit-pubsub-hard-limit", "7");
    cr_assert_str_eq(
        setting(&mine, "client-output-buffer-limit"), "normal 0 1000 0 pubsub 7 8388608 60 replica 685454274 685454274 60");
}

Test(settings, keep_a_large_backlog_for_good_unless_somebody_chose_otherwise)
{
    struct row_cache_cluster standard = redis("default.redis7"), mine = redis("mine");
    cr_assert_str_eq(setting(&standard, "repl-backlog-size"), "67108864");
    cr_assert_str_eq(setting(&standard, "repl-backlog-ttl"), "0");
    choose("repl-backlog-size", "1048576");
    choose("repl-backlog-ttl", "60");
    cr_assert_str_eq(setting(&mine, "repl-backlog-size"), "1048576");
    cr_assert_str_eq(setting(&mine, "repl-backlog-ttl"), "60");
}

Test(settings, of_memcached_keep_their_names)
{
    struct row_cache_cluster c = redis("default.memcached1.6");
    c.engine = "memcached";
    c.engine_version = "1.6.22";
    cr_assert_str_eq(setting(&c, "max_item_size"), "1048576");
    cr_assert_str_eq(setting(&c, "num_threads"), "2");
}

Test(settings, have_another_generation_exactly_when_they_differ)
{
    struct row_cache_cluster standard = redis("default.redis7"), mine = redis("mine");
    int64_t before = settings_of(&b.w, &standard)->generation;
    cr_assert_gt(before, 0);
    cr_assert_eq(settings_of(&b.w, &mine)->generation, before, "the same values");
    choose("reserved-memory-percent", "25");
    cr_assert_eq(settings_of(&b.w, &mine)->generation, before, "the default, said again");
    b.w.n_parameters = 0;
    choose("timeout", "20");
    cr_assert_neq(settings_of(&b.w, &mine)->generation, before);
    b.w.n_parameters = 0;
    b.w.settings = NULL;
    cr_assert_eq(settings_of(&b.w, &mine)->generation, before);
}

Test(settings, of_an_unknown_version_are_none)
{
    struct row_cache_cluster c = redis("default.redis7");
    c.engine_version = "99.0.0";
    cr_assert_eq(settings_of(&b.w, &c)->n, 0u);
}

/* ---- how far they have come ---- */

static void look(void)
{
    b.w.events = NULL;
    plan_world(&b.w);
}

static const char *events(void)
{
    const char *text = "";
    for (struct world_event *e = b.w.events; e; e = e->next)
        text = arena_printf(&arena, "%s%s", e->message, *text ? arena_printf(&arena, "; %s", text) : "");
    return text;
}

static void expect(const char *status, const char *reboot, const char *told)
{
    look();
    cr_expect_str_eq(apply_status_text(b.clusters[0].row.parameter_apply_status), status);
    cr_expect_str_eq(b.clusters[0].row.nodes_to_reboot, reboot);
    cr_expect_str_eq(events(), told);
}

static void use_mine(void)
{
    b.clusters[0].row.parameter_group = "mine";
    build_see_all(&b);
    look();
}

Test(parameters, of_a_new_cluster_are_in_force_with_its_node)
{
    build_see_all(&b);
    expect("in-sync", "", "Updated to use a CacheParameterGroup default.redis7");
    expect("in-sync", "", "");
}

Test(parameters, that_a_node_does_not_have_yet_are_applying)
{
    use_mine();
    choose("timeout", "20");
    expect("applying", "", "");
    build_see_all(&b);
    expect("in-sync", "", "Updated parameter timeout to 20");
    b.w.n_parameters = 0;
    b.w.settings = NULL;
    expect("applying", "", "");
    build_see_all(&b);
    expect("in-sync", "", "Updated parameter timeout to 0");
}

Test(parameters, of_another_group_are_told_with_its_name)
{
    build_see_all(&b);
    look();
    choose("maxmemory-policy", "noeviction");
    b.clusters[0].row.parameter_group = "mine";
    b.clusters[0].row.parameter_apply_status = APPLY_APPLYING;
    expect("applying", "", "");
    build_see_all(&b);
    expect("in-sync", "", "Updated to use a CacheParameterGroup mine; Updated parameter maxmemory-policy to noeviction");
}

Test(parameters, that_change_nothing_in_the_engine_are_in_force_at_once)
{
    use_mine();
    choose("rename-commands", "GET blocked");
    b.clusters[0].row.parameter_apply_status = APPLY_APPLYING;
    expect("in-sync", "", "Updated parameter rename-commands to GET blocked");
}

Test(parameters, that_take_a_restart_are_pending_until_it)
{
    use_mine();
    choose("databases", "32");
    build_see_all(&b);
    b.nodes[0].row.seen_pending_settings = "databases";
    expect("pending-reboot", "0001", "Updated parameter databases to 32");
    b.nodes[0].row.seen_pending_settings = "";
    expect("in-sync", "", "");
}

Test(parameters, that_the_engine_refuses_are_told_of)
{
    use_mine();
    choose("slowlog-log-slower-than", "-5");
    choose("timeout", "20");
    build_see_all(&b);
    b.nodes[0].row.seen_refused_settings = "slowlog-log-slower-than";
    expect("in-sync", "",
        "Failed to update parameter slowlog-log-slower-than to -5: the engine does not take it; Updated parameter timeout to 20");
}

Test(parameters, stay_as_they_were_while_a_node_says_nothing)
{
    use_mine();
    choose("timeout", "20");
    b.nodes[0].row.seen_state = SEEN_EXITED;
    expect("in-sync", "", "");
    b.nodes[0].row.seen_state = SEEN_READY;
    b.nodes[0].row.seen_generation = 0;
    expect("in-sync", "", "");
    build_see_all(&b);
    expect("in-sync", "", "Updated parameter timeout to 20");
}

Test(parameters, keep_a_group_that_changes_to_them_modifying)
{
    use_mine();
    choose("timeout", "20");
    b.rgs[0].row.status = RG_MODIFYING;
    b.clusters[0].row.status = CLUSTER_MODIFYING;
    b.clusters[0].row.parameter_apply_status = APPLY_APPLYING;
    look();
    cr_assert_eq(b.rgs[0].row.status, RG_MODIFYING);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_MODIFYING);
    build_see_all(&b);
    look();
    cr_assert_eq(b.rgs[0].row.status, RG_AVAILABLE);
    cr_assert_eq(b.clusters[0].row.status, CLUSTER_AVAILABLE);
}

Test(parameters, that_were_marked_as_changed_may_turn_out_to_take_a_restart)
{
    use_mine();
    choose("databases", "32");
    b.clusters[0].row.parameter_apply_status = APPLY_APPLYING;
    build_see_all(&b);
    b.nodes[0].row.seen_pending_settings = "databases";
    expect("pending-reboot", "0001", "Updated parameter databases to 32");
}
