#include "auth/access_keys.h"
#include <criterion/criterion.h>

Test(access_keys, actions_are_matched_as_policies_do)
{
    static const struct {
        const char *pattern, *action;
        bool matches;
    } cases[] = {
        {"*", "elasticache:CreateUser", true},
        {"elasticache:*", "elasticache:CreateUser", true},
        {"elasticache:create*", "elasticache:CreateUser", true},
        {"ElastiCache:CreateUse?", "elasticache:CreateUser", true},
        {"elasticache:CreateUser", "elasticache:CreateUserGroup", false},
        {"elasticache:Create", "elasticache:CreateUser", false},
        {"sts:*", "elasticache:CreateUser", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(
            action_matches(cases[i].pattern, cases[i].action), cases[i].matches, "%s %s", cases[i].pattern, cases[i].action);
}
