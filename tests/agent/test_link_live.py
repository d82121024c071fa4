"""Agents with real Redis processes behind their forwarders: every promise of docs/protocol.md about links."""
import hashlib
import os
import select
import signal
import socket
import threading
import time

from field import Field, PORT, admin, client, link, main, node, poll, seen, serves


class Upstream:
    """A TCP server that greets with its name and then gives back what it gets, until the peer has ended."""

    def __init__(self, address, name=b""):
        self.socket = socket.create_server((address, PORT))
        self.name, self.open = name, []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                c, _ = self.socket.accept()
            except OSError:
                return
            self.open.append(c)
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        try:
            c.sendall(self.name)
            while True:
                data = c.recv(65536)
                if not data:
                    break
                c.sendall(data)
            c.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        for s in [self.socket] + self.open:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()


class Links(Field):
    OCTET = 4

    def upstream(self, n, name=b""):
        u = Upstream(self.address(n), name)
        self.addCleanup(u.close)
        return u

    def forward(self, kind, *targets):
        """A link from .50 to these upstreams."""
        self.order([], [link("l", kind, self.address(50), *[self.address(t) for t in targets])])
        if "r1" not in self.agents:
            self.start()
        version = self.serve.region("r1").version
        return self.wait(lambda s: s["version"] == version and seen(s, "l").get("state") == "listening")

    def connect(self):
        return socket.create_connection((self.address(50), PORT), timeout=10)

    def greeting(self):
        with self.connect() as c:
            return c.recv(1)

    def test_what_clients_are_told_brings_in_no_line_of_its_own(self):
        good = dict(link("l", "configuration", self.address(50), self.address(1)), nodes_version=1, engine_version="1.6.6")
        bad = [dict(good, engine_version="1.6.6\r\nEND"), dict(good, targets=[dict(host=self.address(1), port=PORT, name="x\r\nEND")])]
        self.order([], [good])
        self.start()
        self.wait(lambda s: seen(s, "l").get("state") == "listening")
        for order in bad:
            version = self.order([], [order])
            s = self.wait(lambda s, v=version: s["version"] == v and seen(s, "l"))
            self.assertEqual("broken", seen(s, "l")["state"])
            self.assertIn("no proper", seen(s, "l")["reason"])

    def test_a_reader_spreads_connections_over_its_targets(self):
        for n, name in ((1, b"a"), (2, b"b"), (3, b"c")):
            self.upstream(n, name)
        self.forward("reader", 1, 2, 3)
        self.assertEqual(sorted(self.greeting() for _ in range(9)), [b"a"] * 3 + [b"b"] * 3 + [b"c"] * 3)

    def test_a_reader_leaves_out_a_target_that_refuses(self):
        self.upstream(2, b"b")
        self.forward("reader", 1, 2, 3)
        self.assertEqual([self.greeting() for _ in range(6)], [b"b"] * 6)

    def test_a_link_whose_targets_all_refuse_closes_the_connection(self):
        self.forward("primary", 1)
        self.assertEqual(self.greeting(), b"")

    def test_connections_to_a_target_that_is_no_longer_listed_are_closed(self):
        self.upstream(1, b"a")
        self.upstream(2, b"b")
        self.forward("reader", 1, 2)
        open_ones = [self.connect() for _ in range(4)]
        names = [c.recv(1) for c in open_ones]
        self.forward("reader", 2)
        for c, name in zip(open_ones, names):
            if name == b"a":
                self.assertEqual(c.recv(1), b"")
            else:
                c.sendall(b"x")
                self.assertEqual(c.recv(1), b"x")
            c.close()

    def test_bytes_come_through_whole_and_in_order_however_slow_the_reader(self):
        self.upstream(1)
        self.forward("primary", 1)
        data = os.urandom(20 << 20)
        sent, got, full = 0, b"", False
        with self.connect() as c:
            c.setblocking(False)
            while len(got) < len(data):
                readable, writable, _ = select.select([c] if full else [], [c] if sent < len(data) else [], [], 0.1 if not full else 10)
                self.assertTrue(readable or writable or not full, "nothing moves")
                full = full or not writable
                if writable:
                    sent += c.send(data[sent:sent + (1 << 20)])
                if readable:
                    got += c.recv(1 << 20)
        self.assertTrue(full)
        self.assertEqual(hashlib.sha256(got).digest(), hashlib.sha256(data).digest())

    def test_an_end_of_one_direction_is_passed_on_and_the_other_goes_on(self):
        self.upstream(1)
        self.forward("primary", 1)
        with self.connect() as c:
            c.sendall(b"hello")
            c.shutdown(socket.SHUT_WR)
            self.assertEqual(c.makefile("rb").read(), b"hello")

    def test_a_gateway_holds_a_connection_until_its_target_answers(self):
        self.forward("gateway", 1)
        with self.connect() as c:
            self.upstream(1, b"a")
            self.assertEqual(c.recv(1), b"a")

    def test_a_gateway_tries_again_where_the_target_ends_before_it_has_answered(self):
        dying = socket.create_server((self.address(1), PORT))
        self.forward("gateway", 1)
        with self.connect() as c:
            c.sendall(b"hello")
            first, _ = dying.accept()
            self.assertEqual(first.recv(5), b"hello")
            dying.close()
            first.close()
            self.upstream(1, b"a")
            self.assertEqual(c.recv(1) + c.recv(5), b"ahello")

    def test_a_gateway_ends_with_its_target_once_that_has_answered(self):
        first = self.upstream(1, b"a")
        self.forward("gateway", 1)
        with self.connect() as c:
            self.assertEqual(c.recv(1), b"a")
            first.close()
            self.upstream(1, b"b")
            self.assertEqual(self.outcome(c), b"")

    def test_a_gateway_keeps_what_a_waiting_client_has_sent(self):
        self.forward("gateway", 1)
        with self.connect() as c:
            c.sendall(b"hello")
            c.shutdown(socket.SHUT_WR)
            self.upstream(1, b"a")
            self.assertEqual(c.makefile("rb").read(), b"ahello")

    def test_a_gateway_forgets_a_client_that_does_not_wait(self):
        self.forward("gateway", 1)
        c = self.connect()
        self.wait(lambda s: seen(s, "l")["connections"] == 1)
        c.close()
        self.wait(lambda s: seen(s, "l")["connections"] == 0)

    def test_a_gateway_that_is_pointed_elsewhere_takes_its_waiting_connections_along(self):
        self.upstream(2, b"b")
        self.forward("gateway", 1)
        with self.connect() as c:
            self.forward("gateway", 2)
            self.assertEqual(c.recv(1), b"b")

    def test_an_address_in_use_is_a_conflict_until_it_is_free(self):
        self.upstream(1, b"a")
        holder = socket.create_server((self.address(50), PORT))
        self.order([], [link("l", "primary", self.address(50), self.address(1))])
        self.start()
        s = self.wait(lambda s: seen(s, "l")["state"] == "conflict" and "reason" in seen(s, "l"))
        self.assertIn("in use", seen(s, "l")["reason"])
        holder.close()
        self.wait(lambda s: seen(s, "l")["state"] == "listening")
        self.assertEqual(self.greeting(), b"a")

    def test_a_link_that_is_not_ordered_any_more_is_gone(self):
        self.upstream(1, b"a")
        self.forward("primary", 1)
        with self.connect() as c:
            self.assertEqual(c.recv(1), b"a")
            self.order([])
            self.assertEqual(c.recv(1), b"")
        self.wait(lambda s: s["links"] == [])
        self.assertRaises(ConnectionRefusedError, self.connect)

    def test_an_order_that_makes_no_sense_is_told_and_overcome(self):
        self.upstream(1, b"a")
        bad = link("l", "primary", self.address(50), "no address")
        self.order([], [bad])
        self.start()
        self.wait(lambda s: seen(s, "l")["state"] == "broken")
        self.forward("primary", 1)
        self.assertEqual(self.greeting(), b"a")

    def test_injected_failures_cut_connections_and_no_more(self):
        self.upstream(1, b"a")
        for trip in ("gateway_read", "gateway_write"):
            self.forward("primary", 1)
            with self.connect() as c:
                self.assertEqual(c.recv(1), b"a")
                version = self.order([], [link("l", "primary", self.address(50), self.address(1))], trips=[dict(name=trip, count=1)])
                self.wait(lambda s, v=version: s["version"] == v)
                c.sendall(b"x")
                self.assertIn(self.outcome(c), (b"", "reset"))
            self.assertEqual(self.greeting(), b"a")

    @staticmethod
    def outcome(c):
        try:
            return c.recv(1)
        except ConnectionResetError:
            return "reset"

    def test_connections_are_counted(self):
        self.upstream(1, b"a")
        self.forward("primary", 1)
        open_ones = [self.connect() for _ in range(5)]
        self.wait(lambda s: seen(s, "l")["connections"] == 5)
        for c in open_ones:
            c.close()
        self.wait(lambda s: seen(s, "l")["connections"] == 0)


