"""Deaths, hangs, failovers and changes of size, seen by a Redis client and on the processes themselves."""
import os
import signal
import time
import unittest

import redis

import harness
from harness import alive, connect, wait_for

setUpModule, tearDownModule = harness.one_server()

WITH_FAILOVER = dict(AutomaticFailoverEnabled=True)


class Case(harness.Case):
    def nodes(self, group):
        return {n["cluster"]: n for n in self.server.nodes(group)}

    def primary_cluster(self, group):
        members = self.group(group)["NodeGroups"][0]["NodeGroupMembers"]
        return next(m["CacheClusterId"] for m in members if m["CurrentRole"] == "primary")

    def endpoint(self, group):
        return self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]

    def write_until_accepted(self, endpoint, key, value):
        """Over a new connection each time, as clients reconnect: a hung server must not hold the test."""
        def accepted():
            client = redis.Redis(endpoint["Address"], endpoint["Port"], socket_timeout=0.5, socket_connect_timeout=0.5)
            try:
                return client.set(key, value)
            except redis.RedisError:
                return False
            finally:
                client.close()
        wait_for(accepted, "a write accepted at the primary endpoint")

    def wait_in_force(self, group, count):
        def in_force():
            nodes = self.nodes(group).values()
            return len(nodes) == count and all(n["state"] == "ready" and (n["role"] == "primary" or n["link_up"]) for n in nodes) \
                and sum(n["role"] == "primary" for n in nodes) == 1 and self.group(group)["Status"] == "available"
        wait_for(in_force, "%d nodes of %s in force" % (count, group))

    def messages(self, source, source_type):
        events = self.api().describe_events(SourceIdentifier=source, SourceType=source_type)["Events"]
        return [e["Message"] for e in events]


class AutomaticFailover(Case):
    def test_replaces_a_killed_primary_and_keeps_what_was_waited_for(self):
        group = self.create_group(nodes=3, **WITH_FAILOVER)
        endpoint, old = self.endpoint(group), self.primary_cluster(group)
        client = connect(endpoint)
        for n in range(200):
            client.set("k%d" % n, n)
            self.assertGreaterEqual(client.wait(1, 1000), 1)
        os.kill(self.nodes(group)[old]["pid"], signal.SIGKILL)
        self.write_until_accepted(endpoint, "after", "death")
        self.assertEqual(endpoint, self.endpoint(group), "the endpoint stays")
        new = self.primary_cluster(group)
        self.assertNotEqual(old, new)
        self.assertEqual([str(n) for n in range(200)], connect(endpoint).mget(["k%d" % n for n in range(200)]))
        self.wait_in_force(group, 3)
        self.assertEqual("replica", self.nodes(group)[old]["role"], "the dead one comes back as a replica")
        self.assertEqual("available", self.group(group)["Status"])
        expected = "Failover from primary node %s to replica node %s completed" % (old, new)
        self.assertIn(expected, self.messages(group, "replication-group"))
        self.assertIn("Finished recovery for cache nodes 0001",
                      wait_for(lambda: [m for m in self.messages(old, "cache-cluster") if "Finished" in m], "the recovery told"))

    def test_fences_a_hung_primary_for_good(self):
        group = self.create_group(nodes=2, **WITH_FAILOVER)
        endpoint, old = self.endpoint(group), self.primary_cluster(group)
        hung = self.nodes(group)[old]
        before = connect((hung["address"], hung["port"]))
        before.set("before", "hang")
        os.kill(hung["pid"], signal.SIGSTOP)
        self.write_until_accepted(endpoint, "after", "hang")
        self.assertFalse(alive(hung["pid"]) and self.nodes(group)[old]["pid"] == hung["pid"],
                         "what hung must not be able to wake up as a primary")
        self.wait_in_force(group, 2)
        self.assertEqual("hang", connect((hung["address"], hung["port"])).get("after"))

    def test_restarts_a_primary_in_place_where_it_is_off(self):
        group = self.create_group(nodes=2)
        old = self.primary_cluster(group)
        os.kill(self.nodes(group)[old]["pid"], signal.SIGKILL)
        wait_for(lambda: self.nodes(group)[old]["restarts"] == 1, "the primary started again")
        self.wait_in_force(group, 2)
        self.assertEqual(old, self.primary_cluster(group))

    def test_prefers_another_zone_with_multi_az(self):
        group = self.create_group(nodes=3, MultiAZEnabled=True, AutomaticFailoverEnabled=True,
                                  PreferredCacheClusterAZs=["us-east-1a", "us-east-1a", "us-east-1b"])
        old = self.primary_cluster(group)
        self.wait_in_force(group, 3)
        os.kill(self.nodes(group)[old]["pid"], signal.SIGKILL)
        wait_for(lambda: self.primary_cluster(group) != old, "another primary")
        self.assertEqual(group + "-003", self.primary_cluster(group))

    def test_in_a_passive_region_follows_on_without_copying_anew(self):
        primary = self.create_group(nodes=1)
        self.api().create_global_replication_group(GlobalReplicationGroupIdSuffix=primary, PrimaryReplicationGroupId=primary)
        global_id = wait_for(lambda: self.group(primary)["GlobalReplicationGroupInfo"].get("GlobalReplicationGroupId"), "membership")
        wait_for(lambda: self.api().describe_global_replication_groups(GlobalReplicationGroupId=global_id)
                 ["GlobalReplicationGroups"][0]["Status"] == "primary-only", "primary-only")
        secondary = self.create_group("eu-west-1", nodes=2, GlobalReplicationGroupId=global_id)
        self.primary(primary).set("a", "1")
        syncs = self.primary(primary).info("stats")["sync_full"]
        nodes = {n["cluster"]: n for n in self.server.nodes(secondary, "eu-west-1")}
        # Failover of a passive member is off here as it is on its primary: promote by hand, which takes the same way.
        self.api("eu-west-1").modify_replication_group(ReplicationGroupId=secondary, PrimaryClusterId=secondary + "-002", ApplyImmediately=True)
        self.wait_group(secondary, "eu-west-1")
        self.primary(primary).set("b", "2")
        second = nodes[secondary + "-002"]
        wait_for(lambda: harness.has((second["address"], second["port"]), "b", "2"), "the new first node in step")
        self.assertEqual(syncs, self.primary(primary).info("stats")["sync_full"])


