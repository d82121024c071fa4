#include "fixture.h"
#include "database_work.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define NEW "CreateUser"
#define REST "&Engine=redis&AccessString=on+~*+%2b@all"
#define OPEN REST "&NoPasswordRequired=true"
#define WORD "0123456789abcdef"
/* Seven selectors. */
#define WIDE "+(~a+%2b@all)+(~b+%2b@all)+(~c+%2b@all)+(~d+%2bscript)+(~e+allcommands)+(~f+%2b@all)+(~g+%2b@read)"

static const struct api_user *user(const char *action, const char *form)
{
    struct answer a = fixture_run("us-east-1", action, form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return a.out;
}

static const struct api_user_group *group(const char *action, const char *form)
{
    struct answer a = fixture_run("us-east-1", action, form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return a.out;
}

static const struct api_describe_users_out *describe(const char *region, const char *form)
{
    struct answer a = fixture_run(region, "DescribeUsers", form);
    cr_assert_eq(a.fault, 0, "%s", a.message);
    return a.out;
}

/* As if a plan had found that every engine has them. */
static void settle(void)
{
    struct err e;
    struct arena a = {0};
    struct row_user *users;
    struct row_user_group *groups;
    struct row_user_group_member *members;
    size_t n_users, n_groups, n_members;
    struct store *s = fixture_store();
    cr_assert_eq(store_begin(s, true, &e), 0);
    cr_assert_eq(q_user_all(s, &a, &users, &n_users, &e), 0);
    cr_assert_eq(q_user_group_all(s, &a, &groups, &n_groups, &e), 0);
    cr_assert_eq(q_user_group_member_all(s, &a, &members, &n_members, &e), 0);
    for (size_t i = 0; i < n_users; i++) {
        bool gone = users[i].status == USER_DELETING;
        users[i].status = USER_ACTIVE;
        cr_assert_eq(gone ? q_user_delete(s, &users[i], &e) : q_user_put(s, &users[i], &e), 0);
    }
    for (size_t i = 0; i < n_groups; i++) {
        groups[i].status = USER_GROUP_ACTIVE;
        cr_assert_eq(q_user_group_put(s, &groups[i], &e), 0);
    }
    for (size_t i = 0; i < n_members; i++) {
        bool gone = members[i].change == LINK_REMOVE;
        members[i].change = LINK_NONE;
        cr_assert_eq(gone ? q_user_group_member_delete(s, &members[i], &e) : q_user_group_member_put(s, &members[i], &e), 0);
    }
    cr_assert_eq(store_commit(s, &e), 0);
    arena_fini(&a);
}

static void setup(void)
{
    fixture_open();
    user(NEW, "UserId=Alice&UserName=Alice&Passwords.member.1=" WORD REST);
    user(NEW, "UserId=main&UserName=default" OPEN);
    group("CreateUserGroup", "UserGroupId=Team&Engine=REDIS&UserIds.member.1=default&UserIds.member.2=alice");
    settle();
}

TestSuite(users, .init = setup, .fini = fixture_close);

Test(users, a_user_is_shown_as_the_service_shows_it)
{
    const struct api_user *u = user(NEW, "UserId=Bob-1&UserName=Bob&Engine=REDIS&AccessString=~a+%2bget&Passwords.member.1=" WORD
                                         "&Passwords.member.2=fedcba9876543210&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v");
    cr_assert_str_eq(u->user_id, "bob-1");
    cr_assert_str_eq(u->user_name, "Bob");
    cr_assert_str_eq(u->status, "active");
    cr_assert_str_eq(u->engine, "redis");
    cr_assert_str_eq(u->minimum_engine_version, "6.0");
    cr_assert_str_eq(u->access_string, "off ~a -@all +get");
    cr_assert_str_eq(u->authentication->type, "password");
    cr_assert_eq(u->authentication->password_count.v, 2);
    cr_assert_str_eq(u->arn, "arn:aws:elasticache:us-east-1:000000000000:user:bob-1");
    cr_assert(u->user_group_ids.set && u->user_group_ids.n == 0);
    u = user(NEW, "UserId=keys-1&UserName=keys-1&Engine=redis&AccessString=~db=*+%2bget&Passwords.member.1=" WORD);
    cr_assert_str_eq(u->minimum_engine_version, "6.0", "a pattern of keys limits no databases");
    u = user(NEW, "UserId=iam-1&UserName=iam-1&AuthenticationMode.Type=iam&NoPasswordRequired=false" REST);
    cr_assert_str_eq(u->authentication->type, "iam");
    cr_assert_str_eq(u->minimum_engine_version, "7.0");
    cr_assert(!u->authentication->password_count.set);
}

Test(users, the_predefined_one_is_in_every_region)
{
    const struct api_user *u = &describe("eu-west-1", "UserId=Default")->users.items[0];
    cr_assert_str_eq(u->user_name, "default");
    cr_assert_str_eq(u->access_string, "on ~* +@all");
    cr_assert_str_eq(u->authentication->type, "no-password");
    cr_assert_str_eq(u->status, "active");
    cr_assert_str_eq(describe("us-east-1", "UserId=default")->users.items[0].user_group_ids.items[0], "team");
}

Test(users, faults_are_those_of_the_service)
{
    static const struct fixture_line table[] = {
        {NEW, "UserId=Alice&UserName=x" OPEN, FAULT_USER_ALREADY_EXISTS, "User alice already exists."},
        {NEW, "UserId=default&UserName=x" OPEN, FAULT_USER_ALREADY_EXISTS, "User default already exists."},
        {NEW, "UserId=a--b&UserName=x" OPEN, VALUE, "The parameter UserId" BAD_ID},
        {NEW, "UserId=x&UserName=a+b" OPEN, VALUE, "The parameter UserName may have ..."},
        {NEW, "UserId=x&UserName=a%0ab" OPEN, VALUE, "The parameter UserName may have ..."},
        {NEW, "UserId=x&UserName=a%22b" OPEN, VALUE, "The parameter UserName may have ..."},
        {NEW, "UserId=x&UserName=meridian-admin" OPEN, VALUE, "User names that begin with meridian- ..."},
        {NEW, "UserId=x&UserName=x&AccessString=on&Engine=memcached&NoPasswordRequired=true", VALUE,
            "Invalid Engine: memcached. ..."},
        {NEW, "UserId=x&UserName=x" REST, VALUE,
            "No password was provided. If you want to create/update the user without password, please use the NoPasswordRequired "
            "flag."},
        {NEW, "UserId=x&UserName=x&Passwords.member.1=short" REST, VALUE, "Passwords length must be between 16-128 characters."},
        {NEW, "UserId=x&UserName=x&Passwords.member.1=" WORD "/" REST, VALUE, "Passwords may have printable ..."},
        {NEW, "UserId=x&UserName=x&Passwords.member.1=" WORD "%0a" REST, VALUE, "Passwords may have printable ..."},
        {NEW, "UserId=x&UserName=x&Passwords.member.1=" WORD "&Passwords.member.2=" WORD "2&Passwords.member.3=" WORD "3" REST,
            VALUE, "A user can have at most 2 passwords."},
        {NEW, "UserId=x&UserName=x&AuthenticationMode.Type=magic" REST, VALUE,
            "Input Authentication type: magic is not in the allowed list: [password,no-password-required,iam]"},
        {NEW, "UserId=x&UserName=x&NoPasswordRequired=true&AuthenticationMode.Type=iam" REST, COMBINATION,
            "No password required flag is true but provided authentication type is iam"},
        {NEW, "UserId=x&UserName=x&AuthenticationMode.Type=iam&Passwords.member.1=" WORD REST, COMBINATION,
            "Password field is not allowed with authentication type: iam"},
        {NEW, "UserId=x&UserName=x&AuthenticationMode.Type=password" REST, COMBINATION,
            "A user with Authentication Mode: password, must have at least one password"},
        {NEW, "UserId=x&UserName=y&AuthenticationMode.Type=iam" REST, COMBINATION,
            "User Id and User name must be same for authentication type: iam"},
        {NEW, "UserId=x&UserName=x&Passwords.member.1=" WORD "&NoPasswordRequired=true" REST, COMBINATION,
            "Passwords can't be ..."},
        {NEW, "UserId=x&UserName=x&Engine=redis&NoPasswordRequired=true&AccessString=on+%3Esecret", VALUE,
            "The access string is not valid: a password is none of its words."},
        {NEW, "UserId=x&UserName=x&Engine=redis&NoPasswordRequired=true&AccessString=on%0a~*", VALUE,
            "The access string is not valid: it has control characters."},
        {NEW, "UserId=x&UserName=x&Engine=redis&NoPasswordRequired=true&AccessString=on+%2bconfig", VALUE,
            "The access string is not valid: the command config is restricted."},
        {NEW, "UserId=x&UserName=x&Engine=redis&NoPasswordRequired=true&AccessString=on" WIDE WIDE WIDE, VALUE,
            "An access string can have at most 20 selectors that allow categories of commands."},
        {"ModifyUser", "UserId=alice&AppendAccessString=" WIDE WIDE WIDE, VALUE,
            "An access string can have at most 20 selectors that allow categories of commands."},
        {"ModifyUser", "UserId=nobody&AccessString=on", FAULT_USER_NOT_FOUND, "User nobody not found."},
        {"ModifyUser", "UserId=alice", COMBINATION, "No modifications were requested"},
        {"ModifyUser", "UserId=default&AccessString=on", VALUE, "User default is predefined and cannot be modified."},
        {"ModifyUser", "UserId=alice&AccessString=on&AppendAccessString=%2bget", COMBINATION, "AccessString and ..."},
        {"ModifyUser", "UserId=alice&Engine=valkey", COMBINATION, "User alice is in user group team, whose engine is redis..."},
        {"ModifyUser", "UserId=main&NoPasswordRequired=false", VALUE, "No password was provided. ..."},
        {"ModifyUser", "UserId=alice&AccessString=off", 0, NULL},
        {"ModifyUser", "UserId=alice&AccessString=on", FAULT_INVALID_USER_STATE,
            "User alice has status modifying. Only active users can be modified."},
        {"DeleteUser", "UserId=alice", FAULT_INVALID_USER_STATE,
            "User alice has status modifying. Only active users can be deleted."},
        {"DeleteUser", "UserId=nobody", FAULT_USER_NOT_FOUND, "User nobody not found."},
        {"DeleteUser", "UserId=default", VALUE, "User default is predefined and cannot be deleted."},
        {"DescribeUsers", "UserId=nobody", FAULT_USER_NOT_FOUND, "User nobody not found."},
        {"DescribeUsers", "Filters.member.1.Name=colour&Filters.member.1.Values.member.1=x", COMBINATION,
            "There is no filter colour..."},
        {"AddTagsToResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:user:alice&Tags.Tag.1.Key=k",
            FAULT_USER_NOT_FOUND, "User alice is not available for tagging."},
        {"ListTagsForResource", "ResourceName=arn:aws:elasticache:us-east-1:000000000000:usergroup:x", FAULT_USER_GROUP_NOT_FOUND,
            "User group x not found."},
    };
    CHECK("us-east-1", table);
}

Test(users, groups_keep_the_rules_of_the_service)
{
    static const struct fixture_line table[] = {
        {NEW, "UserId=other&UserName=Alice" OPEN, 0, NULL},
        {NEW, "UserId=open&UserName=open" OPEN, 0, NULL},
        {NEW, "UserId=val&UserName=val&Engine=valkey&AccessString=on&Passwords.member.1=" WORD, 0, NULL},
        {"CreateUserGroup", "UserGroupId=TEAM&Engine=redis&UserIds.member.1=default", FAULT_USER_GROUP_ALREADY_EXISTS,
            "User group team already exists."},
        {"CreateUserGroup", "UserGroupId=1&Engine=redis&UserIds.member.1=default", VALUE, "The parameter UserGroupId" BAD_ID},
        {"CreateUserGroup", "UserGroupId=x&Engine=redis", FAULT_DEFAULT_USER_REQUIRED,
            "Redis user group needs to contain a user with the user name default."},
        {"CreateUserGroup", "UserGroupId=x&Engine=redis&UserIds.member.1=alice", FAULT_DEFAULT_USER_REQUIRED,
            "Redis user group needs to contain a user with the user name default."},
        {"CreateUserGroup", "UserGroupId=x&Engine=redis&UserIds.member.1=default&UserIds.member.2=nobody", FAULT_USER_NOT_FOUND,
            "User nobody not found."},
        {"CreateUserGroup", "UserGroupId=x&Engine=redis&UserIds.member.1=default&UserIds.member.2=main",
            FAULT_DUPLICATE_USER_NAME, "Users default and main have the same user name..."},
        {"CreateUserGroup", "UserGroupId=x&Engine=redis&UserIds.member.1=default&UserIds.member.2=val", VALUE,
            "User val has the engine valkey and ..."},
        {"CreateUserGroup", "UserGroupId=x&Engine=valkey&UserIds.member.1=open", VALUE, "User open needs no password ..."},
        {"CreateUserGroup", "UserGroupId=v&Engine=VALKEY&UserIds.member.1=val&UserIds.member.2=alice", 0, NULL},
        {"ModifyUserGroup", "UserGroupId=v&UserIdsToAdd.member.1=open", FAULT_INVALID_USER_GROUP_STATE,
            "User group v has status creating. Only active user groups can be modified."},
        {"ModifyUserGroup", "UserGroupId=x&UserIdsToAdd.member.1=open", FAULT_USER_GROUP_NOT_FOUND, "User group x not found."},
        {"ModifyUserGroup", "UserGroupId=team", COMBINATION, "No modifications were requested"},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToRemove.member.1=open", VALUE,
            "User open is not a member of user group team."},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToAdd.member.1=alice", VALUE, "User alice is already a member ..."},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToAdd.member.1=nobody", FAULT_USER_NOT_FOUND, "User nobody not found."},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToAdd.member.1=other", FAULT_DUPLICATE_USER_NAME,
            "Users alice and other ..."},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToRemove.member.1=default", FAULT_DEFAULT_USER_REQUIRED,
            "Redis user group ..."},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToRemove.member.1=alice&UserIdsToAdd.member.1=alice", COMBINATION,
            "User alice can't be both ..."},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToRemove.member.1=default&UserIdsToAdd.member.1=main", 0, NULL},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToAdd.member.1=open", FAULT_INVALID_USER_GROUP_STATE,
            "User group team has status modifying. ..."},
        {"DeleteUserGroup", "UserGroupId=team", FAULT_INVALID_USER_GROUP_STATE, "User group team has status modifying. ..."},
        {"DeleteUserGroup", "UserGroupId=x", FAULT_USER_GROUP_NOT_FOUND, "User group x not found."},
        {"DescribeUserGroups", "UserGroupId=x", FAULT_USER_GROUP_NOT_FOUND, "User group x not found."},
        {"DeleteUser", "UserId=main", FAULT_DEFAULT_USER_ASSOCIATED_TO_USER_GROUP, "User main is the default user of ..."},
    };
    CHECK("us-east-1", table);
}

