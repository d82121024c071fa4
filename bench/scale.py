"""Fleets without processes (serve --dry-run): what grows with the number of resources, and what must not."""
import os
import re
import socket
import statistics
import threading
import time
import urllib.parse

from figure import Figure
from fleet import idle_shares, mib, timed
from local import Server, until

REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "eu-west-1", "eu-west-2", "eu-central-1", "ap-south-1", "sa-east-1"]
APART = "eu-north-1"
GROUPS = int(os.environ.get("MERIDIAN_BENCH_GROUPS") or 10000)
THOUSAND = max(GROUPS // 10, 1)
CLIENTS, ASKED, FAILOVERS = 4, 2000, 20
SNAPSHOTS, USERS = GROUPS // 2, GROUPS // 10
EVENTS = 10 * GROUPS
FLAGS = ["--dry-run", "--quotas", "raised", "--log-level", "warn"]


class Wire:
    """A connection that is kept, thin enough not to be measured itself."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    @staticmethod
    def request(region, action, **parameters):
        body = urllib.parse.urlencode({"Action": action, "Version": "2015-02-02"} | parameters)
        return ("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nAuthorization: AWS4-HMAC-SHA256 "
                "Credential=test/20260101/%s/elasticache/aws4_request, SignedHeaders=host, Signature=0\r\nContent-Length: %d\r\n\r\n%s"
                % (region, len(body), body)).encode()

    def receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise SystemExit("bench: the server has closed a connection that waits for an answer")
        return data

    def send(self, request):
        """The answer's body; None for one that is no 200."""
        self.socket.sendall(request)
        data = self.receive()
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, body = data.partition(b"\r\n\r\n")
        size = int(re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)[1])
        rest = [body]
        got = len(body)
        while got < size:
            rest.append(self.receive())
            got += len(rest[-1])
        return b"".join(rest).decode() if head[9:12] == b"200" else None

    def ask(self, region, action, **parameters):
        answer = self.send(self.request(region, action, **parameters))
        if answer is None:
            raise SystemExit("bench: %s of %s in %s failed" % (action, parameters, region))
        return answer


def place(n):
    """(region, id) of the n-th replication group."""
    return REGIONS[n % len(REGIONS)], "g%05d" % n


def creation(n):
    region, group = place(n)
    return Wire.request(region, "CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="measured", Engine="redis",
                        CacheNodeType="cache.r6g.large", NumCacheClusters=2, AutomaticFailoverEnabled="true")


def all_sent(port, requests):
    """Sends requests over a few connections: when each was answered, in seconds since the first."""
    begun, ends, at = time.perf_counter(), [], iter(requests)
    lock = threading.Lock()

    def client():
        wire = Wire(port)
        while True:
            with lock:
                request = next(at, None)
            if request is None:
                return
            if wire.send(request) is None:
                raise SystemExit("bench: a request failed: %r" % request)
            ends.append(time.perf_counter() - begun)
    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    if len(ends) < len(requests):
        raise SystemExit("bench: not every request was answered")
    return sorted(ends)


def listed(wire, region, action="DescribeReplicationGroups"):
    """All pages of a list."""
    pages, marker = [], {}
    while True:
        pages.append(wire.ask(region, action, MaxRecords=50 if action == "DescribeSnapshots" else 100, **marker))
        found = re.search("<Marker>(.*?)</Marker>", pages[-1])
        if found is None:
            return pages
        marker = {"Marker": found[1]}


def unsettled(wire):
    """How many replication groups are not available, and how many are listed."""
    pages = [page for region in REGIONS for page in listed(wire, region)]
    return sum(page.count("<Status>creating") + page.count("<Status>modifying") for page in pages), sum(page.count("<ReplicationGroup>") for page in pages)


def is_primary(wire, region, group, cluster):
    text = wire.ask(region, "DescribeReplicationGroups", ReplicationGroupId=group)
    return re.search("<CacheClusterId>%s</CacheClusterId>.*?<CurrentRole>(.*?)<" % cluster, text)[1] == "primary"


def fail_over(server, wire, region, group):
    """The primary dies: ms until the other node is shown as primary; returns once all is well again."""
    first, second = (group + "-00%d" % n for n in (1, 2))
    if is_primary(wire, region, group, second):
        first, second = second, first
    begun = time.perf_counter()
    answer = server.ask("PUT", "/_meridian/nodes/%s.0001?region=%s&do=kill" % (first, region))
    answer.read()
    if answer.status != 200:
        raise SystemExit("bench: the node %s can't die: %d" % (first, answer.status))
    until(lambda: is_primary(wire, region, group, second), "%s primary" % second, pause=0.0005)
    took = (time.perf_counter() - begun) * 1000
    until(lambda: "<Status>available" in wire.ask(region, "DescribeReplicationGroups", ReplicationGroupId=group), group + " available")
    return took


