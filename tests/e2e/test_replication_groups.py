"""The life of a replication group, seen by an SDK and by Redis clients."""
import re
import unittest

import harness
from harness import NODE_TYPE, connect, name, wait_for

setUpModule, tearDownModule = harness.one_server()


class AGroupOfThree(harness.Case):
    """Created once; each test looks at another side of it."""

    @classmethod
    def setUpClass(cls):
        cls.id = name("three")
        api = harness._server.api("us-east-1")
        cls.created = api.create_replication_group(
            ReplicationGroupId=cls.id, ReplicationGroupDescription="three nodes", Engine=harness.ENGINE, CacheNodeType=NODE_TYPE,
            NumCacheClusters=3, AutomaticFailoverEnabled=True, MultiAZEnabled=True)["ReplicationGroup"]
        case = cls("group")
        cls.available = case.wait_group(cls.id)

    def test_answers_the_creation_with_what_is_known_already(self):
        created = self.created
        self.assertEqual("creating", created["Status"])
        self.assertEqual(["%s-00%d" % (self.id, n) for n in (1, 2, 3)], created["MemberClusters"])
        self.assertEqual("three nodes", created["Description"])
        self.assertEqual("enabled", created["AutomaticFailover"])
        self.assertEqual({}, created["PendingModifiedValues"])
        self.assertEqual(NODE_TYPE, created["CacheNodeType"])
        self.assertEqual("arn:aws:elasticache:us-east-1:000000000000:replicationgroup:" + self.id, created["ARN"])
        self.assertNotIn("NodeGroups", {k for k, v in created.items() if v})

    def test_has_the_defaults_of_the_service(self):
        expected = {"Status": "available", "SnapshotRetentionLimit": 0, "ClusterEnabled": False, "AutomaticFailover": "enabled",
                    "MultiAZ": "enabled", "TransitEncryptionEnabled": False, "AtRestEncryptionEnabled": harness.ENGINE == "valkey", "AuthTokenEnabled": False,
                    "DataTiering": "disabled", "NetworkType": "ipv4", "IpDiscovery": "ipv4", "ClusterMode": "disabled",
                    "AutoMinorVersionUpgrade": True, "LogDeliveryConfigurations": []}
        known = {k: v for k, v in expected.items() if k in self.members_known("ReplicationGroup")}
        self.assertEqual(known, {k: self.available.get(k) for k in known})
        self.assertRegex(self.available["SnapshotWindow"], r"^\d\d:\d\d-\d\d:\d\d$")
        self.assertNotIn("ConfigurationEndpoint", self.available)
        self.assertFalse(self.available.get("GlobalReplicationGroupInfo"))

    def members_known(self, shape):
        return self.api().meta.service_model.shape_for(shape).members

    def test_has_one_node_group_with_its_members_and_endpoints(self):
        groups = self.available["NodeGroups"]
        self.assertEqual(["0001"], [g["NodeGroupId"] for g in groups])
        self.assertEqual("available", groups[0]["Status"])
        members = groups[0]["NodeGroupMembers"]
        self.assertEqual(self.created["MemberClusters"], [m["CacheClusterId"] for m in members])
        self.assertEqual(["primary", "replica", "replica"], [m["CurrentRole"] for m in members])
        self.assertEqual({"0001"}, {m["CacheNodeId"] for m in members})
        self.assertTrue(all(re.match("us-east-1[a-f]$", m["PreferredAvailabilityZone"]) for m in members), members)
        endpoints = [groups[0]["PrimaryEndpoint"], groups[0]["ReaderEndpoint"]] + [m["ReadEndpoint"] for m in members]
        self.assertEqual({6379}, {e["Port"] for e in endpoints})
        self.assertEqual(5, len({e["Address"] for e in endpoints}), endpoints)

    def test_replicates_a_write_to_every_member_and_to_the_reader_endpoint(self):
        self.primary(self.id).set("greeting", "hello")
        nodes = [m["ReadEndpoint"] for m in self.available["NodeGroups"][0]["NodeGroupMembers"]]
        for endpoint in nodes + [self.available["NodeGroups"][0]["ReaderEndpoint"]]:
            wait_for(lambda: harness.has(endpoint, "greeting", "hello"), "the greeting at %s" % endpoint)

    def test_lets_replicas_refuse_writes(self):
        with self.assertRaisesRegex(harness.redis.exceptions.ReadOnlyError, "against a read only replica"):
            connect(self.available["NodeGroups"][0]["NodeGroupMembers"][1]["ReadEndpoint"]).set("x", "y")

    def test_spreads_reader_connections_over_the_replicas_alone(self):
        roles = {self.reader(self.id).info("replication")["role"] for _ in range(4)}
        self.assertEqual({"slave"}, roles)

    def test_has_a_role_that_the_processes_confirm(self):
        for member in self.available["NodeGroups"][0]["NodeGroupMembers"]:
            role = connect(member["ReadEndpoint"]).info("replication")["role"]
            self.assertEqual({"primary": "master", "replica": "slave"}[member["CurrentRole"]], role)

    def test_has_members_that_are_cache_clusters_with_its_settings(self):
        cluster = self.api().describe_cache_clusters(CacheClusterId=self.id + "-001")["CacheClusters"][0]
        expected = {"CacheClusterStatus": "available", "CacheNodeType": NODE_TYPE, "Engine": harness.ENGINE, "NumCacheNodes": 1,
                    "ReplicationGroupId": self.id, "CacheSubnetGroupName": "default", "AutoMinorVersionUpgrade": True,
                    "SnapshotRetentionLimit": 0, "AuthTokenEnabled": False, "TransitEncryptionEnabled": False,
                    "AtRestEncryptionEnabled": harness.ENGINE == "valkey", "CacheSecurityGroups": [], "PendingModifiedValues": {},
                    "ARN": "arn:aws:elasticache:us-east-1:000000000000:cluster:%s-001" % self.id,
                    "ClientDownloadLandingPage": "https://console.aws.amazon.com/elasticache/home#client-download:",
                    "ReplicationGroupLogDeliveryEnabled": False}
        self.assertEqual(expected, {k: cluster.get(k) for k in expected})
        self.assertRegex(cluster["EngineVersion"], r"^\d+\.\d+\.\d+$")
        self.assertRegex(cluster["PreferredMaintenanceWindow"], r"^(mon|tue|wed|thu|fri|sat|sun):\d\d:\d\d-\w{3}:\d\d:\d\d$")
        group = cluster["CacheParameterGroup"]
        self.assertEqual((harness.PARAMETERS, "in-sync"), (group["CacheParameterGroupName"], group["ParameterApplyStatus"]))
        self.assertNotIn("CacheNodes", cluster)

    def test_shows_cache_nodes_only_when_asked(self):
        cluster = self.api().describe_cache_clusters(CacheClusterId=self.id + "-002", ShowCacheNodeInfo=True)["CacheClusters"][0]
        node = cluster["CacheNodes"][0]
        member = self.available["NodeGroups"][0]["NodeGroupMembers"][1]
        self.assertEqual(("0001", "available", member["ReadEndpoint"]), (node["CacheNodeId"], node["CacheNodeStatus"], node["Endpoint"]))
        self.assertEqual(member["PreferredAvailabilityZone"], node["CustomerAvailabilityZone"])
        self.assertEqual("in-sync", node["ParameterGroupStatus"])

    def test_hides_its_members_from_those_who_want_clusters_outside_replication_groups(self):
        clusters = self.api().describe_cache_clusters(ShowCacheClustersNotInReplicationGroups=True)["CacheClusters"]
        self.assertEqual([], [c for c in clusters if c.get("ReplicationGroupId") == self.id])
        everything = self.api().describe_cache_clusters()["CacheClusters"]
        self.assertEqual(self.created["MemberClusters"], [c["CacheClusterId"] for c in everything if c.get("ReplicationGroupId") == self.id])

    def test_is_found_whatever_the_case_of_its_id(self):
        self.assertEqual(self.id, self.group(self.id.upper())["ReplicationGroupId"])

    def test_is_in_its_own_region_only(self):
        self.assert_fault("ReplicationGroupNotFoundFault", 404, self.api("eu-west-1").describe_replication_groups,
                          ReplicationGroupId=self.id, message=self.id)

    def test_tells_its_story_in_events(self):
        events = self.api().describe_events(SourceType="replication-group", SourceIdentifier=self.id)["Events"]
        self.assertIn("Replication group %s created" % self.id, [e["Message"] for e in events])
        self.assertEqual({self.id}, {e["SourceIdentifier"] for e in events})
        dates = [e["Date"] for e in events]
        self.assertEqual(sorted(dates, reverse=True), dates)
        cluster = self.api().describe_events(SourceType="cache-cluster", SourceIdentifier=self.id + "-001")["Events"]
        messages = [e["Message"] for e in cluster]
        self.assertIn("Cache cluster created", messages)
        self.assertTrue(any(m.startswith("Added cache node 0001 in availability zone us-east-1") for m in messages), messages)


