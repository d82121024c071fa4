"""Groups in cluster mode: a real Redis Cluster, seen by cluster clients, by every node, and in the API's answers."""
import os
import shutil
import signal
import subprocess
import unittest

import redis

import harness
from harness import connect, wait_for
from shards import SLOTS, Case, Snapshots

setUpModule, tearDownModule = harness.one_server()


class Creation(Case):
    def test_makes_a_cluster_that_clients_find_through_the_configuration_endpoint(self):
        group = self.create(3, 1)
        shown = self.group(group)
        self.assertEqual(["0-5461", "5462-10922", "10923-16383"], [g["Slots"] for g in shown["NodeGroups"]])
        self.assertEqual(["%s-000%d-00%d" % (group, s, m) for s in (1, 2, 3) for m in (1, 2)], shown["MemberClusters"])
        self.assertEqual((True, "enabled"), (shown["ClusterEnabled"], shown["AutomaticFailover"]))
        self.assertFalse([g for g in shown["NodeGroups"] if "PrimaryEndpoint" in g or "CurrentRole" in g["NodeGroupMembers"][0]])
        self.check_whole(group)
        client = self.client(group)
        for n in range(3000):
            client.set("key-%d" % n, n)
        self.assertEqual([str(n) for n in range(3000)], [client.get("key-%d" % n) for n in range(3000)])
        end = shown["ConfigurationEndpoint"]
        answer = subprocess.run(["redis-cli", "-c", "-h", end["Address"], "-p", str(end["Port"])], text=True, timeout=20,
                                input="".join("get key-%d\n" % n for n in range(50)), stdout=subprocess.PIPE)
        self.assertEqual([str(n) for n in range(50)], [line for line in answer.stdout.split() if line.isdigit()])
        self.delete_group(group)

    def test_takes_slots_zones_ids_and_counts_of_the_callers_choice(self):
        group = self.create(2, NumNodeGroups=2, NodeGroupConfiguration=[
            {"NodeGroupId": "0005", "Slots": "0-99,200-16383", "ReplicaCount": 0, "PrimaryAvailabilityZone": "us-east-1c"},
            {"NodeGroupId": "0003", "Slots": "100-199", "ReplicaCount": 2, "PrimaryAvailabilityZone": "us-east-1a",
             "ReplicaAvailabilityZones": ["us-east-1b", "us-east-1c"]}])
        shown = {g["NodeGroupId"]: g for g in self.group(group)["NodeGroups"]}
        self.assertEqual({"0003": "100-199", "0005": "0-99,200-16383"}, {i: g["Slots"] for i, g in shown.items()})
        self.assertEqual(["us-east-1a", "us-east-1b", "us-east-1c"],
                         [m["PreferredAvailabilityZone"] for m in shown["0003"]["NodeGroupMembers"]])
        self.check_whole(group)

    def test_comes_back_with_its_data_after_a_stop(self):
        group = self.create(2, 1)
        client = self.client(group)
        for n in range(200):
            client.set("kept-%d" % n, n)
        self.server.terminate()
        self.server.start()
        self.wait_group(group)
        wait_for(lambda: self.is_whole(group), "all views the same")
        again = self.client(group)
        self.assertEqual([str(n) for n in range(200)], [again.get("kept-%d" % n) for n in range(200)])


