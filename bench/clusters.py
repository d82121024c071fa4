"""Cluster mode enabled: how long creation and failovers take, and how fast slots move under a client's load."""
import binascii
import multiprocessing
import os
import random
import signal
import time

from figure import Figure
from fleet import cpu_s, idle_shares, timed
from groups import accepts
from local import DEADLINE, Redis, Server, kill, processes_of, until

REGION, GROUP = "us-east-1", "c"
KEYS, VALUE = 1000000, "x" * 32
SLOTS = 16384
PATIENCE_S = 900


def create(server, shards, replicas, group=GROUP, deadline=DEADLINE, **more):
    """Creates the group, and waits until it is available and every node tells its clients of every other, so many seconds for each."""
    given = {"Engine": "redis", "CacheNodeType": "cache.r6g.large", "CacheParameterGroupName": "default.redis7.cluster.on"} | more
    server.query(REGION, "CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="measured", NumNodeGroups=shards,
                 ReplicasPerNodeGroup=replicas, AutomaticFailoverEnabled="true", **given)
    server.wait_group(REGION, group, deadline)
    nodes = server.nodes(group)
    for n in nodes:
        until(lambda n=n: told(place(n)) == len(nodes), "all nodes in CLUSTER SLOTS", deadline=deadline)


def place(node):
    return node["address"], node["port"]


def array(client):
    """A reply with arrays in it, as lists."""
    reply = client.reply()
    if not reply or reply[:1] != b"*":
        return int(reply[1:]) if reply and reply[:1] == b":" else reply
    return [array(client) for _ in range(int(reply[1:]))]


def slot_map(address):
    """CLUSTER SLOTS: (first, last, [(host, port), …]), the primary first; empty while the cluster is not ok."""
    client = Redis(address)
    try:
        if b"cluster_state:ok" not in client.call("CLUSTER", "INFO"):
            return []
        client.socket.sendall(Redis.encode("CLUSTER", "SLOTS"))
        return [(r[0], r[1], [(n[0].decode(), n[1]) for n in r[2:]]) for r in array(client)]
    finally:
        client.close()


def told(address):
    return len({node for _, _, nodes in slot_map(address) for node in nodes})


def slot_of(key):
    return binascii.crc_hqx(key.encode(), 0) % SLOTS


class Client:
    """As much of a cluster's client as is needed: one connection to each node, MOVED and ASK followed."""

    def __init__(self, address):
        self.address, self.connections, self.owners, self.errors = address, {}, [None] * SLOTS, 0
        for first, last, nodes in slot_map(address):
            self.owners[first:last + 1] = [nodes[0]] * (last + 1 - first)

    def at(self, node):
        if node not in self.connections:
            self.connections[node] = Redis(node)
        return self.connections[node]

    def call(self, command, key, *more):
        slot = slot_of(key)
        node, asking = self.owners[slot], False
        while True:
            client = self.at(node)
            if asking:
                client.call("ASKING")
            reply = client.call(command, key, *more)
            if not reply or reply[:1] != b"-":
                return reply
            kind, *rest = reply.decode().split()
            if kind not in ("-MOVED", "-ASK"):
                self.errors += kind != "-TRYAGAIN"
                return reply
            host, port = rest[1].rsplit(":", 1)
            node, asking = (host, int(port)), kind == "-ASK"
            if not asking:
                self.owners[slot] = node

    def fill(self):
        """KEYS small keys, each sent to the node that has it."""
        parts = {}
        for n in range(KEYS):
            key = "key:%d" % n
            parts.setdefault(self.owners[slot_of(key)], []).append(("SET", key, VALUE))
        for node, commands in parts.items():
            for _ in self.at(node).calls(commands):
                pass


def cluster_create():
    took = []
    with Server() as server:
        for n in range(5):
            begun = time.perf_counter()
            create(server, 3, 1, "three-%d" % n)
            took.append((time.perf_counter() - begun) * 1000)
            server.delete_group(REGION, "three-%d" % n)
    yield Figure("3 shards of 2 created to available, all in CLUSTER SLOTS", "ms", 2300, took)
    with Server() as server:
        begun = time.perf_counter()
        create(server, 30, 1)
        took = time.perf_counter() - begun
    yield Figure("30 shards of 2, the same", "s", 10, [took])


