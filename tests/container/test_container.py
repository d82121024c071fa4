"""The image of docker/Dockerfile, started the way people start it: published ports, a volume, and other containers on its network."""
import json
import os
import re
import subprocess
import unittest
import urllib.parse
import urllib.request

import podman as containers
import waiting
from podman import IMAGE, ROOT, podman, run

MIB_ABOVE = 45
API, FIRST = containers.free_ports(4566, 1), containers.free_ports(6379, 101)
LAST = FIRST + 100
URL = "http://localhost:%d" % API
RANGE = ["-e", "MERIDIAN_PORT_RANGE=%d-%d" % (FIRST, LAST)] if FIRST != 6379 else []  # else the image's own
PORT, SHARDED = FIRST + 21, FIRST + 31  # what is asked for
DEADLINE = 60
CALLER = os.path.join(ROOT, "tests/container/caller/caller.py")


def ask(**parameters):
    with urllib.request.urlopen(URL + "/?" + urllib.parse.urlencode({"Version": "2015-02-02"} | parameters), timeout=DEADLINE) as answer:
        return re.sub(r">\s+<", "><", answer.read().decode())


def describe(group):
    return ask(Action="DescribeReplicationGroups", ReplicationGroupId=group)


def await_group(group):
    waiting.wait_for(lambda: "<Status>available</Status>" in describe(group), group + " available", DEADLINE, 0.1)


def is_healthy():
    try:
        with urllib.request.urlopen(URL + "/_meridian/health", timeout=DEADLINE) as answer:
            return answer.status == 200
    except OSError:
        return False


def create(group, **more):
    if RANGE:
        more = {"Port": FIRST} | more
    ask(Action="CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis",
        CacheNodeType="cache.r6g.large", **more)
    await_group(group)


def on_host(*words):
    return subprocess.run(["redis-cli", *words], stdout=subprocess.PIPE, text=True, check=True, timeout=DEADLINE).stdout.strip()


