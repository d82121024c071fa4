"""Redis clusters that belong to no replication group, seen by an SDK and by Redis clients."""
import unittest

import clusters
import harness
from harness import NODE_TYPE, connect, name, wait_for

setUpModule, tearDownModule = harness.one_server()

LARGER = "cache.r6g.xlarge"


def maxmemory(endpoint):
    return int(connect(endpoint).info("memory")["maxmemory"])


class ACluster(clusters.Case):
    """Created once; each test looks at another side of it."""

    @classmethod
    def setUpClass(cls):
        cls.id = name("one")
        cls.created = harness._server.api("us-east-1").create_cache_cluster(
            CacheClusterId=cls.id.upper(), Engine="redis", CacheNodeType=NODE_TYPE, NumCacheNodes=1, Port=7000,
            SecurityGroupIds=["sg-1"], NotificationTopicArn="arn:aws:sns:us-east-1:000000000000:t",
            Tags=[{"Key": "team", "Value": "x"}])["CacheCluster"]
        cls.available = cls("cluster").wait_cluster(cls.id)

    def test_is_created_with_what_is_known_already(self):
        self.assertEqual((self.id, "creating"), (self.created["CacheClusterId"], self.created["CacheClusterStatus"]))
        for later in ("CacheClusterCreateTime", "PreferredAvailabilityZone", "ConfigurationEndpoint", "CacheNodes"):
            self.assertFalse(self.created.get(later), later)

    def test_has_the_defaults_of_the_service(self):
        expected = {"Engine": "redis", "NumCacheNodes": 1, "CacheSubnetGroupName": "default", "SnapshotRetentionLimit": 0,
                    "AutoMinorVersionUpgrade": True, "AtRestEncryptionEnabled": False, "TransitEncryptionEnabled": False,
                    "AuthTokenEnabled": False, "PendingModifiedValues": {}, "CacheSecurityGroups": [],
                    "PreferredAvailabilityZone": "us-east-1a",
                    "SecurityGroups": [{"SecurityGroupId": "sg-1", "Status": "active"}],
                    "NotificationConfiguration": {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "TopicStatus": "active"},
                    "ARN": "arn:aws:elasticache:us-east-1:000000000000:cluster:" + self.id}
        self.assertEqual(expected, {k: self.available.get(k) for k in expected})
        self.assertNotIn("ReplicationGroupId", self.available)
        self.assertNotIn("ConfigurationEndpoint", self.available)
        self.assertEqual("default.redis7", self.available["CacheParameterGroup"]["CacheParameterGroupName"])
        self.assertIn("CacheClusterCreateTime", self.available)

    def test_has_one_node_that_answers(self):
        (node,) = self.available["CacheNodes"]
        self.assertEqual(("0001", "available", "us-east-1a"),
                         (node["CacheNodeId"], node["CacheNodeStatus"], node["CustomerAvailabilityZone"]))
        self.assertEqual(7000, node["Endpoint"]["Port"])
        client = connect(node["Endpoint"])
        client.set("key", "value")
        self.assertEqual(("value", "master"), (client.get("key"), client.info("replication")["role"]))

    def test_shows_its_node_only_when_asked(self):
        plain = self.api().describe_cache_clusters(CacheClusterId=self.id)["CacheClusters"][0]
        self.assertFalse(plain.get("CacheNodes"))

    def test_is_listed_with_and_without_members_of_groups(self):
        for which in ({}, {"ShowCacheClustersNotInReplicationGroups": True}):
            ids = [c["CacheClusterId"] for c in self.api().describe_cache_clusters(**which)["CacheClusters"]]
            self.assertIn(self.id, ids)

    def test_carries_its_tags(self):
        tags = self.api().list_tags_for_resource(ResourceName=self.available["ARN"])["TagList"]
        self.assertEqual([{"Key": "team", "Value": "x"}], tags)

    def test_tells_its_story_in_events(self):
        self.assertLessEqual({"Cache cluster created", "Added cache node 0001 in availability zone us-east-1a"}, set(self.messages(self.id)))

    def test_cannot_be_made_twice(self):
        self.assert_fault("CacheClusterAlreadyExists", 400, self.api().create_cache_cluster, CacheClusterId=self.id, Engine="redis",
                          CacheNodeType=NODE_TYPE, NumCacheNodes=1, message="already exists")


