"""Snapshots as files: RDB files restored from a directory of buckets and exported to one, and what is no such file."""
import os
import shutil
import struct
import tempfile
import unittest

import harness
import snapshots
from harness import NODE_TYPE, name, wait_for

ARN = "arn:aws:s3:::bucket/"
FOLDER = tempfile.mkdtemp(prefix="meridian-test-buckets-")
BUCKET = os.path.join(FOLDER, "bucket")


def setUpModule():
    os.mkdir(BUCKET)
    set_up()


def tearDownModule():
    try:
        tear_down()
    finally:
        shutil.rmtree(FOLDER)


set_up, tear_down = harness.one_server(flags=["--snapshot-import-dir", FOLDER])


class Case(snapshots.Case):
    @classmethod
    def setUpClass(cls):
        """One exported snapshot for all tests: bucket/good-0001.rdb."""
        if os.path.exists(os.path.join(BUCKET, "good-0001.rdb")):
            return
        case = cls("check_contract")
        group = case.create_group()
        Case.before = snapshots.contents(snapshots.fill(case.primary(group)))
        Case.snapshot_name = case.take(group)
        answer = case.api().copy_snapshot(SourceSnapshotName=cls.snapshot_name, TargetSnapshotName="good", TargetBucket="bucket")
        Case.exporting = answer["Snapshot"]["SnapshotStatus"]
        case.wait_snapshot(cls.snapshot_name)

    def good(self):
        return harness.reads(os.path.join(BUCKET, "good-0001.rdb"))

    def put(self, data):
        """A file of that content in the bucket; its key."""
        key = name("file") + ".rdb"
        with open(os.path.join(BUCKET, key), "wb") as f:
            f.write(data)
        return key


class Exports(Case):
    def test_are_whole_files_that_only_the_user_reads(self):
        self.assertEqual("exporting", self.exporting)
        self.assertEqual(b"REDIS", self.good()[:5])
        self.assertEqual(0o600, os.stat(os.path.join(BUCKET, "good-0001.rdb")).st_mode & 0o777)
        self.assertEqual(["good-0001.rdb"], [f for f in os.listdir(BUCKET) if f.startswith((".", "good"))])

    def test_do_not_replace_what_is_there(self):
        self.assert_fault("InvalidParameterValue", 400, self.api().copy_snapshot, SourceSnapshotName=self.snapshot_name,
                          TargetSnapshotName="good", TargetBucket="bucket",
                          message="The S3 bucket bucket already contains an object with key good-0001.rdb.")

    def test_need_a_bucket_that_is_there(self):
        for bucket in ("nope", "..", "bucket/../..", ".", "/tmp"):
            self.assert_fault("InvalidParameterValue", 400, self.api().copy_snapshot, SourceSnapshotName=self.snapshot_name,
                              TargetSnapshotName="x", TargetBucket=bucket, message="The S3 bucket %s does not exist." % bucket)

    def test_that_fail_leave_the_snapshot_as_it_was(self):
        os.mkdir(os.path.join(FOLDER, "closing"))
        self.server.admin("PUT", "trips/snapshot_write?count=1")
        self.api().copy_snapshot(SourceSnapshotName=self.snapshot_name, TargetSnapshotName="x", TargetBucket="closing")
        wait_for(lambda: any("Failed to export snapshot" in m for s in self.api().describe_events(Duration=60)["Events"]
                             for m in [s["Message"]]), "the event")
        self.wait_snapshot(self.snapshot_name)
        self.assertEqual([], os.listdir(os.path.join(FOLDER, "closing")))


