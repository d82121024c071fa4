"""Somebody else on the machine: another installation, or a program that listens where a node of ours used to."""
import os
import socket
import unittest

import datastores
import harness
from harness import wait_for


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

    @property
    def server(self):
        return self.own

    def setUp(self):
        self.own = self.another()
        super().setUp()

    def another(self, **options):
        server = harness.Server(**options)
        self.addCleanup(server.finish)
        return server


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
        for round in ("its first process", "a process that another agent adopted"):
            node = self.own.nodes(group)[0]
            self.runs(False)
            os.kill(node["pid"], 9)
            wait_for(lambda: self.own.nodes(group)[0]["state"] in ("exited", "broken") and not self.own.nodes(group)[0]["pid"], "a node that is down")
            self.assertEqual([], [a for a in mine if can_listen(a) or harness.is_bound(*a)], round)
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
