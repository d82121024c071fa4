#include "control/endpoint_zone.h"
#include "../dns/packets.h"
#include "base/text.h"
#include "catalog/region.h"
#include "catalog/endpoint_name.h"
#include "dns/zone.h"
#include "scripted.h"
#include "stepped.h"
#include <criterion/criterion.h>
#include <string.h>
/* Where names lead while resources come, change and go. */

#define HOME "us-east-1"
#define NEW "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&"
#define SHARDED "CacheParameterGroupName=default.redis7.cluster.on&AutomaticFailoverEnabled=true&"

static struct zone zone;
static struct arena arena;
static const char *dead;  /* the id of a node that can't be started */
static const char *stale; /* the id of a replica that is not in step */

static void change_seen(struct proto_sighting *s)
{
    for (size_t i = 0; i < s->nodes.n; i++) {
        struct proto_node_seen *n = &s->nodes.items[i];
        if (dead && strcmp(n->id, dead) == 0) n->state = SEEN_EXITED;
        else if (n->upstream_host && (dead || (stale && strcmp(n->id, stale) == 0))) n->link_up = OPT_BOOL(false);
    }
}

static void zone_open(void)
{
    zone = (struct zone){.domains = {"cache.test"}};
    scripted_options = (struct control_options){.domain = "cache.test", .zone = &zone};
    scripted_open();
    scripted_change = change_seen;
    dead = stale = NULL;
}

static void zone_close(void)
{
    scripted_close();
    scripted_change = NULL;
    scripted_options = (struct control_options){0};
    zone_clear(&zone);
    arena_fini(&arena);
}

TestSuite(endpoint_zone, .init = zone_open, .fini = zone_close);

static struct answer ask(enum endpoint_name kind, bool encrypted, const char *rg, const char *cluster)
{
    uint8_t out[ZONE_REPLY_MAX];
    const struct endpoint_owner owner = {region_find(HOME), "000000000000", rg, cluster, "0001"};
    struct packet p = packet_ask(endpoint_name(&arena, "cache.test", kind, encrypted, &owner), DNS_TYPE_A);
    size_t n = zone_answer(&zone, p.bytes, p.n, false, out);
    return packet_read(out, n);
}

static const char *address_of(const char *cluster)
{
    size_t n;
    struct row_node *nodes = scripted_nodes(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(nodes[i].cluster_id, cluster) == 0) return nodes[i].address;
    cr_assert_fail("no node of %s", cluster);
    return NULL;
}

static void expect_lead(const struct answer *a, const char *cluster)
{
    cr_expect_eq(a->rcode, DNS_NO_ERROR);
    cr_assert_eq(a->n, 1);
    cr_expect_str_eq(a->addresses[0], address_of(cluster));
}

#define expect_leads(kind, rg, cluster_asked, cluster)                  \
    do {                                                                \
        struct answer its_answer = ask(kind, false, rg, cluster_asked); \
        expect_lead(&its_answer, cluster);                              \
    } while (0)

Test(endpoint_zone, a_primary_s_name_follows_a_failover_and_the_reader_s_its_replicas)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=3&AutomaticFailoverEnabled=true");
    scripted_run(3);
    expect_leads(NAME_PRIMARY, "g", NULL, "g-001");
    expect_leads(NAME_READER, "g", NULL, "g-002");
    expect_leads(NAME_READER, "g", NULL, "g-003");
    expect_leads(NAME_READER, "g", NULL, "g-002");
    for (int i = 1; i <= 3; i++) {
        char cluster[8];
        snprintf(cluster, sizeof cluster, "g-00%d", i);
        expect_leads(NAME_NODE, "g", cluster, cluster);
    }
    stale = "g-002.0001";
    scripted_run(2);
    expect_leads(NAME_READER, "g", NULL, "g-003");
    expect_leads(NAME_READER, "g", NULL, "g-003");
    dead = "g-001.0001";
    scripted_run(5);
    const char *first = scripted_order(HOME, "g-002.0001")->role == ROLE_PRIMARY ? "g-002" : "g-003";
    cr_assert_eq(scripted_order(HOME, arena_printf(&arena, "%s.0001", first))->role, ROLE_PRIMARY);
    expect_leads(NAME_PRIMARY, "g", NULL, first);
}

