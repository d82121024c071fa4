#include "model/xml.h"
#include "base/buf.h"
#include "model/api.gen.h"
#include "model/operation.h"
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static struct buf b;

static void teardown(void)
{
    buf_fini(&b);
}

TestSuite(xml, .fini = teardown);

static const char *tag_xml(const char *key)
{
    struct api_tag tag = {.key = key};
    buf_clear(&b);
    xml_encode(&b, &shape_api_tag, "Tag", &tag);
    return b.data;
}

Test(xml, an_item_that_was_kept_stands_in_a_list_as_it_is)
{
    static char text[] = "<ReplicationGroup>kept</ReplicationGroup>";
    struct buf kept = {.data = text, .len = sizeof text - 1};
    struct api_replication_group items[] = {{.encoded = &kept}, {.replication_group_id = "new"}};
    struct api_describe_replication_groups_out out = {.replication_groups = {true, 2, items}};
    xml_encode(&b, &shape_api_describe_replication_groups_out, "Result", &out);
    cr_expect_str_eq(b.data,
        "<Result><ReplicationGroups><ReplicationGroup>kept</ReplicationGroup>"
        "<ReplicationGroup><ReplicationGroupId>new</ReplicationGroupId></ReplicationGroup></ReplicationGroups></Result>");
}

Test(xml, escapes_markup_and_replaces_what_xml_cant_hold)
{
    static const struct {
        const char *text, *xml;
    } rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"a<b>&\"'", "a&lt;b&gt;&amp;\"'"},
        {"tab\tline\nreturn\r", "tab\tline\nreturn&#13;"},
        {"\x01\x1f", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\x7f", "\x7f"},
        {"\xc3\xa4\xf0\x9f\x98\x80", "\xc3\xa4\xf0\x9f\x98\x80"},
        {"a\xff\xc3", "a\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xef\xbf\xbe\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"]]>", "]]&gt;"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char want[200];
        snprintf(want, sizeof want, "<Tag><Key>%s</Key></Tag>", rows[i].xml);
        cr_expect_str_eq(tag_xml(rows[i].text), want, "row %zu: %s", i, b.data);
    }
}

Test(xml, leaves_out_what_is_absent_and_keeps_what_is_empty)
{
    struct api_cache_parameter_group_status status = {0};
    struct api_cache_cluster c = {0};
    xml_encode(&b, &shape_api_cache_cluster, "CacheCluster", &c);
    cr_expect_str_eq(b.data, "<CacheCluster/>");
    buf_clear(&b);
    status.cache_node_ids_to_reboot.set = true;
    c.cache_parameter_group = &status;
    c.pending_modified_values = &(struct api_pending_modified_values){0};
    c.num_cache_nodes = OPT_INT(0);
    c.auto_minor_version_upgrade = OPT_BOOL(false);
    xml_encode(&b, &shape_api_cache_cluster, "CacheCluster", &c);
    cr_expect_str_eq(b.data,
        "<CacheCluster><NumCacheNodes>0</NumCacheNodes><PendingModifiedValues/>"
        "<CacheParameterGroup><CacheNodeIdsToReboot/></CacheParameterGroup>"
        "<AutoMinorVersionUpgrade>false</AutoMinorVersionUpgrade></CacheCluster>",
        "%s", b.data);
}

Test(xml, writes_numbers_and_times)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {{0, "0"}, {1, "1"}, {-3, "-3"}, {0.1, "0.1"}, {33.333333333333336, "33.333333333333336"}, {1e21, "1e+21"},
        {0.5, "0.5"}, {100, "100"}, {1.0 / 3, "0.3333333333333333"}, {-0.25, "-0.25"}, {(double)NAN, "0"},
        {(double)INFINITY, "0"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct api_slot_migration m = {.progress_percentage = OPT_DOUBLE(rows[i].v)};
        char want[100];
        snprintf(want, sizeof want, "<S><ProgressPercentage>%s</ProgressPercentage></S>", rows[i].text);
        buf_clear(&b);
        xml_encode(&b, &shape_api_slot_migration, "S", &m);
        cr_expect_str_eq(b.data, want, "%s", b.data);
    }
    struct api_event event = {.date = OPT_TIME(1519679203420)};
    buf_clear(&b);
    xml_encode(&b, &shape_api_event, "Event", &event);
    cr_expect_str_eq(b.data, "<Event><Date>2018-02-26T21:06:43.420Z</Date></Event>");
}

