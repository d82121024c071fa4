"""What tests of snapshots share: data of every type, and waiting for snapshots."""
import harness
from harness import name, wait_for

TYPES = ("string", "list", "set", "zset", "hash", "stream")


def fill(r):
    """A key of every type and encoding, with and without a time to live, in two databases, and a function."""
    r.set("string", "wörld")
    r.set("number", 12345)
    r.set("expires", "soon", px=3_600_000)
    r.rpush("list", *range(600))
    r.sadd("set", *("member-%d" % i for i in range(600)))
    r.sadd("intset", 1, 2, 3)
    r.zadd("zset", {"member-%d" % i: i / 7 for i in range(300)})
    r.zadd("small zset", {"a": 1, "b": 2})
    r.hset("hash", mapping={"field-%d" % i: "x" * i for i in range(300)})
    r.hset("small hash", mapping={"a": "1"})
    for i in range(200):
        r.xadd("stream", {"n": i}, id="%d-1" % (i + 1))
    r.xgroup_create("stream", "readers", id="100-1")
    r.xreadgroup("readers", "one", {"stream": ">"}, count=3)
    r.set("large", "y" * 300_000)
    r.execute_command("FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('answer', function() return 42 end)")
    other = type(r)(**(r.connection_pool.connection_kwargs | {"db": 3}))
    other.set("elsewhere", "3")
    return r


def contents(r):
    """Everything there is, in a form that can be compared: DUMP of every key is not, because encodings may differ."""
    found = {}
    read = {"string": r.get, "list": lambda k: r.lrange(k, 0, -1), "set": lambda k: sorted(r.smembers(k)),
            "zset": lambda k: r.zrange(k, 0, -1, withscores=True), "hash": r.hgetall,
            "stream": lambda k: (r.xrange(k), r.xinfo_groups(k), r.xpending(k, "readers"))}
    for key in r.scan_iter(count=1000):
        kind = r.type(key)
        found[key] = (kind, read[kind](key), r.pexpiretime(key) if hasattr(r, "pexpiretime") else r.execute_command("PEXPIRETIME", key))
    found["functions"] = [row[1] for row in r.execute_command("FUNCTION", "LIST")]
    found["keyspace"] = {db: values["keys"] for db, values in r.info("keyspace").items()}
    return found


class Case(harness.Case):
    def snapshot(self, snapshot, region="us-east-1"):
        return self.api(region).describe_snapshots(SnapshotName=snapshot)["Snapshots"][0]

    def wait_snapshot(self, snapshot, status="available", region="us-east-1"):
        return wait_for(lambda: next((s for s in [self.snapshot(snapshot, region)] if s["SnapshotStatus"] == status), None),
                        "snapshot %s %s" % (snapshot, status))

    def wait_snapshot_gone(self, snapshot):
        def gone():
            try:
                return not self.snapshot(snapshot)
            except self.api().exceptions.SnapshotNotFoundFault:
                return True
        wait_for(gone, "snapshot %s gone" % snapshot)

    def take(self, group=None, cluster=None, wait=True, **more):
        """Takes a snapshot; returns its name."""
        snapshot = name("snap")
        source = {"ReplicationGroupId": group} if group else {"CacheClusterId": cluster}
        self.api().create_snapshot(SnapshotName=snapshot, **source, **more)
        if wait:
            self.wait_snapshot(snapshot)
            if group:
                self.wait_group(group)
        return snapshot

    def restore(self, stem="restored", **more):
        """A group that begins with the data of SnapshotName or SnapshotArns; returns its id."""
        group = name(stem)
        self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="restored", **more)
        return group

    def events(self, source):
        return [e["Message"] for e in self.api().describe_events(Duration=60)["Events"] if e["SourceIdentifier"] == source]
