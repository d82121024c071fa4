"""serve --dry-run: everything but the processes."""
import unittest
import urllib.error

import harness
from harness import wait_for

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run", "--check", "--redis-server", "/nowhere/redis-server"])


class DryRun(harness.Case):
    def leader(self, group):
        return wait_for(lambda: [n for n in self.server.nodes(group) if n["role"] == "primary" and n["serves"]], "a primary of " + group)[0]

    def do(self, node, deed):
        return self.server.admin("PUT", "nodes/%s?region=us-east-1&do=%s" % (node["id"], deed))

    def test_a_replication_group_is_available_without_a_process_and_says_so(self):
        group = self.create_group(nodes=3)
        self.assertTrue(self.server.admin("GET", "health")["dry_run"])
        nodes = self.server.nodes(group)
        self.assertEqual([True] * 3, [n["dry_run"] for n in nodes])
        self.assertTrue(all(n["pid"] > 1 << 22 for n in nodes))
        self.assertEqual({}, dict(self.server.engines()))
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        self.assertFalse(harness.is_bound(endpoint["Address"], endpoint["Port"]))

    def test_a_primary_that_dies_or_hangs_is_replaced(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        for deed in "kill", "hang":
            before = self.leader(group)
            self.do(before, deed)
            wait_for(lambda: self.leader(group)["id"] != before["id"], "another primary of " + group)
            wait_for(lambda: all(n["serves"] for n in self.server.nodes(group)), "a whole " + group)
            self.wait_group(group)

    def test_shards_and_snapshots_come_and_go(self):
        group = harness.name("shards")
        self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=harness.NODE_TYPE, NumNodeGroups=2,
            ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, CacheParameterGroupName="default.redis7.cluster.on")
        self.wait_group(group)
        self.api().modify_replication_group_shard_configuration(ReplicationGroupId=group, NodeGroupCount=3, ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual(3, len(self.group(group)["NodeGroups"]))
        snapshot = harness.name("s")
        self.api().create_snapshot(ReplicationGroupId=group, SnapshotName=snapshot)
        wait_for(lambda: self.api().describe_snapshots(SnapshotName=snapshot)["Snapshots"][0]["SnapshotStatus"] == "available", snapshot)
        self.delete_group(group)
        self.wait_group_gone(group)

    def test_times_are_told_and_set_and_nonsense_is_refused(self):
        before = self.server.admin("GET", "dry-run")
        self.assertEqual({"dry_run": True, "start_ms": 20, "switch_ms": 2, "life_ms": 0}, before)
        after = self.server.admin("PUT", "dry-run?start_ms=1&switch_ms=0")
        self.assertEqual({"dry_run": True, "start_ms": 1, "switch_ms": 0, "life_ms": 0}, after)
        for status, path in ((400, "dry-run?life_ms=soon"), (400, "nodes/x?region=us-east-1&do=dance"), (404, "nodes/x?do=kill"),
                             (404, "nodes/x?region=us-east-1&do=kill")):
            with self.assertRaises(urllib.error.HTTPError) as answer:
                self.server.admin("PUT", path)
            self.assertEqual(status, answer.exception.code)

    def test_everything_comes_back_after_a_start(self):
        self.own_server(flags=["--dry-run"])
        self.server.start()
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        self.server.terminate()
        self.server.start()
        self.wait_group(group)
        self.server.kill()
        self.server.start()
        self.wait_group(group)
        wait_for(lambda: all(n["serves"] for n in self.server.nodes(group)), "a whole " + group)


if __name__ == "__main__":
    unittest.main()
