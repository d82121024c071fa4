#include "catalog/words.gen.h"
#include <criterion/criterion.h>
#include <signal.h>

Test(words, are_texts_outside_and_numbers_inside)
{
    unsigned value;
    cr_assert_str_eq(cluster_status_text(CLUSTER_REBOOTING_CLUSTER_NODES), "rebooting cluster nodes");
    cr_assert(word_read(&words_cluster_status, "rebooting cluster nodes", &value));
    cr_assert_eq(value, CLUSTER_REBOOTING_CLUSTER_NODES);
    cr_assert_eq(word_of(&words_apply_status, "in-sync"), APPLY_IN_SYNC);
    cr_assert_not(word_read(&words_apply_status, "in sync", &value));
    cr_assert_not(word_read(&words_apply_status, NULL, &value));
    cr_assert_not(word_read(&words_apply_status, "", &value));
}

Test(words, that_may_be_nothing_are_told_from_those_that_may_not)
{
    unsigned value = 7;
    cr_assert_null(node_role_text(ROLE_UNKNOWN));
    cr_assert(word_read(&words_node_role, NULL, &value));
    cr_assert_eq(value, ROLE_UNKNOWN);
    cr_assert_str_eq(link_change_text(LINK_NONE), "");
    cr_assert(word_read(&words_link_change, "", &value));
    cr_assert(word_knows(&words_node_role, 0));
    cr_assert_not(word_knows(&words_rg_status, 0));
    cr_assert_not(word_knows(&words_rg_status, 99));
}

Test(words, that_a_row_lacks_are_never_written, .signal = SIGABRT)
{
    rg_status_text(0);
}
