"""A full disk takes nothing new, and does not keep what there is from being failed over, started again and stopped."""
import os
import signal
import subprocess
import unittest

import harness
import small_disk
from harness import NODE_TYPE, wait_for

REGION = "us-east-1"


class FullDisk(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()
        self.filling = small_disk.move_to(self, 80)
        self.server.flags += ["--stop-timeout", "1"]
        self.server.start()

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
        small_disk.fill(self.filling)
        for _ in range(6):
            client = self.kill_primary(group)
            self.assertEqual("v", client.get("k"))
            small_disk.fill(self.filling)
        self.wait_whole(group)
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId="more", ReplicationGroupDescription="d",
                                   Engine="redis", CacheNodeType=NODE_TYPE)
        self.server.proxy.take_violations()  # the model knows no failure of ours
        self.assertEqual(500, answer.status)
        self.assertIn("the disk is full", self.server.log())
        os.unlink(self.filling)
        self.wait_group(self.create_group())
        self.assertEqual("v", self.primary(group).get("k"))

    def shards(self, count=2):
        """Two or three shards with a replica each, and a key in each: the group, and its nodes once all are in step."""
        group = harness.name("shards")
        self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=NODE_TYPE,
                                            NumNodeGroups=count, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True)
        self.wait_group(group)
        nodes = self.wait_in_step(group, count)
        with self.cluster(group) as client:
            for key in "abc"[:count]:
                client.set(key, "v")
        wait_for(lambda: [self.admin(n).dbsize() for n in nodes] == [1] * 2 * count, "a key in each shard, with both nodes")
        return group, nodes

    def cluster(self, group):
        endpoint = self.group(group)["ConfigurationEndpoint"]
        return harness.redis.RedisCluster(host=endpoint["Address"], port=endpoint["Port"], decode_responses=True)

    def wait_in_step(self, group, count=2):
        def in_step():
            nodes = self.server.nodes(group)
            return nodes if sum(n["role"] == "primary" for n in nodes) == sum(n["link_up"] for n in nodes) == count else None
        return wait_for(in_step, "all primaries and their replicas in step")

    def assert_keys(self, group, count=2):
        with self.cluster(group) as client:
            self.assertEqual(["v"] * count, [client.get(key) for key in "abc"[:count]])

    def test_does_not_stop_failovers_within_shards(self):
        group, nodes = self.shards()
        small_disk.fill(self.filling)
        for _ in range(4):
            dead = next(n for n in nodes if n["role"] == "primary")
            os.kill(dead["pid"], signal.SIGKILL)
            wait_for(lambda: [n for n in self.server.nodes(group) if n["id"] == dead["id"] and n["role"] == "replica" and n["link_up"]],
                     "the dead one as a replica")
            after = self.wait_in_step(group)
            self.assertEqual({n["pid"] for n in nodes} - {dead["pid"]}, {n["pid"] for n in after} & {n["pid"] for n in nodes})
            self.assert_keys(group)
            small_disk.fill(self.filling)
            nodes = sorted(after, key=lambda n: n["id"] == dead["id"])

    def test_does_not_stop_the_engines_own_election(self):
        group, nodes = self.shards(3)
        agent = self.server.agent(REGION)
        wait_for(lambda: all(int(self.config(n, "cluster-node-timeout")) == 2000 for n in nodes), "the settled cluster")
        small_disk.fill(self.filling)
        self.server.kill()
        os.kill(agent, signal.SIGKILL)
        dead = next(n for n in nodes if n["role"] == "primary")
        os.kill(dead["pid"], signal.SIGKILL)
        others = [n for n in nodes if n != dead]
        wait_for(lambda: sum(self.admin(n).role()[0] == "master" for n in others) == 3, "the election")
        self.start_again()
        self.wait_group(group)
        nodes = self.wait_in_step(group, 3)
        self.assertEqual({n["pid"] for n in others}, {n["pid"] for n in nodes} & {n["pid"] for n in others})
        self.assert_keys(group, 3)

    def set_slots(self, node, slots, *state):
        with self.admin(node).pipeline() as pipeline:
            for slot in slots:
                pipeline.execute_command("CLUSTER", "SETSLOT", slot, *state)
            pipeline.execute()

    def test_has_room_for_a_view_of_the_cluster_that_grows(self):
        group, nodes = self.shards()
        source, target = [n for n in nodes if n["role"] == "primary"]
        conf = os.path.join(self.server.data, "regions", REGION, source["id"], "nodes.conf")
        name = self.admin(target).execute_command("CLUSTER", "MYID")
        slots = [slot for line in self.admin(source).execute_command("CLUSTER", "SLOTS") if line[2][0] == source["address"]
                 for slot in range(line[0], line[1] + 1)][:150]
        for _ in range(2):
            wait_for(lambda: os.stat(conf).st_blocks * 512 >= 16384, "the room that is kept")
            small_disk.fill(self.filling)
            self.set_slots(source, slots, "MIGRATING", name)
            self.assertGreater(os.path.getsize(conf), 4096)
            self.set_slots(source, slots, "STABLE")
        self.assertEqual({n["pid"] for n in nodes}, {n["pid"] for n in self.wait_in_step(group)})
        self.assert_keys(group)

    def test_hides_no_process_from_its_agent(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        small_disk.fill(self.filling)
        self.kill_primary(group)
        self.wait_whole(group)
        before = {n["id"]: n["pid"] for n in self.server.nodes(group)}
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
        small_disk.fill(self.filling)
        self.server.kill()
        self.start_again()
        self.assertEqual("v", self.kill_primary(group).get("k"))

    def test_that_lets_groups_be_deleted_heals(self):
        group = self.create_group()
        small_disk.fill(self.filling)
        self.delete_group(group)
        self.assertEqual([], self.server.nodes(group))

    def test_does_not_hold_up_the_end(self):
        group = self.create_group(nodes=2)
        self.primary(group).set("k", "v")
        small_disk.fill(self.filling)
        self.server.process.send_signal(signal.SIGTERM)
        self.server.process.wait(harness.DEADLINE)
        self.assertEqual({}, harness.processes_of(self.server.data))


if __name__ == "__main__":
    unittest.main()
