"""Somebody else on the machine: another installation, or a program that listens where a node of ours used to."""
import os
import shutil
import socket
import subprocess
import tempfile
import unittest

import datastores
import harness
from harness import wait_for


# What an engine says of its link to its upstream: that it begins, and that somebody takes the connection.
TRIES, CONNECTED = b"Connecting to MASTER", b"Non blocking connect for SYNC fired the event"


def addresses(server):
    """Where a server's nodes and endpoints are: (address, port)."""
    found = {(n["address"], n["port"]) for n in server.nodes()}
    for group in server.api(datastores.HOME).describe_replication_groups()["ReplicationGroups"]:
        shard = group["NodeGroups"][0]
        found |= {(e["Address"], e["Port"]) for e in (shard["PrimaryEndpoint"], shard["ReaderEndpoint"])}
    return found


def can_listen(address):
    """Whether a program that does as Redis does could listen there now."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(address)
            s.listen()
        except OSError:
            return False
    return True


class Case(datastores.Case):
    """Every test has servers of its own."""

    def setUp(self):
        self.own = self.another()
        super().setUp()

    def another(self, **options):
        server = harness.Server(**options)
        self.addCleanup(server.finish)
        return server


class Stranger:
    """A redis-server that lets every replica in, whatever its password."""

    def __init__(self, case, address):
        self.folder = tempfile.mkdtemp(prefix="meridian-stranger-")
        case.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        with open(os.path.join(self.folder, "stranger.conf"), "w") as f:
            f.write("bind %s\nport %d\nsave \"\"\nprotected-mode no\ndir %s\nrepl-diskless-sync-delay 0\n" % (*address, self.folder))
            f.write("user default on nopass ~* &* +@all\nuser meridian-replica on nopass ~* &* +@all\n")
        self.process = subprocess.Popen(["redis-server", f.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        case.addCleanup(self.leave)
        wait_for(lambda: harness.is_bound(*address), "the stranger")
        self.client = harness.connect(address)
        self.client.set("whose", "a stranger's")
        self.before = self.connections()

    def connections(self):
        return self.client.info("stats")["total_connections_received"]

    def visitors(self):
        """How many have connected besides the test."""
        return self.connections() - self.before

    def leave(self):
        self.process.kill()
        self.process.wait()


class OnAnAddress(Case):
    """Everything was stopped in good order, and a stranger came before the next start."""

    def setUp(self):
        super().setUp()
        self.own.start()

    def node(self, group, region=datastores.HOME, role=None):
        return next(n for n in self.own.nodes(group, region) if role in (None, n["role"]))

    def write(self, client, replicas):
        client.set("whose", "mine")
        self.assertEqual(replicas, client.wait(replicas, 5000))

    def whose(self, node):
        return harness.connect((node["address"], node["port"])).get("whose")

    def log_says(self, node, what):
        """How often a node's engine has said so."""
        path = os.path.join(self.own.data, "regions", node["region"], node["id"], "engine.log")
        return harness.reads(path).count(what)

    def test_of_a_primary_is_never_what_its_replica_follows(self):
        group = self.create_group(nodes=2)
        self.write(self.primary(group), 1)
        primary, replica = self.node(group, role="primary"), self.node(group, role="replica")
        self.own.terminate()
        stranger, before = Stranger(self, (primary["address"], primary["port"])), self.log_says(replica, TRIES)
        self.own.start()
        wait_for(lambda: self.node(group)["state"] == "conflict", "the conflict")
        wait_for(lambda: self.own.nodes(group)[1]["state"] == "ready", "the replica")
        wait_for(lambda: self.log_says(replica, TRIES) >= before + 3, "tries to follow")
        self.assertEqual("mine", self.whose(replica))
        self.assertEqual("modifying", self.group(group)["Status"])
        self.assertEqual(0, stranger.visitors())
        stranger.leave()
        self.wait_group(group)
        self.assertEqual("mine", self.primary(group).get("whose"))
        self.write(self.primary(group), 1)

    def test_of_a_region_s_primary_is_nothing_that_a_gateway_leads_to(self):
        world, home = self.create_global()
        away = self.join(world, datastores.AWAY)
        self.write(self.primary(home), 1)
        first, follower = self.node(home), self.node(away, datastores.AWAY)
        self.own.terminate()
        stranger, before = Stranger(self, (first["address"], first["port"])), self.log_says(follower, CONNECTED)
        self.own.start()
        wait_for(lambda: self.node(home)["state"] == "conflict", "the conflict")
        wait_for(lambda: self.node(away, datastores.AWAY)["state"] == "ready", "the follower")
        wait_for(lambda: self.log_says(follower, CONNECTED) > before, "a connection to the gateway")
        self.assertEqual("mine", self.whose(follower))
        self.assertEqual("modifying", self.group(home)["Status"])
        self.assertEqual(0, stranger.visitors())
        stranger.leave()
        self.wait_group(home)
        self.assertEqual("mine", self.primary(home).get("whose"))
        wait_for(lambda: self.node(away, datastores.AWAY)["link_up"], "the link between the regions")

    def test_of_a_gateway_is_never_what_a_region_follows(self):
        world, home = self.create_global()
        away = self.join(world, datastores.AWAY)
        self.write(self.primary(home), 1)
        follower = self.node(away, datastores.AWAY)
        gateway = harness.connect((follower["address"], follower["port"])).info("replication")
        self.own.terminate()
        stranger = Stranger(self, (gateway["master_host"], gateway["master_port"]))
        before = self.log_says(follower, TRIES)
        self.own.start()
        wait_for(lambda: self.node(away, datastores.AWAY)["state"] == "ready", "the follower")
        wait_for(lambda: self.log_says(follower, TRIES) >= before + 2, "tries to follow")
        self.assertEqual("mine", self.whose(follower))
        self.assertEqual(0, stranger.visitors())
        stranger.leave()
        wait_for(lambda: self.node(away, datastores.AWAY)["link_up"], "the link between the regions")
        self.primary(home).set("whose", "still mine")
        wait_for(lambda: self.whose(follower) == "still mine", "replication")

    def test_of_replicas_are_nothing_that_a_reader_endpoint_leads_to(self):
        group = self.create_group(nodes=3)
        self.write(self.primary(group), 2)
        replicas = [(n["address"], n["port"]) for n in self.own.nodes(group) if n["role"] == "replica"]
        self.own.terminate()
        strangers = [Stranger(self, address) for address in replicas]
        self.own.start()
        wait_for(lambda: sum(n["state"] == "conflict" for n in self.own.nodes(group)) == 2, "the conflicts")
        wait_for(lambda: self.reads_at_readers(group) == "mine", "reads at the reader endpoint")
        self.assertEqual("modifying", self.group(group)["Status"])
        self.assertEqual([0, 0], [s.visitors() for s in strangers])
        for stranger in strangers:
            stranger.leave()
        self.wait_group(group)

    def reads_at_readers(self, group):
        try:
            return self.reader(group).get("whose")
        except harness.redis.RedisError:
            return None

    def test_of_a_memcached_is_nothing_that_its_configuration_endpoint_leads_to(self):
        cluster = harness.name("mem")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="memcached", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        shown = lambda: self.api().describe_cache_clusters(CacheClusterId=cluster, ShowCacheNodeInfo=True)["CacheClusters"][0]
        wait_for(lambda: shown()["CacheClusterStatus"] == "available", "the cluster")
        node, configuration = shown()["CacheNodes"][0]["Endpoint"], shown()["ConfigurationEndpoint"]
        self.own.terminate()
        with socket.create_server((node["Address"], node["Port"])) as stranger:
            self.own.start()
            wait_for(lambda: [n for n in self.own.nodes() if n["state"] == "conflict"], "the conflict")
            with socket.create_connection((configuration["Address"], configuration["Port"]), timeout=harness.DEADLINE) as client:
                client.sendall(b"get key\r\n")
                self.assertEqual(b"", client.recv(100), "nobody is there who could answer")
            self.assertEqual("modifying", shown()["CacheClusterStatus"])
            stranger.setblocking(False)
            self.assertRaises(BlockingIOError, stranger.accept)
        wait_for(lambda: shown()["CacheClusterStatus"] == "available", "the cluster again")

    def test_of_an_endpoint_makes_nothing_available(self):
        group = self.create_group(nodes=3)
        self.write(self.primary(group), 2)
        shard = self.group(group)["NodeGroups"][0]
        endpoints = [(shard[e]["Address"], shard[e]["Port"]) for e in ("PrimaryEndpoint", "ReaderEndpoint")]
        self.own.terminate()
        strangers = [Stranger(self, e) for e in endpoints]
        self.own.start()
        wait_for(lambda: all(n["state"] == "ready" for n in self.own.nodes(group)), "the nodes")
        self.assertEqual("modifying", self.group(group)["Status"])
        strangers[0].leave()
        wait_for(lambda: self.primary(group).get("whose") == "mine", "the primary endpoint")
        self.assertEqual("modifying", self.group(group)["Status"])
        strangers[1].leave()
        self.wait_group(group)
        self.assertEqual("mine", self.reader(group).get("whose"))


