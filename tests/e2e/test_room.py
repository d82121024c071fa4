"""Changes that need room: a smaller node type is taken only where the data fit, and fewer shards as well."""
import os
import unittest

import clusters
import datastores
import harness
import shards
from datastores import AWAY, HOME
from harness import connect, name, wait_for
from redis.crc import key_slot

setUpModule, tearDownModule = harness.one_server()

MIB = 1 << 20
MICRO, SMALL, SMALL_LIMIT = "cache.t4g.micro", "cache.t4g.small", 24 * MIB
SIZES = {MICRO: 536870912, "cache.m6g.large": 6854542746}


def fill(client, mib, stem="blob"):
    """Values of a MiB each, made where they are kept."""
    client.eval("for i = 1, ARGV[1] do redis.call('SET', ARGV[2] .. i, string.rep('x', 1048576)) end", 0, mib, stem)


def limit(client):
    return client.info("memory")["maxmemory"]


class Case(clusters.Case, datastores.Case):
    def parameters(self, kind, left, more=(), family="redis7"):
        """A parameter group that leaves so many bytes of a node type's memory to the engine."""
        group = name("few")
        self.api().create_cache_parameter_group(CacheParameterGroupName=group, CacheParameterGroupFamily=family, Description="d")
        self.api().modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
            {"ParameterName": "reserved-memory", "ParameterValue": str(SIZES[kind] - left)}, *more])
        return group

    def told(self, source, kind, region=HOME):
        events = self.api(region).describe_events(SourceIdentifier=source, SourceType=kind)["Events"]
        return [e["Message"] for e in events]


class NodeTypes(Case):
    def test_a_group_keeps_the_type_that_its_data_need(self):
        group = self.create_group(nodes=2, CacheNodeType=SMALL, CacheParameterGroupName=self.parameters(MICRO, SMALL_LIMIT))
        fill(self.primary(group), 30)
        before = limit(self.primary(group))
        shown = self.api().modify_replication_group(ReplicationGroupId=group, CacheNodeType=MICRO, ApplyImmediately=True)
        self.assertEqual("modifying", shown["ReplicationGroup"]["Status"])
        self.assertEqual(SMALL, self.wait_group(group)["CacheNodeType"])
        self.assertEqual((30, before, True), (self.primary(group).dbsize(), limit(self.primary(group)), self.primary(group).set("a", 1)))
        self.assertIn("Failed to scale down to cache node type Replication Group [%s] because the node has insufficient memory. Please "
                      "select a different node type or reduce current memory usage and retry" % group, self.told(group, "replication-group"))
        member = self.api().describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]
        self.assertEqual((SMALL, {}), (member["CacheNodeType"], member["PendingModifiedValues"]))

    def test_a_cluster_keeps_the_type_that_its_data_need_and_takes_it_once_they_fit(self):
        cluster = self.create_cluster(CacheNodeType=SMALL, CacheParameterGroupName=self.parameters(MICRO, SMALL_LIMIT))
        client = connect(self.endpoints(cluster)[0])
        fill(client, 30)
        self.modify(cluster, CacheNodeType=MICRO)
        self.assertEqual(SMALL, self.wait_cluster(cluster)["CacheNodeType"])
        self.assertEqual((30, True), (client.dbsize(), client.set("a", 1)))
        self.assertIn("Failed applying modification to cache node type to %s." % MICRO, self.messages(cluster))
        client.flushall()
        self.modify(cluster, CacheNodeType=MICRO)
        self.assertEqual(MICRO, self.wait_cluster(cluster)["CacheNodeType"])
        self.assertEqual(SMALL_LIMIT, limit(client))

    def test_no_member_of_a_datastore_changes_where_one_has_no_room(self):
        target, keep = "cache.m6g.large", 90 * MIB
        home = self.create_group(CacheParameterGroupName=self.parameters(target, keep))
        world, _ = self.create_global(group=home)
        away = self.join(world, AWAY)
        fill(self.primary(home), 100)
        wait_for(lambda: self.primary(away, AWAY).dbsize() == 100, "the data in the other region")
        before = self.world(world)["CacheNodeType"]
        change = dict(GlobalReplicationGroupId=world, CacheNodeType=target, ApplyImmediately=True)
        self.api(AWAY).modify_global_replication_group(**change)
        self.assertEqual(before, self.wait_global(world)["CacheNodeType"])
        for group, region in (home, HOME), (away, AWAY):
            self.assertEqual(before, self.wait_group(group, region)["CacheNodeType"])
            self.assertTrue([m for m in self.told(group, "replication-group", region) if "insufficient memory" in m])
        self.primary(home).flushall()
        wait_for(lambda: self.primary(away, AWAY).dbsize() == 0, "the data gone from the other region")
        self.api(AWAY).modify_global_replication_group(**change)
        self.assertEqual(target, self.wait_global(world)["CacheNodeType"])
        self.assertEqual([keep] * 2, [limit(self.primary(home)), limit(self.primary(away, AWAY))])


