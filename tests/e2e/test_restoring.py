"""RDB files and snapshots restored into shards of any number and any slots: every key ends where its slot is, or the restore fails
and says how many could not go."""
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import redis
from redis.crc import key_slot

import harness
import shards
import snapshots
from harness import connect, name, wait_for

FOLDER = tempfile.mkdtemp(prefix="meridian-test-restoring-")
BUCKET = os.path.join(FOLDER, "bucket")
ARN = "arn:aws:s3:::bucket/"
THREE = ["0-5460", "5461-10922", "10923-16383"]
OWN = ["100-4999", "0-99,5000-16383"]
TO_SHARDS = dict(Engine=harness.ENGINE, EngineVersion=harness.OLDER, CacheNodeType="cache.t4g.small", AutomaticFailoverEnabled=True,
                 CacheParameterGroupName=harness.SHARDED_PARAMETERS)


def setUpModule():
    os.mkdir(BUCKET)
    set_up()


def tearDownModule():
    try:
        tear_down()
    finally:
        shutil.rmtree(FOLDER)


set_up, tear_down = harness.one_server(flags=["--snapshot-import-dir", FOLDER])


class Own:
    """A redis-server of somebody's own, that saves files into the bucket."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(dir=FOLDER)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--dir", self.folder, "--save", "",
                                         "--logfile", "log", "--maxmemory-policy", "allkeys-lfu", "--list-compress-depth", "1"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.client = connect(("127.0.0.1", self.port))
        wait_for(self.answers, "an answer of a redis-server of somebody's own")

    def answers(self):
        try:
            return self.client.ping()
        except redis.ConnectionError:
            return False

    def database(self, db):
        return redis.Redis(port=self.port, db=db, decode_responses=True)

    def save(self):
        """Saves what there is as a new file, and forgets it; the file's ARN."""
        self.client.save()
        key = name("own") + ".rdb"
        shutil.move(os.path.join(self.folder, "dump.rdb"), os.path.join(BUCKET, key))
        self.client.flushall()
        self.client.execute_command("FUNCTION", "FLUSH")
        return ARN + key

    def stop(self):
        self.process.kill()
        self.process.wait()


class Case(shards.Snapshots, snapshots.Case):
    @classmethod
    def setUpClass(cls):
        cls.source = Own()
        cls.addClassCleanup(cls.source.stop)

    def restored(self, slots=None, replicas=0, **more):
        """The id of a group of shards with these slots."""
        if slots:
            more["NodeGroupConfiguration"] = [{"Slots": s, "ReplicaCount": replicas} for s in slots]
        return snapshots.Case.restore(self, stem="shards", **(TO_SHARDS | more))

    def primaries(self, group):
        return [connect((n["address"], n["port"])) for n in self.server.nodes(group) if n["role"] == "primary"]

    def all_contents(self, group):
        """What the shards' primaries hold, each read where it lies: one that belongs elsewhere is MOVED, one that is there twice is told."""
        found, sizes = {}, 0
        for client in self.primaries(group):
            part = snapshots.contents(client)
            found["functions"] = found.get("functions", part["functions"])
            self.assertEqual(found["functions"], part.pop("functions"))
            part.pop("keyspace")
            sizes += client.dbsize()
            self.assertFalse(found.keys() & part.keys())
            found |= part
        self.assertEqual(len(found) - 1, sizes)
        return found

    def check_all(self, group, before):
        self.wait_group(group)
        self.check_whole(group)
        self.assertEqual(before, self.all_contents(group))

    def contents_of(self, client):
        found = snapshots.contents(client)
        found.pop("keyspace")
        return found

    def fill_with_everything(self):
        """Every type and encoding in one database, keys in every part of the slots, short ones, numbers, long ones and with tags."""
        client = self.source.client
        snapshots.fill(client)
        self.source.database(3).flushdb()
        with client.pipeline() as p:
            for i in range(2000):
                p.set("key:%d" % i, "v%d" % i)
                p.set(i, i)
            p.set("k" * 5000, "long")
            p.set("", "nameless")
            p.set("{tag}a", 1)
            p.set("{tag}b", 2)
            p.set("huge", "0123456789" * 300_000)
            p.set("over soon", "v", pxat=4_000_000_000_000)
            p.rpush("long list", *("element %d" % i * 20 for i in range(3000)))
            p.sadd("listpack set", "a", "b", "c")
            p.execute()
        return self.contents_of(client)