class TwoInstallations(Case):
    def on(self, server):
        """What follows is about that one."""
        self.own = server
        return self

    def fill(self, server, word):
        """Three groups with a key that tells whose they are; their ids."""
        self.on(server)
        groups = [self.create_group(nodes=2) for _ in range(3)]
        for group in groups:
            self.primary(group).set("whose", word)
            self.assertEqual(1, self.primary(group).wait(1, 5000))
        return groups

    def elsewhere(self, than, **options):
        """An installation whose addresses are others: they begin anywhere, so that few of two installations would meet by chance."""
        for _ in range(3):
            server = self.another(**options).start()
            self.fill(server, "another's")
            if not addresses(server) & than:
                return server
            server.terminate()
        self.fail("three installations began where the first one did")

    def keep_apart(self, **options):
        first = self.another(**options).start()
        groups = self.fill(first, "mine")
        mine = addresses(first)
        first.terminate()
        second = self.elsewhere(mine, **options)
        self.on(first.start())
        for group in groups:
            self.wait_group(group)
            wait_for(lambda: all(n["state"] == "ready" for n in first.nodes(group)), "the nodes of " + group)
        self.assertEqual(mine, addresses(first))
        for group in groups:
            self.assertEqual("mine", self.primary(group).get("whose"))
            self.assertEqual("mine", self.reader(group).get("whose"))
        self.on(second)
        for group in second.api(datastores.HOME).describe_replication_groups()["ReplicationGroups"]:
            self.assertEqual("another's", self.primary(group["ReplicationGroupId"]).get("whose"))

    def test_that_never_run_at_the_same_time_have_addresses_of_their_own(self):
        self.keep_apart()

    def test_with_ports_of_one_host_too(self):
        self.keep_apart(flags=["--addressing", "ports"])