Test(endpoint_zone, names_are_there_while_what_they_are_of_is)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=2");
    scripted_do(HOME, "CreateCacheCluster", "CacheClusterId=c&Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    scripted_do(HOME, "CreateCacheCluster", "CacheClusterId=m&Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=1");
    scripted_run(3);
    expect_leads(NAME_NODE, NULL, "c", "c");
    expect_leads(NAME_NODE, NULL, "m", "m");
    cr_expect_eq(ask(NAME_MEMCACHED_CONFIGURATION, false, NULL, "m").n, 1);
    cr_expect_eq(ask(NAME_PRIMARY, true, "g", NULL).rcode, DNS_NO_NAME, "it has no encryption");
    scripted_do(HOME, "DeleteReplicationGroup", "ReplicationGroupId=g");
    scripted_do(HOME, "DeleteCacheCluster", "CacheClusterId=c");
    scripted_do(HOME, "DeleteCacheCluster", "CacheClusterId=m");
    scripted_run(10);
    cr_expect_eq(ask(NAME_PRIMARY, false, "g", NULL).rcode, DNS_NO_NAME);
    cr_expect_eq(zone.owners.n, 0);
    cr_expect_eq(zone.names.n, 0);
}

Test(endpoint_zone, the_configuration_endpoint_s_name_leads_to_every_node)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW SHARDED "ReplicationGroupId=g&NumNodeGroups=2&ReplicasPerNodeGroup=1");
    scripted_run(10);
    cr_expect_eq(ask(NAME_CONFIGURATION, false, "g", NULL).n, 4);
    cr_expect_eq(ask(NAME_PRIMARY, false, "g", NULL).rcode, DNS_NO_NAME);
    expect_leads(NAME_NODE, "g", "g-0002-001", "g-0002-001");
}

Test(endpoint_zone, both_forms_lead_to_it_while_encryption_is_preferred)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=1");
    scripted_run(3);
    scripted_do(HOME, "ModifyReplicationGroup",
        "ReplicationGroupId=g&ApplyImmediately=true&TransitEncryptionEnabled=true&TransitEncryptionMode=preferred");
    scripted_run(5);
    cr_expect_eq(ask(NAME_PRIMARY, false, "g", NULL).n, 1);
    cr_expect_eq(ask(NAME_PRIMARY, true, "g", NULL).n, 1);
    scripted_do(HOME, "ModifyReplicationGroup", "ReplicationGroupId=g&ApplyImmediately=true&TransitEncryptionMode=required");
    scripted_run(5);
    cr_expect_eq(ask(NAME_PRIMARY, false, "g", NULL).rcode, DNS_NO_NAME);
    cr_expect_eq(ask(NAME_PRIMARY, true, "g", NULL).n, 1);
}

Test(endpoint_zone, rows_that_are_read_anew_leave_the_same_names)
{
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=3");
    scripted_run(3);
    size_t n = zone.names.n;
    control_reload(control);
    scripted_run(1);
    cr_expect_eq(zone.names.n, n);
    cr_expect_gt(n, 5);
    expect_leads(NAME_PRIMARY, "g", NULL, "g-001");
}

Test(endpoint_zone, with_ports_every_name_leads_to_one_address)
{
    scripted_close_control();
    scripted_options = (struct control_options){.domain = "cache.test",
        .zone = &zone,
        .ports = true,
        .listen_host = "0.0.0.0",
        .first_port = 20000,
        .last_port = 20099,
        .names_at = "192.168.7.7"};
    scripted_open_control();
    scripted_do(HOME, "CreateReplicationGroup", NEW "ReplicationGroupId=g&NumCacheClusters=3");
    scripted_run(3);
    for (int kind = NAME_NODE; kind <= NAME_READER; kind++) {
        struct answer a = ask((enum endpoint_name)kind, false, "g", "g-003");
        cr_expect_eq(a.n, 1);
        cr_expect_str_eq(a.addresses[0], "192.168.7.7");
    }
}
