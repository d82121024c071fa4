#include "scratch.h"
#include "base/buf.h"
#include "base/trip.h"
#include "scripted.h"
#include "stepped.h"
#include <criterion/criterion.h>
#include <string.h>
#include <unistd.h>
/* What an agent is told of every kind of resource, and what its sightings make of that. */

#define HOME "us-east-1"
#define AWAY "eu-west-1"
#define NEW "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"

TestSuite(assign, .init = scripted_open, .fini = scripted_close);

static const struct proto_assignment *assigned(const char *region)
{
    struct scripted_agent *a = scripted_agent(region);
    cr_assert_not_null(a);
    if (!a->asks) scripted_ask(a);
    return &a->assignment;
}

static void expect_status(const char *region, const char *id, enum rg_status status)
{
    struct row_replication_group *rg = scripted_rg(region, id);
    cr_assert_not_null(rg, "%s", id);
    cr_expect_eq(rg->status, status, "%s is %s", id, rg_status_text(rg->status));
}

static const struct proto_node_order *order_of(const struct proto_assignment *a, const char *id)
{
    for (size_t i = 0; i < a->nodes.n; i++)
        if (strcmp(a->nodes.items[i].id, id) == 0) return &a->nodes.items[i];
    cr_assert_fail("no order for %s", id);
    return NULL;
}

static const struct proto_link_order *link_of(const struct proto_assignment *a, enum link_kind kind)
{
    for (size_t i = 0; i < a->links.n; i++)
        if (a->links.items[i].kind == kind) return &a->links.items[i];
    return NULL;
}

Test(assign, the_nodes_of_a_group_share_settings_users_and_passwords_and_no_other_group_does)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=3");
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=h");
    const struct proto_assignment *a = assigned(HOME);
    cr_assert_eq(a->nodes.n, 4);
    cr_expect_eq(a->settings.n, 1);
    cr_expect_eq(a->users.n, 1);
    const struct proto_node_order *first = order_of(a, "g-001.0001"), *second = order_of(a, "g-002.0001"),
                                  *other = order_of(a, "h-001.0001");
    cr_expect_str_eq(first->admin_password, second->admin_password);
    cr_expect_str_eq(first->replication_password, second->replication_password);
    cr_expect_str_neq(first->admin_password, first->replication_password);
    cr_expect_str_neq(first->admin_password, other->admin_password);
    cr_expect_str_neq(first->replication_password, other->replication_password);
    cr_expect_null(first->mover_password);
    scripted_run(3);
    expect_status(HOME, "g", RG_AVAILABLE);
    a = assigned(HOME);
    cr_expect_eq(order_of(a, "g-001.0001")->endpoints.n, 1, "the primary holds the primary endpoint itself");
    cr_assert_not_null(link_of(a, LINK_READER));
    cr_expect_eq(link_of(a, LINK_READER)->targets.n, 2, "readers go to the replicas");
}

Test(assign, with_ports_forwarders_lead_to_the_primary_and_to_the_replicas)
{
    scripted_close();
    scripted_options = (struct control_options){
        .ports = true, .listen_host = "127.0.0.1", .advertise = "redis.test", .first_port = 20000, .last_port = 20099};
    scripted_open();
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=3");
    scripted_do(HOME, "CreateCacheCluster", "CacheClusterId=m&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=2");
    scripted_run(5);
    expect_status(HOME, "g", RG_AVAILABLE);
    const struct proto_assignment *a = assigned(HOME);
    const struct proto_node_order *primary = order_of(a, "g-001.0001");
    cr_assert(link_of(a, LINK_PRIMARY) && link_of(a, LINK_READER) && link_of(a, LINK_CONFIGURATION));
    cr_expect_eq(link_of(a, LINK_PRIMARY)->targets.n, 1);
    cr_expect_eq(link_of(a, LINK_PRIMARY)->targets.items[0].port.v, primary->port.v);
    cr_expect_eq(link_of(a, LINK_READER)->targets.n, 2);
    cr_expect_eq(link_of(a, LINK_CONFIGURATION)->targets.n, 2);
    cr_expect_str_eq(link_of(a, LINK_CONFIGURATION)->targets.items[0].name, "redis.test");
}

