"""Global datastores in cluster mode: shard by shard, the secondary has what the primary writes, and writes nothing itself."""
import os
import signal
import time
import unittest

import harness
import redis
from datastores import AWAY, HOME, Case, RegisterWriter, roles
from harness import connect, wait_for
from shards import Follower

setUpModule, tearDownModule = harness.one_server()
READONLY = "You can't write against a read only replica."


class Shards(Case):
    def setUp(self):
        self.home = self.create_group(HOME, NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, stem="home")
        self.id, _ = self.create_global(group=self.home)
        self.writer = Follower(self.group(self.home)["ConfigurationEndpoint"])
        for n in range(50):
            self.writer.call("SET", "early:%d" % n, n)

    def follow(self):
        self.away = self.join(self.id, AWAY, ReplicasPerNodeGroup=1)
        self.reader = Follower(self.group(self.away, AWAY)["ConfigurationEndpoint"])

    def arrives(self, key, value):
        wait_for(lambda: self.reader.call("GET", key) == value, "%s in %s" % (key, AWAY))

    def crossing_takes(self, key):
        """Seconds until a write has come to the other region."""
        value = str(time.monotonic())
        begun = time.monotonic()
        self.writer.call("SET", key, value)
        self.arrives(key, value)
        return time.monotonic() - begun

    def refused(self, *words):
        with self.assertRaises(redis.exceptions.ReadOnlyError) as caught:
            self.reader.call(*words, attempts=5)
        self.assertIn(READONLY, str(caught.exception))

    def first(self, shard, group, region):
        """The node of the shard that takes writes, or what the other region writes."""
        found = [n for n in self.server.nodes(group, region) if n["cluster"].startswith("%s-%s-" % (group, shard))]
        own = {n["address"] for n in found}
        return next((n for n in found if n["state"] == "ready" and (n["upstream"] or "").split(":")[0] not in own), None)

    def test_follow_the_shards_of_another_region(self):
        self.follow()
        world = self.world(self.id)
        self.assertTrue(world["ClusterEnabled"])
        self.assertEqual(["%s-0001" % self.id, "%s-0002" % self.id], [g["GlobalNodeGroupId"] for g in world["GlobalNodeGroups"]])
        shown = [[(g["NodeGroupId"], g["Slots"]) for g in self.group(*m)["NodeGroups"]] for m in ((self.home, HOME), (self.away, AWAY))]
        self.assertEqual(shown[0], shown[1])
        for n in range(50):
            self.arrives("early:%d" % n, str(n))
        self.writer.call("SET", "late", "1")
        self.arrives("late", "1")
        self.refused("SET", "late", "2")
        self.refused("EVAL", "return redis.call('set', KEYS[1], 2)", 1, "late")
        with connect(self.group(self.away, AWAY)["ConfigurationEndpoint"]) as client:
            self.assertNotIn("meridian", str(client.command_list()))

    def test_go_on_when_a_node_of_either_region_dies(self):
        self.follow()
        for shard, group, region in (("0001", self.away, AWAY), ("0002", self.home, HOME)):
            before = self.full_syncs((self.home, HOME))
            dead = self.first(shard, group, region)
            os.kill(dead["pid"], signal.SIGKILL)
            wait_for(lambda: (n := self.first(shard, group, region)) and n["id"] != dead["id"], "another primary of %s in %s" % (shard, region))
            wait_for(lambda: self.group(group, region)["Status"] == "available", group)
            self.wait_global(self.id)
            self.writer.refresh()
            self.reader.refresh()
            for n in range(20):
                self.writer.call("SET", "%s:%d" % (shard, n), n)
            for n in range(20):
                self.arrives("%s:%d" % (shard, n), str(n))
            self.refused("SET", "%s:19" % shard, "2")
            if region == AWAY:
                self.assertEqual(before, self.full_syncs((self.home, HOME)), "the next primary goes on in the stream")

    def test_cross_the_network_and_outlive_the_loss_of_their_region(self):
        self.follow()
        self.addCleanup(self.server.admin, "PUT", "links?preset=none")
        self.addCleanup(self.server.admin, "PUT", "regions/%s?state=up" % HOME)
        self.server.admin("PUT", "links/%s/%s?latency_ms=100" % (HOME, AWAY))
        self.arrives("early:1", "1")
        wait_for(lambda: self.crossing_takes("from afar") >= 0.1, "a link as slow as it was asked for")
        self.server.admin("PUT", "regions/%s?state=down" % HOME)
        self.failover(self.id, AWAY, self.away)
        wait_for(lambda: roles(self.world(self.id, AWAY))[AWAY] == "PRIMARY", "another primary region")
        for n in range(20):
            self.reader.call("SET", "meanwhile:%d" % n, n)
        self.server.admin("PUT", "regions/%s?state=up" % HOME)
        self.wait_roles(self.id, AWAY)
        self.wait_group(self.home)
        self.writer.refresh()
        for n in range(20):
            wait_for(lambda: self.writer.call("GET", "meanwhile:%d" % n) == str(n), "meanwhile:%d in %s" % (n, HOME))

    def test_take_writes_once_they_have_left(self):
        self.follow()
        self.arrives("early:1", "1")
        self.leave(self.id, AWAY, self.away)
        wait_for(lambda: len(self.world(self.id)["Members"]) == 1, "only the primary is left")
        self.reader.refresh()
        for n in range(20):
            self.reader.call("SET", "own:%d" % n, n)
        self.assertEqual("1", self.reader.call("GET", "early:1"))

    def test_hand_the_primary_role_over_and_back_without_losing_a_write(self):
        self.follow()
        members = [(self.home, HOME), (self.away, AWAY)]
        before = self.full_syncs(*members)
        with RegisterWriter([self.group(*m)["ConfigurationEndpoint"] for m in members]) as writer:
            for region, group in 3 * [(AWAY, self.away), (HOME, self.home)]:
                writer.wait_for_more()
                self.failover(self.id, region, group)
                self.wait_roles(self.id, region)
            writer.wait_for_more()
        verdict = writer.histories.judge()
        self.assertEqual([], verdict.wrong() + verdict.gave_up, verdict.report())
        self.assertEqual(before, self.full_syncs(*members), "everybody goes on in the stream of the others")
        self.refused("SET", "early:1", "2")


if __name__ == "__main__":
    unittest.main()