def large(shards, limit_s):
    with Server(["--quotas", "raised"]) as server:
        took = timed(lambda: create(server, shards, 1, deadline=PATIENCE_S)) / 1000
        engines = [n["pid"] for n in server.nodes(GROUP)]
        yield Figure("%d shards of 2, the same" % shards, "s", limit_s, [took])
        yield Figure("  processor time of all engines until then", "s", None, [sum(map(cpu_s, engines))])
        yield Figure("  gossip of all engines at rest, of a core", "%", None, [sum(idle_shares(engines).values())])
        yield Figure("  a shard's primary killed to the next accepted write", "ms", None, [strike(server)])


def cluster_large():
    yield from large(90, 8)


def cluster_huge():
    yield from large(250, None)


def load(address, stop, results):
    """Reads and writes at random until it is told to end: the times of all calls, in ms, and the errors."""
    client, took = Client(address), []
    results.put("up")
    while not stop.is_set():
        key = "key:%d" % random.randrange(KEYS)
        begun = time.perf_counter()
        if random.random() < 0.5:
            client.call("GET", key)
        else:
            client.call("SET", key, VALUE)
        took.append((time.perf_counter() - begun) * 1000)
    results.put((sorted(took), client.errors))


def reshard():
    with Server() as server:
        create(server, 3, 0)
        address = place(server.nodes(GROUP)[0])
        Client(address).fill()
        before = {place(n) for n in server.nodes(GROUP)}
        stop, results = multiprocessing.Event(), multiprocessing.Queue()
        process = multiprocessing.Process(target=load, args=(address, stop, results))
        process.start()
        results.get()
        begun = time.perf_counter()
        server.query(REGION, "ModifyReplicationGroupShardConfiguration", ReplicationGroupId=GROUP, NodeGroupCount=4, ApplyImmediately="true")
        added = until(lambda: {place(n) for n in server.nodes(GROUP) if n["address"]} - before, "the fourth shard").pop()
        until(lambda: any(nodes[0] == added for _, _, nodes in slot_map(address)), "the first slot there")
        moving = time.perf_counter()
        server.wait_group(REGION, GROUP)
        ended = time.perf_counter()
        stop.set()
        took, errors = results.get()
        process.join()
        moved = int(Redis(added).call("DBSIZE")[1:])
        total = sum(int(Redis(place(n)).call("DBSIZE")[1:]) for n in server.nodes(GROUP))
    yield Figure("keys moved in a second, 3 to 4 shards with 1,000,000", "/s", 50000, [moved / (ended - moving)], least=True)
    yield Figure("  until available, from the request", "s", 10, [ended - begun])
    yield Figure("  GET and SET meanwhile, 99th percentile", "ms", 20, [took[int(len(took) * 0.99)]])
    yield Figure("  errors that clients saw", "", 0, [errors], judged=max)
    yield Figure("  keys lost or doubled", "", 0, [abs(total - KEYS)], judged=max)


def strike(server):
    """Kills a shard's primary: how long its slots took no write, in ms."""
    first = random.choice(slot_map(place(server.nodes(GROUP)[0])))
    victim = next(n for n in server.nodes(GROUP) if place(n) == first[2][0])
    key = next(k for k in ("k%d" % n for n in range(10**6)) if first[0] <= slot_of(k) <= first[1])
    begun = time.perf_counter()
    kill(victim["pid"], signal.SIGKILL)
    until(lambda: any(accepts(node, key) for node in first[2][1:]), "a write accepted", pause=0.0002)
    return (time.perf_counter() - begun) * 1000


def settle(server):
    """Until all nodes tell of each other again."""
    server.wait_group(REGION, GROUP)

    def whole():
        nodes = server.nodes(GROUP)
        return all(n["state"] == "ready" for n in nodes) and all(told(place(n)) == len(nodes) for n in nodes)
    until(whole, "a whole cluster", pause=0.05)


def cluster_failover():
    took = []
    with Server() as server:
        create(server, 3, 2)
        for _ in range(12):
            took.append(strike(server))
            settle(server)
    yield Figure("shard primary killed to the next accepted write", "ms", 30, took)
    yield Figure("  the slowest", "ms", 100, took, judged=max)


def cluster_election():
    took = []
    for _ in range(3):
        with Server() as server:
            create(server, 3, 1)
            nodes = server.nodes(GROUP)
            time.sleep(1)  # until the nodes have taken on the time-out that lasts
            for pid, arguments in processes_of(server.folder).items():
                if "meridian" in os.path.basename(arguments[0]):
                    kill(pid, signal.SIGKILL)
            server.nodes = lambda group=None: nodes
            took.append(strike(server) / 1000)
            server.process.wait(DEADLINE)
            server.nodes = lambda group=None: []
    yield Figure("the same with serve and agents dead", "s", 5, took, judged=max)