Test(assign, memcached_nodes_are_listed_at_the_configuration_endpoint)
{
    scripted_do(HOME, "CreateCacheCluster", "CacheClusterId=m&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=3");
    scripted_run(3);
    const struct proto_assignment *a = assigned(HOME);
    cr_assert_eq(a->nodes.n, 3);
    cr_expect_str_eq(a->nodes.items[0].engine, "memcached");
    const struct proto_link_order *l = link_of(a, LINK_CONFIGURATION);
    cr_assert_not_null(l);
    cr_expect_eq(l->targets.n, 3);
    cr_expect_null(l->targets.items[0].name);
    int64_t version = l->nodes_version.v;
    scripted_do(HOME, "ModifyCacheCluster",
        "CacheClusterId=m&NumCacheNodes=2&CacheNodeIdsToRemove.CacheNodeId.1=0002&ApplyImmediately=true");
    scripted_run(5);
    a = assigned(HOME);
    cr_expect_eq(link_of(a, LINK_CONFIGURATION)->targets.n, 2);
    cr_expect_gt(link_of(a, LINK_CONFIGURATION)->nodes_version.v, version);
    scripted_do(HOME, "AddTagsToResource",
        "ResourceName=arn:aws:elasticache:us-east-1:000000000000:cluster:m&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v");
    scripted_do(HOME, "DeleteCacheCluster", "CacheClusterId=m");
    scripted_run(5);
    cr_expect_eq(assigned(HOME)->nodes.n, 0);
    cr_expect_eq(assigned(HOME)->links.n, 0);
}

Test(assign, a_group_in_cluster_mode_has_a_map_of_its_slots)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=c&NumNodeGroups=2&ReplicasPerNodeGroup=1");
    scripted_run(3);
    expect_status(HOME, "c", RG_AVAILABLE);
    const struct proto_assignment *a = assigned(HOME);
    cr_assert_eq(a->clusters.n, 1);
    const struct proto_cluster_map *map = &a->clusters.items[0];
    cr_expect_str_eq(map->group, "c");
    cr_assert_eq(map->nodes.n, 4);
    int primaries = 0;
    for (size_t i = 0; i < 4; i++) {
        primaries += map->nodes.items[i].primary.v;
        cr_expect_eq(map->nodes.items[i].primary.v, *map->nodes.items[i].slots != '\0');
        cr_expect_not_null(order_of(a, map->nodes.items[i].order)->mover_password);
        cr_expect_str_eq(order_of(a, map->nodes.items[i].order)->cluster, "c");
    }
    cr_expect_eq(primaries, 2);
    cr_expect_eq(map->moves.n, 0);
    cr_assert_not_null(link_of(a, LINK_READER), "the configuration endpoint leads to any node");
    cr_expect_eq(link_of(a, LINK_READER)->targets.n, 4);
    scripted_do(HOME, "ModifyReplicationGroupShardConfiguration", "ReplicationGroupId=c&NodeGroupCount=3&ApplyImmediately=true");
    scripted_run(3);
    a = assigned(HOME);
    cr_expect_eq(a->clusters.items[0].nodes.n, 6);
    cr_expect_gt(a->clusters.items[0].moves.n, 0, "slots move to the new shard");
}

/* As if no slot had moved from the two shards to the third. */
static void is_stuck(struct proto_sighting *s)
{
    static struct proto_stuck_seen stuck = {.group = "c", .reason = "a key is too large"};
    static const char *const slots[] = {"0-8191", "8192-16383", ""};
    s->stuck = (struct proto_stuck_seen_list){true, 1, &stuck};
    for (size_t i = 0; i < s->nodes.n; i++)
        if (s->nodes.items[i].cluster) s->nodes.items[i].cluster->slots = slots[s->nodes.items[i].id[strlen("c-000")] - '1'];
}

Test(assign, a_slot_that_does_not_move_ends_the_change_of_shards)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=c&NumNodeGroups=2");
    scripted_run(3);
    scripted_do(HOME, "ModifyReplicationGroupShardConfiguration", "ReplicationGroupId=c&NodeGroupCount=3&ApplyImmediately=true");
    cr_expect_eq(assigned(HOME)->nodes.n, 3);
    scripted_change = is_stuck;
    scripted_run(5);
    cr_expect_eq(assigned(HOME)->nodes.n, 2);
    cr_expect_eq(assigned(HOME)->clusters.items[0].nodes.n, 2);
    expect_status(HOME, "c", RG_AVAILABLE);
}

