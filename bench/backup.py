"""How much longer a snapshot takes than the engine's own BGSAVE of the same data, and a restore than the engine's own load."""
import os
import re
import subprocess
import tempfile
import time

import local
from figure import Figure
from local import Redis, Server, until

HOME = "us-east-1"
KEYS, VALUE, ROUNDS = 1_000_000, 1000, 3
PAUSE = 0.02  # between two looks: whoever asks without a pause takes a processor from what is measured
# Values that can't be compressed, cut out of one random text.
FILL = """local seed, t = tonumber(ARGV[1]) + 1, {}
for i = 1, 20000 do seed = (seed * 16807) % 2147483647 t[i] = string.char(seed % 251) end
local text = table.concat(t)
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
    local at = i % 19000 redis.call('SET', 'key:' .. i, string.sub(text, at + 1, at + tonumber(ARGV[3]))) end"""


class Plain:
    """A redis-server of nobody's, that begins with an RDB file."""

    def __init__(self, folder, rdb):
        self.folder, self.file = folder, os.path.join(folder, "dump.rdb")
        os.link(rdb, self.file)
        self.port = local.free_port()
        begun = time.perf_counter()
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--save", "", "--dir", folder, "--logfile", "log"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.client = until(self.answers, "an answer of a plain redis-server", PAUSE)
        self.load_s = time.perf_counter() - begun

    def answers(self):
        try:
            client = Redis(("127.0.0.1", self.port))
            return client if client.call("PING") == b"+PONG" else None
        except ConnectionError:
            return None

    def save(self):
        """How long a BGSAVE takes, until its file is there."""
        os.unlink(self.file)
        begun = time.perf_counter()
        self.client.call("BGSAVE")
        until(lambda: os.path.exists(self.file), "the file of a BGSAVE", PAUSE)
        took = time.perf_counter() - begun
        until(lambda: b"rdb_bgsave_in_progress:0" in self.client.call("INFO", "persistence"), "the end of a BGSAVE")
        return took

    def stop(self):
        self.process.kill()
        self.process.wait()


def fill(server, group):
    node = server.primary(group)
    client = Redis((node["address"], node["port"]))
    for first in range(0, KEYS, 10_000):
        client.call("EVAL", FILL, "0", str(first), str(first + 9_999), str(VALUE))
    client.close()


def take(server, group, name):
    begun = time.perf_counter()
    server.query(HOME, "CreateSnapshot", SnapshotName=name, ReplicationGroupId=group)
    until(lambda: "<SnapshotStatus>available<" in server.query(HOME, "DescribeSnapshots", SnapshotName=name), name + " available", PAUSE)
    took = time.perf_counter() - begun
    server.wait_group(HOME, group)
    return took


def restore(server, name, group):
    begun = time.perf_counter()
    server.query(HOME, "CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="d", SnapshotName=name)
    until(lambda: local.is_in("<Status>available</Status>", server.group(HOME, group)), group + " available", PAUSE)
    took = time.perf_counter() - begun
    with open(os.path.join(server.data, "regions", HOME, group + "-001.0001", "engine.log")) as log:
        said = float(re.search(r"DB loaded from disk: ([\d.]+) seconds", log.read())[1])
    server.delete_group(HOME, group)
    return took, took - said


def drop(server, name):
    server.query(HOME, "DeleteSnapshot", SnapshotName=name)
    until(lambda: server.query(HOME, "DescribeSnapshots", SnapshotName=name) == "", name + " gone")


def plain_load(server, rdb, saves):
    """How long a plain redis-server takes to load the file and, if it 'saves', to save it again; in seconds."""
    with tempfile.TemporaryDirectory(dir=server.folder) as folder:
        plain = Plain(folder, rdb)
        try:
            return plain.load_s, plain.save() if saves else 0
        finally:
            plain.stop()


def one_round(server, n):
    """
    (snapshot, BGSAVE, restore, what of it is not the node's own load, load) in seconds, of the same data one after the other.
    Memory that was free for some seconds may have gone back to the machine's host: whoever loads first gets it back slowly, so
    that a load that is not measured comes first.
    """
    name = "round-%d" % n
    rdb = os.path.join(server.data, "regions", HOME, "Snapshots", name + ".0001.rdb")
    taken = take(server, "big", name)
    plain_load(server, rdb, False)
    restored, beyond = restore(server, name, "again-%d" % n)
    loaded, saved = plain_load(server, rdb, True)
    size = os.path.getsize(rdb)
    drop(server, name)
    return taken, saved, restored, beyond, loaded, size


def snapshot():
    with Server() as server:
        server.create_group(HOME, "big")
        server.wait_group(HOME, "big")
        fill(server, "big")
        rounds = [one_round(server, n) for n in range(ROUNDS)]
    taken, saved, restored, beyond, loaded, sizes = zip(*rounds)
    yield Figure("size of the snapshot", "GiB", None, [s / 2**30 for s in sizes])
    yield Figure("snapshot to available", "s", None, taken)
    yield Figure("  times the engine's own BGSAVE", "", 1.2, [t / s for t, s in zip(taken, saved)])
    yield Figure("restore to available", "s", None, restored)
    yield Figure("  times the load of an engine of its own", "", 1.2, [r / s for r, s in zip(restored, loaded)])
    yield Figure("  beyond the node's own load", "ms", None, [1000 * b for b in beyond])
