"""What is out of order on purpose: regions, zones and nodes, and what comes back once that ends."""
import unittest
import urllib.error

import botocore.exceptions
import harness
import redis
from datastores import AWAY, HOME, Case, roles
from harness import connect, wait_for

setUpModule, tearDownModule = harness.one_server()


class Outages(Case):
    def tearDown(self):
        for kind in "region", "zone":
            for one in self.server.admin("GET", kind + "s")[kind + "s"]:
                self.put("%ss/%s?state=up" % (kind, one[kind]))
        super().tearDown()

    def put(self, path):
        return self.server.admin("PUT", path)

    def refused(self, path, status=400):
        with self.assertRaises(urllib.error.HTTPError) as answer:
            self.put(path)
        self.assertEqual(status, answer.exception.code)
        return answer.exception.read().decode()

    def messages(self, group, region):
        return [e["Message"] for e in self.api(region).describe_events(SourceIdentifier=group, SourceType="replication-group")["Events"]]

    def takes_no_connection(self, endpoint):
        try:
            connect(endpoint).ping()
            return False
        except redis.exceptions.RedisError:
            return True

    def test_are_listed_and_say_what_is_allowed(self):
        self.assertEqual({"region": "sa-east-1", "state": "up", "persist": False}, self.server.admin("GET", "regions/sa-east-1"))
        self.put("regions/sa-east-1?state=down")
        self.put("zones/eu-north-1b?state=down")
        self.assertEqual([{"region": "sa-east-1", "state": "down", "persist": False}], self.server.admin("GET", "regions")["regions"])
        self.assertEqual([{"zone": "eu-north-1b", "state": "down", "persist": False}], self.server.admin("GET", "zones")["zones"])
        self.assertIn("up, down or isolated", self.refused("regions/us-east-1?state=slow"))
        self.assertIn("up or down", self.refused("zones/us-east-1a?state=isolated"))
        self.assertIn("for longer than serve runs", self.refused("regions/us-east-1?state=isolated&persist=true"))
        self.assertIn("us-east-1, us-east-2", self.refused("regions/mars-1?state=down"))
        self.assertIn("us-east-1a, us-east-1b", self.refused("zones/us-east-1z?state=down"))
        self.assertIn("kill, hang or resume", self.refused("nodes/x?do=dance"))
        self.assertIn("GET /_meridian/nodes", self.refused("nodes/x?do=kill", 404))

    def test_a_region_that_is_lost_is_replaced_and_returns_as_a_secondary(self):
        world, home = self.create_global(nodes=2)
        away = self.join(world, AWAY, nodes=2)
        endpoint = self.group(home)["NodeGroups"][0]["PrimaryEndpoint"]
        self.primary(home).set("before", "1")
        wait_for(lambda: self.primary(away, AWAY).get("before") == "1", "the write in the other region")
        self.put("regions/%s?state=down" % HOME)
        self.assert_fault("ServiceUnavailable", 503, self.api(HOME).describe_replication_groups)
        self.server.proxy.take_violations()  # else a server fails never
        wait_for(lambda: self.takes_no_connection(endpoint), "a region without nodes")
        nodes = wait_for(lambda: (n := self.server.nodes(home, HOME)) and {x["state"] for x in n} == {"exited"} and n, "dead nodes")
        self.assertEqual({"an outage keeps it down"}, {n["reason"] for n in nodes})
        self.failover(world, AWAY, away)
        wait_for(lambda: roles(self.world(world, AWAY))[AWAY] == "PRIMARY", "another primary region")
        self.primary(away, AWAY).set("meanwhile", "1")
        self.put("regions/%s?state=up" % HOME)
        self.wait_roles(world, AWAY)
        wait_for(lambda: self.wait_group(home) and self.primary(home).get("meanwhile") == "1", "a secondary that has everything")
        with self.assertRaises(redis.exceptions.ReadOnlyError):
            self.primary(home).set("after", "1")

    def test_a_secondary_that_is_lost_comes_back_in_step(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.put("regions/%s?state=down" % AWAY)
        self.primary(home).set("during", "1")
        self.put("regions/%s?state=up" % AWAY)
        wait_for(lambda: self.wait_group(away, AWAY) and self.primary(away, AWAY).get("during") == "1", "the write after the outage")
        self.wait_global(world)

    def test_both_sides_of_a_partition_live_and_an_event_counts_what_is_discarded(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        old, new = self.primary(home), self.primary(away, AWAY)
        old.set("common", "1")
        wait_for(lambda: new.get("common") == "1", "the write in the other region")
        self.put("regions/%s?state=isolated" % HOME)
        self.failover(world, AWAY, away)
        wait_for(lambda: roles(self.world(world, AWAY))[AWAY] == "PRIMARY", "another primary region")
        self.assertTrue(any("was not waited for" in m and "out of reach" in m for m in self.messages(away, AWAY)), self.messages(away, AWAY))
        old.set("lost", "x" * 200000)
        old.set("lost too", "1")
        new.set("kept", "1")
        self.assertIsNone(new.get("lost"))
        self.put("regions/%s?state=up" % HOME)
        self.wait_roles(world, AWAY)
        wait_for(lambda: self.primary(home).get("kept") == "1", "the old primary in step")
        self.assertIsNone(self.primary(home).get("lost"))
        told = [m for m in self.messages(home, HOME) if m.startswith("Discarded ")]
        self.assertEqual(1, len(told), self.messages(home, HOME))
        self.assertRegex(told[0], r"^Discarded 2 writes \(20\d{4} bytes of its stream\) that ")

    def test_a_zone_that_is_lost_takes_its_nodes_and_no_others(self):
        group = self.create_group(HOME, nodes=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
                                  PreferredCacheClusterAZs=["us-east-1a", "us-east-1b"])
        self.primary(group).set("a", "1")
        wait_for(lambda: self.reader(group).get("a") == "1", "the write at the replica")
        self.put("zones/us-east-1a?state=down")
        wait_for(lambda: [(n["zone"], n["role"]) for n in self.server.nodes(group) if n["state"] == "ready"] == [("us-east-1b", "primary")],
                 "a primary in the other zone")
        self.assertEqual("1", self.primary(group).get("a"))
        self.put("zones/us-east-1a?state=up")
        wait_for(lambda: {("us-east-1a", "replica", True), ("us-east-1b", "primary", True)} == {
            (n["zone"], n["role"], n["serves"]) for n in self.server.nodes(group)}, "the node of the zone as a replica")

    def test_nodes_are_killed_made_to_hang_and_let_go_on(self):
        group = self.create_group(HOME)
        node = self.server.nodes(group)[0]
        answer = self.put("nodes/%s?do=kill&region=%s" % (node["id"], HOME))
        self.assertEqual(node["pid"], answer["pid"])
        node = wait_for(lambda: next((n for n in self.server.nodes(group) if n["pid"] not in (0, node["pid"]) and n["serves"]), None), "its next process")
        self.put("nodes/%s?do=hang" % node["id"])
        wait_for(lambda: self.server.nodes(group)[0]["state"] == "hung", "a node that hangs")
        self.put("nodes/%s?do=resume" % node["id"])
        wait_for(lambda: self.server.nodes(group)[0]["state"] == "ready", "a node that goes on")
        self.assertEqual(node["pid"], self.server.nodes(group)[0]["pid"])

    def test_a_replica_that_is_not_let_in_says_why_and_follows_once_it_is(self):
        group = self.create_group(HOME, nodes=2)
        primary, replica = sorted(self.server.nodes(group), key=lambda n: n["role"] != "primary")
        user = self.admin(replica).config_get("masteruser")["masteruser"]
        self.admin(primary).execute_command("ACL", "SETUSER", user, "resetpass", ">wrong")
        self.admin(primary).execute_command("CLIENT", "KILL", "TYPE", "replica")
        why = "it can't follow its upstream: Unable to AUTH to MASTER"
        node = wait_for(lambda: next((n for n in self.server.nodes(group) if (n["reason"] or "").startswith(why)), None), "the reason")
        self.assertEqual((replica["id"], False, False), (node["id"], node["link_up"], node["serves"]))
        events = self.api(HOME).describe_events(SourceIdentifier=replica["cluster"], SourceType="cache-cluster")["Events"]
        self.assertTrue(any("has no link to the node that it replicates: " + why in e["Message"] for e in events), events)
        self.admin(primary).execute_command("ACL", "SETUSER", user, "resetpass", ">" + self.server.secret(primary, "replica"))
        wait_for(lambda: all(n["serves"] and not n["reason"] for n in self.server.nodes(group)), "a replica in step")
        self.wait_group(group)

    def test_persist_where_that_is_asked(self):
        self.own_server()
        server = self.server.start()
        server.admin("PUT", "regions/us-west-1?state=down&persist=true")
        server.admin("PUT", "zones/us-west-2a?state=down&persist=true")
        server.admin("PUT", "regions/us-west-2?state=down")
        server.terminate()
        server.start()
        self.assertEqual([{"region": "us-west-1", "state": "down", "persist": True}], server.admin("GET", "regions")["regions"])
        self.assertEqual([{"zone": "us-west-2a", "state": "down", "persist": True}], server.admin("GET", "zones")["zones"])
        with self.assertRaises(botocore.exceptions.ClientError):
            server.api("us-west-1").describe_replication_groups()
        server.admin("PUT", "regions/us-west-1?state=up")
        self.assertEqual([], server.api("us-west-1").describe_replication_groups()["ReplicationGroups"])
        server.proxy.take_violations()  # else a server fails never


if __name__ == "__main__":
    unittest.main()