class Engine(Case):
    """What goes by the name of redis-server is a script that can be changed."""

    def setUp(self):
        super().setUp()
        self.program = os.path.join(self.own.folder, "redis-server")
        self.own.flags = ["--redis-server", self.program]
        self.runs(True)

    def runs(self, well):
        with open(self.program + ".new", "w") as f:
            f.write('#!/bin/sh\n[ "$1" = --version ] || %s\nexec redis-server "$@"\n' % ("true" if well else "exit 1"))
        os.chmod(self.program + ".new", 0o755)
        os.rename(self.program + ".new", self.program)

    def test_that_is_down_leaves_its_addresses_to_nobody(self):
        self.own.start()
        group = self.create_group()
        mine = addresses(self.own)
        self.assertLess(1, len(mine))
        for adopted in (False, True):
            node = self.own.nodes(group)[0]
            self.runs(False)
            os.kill(node["pid"], 9)
            wait_for(lambda: self.own.nodes(group)[0]["state"] in ("exited", "broken") and not self.own.nodes(group)[0]["pid"], "a node that is down")
            if adopted:  # its agent may just have begun to look
                wait_for(lambda: not [a for a in mine if can_listen(a) or harness.is_bound(*a)], "addresses that nobody can have")
            self.assertEqual([], [a for a in mine if can_listen(a) or harness.is_bound(*a)])
            self.runs(True)
            wait_for(lambda: self.own.nodes(group)[0]["state"] == "ready", "the node", 60)
            wait_for(lambda: all(harness.is_bound(*a) for a in mine), "the endpoints")
            self.assertEqual([], [a for a in mine if can_listen(a)])
            agent = self.own.agent(datastores.HOME)
            os.kill(agent, 9)
            wait_for(lambda: self.own.agent(datastores.HOME) not in (0, agent), "another agent")
            wait_for(lambda: self.own.nodes(group)[0]["state"] == "ready", "the node, adopted")


if __name__ == "__main__":
    unittest.main()