Test(xml, writes_a_replication_group_in_full)
{
    struct api_endpoint endpoint = {.address = "127.1.0.2", .port = OPT_INT(6379)};
    struct api_node_group_member members[] = {
        {.cache_cluster_id = "demo-001", .cache_node_id = "0001", .read_endpoint = &endpoint, .current_role = "primary"},
        {.cache_cluster_id = "demo-002", .cache_node_id = "0001", .current_role = "replica"}};
    struct api_node_group shard = {
        .node_group_id = "0001", .status = "available", .primary_endpoint = &endpoint, .node_group_members = {true, 2, members}};
    const char *clusters[] = {"demo-001", "demo-002"};
    struct api_replication_group group = {.replication_group_id = "demo",
        .description = "a & b",
        .status = "available",
        .global_replication_group_info = &(struct api_global_replication_group_info){0},
        .member_clusters = {true, 2, clusters},
        .node_groups = {true, 1, &shard},
        .user_group_ids = {.set = true},
        .snapshot_retention_limit = OPT_INT(0)};
    struct api_create_replication_group_out out = {.replication_group = &group};
    struct operation o = {.name = "CreateReplicationGroup",
        .out = &shape_api_create_replication_group_out,
        .result = "CreateReplicationGroupResult"};
    xml_response(&b, &o, &out, "f3b7b32d");
    cr_expect_str_eq(b.data,
        "<CreateReplicationGroupResponse "
        "xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><CreateReplicationGroupResult>"
        "<ReplicationGroup><ReplicationGroupId>demo</ReplicationGroupId><Description>a &amp; b</Description>"
        "<GlobalReplicationGroupInfo/><Status>available</Status>"
        "<MemberClusters><ClusterId>demo-001</ClusterId><ClusterId>demo-002</ClusterId></MemberClusters>"
        "<NodeGroups><NodeGroup><NodeGroupId>0001</NodeGroupId><Status>available</Status>"
        "<PrimaryEndpoint><Address>127.1.0.2</Address><Port>6379</Port></PrimaryEndpoint><NodeGroupMembers>"
        "<NodeGroupMember><CacheClusterId>demo-001</CacheClusterId><CacheNodeId>0001</CacheNodeId>"
        "<ReadEndpoint><Address>127.1.0.2</Address><Port>6379</Port></ReadEndpoint><CurrentRole>primary</CurrentRole></"
        "NodeGroupMember>"
        "<NodeGroupMember><CacheClusterId>demo-002</CacheClusterId><CacheNodeId>0001</CacheNodeId>"
        "<CurrentRole>replica</CurrentRole></NodeGroupMember></NodeGroupMembers></NodeGroup></NodeGroups>"
        "<SnapshotRetentionLimit>0</SnapshotRetentionLimit><UserGroupIds/></ReplicationGroup></CreateReplicationGroupResult>"
        "<ResponseMetadata><RequestId>f3b7b32d</RequestId></ResponseMetadata></CreateReplicationGroupResponse>",
        "%s", b.data);
}

Test(xml, answers_without_a_result_where_the_operation_has_none)
{
    xml_response(&b, &(struct operation){.name = "DeleteCacheSubnetGroup"}, NULL, "id");
    cr_expect_str_eq(b.data, "<DeleteCacheSubnetGroupResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\">"
                             "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></DeleteCacheSubnetGroupResponse>");
}

Test(xml, tells_errors_with_code_and_side)
{
    xml_error(&b, FAULT_CACHE_SUBNET_GROUP_NOT_FOUND, "no <x>", "id");
    cr_expect_str_eq(b.data,
        "<ErrorResponse xmlns=\"http://elasticache.amazonaws.com/doc/2015-02-02/\"><Error><Type>Sender</Type>"
        "<Code>CacheSubnetGroupNotFoundFault</Code><Message>no "
        "&lt;x&gt;</Message></Error><RequestId>id</RequestId></ErrorResponse>");
    buf_clear(&b);
    xml_error(&b, FAULT_INTERNAL_FAILURE, "sorry", "id");
    cr_expect_not_null(strstr(b.data, "<Type>Receiver</Type><Code>InternalFailure</Code>"));
}
