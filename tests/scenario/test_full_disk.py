"""A full disk takes nothing new, and does not keep what there is from being failed over, started again and stopped."""
import errno
import os
import signal
import subprocess
import unittest

import harness
from harness import NODE_TYPE, wait_for

REGION = "us-east-1"


class FullDisk(harness.Case):
    own = None

    @property
    def server(self):
        return self.own

    def setUp(self):
        self.own = harness.Server()
        self.addCleanup(self.own.finish)
        super().setUp()
        small = os.path.join(self.server.folder, "small")
        os.mkdir(small)
        if os.getuid() != 0 or subprocess.call(["mount", "-t", "tmpfs", "-o", "size=80m", "tmpfs", small], stderr=subprocess.DEVNULL):
            self.skipTest("nothing can be mounted here")
        self.addCleanup(subprocess.call, ["umount", "-l", small])
        self.addCleanup(self.server.kill_everything)
        self.server.data = os.path.join(small, "data")
        self.filling = os.path.join(small, "filling")
        self.server.flags += ["--stop-timeout", "1"]
        self.server.start()

    def fill(self):
        with open(self.filling, "ab", buffering=0) as f:
            for piece in (1 << 20, 4096, 1):
                try:
                    while True:
                        f.write(b"x" * piece)
                except OSError as e:
                    self.assertEqual(errno.ENOSPC, e.errno)

    def primary_node(self, group):
        return next((n for n in self.server.nodes(group) if n["role"] == "primary" and n["state"] == "ready"), None)

    def wait_whole(self, group):
        """A primary, and a replica in step with it."""
        return wait_for(lambda: self.primary_node(group) if any(n["link_up"] for n in self.server.nodes(group)) else None,
                        "a primary and a replica in step")

    def kill_primary(self, group):
        """Kills it; returns once another one takes writes at the endpoint."""
        dead = self.wait_whole(group)
        os.kill(dead["pid"], signal.SIGKILL)
        wait_for(lambda: (self.primary_node(group) or dead)["id"] != dead["id"], "the failover")
        client = wait_for(lambda: self.answering(group), "the endpoint")
        return client

    def answering(self, group):
        try:
            client = self.primary(group)
            client.set("written", "here")
            return client
        except harness.redis.RedisError:
            return None

    def test_does_not_stop_failovers_and_dead_nodes_come_back(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        client = self.primary(group)
        client.set("k", "v")
        self.assertEqual(1, client.wait(1, 5000))
        self.fill()
        for _ in range(6):
            client = self.kill_primary(group)
            self.assertEqual("v", client.get("k"))
            self.fill()
        self.wait_whole(group)
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId="more", ReplicationGroupDescription="d",
                                   Engine="redis", CacheNodeType=NODE_TYPE)
        self.server.proxy.take_violations()  # the model knows no failure of ours
        self.assertEqual(500, answer.status)
        self.assertIn("the disk is full", self.server.log())
        os.unlink(self.filling)
        self.wait_group(self.create_group())
        self.assertEqual("v", self.primary(group).get("k"))

    def test_hides_no_process_from_its_agent(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        self.fill()
        self.kill_primary(group)
        before = {n["id"]: n["pid"] for n in self.server.nodes(group) if self.wait_whole(group)}
        agent = self.server.agent(REGION)
        os.kill(agent, signal.SIGKILL)
        wait_for(lambda: self.server.agent(REGION) not in (0, agent), "another agent")
        self.create_nothing_new(group, before)

    def create_nothing_new(self, group, before):
        """The next agent has found the processes: a failover works, and the other node's process is the same as before."""
        dead = self.wait_whole(group)
        self.kill_primary(group)
        after = {n["id"]: n["pid"] for n in self.server.nodes(group)}
        other = next(i for i in before if i != dead["id"])
        self.assertEqual(before[other], after[other])
        self.wait_whole(group)
        self.assertFalse([n for n in self.server.nodes(group) if n["state"] in ("conflict", "broken")])

    def start_again(self):
        """As the server's start(), but for the endpoint's file, which stays what it is."""
        with open(self.server.log_path, "ab") as log:
            self.server.process = subprocess.Popen(self.server.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                   env=harness.clean_environment())
        wait_for(lambda: self.server.process.poll() is not None or self.server.healthy(), "a healthy server, or its end")
        self.assertIsNone(self.server.process.poll(), self.server.log())

    def test_keeps_no_server_that_died_from_coming_back(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        client = self.primary(group)
        client.set("k", "v")
        self.assertEqual(1, client.wait(1, 5000))
        self.fill()
        self.server.kill()
        self.start_again()
        self.assertEqual("v", self.kill_primary(group).get("k"))

    def test_that_lets_groups_be_deleted_heals(self):
        group = self.create_group()
        self.fill()
        self.delete_group(group)
        self.assertEqual([], self.server.nodes(group))

    def test_does_not_hold_up_the_end(self):
        group = self.create_group(nodes=2)
        self.primary(group).set("k", "v")
        self.fill()
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(harness.DEADLINE)
        self.assertEqual({}, harness.processes_of(self.server.data))


if __name__ == "__main__":
    unittest.main()
