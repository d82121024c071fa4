"""How serve and its agents know each other: by a socket in the data directory and the user at its other end, and by nothing that goes over a network."""
import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import unittest

import harness
from harness import reads, wait_for

REGION = "us-east-1"
NOBODY = 65534
ANOTHER_USER = r"""
import socket, sys
link = socket.socket(socket.AF_UNIX)
link.settimeout(30)
link.connect(sys.argv[1])
link.sendall(sys.argv[2].encode())
answer = b""
while True:
    more = link.recv(65536)
    if not more:
        break
    answer += more
print(answer.decode())
"""
AGENT_OF_BEFORE = r"""
import fcntl, signal, sys
lock = open(sys.argv[-1], "r+b")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("locked", flush=True)
signal.pause()
"""


class Impostor(http.server.BaseHTTPRequestHandler):
    """Writes down what it is told, and orders a setting that loads code."""

    def do_GET(self):
        self.server.heard.append((self.path, dict(self.headers)))
        order = (b'{"version":9000000000000000,"region":"us-east-1","links":[],"nodes":[{"id":"x.1","run":true,"engine":"redis",'
                 b'"address":"127.9.9.9","port":6379,"role":"primary","generation":1,"settings":[{"name":"loadmodule","value":"/tmp/x.so"}]}]}')
        self.send_response(200)
        self.send_header("Content-Length", str(len(order)))
        self.end_headers()
        self.wfile.write(order)

    do_POST = do_GET

    def log_message(self, *args):
        pass


class Channel(harness.Case):
    def setUp(self):
        super().setUp()
        self.own_server()

    @property
    def server(self):
        return self.own

    def log_of_agent(self):
        return reads(os.path.join(self.server.data, "regions", REGION, "agent.log")).decode()

    def socket(self):
        return os.path.join(self.server.data, "agents.sock")

    def impostor_at(self, address):
        host, port = address.removeprefix("http://").split(":")
        impostor = http.server.ThreadingHTTPServer((host, int(port)), Impostor)
        impostor.heard = []
        threading.Thread(target=impostor.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.addCleanup(impostor.server_close)
        self.addCleanup(impostor.shutdown)
        return impostor

    def test_whoever_takes_the_port_of_a_dead_serve_is_told_nothing_and_obeyed_in_nothing(self):
        self.server.start()
        group = self.create_group(nodes=2)
        replica = next(n["pid"] for n in self.server.nodes(group) if n["role"] == "replica")
        agent, address = self.server.agent(REGION), self.server.url
        self.server.kill()
        impostor = self.impostor_at(address)
        wait_for(lambda: "serve does not answer" in self.log_of_agent() or impostor.heard, "the agent to miss serve")
        # It works on its own meanwhile, for much longer than it takes to dial.
        os.kill(replica, signal.SIGKILL)
        wait_for(lambda: self.log_of_agent().count(" is ready") > 2 or impostor.heard, "the agent at work")
        self.server.start()
        self.assertNotEqual(address, self.server.url)
        self.assertEqual(agent, self.server.agent(REGION), "the same agent has found the next serve")
        self.wait_group(group)
        wait_for(lambda: all(n["state"] == "ready" for n in self.server.nodes(group)), "all nodes")
        self.assertTrue(self.primary(group).set("k", "v"))
        self.assertEqual([], impostor.heard)
        self.assertNotIn("loadmodule", self.log_of_agent())
        self.assertFalse(os.path.exists(os.path.join(self.server.data, "regions", REGION, "x.1")))

    @unittest.skipUnless(os.getuid() == 0, "only root can start processes of another user")
    def test_another_user_who_gets_as_far_as_the_socket_is_refused(self):
        self.server.start()
        group = self.create_group()
        for path, mode in ((self.server.folder, 0o711), (self.server.data, 0o711), (self.socket(), 0o666)):
            os.chmod(path, mode)
        version = {n["pid"] for n in self.server.nodes(group)}
        body = '{"region":"us-east-1","pid":1,"version":1,"nodes":[],"links":[]}'
        for request in ("GET /_meridian/agent/assignment?region=us-east-1&after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        "POST /_meridian/agent/sighting HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)):
            run = subprocess.run([sys.executable, "-c", ANOTHER_USER, self.socket(), request], user=NOBODY, cwd="/",
                                 stdout=subprocess.PIPE, text=True, timeout=60)
            self.assertTrue(run.stdout.startswith("HTTP/1.1 403"), run.stdout)
            self.assertNotIn("password", run.stdout)
        self.assertEqual(version, {n["pid"] for n in self.server.nodes(group)})
        os.chmod(self.server.data, 0o700)

    def test_the_socket_is_for_this_user_alone_and_put_back_when_it_is_deleted(self):
        self.server.start()
        self.assertEqual(0o600, os.stat(self.socket()).st_mode & 0o777)
        os.unlink(self.socket())
        wait_for(lambda: os.path.exists(self.socket()), "the socket")
        self.create_group()

    def test_an_agent_that_carries_a_token_is_replaced(self):
        self.server.start()
        group = self.create_group()
        self.primary(group).set("k", "v")
        before = {n["pid"] for n in self.server.nodes(group)}
        agent = self.server.agent(REGION)
        self.server.kill()
        os.kill(agent, signal.SIGKILL)
        lock = os.path.join(self.server.data, "regions", REGION, "agent.lock")
        token = os.path.join(self.server.data, "secrets", "agent-token")
        with open(token, "w") as f:
            f.write("0" * 64)
        old = subprocess.Popen([sys.executable, "-c", AGENT_OF_BEFORE, "--server", "127.0.0.1:1", "--token-file", "t", lock],
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(old.stdout.close)
        self.assertEqual("locked\n", old.stdout.readline())
        self.server.start()
        self.assertEqual(-signal.SIGKILL, old.wait(30))
        self.assertFalse(os.path.exists(token))
        wait_for(lambda: self.server.agent(REGION) not in (0, old.pid), "an agent of its own")
        wait_for(lambda: [n for n in self.server.nodes(group) if n["state"] == "ready"], "the node")
        self.assertEqual(before, {n["pid"] for n in self.server.nodes(group)})
        self.assertEqual("v", self.primary(group).get("k"))

    def test_a_data_directory_with_a_long_path_is_as_good_as_another(self):
        self.server.data = os.path.join(self.server.folder, *["d" * 60] * 3, "data")
        os.makedirs(os.path.dirname(self.server.data))
        self.server.start()
        group = self.create_group()
        self.assertTrue(self.primary(group).set("k", "v"))
        with socket.socket(socket.AF_UNIX) as link, self.assertRaises(OSError):
            link.connect(self.socket())  # a socket's address is shorter than that


if __name__ == "__main__":
    unittest.main()