def create_and_delete(wire, region, group):
    wire.ask(region, "CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="measured", Engine="redis",
             CacheNodeType="cache.r6g.large", NumCacheClusters=1)
    until(lambda: "<Status>available" in wire.ask(region, "DescribeReplicationGroups", ReplicationGroupId=group), group + " available", 0.0005)
    wire.ask(region, "DeleteReplicationGroup", ReplicationGroupId=group)
    until(lambda: wire.send(Wire.request(region, "DescribeReplicationGroups", ReplicationGroupId=group)) is None, group + " gone", 0.0005)


def alone():
    """What a failover, and a creation with its deletion, take where there is nothing else: ms each."""
    with Server(FLAGS) as server:
        wire = Wire(server.port)
        wire.send(creation(0))
        until(lambda: unsettled(wire) == (0, 1), "one group available", 0.01)
        failovers = [fail_over(server, wire, *place(0)) for _ in range(FAILOVERS)]
        return failovers, [timed(lambda: create_and_delete(wire, APART, "apart")) for _ in range(FAILOVERS)]


def created(server):
    ends = all_sent(server.port, [creation(n) for n in range(GROUPS)])
    first, last = ends[THOUSAND - 1], ends[-1] - ends[-THOUSAND - 1] if GROUPS > THOUSAND else ends[-1]
    yield Figure("%d groups of 2 nodes without processes, created" % GROUPS, "/s", 1000, [GROUPS / ends[-1]], least=True)
    yield Figure("  the last %d to the first" % THOUSAND, "", 1.3, [last / first])
    wire = Wire(server.port)
    begun = time.perf_counter() - ends[-1]
    until(lambda: unsettled(wire) == (0, GROUPS), "%d groups available" % GROUPS, pause=0.05, deadline=1200)
    yield Figure("  created, to available", "s", None, [time.perf_counter() - begun])


def described(server):
    wire = Wire(server.port)
    requests = [Wire.request(region, "DescribeReplicationGroups", ReplicationGroupId=group)
                for region, group in (place(n * 7919 % GROUPS) for n in range(ASKED))]
    values = sorted(timed(lambda: wire.send(request)) for request in requests)
    yield Figure("  one described by its id, 99th percentile", "ms", 1, [values[int(len(values) * 0.99)]])
    took = [timed(lambda: [listed(wire, region) for region in REGIONS]) for _ in range(3)]
    yield Figure("  all of them listed in pages of 100", "/s", 20000, [GROUPS / ms * 1000 for ms in took], least=True)


def snapshots_settled(wire, regions):
    return not any("<SnapshotStatus>creating" in page for region in regions for page in listed(wire, region, "DescribeSnapshots"))


def dearest(wire, region, asked):
    """The slowest of some requests, each (action, parameters): its name and ms."""
    took = {}
    for action, parameters in asked:
        name = " ".join([action] + ["%s=%s" % item for item in parameters.items()])
        took[name] = statistics.median(timed(lambda: wire.ask(region, action, **parameters)) for _ in range(15))
    worst = max(took, key=took.get)
    return worst, took[worst]


PAGES = [(action, {}) for action in ("DescribeReplicationGroups", "DescribeCacheClusters", "DescribeSnapshots", "DescribeEvents", "DescribeUsers",
                                     "DescribeUserGroups", "DescribeCacheParameterGroups", "DescribeCacheSubnetGroups", "DescribeGlobalReplicationGroups",
                                     "DescribeCacheEngineVersions", "DescribeReservedCacheNodes", "DescribeServiceUpdates", "DescribeUpdateActions",
                                     "DescribeServerlessCaches", "DescribeServerlessCacheSnapshots")]
CHOICES = [("DescribeSnapshots", {"ReplicationGroupId": "source"}), ("DescribeSnapshots", {"CacheClusterId": "other-001"}),
           ("DescribeSnapshots", {"SnapshotSource": "system"}), ("DescribeSnapshots", {"SnapshotName": "s00007"}),
           ("DescribeEvents", {"SourceType": "user", "Duration": "20000"}), ("DescribeEvents", {"SourceIdentifier": "other", "Duration": "20000"}),
           ("DescribeUsers", {"Filters.member.1.Name": "user-name", "Filters.member.1.Values.member.1": "user-7"}),
           ("DescribeCacheClusters", {"ShowCacheClustersNotInReplicationGroups": "true"})]