class Imports(Case):
    def test_give_a_group_every_key(self):
        group = self.restore(SnapshotArns=[ARN + "good-0001.rdb"], CacheNodeType=NODE_TYPE, NumCacheClusters=2)
        self.wait_group(group)
        self.assertEqual(self.before, snapshots.contents(self.primary(group)))

    def test_work_from_folders_of_a_bucket(self):
        os.makedirs(os.path.join(BUCKET, "a", "b"))
        shutil.copy(os.path.join(BUCKET, "good-0001.rdb"), os.path.join(BUCKET, "a", "b", "c"))
        group = self.restore(SnapshotArns=[ARN + "a/b/c"], CacheNodeType=NODE_TYPE)
        self.wait_group(group)
        self.assertEqual(self.before, snapshots.contents(self.primary(group)))

    def assert_refused(self, path, message):
        self.assert_fault("InvalidParameterValue", 400, self.restore, SnapshotArns=["arn:aws:s3:::" + path], CacheNodeType=NODE_TYPE,
                          message=message)

    def test_never_leave_the_directory(self):
        os.symlink("/etc", os.path.join(FOLDER, "etc"))
        os.symlink("/etc/passwd", os.path.join(BUCKET, "link.rdb"))
        os.mkfifo(os.path.join(BUCKET, "pipe.rdb"))
        for path, message in (("etc/passwd", "goes through a symbolic link"), ("bucket/link.rdb", "goes through a symbolic link"),
                              ("bucket/../../etc/passwd", "is no path below a folder"), ("../etc/passwd", "is no path below a folder"),
                              ("bucket//x", "is no path below a folder"), ("/etc/passwd", "is no path below a folder"),
                              ("bucket/none.rdb", "No such file or directory"), ("bucket/a", "No such file"),
                              ("bucket/pipe.rdb", "it is no file"), ("bucket/x\n.rdb", "No such file")):
            with self.subTest(path=path):
                if path == "bucket/a" and os.path.exists(os.path.join(BUCKET, "a")):
                    message = "it is no file"
                self.assert_refused(path, message)

    def test_of_what_does_not_even_begin_like_one_are_refused_at_once(self):
        for data in (b"", b"REDI", b"#!/bin/sh\n", b"\0" * 4096):
            self.assert_refused("bucket/" + self.put(data), "it is no RDB file")

    def broken(self):
        good = self.good()
        flipped = bytearray(good)
        flipped[len(good) // 2] ^= 0x10
        # Where it is cut, the mark of the end may stand by chance: then the checksum tells.
        yield "truncated", good[:-1], "it is no RDB file: its"
        yield "cut in the middle", good[:len(good) // 2], "it is no RDB file: its"
        yield "one bit is another", bytes(flipped), "its checksum is wrong"
        yield "newer", b"REDIS9999" + good[9:], "is newer than the engine's"
        yield "old", b"REDIS0004" + good[9:], "a version without a checksum"
        yield "no version", b"REDISXXXX" + good[9:], "it does not begin like one"
        # Nothing but a magic, the mark of the end and no checksum after bytes that mean nothing: only the engine finds out.
        yield "hostile", b"REDIS0010" + b"\x05" + b"\x81" + b"\xff" * 8 + b"\xff" + struct.pack("<Q", 0), "redis-server"

    def test_of_broken_files_fail_with_one_clear_event_and_leave_nothing(self):
        groups = {}
        for what, data, message in self.broken():
            groups[self.restore(SnapshotArns=[ARN + self.put(data)], CacheNodeType=NODE_TYPE)] = (what, message)
        for group, (what, message) in groups.items():
            with self.subTest(what=what):
                self.wait_group(group, status="create-failed")
                told = [m for m in self.events(group + "-001") if m.startswith("Failed to restore")]
                self.assertEqual(1, len(told), told)
                self.assertIn(message, told[0])
                self.assertEqual([0], [n["pid"] for n in self.server.nodes(group)])
                folder = os.path.join(self.server.data, "regions", "us-east-1", group + "-001.0001")
                self.assertEqual([], [f for f in os.listdir(folder) if f.endswith((".rdb", ".part"))])
                self.delete_group(group)

    def large(self, key):
        """A file of one key, whose value takes long to sum up: all its bytes are 0."""
        file, size = name("large") + ".rdb", 80 << 20
        with open(os.path.join(BUCKET, file), "wb") as f:
            f.write(b"REDIS0010\0\x03" + key + b"\x80" + struct.pack(">I", size))
            f.seek(size, os.SEEK_CUR)
            f.write(b"\xff" + struct.pack("<Q", 0))
        return file

    def test_are_not_disturbed_by_those_of_a_group_that_had_the_same_name(self):
        """It was deleted while its large file was still being copied."""
        group = name("twice")
        for key in (b"old", b"new"):
            self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis",
                                                SnapshotArns=[ARN + self.large(key)], CacheNodeType=NODE_TYPE)
            if key == b"old":
                wait_for(lambda: self.parts(group), "the copy")
                self.delete_group(group)
        self.wait_group(group)
        self.assertEqual(["new"], self.primary(group).keys())

    def parts(self, group):
        folder = os.path.join(self.server.data, "regions", "us-east-1", group + "-001.0001")
        return [f for f in os.listdir(folder) if f.endswith(".part")] if os.path.isdir(folder) else []

    def test_that_do_not_fit_into_the_node_fail(self):
        def text(value):
            return bytes([len(value)]) + value
        key = self.put(b"REDIS0010" + b"\xfa" + text(b"used-mem") + text(b"%d" % (9 << 30)) + b"\xff" + struct.pack("<Q", 0))
        cluster = name("small")
        self.api().create_cache_cluster(CacheClusterId=cluster, SnapshotArns=[ARN + key], CacheNodeType="cache.t3.micro", Engine="redis")
        wait_for(lambda: self.api().describe_cache_clusters(CacheClusterId=cluster)["CacheClusters"][0]["CacheClusterStatus"]
                 == "restore-failed", "%s restore-failed" % cluster)
        self.assertIn("its data need 9216 MB of memory, and the node has",
                      [m for m in self.events(cluster) if m.startswith("Failed to restore")][0])
        self.api().delete_cache_cluster(CacheClusterId=cluster)


if __name__ == "__main__":
    unittest.main()
