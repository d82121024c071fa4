#include "base/arena.h"
#include "build.h"
#include "plan/access.h"
#include <criterion/criterion.h>
#include <string.h>

/* One group "g" of two nodes; its user group "team" has the users below, each of which the engines know. */

enum { ALICE, MAIN, SPARE, USERS };

static struct arena arena;
static struct build b;
static struct world_user users[USERS];
static struct world_user_group groups[2];
static struct world_user_member members[USERS];
static struct world_user_link links[2];

static struct row_user user(const char *id, const char *name, const char *access, enum authentication how, const char *passwords)
{
    return (struct row_user){"us-east-1", id, "0", name, "redis", USER_ACTIVE, access, how, passwords};
}

static void setup(void)
{
    memset(groups, 0, sizeof groups);
    build_init(&b, &arena);
    build_rg(&b, "us-east-1", "g", "available", 2);
    users[ALICE] = (struct world_user){
        .row = user("alice", "Alice", "on ~a:* -@all +get (+set ~x) (+SCRIPT ~y)", AUTHENTICATION_PASSWORD, "aa bb")};
    users[MAIN] = (struct world_user){.row = user("main", "default", "off -@all", AUTHENTICATION_NO_PASSWORD, "")};
    users[SPARE] = (struct world_user){.row = user("spare", "spare", "on +@all", AUTHENTICATION_IAM, "")};
    groups[0] = (struct world_user_group){.row = {"us-east-1", "team", "0", "redis", USER_GROUP_ACTIVE}};
    members[0] = (struct world_user_member){.row = {"us-east-1", "team", "alice", LINK_NONE}};
    members[1] = (struct world_user_member){.row = {"us-east-1", "team", "main", LINK_NONE}};
    links[0] = (struct world_user_link){.row = {"us-east-1", "g", "team", LINK_NONE}};
    b.w.users = users;
    b.w.n_users = USERS;
    b.w.user_groups = groups;
    b.w.n_user_groups = 1;
    b.w.user_members = members;
    b.w.n_user_members = 2;
    b.w.user_links = links;
    b.w.n_user_links = 1;
}

static void link_all(void)
{
    build_link(&b);
    plan_addresses(&b.w);
    build_see_all(&b);
}

static struct world_rg *rg(void)
{
    return build_find(&b, "us-east-1", "g");
}

/* Rules of a user in one line; restrictions left out unless they are asked for. */
static const char *rules(const char *name, bool all)
{
    const struct access *a = access_of(&b.w, rg());
    for (size_t i = 0; i < a->n; i++) {
        if (strcmp(a->users[i].name, name) != 0) continue;
        const char *text = "";
        for (size_t k = 0; k < a->users[i].n_rules; k++)
            if (all || a->users[i].rules[k][0] != '-' || a->users[i].rules[k][1] == '@')
                text = arena_printf(&arena, "%s%s%s", text, *text ? " " : "", a->users[i].rules[k]);
        return text;
    }
    return NULL;
}

/* The nodes tell what they were last told; until then, what they had before. */
static void nodes_have(int64_t generation)
{
    for (size_t i = 0; i < b.w.n_nodes; i++) b.nodes[i].row.seen_users_generation = generation;
}

/* As in another world: nothing is derived yet. */
static void forget(void)
{
    rg()->access = NULL;
    for (size_t i = 0; i < USERS; i++) users[i].engine_user = NULL;
}

static int64_t generation(void)
{
    forget();
    return access_of(&b.w, rg())->generation;
}

TestSuite(users, .init = setup);

Test(users, rules_are_whole_and_end_with_what_nobody_may_do)
{
    link_all();
    b.w.allow_restricted = true;
    forget();
    cr_expect_str_eq(rules("Alice", true), "reset on ~a:* -@all +get (+set ~x) (+SCRIPT ~y) #aa #bb");
    cr_expect_str_eq(rules("default", true), "reset off -@all nopass");
    b.w.allow_restricted = false;
    forget();
    const char *all = rules("Alice", true);
    cr_expect(strstr(all, " #bb -acl|deluser ") && strstr(all, " -config "), "%s", all);
    cr_expect(strstr(all, "(+SCRIPT ~y -acl|deluser "), "%s", all);
    cr_expect(strstr(all, "(+set ~x) "), "a selector that gives nothing of it stays as it is: %s", all);
    cr_expect(strstr(all, " -sync) #aa"), "%s", all);
}

Test(users, one_who_authenticates_by_iam_has_no_password_and_is_not_without)
{
    members[0].row.user_id = "spare";
    link_all();
    cr_expect_str_eq(rules("spare", false), "reset on +@all");
}

Test(users, without_user_groups_everybody_may_do_everything)
{
    b.w.n_user_links = 0;
    link_all();
    cr_expect_str_eq(rules("default", false), "reset on nopass ~* &* +@all");
    cr_expect_eq(access_of(&b.w, rg()), access_of(&b.w, NULL));
}

Test(users, a_group_without_a_default_user_turns_the_engines_off)
{
    b.w.n_user_members = 1;
    link_all();
    cr_expect_str_eq(rules("default", false), "reset");
}