class Failover(Case):
    def test_replaces_a_shards_killed_primary_and_keeps_what_was_waited_for(self):
        group = self.create(3, 1)
        before, old = self.slot_map(group), self.primary_of(group, "0002")
        direct = connect((old["address"], old["port"]))
        tag = next("{t%d}" % n for n in range(SLOTS * 4) if direct.execute_command("CLUSTER KEYSLOT", "{t%d}" % n) in before["0002"])
        for n in range(100):
            direct.set(tag + str(n), n)
            self.assertEqual(1, direct.wait(1, 1000))
        os.kill(old["pid"], signal.SIGKILL)
        client = self.client(group)
        wait_for(lambda: self.accepts(client, tag), "a write to the shard's slots")
        self.assertEqual([str(n) for n in range(100)], [client.get(tag + str(n)) for n in range(100)])
        wait_for(lambda: self.nodes(group)[old["cluster"]]["role"] == "replica", "the dead one back as a replica")
        wait_for(lambda: self.is_whole(group), "all views the same")
        self.assertEqual(before["0002"], self.slot_map(group)["0002"])
        new = self.primary_of(group, "0002")["cluster"]
        self.assertIn("Failover from primary node %s to replica node %s completed" % (old["cluster"], new), self.messages(group))

    @staticmethod
    def accepts(client, key):
        try:
            return client.set(key, "after")
        except redis.RedisError:
            return False

    def test_of_a_hung_primary_fences_it_and_test_failover_asks_for_one(self):
        group = self.create(2, 1)
        hung = self.primary_of(group, "0001")
        os.kill(hung["pid"], signal.SIGSTOP)
        wait_for(lambda: self.primary_of(group, "0001")["cluster"] != hung["cluster"], "another primary")
        wait_for(lambda: self.nodes(group)[hung["cluster"]]["role"] == "replica", "the hung one back as a replica")
        wait_for(lambda: self.is_whole(group), "all views the same")
        self.api().test_failover(ReplicationGroupId=group, NodeGroupId="0002")
        first = "%s-0002-001" % group
        wait_for(lambda: self.nodes(group)[first]["role"] == "replica", "the second shard's primaries to change")
        wait_for(lambda: self.is_whole(group), "all views the same")

    def test_by_the_engine_itself_where_nobody_looks_is_taken_as_it_is(self):
        group = self.create(3, 1)
        old = self.primary_of(group, "0001")
        other = next(n for n in self.nodes(group).values() if n["cluster"] == "%s-0001-002" % group)
        self.server.kill()
        os.kill(self.server.agent("us-east-1"), signal.SIGKILL)
        os.kill(old["pid"], signal.SIGKILL)
        client = connect((other["address"], other["port"]))
        wait_for(lambda: client.role()[0] == "master", "the engine's own election", deadline=6)
        self.server.start()
        wait_for(lambda: self.nodes(group)[old["cluster"]]["role"] == "replica", "the dead one back as a replica")
        self.assertEqual(other["pid"], self.nodes(group)[other["cluster"]]["pid"])
        self.assertEqual("primary", self.nodes(group)[other["cluster"]]["role"])
        wait_for(lambda: self.is_whole(group), "all views the same")


class Changes(Case):
    def test_of_replicas_node_type_and_parameters_reach_every_shard(self):
        group = self.create(2, 1)
        client = self.client(group)
        client.set("kept", "yes")
        api = self.api()
        api.increase_replica_count(ReplicationGroupId=group, ApplyImmediately=True,
                                   ReplicaConfiguration=[{"NodeGroupId": "0002", "NewReplicaCount": 2}])
        self.wait_group(group)
        self.check_whole(group)
        self.assertEqual([2, 3], [len(g["NodeGroupMembers"]) for g in self.group(group)["NodeGroups"]])
        api.decrease_replica_count(ReplicationGroupId=group, NewReplicaCount=0, ApplyImmediately=True)
        self.wait_group(group)
        self.check_whole(group)
        api.modify_replication_group(ReplicationGroupId=group, CacheNodeType="cache.r6g.xlarge", ApplyImmediately=True)
        self.wait_group(group)
        memory = {connect((n["address"], n["port"])).info("memory")["maxmemory"] for n in self.nodes(group).values()}
        self.assertEqual(1, len(memory), memory)
        self.assertGreater(memory.pop(), 15 << 30)
        self.assertEqual("yes", client.get("kept"))
        self.delete_group(group)


