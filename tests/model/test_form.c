#include "model/form.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "model/api.gen.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct arena a;
static struct form f;
static struct err e;

static int parse(const char *text)
{
    return form_parse(&f, &a, text, strlen(text), &e);
}

/* Reads 'text' as the parameters of an operation. */
static int decode(const char *text, const struct shape *shape, void *out)
{
    f = (struct form){0};
    cr_assert_eq(parse(text), 0, "%s", e.msg);
    return form_decode(&f, shape, &a, out, &e);
}

static void setup(void)
{
    f = (struct form){0};
    e = (struct err){0};
}

static void teardown(void)
{
    arena_fini(&a);
}

TestSuite(form, .init = setup, .fini = teardown);

Test(form, undoes_percent_escapes_and_plus_signs)
{
    static const struct {
        const char *text, *key, *value;
    } rows[] = {
        {"a=b", "a", "b"},
        {"a=b+c%20d", "a", "b c d"},
        {"a=%2B%26%3d%3D", "a", "+&=="},
        {"a%2Eb=1", "a.b", "1"},
        {"a=1=2", "a", "1=2"},
        {"a=%C3%a4", "a", "\xc3\xa4"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"&&a=1&", "a", "1"},
        {"=x&a=1", "a", "1"},
        {"a=1&a=2", "a", "2"},
        {"b=9&a=1&c=7", "a", "1"},
        {"", "a", NULL},
        {"aa=1&A=2&a.b=3", "a", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f = (struct form){0};
        cr_expect_eq(parse(rows[i].text), 0, "%s: %s", rows[i].text, e.msg);
        const char *value = form_get(&f, rows[i].key);
        if (rows[i].value == NULL) cr_expect_null(value, "%s", rows[i].text);
        else cr_expect(value && strcmp(value, rows[i].value) == 0, "%s: %s", rows[i].text, value);
    }
}

Test(form, refuses_what_is_malformed)
{
    static const char *const rows[] = {"a=%", "a=%4", "a=%4&b=12", "a=%g0", "a=%0g", "%=1", "a=%00", "a%00=1", "a=%ff", "a=%C3",
        "a=%C3&b=%A4", "a=%ED%A0%80", "a=%C0%80", "a=\xff"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        f = (struct form){0};
        cr_expect_eq(parse(rows[i]), FAULT_MALFORMED_QUERY_STRING, "%s", rows[i]);
        cr_expect_eq(e.code, FAULT_MALFORMED_QUERY_STRING);
    }
    cr_expect_eq(form_parse(&f, &a, "a=b\0c", 5, &e), FAULT_MALFORMED_QUERY_STRING);
}

Test(form, refuses_too_many_parameters)
{
    _buf_ struct buf b = {0};
    for (int i = 0; i < FORM_MAX_PARAMETERS - 2; i++) buf_puts(&b, "a=1&");
    cr_expect_eq(parse(b.data), 0, "%s", e.msg);
    f = (struct form){0};
    buf_puts(&b, "a=1&a=1&a=1");
    cr_expect_eq(parse(b.data), FAULT_MALFORMED_QUERY_STRING);
}

Test(form, joins_query_string_and_body)
{
    cr_assert_eq(parse("Action=One&x=1"), 0);
    cr_assert_eq(parse("Action=Two&y=2"), 0);
    cr_expect_str_eq(form_get(&f, "Action"), "Two");
    cr_expect_str_eq(form_get(&f, "x"), "1");
    cr_expect_str_eq(form_get(&f, "y"), "2");
    cr_expect_eq(f.n, 3);
}

Test(form, reads_leaves_of_all_kinds)
{
    struct api_create_replication_group_in in;
    cr_assert_eq(
        decode("ReplicationGroupId=r&ReplicationGroupDescription=&Port=6380&MultiAZEnabled=TRUE&TransitEncryptionEnabled=false"
               "&NetworkType=dual_stack&Unknown=1&NodeGroupConfiguration.Unknown=1",
            &shape_api_create_replication_group_in, &in),
        0, "%s", e.msg);
    cr_expect_str_eq(in.replication_group_id, "r");
    cr_expect_str_eq(in.replication_group_description, "");
    cr_expect(in.port.set && in.port.v == 6380);
    cr_expect(in.multi_az_enabled.set && in.multi_az_enabled.v);
    cr_expect(in.transit_encryption_enabled.set && !in.transit_encryption_enabled.v);
    cr_expect_str_eq(in.network_type, "dual_stack");
    cr_expect_null(in.engine);
    cr_expect_not(in.num_cache_clusters.set);
    cr_expect_not(in.tags.set);
    cr_expect_not(in.node_group_configuration.set);
}

Test(form, reads_timestamps)
{
    struct api_describe_events_in in;
    cr_assert_eq(
        decode("StartTime=2017-03-30T07%3A03%3A49.555Z&EndTime=2017-03-30T09:03:49%2B02:00", &shape_api_describe_events_in, &in),
        0);
    cr_expect_eq(in.start_time.ms, 1490857429555);
    cr_expect_eq(in.end_time.ms, 1490857429000);
}

Test(form, forgets_what_was_in_the_struct)
{
    struct api_delete_replication_group_in in;
    memset(&in, 0xff, sizeof in);
    cr_assert_eq(decode("ReplicationGroupId=r", &shape_api_delete_replication_group_in, &in), 0);
    cr_expect_null(in.final_snapshot_identifier);
    cr_expect_not(in.retain_primary_cluster.set);
}

/* The tags as "KEY=VALUE", joined by blanks; "-" where the request is refused. */
static const char *tags_told(const char *text)
{
    struct api_add_tags_to_resource_in in;
    _buf_ struct buf b = {0};
    if (decode(text, &shape_api_add_tags_to_resource_in, &in)) return "-";
    for (size_t i = 0; i < in.tags.n; i++) buf_printf(&b, "%s%s=%s", i ? " " : "", in.tags.items[i].key, in.tags.items[i].value);
    return arena_strdup(&a, b.data ? b.data : "");
}

Test(form, reads_lists_in_number_order)
{
    static const struct {
        const char *text, *tags;
    } rows[] = {
        {"Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.Tag.2.Key=b&Tags.Tag.2.Value=2", "a=1 b=2"},
        {"Tags.Tag.2.Value=2&Tags.Tag.1.Value=1&Tags.Tag.2.Key=b&Tags.Tag.1.Key=a", "a=1 b=2"},
        {"Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.Tag.10.Key=j&Tags.Tag.10.Value=10&Tags.Tag.11.Key=k&Tags.Tag.11.Value=11"
         "&Tags.Tag.2.Key=b&Tags.Tag.2.Value=2",
            "a=1 b=2 j=10 k=11"},
        {"Tags.member.1.Key=a&Tags.member.1.Value=1", "a=1"},
        {"Tags.1.Key=a&Tags.1.Value=1&Tags.3.Key=c&Tags.3.Value=3", "a=1 c=3"},
        {"Tags.Tag.7.Key=a&Tags.Tag.7.Value=1", "a=1"},
        {"Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.Tag.1-x=9&Tags.Tag.1=8&Tags.Tag=7&Tags.Tag.x.Key=y", "a=1"},
        {"Tags.Tag.1.Key=a&Tags.Tag.1.Value=1&Tags.member.2.Key=b&Tags.member.2.Value=2", "a=1 b=2"},
        {"Tags=&Tags.Tag.1.Key=a&Tags.Tag.1.Value=", "a="},
        {"Tags=", ""},
        {"Tags.Tag.1=x", "-"},
        {"Tags.Tag.9999999999.Key=x", "-"},
        {"TagsX.Tag.1.Key=x", "-"},
        {"", "-"},
        {"Tags=x", "-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *text = arena_printf(&a, "ResourceName=arn&%s", rows[i].text);
        cr_expect_str_eq(tags_told(text), rows[i].tags, "%s: %s", rows[i].text, tags_told(text));
    }
}

Test(form, reads_nested_lists_and_structures)
{
    struct api_create_replication_group_in in;
    cr_assert_eq(
        decode("ReplicationGroupId=r&ReplicationGroupDescription=d"
               "&NodeGroupConfiguration.NodeGroupConfiguration.1.NodeGroupId=0001"
               "&NodeGroupConfiguration.NodeGroupConfiguration.1.ReplicaAvailabilityZones.AvailabilityZone.2=us-east-1b"
               "&NodeGroupConfiguration.NodeGroupConfiguration.1.ReplicaAvailabilityZones.AvailabilityZone.1=us-east-1a"
               "&NodeGroupConfiguration.NodeGroupConfiguration.2.Slots=8192-16383"
               "&LogDeliveryConfigurations.LogDeliveryConfigurationRequest.1.DestinationDetails.CloudWatchLogsDetails.LogGroup=g"
               "&SecurityGroupIds.SecurityGroupId.1=sg-1&SecurityGroupIds.SecurityGroupId.2=sg-2&UserGroupIds.member.1=ug",
            &shape_api_create_replication_group_in, &in),
        0, "%s", e.msg);
    cr_assert_eq(in.node_group_configuration.n, 2);
    struct api_node_group_configuration *groups = in.node_group_configuration.items;
    cr_expect_str_eq(groups[0].node_group_id, "0001");
    cr_assert_eq(groups[0].replica_availability_zones.n, 2);
    cr_expect_str_eq(groups[0].replica_availability_zones.items[0], "us-east-1a");
    cr_expect_str_eq(groups[0].replica_availability_zones.items[1], "us-east-1b");
    cr_expect_str_eq(groups[1].slots, "8192-16383");
    cr_expect_not(groups[1].replica_availability_zones.set);
    struct api_log_delivery_configuration_request *log = in.log_delivery_configurations.items;
    cr_assert_not_null(log->destination_details);
    cr_expect_str_eq(log->destination_details->cloud_watch_logs_details->log_group, "g");
    cr_expect_null(log->destination_details->kinesis_firehose_details);
    cr_expect_eq(in.security_group_ids.n, 2);
    cr_expect_str_eq(in.user_group_ids.items[0], "ug");
}

Test(form, refuses_what_the_model_forbids)
{
    static const struct {
        const struct shape *shape;
        const char *text, *message;
    } rows[] = {
        {&shape_api_create_replication_group_in, "ReplicationGroupId=r",
            "The parameter ReplicationGroupDescription must be provided and must not be null."},
        {&shape_api_add_tags_to_resource_in, "ResourceName=x", "The parameter Tags must be provided and must not be null."},
        {&shape_api_describe_users_in, "Filters.member.2.Values.member.1=x",
            "The parameter Filters.member.2.Name must be provided and must not be null."},
        {&shape_api_describe_users_in, "Filters.member.1.Name=n&Filters.member.1.Values=",
            "Value '[]' at 'filters.member.1.values' failed to satisfy constraint: Member must have length greater than or equal "
            "to 1"},
        {&shape_api_describe_users_in, "Filters.member.1.Name=+&Filters.member.1.Values.member.1=v",
            "Value ' ' at 'filters.member.1.name' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: .*[^[:space:]].*"},
        {&shape_api_create_replication_group_in, "ReplicationGroupId=r&ReplicationGroupDescription=d&NetworkType=x",
            "Value 'x' at 'networkType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, ipv6, "
            "dual_stack]"},
        {&shape_api_test_failover_in, "ReplicationGroupId=r&NodeGroupId=00001",
            "Value '00001' at 'nodeGroupId' failed to satisfy constraint: Member must have length less than or equal to 4"},
        {&shape_api_test_failover_in, "ReplicationGroupId=r&NodeGroupId=",
            "Value '' at 'nodeGroupId' failed to satisfy constraint: Member must have length greater than or equal to 1"},
        {&shape_api_describe_events_in, "MaxRecords=many",
            "Value 'many' at 'maxRecords' failed to satisfy constraint: Member must be an integer of 32 bits"},
        {&shape_api_batch_stop_update_action_in, "ServiceUpdateName=s&CacheClusterIds=x",
            "The parameter CacheClusterIds must be a list."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *out = arena_alloc(&a, rows[i].shape->size);
        cr_expect_eq(decode(rows[i].text, rows[i].shape, out), FAULT_INVALID_PARAMETER_VALUE, "%s", rows[i].text);
        cr_expect_str_eq(e.msg, rows[i].message, "%s", e.msg);
    }
}

Test(form, bounds_lists)
{
    _buf_ struct buf b = {0};
    struct api_remove_tags_from_resource_in in;
    buf_puts(&b, "ResourceName=x");
    for (int i = 1; i <= FORM_MAX_ITEMS; i++) buf_printf(&b, "&TagKeys.member.%d=k%d", i, i);
    cr_assert_eq(decode(b.data, &shape_api_remove_tags_from_resource_in, &in), 0, "%s", e.msg);
    cr_expect_eq(in.tag_keys.n, FORM_MAX_ITEMS);
    cr_expect_str_eq(in.tag_keys.items[999], "k1000");
    buf_puts(&b, "&TagKeys.member.1001=one-too-many");
    cr_expect_eq(decode(b.data, &shape_api_remove_tags_from_resource_in, &in), FAULT_INVALID_PARAMETER_VALUE);
}