class Files(Case):
    def test_one_into_three_shards(self):
        before = self.fill_with_everything()
        self.check_all(self.restored(THREE, replicas=1, SnapshotArns=[self.source.save()]), before)

    def test_three_into_two_shards_whose_slots_they_do_not_know(self):
        before = self.fill_with_everything()
        arns = []
        for i in range(3):
            for n in range(i * 100, i * 100 + 100):
                self.source.client.set("file-%d" % n, n)
            before |= {k: v for k, v in self.contents_of(self.source.client).items() if k != "functions"}
            arns.append(self.source.save())
        self.check_all(self.restored(OWN, SnapshotArns=arns), before)

    def test_that_fit_are_taken_as_they_are(self):
        arns, before = [], {}
        for slots in OWN:
            mine = shards.slots_of(slots)
            for n in range(200):
                if key_slot(b"key-%d" % n) in mine:
                    self.source.client.set("key-%d" % n, n)
            before |= self.contents_of(self.source.client)
            arns.append(self.source.save())
        self.check_all(self.restored(OWN, SnapshotArns=list(reversed(arns))), before)

    def test_need_slots(self):
        self.source.client.set("k", "v")
        arn = self.source.save()
        for more in ({}, {"NumNodeGroups": 1}, {"NumNodeGroups": 2, "ReplicasPerNodeGroup": 0},
                     {"NodeGroupConfiguration": [{"ReplicaCount": 0}, {"ReplicaCount": 0}]}):
            self.assert_fault("InvalidParameterCombination", 400, self.restored, SnapshotArns=[arn], **more,
                              message="Slots must be provided when restoring from snapshot ARNs with cluster mode enabled")


class Snapshots(Case):
    take = shards.Snapshots.take

    def test_of_two_shards_into_three_with_slots_of_ones_own(self):
        before = self.fill_with_everything()
        source = self.restored(OWN, SnapshotArns=[self.source.save()])
        self.check_all(source, before)
        snapshot = self.take(source, ReplicationGroupId=source)
        self.check_all(self.restored(["0-99", "100-9999", "10000-16383"], SnapshotName=snapshot), before)
        self.check_all(self.restored(SnapshotName=snapshot, NumNodeGroups=1, ReplicasPerNodeGroup=0), before)
        self.check_all(self.restored(SnapshotName=snapshot), before)


class Refusals(Case):
    def check_refused(self, group, message):
        self.wait_group(group, status="create-failed")
        told = [e["Message"] for e in self.api().describe_events(Duration=60)["Events"]
                if e["SourceIdentifier"].startswith(group) and e["Message"].startswith("Failed to restore")]
        self.assertEqual(1, len(told), told)
        self.assertIn(message, told[0])
        self.delete_group(group)

    def test_count_keys_of_other_databases(self):
        self.source.client.set("k", "v")
        for db, n in ((1, 2), (15, 3)):
            for i in range(n):
                self.source.database(db).set(i, i)
        self.source.database(2).set("over", "v", px=1)
        wait_for(lambda: not self.source.database(2).exists("over"), "a key's end")
        arn = self.source.save()
        for slots in (THREE, ["0-16383"]):
            self.check_refused(self.restored(slots, SnapshotArns=[arn]), "5 keys can't go anywhere: they are in other databases than 0")

    def test_count_keys_that_several_files_have(self):
        arns = []
        for first in (0, 7, 12):
            for n in range(first, first + 10):
                self.source.client.set("key-%d" % n, n)
            arns.append(self.source.save())
        self.check_refused(self.restored(THREE, SnapshotArns=arns), "8 keys can't go anywhere: they are in more than one of the files")

    def test_are_told_before_anything_is_loaded_where_a_file_says_how_much_memory_it_needs(self):
        self.source.client.set("k", "v")
        arn = self.source.save()
        path = os.path.join(BUCKET, arn.rpartition("/")[2])
        used = b"\xfa\x08used-mem\x0b%d" % (10 << 30)
        data = harness.reads(path)
        with open(path, "wb") as f:
            f.write(data[:9] + used + data[9:-8] + b"\0" * 8)
        self.check_refused(self.restored(THREE, SnapshotArns=[arn]), "need 10240 MB of memory, and the node has")

    def test_come_before_anything_is_evicted_where_only_loading_shows_how_much_memory_is_needed(self):
        group = name("small")
        self.api().create_cache_parameter_group(CacheParameterGroupName=group, CacheParameterGroupFamily=harness.FAMILY, Description="little memory")
        self.api().modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
            {"ParameterName": "reserved-memory-percent", "ParameterValue": "99"},
            {"ParameterName": "cluster-enabled", "ParameterValue": "yes"},
            {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}])
        key = name("many") + ".rdb"
        with open(os.path.join(BUCKET, key), "wb") as f:
            f.write(b"REDIS0010" + b"".join(b"\0\x08%08d\x01v" % n for n in range(250_000)) + b"\xff" + struct.pack("<Q", 0))
        arn = ARN + key
        self.check_refused(self.restored(["0-16383"], SnapshotArns=[arn], CacheParameterGroupName=group),
                           "loaded, its data need")

    def test_name_the_file_that_is_damaged(self):
        arns = []
        for n in range(2):
            self.source.client.set("key-%d" % n, n)
            arns.append(self.source.save())
        path = os.path.join(BUCKET, arns[1].rpartition("/")[2])
        data = bytearray(harness.reads(path))
        data[-12] ^= 1
        with open(path, "wb") as f:
            f.write(data)
        self.check_refused(self.restored(THREE, SnapshotArns=arns), arns[1].partition(":::")[2] + ": it is no RDB file")


if __name__ == "__main__":
    unittest.main()
