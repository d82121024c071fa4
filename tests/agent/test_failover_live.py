"""A primary dies, a scripted serve puts a replica in its place: how the agent's part of that goes, and how long it takes."""
import os
import select
import signal
import statistics
import subprocess
import sys
import time

from field import Field, PORT, admin, client, link, main, node, poll, seen, serves

# Says "up", then writes to the endpoint as often as it can, and tells the times of the first write that fails and the next that succeeds.
WRITER = """
import select, socket, sys, time
def write(address):
    try:
        with socket.create_connection((address, 6379), 1) as s:
            s.sendall(b"INCR n\\r\\n")
            return s.recv(100)[:1] == b":"
    except OSError:
        return False
address, failed = sys.argv[1], None
while not write(address):
    pass
print("up", flush=True)
while True:
    began = time.monotonic()
    ok = write(address)
    if not ok and failed is None:
        failed = began
    if ok and failed is not None:
        print(failed, time.monotonic(), flush=True)
        failed = None
    select.select([], [], [], 0.0003)
"""


class Failover(Field):
    """Three nodes; whichever is primary has the endpoint, and is replaced by the replica that got furthest when it dies."""
    OCTET = 7
    def setUp(self):
        super().setUp()
        self.vip = self.address(100)
        self.names = {"g.a": self.address(1), "g.b": self.address(2), "g.c": self.address(3)}
        self.primary, self.condemned, self.told, self.ordered = "g.a", 0, None, None
        self.serve.listeners.append(self.decide)

    def orders(self):
        first = node(self.primary, self.names[self.primary], endpoints=[self.vip], hold=True, condemned_pid=self.condemned)
        return [first] + [node(n, a, first) for n, a in self.names.items() if n != self.primary]

    def decide(self, sighting):
        first = seen(sighting, self.primary)
        if first.get("state") == "hung" and self.condemned != first["pid"]:
            self.condemned = first["pid"]
            self.serve.assign("r1", self.orders())
        if first.get("state") != "exited":
            return
        self.told = time.monotonic()
        candidates = [s for s in sighting["nodes"] if s["state"] == "ready" and s["role"] == "replica"]
        self.assertFalse(any(s["link_up"] for s in candidates), candidates)
        self.primary = max(candidates, key=lambda s: s["offset"])["id"]
        self.serve.assign("r1", self.orders())
        self.ordered = time.monotonic()

    @staticmethod
    def first_write(writer):
        """When it succeeded, or None if the writer never failed in between."""
        readable, _, _ = select.select([writer.stdout], [], [], 1)
        return float(writer.stdout.readline().split()[1]) if readable else None

    def round(self, writer, kill=signal.SIGKILL):
        s = self.wait(lambda s: serves(s, *self.names) and seen(s, self.primary)["endpoints"] == [self.vip])
        poll(lambda: admin(self.names[self.primary]).info("replication")["connected_slaves"] == 2, "the replicas")
        version, begin = s["version"], time.monotonic()
        os.kill(seen(s, self.primary)["pid"], kill)
        self.wait(lambda s: s["version"] > version and seen(s, self.primary).get("role") == "primary" and
                  serves(s, self.primary) and seen(s, self.primary)["endpoints"] == [self.vip])
        seen_at = time.monotonic()
        accepted = self.first_write(writer) or seen_at
        return [(t - begin) * 1e3 for t in (self.told, self.ordered, accepted, seen_at)]

    def play(self, what, rounds, kill):
        self.order(self.orders())
        self.start()
        self.wait_serves(*self.names)
        with subprocess.Popen([sys.executable, "-c", WRITER, self.vip], stdout=subprocess.PIPE, text=True) as writer:
            try:
                self.assertEqual(writer.stdout.readline(), "up\n")
                found = [self.round(writer, kill) for _ in range(rounds)]
            finally:
                writer.kill()
        middle = [statistics.median(r[i] for r in found) for i in range(4)]
        print("# after a %s: death told %.1f ms, ordered %.1f ms, first write %.1f ms, told of that %.1f ms" % (what, *middle), flush=True)
        self.wait_serves(*self.names)
        n = client(self.vip).get("n")
        for address in self.names.values():
            poll(lambda a=address: client(a).get("n") == n, "replication")

    def test_a_replica_takes_over_at_once(self):
        self.play("kill", 6, signal.SIGKILL)

    def test_a_hung_primary_is_killed_and_replaced(self):
        self.play("stop", 2, signal.SIGSTOP)


class Chain(Field):
    """A primary a1; elsewhere b1, which follows it through a gateway, with the replicas b2 and b3."""
    OCTET = 8

    def setUp(self):
        super().setUp()
        self.a1, self.gate = node("g.a1", self.address(1)), (self.address(50), PORT)
        self.b1 = node("g.b1", self.address(11), self.gate, hold=True)
        self.b2 = node("g.b2", self.address(12), self.b1)
        self.b3 = node("g.b3", self.address(13), self.b1)
        self.links = [link("gate", "gateway", self.gate[0], self.a1["address"])]

    def start_chain(self):
        self.order([self.a1, self.b1, self.b2, self.b3], self.links)
        self.start()
        s = self.wait_serves("g.a1", "g.b1", "g.b2", "g.b3")
        client(self.address(1)).set("k", "v" * 1000)
        for n in (11, 12, 13):
            poll(lambda n=n: client(self.address(n)).get("k") == "v" * 1000, "replication")
        return s

    @staticmethod
    def syncs(address):
        return tuple(admin(address).info("stats")[k] for k in ("sync_full", "sync_partial_ok"))

    def test_the_next_first_node_follows_the_gateway_without_a_full_synchronisation(self):
        s = self.start_chain()
        full, partial = self.syncs(self.address(1))
        os.kill(seen(s, "g.b1")["pid"], signal.SIGKILL)
        self.wait(lambda s: seen(s, "g.b1")["state"] == "exited")
        b2 = node("g.b2", self.b2["address"], self.gate)
        self.order([self.a1, b2, node("g.b3", self.b3["address"], b2)], self.links)
        self.wait_serves("g.a1", "g.b2", "g.b3")
        self.assertEqual(self.syncs(self.address(1)), (full, partial + 1))
        self.assertEqual(self.syncs(self.address(12)), (0, 1))
        client(self.address(1)).set("k", "w")
        poll(lambda: client(self.address(13)).get("k") == "w", "replication")

    def test_the_report_of_a_hang_says_how_far_the_replicas_are(self):
        s = self.start_chain()
        reports = []
        self.serve.listeners.append(reports.append)
        os.kill(seen(s, "g.b1")["pid"], signal.SIGSTOP)
        client(self.address(1)).set("k", "w" * 5000)
        self.wait(lambda s: seen(s, "g.b1")["state"] == "hung")
        first = next(s for s in reports if seen(s, "g.b1")["state"] == "hung")
        for n in ("g.b2", "g.b3"):
            self.assertTrue(seen(first, n)["link_up"])
            self.assertGreater(seen(first, "g.a1")["offset"], seen(first, n)["offset"])
            self.assertGreater(seen(first, n)["offset"], 1000)


if __name__ == "__main__":
    main()