Test(assign, encrypted_nodes_have_certificates_that_are_kept_and_swept)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=t&NumCacheClusters=2&TransitEncryptionEnabled=true");
    scripted_run(3);
    expect_status(HOME, "t", RG_AVAILABLE);
    const struct proto_assignment *a = assigned(HOME);
    cr_assert_not_null(a->authority);
    const struct proto_tls_order *tls = order_of(a, "t-001.0001")->tls;
    cr_assert_not_null(tls);
    cr_expect_eq(tls->mode, ENCRYPTION_REQUIRED);
    cr_expect_eq(strncmp(tls->certificate, "-----BEGIN CERTIFICATE", 22), 0);
    cr_expect(strstr(tls->key, "PRIVATE KEY"));
    static const char file[] = "tls/nodes/us-east-1.t-001.0001.pem";
    cr_expect(strstr(scratch_read(file), tls->certificate));
    scripted_close_control();
    scripted_open_control();
    cr_expect_str_eq(
        order_of(assigned(HOME), "t-001.0001")->tls->certificate, tls->certificate, "the next serve hands out the same");
    cr_assert_eq(unlink(scratch_path(file)), 0);
    stepped_pass(1000);
    cr_expect(strstr(scratch_read(file), tls->certificate), "it is put back");
    scripted_do(HOME, "DeleteReplicationGroup", "ReplicationGroupId=t");
    scripted_run(5);
    cr_expect_str_eq(scratch_read(file), "", "its node is no more");
}

Test(assign, a_certificate_that_others_could_read_is_issued_anew)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=t&TransitEncryptionEnabled=true");
    const char *before = order_of(assigned(HOME), "t-001.0001")->tls->certificate;
    static const char file[] = "tls/nodes/us-east-1.t-001.0001.pem";
    char text[16384];
    snprintf(text, sizeof text, "%s", scratch_read(file));
    scripted_close_control();
    scratch_write(file, text, 0644);
    scripted_open_control();
    cr_expect_str_neq(order_of(assigned(HOME), "t-001.0001")->tls->certificate, before);
}

Test(assign, a_datastore_links_its_regions)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=prim&NumCacheClusters=2&AutomaticFailoverEnabled=true");
    scripted_run(3);
    scripted_do(HOME, "CreateGlobalReplicationGroup", "GlobalReplicationGroupIdSuffix=g&PrimaryReplicationGroupId=prim");
    scripted_run(3);
    scripted_do(AWAY, "CreateReplicationGroup",
        "ReplicationGroupId=sec&ReplicationGroupDescription=d&GlobalReplicationGroupId=ldgnf-g&NumCacheClusters=2");
    scripted_run(10);
    expect_status(HOME, "prim", RG_AVAILABLE);
    expect_status(AWAY, "sec", RG_AVAILABLE);
    const struct proto_assignment *there = assigned(AWAY), *here = assigned(HOME);
    cr_expect_str_eq(order_of(there, "sec-001.0001")->replication_password, order_of(here, "prim-001.0001")->replication_password,
        "one secret of the datastore");
    cr_expect_str_neq(order_of(there, "sec-001.0001")->admin_password, order_of(here, "prim-001.0001")->admin_password);
    const struct proto_link_order *gateway =
        link_of(there, LINK_GATEWAY) ? link_of(there, LINK_GATEWAY) : link_of(here, LINK_GATEWAY);
    cr_assert_not_null(gateway);
    cr_expect_eq(gateway->targets.n, 1);
    scripted_do(HOME, "FailoverGlobalReplicationGroup",
        "GlobalReplicationGroupId=ldgnf-g&PrimaryRegion=eu-west-1&PrimaryReplicationGroupId=sec");
    scripted_run(15);
    cr_expect_eq(order_of(assigned(AWAY), "sec-001.0001")->role, ROLE_PRIMARY);
    expect_status(HOME, "prim", RG_AVAILABLE);
}