Test(users, the_predefined_user_has_no_row)
{
    members[1].row.user_id = "default";
    link_all();
    cr_expect_str_eq(rules("default", false), "reset on ~* +@all nopass");
}

Test(users, an_access_string_that_is_none_gives_nothing)
{
    users[ALICE].row.access_string = "on >secret +@all";
    link_all();
    cr_expect_str_eq(rules("Alice", true), "reset");
}

Test(users, the_generation_tells_one_list_from_another)
{
    link_all();
    int64_t before = generation();
    cr_expect_eq(before, generation());
    users[ALICE].row.passwords = "aa";
    cr_expect_neq(before, generation());
    users[ALICE].row.passwords = "aa bb";
    users[ALICE].row.status = USER_MODIFYING;
    cr_expect_eq(before, generation());
}

Test(users, a_change_of_a_user_is_through_once_every_node_has_it)
{
    link_all();
    users[ALICE].row.status = USER_MODIFYING;
    nodes_have(1);
    plan_world(&b.w);
    cr_expect_eq(users[ALICE].row.status, USER_MODIFYING);
    b.nodes[0].row.seen_users_generation = generation();
    plan_world(&b.w);
    cr_expect_eq(users[ALICE].row.status, USER_MODIFYING);
    nodes_have(generation());
    plan_world(&b.w);
    cr_expect_eq(users[ALICE].row.status, USER_ACTIVE);
    cr_expect_str_eq(b.w.events->message, "User alice modified");
}

Test(users, a_user_of_no_group_is_changed_at_once)
{
    link_all();
    users[SPARE].row.status = USER_MODIFYING;
    nodes_have(1);
    plan_world(&b.w);
    cr_expect_eq(users[SPARE].row.status, USER_ACTIVE);
}

Test(users, a_change_of_a_group_comes_and_goes_with_the_engines)
{
    members[1].row.change = LINK_REMOVE;
    members[2] = (struct world_user_member){.row = {"us-east-1", "team", "spare", LINK_ADD}};
    b.w.n_user_members = 3;
    groups[0].row.status = USER_GROUP_MODIFYING;
    link_all();
    cr_expect_str_eq(rules("default", false), "reset");
    cr_expect_not_null(rules("spare", false));
    nodes_have(1);
    plan_world(&b.w);
    cr_expect_eq(groups[0].row.status, USER_GROUP_MODIFYING);
    cr_expect(!members[1].drop);
    nodes_have(generation());
    plan_world(&b.w);
    cr_expect_eq(groups[0].row.status, USER_GROUP_ACTIVE);
    cr_expect(members[1].drop);
    cr_expect_eq(members[2].row.change, LINK_NONE);
}

Test(users, a_deleted_user_is_gone_once_the_engines_forgot_it)
{
    members[0].row.change = LINK_REMOVE;
    groups[0].row.status = USER_GROUP_MODIFYING;
    users[ALICE].row.status = USER_DELETING;
    link_all();
    nodes_have(1);
    plan_world(&b.w);
    cr_expect(!users[ALICE].drop);
    nodes_have(generation());
    plan_world(&b.w);
    cr_expect(users[ALICE].drop && members[0].drop);
}

Test(users, a_deleted_group_goes_with_its_members)
{
    b.w.n_user_links = 0;
    groups[0].row.status = USER_GROUP_DELETING;
    link_all();
    plan_world(&b.w);
    cr_expect(groups[0].drop && members[0].drop && members[1].drop);
    cr_expect(!users[ALICE].drop);
}

Test(users, a_new_group_is_active_at_the_next_look)
{
    b.w.n_user_links = 0;
    groups[0].row.status = USER_GROUP_CREATING;
    link_all();
    plan_world(&b.w);
    cr_expect_eq(groups[0].row.status, USER_GROUP_ACTIVE);
}

Test(users, a_replication_group_changes_its_user_groups_with_its_engines)
{
    groups[1] = (struct world_user_group){.row = {"us-east-1", "zeta", "0", "redis", USER_GROUP_ACTIVE}};
    b.w.n_user_groups = 2;
    members[2] = (struct world_user_member){.row = {"us-east-1", "zeta", "main", LINK_NONE}};
    b.w.n_user_members = 3;
    links[0].row.change = LINK_REMOVE;
    links[1] = (struct world_user_link){.row = {"us-east-1", "g", "zeta", LINK_ADD}};
    b.w.n_user_links = 2;
    link_all();
    rg()->row.status = RG_MODIFYING;
    cr_expect_null(rules("Alice", false));
    nodes_have(1);
    plan_world(&b.w);
    cr_expect_eq(rg()->row.status, RG_MODIFYING);
    cr_expect(!links[0].drop);
    nodes_have(generation());
    plan_world(&b.w);
    cr_expect_eq(rg()->row.status, RG_AVAILABLE);
    cr_expect(links[0].drop);
    cr_expect_eq(links[1].row.change, LINK_NONE);
}

Test(users, links_go_with_their_replication_group)
{
    links[1] = (struct world_user_link){.row = {"us-east-1", "gone", "team", LINK_NONE}};
    b.w.n_user_links = 2;
    link_all();
    plan_world(&b.w);
    cr_expect(links[1].drop && !links[0].drop);
}
