"""The network between regions: what a gateway costs, and what a distance adds."""
import os
import time

from figure import Figure
from local import Redis, Server, processes_of, until

HOME, AWAY = "us-east-1", "eu-west-1"
VALUE, MIB = 1 << 16, 1 << 20
COPIED = 384 * MIB
TICKS = os.sysconf("SC_CLK_TCK")


def used_s(pid):
    """The processor time of a process so far."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def agent_of(server, region):
    return next(pid for pid, arguments in processes_of(server.folder).items() if "agent" in arguments and region in arguments)


def load(address):
    """Bytes that no compression makes shorter."""
    client = Redis(address)
    for n in range(COPIED // VALUE):
        client.call("SET", "bulk:%d" % n, os.urandom(VALUE // 2).hex())
    client.close()


def gateway():
    rates, costs = [], []
    with Server() as server:
        server.create_group(HOME, "home")
        server.wait_group(HOME, "home")
        load(server.endpoint(HOME, "home"))
        world = server.create_global(HOME, "home", "w")
        server.create_group(AWAY, "small")  # its agent is there and at rest before anything is measured
        server.wait_group(AWAY, "small")
        for n in range(3):
            group, agent = "away-%d" % n, agent_of(server, AWAY)
            before, begun = used_s(agent), time.perf_counter()
            server.create_group(AWAY, group, GlobalReplicationGroupId=world)
            server.wait_group(AWAY, group)
            rates.append(COPIED / MIB / (time.perf_counter() - begun))
            costs.append(COPIED / MIB / max(used_s(agent) - before, 1 / TICKS))
            server.query(HOME, "DisassociateGlobalReplicationGroup", GlobalReplicationGroupId=world, ReplicationGroupId=group, ReplicationGroupRegion=AWAY)
            server.wait_global(HOME, world, "primary-only")
            server.delete_group(AWAY, group)
    yield Figure("full copy through a gateway at 0 ms, start of the node included", "MB/s", None, rates)
    yield Figure("  MB for a second of the gateway's processor", "MB/s", 200, costs, least=True)


def writes(writer, reader, count):
    """How many ms each of some writes takes until it is read in the other region."""
    values = []
    for n in range(count):
        text = "%d:%d" % (count, n)
        begun = time.perf_counter()
        writer.call("SET", "counter", text)
        while reader.call("GET", "counter") != text.encode():
            pass
        values.append((time.perf_counter() - begun) * 1000)
    return values


def far():
    with Server() as server:
        server.create_group(HOME, "home")
        server.wait_group(HOME, "home")
        world = server.create_global(HOME, "home", "w")
        server.create_group(AWAY, "away", GlobalReplicationGroupId=world)
        server.wait_group(AWAY, "away")
        writer, reader = Redis(server.endpoint(HOME, "home")), Redis(server.endpoint(AWAY, "away"))
        near = writes(writer, reader, 500)
        server.ask("PUT", "/_meridian/links/%s/%s?latency_ms=40" % (HOME, AWAY)).read()
        writer.call("SET", "far", "1")
        until(lambda: reader.call("GET", "far") == b"1", "a write from afar")
        values = writes(writer, reader, 100)
    yield Figure("write readable in the other region, next door", "ms", None, near)
    yield Figure("  40 ms away, beyond the 40 ms", "ms", 1, [v - 40 for v in values])
