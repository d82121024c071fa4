"""Two hundred nodes on one machine."""
import os
import re
import signal
import statistics
import time

from figure import Figure
from local import Server, processes_of, until
from groups import accepts

REGIONS = ["us-east-1", "eu-west-1"]
GROUPS, NODES = 40, 5
IN_ONE_REGION, FAILOVERS = 200, 8
IDLE_S = 10


def pages(server):
    return [server.query(region, "DescribeReplicationGroups", MaxRecords=100) for region in REGIONS]


def at_work(server, count):
    """Whether there are so many nodes, and all of them are ready and in step."""
    nodes = server.nodes()
    return len(nodes) == count and all(n["state"] == "ready" and (n["role"] == "primary" or n["link_up"]) for n in nodes)


def settled(server):
    """Whether everything is available and all nodes are at work."""
    texts = pages(server)
    if sum(t.count("<ReplicationGroup>") for t in texts) < GROUPS or any(re.search("<Status>(?!available)", t) for t in texts):
        return False
    return at_work(server, GROUPS * NODES)


def mib(pid, key, file="status"):
    """A size that the kernel tells of a process, in MiB."""
    with open("/proc/%d/%s" % (pid, file)) as f:
        return int(re.search(r"%s:\s+(\d+)" % key, f.read())[1]) / 1024


def cpu_s(pid):
    with open("/proc/%d/stat" % pid) as f:
        user, system = f.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def timed(action):
    begun = time.perf_counter()
    action()
    return (time.perf_counter() - begun) * 1000


def create(server, groups):
    for region, group in groups:
        server.create_group(region, group, NODES, AutomaticFailoverEnabled="true")
    until(lambda: settled(server), "%d groups available" % GROUPS, pause=0.01)


def delete(server, groups):
    for region, group in groups:
        server.query(region, "DeleteReplicationGroup", ReplicationGroupId=group)
    until(lambda: not any("<ReplicationGroup>" in t for t in pages(server)) and not server.nodes(), "%d groups gone" % GROUPS, pause=0.01)


def fail_over(server, region, group, count=NODES):
    """Kills the primary of a group of so many nodes: ms to the first accepted write; returns when the group is whole again."""
    address, victim = server.endpoint(region, group), server.primary(group)["pid"]

    def strike():
        os.kill(victim, signal.SIGKILL)
        until(lambda: accepts(address, "key"), "a write accepted by %s at %s:%d" % (group, *address), pause=0.0002)
    took = timed(strike)
    server.wait_whole(group, count)
    return took


def idle_shares(pids):
    """Percent of a core that each process takes while nothing happens."""
    before, begun = {pid: cpu_s(pid) for pid in pids}, time.perf_counter()
    time.sleep(IDLE_S)
    passed = time.perf_counter() - begun
    return {pid: (cpu_s(pid) - before[pid]) / passed * 100 for pid in pids}


def idle(server):
    programs = {pid: a[1] for pid, a in processes_of(server.folder).items() if a[1:2] in (["serve"], ["agent"])}
    shares = idle_shares(programs)
    nodes = [n["pid"] for n in server.nodes()]
    yield Figure("  CPU share of serve and agents, idle", "%", 5, [sum(shares.values())])
    for kind in "serve", "agent":
        chosen = [pid for pid, program in programs.items() if program == kind]
        yield Figure("    of each " + kind, "%", None, [shares[pid] for pid in chosen])
        yield Figure("  resident memory of each " + kind, "MiB", None, [mib(pid, "VmRSS") for pid in chosen])
    yield Figure("  memory of each node (shared pages divided)", "MiB", None, [mib(pid, "Pss", "smaps_rollup") for pid in nodes])


def fleet():
    groups = [(REGIONS[n % len(REGIONS)], "g%02d" % n) for n in range(GROUPS)]
    with Server() as server:
        yield Figure("%d nodes in %d groups created, to available" % (GROUPS * NODES, GROUPS), "ms", None, [timed(lambda: create(server, groups))])
        yield Figure("  described, a page of %d groups" % (GROUPS // len(REGIONS)), "ms", None,
                     [timed(lambda: server.query(REGIONS[0], "DescribeReplicationGroups", MaxRecords=100)) for _ in range(20)])
        yield from idle(server)
        yield Figure("  each group's primary killed to first accepted write", "ms", None, [fail_over(server, *g) for g in groups])
        yield Figure("  deleted, to the last node gone", "ms", None, [timed(lambda: delete(server, groups))])


def pairs(server, count):
    """Replication groups of two nodes in one region, at work: what the creation took, in ms."""
    def make():
        for n in range(count):
            server.create_group(REGIONS[0], "g%03d" % n, 2, AutomaticFailoverEnabled="true")
        until(lambda: at_work(server, 2 * count), "%d nodes at work" % (2 * count), pause=0.2, deadline=600)
        server.wait_group(REGIONS[0], "g%03d" % (count - 1))
    return timed(make)


def crowd():
    """Many nodes of one agent. A failover among them and one of a replication group that is alone take turns."""
    with Server(["--quotas", "raised"]) as server, Server() as other:
        yield Figure("%d nodes of one agent in groups of 2, created, to all at work" % (2 * IN_ONE_REGION), "s", None, [pairs(server, IN_ONE_REGION) / 1000])
        pairs(other, 1)
        time.sleep(IDLE_S)
        agents = [pid for pid, a in processes_of(server.folder).items() if a[1:2] == ["agent"]]
        yield Figure("  the agent idle, of a core", "%", 2 * IN_ONE_REGION / 100, list(idle_shares(agents).values()))
        took = [(fail_over(server, REGIONS[0], "g%03d" % (n * 13), 2), fail_over(other, REGIONS[0], "g000", 2)) for n in range(FAILOVERS)]
        among, alone = zip(*took)
        yield Figure("  a failover among them", "ms", None, among)
        yield Figure("  to one alone", "", 2, [statistics.median(among) / statistics.median(alone)])
