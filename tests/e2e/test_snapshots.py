"""Snapshots of groups and clusters: taken, described, copied, deleted, and restored with every key."""
import unittest

import harness
import redis.cluster
import snapshots
from harness import NODE_TYPE, connect, name, wait_for

setUpModule, tearDownModule = harness.one_server()


class ASnapshot(snapshots.Case):
    """Taken once of a group with data; each test looks at another side of it."""

    @classmethod
    def setUpClass(cls):
        case = cls("take")
        cls.source = case.create_group(stem="src", Port=6380, Tags=[{"Key": "team", "Value": "x"}])
        cls.before = snapshots.contents(snapshots.fill(case.primary(cls.source)))
        cls.name = name("snap")
        cls.created = case.api().create_snapshot(SnapshotName=cls.name.upper(), ReplicationGroupId=cls.source)["Snapshot"]
        cls.there = case.wait_snapshot(cls.name)
        case.wait_group(cls.source)

    def test_is_created_with_what_is_known_already(self):
        self.assertEqual((self.name, "creating", "manual"),
                         tuple(self.created[k] for k in ("SnapshotName", "SnapshotStatus", "SnapshotSource")))
        self.assertEqual([""], [n["CacheSize"] for n in self.created["NodeSnapshots"]])

    def test_tells_what_it_was_taken_of(self):
        expected = {"CacheClusterId": self.source + "-001", "CacheNodeType": NODE_TYPE, "Engine": harness.ENGINE, "Port": 6380,
                    "CacheSubnetGroupName": "default", "NumCacheNodes": 1, "SnapshotRetentionLimit": 0, "DataTiering": "disabled",
                    "ARN": "arn:aws:elasticache:us-east-1:000000000000:snapshot:" + self.name}
        self.assertEqual(expected, {k: self.there.get(k) for k in expected})
        for absent in ("ReplicationGroupId", "NumNodeGroups"):
            self.assertNotIn(absent, self.there)
        (node,) = self.there["NodeSnapshots"]
        self.assertEqual(("0001", "1 MB"), (node["CacheNodeId"], node["CacheSize"]))
        self.assertIn("SnapshotCreateTime", node)

    def test_has_the_tags_of_its_source(self):
        tags = self.api().list_tags_for_resource(ResourceName=self.there["ARN"])["TagList"]
        self.assertEqual([{"Key": "team", "Value": "x"}], tags)

    def test_is_told_of_in_an_event(self):
        self.assertIn("Snapshot succeeded for snapshot with ID '%s' of cache cluster with ID '%s-001'" % (self.name, self.source),
                      self.events(self.source + "-001"))

    def test_is_found_by_every_filter(self):
        def names(**filters):
            return [s["SnapshotName"] for s in self.api().describe_snapshots(**filters)["Snapshots"]]
        for filters in ({"CacheClusterId": self.source + "-001"}, {"ReplicationGroupId": self.source}, {"SnapshotSource": "user"}, {}):
            self.assertIn(self.name, names(**filters), filters)
        for filters in ({"CacheClusterId": "other"}, {"ReplicationGroupId": "other"}, {"SnapshotSource": "system"}):
            self.assertNotIn(self.name, names(**filters), filters)

    def test_gives_a_new_group_every_key(self):
        group = self.restore(SnapshotName=self.name)
        self.assertIn(self.snapshot(self.name)["SnapshotStatus"], ("restoring", "available"))
        there = self.wait_group(group)
        self.assertEqual(self.before, snapshots.contents(self.primary(group)))
        self.assertEqual((NODE_TYPE, 6380), (there["CacheNodeType"], there["NodeGroups"][0]["PrimaryEndpoint"]["Port"]))
        self.wait_snapshot(self.name)

    def test_gives_replicas_every_key(self):
        group = self.restore(SnapshotName=self.name, NumCacheClusters=2, AutomaticFailoverEnabled=True)
        self.wait_group(group)
        replica = self.reader(group)
        self.assertEqual("slave", replica.info("replication")["role"])
        self.assertEqual(self.before, snapshots.contents(replica))

    @unittest.skipIf(harness.ENGINE == "valkey", "a cluster of its own is never one of valkey")
    def test_gives_a_cluster_every_key(self):
        cluster = name("alone")
        self.api().create_cache_cluster(CacheClusterId=cluster, SnapshotName=self.name)
        there = harness.wait_for(lambda: next((c for c in self.api().describe_cache_clusters(
            CacheClusterId=cluster, ShowCacheNodeInfo=True)["CacheClusters"] if c["CacheClusterStatus"] == "available"), None),
            "%s available" % cluster)
        self.assertEqual(self.before, snapshots.contents(connect(there["CacheNodes"][0]["Endpoint"])))

    def test_can_be_copied_and_the_copy_stays_when_it_goes(self):
        first, second = name("copy"), name("copy")
        self.api().copy_snapshot(SourceSnapshotName=self.name, TargetSnapshotName=first)
        self.wait_snapshot(first)
        self.api().copy_snapshot(SourceSnapshotName=first, TargetSnapshotName=second, Tags=[{"Key": "k", "Value": "v"}])
        there = self.wait_snapshot(second)
        self.assertEqual([{"Key": "k", "Value": "v"}], self.api().list_tags_for_resource(ResourceName=there["ARN"])["TagList"])
        self.assertEqual("deleting", self.api().delete_snapshot(SnapshotName=first)["Snapshot"]["SnapshotStatus"])
        self.wait_snapshot_gone(first)
        group = self.restore(SnapshotName=second)
        self.wait_group(group)
        self.assertEqual(self.before, snapshots.contents(self.primary(group)))


