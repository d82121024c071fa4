#include "fixture.h"
#include "plan/encryption.h"
#include "plan/world.h"
#include "store/queries.gen.h"
#include <criterion/criterion.h>
#include <string.h>

#define NEW "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"
#define TLS NEW "TransitEncryptionEnabled=true&"
#define MODIFY(id) "ReplicationGroupId=" id "&ApplyImmediately=true&"
#define COMBINATION FAULT_INVALID_PARAMETER_COMBINATION
#define VALUE FAULT_INVALID_PARAMETER_VALUE
#define TOKEN "first-token-of-many!"
#define SHORT_TOKEN "fifteen-letters"
#define NO_TLS "The AUTH token is only supported when encryption-in-transit is enabled"
#define BAD_AT_CREATION "Invalid AuthToken provided."
#define BAD "Invalid AUTH token provided. Please check valid AUTH token format."
#define ACCESS_CONTROL "Modification of transit encryption is not supported for access control enabled clusters."

static void create(const char *form, const char *id)
{
    _arena_ struct arena a = {0};
    struct answer r = fixture_run("us-east-1", "CreateReplicationGroup", arena_printf(&a, "%sReplicationGroupId=%s", form, id));
    cr_assert_eq(r.fault, 0, "%s", r.message);
    fixture_available("us-east-1", id);
}

static void setup(void)
{
    fixture_open();
    create(NEW, "plain");
    create(NEW "EngineVersion=6.2&", "old");
    create(TLS, "tls");
    create(TLS "TransitEncryptionMode=preferred&", "both");
    create(TLS "AuthToken=" TOKEN "&", "auth");
}

TestSuite(encryption, .init = setup, .fini = fixture_close);

static struct row_encryption row_of(const char *id)
{
    static struct arena a;
    struct row_encryption *row;
    struct err e;
    cr_assert_eq(q_encryption_get(fixture_store(), &a, "us-east-1", id, &row, &e), 0);
    cr_assert_not_null(row);
    return *row;
}

static enum encryption_mode mode_of(const char *id)
{
    _arena_ struct arena a = {0};
    struct row_replication_group *row;
    struct err e;
    cr_assert_eq(q_rg_get(fixture_store(), &a, "us-east-1", id, &row, &e), 0);
    return row->transit_encryption;
}

Test(encryption, faults_of_creation)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup", NEW "ReplicationGroupId=x&TransitEncryptionMode=preferred", COMBINATION,
            "To modify transit encryption mode, set encryption-in-transit as enabled."},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&TransitEncryptionMode=sometimes", VALUE, "..."},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&TransitEncryptionMode=preferred&EngineVersion=6.2", COMBINATION,
            "Transit encryption mode is not supported for engine version 6.2.6..."},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&TransitEncryptionMode=preferred&AuthToken=" TOKEN, COMBINATION,
            "Transit encryption preferred is not supported with redis access control."},
        {"CreateReplicationGroup", NEW "ReplicationGroupId=x&AuthToken=" TOKEN, COMBINATION, NO_TLS},
        {"CreateReplicationGroup", NEW "ReplicationGroupId=x&UserGroupIds.member.1=g", COMBINATION,
            "User group based access control requires encryption-in-transit to be enabled on the replication group."},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&AuthToken=" SHORT_TOKEN, VALUE, BAD_AT_CREATION},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&AuthToken=has+a+space+in+its+middle", VALUE, BAD_AT_CREATION},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&AuthToken=has-a-line-break%0Ain-it", VALUE, BAD_AT_CREATION},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&AuthToken=has-a-slash/in-its-middle", VALUE, BAD_AT_CREATION},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&AuthToken=has-an-umlaut-%C3%A4-in-it", VALUE, BAD_AT_CREATION},
        {"CreateReplicationGroup", TLS "ReplicationGroupId=x&UserGroupIds.member.1=g&AuthToken=" TOKEN, COMBINATION,
            "User group can't be associated with auth token enabled. Pass AuthStrategy delete to proceed."},
    };
    CHECK("us-east-1", table);
}

