"""Snapshots that are taken by themselves: the clock is moved, not waited for."""
import datetime
import unittest

import harness
import snapshots
from harness import name, wait_for

setUpModule, tearDownModule = harness.one_server()

DAY_MS = 24 * 3600 * 1000


class Automatic(snapshots.Case):
    def pass_time(self, ms):
        self.server.admin("POST", "clock?advance_ms=%d" % ms)
        self.now += datetime.timedelta(milliseconds=ms)

    def setUp(self):
        super().setUp()
        self.now = datetime.datetime.now(datetime.timezone.utc)
        self.begun = self.now
        self.addCleanup(lambda: self.server.admin(
            "POST", "clock?advance_ms=%d" % -int((self.now - self.begun).total_seconds() * 1000)))
        self.window = (self.now + datetime.timedelta(hours=3)).replace(minute=0)
        self.text = "%s-%s" % tuple((self.window + datetime.timedelta(hours=h)).strftime("%H:%M") for h in (0, 1))

    def enter_window(self):
        self.pass_time(int((self.window - self.now).total_seconds() * 1000) + 60_000)
        self.window += datetime.timedelta(days=1)

    def automatic(self, source):
        return [s for s in self.api().describe_snapshots(SnapshotSource="system")["Snapshots"] if s["CacheClusterId"].startswith(source)]

    def wait_automatic(self, source, count):
        def taken():
            there = self.automatic(source)
            return len(there) == count and all(s["SnapshotStatus"] == "available" for s in there) and there
        return wait_for(taken, "%d automatic snapshots of %s" % (count, source))

    def test_are_taken_once_a_day_kept_for_their_time_and_go_with_their_group(self):
        group = self.create_group(nodes=2, SnapshotRetentionLimit=1, SnapshotWindow=self.text)
        self.assertEqual(group + "-002", self.group(group)["SnapshottingClusterId"])
        self.primary(group).set("k", "v")
        self.primary(group).wait(1, 5000)
        self.assertEqual([], self.automatic(group))
        self.enter_window()
        (first,) = self.wait_automatic(group, 1)
        self.assertRegex(first["SnapshotName"], r"^automatic\.%s-002-\d{4}(-\d\d){4}$" % group)
        self.assertIn(self.now.strftime("%Y-%m-%d-%H"), first["SnapshotName"])
        self.assertEqual("automated", first["SnapshotSource"])
        self.wait_group(group)
        copy = name("kept")
        self.api().copy_snapshot(SourceSnapshotName=first["SnapshotName"], TargetSnapshotName=copy)
        self.assertEqual("manual", self.wait_snapshot(copy)["SnapshotSource"])
        self.enter_window()
        wait_for(lambda: [s["SnapshotName"] for s in self.wait_automatic(group, 1)] != [first["SnapshotName"]], "the next day's alone")
        self.wait_group(group)
        restored = self.restore(SnapshotName=copy)
        self.wait_group(restored)
        self.assertEqual("v", self.primary(restored).get("k"))
        self.delete_group(group)
        wait_for(lambda: not self.automatic(group), "automatic ones gone with their group")
        self.assertEqual("available", self.snapshot(copy)["SnapshotStatus"])

    def test_are_begun_when_retention_is_turned_on(self):
        cluster = name("alone")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1,
                                        SnapshotWindow=self.text)
        self.api().get_waiter("cache_cluster_available").wait(CacheClusterId=cluster, WaiterConfig={"Delay": 1})
        self.enter_window()
        self.api().modify_cache_cluster(CacheClusterId=cluster, SnapshotRetentionLimit=5)
        (first,) = self.wait_automatic(cluster, 1)
        self.assertRegex(first["SnapshotName"], r"^automatic\.%s-\d{4}(-\d\d){4}$" % cluster)
        self.api().delete_snapshot(SnapshotName=first["SnapshotName"])
        self.wait_snapshot_gone(first["SnapshotName"])
        self.enter_window()
        self.wait_automatic(cluster, 1)


if __name__ == "__main__":
    unittest.main()