class Regions(Field):
    """Two regions: a primary with a replica in r1; in r2 a passive primary that follows its gateway, with a replica."""
    OCTET = 5

    def setUp(self):
        super().setUp()
        self.a1, self.gate = node("g.a1", self.address(1)), self.address(50)
        self.a2 = node("g.a2", self.address(2), self.a1)
        self.b1 = node("g.b1", self.address(11), (self.gate, PORT))
        self.b2 = node("g.b2", self.address(12), self.b1)

    def gateway(self, n):
        return [link("gate", "gateway", self.gate, self.address(n))]

    def start_both(self):
        self.order([self.a1, self.a2])
        self.order([self.b1, self.b2], self.gateway(1), region="r2")
        self.start()
        self.start("r2")
        self.wait_serves("g.a1", "g.a2")
        self.wait_serves("g.b1", "g.b2", region="r2")

    def has(self, n, key, value):
        poll(lambda: client(self.address(n)).get(key) == value, "%s in node %d" % (key, n))

    def test_data_flows_into_the_other_region(self):
        self.start_both()
        begin = time.monotonic()
        client(self.address(1)).set("k", "v")
        self.has(12, "k", "v")
        self.assertLess(time.monotonic() - begin, 0.5)
        self.assertRaisesRegex(Exception, "read only", client(self.address(11)).set, "k", "w")

    def test_a_region_follows_a_failover_in_the_other_with_a_partial_synchronisation(self):
        self.start_both()
        client(self.address(1)).set("k", "v")
        for n in (2, 11, 12):
            self.has(n, "k", "v")
        full, partial = (admin(self.address(2)).info("stats")[k] for k in ("sync_full", "sync_partial_ok"))
        victim = seen(self.serve.region("r1").sighting, "g.a1")["pid"]
        os.kill(victim, signal.SIGKILL)
        begin = time.monotonic()
        a2 = node("g.a2", self.a2["address"])
        self.order([node("g.a1", self.a1["address"], a2), a2])
        self.wait(lambda s: serves(s, "g.a2") and seen(s, "g.a2")["role"] == "primary")
        self.order([self.b1, self.b2], self.gateway(2), region="r2")
        client(self.address(2)).set("k", "w")
        self.has(12, "k", "w")
        took = time.monotonic() - begin
        print("# the other region has the next write after %.0f ms" % (took * 1e3), flush=True)
        self.assertLess(took, 0.7, "a replica had to wait for Redis' own cron")
        self.wait(lambda s: serves(s, "g.a1", "g.a2") and seen(s, "g.a1")["pid"] != victim)
        stats = admin(self.address(2)).info("stats")
        self.assertEqual((stats["sync_full"] - full, stats["sync_partial_ok"] - partial), (1, 1), "only the dead node may need it all")
        self.assertEqual(admin(self.address(11)).info("stats")["sync_full"], 1)
        self.wait_serves("g.b1", "g.b2", region="r2")

    def test_a_planned_switchover_between_regions_needs_no_full_synchronisation(self):
        self.start_both()
        self.order([self.a1, self.a2], [link("gate", "gateway", self.address(51), self.address(11))])
        for i in range(50):
            client(self.address(1)).incr("n")
        full = [admin(self.address(n)).info("stats")["sync_full"] for n in (1, 2, 11, 12)]
        gate = [link("gate", "gateway", self.address(51), self.address(11))]
        self.order([dict(self.a1, fence=True), self.a2], gate)
        offset = seen(self.wait(lambda s: seen(s, "g.a1")["fenced"]), "g.a1")["offset"]
        b1 = node("g.b1", self.b1["address"], promote_offset=offset)
        self.order([b1, self.b2], region="r2")
        self.wait(lambda s: seen(s, "g.b1").get("role") == "primary", "r2")
        a1 = node("g.a1", self.a1["address"], (self.address(51), PORT))
        self.order([a1, self.a2], gate)
        self.wait_serves("g.a1", "g.a2")
        client(self.address(11)).incr("n")
        for n in (1, 2, 12):
            self.has(n, "n", "51")
        self.assertEqual([admin(self.address(n)).info("stats")["sync_full"] for n in (1, 2, 11, 12)], full)


if __name__ == "__main__":
    main()