Test(encryption, faults_of_changing_the_mode)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", MODIFY("plain") "TransitEncryptionMode=preferred", COMBINATION,
            "To modify transit encryption mode, set encryption-in-transit as enabled."},
        {"ModifyReplicationGroup", MODIFY("plain") "TransitEncryptionEnabled=true", COMBINATION,
            "To enable encryption-in-transit for an existing cluster..."},
        {"ModifyReplicationGroup", MODIFY("plain") "TransitEncryptionEnabled=true&TransitEncryptionMode=required", COMBINATION,
            "To enable encryption-in-transit for an existing cluster..."},
        {"ModifyReplicationGroup", "ReplicationGroupId=plain&TransitEncryptionEnabled=true&TransitEncryptionMode=preferred",
            COMBINATION, "Transit encryption can only be modified with ApplyImmediately set to true."},
        {"ModifyReplicationGroup", MODIFY("old") "TransitEncryptionEnabled=true&TransitEncryptionMode=preferred", COMBINATION,
            "Transit encryption mode is not supported for engine version 6.2.6..."},
        {"ModifyReplicationGroup", MODIFY("tls") "TransitEncryptionEnabled=false", COMBINATION,
            "To disable encryption-in-transit, set TransitEncryptionMode to preferred first."},
        {"ModifyReplicationGroup", MODIFY("tls") "TransitEncryptionEnabled=true", COMBINATION, "No modifications were requested"},
        {"ModifyReplicationGroup", MODIFY("both") "TransitEncryptionEnabled=false&TransitEncryptionMode=preferred", COMBINATION,
            "To modify transit encryption mode, set encryption-in-transit as enabled."},
        {"ModifyReplicationGroup", MODIFY("auth") "TransitEncryptionEnabled=true", COMBINATION, ACCESS_CONTROL},
        {"ModifyReplicationGroup", MODIFY("auth") "TransitEncryptionMode=preferred", COMBINATION, ACCESS_CONTROL},
    };
    CHECK("us-east-1", table);
}

Test(encryption, faults_of_changing_the_token)
{
    static const struct fixture_line table[] = {
        {"ModifyReplicationGroup", MODIFY("plain") "AuthToken=" TOKEN "&AuthTokenUpdateStrategy=SET", COMBINATION, NO_TLS},
        {"ModifyReplicationGroup", MODIFY("both") "AuthToken=" TOKEN "&AuthTokenUpdateStrategy=SET", COMBINATION,
            "Transit encryption preferred is not supported with redis access control."},
        {"ModifyReplicationGroup", MODIFY("tls") "AuthTokenUpdateStrategy=ROTATE", COMBINATION,
            "AuthTokenUpdateStrategy can't be given without AuthToken."},
        {"ModifyReplicationGroup", MODIFY("tls") "AuthToken=" TOKEN "&AuthTokenUpdateStrategy=ADD", VALUE, "..."},
        {"ModifyReplicationGroup", MODIFY("tls") "AuthToken=" SHORT_TOKEN "&AuthTokenUpdateStrategy=SET", VALUE, BAD},
        {"ModifyReplicationGroup", MODIFY("tls") "AuthToken=has-an-at@-in-its-middle&AuthTokenUpdateStrategy=SET", VALUE, BAD},
        {"ModifyReplicationGroup", MODIFY("auth") "AuthToken=&AuthTokenUpdateStrategy=ROTATE", VALUE, BAD},
        {"ModifyReplicationGroup", MODIFY("tls") "AuthTokenUpdateStrategy=DELETE", VALUE,
            "Auth token update strategy delete is not supported currently"},
        {"ModifyReplicationGroup", MODIFY("auth") "AuthToken=" TOKEN "&AuthTokenUpdateStrategy=DELETE", COMBINATION,
            "AuthToken can't be given with the AuthTokenUpdateStrategy DELETE."},
    };
    CHECK("us-east-1", table);
}

Test(encryption, a_change_of_the_mode_is_under_way_until_the_nodes_have_it)
{
    const char *form = MODIFY("plain") "TransitEncryptionEnabled=true&TransitEncryptionMode=preferred";
    struct answer r = fixture_run("us-east-1", "ModifyReplicationGroup", form);
    cr_assert_eq(r.fault, 0, "%s", r.message);
    const struct api_replication_group *g = ((const struct api_modify_replication_group_out *)r.out)->replication_group;
    cr_assert_str_eq(g->status, "modifying");
    cr_assert(!g->transit_encryption_enabled.v && g->transit_encryption_mode == NULL);
    cr_assert(g->pending_modified_values->transit_encryption_enabled.v);
    cr_assert_str_eq(g->pending_modified_values->transit_encryption_mode, "preferred");
    cr_assert_eq(row_of("plain").next_mode, ENCRYPTION_PREFERRED);
    cr_assert_eq(mode_of("plain"), ENCRYPTION_NONE);
    cr_assert_eq(mode_of("tls"), ENCRYPTION_REQUIRED);
    cr_assert_eq(mode_of("both"), ENCRYPTION_PREFERRED);
}

