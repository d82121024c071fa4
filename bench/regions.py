"""Global datastores in cluster mode over three regions: planned failovers and lost regions, with every shard written to all the time."""
import multiprocessing
import signal
import time

from clusters import create, slot_map, slot_of
from figure import Figure
from local import Redis, Server, full_syncs, kill, until
from registers import Histories

REGIONS = ("us-east-1", "eu-west-1", "ap-northeast-1")
TURNS, FAR_TURNS, LOSSES = 100, 12, 6


def members(server, shards, replicas, regions=REGIONS):
    """A datastore, and its (region, group)s, the primary first."""
    create(server, shards, replicas, "m0")
    world = server.create_global(REGIONS[0], "m0", "w")
    for n, region in enumerate(regions[1:], 1):
        server.query(region, "CreateReplicationGroup", ReplicationGroupId="m%d" % n, ReplicationGroupDescription="measured",
                     GlobalReplicationGroupId=world, ReplicasPerNodeGroup=replicas)
        server.wait_group(region, "m%d" % n)
        server.wait_global(REGIONS[0], world, "available")
    return world, [(region, "m%d" % n) for n, region in enumerate(regions)]


def shard_primaries(address):
    return [(first, last, nodes[0]) for first, last, nodes in until(lambda: slot_map(address), "slots")]


def key_in(first, last):
    return next("r%d" % n for n in range(10 * 16384) if first <= slot_of("r%d" % n) <= last)


class Regions:
    """A writer's connections: to each shard of each region, made anew where they break."""

    def __init__(self, maps):
        self.maps, self.at, self.open = maps, 0, {}
        self.keys = [key_in(first, last) for first, last, _ in maps[0]]

    def swap(self, shard, number):
        """The number that was replaced at the shard, or None where no region took it just now."""
        node = self.maps[self.at][shard][2]
        try:
            if node not in self.open:
                self.open[node] = Redis(node, timeout=10)
            reply = self.open[node].call("GETSET", self.keys[shard], str(number))
        except OSError:
            self.open.pop(node, None)
            reply = b"-"
        if reply is None or not reply.startswith(b"-"):
            return int(reply or 0)
        self.at = (self.at + 1) % len(self.maps)
        return None


def write(maps, stop, results):
    """One number after the other to each shard's register, wherever it is taken: the judgement, and when each was acknowledged."""
    regions, histories, acknowledged, number = Regions(maps), Histories(), [], 0
    while not stop.is_set():
        number += 1
        for shard, key in enumerate(regions.keys):
            histories.tries(key, number)
            begin, replaced = time.monotonic(), None
            while replaced is None and not stop.is_set():
                begin = time.monotonic()
                replaced = regions.swap(shard, number)
            if replaced is not None:
                acknowledged.append(time.monotonic())
                histories.wrote(key, number, begin, acknowledged[-1], replaced)
        time.sleep(0.0005)
    verdict = histories.judge()
    results.put((acknowledged, len(verdict.wrong() + verdict.gave_up)))


def under_load(server, groups, act, times):
    """act(n) that often while a writer is at work: for each the longest time without an acknowledged write, and what was lost in all."""
    maps = [shard_primaries(server.endpoint(region, group, "Configuration")) for region, group in groups]
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    writer = multiprocessing.Process(target=write, args=(maps, stop, results))
    writer.start()
    begun = []
    for n in range(times):
        time.sleep(0.05)
        begun.append(time.monotonic())
        act(n)
    time.sleep(0.05)
    stop.set()
    acknowledged, lost = results.get()
    writer.join()
    gaps = [(b, b - a) for a, b in zip(acknowledged, acknowledged[1:])]
    return [max(gap for at, gap in gaps if first <= at < last) * 1000 for first, last in zip(begun, begun[1:] + [time.monotonic()])], lost


def promote(server, world, member):
    server.query(member[0], "FailoverGlobalReplicationGroup", GlobalReplicationGroupId=world, PrimaryRegion=member[0],
                 PrimaryReplicationGroupId=member[1])


def turned(shards, replicas, times, latency_ms=0):
    """Failovers round three regions: ms without accepted writes of each, writes lost and full synchronisations of all."""
    with Server() as server:
        world, groups = members(server, shards, replicas)
        for a, b in ((0, 1), (1, 2), (0, 2)):
            server.ask("PUT", "/_meridian/links/%s/%s?latency_ms=%d" % (REGIONS[a], REGIONS[b], latency_ms)).read()
        before = full_syncs(server.nodes())

        def turn(n):
            promote(server, world, groups[(n + 1) % 3])
            server.wait_global(REGIONS[0], world, "available")

        gaps, lost = under_load(server, groups, turn, times)
        return gaps, lost, full_syncs(server.nodes()) - before


def figures_of(name, limit_ms, gaps, lost, synced):
    yield Figure(name + ": without accepted writes", "ms", limit_ms, gaps)
    yield Figure("  acknowledged writes lost", "", 0, [lost])
    yield Figure("  full synchronisations", "", 0, [synced])


def turns():
    for shards, replicas in ((1, 1), (6, 0)):
        name = "%d turns over three regions, %d shard%s" % (TURNS, shards, "s" * (shards > 1))
        yield from figures_of(name, 10, *turned(shards, replicas, TURNS))


def far_turns():
    yield from figures_of("%d turns, 2 shards, regions 40 ms apart" % FAR_TURNS, 55, *turned(2, 1, FAR_TURNS, 40))


def loss():
    values = []
    with Server() as server:
        world, groups = members(server, 2, 1)
        for n in range(LOSSES):
            old, new = groups[n % 3], groups[(n + 1) % 3]
            targets = shard_primaries(server.endpoint(*new, "Configuration"))
            clients = [(Redis(node), key_in(first, last)) for first, last, node in targets]
            for node in server.nodes(old[1]):
                kill(node["pid"], signal.SIGKILL)
            begun = time.monotonic()
            promote(server, world, new)
            for client, key in clients:
                until(lambda: client.call("SET", key, "1") == b"+OK", "writes in " + new[0], pause=0.0002)
            values.append((time.monotonic() - begun) * 1000)
            server.wait_global(REGIONS[0], world, "available")
            for member in groups:
                server.wait_group(*member)
    yield Figure("primary region lost: failover asked to writes in all shards", "ms", 50, values)
