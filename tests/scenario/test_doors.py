"""What strangers can do to a server: its descriptors and its memory are budgets, and what changes it is not for everybody."""
import os
import resource
import signal
import socket
import subprocess
import unittest
import urllib.error
import urllib.request

import harness
import redis
from harness import name, wait_for

FILES = 256
AGENT_FILES = 1024
BODY = 1 << 20


class Limited(harness.Server):
    """A server that may open few files, and its agents as well."""

    def __init__(self, files=FILES):
        super().__init__()
        self.files = files

    def command(self, *flags):
        return ["prlimit", "--nofile=%d:%d" % (self.files, self.files), *super().command(*flags)]


class Doors(harness.Case):
    def start(self, server):
        self.own = server
        self.addCleanup(server.finish)
        return server.start()

    def connect(self):
        host, port = self.server.url.removeprefix("http://").split(":")
        link = socket.create_connection((host, int(port)), timeout=10)
        self.addCleanup(link.close)
        return link

    def test_more_idle_connections_than_it_may_open_files_keep_nobody_out(self):
        self.start(Limited())
        idle = [self.connect() for _ in range(FILES + 150)]
        group = self.create_group(nodes=2)
        self.assertTrue(self.primary(group).set("k", "v"))
        # Those that came first had to go.
        self.assertEqual(b"", idle[0].recv(1))
        # One that just came is served.
        link = self.connect()
        link.sendall(b"GET /_meridian/health HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertIn(b"200", link.recv(100))

    def test_clients_of_a_node_that_say_nothing_do_not_keep_its_agent_from_a_failover(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
        server = self.start(Limited(AGENT_FILES))
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        answer = server.query(Action="ModifyReplicationGroup", ReplicationGroupId=group, ApplyImmediately="true",
                              TransitEncryptionEnabled="true", TransitEncryptionMode="preferred")
        self.assertEqual(200, answer.status, answer.text)
        self.wait_group(group)
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        silent = [socket.create_connection((endpoint["Address"], endpoint["Port"]), timeout=10) for _ in range(AGENT_FILES + 80)]
        for link in silent:
            self.addCleanup(link.close)
        self.assertTrue(self.primary(group).set("k", "before"))
        killed = next(n for n in server.nodes(group) if n["role"] == "primary")
        os.kill(killed["pid"], signal.SIGKILL)
        wait_for(lambda: any(n["role"] == "primary" and n["state"] == "ready" and n["id"] != killed["id"] for n in server.nodes(group)), "a failover")
        wait_for(lambda: self.is_written(group), "a write")

    def is_written(self, group):
        try:
            return self.primary(group).set("k", "after")
        except redis.exceptions.RedisError:
            return False

    def test_clients_that_do_not_read_their_answers_keep_nobody_out(self):
        self.start(Limited())
        host, port = self.server.url.removeprefix("http://").split(":")
        question = b"GET /?Action=DescribeEngineDefaultParameters&CacheParameterGroupFamily=redis7 HTTP/1.1\r\nHost: a\r\n\r\n"
        links = [socket.socket() for _ in range(FILES)]
        for i, link in enumerate(links):
            self.addCleanup(link.close)
            link.settimeout(30)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            link.bind(("127.0.0.%d" % (2 + i % 4), 0))
            link.connect((host, int(port)))
            link.sendall(question * 150)
        self.assertIn(b"H", [self.first_byte(link) for link in links])
        wait_for(self.is_served, "an answer for somebody who reads it")

    def first_byte(self, link):
        try:
            return link.recv(1)
        except ConnectionError:
            return b""

    def is_served(self):
        try:
            link = self.connect()
            link.sendall(b"GET /_meridian/health HTTP/1.1\r\nHost: a\r\n\r\n")
            return link.recv(40).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def test_bodies_together_have_a_bound(self):
        self.start(harness.Server())
        held = []
        for _ in range(90):
            link = self.connect()
            link.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % BODY)
            held.append(link)
        self.assertTrue(held[-1].recv(40).startswith(b"HTTP/1.1 503"), "what is beyond 64 MiB is not waited for")
        self.assertEqual(200, self.server.query(Action="DescribeEvents").status, "small requests are served all the same")
        held[0].sendall(b"Action=DescribeEvents&X=" + b"x" * (BODY - 24))
        self.assertTrue(held[0].recv(40).startswith(b"HTTP/1.1 200"))
        link = self.connect()
        link.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\nAction=DescribeEvents&X=" % BODY + b"x" * (BODY - 24))
        self.assertTrue(link.recv(40).startswith(b"HTTP/1.1 200"), "a body that ended makes room for another")

    def test_failures_are_injected_by_the_administrator_and_only_where_that_is_asked_for(self):
        server = self.start(harness.Server(flags=["--trips=off"]))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            server.admin("PUT", "trips/store_commit")
        self.assertEqual(403, caught.exception.code)
        server.terminate()
        server.flags = ["--trips"]
        server.start()
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(server.url + "/_meridian/trips/store_commit", method="PUT"))
        self.assertEqual(401, caught.exception.code)
        self.create_group(stem=name("intact"))
        self.assertEqual({"trips": {"probe": 1}}, server.admin("PUT", "trips/probe"))
        self.assertEqual(0o600, os.stat(os.path.join(server.data, "secrets", "admin-token")).st_mode & 0o777)

    def test_an_address_that_others_reach_is_announced_and_guarded(self):
        server = harness.Server()
        self.own = server
        self.addCleanup(server.finish)
        server.flags = ["--listen", "0.0.0.0:0", "--trips"]
        run = subprocess.run(server.command(), capture_output=True, text=True, timeout=30, env=harness.clean_environment())
        self.assertEqual(2, run.returncode)
        self.assertIn("--trips lets failures be injected", run.stderr)
        server.flags = ["--listen", "0.0.0.0:0"]
        server.start()
        said = [line for line in server.log().splitlines() if "open to other machines" in line]
        self.assertEqual(1, len(said), server.log())
        move = urllib.request.Request(server.url + "/_meridian/clock?advance_ms=1", method="POST")
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(move)
        self.assertEqual(401, caught.exception.code)
        self.assertIn("advanced_ms", server.admin("POST", "clock?advance_ms=1"))

    def test_with_one_host_nodes_listen_on_what_is_advertised_and_nowhere_else(self):
        server = harness.Server(flags=["--addressing", "ports", "--advertise", "127.0.0.77", "--port-range", "24100-24199"])
        self.start(server)
        group = self.create_group(nodes=2)
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        self.assertEqual("127.0.0.77", endpoint["Address"])
        self.assertTrue(self.primary(group).set("k", "kept"))
        for node in server.nodes(group):
            self.assertEqual((True, False), (harness.is_bound("127.0.0.77", node["port"]), harness.is_bound("127.0.0.1", node["port"])))
        server.terminate()
        server.flags[server.flags.index("127.0.0.77")] = "127.0.0.78"
        server.start()
        self.wait_group(group)
        wait_for(lambda: all(n["state"] == "ready" and n["address"] == "127.0.0.78" for n in server.nodes(group)), "nodes at the new address")
        self.assertEqual("127.0.0.78", self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]["Address"])
        self.assertEqual("kept", self.primary(group).get("k"))
        self.assertFalse(harness.is_bound("127.0.0.77", server.nodes(group)[0]["port"]))

    def test_an_advertised_host_of_another_machine_wants_to_know_where_to_listen(self):
        self.own = server = harness.Server(flags=["--addressing", "ports", "--advertise", "203.0.113.7"])
        self.addCleanup(server.finish)
        run = subprocess.run(server.command(), capture_output=True, text=True, timeout=30, env=harness.clean_environment())
        self.assertEqual((1, 1), (run.returncode, len(run.stderr.splitlines())), run.stderr)
        self.assertIn("--bind", run.stderr)
        server.flags += ["--bind", "0.0.0.0"]
        server.start()
        self.assertIn("nodes listen on 0.0.0.0: whoever reaches it", server.log())

    def test_a_data_directory_that_somebody_else_prepared_is_refused(self):
        server = self.start(harness.Server())
        self.create_group()
        server.terminate()
        victim = os.path.join(server.folder, "victim")
        with open(victim, "w") as f:
            f.write("kept\n")

        def refused(path, why):
            run = subprocess.run(server.command(), capture_output=True, text=True, timeout=30, env=harness.clean_environment())
            self.assertEqual((1, 1), (run.returncode, len(run.stderr.splitlines())), run.stderr)
            self.assertIn(path, run.stderr)
            self.assertIn(why, run.stderr)

        def elsewhere(*names):
            return os.path.join(server.data, *names)

        for names in (("endpoint",), ("endpoint.new",), ("secrets", "admin-token"), ("meridian.lock",), ("regions", "us-east-1", "agent.log")):
            with self.subTest(link=names):
                path = elsewhere(*names)
                moved = os.path.exists(path)
                if moved:
                    os.rename(path, path + ".aside")
                os.symlink(victim, path)
                refused(path, "symbolic link")
                os.unlink(path)
                if moved:
                    os.rename(path + ".aside", path)
        os.rename(elsewhere("endpoint"), elsewhere("endpoint.aside"))
        os.mkfifo(elsewhere("endpoint"), 0o600)
        refused(elsewhere("endpoint"), "is neither a file nor a folder")
        os.unlink(elsewhere("endpoint"))
        os.rename(elsewhere("endpoint.aside"), elsewhere("endpoint"))
        for path in (server.data, elsewhere("secrets"), elsewhere("meridian.db"), elsewhere("regions", "us-east-1")):
            mode = os.stat(path).st_mode & 0o777
            os.chmod(path, mode | 0o020)
            refused(path, "can be written by others")
            os.chmod(path, mode)
        if os.geteuid() == 0:
            for path in (server.data, elsewhere("secrets"), elsewhere("secrets", "admin-token")):
                os.chown(path, 65534, -1)
                refused(path, "belongs to another user")
                os.chown(path, 0, -1)
        self.assertEqual(b"kept\n", harness.reads(victim))
        server.start()

    def test_a_token_file_that_others_can_read_is_refused(self):
        server = harness.Server()
        self.own = server
        self.addCleanup(server.finish)
        path = os.path.join(server.folder, "token")

        def refused(why):
            run = subprocess.run(server.command("--admin-token-file", path), capture_output=True, text=True, timeout=30,
                                 env=harness.clean_environment())
            self.assertEqual(1, run.returncode)
            self.assertIn(why, run.stderr)
            self.assertEqual(1, len(run.stderr.splitlines()), run.stderr)

        for mode, text, why in ((0o644, "0123456789abcdef\n", "chmod 600"), (0o600, "short\n", "must be 16"), (0o600, "", "must be 16")):
            with open(path, "w") as f:
                f.write(text)
            os.chmod(path, mode)
            refused(why)
        if os.geteuid() == 0:
            os.chown(path, 65534, -1)
            refused("chown it")
        os.unlink(path)
        os.mkfifo(path, 0o600)
        refused("or it is none")


if __name__ == "__main__":
    unittest.main()