class Mode(Case):
    def test_goes_from_disabled_by_compatible_to_enabled_with_the_data(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        plain = self.primary(group)
        for n in range(300):
            plain.set("kept-%d" % n, n)
        self.assertEqual(0, plain.info("cluster")["cluster_enabled"])
        self.change(group, "compatible")
        self.assertEqual(["0-16383"], [g["Slots"] for g in self.group(group)["NodeGroups"]])
        for client in (self.client(group), self.primary(group), self.reader(group)):
            self.assertEqual([str(n) for n in range(300)], [client.get("kept-%d" % n) for n in range(300)])
        self.change(group, "disabled")
        self.assertEqual(0, self.primary(group).info("cluster")["cluster_enabled"])
        self.change(group, "compatible")
        self.change(group, "enabled")
        self.assertNotIn("PrimaryEndpoint", self.group(group)["NodeGroups"][0])
        self.check_whole(group)
        client = self.client(group)
        self.assertEqual([str(n) for n in range(300)], [client.get("kept-%d" % n) for n in range(300)])

    def test_keeps_what_is_in_the_only_database_there_is_and_counts_the_rest(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        for db, n in ((0, 40), (3, 20), (7, 5)):
            client = redis.Redis(endpoint["Address"], endpoint["Port"], db=db)
            for i in range(n):
                client.set("kept-%d" % i, i)
        first = self.primary_of_group(group)
        self.change(group, "compatible")
        self.assertEqual([str(n) for n in range(40)], [self.client(group).get("kept-%d" % n) for n in range(40)])
        self.assertEqual(first, self.primary_of_group(group))
        for node in self.nodes(group).values():
            events = self.api().describe_events(SourceIdentifier=node["cluster"], SourceType="cache-cluster")["Events"]
            self.assertEqual(1, sum("has left out 25 keys of other databases than 0" in e["Message"] for e in events), events)
            with open(os.path.join(self.server.data, "regions", "us-east-1", node["id"], "databases.rdb"), "rb") as f:
                self.assertIn(b"kept-19", f.read())
        self.change(group, "disabled")
        self.assertEqual(40, self.primary(group).dbsize())

    def primary_of_group(self, group):
        (found,) = [n["id"] for n in self.nodes(group).values() if n["role"] == "primary"]
        return found

    def change(self, group, mode):
        answer = self.server.query(Action="ModifyReplicationGroup", ReplicationGroupId=group, ClusterMode=mode, ApplyImmediately="true")
        self.assertEqual(200, answer.status, answer.text)
        self.wait_group(group)


class OfSnapshots(Snapshots):
    def test_come_back_with_the_shards_and_slots_they_had(self):
        slots = ["0-99,200-999", "100-199,1000-16383"]
        group = self.create(2, 0, NodeGroupConfiguration=[{"Slots": s} for s in slots])
        self.fill(self.client(group))
        snapshot = self.take(group, ReplicationGroupId=group)
        shown = self.api().describe_snapshots(SnapshotName=snapshot, ShowNodeGroupConfig=True)["Snapshots"][0]["NodeSnapshots"]
        self.assertEqual(slots, [n["NodeGroupConfiguration"]["Slots"] for n in shown])
        again = self.restore(snapshot, NumCacheClusters=2)  # which counts nothing where there are several shards
        self.check(again, 2)
        self.assertEqual(2, len(self.nodes(again)))
        self.assertEqual(self.slot_map(group), self.slot_map(again))


class Upgrades(Case):
    """With another program for the old version, so that every node has to be restarted."""

    def setUp(self):
        super().setUp()
        self.own = harness.Server()
        older = shutil.copy(shutil.which(harness.PROGRAM), os.path.join(self.own.folder, "older-redis"))
        self.own.flags += ["--engine", "%s:%s=%s" % (harness.ENGINE, harness.OLDER, older)]
        self.addCleanup(self.own.finish)
        self.own.start()

    @property
    def server(self):
        return self.own

    def test_of_the_engine_go_through_every_shard_and_lose_no_write(self):
        group = self.create(2, 1, EngineVersion=harness.OLDER)
        before = {n["pid"] for n in self.nodes(group).values()}
        with self.load(group) as load:
            self.api().modify_replication_group(ReplicationGroupId=group, EngineVersion=harness.NEWER, ApplyImmediately=True)
            self.wait_group(group)
        self.assertFalse(before & {n["pid"] for n in self.nodes(group).values()}, "every node was restarted")
        self.check_whole(group)
        client = self.client(group)
        self.assertEqual({}, {key: (value, client.get(key)) for key, value in load.kept.items() if client.get(key) != value})


if __name__ == "__main__":
    unittest.main()