class TakingSnapshots(snapshots.Case):
    def test_a_replica_is_taken_where_it_is_named(self):
        group = self.create_group(nodes=2)
        self.primary(group).set("k", "v")
        self.primary(group).wait(1, 5000)
        snapshot = self.take(cluster=group + "-002")
        self.wait_group(group)
        self.assertEqual(group + "-002", self.snapshot(snapshot)["CacheClusterId"])
        restored = self.restore(SnapshotName=snapshot)
        self.wait_group(restored)
        self.assertEqual("v", self.primary(restored).get("k"))

    def test_what_is_written_afterwards_is_not_in_it(self):
        group = self.create_group()
        self.primary(group).set("before", 1)
        snapshot = self.take(group)
        self.primary(group).set("after", 1)
        restored = self.restore(SnapshotName=snapshot)
        self.wait_group(restored)
        self.assertEqual(["before"], self.primary(restored).keys())

    def test_a_final_snapshot_outlives_its_group(self):
        group = self.create_group(nodes=2)
        before = snapshots.contents(snapshots.fill(self.primary(group)))
        snapshot = name("final")
        self.delete_group(group, FinalSnapshotIdentifier=snapshot)
        self.assertEqual("available", self.snapshot(snapshot)["SnapshotStatus"])
        restored = self.restore(SnapshotName=snapshot)
        self.wait_group(restored)
        self.assertEqual(before, snapshots.contents(self.primary(restored)))

    def test_a_final_snapshot_outlives_its_replica(self):
        group, snapshot = self.create_group(nodes=3), name("final")
        with self.primary(group) as client:
            client.set("k", "v")
            self.assertEqual(2, client.wait(2, 10000))
        self.api().delete_cache_cluster(CacheClusterId=group + "-003", FinalSnapshotIdentifier=snapshot)
        wait_for(lambda: len(self.group(group)["MemberClusters"]) == 2, "the replica's end")
        self.wait_group(group)
        self.assertEqual(group + "-003", self.wait_snapshot(snapshot)["CacheClusterId"])
        restored = self.create_group(SnapshotName=snapshot)
        self.assertEqual("v", self.primary(restored).get("k"))

    def test_a_final_snapshot_outlives_its_cluster(self):
        cluster, snapshot = name("alone"), name("final")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="redis", CacheNodeType=NODE_TYPE, NumCacheNodes=1)
        self.api().get_waiter("cache_cluster_available").wait(CacheClusterId=cluster, WaiterConfig={"Delay": 1})
        self.api().delete_cache_cluster(CacheClusterId=cluster, FinalSnapshotIdentifier=snapshot)
        self.wait_snapshot(snapshot)
        self.api().get_waiter("cache_cluster_deleted").wait(CacheClusterId=cluster, WaiterConfig={"Delay": 1})

    def test_the_primary_can_stay_when_its_group_goes(self):
        group = self.create_group(nodes=2)
        client = self.primary(group)
        client.set("k", "v")
        address = self.group(group)["NodeGroups"][0]["NodeGroupMembers"][0]["ReadEndpoint"]
        self.delete_group(group, RetainPrimaryCluster=True)
        cluster = self.api().describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]
        self.assertEqual("available", cluster["CacheClusterStatus"])
        self.assertNotIn("ReplicationGroupId", cluster)
        self.assertEqual("v", connect(address).get("k"))
        self.assert_fault("CacheClusterNotFound", 404, self.api().describe_cache_clusters, CacheClusterId=group + "-002")

    def test_a_group_that_came_of_a_snapshot_comes_back_as_any_other(self):
        """A seed is for the beginning only."""
        group = self.create_group()
        self.primary(group).set("old", 1)
        restored = self.restore(SnapshotName=self.take(group))
        self.wait_group(restored)
        self.assertEqual(["old"], self.primary(restored).keys())
        node = self.server.nodes(restored)[0]
        harness.os.kill(node["pid"], harness.signal.SIGKILL)
        harness.wait_for(lambda: self.server.nodes(restored)[0]["restarts"] > node["restarts"], "its death to be told")
        harness.wait_for(lambda: self.server.nodes(restored)[0]["state"] == "ready", "its return")
        self.assertEqual([], self.primary(restored).keys())


