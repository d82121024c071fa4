"""Replication groups: what clients notice of a death, and of what stands between them and the engine."""
import csv
import os
import random
import signal
import subprocess
import time

from figure import Figure
from local import Redis, Server, judge, until

REGION, GROUP, NODES = "us-east-1", "g", 3
KILLS, HANGS, PER_GROUP = 20, 10, 5


def accepts(address, key):
    """Whether a write over a new connection is accepted. Nobody answers for a hung server: what takes long is given up."""
    client = None
    try:
        client = Redis(address, timeout=0.02)
        return client.call("SET", key, "v") == b"+OK"
    except OSError:
        return False
    finally:
        if client:
            client.close()


def acknowledged(client, keys):
    """The keys whose write and WAIT were answered before the connection ended, as judge() takes them."""
    found = []
    try:
        for key in keys:
            written, copies = client.reply(), client.reply()
            if written == b"+OK" and copies[:1] == b":" and int(copies[1:]) >= 1:
                found.append((key, time.perf_counter(), True))
    except OSError:
        pass
    return found


def strike(server, address, number):
    """Sends a signal to the primary amid writes: how long no write was accepted, in ms, and how many confirmed ones are missing."""
    victim, mark = server.primary(GROUP)["pid"], "%d:" % time.monotonic_ns()
    keys = [mark + str(n) for n in range(1000)]
    client = Redis(address, timeout=2)
    client.socket.sendall(b"".join(Redis.encode("SET", key, "1") + Redis.encode("WAIT", "1", "1000") for key in keys))
    time.sleep(random.uniform(0.001, 0.02))
    begun = time.perf_counter()
    os.kill(victim, number)
    until(lambda: accepts(address, mark), "a write accepted after signal %d" % number, pause=0.0002)
    took = (time.perf_counter() - begun) * 1000
    kept = acknowledged(client, keys)
    client.close()
    client = Redis(address)
    verdict = judge(client, kept)
    client.close()
    return took, len(verdict.wrong()), len(kept)


def strikes(number, count):
    """What strike() tells, count times on a whole group; on a new one now and then, as nodes that die often are restarted later and later."""
    found = []
    while len(found) < count:
        with Server() as server:
            server.create_group(REGION, GROUP, NODES, AutomaticFailoverEnabled="true")
            server.wait_group(REGION, GROUP)
            address = server.endpoint(REGION, GROUP)
            for _ in range(min(PER_GROUP, count - len(found))):
                server.wait_whole(GROUP, NODES)
                server.wait_group(REGION, GROUP)
                found.append(strike(server, address, number))
    return [list(values) for values in zip(*found)]


def takeover():
    took, missing, kept = strikes(signal.SIGKILL, KILLS)
    yield Figure("primary killed to first accepted write", "ms", 25, took)
    yield Figure("  the slowest", "ms", 100, took, judged=max)
    yield Figure("  writes acknowledged by WAIT 1 and lost", "", 0, missing, judged=max)
    yield Figure("  of so many acknowledged", "", 1, kept, least=True, judged=sum)


def hang():
    took, missing, _ = strikes(signal.SIGSTOP, HANGS)
    yield Figure("primary hung to first accepted write", "ms", 600, took, judged=max)
    yield Figure("  writes acknowledged by WAIT 1 and lost", "", 0, missing, judged=max)


def requests_per_second(address, tests, pipeline, requests, cores, more):
    run = subprocess.run(["redis-benchmark", "-h", address[0], "-p", str(address[1]), "-t", tests, "-c", "50", "-P", str(pipeline),
                          "-n", str(requests), "--csv", *more], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                         timeout=120, check=True, preexec_fn=lambda: os.sched_setaffinity(0, cores))
    return [float(row["rps"]) for row in csv.DictReader(run.stdout.splitlines())]


def ratios(endpoint, node, tests, pipeline, rounds, requests, cores, more=()):
    """Throughput at an endpoint to that at a node, one value for each round and test. A round is node, endpoint, endpoint, node:
    what slows the machine down, or comes and goes during the round, meets both."""
    found = []
    for _ in range(rounds):
        runs = [requests_per_second(address, tests, pipeline, requests, cores, more) for address in (node, endpoint, endpoint, node)]
        found += [(second + third) / (first + fourth) for first, second, third, fourth in zip(*runs)]
    return found


def place(node):
    return node["address"], node["port"]


def primary():
    """Nothing stands between the client and the engine here; they have a core each, so that the scheduler is not measured."""
    cores = sorted(os.sched_getaffinity(0))
    with Server() as server:
        server.create_group(REGION, GROUP)
        server.wait_group(REGION, GROUP)
        node = server.primary(GROUP)
        os.sched_setaffinity(node["pid"], cores[:1])
        for pipeline, requests in ((1, 25000), (16, 300000)):
            values = ratios(server.endpoint(REGION, GROUP), place(node), "set,get", pipeline, 15, requests, cores[-1:])
            yield Figure("throughput, primary endpoint to node, -P %d" % pipeline, "", 0.98, values, least=True)


def reader():
    """A single replica listens on the endpoint itself; of more, the kernel or a forwarder chooses one for each connection."""
    for replicas in (1, 2):
        with Server() as server:
            server.create_group(REGION, GROUP, 1 + replicas)
            server.wait_group(REGION, GROUP)
            server.wait_whole(GROUP, 1 + replicas)
            replica = next(n for n in server.nodes(GROUP) if n["role"] != "primary")
            for pipeline, requests, target in ((1, 100000, 0.95), (16, 1500000, 0.95)):
                values = ratios(server.endpoint(REGION, GROUP, "Reader"), place(replica), "get", pipeline, 6, requests, os.sched_getaffinity(0))
                yield Figure("throughput, reader endpoint of %d replica%s to a replica, -P %d" % (replicas, "s"[:replicas - 1], pipeline), "",
                             target, values, least=True)