class Life(clusters.Case):
    def test_a_deleted_cluster_goes_with_its_process(self):
        cluster = self.create_cluster()
        (endpoint,) = self.endpoints(cluster)
        answer = self.api().delete_cache_cluster(CacheClusterId=cluster)["CacheCluster"]
        self.assertEqual("deleting", answer["CacheClusterStatus"])
        self.wait_cluster_gone(cluster)
        self.assertFalse(harness.is_bound(*endpoint))
        self.assertIn("Cache cluster deleted", self.messages(cluster))

    def test_a_rebooted_node_comes_back_empty_at_its_address(self):
        cluster = self.create_cluster()
        (endpoint,) = self.endpoints(cluster)
        before = self.process_ids(cluster)
        connect(endpoint).set("key", "value")
        answer = self.api().reboot_cache_cluster(CacheClusterId=cluster, CacheNodeIdsToReboot=["0001"])["CacheCluster"]
        self.assertEqual("rebooting cluster nodes", answer["CacheClusterStatus"])
        self.wait_cluster(cluster)
        self.assertEqual([endpoint], self.endpoints(cluster))
        self.assertIsNone(connect(endpoint).get("key"))
        self.assertNotEqual(before, self.process_ids(cluster))
        self.assertLessEqual({"Cache node 0001 shutdown", "Cache node 0001 restarted"}, set(self.messages(cluster)))

    def test_a_member_of_a_group_can_be_rebooted_too(self):
        group = self.create_group(nodes=2)
        primary, replica = self.server.nodes(group)
        self.api().reboot_cache_cluster(CacheClusterId=group + "-002", CacheNodeIdsToReboot=["0001"])
        self.wait_cluster(group + "-002")
        after = {n["id"]: n["pid"] for n in self.server.nodes(group)}
        self.assertEqual(primary["pid"], after[primary["id"]])
        self.assertNotEqual(replica["pid"], after[replica["id"]])

    def test_a_primary_that_is_rebooted_stays_primary_and_its_group_loses_its_data(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        self.primary(group).set("key", "value")
        wait_for(lambda: self.reader(group).get("key") == "value", "the data at the replica")
        self.api().reboot_cache_cluster(CacheClusterId=group + "-001", CacheNodeIdsToReboot=["0001"])
        self.wait_cluster(group + "-001")
        roles = [m["CurrentRole"] for m in self.group(group)["NodeGroups"][0]["NodeGroupMembers"]]
        self.assertEqual((["primary", "replica"], None), (roles, self.primary(group).get("key")))
        wait_for(lambda: self.reader(group).get("key") is None, "the replica without the data")

    def test_a_dead_node_is_started_again_and_empty(self):
        cluster = self.create_cluster()
        (endpoint,) = self.endpoints(cluster)
        connect(endpoint).set("key", "value")
        before = self.process_ids(cluster)
        harness.os.kill(before[cluster + ".0001"], harness.signal.SIGKILL)
        wait_for(lambda: self.process_ids(cluster) != before and harness.is_bound(*endpoint), "another process")
        self.assertIsNone(connect(endpoint).get("key"))


class Changes(clusters.Case):
    def test_settings_change_at_once(self):
        cluster = self.create_cluster()
        changed = self.modify(cluster, at_once=False, PreferredMaintenanceWindow="TUE:01:00-TUE:02:00", AutoMinorVersionUpgrade=False,
                              SnapshotRetentionLimit=3, SnapshotWindow="05:00-06:00", NotificationTopicArn="arn:aws:sns:us-east-1:000000000000:t",
                              NotificationTopicStatus="inactive", SecurityGroupIds=["sg-2"])
        self.assertEqual(("tue:01:00-tue:02:00", False, 3, "05:00-06:00", "inactive", "sg-2", "available"),
                         (changed["PreferredMaintenanceWindow"], changed["AutoMinorVersionUpgrade"], changed["SnapshotRetentionLimit"],
                          changed["SnapshotWindow"], changed["NotificationConfiguration"]["TopicStatus"],
                          changed["SecurityGroups"][0]["SecurityGroupId"], changed["CacheClusterStatus"]))

    def test_a_larger_node_type_gives_more_memory_without_a_restart(self):
        cluster = self.create_cluster()
        (endpoint,) = self.endpoints(cluster)
        before, processes = maxmemory(endpoint), self.process_ids(cluster)
        connect(endpoint).set("key", "value")
        self.modify(cluster, CacheNodeType=LARGER)
        wait_for(lambda: (c := self.cluster(cluster))["CacheNodeType"] == LARGER and c["CacheClusterStatus"] == "available", LARGER)
        self.assertGreater(maxmemory(endpoint), 1.5 * before)
        self.assertEqual(("value", processes), (connect(endpoint).get("key"), self.process_ids(cluster)))
        self.assertIn("Succeeded applying modification to cache node type to %s." % LARGER, self.messages(cluster))

    def test_a_new_engine_version_keeps_the_data(self):
        cluster = self.create_cluster(EngineVersion="6.2")
        (endpoint,) = self.endpoints(cluster)
        connect(endpoint).set("key", "value")
        self.modify(cluster, EngineVersion="7.1")
        wait_for(lambda: (c := self.cluster(cluster))["EngineVersion"].startswith("7.1") and c["CacheClusterStatus"] == "available", "7.1")
        self.assertEqual("default.redis7", self.cluster(cluster)["CacheParameterGroup"]["CacheParameterGroupName"])
        self.assertEqual("value", connect(endpoint).get("key"))

    def test_what_is_not_asked_for_at_once_waits_for_the_maintenance_window(self):
        cluster = self.create_cluster(PreferredMaintenanceWindow=clusters.far_window())
        answer = self.modify(cluster, at_once=False, CacheNodeType=LARGER, EngineVersion="7.1")
        self.assertEqual(({"CacheNodeType": LARGER}, NODE_TYPE, "available"),
                         (answer["PendingModifiedValues"], answer["CacheNodeType"], answer["CacheClusterStatus"]))
        self.server.admin("GET", "health")
        self.assertEqual(NODE_TYPE, self.cluster(cluster)["CacheNodeType"])
        self.pass_window(cluster)
        wait_for(lambda: self.cluster(cluster)["CacheNodeType"] == LARGER, "the change in the window")
        self.assertFalse(self.wait_cluster(cluster)["PendingModifiedValues"])

    def test_what_waits_goes_along_with_what_is_done_at_once(self):
        cluster = self.create_cluster(PreferredMaintenanceWindow=clusters.far_window())
        self.modify(cluster, at_once=False, CacheNodeType=LARGER)
        self.modify(cluster, at_once=True)
        wait_for(lambda: self.cluster(cluster)["CacheNodeType"] == LARGER, "the change at once")

    def test_a_window_that_comes_while_serve_is_down_is_not_needed_to_remember(self):
        cluster = self.create_cluster(PreferredMaintenanceWindow=clusters.far_window())
        self.modify(cluster, at_once=False, CacheNodeType=LARGER)
        self.server.kill()
        self.server.start()
        self.assertEqual({"CacheNodeType": LARGER}, self.cluster(cluster)["PendingModifiedValues"])
        self.pass_window(cluster)
        wait_for(lambda: self.cluster(cluster)["CacheNodeType"] == LARGER, "the change in the window")


class Adoption(clusters.Case):
    def test_a_cluster_becomes_the_primary_of_a_group_with_its_data_and_its_address(self):
        cluster = self.create_cluster()
        (endpoint,) = self.endpoints(cluster)
        connect(endpoint).set("key", "value")
        group = name("around")
        self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="made for a test", PrimaryClusterId=cluster)
        shown = self.wait_group(group)
        self.assertEqual([cluster], shown["MemberClusters"])
        (member,) = shown["NodeGroups"][0]["NodeGroupMembers"]
        self.assertEqual(("primary", endpoint), (member["CurrentRole"], (member["ReadEndpoint"]["Address"], member["ReadEndpoint"]["Port"])))
        self.assertEqual("value", self.primary(group).get("key"))
        self.api().create_cache_cluster(CacheClusterId=name("copy"), ReplicationGroupId=group)
        wait_for(lambda: self.group(group)["Status"] == "available", "the replica")
        self.assertEqual(2, len(self.group(group)["MemberClusters"]))
        wait_for(lambda: self.reader(group).get("key") == "value", "the data at the replica")
        self.delete_group(group)
        self.wait_cluster_gone(cluster)


if __name__ == "__main__":
    unittest.main()