class ALonePrimaryOfADatastore(Case):
    def test_that_dies_comes_back_with_its_data_from_the_other_region(self):
        primary = self.create_group(nodes=1)
        self.api().create_global_replication_group(GlobalReplicationGroupIdSuffix=primary, PrimaryReplicationGroupId=primary)
        status = lambda: self.api().describe_global_replication_groups(GlobalReplicationGroupId="ldgnf-" + primary)["GlobalReplicationGroups"][0]["Status"]
        wait_for(lambda: status() == "primary-only", "primary-only")
        secondary = self.create_group("eu-west-1", nodes=1, GlobalReplicationGroupId="ldgnf-" + primary)
        wait_for(lambda: status() == "available", "available")
        client = self.primary(primary)
        for n in range(100):
            client.set("k%d" % n, n)
        wait_for(lambda: self.primary(secondary, "eu-west-1").get("k99") == "99", "the secondary in step")
        os.kill(self.nodes(primary)[primary + "-001"]["pid"], signal.SIGKILL)
        self.write_until_accepted(self.endpoint(primary), "after", "death")
        self.assertEqual([str(n) for n in range(100)], self.primary(primary).mget(["k%d" % n for n in range(100)]))
        wait_for(lambda: self.primary(secondary, "eu-west-1").get("after") == "death", "the secondary follows again")
        with self.assertRaises(redis.exceptions.ReadOnlyError):
            self.primary(secondary, "eu-west-1").set("x", "y")


class TestFailover(Case):
    def test_kills_the_primary_and_tells_it(self):
        group = self.create_group(nodes=2, **WITH_FAILOVER)
        old, pid = self.primary_cluster(group), None
        pid = self.nodes(group)[old]["pid"]
        answer = self.api().test_failover(ReplicationGroupId=group, NodeGroupId="0001")["ReplicationGroup"]
        self.assertEqual("available", answer["Status"])
        wait_for(lambda: self.primary_cluster(group) != old, "another primary")
        self.wait_in_force(group, 2)
        self.assertNotEqual(pid, self.nodes(group)[old]["pid"])
        self.assertIn("Test Failover API called for node group 0001", self.messages(group, "replication-group"))


