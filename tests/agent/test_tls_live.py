"""Encryption in transit, with real Redis processes: how a node listens, and that it changes while it runs."""
import os
import signal
import socket
import ssl

import redis

from certificates import Authority
from field import PORT, Field, admin, alive, client, main, node, poll, seen, serves

MODES = ("none", "preferred", "required")


class Tls(Field):
    """Two nodes: a, with an endpoint of its own, and its replica b."""
    OCTET = 31

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.dir)
        self.vip = self.address(100)
        self.certificates = {n: self.authority.issue(self.address(n), self.vip) for n in (1, 2)}

    def nodes(self, mode, links=True, **more):
        def tls(n):
            if mode == "none":
                return {}
            return {"tls": dict(self.certificates[n], mode=mode, links=links, inner_address=self.address(n))}
        a = node("g.a", self.address(1), endpoints=[self.vip], **tls(1), **more)
        return [a, node("g.b", self.address(2), a, **tls(2), **more)]

    def become(self, mode, links=True, **more):
        self.order(self.nodes(mode, links, **more), authority=self.authority.pem)

        def there(s):
            found = [seen(s, n) for n in ("g.a", "g.b")]
            return (serves(s, "g.a", "g.b") and s["version"] == self.serve.region("r1").version and
                    all(f.get("encryption") == mode and f.get("links_encrypted", False) == (links and mode != "none") for f in found) and
                    self.vip in seen(s, "g.a")["endpoints"])
        return self.wait(there)

    def client(self, address, tls, **more):
        if not tls:
            return redis.Redis(host=address, port=PORT, decode_responses=True, **more)
        return redis.Redis(host=address, port=PORT, decode_responses=True, ssl=True, ssl_ca_certs=self.authority.path,
                           ssl_check_hostname=True, **more)

    def accepts(self, address, tls, timeout=5):
        """A Redis without TLS waits for the end of what it takes for a line: who expects no answer need not wait long."""
        try:
            with self.client(address, tls, socket_timeout=timeout) as c:
                return c.ping()
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def check(self, mode):
        for address in (self.address(1), self.address(2), self.vip):
            self.assertEqual(self.accepts(address, True, 0.3 if mode == "none" else 5), mode != "none", (address, "with TLS"))
            self.assertEqual(self.accepts(address, False), mode != "required", (address, "without"))

    def replicates(self, tls, value):
        self.client(self.vip, tls).set("k", value)
        poll(lambda: self.client(self.address(2), tls).get("k") == value, "replication")

    def serial(self, address):
        context = ssl.create_default_context(cafile=self.authority.path)
        with socket.create_connection((address, PORT), 5) as s, context.wrap_socket(s, server_hostname=address) as t:
            return t.getpeercert()["serialNumber"]

    def start_in(self, mode):
        self.start()
        return self.become(mode)

    def test_each_mode_takes_the_clients_it_promises_from_the_start_on(self):
        self.start()
        for mode in MODES:
            with self.subTest(mode):
                self.become(mode)
                self.check(mode)
                self.replicates(mode == "required", mode)
                self.order([])
                self.wait(lambda s: not s["nodes"])

    def test_modes_change_while_the_process_runs_and_nothing_is_lost_or_copied_anew(self):
        pid = seen(self.start_in("none"), "g.a")["pid"]
        self.client(self.vip, False).set("kept", "yes")
        self.become("preferred", links=False)
        self.check("preferred")
        for mode in ("preferred", "required", "preferred"):
            self.become(mode)
            self.check(mode)
            self.replicates(mode == "required", "in " + mode)
        self.become("preferred", links=False)
        s = self.become("none")
        self.check("none")
        self.replicates(False, "again")
        self.assertEqual(seen(s, "g.a")["pid"], pid)
        self.assertEqual(client(self.address(2)).get("kept"), "yes")
        self.assertEqual(admin(self.address(1)).info("stats")["sync_full"], 1)

    def test_a_replica_is_not_in_force_once_its_upstream_listens_otherwise_until_it_is_linked_again(self):
        """Its link has ended then; a replica that stands still did not notice, and would be told as one that is in step."""
        self.start_in("preferred")
        before, after = self.nodes("preferred"), self.nodes("required")
        self.order([before[0], after[1]], authority=self.authority.pem)
        s = self.wait(lambda s: seen(s, "g.b").get("encryption") == "required" and seen(s, "g.b")["link_up"])
        pid = seen(s, "g.b")["pid"]
        os.kill(pid, signal.SIGSTOP)
        self.addCleanup(lambda: alive(pid) and os.kill(pid, signal.SIGCONT))
        self.order(after, authority=self.authority.pem)
        s = self.wait(lambda s: seen(s, "g.a").get("encryption") == "required")
        self.assertIsNone(seen(s, "g.b").get("encryption"))
        os.kill(pid, signal.SIGCONT)
        self.become("required")

    def test_required_closes_what_was_connected_without(self):
        self.start_in("none")
        old = self.client(self.vip, False, single_connection_client=True)
        old.ping()
        self.become("required")
        self.assertRaises(redis.ConnectionError, old.ping)

    def test_links_are_encrypted(self):
        self.start_in("preferred")
        self.replicates(True, "v")
        a = self.client(self.address(1), True)
        b = self.client(self.address(2), True)
        self.assertEqual(b.execute_command("CONFIG", "GET", "tls-replication")[1], "yes")
        line = next(c for c in a.client_list() if "S" in c["flags"])
        self.assertTrue(line["laddr"].startswith(self.address(1) + ":"), "the port for TLS behind the splitter: %s" % line)

    def test_a_new_certificate_is_used_at_once_and_closes_nothing(self):
        for mode in ("required", "preferred"):
            with self.subTest(mode):
                self.certificates[1] = self.authority.issue(self.address(1), self.vip)
                if mode == "required":
                    self.start_in(mode)
                else:
                    self.become(mode)
                old = self.client(self.vip, True, single_connection_client=True)
                old.ping()
                serial = self.serial(self.vip)
                self.certificates[1] = self.authority.issue(self.address(1), self.vip)
                self.become(mode)
                self.assertNotEqual(self.serial(self.vip), serial)
                old.ping()

    def test_the_next_agent_adopts_what_runs(self):
        self.start()
        for mode in MODES:
            with self.subTest(mode):
                before = self.become(mode)
                self.kill_agent()
                self.start()
                s = self.become(mode)
                self.check(mode)
                self.replicates(mode == "required", mode)
                self.assertEqual([seen(s, n)["pid"] for n in ("g.a", "g.b")], [seen(before, n)["pid"] for n in ("g.a", "g.b")])
        self.assertEqual(admin_over_tls(self).info("stats")["sync_full"], 1)

    def test_a_change_of_mode_that_was_ordered_while_no_agent_was_there_is_made(self):
        self.start_in("preferred")
        self.kill_agent()
        self.order(self.nodes("none"))
        self.start()
        self.become("none")
        self.check("none")

    def test_a_failover_moves_the_endpoint_and_closes_what_was_connected_to_it(self):
        self.start()
        for mode in ("preferred", "required"):
            with self.subTest(mode):
                self.become(mode)
                old = self.client(self.vip, True, single_connection_client=True)
                old.set("k", mode)
                a, b = self.nodes(mode)
                b2 = dict(b, role="primary", endpoints=[self.vip], upstream_host=None, upstream_port=None, upstream_node=None)
                a2 = dict(a, role="replica", endpoints=[], upstream_host=b["address"], upstream_port=PORT, upstream_node="g.b")
                strip = lambda o: {k: v for k, v in o.items() if v is not None}  # noqa: E731
                self.order([strip(a2), strip(b2)], authority=self.authority.pem)
                self.wait(lambda s: serves(s, "g.a", "g.b") and seen(s, "g.b").get("endpoints") == [self.vip] and
                          seen(s, "g.a")["role"] == "replica")
                self.assertRaises(redis.ConnectionError, old.ping)
                poll(lambda: self.accepts(self.vip, True), "the endpoint")
                self.client(self.vip, True).set("k", "after")
                poll(lambda: self.client(self.address(1), True).get("k") == "after", "replication")

    def test_a_dead_node_takes_no_connection(self):
        s = self.start()
        s = self.become("preferred", hold=True)
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        self.wait(lambda s: seen(s, "g.a")["state"] == "exited")
        self.assertFalse(self.accepts(self.vip, True) or self.accepts(self.vip, False))

    def test_an_order_without_a_certificate_leaves_the_process_alone(self):
        self.start_in("required")
        broken = self.nodes("required")
        for o in broken:
            o["tls"] = {"mode": "required"}
        self.order(broken, authority=self.authority.pem)
        self.wait(lambda s: "certificate" in seen(s, "g.a").get("reason", ""))
        self.check("required")

    def test_files_are_for_nobody_else_and_keys_are_in_no_log(self):
        self.start_in("preferred")
        for folder, _, files in os.walk(self.data()):
            for f in files:
                path = os.path.join(folder, f)
                self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
                if f.endswith(".log"):
                    with open(path) as log:
                        self.assertNotIn("PRIVATE KEY", log.read())
        self.assertNotIn("PRIVATE KEY", self.log())


def admin_over_tls(test):
    return redis.Redis(host=test.address(1), port=PORT, decode_responses=True, username="meridian-admin",
                       password='admin "quoted" \\ secret', ssl=True, ssl_ca_certs=test.authority.path)


if __name__ == "__main__":
    main()
