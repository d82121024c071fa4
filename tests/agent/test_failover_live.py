"""A primary dies, a scripted serve puts a replica in its place: how the agent's part of that goes, and how long it takes."""
import os
import signal
import statistics
import subprocess
import sys
import time

from field import Field, admin, client, main, node, poll, seen, serves

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
    ROUNDS = 6

    def setUp(self):
        super().setUp()
        self.vip = self.address(100)
        self.names = {"g.a": self.address(1), "g.b": self.address(2), "g.c": self.address(3)}
        self.primary, self.told, self.ordered = "g.a", None, None
        store = self.serve.store
        self.serve.store = lambda s: (self.decide(s), store(s))

    def orders(self):
        first = node(self.primary, self.names[self.primary], endpoints=[self.vip], hold=True)
        return [first] + [node(n, a, first) for n, a in self.names.items() if n != self.primary]

    def decide(self, sighting):
        if seen(sighting, self.primary).get("state") != "exited":
            return
        self.told = time.monotonic()
        candidates = [s for s in sighting["nodes"] if s["state"] == "ready" and s["role"] == "replica"]
        self.assertFalse(any(s["link_up"] for s in candidates), candidates)
        self.primary = max(candidates, key=lambda s: s["offset"])["id"]
        self.serve.assign("r1", self.orders())
        self.ordered = time.monotonic()

    def round(self, writer):
        s = self.wait(lambda s: serves(s, *self.names) and seen(s, self.primary)["endpoints"] == [self.vip])
        poll(lambda: admin(self.names[self.primary]).info("replication")["connected_slaves"] == 2, "the replicas")
        version, begin = s["version"], time.monotonic()
        os.kill(seen(s, self.primary)["pid"], signal.SIGKILL)
        self.wait(lambda s: s["version"] > version and seen(s, self.primary).get("role") == "primary" and
                  seen(s, self.primary)["endpoints"] == [self.vip])
        seen_at = time.monotonic()
        _, accepted = map(float, writer.stdout.readline().split())
        return [(t - begin) * 1e3 for t in (self.told, self.ordered, accepted, seen_at)]

    def test_a_replica_takes_over_at_once(self):
        self.order(self.orders())
        self.start()
        self.wait_serves(*self.names)
        with subprocess.Popen([sys.executable, "-c", WRITER, self.vip], stdout=subprocess.PIPE, text=True) as writer:
            try:
                self.assertEqual(writer.stdout.readline(), "up\n")
                rounds = [self.round(writer) for _ in range(self.ROUNDS)]
            finally:
                writer.kill()
        middle = [statistics.median(r[i] for r in rounds) for i in range(4)]
        print("# after a kill: told %.1f ms, ordered %.1f ms, first write %.1f ms, told of that %.1f ms" % tuple(middle), flush=True)
        self.wait_serves(*self.names)
        n = client(self.vip).get("n")
        for address in self.names.values():
            poll(lambda a=address: client(a).get("n") == n, "replication")


if __name__ == "__main__":
    main()
