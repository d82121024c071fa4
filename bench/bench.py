"""Measures a release build against its targets.

usage: bench.py [FIGURE…]     without a name, all of them: start, size, memory, describe, page, callers.verified, names, reset, forward, create, join, lag,
                              failover, takeover, hang, primary, reader, items, tls_create, tls, serverless, access, fleet, crowd, snapshot, cluster_create, cluster_large,
                              cluster_huge, reshard,
                              cluster_failover, cluster_election, turns, far_turns, loss, hostile, image, scale, gateway, far,
                              far_failover, apply, copy, joined, lag_load

names                 the name of a reader endpoint, among those of 100 groups, asked for over UDP
reset, forward        50 nodes deleted at once; a call of another service, to the same without serve between
takeover, hang        a primary killed or stopped, until a write is accepted
primary, reader       throughput through an endpoint to that of the node itself; reader needs cores that nothing else uses
items                 commands of a memcached node, to those of the engine alone
tls_create, tls       groups with TLS
serverless            a serverless cache made, and its endpoint beside an engine alone
access                a changed access string on 20 nodes
fleet                 200 nodes; crowd: 400 of one agent
snapshot              1 GB taken and restored, to the engine alone with the same data
cluster_large         90 shards of 2 real nodes; cluster_huge: 250 of 2, which takes 8 GB and minutes
reshard               1,000,000 keys, 3 to 4 shards, under a client's load
cluster_failover      a shard's primary killed; cluster_election: the same with serve and agents dead
turns                 100 failovers over three regions in cluster mode, with 1 and with 6 shards; far_turns: 12, 40 ms apart; loss: a lost primary region
hostile               the dearest of 3,700 requests made to be dear, in processor time
image                 the container image; needs podman, runc, debootstrap and root
gateway, far          what a gateway between regions costs; a write, and a failover, in a region that is 40 ms away (far_failover)
apply, copy           a secondary in cluster mode beside the engine's own replication: its stream (redis and valkey), and 1 GB
joined                a secondary of 3 shards of 2 nodes with 1 GB, beside engines of the same shape
lag_load              a write in the other region under 20,000 writes/s, beside a follower of the engine's own
scale                 10,000 groups of nodes without processes, or as many as MERIDIAN_BENCH_GROUPS says; then a region with a long past
"""
import multiprocessing
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import access
import backup
import callers
import clusters
import fleet
import groups
import hostile
import image
import items
import jobs
import local
import native
import regions
import scale
import secure
import serverless
import wan
from figure import Figure
from local import Redis, Server, full_syncs, judge, until

HOME = "us-east-1"
AWAYS = ["eu-west-1", "ap-northeast-1", "sa-east-1", "eu-central-1", "us-west-2", "ap-south-1", "ca-central-1"]
LOAD_SECONDS, LOAD_RUNS = 3, 3


def p99(values):
    return sorted(values)[int(len(values) * 0.99)]


def parts(values, size):
    return [values[i:i + size] for i in range(0, len(values), size)]


def start():
    first, again = [], []
    for _ in range(9):
        with Server() as server:
            first.append(server.took_ms)
            server.stop()
            again.append(server.start().took_ms)
    yield Figure("start to health, a new data directory", "ms", 15, first)
    yield Figure("start to health, again", "ms", 15, again)


def size():
    yield Figure("size of the stripped program", "MiB", 2, [os.path.getsize(local.BIN) / 2**20])


def memory():
    values = []
    for _ in range(3):
        with Server() as server, open("/proc/%d/status" % server.process.pid) as status:
            values.append(int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024)
    yield Figure("resident memory of an idle serve", "MiB", 12, values)


def load(port, file, cores):
    """Requests per second over 16 connections."""
    run = subprocess.run([local.tool("load"), "127.0.0.1", str(port), "16", str(LOAD_SECONDS), file], stdout=subprocess.PIPE, text=True,
                         preexec_fn=lambda: os.sched_setaffinity(0, cores))
    if run.returncode:
        raise SystemExit("bench: the load had errors: " + run.stdout)
    return float(run.stdout.split()[0])