static void change_token(const char *form, const char *status)
{
    fixture_available("us-east-1", "auth");
    struct answer r = fixture_run("us-east-1", "ModifyReplicationGroup", form);
    cr_assert_eq(r.fault, 0, "%s", r.message);
    const struct api_replication_group *g = ((const struct api_modify_replication_group_out *)r.out)->replication_group;
    cr_assert_str_eq(g->pending_modified_values->auth_token_status, status);
}

Test(encryption, rotate_keeps_two_tokens_set_one_and_delete_none_and_only_hashes_are_kept)
{
    struct row_encryption first = row_of("auth");
    cr_assert_eq(strlen(first.token), 64);
    cr_assert_null(first.old_token);
    change_token(MODIFY("auth") "AuthToken=second-token-of-many", "ROTATING"); /* the strategy where none is named */
    struct row_encryption second = row_of("auth");
    cr_assert_str_eq(second.old_token, first.token);
    cr_assert_str_neq(second.token, first.token);
    static const struct fixture_line other[] = {
        {"ModifyReplicationGroup", MODIFY("auth") "AuthToken=third-token-of-many&AuthTokenUpdateStrategy=SET", VALUE,
            "The AUTH token to set must be the one that was rotated to last."}};
    fixture_available("us-east-1", "auth");
    CHECK("us-east-1", other);
    change_token(MODIFY("auth") "AuthToken=second-token-of-many&AuthTokenUpdateStrategy=SET", "SETTING");
    cr_assert_str_eq(row_of("auth").token, second.token);
    cr_assert_null(row_of("auth").old_token);
    change_token(MODIFY("auth") "AuthToken=&AuthTokenUpdateStrategy=DELETE", "SETTING");
    cr_assert_null(row_of("auth").token);
}

/* What Terraform sends after it has imported a group that has no token. */
Test(encryption, an_empty_token_where_there_is_none_changes_nothing)
{
    struct answer r =
        fixture_run("us-east-1", "ModifyReplicationGroup", MODIFY("tls") "AuthToken=&AuthTokenUpdateStrategy=ROTATE");
    cr_assert_eq(r.fault, 0, "%s", r.message);
    const struct api_replication_group *g = ((const struct api_modify_replication_group_out *)r.out)->replication_group;
    cr_assert_str_eq(g->status, "available");
    cr_assert_not(g->auth_token_enabled.v);
}

/* Its name tells that the key can't be used (docs/emulated.md). */
Test(encryption, a_key_that_is_disabled_stops_what_would_need_it)
{
    static const struct fixture_line table[] = {
        {"CreateReplicationGroup",
            "ReplicationGroupId=locked&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&NumNodeGroups=2&"
            "ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=true&AtRestEncryptionEnabled=true&KmsKeyId=alias/disabled",
            0, NULL},
    };
    static const struct fixture_line locked[] = {
        {"ModifyReplicationGroup", "ReplicationGroupId=locked&ReplicationGroupDescription=e", FAULT_INVALID_KMS_KEY,
            "The KMS key supplied is not valid."},
        {"IncreaseReplicaCount", "ReplicationGroupId=locked&NewReplicaCount=2&ApplyImmediately=true", FAULT_INVALID_KMS_KEY,
            "The KMS key supplied is not valid."},
        {"ModifyReplicationGroupShardConfiguration", "ReplicationGroupId=locked&NodeGroupCount=3&ApplyImmediately=true",
            FAULT_INVALID_KMS_KEY, "The KMS key supplied is not valid."},
        {"TestFailover", "ReplicationGroupId=locked&NodeGroupId=0001", FAULT_INVALID_KMS_KEY,
            "The KMS key supplied is not valid."},
        {"DecreaseReplicaCount", "ReplicationGroupId=locked&NewReplicaCount=0&ApplyImmediately=true", 0, NULL},
    };
    CHECK("us-east-1", table);
    fixture_available("us-east-1", "locked");
    CHECK("us-east-1", locked);
}
