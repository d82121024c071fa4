"""What is seen of a process says nothing of the next one: orders that were decided for a node whose process has ended meanwhile."""
import os
import signal
import unittest

import harness
from harness import NODE_TYPE, name, wait_for

TRIES = 6


class Case(harness.Case):
    """Every test has a server of its own."""
    def setUp(self):
        self.own_server()
        super().setUp()
        self.own.start()
        self.addCleanup(self.go_on)

    def stand_still(self):
        """serve decides nothing until go_on(): what it hears next is what was told last."""
        self.server.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.server.process.send_signal(signal.SIGCONT)


class DyingShards(Case):
    def create(self, shards):
        group = name("races")
        self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="made for a test", Engine="redis", CacheNodeType=NODE_TYPE,
            NumNodeGroups=shards, ReplicasPerNodeGroup=0, CacheParameterGroupName="default.redis7.cluster.on")
        return group

    def takes_over(self, node):
        """Its engine says that it is a master with slots."""
        me = next(line for line in self.admin(node).cluster("nodes").values() if "myself" in line["flags"])
        return "master" in me["flags"] and me["slots"]

    def death_is_known(self, node):
        """The agent knows that the node's process has ended."""
        log = harness.reads(os.path.join(self.server.data, "regions", node["region"], "agent.log")).decode()
        return "node %s: killed by signal 9" % node["id"] in log

    def test_that_took_over_just_before_they_died_take_over_again(self):
        for attempt in range(TRIES):
            with self.subTest(attempt=attempt):
                group = self.create(shards=3)
                node = wait_for(lambda: next((n for n in self.server.nodes(group) if n["address"] and n["pid"]), None), "a process")
                wait_for(lambda: harness.is_bound(node["address"], node["port"]) and self.takes_over(node), "a master with slots")
                self.stand_still()
                os.kill(node["pid"], signal.SIGKILL)
                wait_for(lambda: self.death_is_known(node), "the death")
                self.go_on()
                self.wait_group(group)
                self.delete_group(group)


if __name__ == "__main__":
    unittest.main()
