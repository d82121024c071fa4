"""Datastores in cluster mode beside the engine's own replication, in the same run: a plain engine follows the same primary, without a
gateway, a module or an agent."""
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

from clusters import create, place, slot_of
from fleet import cpu_s
from figure import Figure
from local import Redis, Server, free_port, is_in, kill, until
from regions import REGIONS, members, shard_primaries

HOME, AWAY = REGIONS[:2]
MIB = 1 << 20
ENGINES = {"redis": "default.redis7.cluster.on", "valkey": "default.valkey8.cluster.on"}
# As the nodes have them, where they decide how fast a copy is.
SETTINGS = ("save", "", "appendonly", "no", "repl-diskless-sync", "yes", "repl-diskless-sync-delay", "0", "repl-diskless-load", "on-empty-db",
            "repl-ping-replica-period", "1", "repl-backlog-size", "64mb", "protected-mode", "no")
# Whoever follows without a password must be let.
FLAGS = ["--restricted-commands", "allow"]


def field(client, name):
    found = re.search(rb"%s:(-?\w+)" % name.encode(), client.call("INFO", "replication"))
    return found and found[1].decode()


class Native:
    """A plain engine that follows a primary from its start on. It has a session of its own, as nodes have: where a machine is busy, each gets as
    much of it."""

    def __init__(self, upstream, engine="redis"):
        self.port, self.folder = free_port(), tempfile.mkdtemp(prefix="meridian-bench-native-")
        settings = [word for name, value in zip(SETTINGS[::2], SETTINGS[1::2]) for word in ("--" + name, value)]
        self.process = subprocess.Popen([engine + "-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--replicaof", upstream[0],
                                         str(upstream[1])] + settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        self.address = ("127.0.0.1", self.port)

    @property
    def pid(self):
        return self.process.pid

    def is_linked(self):
        try:
            client = Redis(self.address)
            linked = field(client, "master_link_status") == "up"
            client.close()
            return linked
        except ConnectionError:
            return False

    def follow(self, upstream):
        client = Redis(self.address)
        client.call("REPLICAOF", upstream[0], str(upstream[1]))
        client.close()

    def end(self):
        kill(self.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def chunks(count, size, keys=500000):
    """Commands as they go over the wire, a thousand at a time, and over again; each thousand has values of its own that no compression makes shorter."""
    different = []
    for k in range(20):
        value = os.urandom(size // 2).hex()
        different.append(b"".join(Redis.encode("SET", "k:%d" % ((k * 7919 + n * 104729) % keys), value) for n in range(1000)))
    for n in range(count // 1000):
        yield different[n % len(different)]


def send(client, parts):
    for part in parts:
        client.socket.sendall(part)
        client.file.read(1000 * len("+OK\r\n"))


def load(shards, total, size=1000):
    """So many bytes, in keys of their own, to the primaries of shards as (first slot, last slot, address)."""
    clients = [(first, last, Redis(address), []) for first, last, address in shards]
    value = os.urandom(size // 2).hex()
    for n in range(total // size):
        slot = slot_of("b:%d" % n)
        _, _, client, block = next(c for c in clients if c[0] <= slot <= c[1])
        block.append(Redis.encode("SET", "b:%d" % n, value))
        if len(block) == 1000:
            send(client, [b"".join(block)])
            block.clear()
    for *_, client, _ in clients:
        client.close()


# ---- how fast the stream is applied ----

COMMANDS, RUNS, NOBODY = 400000, 5, 9


class Applied:
    """How fast a follower works off what has piled up: commands a second, and the processor time of a million."""

    def __init__(self, address, pid, source, hold, release):
        self.client, self.pid, self.source, self.hold, self.release = Redis(address), pid, source, hold, release
        self.rates, self.costs = [], []

    def offset(self):
        return int(field(self.client, "slave_repl_offset"))

    def run(self, parts):
        begin = self.offset()
        self.hold()
        send(self.source, parts)
        end = int(field(self.source, "master_repl_offset"))
        self.release()
        first = until(lambda: (o := self.offset()) > begin + (end - begin) // 10 and o, "a stream that goes on")
        at, used = time.perf_counter(), cpu_s(self.pid)
        until(lambda: self.offset() >= end, "the end of the stream", pause=0.005)
        commands = COMMANDS * (end - first) / (end - begin)
        self.rates.append(commands / (time.perf_counter() - at))
        self.costs.append((cpu_s(self.pid) - used) / commands * 1e6)


def apply_of(engine):
    with Server(FLAGS) as server:
        create(server, 1, 0, "m0", Engine=engine, CacheParameterGroupName=ENGINES[engine])
        world = server.create_global(HOME, "m0", "w")
        join(server, world, 0)
        source, away = place(server.primary("m0")), server.nodes("m1")[0]
        writer = Redis(source)
        writer.call("CONFIG", "SET", "repl-backlog-size", "1gb")
        native = Native(source, engine)
        try:
            until(native.is_linked, "the native follower in step")
            link = "/_meridian/links/%s/%s?state=" % (HOME, AWAY)
            ours = Applied(place(away), away["pid"], writer, lambda: server.ask("PUT", link + "down").read(), lambda: server.ask("PUT", link + "up").read())
            theirs = Applied(native.address, native.pid, writer, lambda: native.follow(("127.0.0.1", NOBODY)), lambda: native.follow(source))
            send(writer, chunks(500000, 100))
            for _ in range(RUNS):
                for one in (theirs, ours):
                    send(writer, chunks(1000, 100))
                    until(lambda: ours.offset() == theirs.offset() == int(field(writer, "master_repl_offset")), "both in step")
                    one.run(chunks(COMMANDS, 100))
        finally:
            native.end()
    yield Figure("stream applied by a secondary in cluster mode, %s" % engine, "/s", None, ours.rates)
    yield Figure("  to REPLICAOF without cluster mode", "", 0.8, [a / b for a, b in zip(ours.rates, theirs.rates)], least=True)
    yield Figure("  the same by the followers' processor time", "", None, [b / a for a, b in zip(ours.costs, theirs.costs)], least=True)


def apply():
    for engine in ENGINES:
        yield from apply_of(engine)


# ---- how fast a copy is ----

COPY, COPIED_S = 1000 * MIB, 600


def join(server, world, replicas):
    """Seconds until a secondary of the datastore has everything."""
    begun = time.perf_counter()
    server.query(AWAY, "CreateReplicationGroup", ReplicationGroupId="m1", ReplicationGroupDescription="measured", GlobalReplicationGroupId=world,
                 ReplicasPerNodeGroup=replicas)
    until(lambda: is_in("<Status>available</Status>", server.group(AWAY, "m1")), "a secondary with all data", pause=0.005, deadline=COPIED_S)
    took = time.perf_counter() - begun
    server.wait_global(HOME, world, "available")
    return took


def leave(server, world):
    server.query(HOME, "DisassociateGlobalReplicationGroup", GlobalReplicationGroupId=world, ReplicationGroupId="m1", ReplicationGroupRegion=AWAY)
    server.wait_global(HOME, world, "primary-only")
    server.wait_group(AWAY, "m1")
    server.delete_group(AWAY, "m1")


def copy_natively(sources, replicas):
    """Seconds until plain engines, each with so many replicas of its own, have everything."""
    begun, engines = time.perf_counter(), []
    try:
        for source in sources:
            engines.append(Native(source))
            engines += [Native(engines[-1].address) for _ in range(replicas)]
        until(lambda: all(e.is_linked() for e in engines), "copies of the engines' own", pause=0.005, deadline=COPIED_S)
        return time.perf_counter() - begun
    finally:
        for e in engines:
            e.end()


def copies(shards, replicas):
    """(ours, the engines') seconds for a copy of 1 GB, of some runs in turn."""
    ours, theirs = [], []
    with Server(FLAGS) as server:
        create(server, shards, 0, "m0")
        world, primaries = server.create_global(HOME, "m0", "w"), shard_primaries(server.endpoint(HOME, "m0", "Configuration"))
        load(primaries, COPY)
        for _ in range(3):
            theirs.append(copy_natively([address for *_, address in primaries], replicas))
            ours.append(join(server, world, replicas))
            leave(server, world)
    return ours, theirs


def copy():
    ours, theirs = copies(1, 0)
    yield Figure("full copy of 1 GB to a secondary in cluster mode", "s", None, ours)
    yield Figure("  its speed, to the engine's own full copy", "", 0.9, [b / a for a, b in zip(ours, theirs)], least=True)


def joined():
    ours, theirs = copies(3, 1)
    yield Figure("secondary of 3 shards of 2 nodes joined, with 1 GB", "s", None, ours)
    yield Figure("  its time, to engines of the same shape", "", 1.3, [a / b for a, b in zip(ours, theirs)])


# ---- how late writes are ----

PACE, PROBES = 20000, 1000


def write_paced(address, stop):
    """PACE writes a second."""
    client, part, begun, sent = Redis(address), [], time.perf_counter(), 0
    part = b"".join(Redis.encode("SET", "p:%d" % n, "x" * 100) for n in range(20))
    while not stop.is_set():
        if sent < (time.perf_counter() - begun) * PACE:
            client.socket.sendall(part)
            client.file.read(20 * len("+OK\r\n"))
            sent += 20
        else:
            time.sleep(0.0002)


def lateness(writer, readers, number):
    """ms from before a write until each of the readers, in turn, has it."""
    values = []
    for n in range(number):
        reader, text = readers[n % len(readers)], str(n)
        begun = time.perf_counter()
        writer.call("SET", "probe", text)
        while reader.call("GET", "probe") != text.encode():
            pass
        values.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.001)
    return [values[k::len(readers)] for k in range(len(readers))]


def p99(values):
    return sorted(values)[int(len(values) * 0.99)]


def lag_load():
    figures = []
    with Server(FLAGS) as server:
        world, groups = members(server, 1, 0, REGIONS[:2])
        source = place(server.primary("m0"))
        native, stop = Native(source), multiprocessing.Event()
        pacer = multiprocessing.Process(target=write_paced, args=(source, stop))
        try:
            until(native.is_linked, "the native follower in step")
            pacer.start()
            writer, ours, theirs = Redis(source), Redis(place(server.nodes("m1")[0])), Redis(native.address)
            for ms in (0, 40):
                server.ask("PUT", "/_meridian/links/%s/%s?latency_ms=%d" % (HOME, AWAY, ms)).read()
                writer.call("SET", "probe", "far")
                until(lambda: ours.call("GET", "probe") == b"far", "a write from afar")
                late, native_late = lateness(writer, [ours, theirs], 2 * PROBES if ms == 0 else PROBES)
                name = "write readable in the other region, under %d writes/s%s" % (PACE, ", beyond the %d ms" % ms if ms else "")
                figures += [Figure(name, "ms", 0.3, [v - ms for v in late]), Figure("  99th percentile", "ms", 3, [p99(late) - ms]),
                            Figure("  of the engine's own follower", "ms", None, native_late), Figure("  its 99th percentile", "ms", None, [p99(native_late)])]
        finally:
            stop.set()
            pacer.join()
            native.end()
    yield from figures