class Case(containers.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        containers.make_image()
        podman("network", "create", "meridian")

    @classmethod
    def start(cls, *more, last=LAST):
        podman("run", "-d", "--name", "meridian", "--network", "meridian", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
               "--read-only", "--tmpfs", "/tmp", "-p", "%d:4566" % API, "-p", "%d-%d:%d-%d" % (FIRST, last, FIRST, last), *RANGE, *more, IMAGE)
        waiting.wait_for(lambda: run("healthcheck", "run", "meridian").returncode == 0, "health", DEADLINE, 0.1)


class Container(Case):
    """One container, used by all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start()
        address = podman("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", "meridian")
        podman("run", "-d", "--name", "caller", "--network", "meridian", "--add-host", "meridian:" + address, "-v", CALLER + ":/caller.py:ro",
               containers.make_beside("caller"), "sleep", "infinity")

    def beside(self, *words):
        """What a second container of the network says: it reaches the first one as 'meridian'."""
        return podman("exec", "caller", *words)

    def assert_served(self, what, identifier):
        """Both callers look endpoints up and use them."""
        here = subprocess.run(["/usr/bin/python3", CALLER, "localhost:%d" % API, what, identifier], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, timeout=DEADLINE)
        self.assertEqual("served\n", here.stdout)
        self.assertEqual("served", self.beside("python3", "/caller.py", "meridian:4566", what, identifier))

    def test_is_small_and_nobody_s_root(self):
        self.assertLessEqual(containers.mib_above_base(), MIB_ABOVE)
        config = json.loads(podman("image", "inspect", "--format", "{{json .Config}}", IMAGE))
        self.assertEqual("meridian", config["User"])
        self.assertNotEqual("0", podman("exec", "meridian", "id", "-u"))
        self.assertIn("CapEff:\t0000000000000000", podman("exec", "meridian", "cat", "/proc/1/status"))

    def test_is_healthy_only_while_it_serves(self):
        self.assertEqual(0, run("healthcheck", "run", "meridian").returncode)
        self.assertNotEqual(0, run("run", "--rm", IMAGE, "health").returncode)

    def test_the_log_is_on_standard_error_and_says_that_the_administration_paths_are_open(self):
        request = urllib.request.Request(URL + "/_meridian/clock?advance_ms=1", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            self.assertEqual(200, answer.status)
        logs = run("logs", "meridian")
        self.assertIn("/_meridian/ is open (--admin open)", logs.stderr)
        self.assertIn("Ready.\n", logs.stdout)
        self.assertEqual(2, len(logs.stdout.splitlines()), logs.stdout)

    def test_every_caller_is_told_its_own_host_and_the_port_that_was_asked_for(self):
        create("orders", NumCacheClusters=2, AutomaticFailoverEnabled="true", Port=PORT)
        self.assertIn("<PrimaryEndpoint><Address>localhost</Address><Port>%d</Port>" % PORT, describe("orders"))
        self.assert_served("replicated", "orders")
        create("other", NumCacheClusters=1, Port=PORT)
        port = int(re.search("<PrimaryEndpoint><Address>localhost</Address><Port>([0-9]*)<", describe("other"))[1])
        self.assertTrue(FIRST <= port <= LAST and port != PORT, port)
        self.assertEqual("PONG", on_host("-h", "localhost", "-p", str(port), "ping"))
        self.assertIn("has port %d: port %d, which was asked for, is in use" % (port, PORT),
                      ask(Action="DescribeEvents", SourceIdentifier="other", SourceType="replication-group"))

    def test_cluster_mode_serves_both_of_them(self):
        create("shards", NumNodeGroups=2, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on",
               AutomaticFailoverEnabled="true", Port=SHARDED)
        self.assert_served("sharded", "shards")
        for i in range(8):
            self.assertEqual("OK", on_host("-c", "-h", "localhost", "-p", str(SHARDED), "set", "key-%d" % i, str(i)))
        asked = self.beside("sh", "-c", "for i in 0 1 2 3 4 5 6 7; do redis-cli -c -h meridian -p %d get key-$i; done" % SHARDED)
        self.assertEqual([str(i) for i in range(8)], asked.split())

    def test_certificates_carry_the_hosts_that_callers_use(self):
        create("private", NumCacheClusters=2, AutomaticFailoverEnabled="true", TransitEncryptionEnabled="true")
        self.assert_served("encrypted", "private")

    def test_memcached_is_discovered_by_both_of_them(self):
        ask(Action="CreateCacheCluster", CacheClusterId="sessions", Engine="memcached", NumCacheNodes=2, CacheNodeType="cache.r6g.large")
        waiting.wait_for(lambda: "<CacheClusterStatus>available<" in ask(Action="DescribeCacheClusters", CacheClusterId="sessions"), "sessions",
                         DEADLINE, 0.1)
        self.assert_served("memcached", "sessions")


class Volume(Case):
    def start_anew(self):
        self.start("-v", "meridian-data:/var/lib/meridian", last=FIRST + 1)
        self.addCleanup(run, "rm", "-f", "-t", "0", "meridian")

    def test_a_stop_keeps_everything_in_it_and_a_kill_what_was_made(self):
        self.start_anew()
        create("orders", NumCacheClusters=1)
        self.assertEqual("OK", on_host("-h", "localhost", "-p", str(FIRST), "set", "greeting", "hello"))
        podman("stop", "-t", "60", "meridian")
        self.assertEqual("0", podman("inspect", "--format", "{{.State.ExitCode}}", "meridian"))
        podman("rm", "meridian")
        self.start_anew()
        await_group("orders")
        self.assertEqual("hello", on_host("-h", "localhost", "-p", str(FIRST), "get", "greeting"), "the volume has kept it")
        podman("kill", "-s", "KILL", "meridian")
        podman("rm", "-f", "meridian")
        self.start_anew()
        await_group("orders")
        self.assertEqual("PONG", on_host("-h", "localhost", "-p", str(FIRST), "ping"), "a kill costs the nodes' data, and no more")


if __name__ == "__main__":
    unittest.main(verbosity=2)
