#include "control/told.h"
#include <criterion/criterion.h>
/* A difference is taken only where it goes by the last sighting of the same numbering. */

#define NOT_TOLD ((enum seen_state)0) /* of no node at all */

static struct told told;

static void end(void)
{
    told_fini(&told);
}

TestSuite(told, .fini = end);

static bool tell(const char *numbering, int64_t number, int64_t since, enum seen_state state)
{
    struct proto_node_seen n = {.id = "n", .state = state};
    struct proto_sighting s = {
        .region = "r", .numbering = numbering, .number = OPT_INT(number), .nodes = {true, state != NOT_TOLD, &n}};
    if (since >= 0) s.since = OPT_INT(since);
    return told_take(&told, &s, NULL, NULL);
}

static enum seen_state seen(void)
{
    const struct proto_node_seen *n = told_find(&told, KEYED_SEEN_NODES, "n");
    return n ? n->state : NOT_TOLD;
}

Test(told, puts_together_what_follows_a_whole_one)
{
    cr_assert(tell("a", 1, -1, SEEN_STARTING));
    cr_assert(tell("a", 2, 1, NOT_TOLD));
    cr_expect_eq(seen(), SEEN_STARTING, "what a difference does not mention is as it was");
    cr_assert(tell("a", 3, 2, SEEN_READY));
    cr_expect_eq(seen(), SEEN_READY);
    cr_assert(tell("a", 4, -1, NOT_TOLD));
    cr_expect_eq(seen(), NOT_TOLD, "what a whole one does not mention is not there");
}

Test(told, takes_no_difference_from_another_one)
{
    cr_expect_not(tell("a", 2, 1, SEEN_READY), "nothing was told before");
    cr_assert(tell("a", 5, -1, SEEN_STARTING));
    cr_expect_not(tell("a", 7, 6, SEEN_READY), "one is missing");
    cr_expect_not(tell("a", 5, 5, SEEN_READY), "it comes a second time");
    cr_expect_not(tell("a", 5, 4, SEEN_READY), "it comes late");
    cr_expect_not(tell("b", 6, 5, SEEN_READY), "another agent numbers so");
    cr_expect_not(tell(NULL, 6, 5, SEEN_READY), "nobody does");
    cr_expect_eq(seen(), SEEN_STARTING);
    cr_assert(tell("b", 9, -1, SEEN_READY));
    cr_expect_eq(seen(), SEEN_READY);
}

Test(told, what_is_gone_is_forgotten)
{
    const char *ids[] = {"n", "never there"};
    struct proto_gone gone = {.nodes = {true, 2, ids}};
    struct proto_sighting s = {.region = "r", .numbering = "a", .number = OPT_INT(2), .since = OPT_INT(1), .gone = &gone};
    cr_assert(tell("a", 1, -1, SEEN_GONE));
    cr_assert(told_take(&told, &s, NULL, NULL));
    cr_expect_eq(seen(), NOT_TOLD);
}
