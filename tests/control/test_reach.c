#include "control/reach.h"
#include <criterion/criterion.h>
/* What a changed row has looked at again. */

static struct rows rows;

static void on_changed(void *arg, const struct rows_change *c)
{
    (void)arg;
    reach_changed(&rows, c);
}

static void begin(void)
{
    rows = (struct rows){.known = true, .ports = true, .changed = on_changed};
}

static void end(void)
{
    rows_fini(&rows);
}

TestSuite(reach, .init = begin, .fini = end);

static void write_node(const char *cluster, const char *address, int64_t port, const char *no_address)
{
    struct row_node n = {
        .region = "r", .id = cluster, .cluster_id = cluster, .address = address, .port = port, .no_address = no_address};
    rows_note(&rows, &sql_table_node, &n, false);
    rows_apply(&rows);
}

static bool is_marked(const char *cluster)
{
    return rows_unit_named(&rows, UNIT_CLUSTER, "r", cluster)->marked;
}

static void take_all_marked(void)
{
    while (rows_take_marked(&rows) != NULL) {
    }
}

Test(reach, a_port_that_has_become_free_is_looked_at_by_who_lacks_one)
{
    write_node("holder", "127.0.0.1", 1, NULL);
    write_node("homeless", NULL, 6379, "every port is in use");
    take_all_marked();
    write_node("holder", "127.0.0.1", 1, NULL);
    cr_expect(is_marked("holder") && !is_marked("homeless"), "it has the port still");
    take_all_marked();
    write_node("holder", "127.0.0.1", 2, NULL);
    cr_expect(is_marked("homeless"));
    take_all_marked();
    write_node("holder", "127.0.0.2", 2, NULL);
    cr_expect(is_marked("homeless"));
}

Test(reach, a_resource_is_found_by_the_id_that_users_know)
{
    struct row_replication_group g = {.region = "r", .id = "g"};
    struct row_cache_cluster c = {.region = "r", .id = "g-001", .rg_id = "g"};
    struct row_node n = {.region = "r", .id = "g-001.0001", .cluster_id = "g-001", .rg_id = "g", .port = 1};
    struct row_global_replication_group d = {.id = "ldgnf-d"};
    rows_note(&rows, &sql_table_replication_group, &g, false);
    rows_note(&rows, &sql_table_cache_cluster, &c, false);
    rows_note(&rows, &sql_table_node, &n, false);
    rows_note(&rows, &sql_table_global_replication_group, &d, false);
    rows_apply(&rows);
    struct unit *u = rows_unit_named(&rows, UNIT_RG, "r", "g");
    cr_assert_not_null(u);
    cr_expect_eq(rows_unit_of(&rows, "r", "g"), u);
    cr_expect_eq(rows_unit_of(&rows, "r", "g-001"), u);
    cr_expect_eq(rows_unit_of(&rows, "r", "g-001.0001"), u);
    cr_expect_null(rows_unit_of(&rows, "elsewhere", "g"));
    cr_expect_null(rows_unit_of(&rows, NULL, "g"), "only a global datastore has no region");
    cr_expect_eq(rows_unit_of(&rows, NULL, "ldgnf-d"), rows_unit_named(&rows, UNIT_GLOBAL, "", "ldgnf-d"));
    cr_expect_eq(rows_unit_of(&rows, "r", "ldgnf-d"), rows_unit_of(&rows, NULL, "ldgnf-d"));
}
