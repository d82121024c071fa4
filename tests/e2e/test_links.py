"""The network between regions: what is asked of it, and what replication and failovers make of it."""
import time
import unittest
import urllib.error

import harness
from datastores import AWAY, FAR, HOME, Case, Writer
from harness import wait_for
from shards import Follower

setUpModule, tearDownModule = harness.one_server()


class Links(Case):
    def tearDown(self):
        self.put("links?preset=none")
        super().tearDown()

    def put(self, path):
        return self.server.admin("PUT", path)

    def link(self, start, end, query):
        return self.put("links/%s/%s?%s" % (start, end, query))

    def refused(self, path):
        with self.assertRaises(urllib.error.HTTPError) as answer:
            self.put(path)
        self.assertEqual(400, answer.exception.code)
        return answer.exception.read().decode()

    def test_are_as_they_were_asked_to_be(self):
        plain = {"from": HOME, "to": AWAY, "state": "up", "latency_ms": 0, "jitter_ms": 0, "bandwidth_mbit": 0, "persist": False}
        self.assertEqual(plain, self.server.admin("GET", "links/%s/%s" % (HOME, AWAY)))
        self.link(HOME, AWAY, "latency_ms=40&jitter_ms=5")
        self.link(AWAY, HOME, "bandwidth_mbit=100&one_way=true")
        there = dict(plain, latency_ms=40, jitter_ms=5)
        back = {**there, "from": AWAY, "to": HOME, "bandwidth_mbit": 100}
        self.assertEqual([back, there], self.server.admin("GET", "links")["links"])
        self.assertEqual([], self.put("links?preset=none")["links"])

    def test_have_the_latency_of_their_distance_where_that_is_asked(self):
        links = {(link["from"], link["to"]): link["latency_ms"] for link in self.put("links?preset=aws")["links"]}
        self.assertTrue(30 <= links[(HOME, AWAY)] == links[(AWAY, HOME)] <= 45, links[(HOME, AWAY)])
        self.assertGreater(links[(AWAY, FAR)], 90)
        self.assertTrue(all(1 <= ms <= 200 for ms in links.values()))

    def test_say_what_is_allowed(self):
        self.assertIn("us-east-1, us-east-2", self.refused("links/%s/%s" % (HOME, "mars-1")))
        self.assertIn("from 0 to 10000", self.refused("links/%s/%s?latency_ms=-1" % (HOME, AWAY)))
        self.assertIn("from 0 to 100000", self.refused("links/%s/%s?bandwidth_mbit=100001" % (HOME, AWAY)))
        self.assertIn("up, down or blackhole", self.refused("links/%s/%s?state=slow" % (HOME, AWAY)))
        self.assertIn("true or false", self.refused("links/%s/%s?one_way=perhaps" % (HOME, AWAY)))
        self.assertIn("from one region to another", self.refused("links/%s/%s" % (HOME, HOME)))
        self.assertIn("two ends", self.refused("links/" + HOME))
        self.assertIn("aws or none", self.refused("links?preset=moon"))
        self.assertEqual([], self.server.admin("GET", "links")["links"])

    def test_carry_full_copies_writes_and_failovers(self):
        world, home = self.create_global(nodes=2)
        for i in range(200):
            self.primary(home).set("early:%d" % i, "x" * 1000)
        self.link(HOME, AWAY, "latency_ms=100")
        begun = time.monotonic()
        away = self.join(world, AWAY, nodes=2)
        self.assertGreater(time.monotonic() - begun, 0.6, "a connection and the greetings of a full copy take several round trips")
        self.assertEqual("x" * 1000, self.primary(away, AWAY).get("early:199"))
        home_client, away_client = self.primary(home), self.primary(away, AWAY)
        begun = time.monotonic()
        home_client.set("late", "1")
        wait_for(lambda: away_client.get("late") == "1", "the write in the other region")
        self.assertGreaterEqual(time.monotonic() - begun, 0.1)
        before = self.full_syncs((home, HOME), (away, AWAY))
        writer = Writer([self.group(home)["NodeGroups"][0]["PrimaryEndpoint"], self.group(away, AWAY)["NodeGroups"][0]["PrimaryEndpoint"]])
        writer.start()
        wait_for(lambda: len(writer.acknowledged) > 100, "writes")
        self.failover(world, AWAY, away)
        self.wait_roles(world, AWAY)
        writer.stop()
        self.assertEqual([], writer.lost(self.primary(away, AWAY)))
        self.assertEqual(before, self.full_syncs((home, HOME), (away, AWAY)))

    def is_cut_off(self, home):
        """Nobody who follows the primary has been heard of for a while: what was asked of the link is in force."""
        seen = self.primary(home).info("replication")
        return all(seen["slave%d" % n]["lag"] >= 3 for n in range(seen["connected_slaves"]))

    def test_that_are_cut_or_silent_delay_writes_and_lose_none(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        for state in "down", "blackhole":
            self.link(HOME, AWAY, "state=" + state)
            wait_for(lambda: self.is_cut_off(home), "a link that is " + state)
            self.primary(home).set("during", state)
            self.assertNotEqual(state, self.primary(away, AWAY).get("during"))
            self.link(HOME, AWAY, "state=up")
            wait_for(lambda: self.primary(away, AWAY).get("during") == state, "the write after " + state)
        self.wait_global(world)

    def told(self, group, text):
        events = self.api(HOME).describe_events(SourceIdentifier=group, SourceType="replication-group")["Events"]
        return any(text in e["Message"] for e in events)

    def test_that_are_cut_end_a_failover_and_leave_everything_as_it_was(self):
        plain, plain_home = self.create_global()
        shards_home = self.create_group(HOME, NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, stem="home")
        shards, _ = self.create_global(group=shards_home)
        worlds = {plain: (plain_home, self.join(plain, AWAY)), shards: (shards_home, self.join(shards, AWAY, ReplicasPerNodeGroup=1))}
        writers = [self.primary(plain_home), Follower(self.group(shards_home)["ConfigurationEndpoint"])]
        link = "the link between %s and %s" % (HOME, AWAY)
        for state in "down", "blackhole":
            self.link(HOME, AWAY, "state=" + state)
            for world, (_, away) in worlds.items():
                self.failover(world, AWAY, away)
                waits = self.server.admin("GET", "why?id=" + world)["waits"]
                self.assertIn(link + ", which is cut", [wait["for"] for wait in waits])
            for world, (home, _) in worlds.items():
                wait_for(lambda: all(n["fenced"] for n in self.server.nodes(home, HOME) if n["role"] == "primary"), "held writes")
            self.server.admin("POST", "clock?advance_ms=10000")
            for world, (home, _) in worlds.items():
                self.wait_roles(world, HOME)
                self.assertEqual([], self.server.admin("GET", "why?id=" + world)["waits"])
                wait_for(lambda: self.told(home, link + " is cut"), "an event that names the link")
            for writer in writers:
                writer.set("during", state)
            self.link(HOME, AWAY, "state=up")
        for world, (_, away) in worlds.items():
            self.failover(world, AWAY, away)
            self.wait_roles(world, AWAY)
        self.assertEqual("blackhole", self.primary(worlds[plain][1], AWAY).get("during"))
        self.assertEqual("blackhole", Follower(self.group(worlds[shards][1], AWAY)["ConfigurationEndpoint"]).get("during"))

    def test_persist_where_that_is_asked(self):
        self.link(HOME, AWAY, "latency_ms=7&persist=true")
        self.link(HOME, FAR, "latency_ms=8")
        self.server.terminate()
        self.server.start()
        self.assertEqual([(AWAY, HOME, 7, True), (HOME, AWAY, 7, True)], [
            (link["from"], link["to"], link["latency_ms"], link["persist"]) for link in self.server.admin("GET", "links")["links"]])


if __name__ == "__main__":
    unittest.main()
