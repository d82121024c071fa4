"""Processes die, on purpose and not: what was running goes on, what was promised holds, what comes back finds it."""
import os
import signal
import socket
import unittest

import datastores
import harness
import redis
from datastores import AWAY, HOME
from harness import connect, wait_for


class Case(datastores.Case):
    """Every test has a server of its own."""
    def setUp(self):
        self.own_server()
        super().setUp()
        self.own.start()

    def pids(self):
        return {n["id"]: n["pid"] for n in self.server.nodes()}

    def wait_ready(self, *groups):
        """Until the nodes of some (group, region) are running and the API says available."""
        for group, region in groups:
            self.wait_group(group, region)
            wait_for(lambda: (nodes := self.server.nodes(group, region)) and all(n["state"] == "ready" for n in nodes), "nodes of " + group)

    def endpoints(self, *groups):
        found = []
        for group, region in groups:
            shard = self.group(group, region)["NodeGroups"][0]
            found += [shard["PrimaryEndpoint"], shard["ReaderEndpoint"]] + [m["ReadEndpoint"] for m in shard["NodeGroupMembers"]]
        return [(e["Address"], e["Port"]) for e in found]


class Stopping(Case):
    def test_and_starting_again_keeps_data_addresses_and_roles(self):
        world, home = self.create_global(nodes=2)
        away = self.join(world, AWAY, nodes=2)
        groups = ((home, HOME), (away, AWAY))
        self.primary(home, HOME).set("kept", "over the night")
        wait_for(lambda: self.primary(away, AWAY).get("kept"), "the key in the other region")
        before = self.endpoints(*groups)
        self.server.terminate()
        self.assertEqual({}, harness.processes_of(self.server.data))
        self.assertEqual([], [a for a in before if harness.is_bound(*a)])
        self.server.start()
        self.wait_ready(*groups)
        self.assertEqual(before, self.endpoints(*groups))
        self.assertEqual("over the night", self.primary(home, HOME).get("kept"))
        self.primary(home, HOME).set("kept", "on the next day")
        wait_for(lambda: self.primary(away, AWAY).get("kept") == "on the next day", "replication after the start")
        with self.assertRaises(harness.redis.exceptions.ReadOnlyError):
            self.primary(away, AWAY).set("x", "y")

    def test_after_a_failover_keeps_the_new_primary(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.failover(world, AWAY, away)
        self.wait_roles(world, AWAY)
        self.primary(away, AWAY).set("k", "new primary")
        self.server.terminate()
        self.server.start()
        self.wait_ready((home, HOME), (away, AWAY))
        self.assertEqual({HOME: "SECONDARY", AWAY: "PRIMARY"}, datastores.roles(self.world(world)))
        self.assertEqual("new primary", self.primary(away, AWAY).get("k"))
        wait_for(lambda: self.primary(home, HOME).get("k") == "new primary", "the old primary in step")

    def test_in_the_middle_of_a_creation_loses_nothing(self):
        group = self.create_group(nodes=3, wait=False)
        self.server.terminate()
        self.server.start()
        self.wait_ready((group, HOME))
        self.primary(group).set("k", "v")


def can_listen(url):
    try:
        socket.create_server(("127.0.0.1", int(url.rsplit(":", 1)[1]))).close()
        return True
    except OSError:
        return False


class KillingServe(Case):
    def test_leaves_the_nodes_running_and_the_next_start_adopts_them(self):
        group = self.create_group(nodes=2)
        before, endpoints, agent, url = self.pids(), self.endpoints((group, HOME)), self.server.agent(HOME), self.server.url
        self.server.kill()
        free = can_listen(url)
        connect(endpoints[0]).set("while", "nobody was there")
        self.server.start()
        self.wait_ready((group, HOME))
        self.assertEqual((before, endpoints), (self.pids(), self.endpoints((group, HOME))))
        self.assertEqual("nobody was there", self.reader(group).get("while"))
        if free:  # else a connection of somebody else's has got the port in between
            self.assertEqual((url, agent), (self.server.url, self.server.agent(HOME)), "the agent found it where it was")
        self.delete_group(group)

    def test_is_no_matter_where_somebody_else_listens_at_its_port_now(self):
        group = self.create_group()
        before, url = self.pids(), self.server.url
        self.server.kill()
        with socket.create_server(("127.0.0.1", int(url.rsplit(":", 1)[1]))):
            self.server.start()
        self.assertNotEqual(url, self.server.url)
        self.wait_ready((group, HOME))
        self.assertEqual(before, self.pids())
        self.delete_group(group)

    def test_right_after_an_answer_keeps_what_was_answered(self):
        group = self.create_group(nodes=2, wait=False)
        self.server.kill()
        self.server.start()
        self.wait_ready((group, HOME))
        self.api().delete_replication_group(ReplicationGroupId=group)
        self.server.kill()
        self.server.start()
        self.wait_group_gone(group)
        self.assertEqual([], self.server.nodes(group))


class KillingAnAgent(Case):
    def test_brings_a_new_one_that_adopts_the_nodes(self):
        group = self.create_group(nodes=2)
        nodes, agent = self.pids(), self.server.agent(HOME)
        self.assertGreater(agent, 0)
        os.kill(agent, signal.SIGKILL)
        wait_for(lambda: self.server.agent(HOME) not in (0, agent), "another agent")
        other = self.create_group()
        self.assertEqual(nodes, {i: pid for i, pid in self.pids().items() if i in nodes})
        self.assertTrue(self.reader(group).ping())
        for each in (group, other):
            self.delete_group(each)


class KillingEverything(Case):
    def test_keeps_all_that_the_api_acknowledged(self):
        world, home = self.create_global(nodes=2)
        away = self.join(world, AWAY)
        groups = ((home, HOME), (away, AWAY))
        before = self.endpoints(*groups)
        self.server.kill_everything()
        self.server.start()
        self.wait_ready(*groups)
        self.assertEqual(before, self.endpoints(*groups))
        self.assertEqual({HOME: "PRIMARY", AWAY: "SECONDARY"}, datastores.roles(self.world(world)))
        wait_for(lambda: self.tries(lambda: self.primary(home, HOME).set("alive", "again")), "the primary endpoint")
        wait_for(lambda: self.tries(lambda: self.primary(away, AWAY).get("alive")) == "again", "replication after the restart")

    @staticmethod
    def tries(call):
        """A node takes its endpoint a moment after it is ready."""
        try:
            return call()
        except redis.exceptions.ConnectionError:
            return None


if __name__ == "__main__":
    unittest.main()
