#include "agent/redis_cluster/cluster_state.h"
#include "scripted_cluster.h"
#include <criterion/criterion.h>
#include <string.h>
/* What becomes of slots in flight, and of those that nobody has, when nodes of a Redis Cluster die. */

TestSuite(redis_cluster_slots, .init = cluster_scene_setup, .fini = cluster_scene_teardown);

Test(redis_cluster_slots, slots_in_flight_that_a_death_left_behind_are_mended)
{
    struct proto_node_order o = member_order("b1", ROLE_PRIMARY), a = member_order("a2", ROLE_PRIMARY);
    struct node *n = script_node("b1"), *heir = script_node("a2");
    const char *heirs = A2 " 127.0.0.2:17005@27005 myself,master - 0 0 3 connected 0-8191\n" A1 " 127.0.0.1:17005@27005 slave " A2
                           " 0 0 3 connected\n" OTHER_B1;
    cluster_draw_map(2, "a2");
    member_start(heir, &a, heirs, MASTER);
    const char *open =
        B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16383 [8192->-" A1 "] [5-<-" A1 "] [9-<-" X1 "]\n" A2
           " 127.0.0.2:17005@27005 master - 0 0 3 connected 0-8191\n" A1 " 127.0.0.1:17005@27005 slave " A2 " 0 0 3 connected\n";
    struct rconn *c = member_start(n, &o, open, MASTER);
    cr_assert_str_eq(member_settle(n, c, open, SLOTS_TOLD), "MULTI");
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 8192 MIGRATING " A2);
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 5 NODE " A2);
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 5 IMPORTING " A2);
    cr_assert_str_eq(script_read(c), "EXEC");
    script_say(c, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    cr_assert(cluster_of(n)->mended);
}

Test(redis_cluster_slots, slots_that_nobody_has_are_taken_at_the_second_look)
{
    struct proto_node_order o = member_order("b1", ROLE_PRIMARY);
    struct node *n = script_node("b1");
    const char *lost = B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16000\n" OTHER_A1 OTHER_A2;
    struct rconn *c = member_start(n, &o, lost, MASTER);
    cr_assert_str_eq(member_settle(n, c, lost, SLOTS_TOLD), "CLUSTER ADDSLOTSRANGE 16001 16383");
    cr_assert_str_eq(script_read(c), "CLUSTER BUMPEPOCH");
    script_say(c, "+OK\r\n+BUMPED 3\r\n");
    cr_assert_not(cluster_of(n)->claim);
}

Test(redis_cluster_slots, whoever_takes_over_learns_of_slots_in_flight)
{
    struct proto_node_order b = member_order("b1", ROLE_PRIMARY), o = member_order("a2", ROLE_REPLICA),
                            rise = member_order("a2", ROLE_PRIMARY);
    struct node *other = script_node("b1"), *n = script_node("a2");
    const char *importing =
        B1 " 127.0.0.3:17005@27005 myself,master - 0 0 2 connected 8192-16383 [7-<-" A1 "]\n" OTHER_A1 OTHER_A2;
    struct rconn *theirs = member_start(other, &b, importing, MASTER);
    member_settle(other, theirs, importing, SLOTS_TOLD);
    struct rconn *c = member_start(n, &o, SELF_A2 OTHER_A1 OTHER_B1, SLAVE);
    member_settle(n, c, SELF_A2 OTHER_A1 OTHER_B1, SLOTS_TOLD);
    script_say(c, "+OK\r\n");
    rise.takeover = OPT_BOOL(true);
    script_order(n, &rise);
    const char *asked = member_settle(n, c, SELF_A2 OTHER_A1 OTHER_B1, SLOTS_TOLD);
    cr_assert_str_eq(asked, "MULTI");
    cr_assert_str_eq(script_read(c), "CLUSTER FAILOVER TAKEOVER");
    cr_assert_str_eq(script_read(c), "CLUSTER SETSLOT 7 MIGRATING " B1);
    cr_assert_str_eq(script_read(c), "EXEC");
    script_say(c, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n-ERR I'm not the owner\r\n");
    cr_assert_eq(script_see(n).role, ROLE_PRIMARY);
}

/* Both shards were taken over just as slots moved from the other one, which has the later epoch; its replica believes no earlier one. */
Test(redis_cluster_slots, a_primary_whose_slots_have_an_older_holder_by_a_later_epoch_takes_a_later_one)
{
    const char *older = SELF_A2 A1 " 127.0.0.1:17005@27005 master - 0 0 1 connected 0-8000\n" B1
                                   " 127.0.0.3:17005@27005 master - 0 0 2 connected 8001-16383\n";
    struct proto_node_order o = member_order("a1", ROLE_PRIMARY), a = member_order("a2", ROLE_REPLICA),
                            b = member_order("b1", ROLE_PRIMARY);
    struct node *n = script_node("a1"), *replica = script_node("a2"), *giver = script_node("b1");
    struct rconn *c = member_start(n, &o, VIEW_A1, MASTER);
    struct rconn *givers = member_start(giver, &b, SELF_B1 OTHER_A1 OTHER_A2, MASTER);
    member_settle(giver, givers, SELF_B1 OTHER_A1 OTHER_A2, SLOTS_TOLD);
    struct rconn *theirs = member_start(replica, &a, older, SLAVE);
    member_settle(replica, theirs, older, SLOTS_TOLD);
    cr_assert_str_neq(member_settle(n, c, VIEW_A1, SLOTS_TOLD), "CLUSTER BUMPEPOCH", "word of it may be on its way");
    script_later(n, 2000);
    cr_assert_str_eq(member_settle(n, c, VIEW_A1, SLOTS_TOLD), "CLUSTER BUMPEPOCH");
    script_say(c, "+BUMPED 3\r\n");
    cr_assert_not(cluster_of(n)->claim);
}