def burdened(server, region):
    """A region with two replication groups and a long past: snapshots, users and events."""
    wire = Wire(server.port)
    for group in "source", "other":
        wire.ask(region, "CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="measured", Engine="redis",
                 CacheNodeType="cache.r6g.large", NumCacheClusters=2)
        until(lambda: "<Status>available" in wire.ask(region, "DescribeReplicationGroups", ReplicationGroupId=group), group + " available")
    wire.ask(region, "CreateSnapshot", ReplicationGroupId="source", SnapshotName="first")
    until(lambda: snapshots_settled(wire, [region]), "a snapshot", pause=0.01)
    all_sent(server.port, [Wire.request(region, "CreateUser", UserId="user-%d" % n, UserName="user-%d" % n, Engine="redis",
                                        AccessString="on ~* +@all", NoPasswordRequired="true") for n in range(USERS)])
    all_sent(server.port, [Wire.request(region, "CopySnapshot", SourceSnapshotName="first", TargetSnapshotName="s%05d" % n) for n in range(SNAPSHOTS)])
    until(lambda: snapshots_settled(wire, [region]), "%d snapshots available" % SNAPSHOTS, pause=0.05, deadline=1200)
    for _ in range(EVENTS // 2):
        wire.ask(region, "CreateCacheParameterGroup", CacheParameterGroupName="passing", CacheParameterGroupFamily="redis7", Description="measured")
        wire.ask(region, "DeleteCacheParameterGroup", CacheParameterGroupName="passing")
    return wire


def make_and_end(wire, region):
    """What is created and deleted without a process: a parameter group, a subnet group, and a user."""
    wire.ask(region, "CreateCacheParameterGroup", CacheParameterGroupName="apart", CacheParameterGroupFamily="redis7", Description="measured")
    wire.ask(region, "DeleteCacheParameterGroup", CacheParameterGroupName="apart")
    wire.ask(region, "CreateUserGroup", UserGroupId="apart", Engine="redis", **{"UserIds.member.1": "default"})
    wire.ask(region, "DeleteUserGroup", UserGroupId="apart")


def past():
    """What a region's past costs: the same asked and done in turn where there is none."""
    with Server(FLAGS) as server, Server(FLAGS) as empty:
        wire, other = burdened(server, APART), Wire(empty.port)
        worst, took = dearest(wire, APART, PAGES + CHOICES)
        yield Figure("%d events, %d snapshots, %d users: the dearest description, %s" % (EVENTS, SNAPSHOTS, USERS, worst), "ms", 2, [took])
        for what, act in (("a group", lambda w: create_and_delete(w, APART, "apart")), ("a parameter group and a user group", lambda w: make_and_end(w, APART))):
            took = [(timed(lambda: act(wire)), timed(lambda: act(other))) for _ in range(5 * FAILOVERS)]
            mine, theirs = (statistics.median(values) for values in zip(*took))
            yield Figure("  %s created and deleted, to an empty region's" % what, "", 1.2, [mine / theirs])


def burdens(server):
    """Snapshots and users beside them; events there are already."""
    snapshots = [Wire.request(region, "CreateSnapshot", ReplicationGroupId=group, SnapshotName="s" + group)
                 for region, group in map(place, range(SNAPSHOTS))]
    users = [Wire.request(REGIONS[0], "CreateUser", UserId="user-%d" % n, UserName="user-%d" % n, Engine="redis",
                          AccessString="on ~* +@all", NoPasswordRequired="true") for n in range(USERS)]
    all_sent(server.port, users)
    yield Figure("  %d snapshots begun beside them" % SNAPSHOTS, "/s", None, [SNAPSHOTS / all_sent(server.port, snapshots)[-1]])
    wire = Wire(server.port)
    until(lambda: snapshots_settled(wire, REGIONS), "%d snapshots available" % SNAPSHOTS, pause=0.05, deadline=1200)


def scale():
    failovers, creations = alone()
    with Server(FLAGS) as server:
        yield from created(server)
        yield from described(server)
        wire = Wire(server.port)
        yield Figure("  a failover among them, to one alone", "", 1.5,
                     [statistics.median(fail_over(server, wire, *place(n * 97 % GROUPS)) for n in range(FAILOVERS)) / statistics.median(failovers)])
        yield Figure("  idle serve, of a core", "%", 1, list(idle_shares([server.process.pid]).values()))
        yield Figure("  resident memory of serve", "MiB", 100, [mib(server.process.pid, "VmRSS")])
        yield from burdens(server)
        worst, took = dearest(wire, REGIONS[0], PAGES)
        yield Figure("  the dearest first page: %s" % worst, "ms", 2, [took])
        yield Figure("  a group elsewhere created and deleted, to an empty serve's", "", 1.2,
                     [statistics.median(timed(lambda: create_and_delete(wire, APART, "apart")) for _ in range(FAILOVERS)) / statistics.median(creations)])
        server.stop()
        server.start()
        yield Figure("  start with that database, to health", "ms", 300, [server.took_ms])
        until(lambda: unsettled(Wire(server.port)) == (0, GROUPS), "%d groups available again" % GROUPS, pause=0.2)
        yield Figure("  resident memory of serve after that start", "MiB", 100, [mib(server.process.pid, "VmRSS")])
    yield from past()
