"""A status is what is seen: whoever reads 'available' and connects is served, and what serves nobody says so, and why."""
import os
import shutil
import signal
import socket
import unittest

import clusters
import redis
import shards
from harness import connect, is_bound, wait_for

REGION = "us-east-1"
ENGINE = shutil.which("redis-server") or "/usr/bin/redis-server"


class Case(clusters.Case, shards.Case):
    """Every test has a server of its own, whose engine is a script that can be changed."""
    def setUp(self):
        self.own_server()
        super().setUp()
        self.program = os.path.join(self.own.folder, "redis-server")
        self.own.flags = ["--redis-server", self.program]
        self.engine_is('exec %s "$@"\n' % ENGINE)

    def engine_is(self, script):
        with open(self.program + ".new", "w") as f:
            f.write("#!/bin/sh\n" + script)
        os.chmod(self.program + ".new", 0o755)
        os.rename(self.program + ".new", self.program)

    # What is served

    def check_group_is_served(self, group):
        """Writes at the primary endpoint, reads at the reader endpoint, the slots of both shards of a cluster."""
        if "ConfigurationEndpoint" in group:
            end = group["ConfigurationEndpoint"]
            self.assertEqual("ok", connect(end).execute_command("CLUSTER INFO")["cluster_state"])
            return
        shard = group["NodeGroups"][0]
        connect(shard["PrimaryEndpoint"]).set("k", "v")
        for end in [shard["ReaderEndpoint"]] + [m["ReadEndpoint"] for m in shard["NodeGroupMembers"]]:
            self.assertTrue(connect(end).ping())

    def check_cluster_is_served(self, cluster):
        nodes = cluster.get("CacheNodes", [])
        self.assertTrue(nodes)
        for end in [n["Endpoint"] for n in nodes] + [cluster[e] for e in ("ConfigurationEndpoint",) if e in cluster]:
            self.assertTrue(is_bound(end["Address"], end["Port"]), "nobody listens on %s" % end)

    def check_until_available(self, groups, alone):
        """Asks again and again, from now on until all are available: whoever is, is served. Returns all statuses seen."""
        statuses = []

        def all_available():
            seen = []
            for group in groups:
                found = self.group(group)
                if found["Status"] == "available":
                    self.check_group_is_served(found)
                seen += [found["Status"]] + [g["Status"] for g in found["NodeGroups"]]
            for cluster in alone:
                found = self.cluster(cluster)
                if found["CacheClusterStatus"] == "available":
                    self.check_cluster_is_served(found)
                    self.assertEqual({"available"}, {n["CacheNodeStatus"] for n in found["CacheNodes"]})
                seen.append(found["CacheClusterStatus"])
            statuses.extend(seen)
            return set(seen) == {"available"}

        wait_for(all_available, "all available")
        return set(statuses)

    def make_some(self):
        groups = [self.create_group(nodes=2, AutomaticFailoverEnabled=True), self.create()]
        alone = [self.create_cluster(), self.create_cluster(Engine="memcached", NumCacheNodes=2)]
        self.check_until_available(groups, alone)
        return groups, alone

    # What is said

    def statuses(self, group):
        """Of the group, its node groups, member clusters and nodes."""
        found = self.group(group)
        members = [self.cluster(c) for c in found["MemberClusters"]]
        return (found["Status"], [g["Status"] for g in found["NodeGroups"]], [m["CacheClusterStatus"] for m in members],
                [n["CacheNodeStatus"] for m in members for n in m["CacheNodes"]])

    def wait_statuses(self, group, *expected):
        def as_expected():
            seen.append(self.statuses(group))
            return seen[-1] == expected
        seen = []
        try:
            wait_for(as_expected, "%s as %s" % (group, expected))
        except AssertionError as e:
            raise AssertionError("%s; seen: %s" % (e, seen[-1])) from None


class Restarts(Case):
    def test_after_a_clean_stop_nothing_is_available_that_does_not_run(self):
        self.server.start()
        made = self.make_some()
        self.server.terminate()
        self.server.start()
        self.assertLessEqual(self.check_until_available(*made), {"available", "modifying"})

    def test_after_everything_was_killed_nothing_is_available_that_does_not_run(self):
        self.server.start()
        made = self.make_some()
        self.server.kill_everything()
        self.server.start()
        self.assertLessEqual(self.check_until_available(*made), {"available", "modifying"})

    def test_after_serve_alone_was_killed_everything_is_available_all_along(self):
        self.server.start()
        made = self.make_some()
        self.server.kill()
        self.server.start()
        self.assertEqual({"available"}, self.check_until_available(*made))


