"""What the live tests stand on: a fake serve, real agents of a few regions in a folder of their own, and orders that are easy to write."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import redis

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]
import waiting  # noqa: E402
from fake_serve import FakeServe  # noqa: E402
from processes import alive  # noqa: E402, F401

AGENT = os.path.abspath(os.environ.get("AGENT_MAIN") or os.path.join(HERE, "..", "..", "build", "tests", "agent", "agent_main"))
DEADLINE = 20
PORT = 6379
PASSWORD = "admin \"quoted\" \\ secret"


def poll(condition, what, deadline=DEADLINE):
    return waiting.wait_for(condition, what, deadline, 0.002)


def client(address, user=None, port=PORT, timeout=5):
    return redis.Redis(host=address, port=port, decode_responses=True, username=user, password=PASSWORD if user else None,
                       socket_timeout=timeout, socket_connect_timeout=5)


def admin(address):
    return client(address, "meridian-admin")


def node(name, address, upstream=None, **more):
    """An order: a primary, or a replica of the order or the (host, port) given as upstream."""
    order = dict(id=name, run=True, engine="redis", address=address, port=PORT, role="primary", generation=1,
                 admin_password=PASSWORD, replication_password="replication secret")
    if isinstance(upstream, dict):
        order.update(role="replica", upstream_host=upstream["address"], upstream_port=upstream["port"], upstream_node=upstream["id"])
    elif upstream:
        order.update(role="replica", upstream_host=upstream[0], upstream_port=upstream[1])
    order.update(more)
    return order


def link(name, kind, address, *targets):
    return dict(id=name, kind=kind, address=address, port=PORT, targets=[dict(host=t, port=PORT) for t in targets])


def seen(sighting, name):
    """What the sighting says of the node or link; an empty dict if nothing."""
    return next((s for s in sighting["nodes"] + sighting["links"] if s["id"] == name), {})


def serves(sighting, *names):
    """True if these nodes are ready, and the replicas among them linked."""
    found = [seen(sighting, n) for n in names]
    return all(s.get("state") == "ready" and "role" in s and s.get("link_up", True) for s in found)


def fill(ballast):
    """Takes what room its disk has left for a file."""
    with open(ballast, "wb", buffering=0) as f:
        try:
            while True:
                f.write(bytes(4096))
        except OSError:
            pass


def own_block():
    """A /16 of loopback addresses that no other run of these tests uses; its lock is held as long as the process lives."""
    for octet in range(200, 250):
        try:
            return octet, socket.create_server(("127.%d.0.1" % octet, 47001))
        except OSError:
            continue
    raise AssertionError("all of 127.200.0.0 to 127.249.0.0 are in use")


BLOCK, _block_lock = own_block()


class Field(unittest.TestCase):
    """Each class has addresses of its own: 127.BLOCK.OCTET.n."""
    OCTET = 0

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="agent-test-")
        self.serve = FakeServe(self.dir).start()
        self.agents = {}

    def tearDown(self):
        for process in self.agents.values():
            if process.poll() is None:
                process.terminate()
        try:
            for name, process in self.agents.items():
                self.assertIsNotNone(process.wait(20), name)
        finally:
            left = self.kill_leftovers()
            if self.serve.server:
                self.serve.stop()
            shutil.rmtree(self.dir)
        self.assertEqual(left, [], "processes that outlived their agent")
        for name in self.agents:
            self.assertNotRegex(self.log(name), "Sanitizer|runtime error", name)

    def kill_leftovers(self):
        """The processes that run in the test's folder, killed now."""
        left = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                cwd = os.readlink("/proc/%s/cwd" % pid)
            except OSError:
                continue
            if cwd.startswith(self.dir + "/"):
                left.append(cwd)
                os.kill(int(pid), signal.SIGKILL)
        return left

    def address(self, n):
        return "127.%d.%d.%d" % (BLOCK, self.OCTET, n)

    def data(self, region="r1"):
        return os.path.join(self.dir, "regions", region)

    def log_path(self, region):
        return os.path.join(self.dir, region + ".log")

    def log(self, region="r1"):
        try:
            with open(self.log_path(region)) as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def start(self, region="r1", engine=None):
        args = [AGENT, region, self.data(region)] + ([engine] if engine else [])
        with open(self.log_path(region), "a") as log:
            self.agents[region] = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        return self.agents[region]

    def kill_agent(self, region="r1"):
        self.agents[region].kill()
        self.agents[region].wait()

    def stop_agent(self, region="r1"):
        self.agents[region].send_signal(signal.SIGTERM)
        self.assertEqual(self.agents[region].wait(20), 0, self.log(region))

    def order(self, nodes, links=(), region="r1", **more):
        return self.serve.assign(region, nodes, links, **more)

    def wait(self, condition, region="r1", timeout=DEADLINE):
        try:
            return self.serve.wait(region, condition, timeout)
        except AssertionError as e:
            raise AssertionError("%s\n%s" % (e, self.log(region)[-3000:])) from None

    def wait_serves(self, *names, region="r1"):
        return self.wait(lambda s: serves(s, *names) and s["version"] == self.serve.region(region).version, region)


def main():
    """Runs the calling file's tests; the last line is the count."""
    result = unittest.main(exit=False, verbosity=2).result
    failed = len({t.id() for t, _ in result.failures + result.errors})
    print("%d passed, %d failed" % (result.testsRun - failed, failed))
    sys.exit(1 if failed else 0)
