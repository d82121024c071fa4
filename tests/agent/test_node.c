#include "agent/node/core.h"
#include "agent/node/life.h"
#include <criterion/criterion.h>
/* What a node makes of events that come in an order of their own. */

Test(node, a_connection_that_comes_while_the_process_ends_is_passed_over)
{
    char id[] = "g.a";
    struct node n = {.id = id, .state = NODE_STOP};
    node_connected(&n);
    cr_assert_eq(n.state, NODE_STOP);
}