class Nodes(Case):
    def kill_node(self, name):
        node = next(n for n in self.server.nodes() if n["cluster"] == name)
        os.kill(node["pid"], signal.SIGKILL)

    def test_a_group_whose_engine_can_not_be_started_says_so_and_can_be_deleted(self):
        self.server.start()
        group, other = self.create_group(), self.create_group()
        self.engine_is('[ "$1" = --version ] && exec %s --version\nexit 3\n' % ENGINE)
        for each in (group, other):
            self.kill_node(each + "-001")
            self.wait_statuses(each, "modifying", ["modifying"], ["modifying"], ["rebooting"])
        wait_for(lambda: any("exited with status 3" in m for m in self.messages(group + "-001")), "the event")
        self.delete_group(other)
        self.engine_is('exec %s "$@"\n' % ENGINE)
        self.check_until_available([group], [])

    def test_a_node_that_ends_again_and_again_is_not_available_while_it_is_down(self):
        self.server.start()
        group = self.create_group()

        def shown_while_it_is_down():
            """It is killed until it stays down for long enough to be looked at: the wait for the next start grows."""
            before = self.server.nodes(group)[0]
            if before["state"] == "ready":
                os.kill(before["pid"], signal.SIGKILL)
            shown, after = self.statuses(group), self.server.nodes(group)[0]
            return shown if before["state"] == after["state"] == "exited" and before["restarts"] == after["restarts"] > 2 else None

        self.assertEqual(("modifying", ["modifying"], ["modifying"], ["rebooting"]), wait_for(shown_while_it_is_down, "a node that is down"))
        self.assertTrue([m for m in self.messages(group + "-001") if "has ended 3 times" in m])
        self.check_until_available([group], [])

    def test_a_replica_that_can_not_be_started_leaves_its_primary_available(self):
        self.server.start()
        group = self.create_group(nodes=2)
        self.engine_is('[ "$1" = --version ] && exec %s --version\nexit 3\n' % ENGINE)
        self.kill_node(group + "-002")
        self.wait_statuses(group, "modifying", ["modifying"], ["available", "modifying"], ["available", "rebooting"])
        self.primary(group).set("k", "v")
        self.engine_is('exec %s "$@"\n' % ENGINE)
        self.check_until_available([group], [])

    def test_a_cluster_whose_address_is_taken_is_available_once_it_has_it_again(self):
        self.server.start()
        cluster = self.create_cluster()
        address = self.endpoints(cluster)[0]
        self.server.terminate()
        with socket.create_server(address):
            self.server.start()
            wait_for(lambda: [n for n in self.server.nodes() if n["state"] == "conflict"], "the conflict")
            found = self.cluster(cluster)
            self.assertEqual(("modifying", "rebooting"), (found["CacheClusterStatus"], found["CacheNodes"][0]["CacheNodeStatus"]))
        self.check_until_available([], [cluster])

    def test_a_primary_that_is_killed_is_replaced_and_recovers(self):
        self.server.start()
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        self.kill_node(group + "-001")
        wait_for(lambda: any("Finished recovery" in m for m in self.messages(group + "-001")), "the recovery")
        self.check_until_available([group], [])


class BlockedPrimaries(Case):
    """They live and answer nobody: a client's pause, a script without an end."""

    def setUp(self):
        super().setUp()
        self.server.flags += ["--blocked-primary-timeout", "2"]
        self.server.start()

    def make(self, **more):
        group = self.create_group(**more)
        with self.primary(group) as c:
            for i in range(100):
                c.set("k%d" % i, i)
        return group

    def holds_all(self, group):
        try:
            with self.primary(group) as c:
                return c.mget("k%d" % i for i in range(100)) == [str(i) for i in range(100)] and c.set("after", 1)
        except redis.exceptions.RedisError:
            return False

    def is_replaced(self, block):
        """With automatic failover a replica takes the place, with all that was acknowledged; the old one comes back behind it."""
        group = self.make(nodes=2, AutomaticFailoverEnabled=True)
        pid = next(n["pid"] for n in self.server.nodes(group) if n["cluster"] == group + "-001")
        block(self.primary(group))
        self.wait_statuses(group, "modifying", ["modifying"], ["modifying", "available"], ["rebooting", "available"])
        wait_for(lambda: self.holds_all(group), "writes at the endpoint")
        self.check_until_available([group], [])
        after = {n["cluster"]: n for n in self.server.nodes(group)}
        self.assertEqual(("replica", "primary"), (after[group + "-001"]["role"], after[group + "-002"]["role"]))
        self.assertNotEqual(pid, after[group + "-001"]["pid"])
        self.assertTrue([m for m in self.messages(group + "-001") if "answers no requests" in m])

    def test_that_a_client_pauses_are_replaced(self):
        self.is_replaced(lambda c: c.client_pause(3600000))

    def test_whose_writes_a_client_holds_up_are_replaced_in_good_order(self):
        group = self.make(nodes=2, AutomaticFailoverEnabled=True)
        before = {n["cluster"]: n["pid"] for n in self.server.nodes(group)}
        self.primary(group).client_pause(3600000, all=False)
        writer = self.primary(group).connection_pool.get_connection("SET")
        writer.send_command("SET", "held", 1)
        self.wait_statuses(group, "modifying", ["modifying"], ["modifying", "available"], ["rebooting", "available"])
        wait_for(lambda: self.holds_all(group), "writes at the endpoint")
        self.check_until_available([group], [])
        after = {n["cluster"]: n for n in self.server.nodes(group)}
        self.assertEqual(("replica", "primary"), (after[group + "-001"]["role"], after[group + "-002"]["role"]))
        self.assertEqual(before, {c: n["pid"] for c, n in after.items()}, "nobody is killed")

    def test_with_a_script_without_end_are_replaced(self):
        def block(c):
            c.connection_pool.get_connection("EVAL").send_command("EVAL", "while true do end", 0)
        self.is_replaced(block)

    def test_that_nobody_can_replace_keep_their_data_and_their_process(self):
        group = self.make(nodes=1)
        before = self.server.nodes(group)[0]["pid"]
        self.primary(group).client_pause(4000)
        self.wait_statuses(group, "modifying", ["modifying"], ["modifying"], ["rebooting"])
        wait_for(lambda: [m for m in self.messages(group + "-001") if "a client's CLIENT PAUSE" in m], "the event")
        self.check_until_available([group], [])
        self.assertTrue(self.holds_all(group))
        self.assertEqual(before, self.server.nodes(group)[0]["pid"])


if __name__ == "__main__":
    unittest.main()
