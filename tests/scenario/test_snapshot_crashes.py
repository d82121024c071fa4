"""Whoever dies while a snapshot is taken or loaded: it is whole in the end, or has failed, and nothing is left over."""
import os
import signal
import unittest

import harness
import snapshots
from harness import name, wait_for

KEYS = 3000


class Crashes(snapshots.Case):
    def setUp(self):
        self.own_server(flags=["--restricted-commands", "allow"])
        super().setUp()
        self.own.start()

    def node(self, group):
        return self.server.nodes(group)[0]

    def files(self):
        folder = os.path.join(self.server.data, "regions", "us-east-1", "Snapshots")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    def slow_group(self):
        """A group whose snapshots take seconds: the engine sleeps after every key."""
        group = self.create_group()
        client = self.primary(group)
        with client.pipeline() as p:
            for i in range(KEYS):
                p.set(i, i)
            p.execute()
        client.config_set("rdb-key-save-delay", 1_000_000)
        return group

    def begin(self, group):
        """Begins a snapshot, and waits until the engine's child is at work."""
        snapshot = name("snap")
        self.api().create_snapshot(SnapshotName=snapshot, ReplicationGroupId=group)
        wait_for(lambda: self.primary(group).info("persistence")["rdb_bgsave_in_progress"], "a BGSAVE")
        return snapshot

    def hurry(self, group):
        """The child under way has its delay from before: it is ended, which an agent takes for a failure, if it looks on."""
        self.primary(group).config_set("rdb-key-save-delay", 0)

    def children_of(self, pid):
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(p) for p in f.read().split()]

    def check_restored(self, snapshot):
        group = self.restore(SnapshotName=snapshot)
        self.wait_group(group)
        self.assertEqual(KEYS, self.primary(group).dbsize())

    def test_of_serve_while_one_is_taken(self):
        group = self.slow_group()
        snapshot = self.begin(group)
        self.server.kill()
        self.server.start()
        self.assertEqual(("creating", "snapshotting"), (self.snapshot(snapshot)["SnapshotStatus"], self.group(group)["Status"]))
        self.hurry(group)
        pid = self.node(group)["pid"]
        os.kill(self.server.agent("us-east-1"), signal.SIGKILL)
        for child in self.children_of(pid):
            os.kill(child, signal.SIGKILL)
        self.wait_snapshot(snapshot)
        self.wait_group(group)
        self.check_restored(snapshot)

    def test_of_the_agent_while_one_is_taken(self):
        group = self.slow_group()
        snapshot = self.begin(group)
        self.hurry(group)
        pid = self.node(group)["pid"]
        os.kill(self.server.agent("us-east-1"), signal.SIGKILL)
        for child in self.children_of(pid):
            os.kill(child, signal.SIGKILL)
        self.wait_snapshot(snapshot)
        self.assertEqual([snapshot + ".0001.rdb"], self.files())
        self.check_restored(snapshot)

    def test_of_the_engines_child_while_one_is_taken(self):
        group = self.slow_group()
        snapshot = self.begin(group)
        self.hurry(group)
        for child in self.children_of(self.node(group)["pid"]):
            os.kill(child, signal.SIGKILL)
        self.wait_snapshot(snapshot, "failed")
        self.wait_group(group)
        self.assertEqual(KEYS, self.primary(group).dbsize())
        self.assertEqual([], self.files())
        self.api().delete_snapshot(SnapshotName=snapshot)
        self.wait_snapshot_gone(snapshot)

    def test_of_the_node_while_one_is_taken(self):
        """The node comes back empty: that is not what was to be taken. Its child ends with it."""
        group = self.slow_group()
        snapshot = self.begin(group)
        (child,) = self.children_of(self.node(group)["pid"])
        os.kill(self.node(group)["pid"], signal.SIGKILL)
        self.wait_snapshot(snapshot, "failed")
        self.wait_group(group)
        self.assertEqual([], self.files())
        self.assertNotIn(child, harness.processes_of(self.server.data))

    def test_of_the_node_before_a_final_snapshot_keeps_the_group(self):
        group = self.slow_group()
        snapshot = name("final")
        self.api().delete_replication_group(ReplicationGroupId=group, FinalSnapshotIdentifier=snapshot)
        wait_for(lambda: self.children_of(self.node(group)["pid"]), "a BGSAVE")
        os.kill(self.node(group)["pid"], signal.SIGKILL)
        self.wait_snapshot(snapshot, "failed")
        self.wait_group(group)

    def test_an_orderly_stop_meanwhile_takes_it_afterwards(self):
        group = self.slow_group()
        snapshot = self.begin(group)
        self.hurry(group)
        self.server.terminate()
        self.assertEqual([], self.files())
        self.server.start()
        self.wait_snapshot(snapshot)
        self.wait_group(group)
        self.assertEqual(KEYS, self.primary(group).dbsize())
        self.check_restored(snapshot)

    def test_a_file_that_cannot_be_written_is_told_of(self):
        group = self.create_group()
        self.server.admin("PUT", "trips/snapshot_write?count=1")
        snapshot = name("snap")
        self.api().create_snapshot(SnapshotName=snapshot, ReplicationGroupId=group)
        self.wait_snapshot(snapshot, "failed")
        self.wait_group(group)
        self.assertIn("Snapshot failed for snapshot with ID '%s' of cache cluster with ID '%s-001'" % (snapshot, group),
                      self.events(group + "-001"))
        self.assertEqual([], self.files())
        self.take(group)

    def test_of_everybody_while_one_is_loaded(self):
        group = self.create_group()
        client = self.primary(group)
        with client.pipeline() as p:
            for i in range(KEYS):
                p.set(i, i)
            p.execute()
        snapshot = self.take(group)
        for victim in ("serve", "agent", "node"):
            with self.subTest(victim=victim):
                restored = self.restore(SnapshotName=snapshot, NumCacheClusters=2, AutomaticFailoverEnabled=True)
                wait_for(lambda: any(n["pid"] for n in self.server.nodes(restored)), "a process")
                if victim == "serve":
                    self.server.kill()
                    self.server.start()
                else:
                    pid = self.server.agent("us-east-1") if victim == "agent" else max(n["pid"] for n in self.server.nodes(restored))
                    os.kill(pid, signal.SIGKILL)
                self.wait_group(restored)
                self.assertEqual(KEYS, self.primary(restored).dbsize())
                self.wait_snapshot(snapshot)

    def test_of_everybody_while_one_is_shared_out_to_shards(self):
        group = self.create_group()
        with self.primary(group).pipeline() as p:
            for i in range(KEYS):
                p.set(i, "v" * 1000)
            p.execute()
        snapshot = self.take(group)
        for victim in ("agent at once", "serve", "agent", "node"):
            with self.subTest(victim=victim):
                restored = self.restore(SnapshotName=snapshot, NumNodeGroups=3, ReplicasPerNodeGroup=1)
                if victim != "agent at once":
                    wait_for(lambda: any(n["pid"] for n in self.server.nodes(restored)), "a process")
                if victim == "serve":
                    self.server.kill()
                    self.server.start()
                else:
                    pid = max(n["pid"] for n in self.server.nodes(restored)) if victim == "node" else self.server.agent("us-east-1")
                    os.kill(pid, signal.SIGKILL)
                self.wait_group(restored)
                primaries = [n for n in self.server.nodes(restored) if n["role"] == "primary"]
                self.assertEqual(KEYS, sum(self.admin(n).dbsize() for n in primaries))
                for n in primaries:
                    folder = os.path.join(self.server.data, "regions", "us-east-1", n["id"])
                    self.assertEqual([], [f for f in os.listdir(folder) if f.endswith((".part", ".rdb"))])
                self.wait_snapshot(snapshot)

    def test_files_that_nobody_knows_are_swept(self):
        snapshot = self.take(self.create_group())
        self.server.terminate()
        folder = os.path.join(self.server.data, "regions", "us-east-1", "Snapshots")
        for stray in ("other.0001.rdb", snapshot + ".0002.rdb.part", "x"):
            with open(os.path.join(folder, stray), "w"):
                pass
        self.server.start()
        wait_for(lambda: self.files() == [snapshot + ".0001.rdb"], "strays gone")
        self.api().delete_snapshot(SnapshotName=snapshot)
        self.wait_snapshot_gone(snapshot)
        self.assertEqual([], self.files())

    def test_a_region_without_nodes_deletes_them_too(self):
        group, snapshot = self.create_group(), name("final")
        self.delete_group(group, FinalSnapshotIdentifier=snapshot)
        self.server.terminate()
        self.server.start()
        self.assertEqual([snapshot + ".0001.rdb"], self.files())
        self.api().delete_snapshot(SnapshotName=snapshot)
        self.wait_snapshot_gone(snapshot)
        self.assertEqual([], self.files())

    def test_a_file_that_is_taken_away_is_told_of(self):
        snapshot = self.take(self.create_group())
        self.server.terminate()
        os.unlink(os.path.join(self.server.data, "regions", "us-east-1", "Snapshots", snapshot + ".0001.rdb"))
        self.server.start()
        self.wait_snapshot(snapshot, "failed")


if __name__ == "__main__":
    unittest.main()