Test(users, a_change_of_a_group_is_pending_until_the_engines_have_it)
{
    const struct api_user_group *g = group("ModifyUserGroup",
        "UserGroupId=team&UserIdsToRemove.member.1=default&UserIdsToRemove.member.2=alice&UserIdsToAdd.member.1=main");
    cr_assert_str_eq(g->status, "modifying");
    cr_assert_eq(g->user_ids.n, 2u);
    cr_assert_str_eq(g->user_ids.items[1], "default");
    cr_assert_str_eq(g->pending_changes->user_ids_to_add.items[0], "main");
    cr_assert_eq(g->pending_changes->user_ids_to_remove.n, 2u);
    settle();
    struct answer a = fixture_run("us-east-1", "DescribeUserGroups", "UserGroupId=Team");
    g = &((const struct api_describe_user_groups_out *)a.out)->user_groups.items[0];
    cr_assert_str_eq(g->status, "active");
    cr_assert_null(g->pending_changes);
    cr_assert_eq(g->user_ids.n, 1u);
    cr_assert_str_eq(g->user_ids.items[0], "main");
    cr_assert_str_eq(g->arn, "arn:aws:elasticache:us-east-1:000000000000:usergroup:team");
}

Test(users, a_deleted_user_leaves_its_groups)
{
    cr_assert_str_eq(user("DeleteUser", "UserId=ALICE")->status, "deleting");
    struct answer a = fixture_run("us-east-1", "DescribeUserGroups", "UserGroupId=team");
    const struct api_user_group *g = &((const struct api_describe_user_groups_out *)a.out)->user_groups.items[0];
    cr_assert_str_eq(g->status, "modifying");
    cr_assert_str_eq(g->pending_changes->user_ids_to_remove.items[0], "alice");
    settle();
    cr_assert_eq(fixture_run("us-east-1", "DescribeUsers", "UserId=alice").fault, FAULT_USER_NOT_FOUND);
}