class WithClusterMode(snapshots.Case):
    """One part for every shard, each with its slots."""

    def cluster_client(self, group):
        endpoint = self.group(group)["ConfigurationEndpoint"]
        return redis.cluster.RedisCluster(host=endpoint["Address"], port=endpoint["Port"], decode_responses=True)

    def test_a_snapshot_has_a_part_for_every_shard_and_gives_back_all_of_them(self):
        group = name("sharded")
        self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="d", Engine=harness.ENGINE, CacheNodeType=NODE_TYPE, NumNodeGroups=3,
            ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, CacheParameterGroupName=harness.SHARDED_PARAMETERS)
        self.wait_group(group)
        client = self.cluster_client(group)
        for i in range(300):
            client.set("key-%d" % i, i)
        self.assert_fault("InvalidParameterCombination", 400, self.api().create_snapshot, SnapshotName="x",
                          CacheClusterId=group + "-0001-001", message="cluster mode enabled")
        snapshot = self.take(group)
        there = self.api().describe_snapshots(SnapshotName=snapshot, ShowNodeGroupConfig=True)["Snapshots"][0]
        self.assertEqual((group, 3, "enabled"), tuple(there[k] for k in ("ReplicationGroupId", "NumNodeGroups", "AutomaticFailover")))
        self.assertNotIn("CacheClusterId", there)
        self.assertEqual([("%s-000%d-001" % (group, i), "000%d" % i) for i in (1, 2, 3)],
                         [(n["CacheClusterId"], n["NodeGroupId"]) for n in there["NodeSnapshots"]])
        self.assertEqual(["0-5461", "5462-10922", "10923-16383"],
                         [n["NodeGroupConfiguration"]["Slots"] for n in there["NodeSnapshots"]])
        self.assertIn("Snapshot succeeded for snapshot with ID '%s' of replication group with ID '%s'" % (snapshot, group),
                      self.events(group + "-0001-001"))
        restored = self.restore(SnapshotName=snapshot)
        self.wait_group(restored)
        self.assertEqual([n["Slots"] for n in self.group(group)["NodeGroups"]], [n["Slots"] for n in self.group(restored)["NodeGroups"]])
        again = self.cluster_client(restored)
        sizes = [connect((n["address"], n["port"])).dbsize() for n in self.server.nodes(restored)]
        self.assertEqual((600, 6), (sum(sizes), len(sizes)), sizes)
        self.assertEqual([str(i) for i in range(300)], [again.get("key-%d" % i) for i in range(300)])
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId="x", ReplicationGroupDescription="d",
                                   SnapshotName=snapshot, ClusterMode="disabled", CacheParameterGroupName=harness.PARAMETERS)
        self.assertEqual((400, "InvalidParameterCombination"), (answer.status, answer.code), answer.message)

    def test_a_group_has_one_database_only(self):
        source = self.create_group()
        endpoint = self.group(source)["NodeGroups"][0]["PrimaryEndpoint"]
        for db in (0, 3):
            redis.Redis(host=endpoint["Address"], port=endpoint["Port"], db=db).set("k", "v")
        group = self.restore(SnapshotName=self.take(source), NumNodeGroups=1, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True,
                             CacheParameterGroupName=harness.SHARDED_PARAMETERS)
        self.wait_group(group, status="create-failed")
        (told,) = [m for m in self.events(group + "-0001-001") if m.startswith("Failed to restore")]
        self.assertIn("1 key can't go anywhere: it is in other databases than 0, and a cluster has no other", told)
        self.delete_group(group)


if __name__ == "__main__":
    unittest.main()