Test(assign, a_snapshot_is_taken_exported_copied_and_deleted)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=2");
    scripted_run(3);
    scripted_do(HOME, "CreateSnapshot", "ReplicationGroupId=g&SnapshotName=s");
    const struct proto_assignment *a = assigned(HOME);
    cr_assert_eq(a->snapshots.n, 1);
    const struct proto_node_order *source =
        order_of(a, "g-002.0001")->snapshot ? order_of(a, "g-002.0001") : order_of(a, "g-001.0001");
    cr_assert_not_null(source->snapshot);
    cr_expect_str_eq(source->snapshot, a->snapshots.items[0].id);
    scripted_run(3);
    scripted_do(HOME, "CopySnapshot", "SourceSnapshotName=s&TargetSnapshotName=copy");
    a = assigned(HOME);
    cr_assert_eq(a->snapshots.n, 2);
    scripted_run(3);
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=restored&SnapshotName=s");
    a = assigned(HOME);
    cr_assert_not_null(order_of(a, "restored-001.0001")->seed);
    cr_assert_eq(a->seeds.n, 1);
    cr_expect_eq(a->seeds.items[0].files.n, 1);
    scripted_run(3);
    expect_status(HOME, "restored", RG_AVAILABLE);
    scripted_do(HOME, "DeleteSnapshot", "SnapshotName=copy");
    scripted_run(3);
    cr_expect_eq(assigned(HOME)->snapshots.n, 1);
}

Test(assign, users_are_told_once_for_all_groups_that_have_them)
{
    scripted_do(HOME, "CreateUser", "UserId=u&UserName=default&Engine=redis&AccessString=on ~* %2B@all&NoPasswordRequired=true");
    scripted_do(HOME, "CreateUserGroup", "UserGroupId=ug&Engine=redis&UserIds.member.1=u");
    scripted_do(
        HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&TransitEncryptionEnabled=true&UserGroupIds.member.1=ug");
    scripted_do(
        HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=h&TransitEncryptionEnabled=true&UserGroupIds.member.1=ug");
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=open");
    const struct proto_assignment *a = assigned(HOME);
    cr_expect_eq(a->users.n, 2);
    cr_expect_eq(order_of(a, "g-001.0001")->users_generation.v, order_of(a, "h-001.0001")->users_generation.v);
    cr_expect_neq(order_of(a, "g-001.0001")->users_generation.v, order_of(a, "open-001.0001")->users_generation.v);
    scripted_run(3);
    expect_status(HOME, "g", RG_AVAILABLE);
}

Test(assign, an_agent_learns_of_trips)
{
    trip_arm(TRIP_SPAWN, 2);
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g");
    const struct proto_assignment *a = assigned(HOME);
    trip_arm(TRIP_SPAWN, 0);
    cr_assert_eq(a->trips.n, 1);
    cr_expect_str_eq(a->trips.items[0].name, "spawn");
    cr_expect_eq(a->trips.items[0].count.v, 2);
}

static enum seen_state first_state;

static void first_fails(struct proto_sighting *s)
{
    for (size_t i = 0; i < s->nodes.n; i++) {
        struct proto_node_seen *n = &s->nodes.items[i];
        if (strcmp(n->id, "g-001.0001") == 0) n->state = first_state;
        else if (n->upstream_host) n->link_up = OPT_BOOL(false);
    }
}

Test(assign, a_node_that_hangs_and_has_no_replica_is_roused)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g");
    scripted_run(3);
    cr_expect_not(order_of(assigned(HOME), "g-001.0001")->roused_pid.set);
    first_state = SEEN_HUNG;
    scripted_change = first_fails;
    scripted_run(7);
    cr_expect(order_of(assigned(HOME), "g-001.0001")->roused_pid.set);
}

Test(assign, the_role_of_a_primary_that_died_goes_to_a_replica)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=2&AutomaticFailoverEnabled=true");
    scripted_run(3);
    first_state = SEEN_EXITED;
    scripted_change = first_fails;
    scripted_run(10);
    cr_expect_eq(order_of(assigned(HOME), "g-002.0001")->role, ROLE_PRIMARY);
    scripted_change = NULL;
    scripted_run(10);
    expect_status(HOME, "g", RG_AVAILABLE);
}