Test(users, changes_append_and_replace)
{
    const struct api_user *u = user("ModifyUser", "UserId=alice&AppendAccessString=-@dangerous");
    cr_assert_str_eq(u->access_string, "on ~* +@all -@dangerous");
    cr_assert_str_eq(u->status, "modifying");
    cr_assert_eq(u->authentication->password_count.v, 1);
    settle();
    u = user("ModifyUser", "UserId=alice&AuthenticationMode.Type=password&AuthenticationMode.Passwords.member.1=" WORD
                           "1&AuthenticationMode.Passwords.member.2=" WORD "2&NoPasswordRequired=false");
    cr_assert_eq(u->authentication->password_count.v, 2);
    settle();
    u = user("ModifyUser", "UserId=alice&NoPasswordRequired=true");
    cr_assert_str_eq(u->authentication->type, "no-password");
    cr_assert(!u->authentication->password_count.set);
}

/* Or an access string that was appended to again and again would make an order that no agent reads. */
Test(users, an_access_string_has_an_end_however_it_came_about)
{
    char form[4000] = "UserId=alice&AppendAccessString=";
    size_t n = strlen(form);
    for (int i = 0; i < 120; i++) n += (size_t)snprintf(form + n, sizeof form - n, "~key:%04d:aaaaaaaaaa ", i);
    user("ModifyUser", form);
    settle();
    cr_assert_eq(fixture_run("us-east-1", "ModifyUser", form).fault, FAULT_INVALID_PARAMETER_VALUE);
}