class Shards(Case, shards.Case):
    def create_small(self, count, policy="volatile-lru"):
        more = [{"ParameterName": "cluster-enabled", "ParameterValue": "yes"}, {"ParameterName": "maxmemory-policy", "ParameterValue": policy}]
        return self.create(count, 0, CacheNodeType=MICRO, CacheParameterGroupName=self.parameters(MICRO, SMALL_LIMIT, more))

    def fill_all(self, group, mib):
        """Values of a MiB each in all shards; what they are."""
        client, value = self.client(group), "x" * MIB
        for n in range(mib):
            client.set("blob-%d" % n, value)
        return ["blob-%d" % n for n in range(mib)]

    def check_kept(self, group, keys):
        self.check_whole(group)
        client = self.client(group)
        self.assertEqual([MIB] * len(keys), [client.strlen(key) for key in keys])
        self.assertEqual(["available"] * len(self.nodes(group)), [
            self.api().describe_cache_clusters(CacheClusterId=n)["CacheClusters"][0]["CacheClusterStatus"] for n in self.nodes(group)])

    def test_fewer_shards_than_the_data_need_are_not_begun(self):
        group = self.create_small(2)
        keys = self.fill_all(group, 28)
        before = self.slot_map(group)
        self.assertEqual("modifying", self.reshape(group, 1, NodeGroupsToRetain=["0001"])["Status"])
        self.wait_group(group)
        self.assertEqual(before, self.slot_map(group))
        self.check_kept(group, keys)
        self.assertIn("Failed to modify number of node groups from 2 to 1 for replication group %s: the remaining node groups have "
                      "insufficient memory" % group, self.told(group, "replication-group"))
        client = self.client(group)
        for key in keys[:20]:
            client.delete(key)
        self.reshape(group, 1, NodeGroupsToRetain=["0001"])
        self.wait_group(group)
        self.check_kept(group, keys[20:])
        self.assertEqual({"0001"}, set(self.slot_map(group)))

    def test_a_shard_that_fills_up_half_way_ends_the_change_and_nothing_is_lost(self):
        """An engine that refuses what it has no room for, and one that would evict other keys for it."""
        groups = {}
        for policy in "noeviction", "allkeys-lru":
            group = self.create_small(3, policy)
            tags = {shard: self.tag_in(slots) for shard, slots in self.slot_map(group).items()}
            keys = ["{%s}-%d" % (tags[shard], n) for shard, count in (("0001", 8), ("0002", 8), ("0003", 16)) for n in range(count)]
            client = self.client(group)
            for key in keys:
                client.set(key, "x" * MIB)
            member = self.api().describe_cache_clusters(CacheClusterId=group + "-0003-001")["CacheClusters"][0]["ARN"]
            self.api().add_tags_to_resource(ResourceName=member, Tags=[{"Key": "team", "Value": "blue"}])
            self.reshape(group, 2, NodeGroupsToRemove=["0003"])
            groups[group] = (keys, member)
        for group, (keys, member) in groups.items():
            self.wait_group(group)
            self.check_given_up(group, keys, member)
            self.client(group).delete(*keys[20:])
            self.reshape(group, 2, NodeGroupsToRemove=["0003"])
        for group, (keys, _) in groups.items():
            self.wait_group(group)
            self.check_kept(group, keys[:20])
            self.assertEqual({"0001", "0002"}, set(self.slot_map(group)))

    def check_given_up(self, group, keys, member):
        self.assertEqual({"0001", "0002", "0003"}, set(self.slot_map(group)))
        self.check_kept(group, keys)
        self.assertEqual([], self.open_slots(group))
        self.assertEqual("blue", self.api().list_tags_for_resource(ResourceName=member)["TagList"][0]["Value"])
        self.assertTrue([m for m in self.told(group, "replication-group") if m.startswith("Failed to modify number of node groups from 3 to 2")])
        wait_for(lambda: [SMALL_LIMIT] * 3 == [int(self.config(n, "maxmemory")) for n in self.nodes(group).values()], "the limits")

    def test_a_key_that_no_engine_takes_ends_the_change_and_can_be_read_still(self):
        group = self.create_small(2)
        target, client = self.primary_of(group, "0001"), self.client(group)
        tag = self.tag_in(self.slot_map(group)["0002"])
        self.admin(target).config_set("proto-max-bulk-len", MIB)
        client.set("{%s}-large" % tag, os.urandom(2 * MIB))  # what can be compressed would be taken
        for n in range(300):
            client.set("{%s}-%d" % (tag, n), n)
        self.reshape(group, 1, NodeGroupsToRetain=["0001"])
        self.wait_group(group)
        self.assertEqual({"0001", "0002"}, set(self.slot_map(group)))
        client = shards.Follower(self.group(group)["ConfigurationEndpoint"])
        self.assertEqual([str(n) for n in range(300)], [client.get("{%s}-%d" % (tag, n)) for n in range(300)])
        self.assertEqual(2 * MIB, client.call("STRLEN", "{%s}-large" % tag))
        client.close()
        self.admin(target).config_set("proto-max-bulk-len", 512 * MIB)
        self.reshape(group, 1, NodeGroupsToRetain=["0001"])
        self.wait_group(group)
        self.check_whole(group)
        self.assertEqual(301, connect((target["address"], target["port"])).dbsize())
        self.delete_group(group)

    def tag_in(self, slots):
        return next(t for t in map(str, range(100000)) if key_slot(t.encode()) in slots)

    def open_slots(self, group):
        """Slots in flight, as the nodes themselves tell."""
        found = []
        for node in self.nodes(group).values():
            client = self.admin(node)
            client.response_callbacks.pop("CLUSTER NODES")
            found += [word for word in client.execute_command("CLUSTER NODES").split() if word.startswith("[")]
        return found


if __name__ == "__main__":
    unittest.main()