def loads(server, body):
    """Requests per second of serve, and of a bare libmicrohttpd that answers the same bytes: one value a run of each, in turn. The
    servers have one core and the load another."""
    cores, mine, bare = sorted(os.sched_getaffinity(0)), [], []
    os.sched_setaffinity(server.process.pid, cores[:1])
    answer = server.ask("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"}).read()
    with tempfile.NamedTemporaryFile() as request, tempfile.NamedTemporaryFile() as answered:
        request.write(body.encode())
        request.flush()
        answered.write(answer)
        answered.flush()
        with subprocess.Popen([local.tool("bare"), answered.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              preexec_fn=lambda: os.sched_setaffinity(0, cores[:1])) as other:
            port = int(other.stdout.readline())
            for _ in range(LOAD_RUNS):
                mine.append(load(server.port, request.name, cores[-1:]))
                bare.append(load(port, request.name, cores[-1:]))
            other.stdin.close()
    return mine, [m / b for m, b in zip(mine, bare)]


def describe():
    with Server() as server:
        server.create_group(HOME, "one")
        server.wait_group(HOME, "one")
        values, ratios = loads(server, "Action=DescribeReplicationGroups&Version=2015-02-02&ReplicationGroupId=one")
    yield Figure("DescribeReplicationGroups of one group, one core", "/s", 10000, values, least=True)
    yield Figure("  to bare libmicrohttpd with the same bytes", "", 0.6, ratios, least=True)


def page():
    with Server(["--dry-run"]) as server:
        for n in range(100):
            server.create_group(HOME, "g%03d" % n)
        for n in range(100):
            server.wait_group(HOME, "g%03d" % n)
        values, ratios = loads(server, "Action=DescribeReplicationGroups&Version=2015-02-02&MaxRecords=100")
    yield Figure("DescribeReplicationGroups, a page of 100 groups", "/s", 300, values, least=True)
    yield Figure("  to bare libmicrohttpd with the same bytes", "", 0.4, ratios, least=True)


def names():
    flags = ["--dry-run", "--dns", "127.0.0.1:0", "--names", "cache.test"]
    cores, values = sorted(os.sched_getaffinity(0)), []
    with Server(flags) as server:
        for n in range(100):
            server.create_group(HOME, "g%03d" % n, nodes=3)
        for n in range(100):
            server.wait_group(HOME, "g%03d" % n)
        with open(os.path.join(server.data, "dns")) as f:
            host, _, port = f.read().strip().rpartition(":")
        name = server.endpoint(HOME, "g050", "Reader")[0]
        os.sched_setaffinity(server.process.pid, cores[:1])
        for _ in range(LOAD_RUNS):
            run = subprocess.run([local.tool("ask"), host, port, "32", str(LOAD_SECONDS), name], stdout=subprocess.PIPE, text=True,
                                 preexec_fn=lambda: os.sched_setaffinity(0, cores[-1:]))
            if run.returncode:
                raise SystemExit("bench: names had bad answers: " + run.stdout)
            values.append(float(run.stdout.split()[0]))
    yield Figure("answers to questions for a name, one core", "/s", 20000, values, least=True)


def create():
    values = []
    with Server() as server:
        for n in range(8):
            group = "three-%d" % n
            begun = time.perf_counter()
            server.create_group(HOME, group, nodes=3)
            server.wait_group(HOME, group)
            values.append((time.perf_counter() - begun) * 1000)
            server.delete_group(HOME, group)
    yield Figure("CreateReplicationGroup of 3 nodes to available", "ms", 200, values)


def first_key(server, region, group):
    """Until the key is read from the group's primary endpoint."""
    address = until(lambda: server.endpoint(region, group), "an endpoint of " + group)

    def read():
        try:
            client = Redis(address)
            value = client.call("GET", "key")
            client.close()
            return value == b"value"
        except ConnectionError:
            return False
    until(read, "the key in " + region)


def join():
    values = []
    with Server() as server:
        for n, away in enumerate(AWAYS):
            home, group = "home-%d" % n, "away-%d" % n
            server.create_group(HOME, home)
            server.wait_group(HOME, home)
            client = Redis(server.endpoint(HOME, home))
            client.call("SET", "key", "value")
            client.close()
            world = server.create_global(HOME, home, "w%d" % n)
            begun = time.perf_counter()
            server.create_group(away, group, GlobalReplicationGroupId=world)
            first_key(server, away, group)
            values.append((time.perf_counter() - begun) * 1000)
    yield Figure("second region created to first key readable", "ms", 400, values)


def two_regions(server, nodes):
    """A global datastore over HOME and another region: its id and the two primary endpoints."""
    away = AWAYS[0]
    server.create_group(HOME, "home", nodes)
    server.wait_group(HOME, "home")
    world = server.create_global(HOME, "home", "w")
    server.create_group(away, "away", nodes, GlobalReplicationGroupId=world)
    server.wait_group(away, "away")
    server.wait_global(HOME, world, "available")
    return world, server.endpoint(HOME, "home"), server.endpoint(away, "away")


def lag():
    values = []
    with Server() as server:
        _, home, away = two_regions(server, 1)
        writer, reader = Redis(home), Redis(away)
        for n in range(3000):
            text = str(n)
            begun = time.perf_counter()
            writer.call("SET", "counter", text)
            while reader.call("GET", "counter") != text.encode():
                pass
            values.append((time.perf_counter() - begun) * 1000)
            time.sleep(0.0005)
    yield Figure("write readable in the other region", "ms", 1, values)
    yield Figure("the same, 99th percentile of 1000 writes", "ms", 5, [p99(part) for part in parts(values, 1000)])


def writer(address, label, stop, results):
    """Writes numbered keys to one endpoint for as long as it is told, whatever it answers; reports what was acknowledged and when."""
    acknowledged, n, client = [], 0, None
    while not stop.is_set():
        try:
            client = client or Redis(address)
            if client.call("SET", "%s:%d" % (label, n), "1") == b"+OK":
                acknowledged.append((n, time.perf_counter()))
            else:
                time.sleep(0.0003)
        except OSError:
            client = None
            time.sleep(0.0003)
        n += 1
    results.put((label, acknowledged))


def under_load(addresses, action):
    """Runs action() between two spells of writing to all addresses: acknowledged writes as (label, number, time), by time."""
    stop, results = multiprocessing.Event(), multiprocessing.Queue()
    writers = [multiprocessing.Process(target=writer, args=(a, "w%d-%d" % (i, time.monotonic_ns()), stop, results))
               for i, a in enumerate(addresses)]
    for w in writers:
        w.start()
    time.sleep(0.5)
    action()
    time.sleep(0.5)
    stop.set()
    found = [results.get() for _ in writers]
    for w in writers:
        w.join()
    return sorted(((label, n, at) for label, acks in found for n, at in acks), key=lambda a: a[2])


def failovers(latency_ms, limit_ms):
    """Planned failovers to and fro, under writes, with so much network between the regions."""
    gaps, lost, synced = [], [], []
    away = AWAYS[0]
    with Server() as server:
        world, *addresses = two_regions(server, 2)
        server.ask("PUT", "/_meridian/links/%s/%s?latency_ms=%d" % (HOME, away, latency_ms)).read()
        nodes = server.nodes("home") + server.nodes("away")
        for n in range(6):
            region, group = ((away, "away"), (HOME, "home"))[n % 2]
            before = full_syncs(nodes)

            def promote():
                server.query(HOME, "FailoverGlobalReplicationGroup", GlobalReplicationGroupId=world, PrimaryRegion=region,
                             PrimaryReplicationGroupId=group)
                server.wait_global(HOME, world, "available")

            acks = under_load(addresses, promote)
            gaps.append(max(b[2] - a[2] for a, b in zip(acks, acks[1:])) * 1000)
            client = Redis(addresses[(n + 1) % 2])
            verdict = judge(client, [("%s:%d" % (label, number), at, False) for label, number, at in acks])
            lost.append(len(verdict.wrong() + verdict.gave_up))
            client.call("FLUSHALL")
            synced.append(full_syncs(nodes) - before)
    far = ", %d ms away" % latency_ms if latency_ms else ""
    yield Figure("cross-region failover%s, without accepted writes" % far, "ms", limit_ms, gaps)
    yield Figure("  acknowledged writes lost", "", 0, lost, judged=max)
    yield Figure("  full synchronisations", "", 0, synced, judged=max)


def failover():
    yield from failovers(0, 100)


def far_failover():
    yield from failovers(40, 55)


ALL = [start, size, memory, describe, page, callers.verified, names, jobs.reset, jobs.forward, create, join, lag, failover, groups.takeover, groups.hang, groups.primary, groups.reader, items.items, secure.tls_create, secure.tls, serverless.serverless, access.access,
       fleet.fleet, fleet.crowd, backup.snapshot, clusters.cluster_create, clusters.cluster_large, clusters.reshard, clusters.cluster_failover, clusters.cluster_election, regions.turns, regions.far_turns, regions.loss, hostile.hostile, image.image, scale.scale, wan.gateway, wan.far, far_failover, native.apply, native.copy, native.joined, native.lag_load]

# What takes minutes and most of the memory is measured where it is asked for.
ON_REQUEST = [clusters.cluster_huge]


def machine():
    with open("/proc/cpuinfo") as f:
        model = re.search(r"model name\s*:\s*(.*)", f.read())
    engine = subprocess.run(["redis-server", "--version"], stdout=subprocess.PIPE, text=True).stdout
    return "%s, %d cores, load %.1f; redis-server %s" % (model[1] if model else "processor", os.cpu_count(), os.getloadavg()[0],
                                                         re.search(r"v=(\S+)", engine)[1])


def show(rows):
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for r in rows:
        print("  ".join([r[0].ljust(widths[0])] + [c.rjust(w) for c, w in zip(r[1:], widths[1:])]))


def main():
    names = {f.__name__: f for f in ALL + ON_REQUEST}
    if set(sys.argv[1:]) - set(names):
        sys.exit(__doc__)
    chosen = [names[n] for n in sys.argv[1:]] or ALL
    subprocess.run(["ninja", "-C", os.path.join(local.ROOT, "build"), "--quiet", "bench/load", "bench/bare", "bench/items", "bench/ask"], check=True)
    print(machine())
    figures = []
    for measure in chosen:
        print("measuring %s …" % measure.__name__, file=sys.stderr)
        figures += measure()
    show([["figure", "target", "median", "min", "max", ""]] + [f.row() for f in figures])
    sys.exit(0 if all(f.ok for f in figures) else 1)


if __name__ == "__main__":
    main()