Test(users, lists_come_in_pages_and_through_filters)
{
    char form[160];
    for (int i = 0; i < 30; i++) {
        snprintf(form, sizeof form, "UserId=u-%02d&UserName=name-%d%s", i, i, OPEN);
        user(NEW, form);
    }
    const struct api_describe_users_out *page = describe("us-east-1", "MaxRecords=20");
    cr_assert_eq(page->users.n, 20u);
    cr_assert_str_eq(page->users.items[0].user_id, "alice");
    cr_assert_str_eq(page->users.items[1].user_id, "default");
    snprintf(form, sizeof form, "MaxRecords=20&Marker=%s", page->marker);
    page = describe("us-east-1", form);
    cr_assert_eq(page->users.n, 13u);
    cr_assert_null(page->marker);
    cr_assert_eq(describe("us-east-1", "Engine=VALKEY")->users.n, 0u);
    cr_assert_eq(describe("us-east-1", "Filters.member.1.Name=user-name&Filters.member.1.Values.member.1=default")->users.n, 2u);
    cr_assert_eq(describe("us-east-1",
                     "Filters.member.1.Name=UserId&Filters.member.1.Values.member.1=u-01&Filters.member.1.Values.member.2=main")
                     ->users.n,
        2u);
}

Test(users, quotas_hold)
{
    char form[160];
    for (int i = 2; i < 1000; i++) {
        snprintf(form, sizeof form, "UserId=u-%d&UserName=name%s", i, OPEN);
        user(NEW, form);
    }
    cr_expect_eq(fixture_run("us-east-1", NEW, "UserId=u&UserName=name" OPEN).fault, FAULT_USER_QUOTA_EXCEEDED);
}