class Size(Case):
    def test_grows_and_shrinks_with_its_data(self):
        group = self.create_group(nodes=1)
        self.primary(group).set("a", "1")
        answer = self.api().increase_replica_count(ReplicationGroupId=group, NewReplicaCount=2, ApplyImmediately=True)["ReplicationGroup"]
        self.assertEqual("modifying", answer["Status"])
        self.assertEqual(3, len(answer["MemberClusters"]))
        self.wait_group(group)
        for node in self.nodes(group).values():
            self.assertEqual("1", connect((node["address"], node["port"])).get("a"))
        pids = {c: n["pid"] for c, n in self.nodes(group).items()}
        self.api().decrease_replica_count(ReplicationGroupId=group, ReplicasToRemove=[group + "-002"], ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual([group + "-001", group + "-003"], self.group(group)["MemberClusters"])
        self.assertFalse(alive(pids[group + "-002"]))

    def test_takes_a_replica_in_and_out_as_a_cache_cluster(self):
        group = self.create_group(nodes=1)
        self.primary(group).set("a", "1")
        replica = group + "-mine"
        created = self.api().create_cache_cluster(CacheClusterId=replica.upper(), ReplicationGroupId=group)["CacheCluster"]
        self.assertEqual((replica, "creating", group), (created["CacheClusterId"], created["CacheClusterStatus"], created["ReplicationGroupId"]))
        self.wait_group(group)
        self.assertEqual({group + "-001", replica}, set(self.group(group)["MemberClusters"]))
        node = self.nodes(group)[replica]
        self.assertEqual("1", connect((node["address"], node["port"])).get("a"))
        self.assert_fault("InvalidCacheClusterState", 400, self.api().delete_cache_cluster, CacheClusterId=group + "-001", message="serving as primary")
        deleted = self.api().delete_cache_cluster(CacheClusterId=replica)["CacheCluster"]
        self.assertEqual("deleting", deleted["CacheClusterStatus"])
        self.wait_group(group)
        self.assertEqual([group + "-001"], self.group(group)["MemberClusters"])
        self.assert_fault("InvalidCacheClusterState", 400, self.api().delete_cache_cluster, CacheClusterId=group + "-001",
                          message="only member of a replication group")

    def test_turns_failover_on_and_off(self):
        group = self.create_group(nodes=2)
        answer = self.api().modify_replication_group(ReplicationGroupId=group, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
                                                     ApplyImmediately=True)["ReplicationGroup"]
        self.assertEqual(("enabling", "enabled"), (answer["AutomaticFailover"], answer["MultiAZ"]))
        self.assertEqual("enabled", self.wait_group(group)["AutomaticFailover"])
        self.api().modify_replication_group(ReplicationGroupId=group, AutomaticFailoverEnabled=False, MultiAZEnabled=False, ApplyImmediately=True)
        self.assertEqual("disabled", self.wait_group(group)["AutomaticFailover"])


class Changes(Case):
    def test_a_promotion_on_request_loses_nothing(self):
        group = self.create_group(nodes=2)
        endpoint = self.endpoint(group)
        connect(endpoint).set("a", "1")
        self.api().modify_replication_group(ReplicationGroupId=group, PrimaryClusterId=group + "-002", ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual(group + "-002", self.primary_cluster(group))
        self.assertEqual("1", connect(endpoint).get("a"))
        self.write_until_accepted(endpoint, "b", "2")

    def test_a_new_version_is_rolled_out_with_the_data(self):
        group = self.create_group(nodes=2, EngineVersion=harness.OLDER)
        self.primary(group).set("a", "1")
        self.api().modify_replication_group(ReplicationGroupId=group, EngineVersion=harness.NEWER, ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual("1", self.primary(group).get("a"))
        for member in self.group(group)["MemberClusters"]:
            cluster = self.api().describe_cache_clusters(CacheClusterId=member)["CacheClusters"][0]
            self.assertEqual((harness.NEWER + ".0", "available"), (cluster["EngineVersion"], cluster["CacheClusterStatus"]))

    def test_what_is_not_asked_for_at_once_waits_for_the_window(self):
        now = time.gmtime()
        day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        window = "%s:03:00-%s:04:00" % (day[(now.tm_wday + 2) % 7], day[(now.tm_wday + 2) % 7])
        group = self.create_group(nodes=2, PreferredMaintenanceWindow=window)
        self.api().modify_replication_group(ReplicationGroupId=group, CacheNodeType="cache.r7g.xlarge", AutomaticFailoverEnabled=True)
        shown = self.group(group)
        self.assertEqual(("disabled", "enabled"), (shown["AutomaticFailover"], shown["PendingModifiedValues"].get("AutomaticFailoverStatus")))
        self.assertEqual("available", self.group(group)["Status"])
        node = self.server.nodes(group)[0]
        before = self.config(node, "maxmemory")
        pending = self.api().describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]["PendingModifiedValues"]
        self.assertEqual("cache.r7g.xlarge", pending.get("CacheNodeType"))
        until = ((48 - now.tm_hour + 3) * 60 - now.tm_min + 5) * 60 * 1000
        self.server.admin("POST", "clock?advance_ms=%d" % until)
        try:
            wait_for(lambda: self.group(group)["CacheNodeType"] == "cache.r7g.xlarge" and self.group(group)["Status"] == "available", "the change")
            wait_for(lambda: self.config(node, "maxmemory") != before, "more memory")
            shown = self.group(group)
            self.assertEqual(("enabled", {}), (shown["AutomaticFailover"], shown["PendingModifiedValues"]))
        finally:
            self.server.admin("POST", "clock?advance_ms=%d" % -until)


if __name__ == "__main__":
    unittest.main()