class Life(harness.Case):
    def test_goes_from_creating_to_available_and_nothing_between(self):
        group = self.create_group(wait=False)
        seen = []
        wait_for(lambda: seen.append(self.group(group)["Status"]) or seen[-1] == "available", "available")
        self.assertLessEqual(set(seen), {"creating", "available"})

    def test_of_one_node_takes_and_gives_data(self):
        group = self.create_group()
        self.primary(group).set("k", "v")
        self.assertEqual("v", self.primary(group).get("k"))
        self.assertEqual("disabled", self.group(group)["AutomaticFailover"])
        self.assertEqual("disabled", self.group(group)["MultiAZ"])

    def test_keeps_the_requested_port(self):
        group = self.create_group(Port=7001)
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        self.assertEqual(7001, endpoint["Port"])
        self.assertTrue(connect(endpoint).ping())

    def test_keeps_the_windows_and_the_retention_it_was_given(self):
        group = self.create_group(PreferredMaintenanceWindow="Sun:05:00-Sun:06:00", SnapshotWindow="01:00-02:00", SnapshotRetentionLimit=0)
        cluster = self.api().describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]
        self.assertEqual("sun:05:00-sun:06:00", cluster["PreferredMaintenanceWindow"])
        self.assertEqual(("01:00-02:00", 0), (cluster["SnapshotWindow"], cluster["SnapshotRetentionLimit"]))

    def test_folds_an_id_in_capitals(self):
        group = self.create_group(ReplicationGroupId=name("CAPITAL"))
        self.assertEqual(group.lower(), self.group(group)["ReplicationGroupId"])

    def test_ends_with_not_found_and_with_its_processes(self):
        group = self.create_group(nodes=2)
        pids = [n["pid"] for n in self.server.nodes(group)]
        self.assertEqual(2, len(pids))
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        answer = self.api().delete_replication_group(ReplicationGroupId=group)["ReplicationGroup"]
        self.assertEqual((group, "deleting"), (answer["ReplicationGroupId"], answer["Status"]))
        self.wait_group_gone(group)
        self.assertEqual([], self.server.nodes(group))
        self.assertEqual([], [pid for pid in pids if pid in harness.processes_of(self.server.data)])
        self.assertFalse(harness.is_bound(endpoint["Address"], endpoint["Port"]))
        self.assert_fault("CacheClusterNotFound", 404, self.api().describe_cache_clusters, CacheClusterId=group + "-001",
                          message="CacheCluster not found: %s-001" % group)

    def test_lets_an_id_be_used_again_with_nothing_left_from_before(self):
        group = self.create_group()
        self.primary(group).set("old", "data")
        self.delete_group(group)
        self.create_group(ReplicationGroupId=group)
        self.assertIsNone(self.primary(group).get("old"))

    def test_brings_a_node_back_that_died(self):
        group = self.create_group(nodes=2)
        before = {n["id"]: n["pid"] for n in self.server.nodes(group)}
        replica = [n for n in self.server.nodes(group) if n["role"] == "replica"][0]
        harness.os.kill(replica["pid"], harness.signal.SIGKILL)
        def back():
            now = {n["id"]: n for n in self.server.nodes(group)}
            node = now[replica["id"]]
            return node["pid"] not in (0, before[replica["id"]]) and node["state"] == "ready" and node
        node = wait_for(back, "the replica running again")
        self.primary(group).set("after", "death")
        wait_for(lambda: harness.has((node["address"], node["port"]), "after", "death"), "replication to the replica that came back")


class Modify(harness.Case):
    def test_changes_the_description_and_the_windows(self):
        group = self.create_group(nodes=2)
        answer = self.api().modify_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="another text", PreferredMaintenanceWindow="tue:03:00-tue:04:00",
            SnapshotWindow="07:00-08:00", ApplyImmediately=True)["ReplicationGroup"]
        self.assertIn(answer["Status"], ("available", "modifying"))
        changed = self.wait_group(group)
        self.assertEqual(("another text", "07:00-08:00"), (changed["Description"], changed["SnapshotWindow"]))
        for member in changed["MemberClusters"]:
            cluster = self.api().describe_cache_clusters(CacheClusterId=member)["CacheClusters"][0]
            self.assertEqual("tue:03:00-tue:04:00", cluster["PreferredMaintenanceWindow"])

    def test_of_nothing_is_refused(self):
        group = self.create_group()
        self.assert_fault("InvalidParameterCombination", 400, self.api().modify_replication_group, ReplicationGroupId=group,
                          ApplyImmediately=True, message="No modifications were requested")


if __name__ == "__main__":
    unittest.main()
