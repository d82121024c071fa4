"""What tests of groups in cluster mode share: making one, load on it, and whether everybody sees the same cluster."""
import threading

import redis
from redis.cluster import ClusterNode, RedisCluster
from redis.crc import key_slot

import harness
from harness import connect, name, wait_for

SLOTS = 16384


def slots_of(text):
    """"0-3,5" as a set."""
    found = set()
    for part in filter(None, (text or "").split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def ranges(slots):
    """And back: what is compared is short, or telling the difference takes minutes."""
    ordered = sorted(slots)
    firsts = [s for s in ordered if s - 1 not in slots]
    lasts = [s for s in ordered if s + 1 not in slots]
    return ",".join("%d-%d" % pair for pair in zip(firsts, lasts))


def text(value):
    return value.decode() if isinstance(value, bytes) else value


class Follower:
    """A cluster client that goes where MOVED and ASK send it, asks again after TRYAGAIN, and takes nothing else for an answer but
    a connection that is closed: then it asks a node that lives where everything is."""

    def __init__(self, endpoint):
        self.endpoint, self.connections, self.slots = endpoint, {}, {}
        self.refresh()

    def at(self, address):
        if address not in self.connections:
            self.connections[address] = redis.Redis(*address, socket_timeout=10, decode_responses=True, single_connection_client=True)
        return self.connections[address]

    def refresh(self):
        with connect(self.endpoint) as client:
            for first, last, primary, *_ in client.execute_command("CLUSTER SLOTS", NEVER_DECODE=True):
                self.slots |= dict.fromkeys(range(first, last + 1), (text(primary[0]), primary[1]))

    def call(self, *command, attempts=50):
        slot, asked = key_slot(command[1].encode()), None
        for _ in range(attempts):
            address = asked or self.slots[slot]
            try:
                client = self.at(address)
                if asked:
                    client.execute_command("ASKING")
                asked = None
                return client.execute_command(*command)
            except redis.ConnectionError:
                self.connections.pop(address, None)
                self.refresh()
            except redis.ResponseError as answer:
                kind, *rest = str(answer).split()
                if kind not in ("MOVED", "ASK", "TRYAGAIN"):
                    raise
                there = tuple(rest[1].rsplit(":", 1)) if kind != "TRYAGAIN" else None
                if kind == "MOVED":
                    self.slots[slot] = there
                asked = there if kind == "ASK" else None
        raise AssertionError("%s came to nothing" % (command,))

    def get(self, key):
        return self.call("GET", key)

    def set(self, key, value):
        return self.call("SET", key, value)

    def close(self):
        for client in self.connections.values():
            client.close()


class Load:
    """A client that writes and reads back through the cluster until it is stopped; what it was promised is in 'kept'."""

    def __init__(self, client, keys=2000):
        self.client, self.keys = client, keys
        self.kept, self.errors, self.rounds = {}, [], 0
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        wait_for(lambda: self.rounds > 20 or self.errors, "the load's first answers")
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join(harness.DEADLINE)
        self.client.close()

    def run(self):
        while not self.end.is_set():
            self.rounds += 1
            key, value = "load-%d" % (self.rounds % self.keys), str(self.rounds)
            try:
                seen = self.client.get(key)
                if seen != self.kept.get(key):
                    self.errors.append("%s was %r, not %r" % (key, seen, self.kept.get(key)))
                self.client.set(key, value)
                self.kept[key] = value
            except (redis.RedisError, AssertionError) as error:
                self.errors.append(repr(error))


class Case(harness.Case):
    def create(self, shards=2, replicas=1, stem="ce", **more):
        group = name(stem)
        self.api().create_replication_group(**(dict(
            ReplicationGroupId=group, ReplicationGroupDescription="made for a test", Engine=harness.ENGINE, CacheNodeType=harness.NODE_TYPE,
            NumNodeGroups=shards, ReplicasPerNodeGroup=replicas, CacheParameterGroupName=harness.SHARDED_PARAMETERS) | more))
        self.wait_group(group)
        return group

    def client(self, group):
        end = self.group(group)["ConfigurationEndpoint"]
        client = RedisCluster(startup_nodes=[ClusterNode(end["Address"], end["Port"])], decode_responses=True,
                              cluster_error_retry_attempts=20, socket_timeout=10)
        self.addCleanup(client.close)
        return client

    def load(self, group):
        return Load(Follower(self.group(group)["ConfigurationEndpoint"]))

    def nodes(self, group):
        return {n["cluster"]: n for n in self.server.nodes(group)}

    def slot_map(self, group):
        """Shard → its slots, as the API tells."""
        return {g["NodeGroupId"]: slots_of(g["Slots"]) for g in self.group(group)["NodeGroups"]}

    def view(self, node):
        """(host of the primary, hosts of the replicas) → slots, as one node tells."""
        found = {}
        with connect((node["address"], node["port"])) as client:
            for first, last, primary, *replicas in client.execute_command("CLUSTER SLOTS", NEVER_DECODE=True):
                key = (text(primary[0]), tuple(sorted(text(r[0]) for r in replicas)))
                found.setdefault(key, set()).update(range(first, last + 1))
        return {key: ranges(slots) for key, slots in found.items()}

    def check_whole(self, group):
        """Every slot has one holder; every node sees the same, replicas included, and the API tells nothing else."""
        shown, nodes = self.group(group), self.nodes(group)
        self.assertEqual("available", shown["Status"])
        told = {g["NodeGroupId"]: slots_of(g["Slots"]) for g in shown["NodeGroups"]}
        self.assertEqual(SLOTS, len(set().union(*told.values())))
        self.assertEqual(SLOTS, sum(map(len, told.values())))
        expected = {}
        for shard in shown["NodeGroups"]:
            members = [nodes[m["CacheClusterId"]] for m in shard["NodeGroupMembers"]]
            primary = [n["address"] for n in members if n["role"] == "primary"]
            self.assertEqual(1, len(primary), members)
            replicas = tuple(sorted(n["address"] for n in members if n["role"] == "replica"))
            expected[(primary[0], replicas)] = ranges(told[shard["NodeGroupId"]])
        for node in nodes.values():
            self.assertEqual(expected, self.view(node), node["id"])

    def is_whole(self, group):
        try:
            self.check_whole(group)
            return True
        except (AssertionError, redis.RedisError):
            return False

    def primary_of(self, group, shard):
        prefix = "%s-%s-" % (group, shard)
        return wait_for(lambda: next((n for n in self.nodes(group).values() if n["role"] == "primary" and n["cluster"].startswith(prefix)), None),
                        "a primary of shard %s" % shard)

    def reshape(self, group, count, **more):
        return self.api().modify_replication_group_shard_configuration(
            ReplicationGroupId=group, NodeGroupCount=count, ApplyImmediately=True, **more)["ReplicationGroup"]

    def messages(self, source):
        events = self.api().describe_events(SourceIdentifier=source, SourceType="replication-group")["Events"]
        return [e["Message"] for e in events]


class Snapshots(Case):
    """Snapshots of groups of 500 keys, and groups made of them."""

    def take(self, group, **what):
        snapshot = name("snap")
        self.api().create_snapshot(SnapshotName=snapshot, **what)
        wait_for(lambda: self.api().describe_snapshots(SnapshotName=snapshot)["Snapshots"][0]["SnapshotStatus"] == "available",
                 "the snapshot")
        self.wait_group(group)
        return snapshot

    def restore(self, snapshot, **more):
        group = name("again")
        self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="from a snapshot",
                                            SnapshotName=snapshot, **more)
        self.wait_group(group)
        return group

    def fill(self, client):
        for n in range(500):
            client.set("key-%d" % n, n)

    def check(self, group, shards):
        self.check_whole(group)
        self.assertEqual(shards, len(self.slot_map(group)))
        client = self.client(group)
        self.assertEqual([str(n) for n in range(500)], [client.get("key-%d" % n) for n in range(500)])
