"""Slots that move between shards while clients read and write, whatever dies meanwhile."""
import os
import signal
import unittest

import harness
import redis
from harness import connect, wait_for
from shards import Case, Snapshots

setUpModule, tearDownModule = harness.one_server()


class Resharding(Case):
    def fill(self, group):
        client = self.client(group)
        for n in range(3000):
            client.set("still-%d" % n, n)

    def test_up_and_down_under_load_loses_and_doubles_nothing(self):
        group = self.create(2, 1)
        self.fill(group)
        with self.load(group) as load:
            shown = self.reshape(group, 3)
            self.assertEqual("modifying", shown["Status"])
            self.assertEqual(0, shown["PendingModifiedValues"]["Resharding"]["SlotMigration"]["ProgressPercentage"])
            self.wait_group(group)
            self.check_whole(group)
            self.assertEqual([5461, 5461, 5462], sorted(len(s) for s in self.slot_map(group).values()))
            self.assertEqual({}, self.group(group)["PendingModifiedValues"])
            self.reshape(group, 2, NodeGroupsToRemove=["0001"])
            self.wait_group(group)
            self.check_whole(group)
            self.assertEqual({"0002", "0003"}, set(self.slot_map(group)))
        self.assertEqual([], load.errors[:5])
        self.check_keys(group, load)
        self.assertIn("Finished modifying number of node groups from 2 to 3 for replication group %s" % group, self.messages(group))

    def check_keys(self, group, load):
        client = self.client(group)
        self.assertEqual([str(n) for n in range(3000)], [client.get("still-%d" % n) for n in range(3000)])
        self.assertEqual(load.kept, {key: client.get(key) for key in load.kept})
        primaries = [n for n in self.nodes(group).values() if n["role"] == "primary"]
        self.assertEqual(3000 + len(load.kept), sum(connect((n["address"], n["port"])).dbsize() for n in primaries))

    def test_has_a_master_with_keys_and_no_slots_follow_again(self):
        group = self.create(1, 1)
        self.fill(group)
        replica = next(n for n in self.nodes(group).values() if n["role"] == "replica")
        node, agent = self.admin(replica), self.server.agent("us-east-1")
        os.kill(agent, signal.SIGSTOP)  # for less than it takes to count as hung
        node.execute_command("CLUSTER", "RESET")
        node.config_set("cluster-require-full-coverage", "no")
        node.execute_command("CLUSTER", "ADDSLOTS", 0)
        wait_for(lambda: self.takes_write(node, "{3B8}left"), "a key of slot 0")
        node.execute_command("CLUSTER", "DELSLOTS", 0)
        os.kill(agent, signal.SIGCONT)
        wait_for(lambda: node.dbsize() == 3000 and node.info("replication")["role"] == "slave", "the replica follows again")
        wait_for(lambda: self.is_whole(group), "every node has heard of it")

    @staticmethod
    def takes_write(node, key):
        try:
            return node.set(key, "x")
        except redis.exceptions.ResponseError:
            return False

    def test_goes_on_after_the_control_plane_the_agent_and_a_primary_were_killed(self):
        group = self.create(2, 1)
        self.fill(group)
        with self.load(group) as load:
            self.reshape(group, 3)
            self.server.kill()
            os.kill(self.server.agent("us-east-1"), signal.SIGKILL)
            self.server.start()
            self.wait_group(group)
        self.assertEqual([], load.errors[:5])
        self.check_whole(group)
        self.check_keys(group, load)
        self.reshape(group, 2, NodeGroupsToRetain=["0002", "0003"])
        os.kill(self.primary_of(group, "0002")["pid"], signal.SIGKILL)
        self.wait_group(group)
        self.check_whole(group)


class Restoring(Snapshots):
    def test_gathers_a_snapshot_in_fewer_shards_than_it_has(self):
        group = self.create(2, 0)
        self.fill(self.client(group))
        snapshot = self.take(group, ReplicationGroupId=group)
        self.check(self.restore(snapshot, NumNodeGroups=1), 1)

    def test_spreads_the_data_of_a_group_without_cluster_mode(self):
        group = self.create_group()
        self.fill(self.primary(group))
        snapshot = self.take(group, CacheClusterId=group + "-001")
        self.check(self.restore(snapshot, NumNodeGroups=2, ReplicasPerNodeGroup=0), 2)
        self.check(self.restore(snapshot, CacheParameterGroupName=harness.SHARDED_PARAMETERS), 1)


if __name__ == "__main__":
    unittest.main()