#define TLS "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&TransitEncryptionEnabled=true&ReplicationGroupId="

static int64_t work_of_creating(int n)
{
    char form[160];
    int64_t before = database_work();
    snprintf(form, sizeof form, "UserId=w%d&UserName=w%d%s", n, n, OPEN);
    user(NEW, form);
    return database_work() - before;
}

Test(users, one_is_created_without_a_look_at_the_others)
{
    work_of_creating(0); /* counts what there is */
    int64_t among_few = work_of_creating(1);
    for (int i = 2; i < 40; i++) work_of_creating(i);
    cr_expect_eq(work_of_creating(40), among_few);
}

Test(users, replication_groups_have_one_user_group_that_fits)
{
    user(NEW, "UserId=iam&UserName=iam&AuthenticationMode.Type=iam" REST);
    user(NEW, "UserId=val&UserName=val&Engine=valkey&AccessString=on&Passwords.member.1=" WORD);
    group("CreateUserGroup", "UserGroupId=seven&Engine=redis&UserIds.member.1=default&UserIds.member.2=iam");
    group("CreateUserGroup", "UserGroupId=valkeys&Engine=valkey&UserIds.member.1=val");
    group("CreateUserGroup", "UserGroupId=other&Engine=redis&UserIds.member.1=default");
    settle();
    group("CreateUserGroup", "UserGroupId=new&Engine=redis&UserIds.member.1=default");
    static const struct fixture_line creation[] = {
        {"CreateReplicationGroup", TLS "g&UserGroupIds.member.1=nothing", FAULT_USER_GROUP_NOT_FOUND,
            "User group nothing not found."},
        {"CreateReplicationGroup", TLS "g&UserGroupIds.member.1=new", FAULT_INVALID_USER_GROUP_STATE,
            "User group new has status creating. Only active user groups can be used."},
        {"CreateReplicationGroup", TLS "g&UserGroupIds.member.1=team&UserGroupIds.member.2=other", VALUE,
            "A replication group can have at most 1 user group."},
        {"CreateReplicationGroup", TLS "g&UserGroupIds.member.1=valkeys", COMBINATION,
            "User group valkeys has the engine valkey and cannot be used by replication group g, whose engine is redis."},
        {"CreateReplicationGroup", TLS "g&EngineVersion=6.2&UserGroupIds.member.1=seven", COMBINATION,
            "User group seven needs engine version 7.0 at least, and replication group g has 6.2.6."},
        {"CreateReplicationGroup", TLS "old&EngineVersion=6.2&UserGroupIds.member.1=team", 0, NULL},
        {"CreateReplicationGroup", TLS "g", 0, NULL},
        {"ModifyUserGroup", "UserGroupId=team&UserIdsToAdd.member.1=iam", COMBINATION,
            "User group team needs engine version 7.0 at least, and replication group old has 6.2.6."},
        {"ModifyUserGroup", "UserGroupId=team&Engine=valkey", VALUE, "User default needs no password ..."},
        {"DeleteUserGroup", "UserGroupId=team", FAULT_INVALID_USER_GROUP_STATE,
            "User group team is associated with replication group old and cannot be deleted."},
    };
    CHECK("us-east-1", creation);
    fixture_available("us-east-1", "g");
    fixture_available("us-east-1", "old");
    static const struct fixture_line change[] = {
        {"ModifyReplicationGroup", "ReplicationGroupId=old&UserGroupIdsToAdd.member.1=other", VALUE,
            "A replication group can have at most 1 user group."},
        {"ModifyReplicationGroup", "ReplicationGroupId=old&UserGroupIdsToAdd.member.1=team", VALUE,
            "User group team is already associated with replication group old."},
        {"ModifyReplicationGroup", "ReplicationGroupId=old&UserGroupIdsToRemove.member.1=other", VALUE,
            "User group other is not associated with replication group old."},
        {"ModifyReplicationGroup", "ReplicationGroupId=g&RemoveUserGroups=true", COMBINATION, "No modifications were requested"},
        {"ModifyReplicationGroup", "ReplicationGroupId=old&UserGroupIdsToRemove.member.1=team&UserGroupIdsToAdd.member.1=other",
            0, NULL},
    };
    CHECK("us-east-1", change);
    struct answer a = fixture_run("us-east-1", "DescribeReplicationGroups", "ReplicationGroupId=old");
    const struct api_replication_group *rg =
        &((const struct api_describe_replication_groups_out *)a.out)->replication_groups.items[0];
    cr_assert_eq(rg->user_group_ids.n, 1u);
    cr_assert_str_eq(rg->user_group_ids.items[0], "team");
    cr_assert_str_eq(rg->pending_modified_values->user_groups->user_group_ids_to_add.items[0], "other");
    cr_assert_str_eq(rg->pending_modified_values->user_groups->user_group_ids_to_remove.items[0], "team");
}
