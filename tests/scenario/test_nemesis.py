"""Disasters in a random order: nodes, agents and the server die and hang while groups change, and what was promised holds.

What is promised:
- never do two nodes of a group, or of a datastore, take writes at a time; at rest exactly the one does that the API names;
- a write that a replica has confirmed (in the datastore: one of each region) outlives any one death; one that was not waited for outlives
  everything but the death of a primary; several deaths at once may cost whatever only the dead had;
- after each blow everything gets back to available, at the same endpoints, and the API tells what the processes are.
"""
import os
import signal
import sys
import unittest

import redis

import datastores
from datastores import AWAY, HOME
from harness import connect, wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nemesis import SETTLED, Probe, Storm, Writer, behind, two_at_a_time  # noqa: E402

WITH_FAILOVER = dict(AutomaticFailoverEnabled=True)
VERSIONS = ["6.2", "7.0", "7.1"]


class Nemesis(Storm, datastores.Case):
    def prepare(self):
        self.live_on_a_small_disk(160)

    def setUp(self):
        super().setUp()
        self.probes, self.version = {}, 0

    # What there is

    def make_groups(self):
        self.plain = self.create_group(nodes=3, EngineVersion=VERSIONS[0], **WITH_FAILOVER)
        self.home = self.create_group(nodes=2, stem="home", **WITH_FAILOVER)
        self.world_id, _ = self.create_global(group=self.home)
        self.away = self.join(self.world_id, AWAY, nodes=2)
        self.groups = [(self.plain, HOME), (self.home, HOME), (self.away, AWAY)]
        self.endpoints = self.primary_endpoints()

    def primary_endpoints(self):
        return {g: self.address(self.group(g, r)["NodeGroups"][0]["PrimaryEndpoint"]) for g, r in self.groups}

    @staticmethod
    def address(endpoint):
        return endpoint["Address"], endpoint["Port"]

    def active(self):
        members = self.world(self.world_id)["Members"]
        return next((m["ReplicationGroupId"], m["ReplicationGroupRegion"]) for m in members if m["Role"] == "PRIMARY")

    def start_writers(self):
        both = [self.endpoints[self.home], self.endpoints[self.away]]
        plain = [self.endpoints[self.plain]]
        self.waiting = {"plain": Writer("plain-waited", plain, 1), "world": Writer("world-waited", both, 2)}
        self.hasty = {"plain": Writer("plain-hasty", plain, 0), "world": Writer("world-hasty", both, 0)}
        for writer in [*self.waiting.values(), *self.hasty.values()]:
            self.begin(writer)

    def watch_nodes(self):
        for node in self.server.nodes():
            key = (node["region"], node["id"], node["address"], node["port"])
            if key not in self.probes:
                self.probes[key] = self.begin(Probe("%s %s" % key[:2], key[2:]))
                self.probes[key].of = "plain" if node["rg"] == self.plain else "world"

    # What is done; each tells which groups' unwaited writes it may cost, and which groups' waited ones

    def nodes_of(self, group, region, role=None):
        return [n for n in self.server.nodes(group, region) if role is None or n["role"] == role]

    def some_primary(self):
        which = self.random.choice(["plain", "world"])
        group, region = (self.plain, HOME) if which == "plain" else self.active()
        return which, self.nodes_of(group, region, "primary")[0]

    def kill_a_primary(self):
        which, node = self.some_primary()
        self.strike(node)
        return {which}, set()

    def hang_a_primary(self):
        which, node = self.some_primary()
        self.strike(node, signal.SIGSTOP)
        return {which}, set()

    def hang_a_primary_and_jump_the_clock(self):
        self.jump_the_clock()
        costs = self.hang_a_primary()
        self.jump_the_clock()
        return costs

    def kill_a_replica(self):
        group, region = self.random.choice(self.groups)
        self.strike(self.random.choice(self.nodes_of(group, region, "replica")))
        return set(), set()

    def kill_an_agent(self):
        self.kill_agent_of(self.random.choice([HOME, AWAY]))
        return set(), set()

    def kill_an_agent_and_a_primary(self):
        which, node = self.some_primary()
        self.kill_agent_of(node["region"])
        self.strike(node)
        return {which}, set()

    def hang_an_agent(self):
        self.hang_agent_of(self.random.choice([HOME, AWAY]))
        return set(), set()

    def hang_an_agent_and_kill_a_primary(self):
        which, node = self.some_primary()
        self.hang_agent_of(node["region"], lambda: self.strike(node))
        return {which}, set()

    def kill_a_primary_on_a_full_disk(self):
        """It is failed over, and comes back, while there is no room."""
        self.fill_the_disk()
        costs = self.kill_a_primary()
        self.wait_all_in_force()
        self.free_the_disk()
        return costs

    def meet_a_stranger(self):
        group, region = self.random.choice(self.groups)
        node = self.random.choice(self.nodes_of(group, region))
        self.let_a_stranger_in(node)
        return {"plain" if group == self.plain else "world"} if node["role"] == "primary" else set(), set()

    def kill_serve(self):
        self.crash_serve()
        return set(), set()

    def kill_serve_and_a_primary(self):
        which, node = self.some_primary()
        self.note("kill serve")
        self.server.kill()
        self.strike(node)
        self.server.start()
        return {which}, set()

    def kill_several(self):
        which = self.random.choice(["plain", "world"])
        nodes = [n for n in self.server.nodes() if (n["rg"] == self.plain) == (which == "plain")]
        for node in self.random.sample(nodes, self.random.randint(2, len(nodes))):
            self.strike(node)
        return {which}, {which}

    def rehearse(self):
        group, region = self.random.choice([(self.plain, HOME), self.active()])
        self.note("TestFailover of %s" % group)
        self.api(region).test_failover(ReplicationGroupId=group, NodeGroupId="0001")
        return {"plain" if group == self.plain else "world"}, set()

    def resize(self):
        more = len(self.nodes_of(self.plain, HOME)) <= 3
        self.note("%s plain" % ("enlarge" if more else "shrink"))
        change = self.api().increase_replica_count if more else self.api().decrease_replica_count
        change(ReplicationGroupId=self.plain, NewReplicaCount=3 if more else 2, ApplyImmediately=True)
        return set(), set()

    def resize_and_kill_the_primary(self):
        self.resize()
        self.strike(self.nodes_of(self.plain, HOME, "primary")[0])
        return {"plain"}, {"plain"}

    def upgrade(self):
        if self.version + 1 < len(VERSIONS):
            self.version += 1
            self.note("upgrade to " + VERSIONS[self.version])
            self.api().modify_replication_group(ReplicationGroupId=self.plain, EngineVersion=VERSIONS[self.version], ApplyImmediately=True)
        return set(), set()

    def upgrade_and_kill_somebody(self):
        self.upgrade()
        self.strike(self.random.choice([n for n in self.nodes_of(self.plain, HOME) if n["pid"] and n["state"] == "ready"]))
        return {"plain"}, {"plain"}

    def slow_somebody_down(self):
        self.slow_down(self.random.choice(self.server.nodes()))
        return set(), set()

    def slow_somebody_down_and_go_on(self):
        self.slow_somebody_down()
        return self.random.choice([self.rehearse, self.resize, self.upgrade, self.kill_an_agent, self.kill_serve, self.stop_everything])()

    def stop_everything(self):
        self.stop_and_start()
        return set(), set()

    def switch_regions(self):
        target = next((g, r) for g, r in self.groups[1:] if (g, r) != self.active())
        self.note("switch to " + target[1])
        self.failover(self.world_id, target[1], target[0])
        return target

    def plan_a_failover(self):
        settled = {n["pid"] for n in self.server.nodes()}
        before = self.full_syncs(*self.groups[1:])
        _, region = self.switch_regions()
        self.wait_roles(self.world_id, region)
        self.wait_all_in_force()
        self.assertEqual(settled, {n["pid"] for n in self.server.nodes()}, "no node needed another process")
        self.assertEqual(before, self.full_syncs(*self.groups[1:]), "full synchronisations of a planned failover")
        return set(), set()

    def fail_over_and_kill_somebody(self):
        self.switch_regions()
        nodes = [n for n in self.server.nodes() if n["rg"] != self.plain and n["pid"]]
        how = self.random.choice([signal.SIGKILL, signal.SIGSTOP])
        self.strike(self.random.choice(nodes), how)
        return {"world"}, set()

    def fail_over_and_kill_an_agent(self):
        self.switch_regions()
        self.kill_an_agent()
        return set(), set()

    def fail_over_and_kill_serve(self):
        self.switch_regions()
        self.kill_serve()
        return set(), set()

    def fail_over_and_jump_the_clock(self):
        self.switch_regions()
        self.jump_the_clock()
        return set(), set()

    def fail_over_while_somebody_is_slow(self):
        self.slow_down(self.random.choice([n for n in self.server.nodes() if n["rg"] != self.plain]))
        self.switch_regions()
        return set(), set()

    # What holds

    def in_force(self, group, region):
        nodes = self.nodes_of(group, region)
        return len([n for n in nodes if n["role"] == "primary"]) <= 1 and self.is_in_force(nodes)

    def wait_all_in_force(self):
        def rest():
            groups = [g for g, r in self.groups if self.group(g, r)["Status"] != "available" or not self.in_force(g, r)]
            return not groups and self.world(self.world_id)["Status"] == "available"
        wait_for(rest, "everything available and in force", SETTLED)

    def takes_writes(self, node):
        try:
            return bool(connect((node["address"], node["port"])).set("probe", "rest"))
        except redis.exceptions.ReadOnlyError:
            return False

    def one_primary(self, *groups):
        """The node that takes writes: one of all nodes, the one that the API names."""
        named = []
        for group, region in groups:
            members = self.group(group, region)["NodeGroups"][0]["NodeGroupMembers"]
            self.assertEqual(1, sum(m["CurrentRole"] == "primary" for m in members), group)
            named += [m["CacheClusterId"] for m in members if m["CurrentRole"] == "primary"]
        nodes = [n for g, r in groups for n in self.nodes_of(g, r)]
        writable = [n for n in nodes if self.takes_writes(n)]
        self.assertEqual(1, len(writable), [n["id"] for n in writable])
        self.assertIn(writable[0]["cluster"], named)
        self.assertEqual(writable[0]["rg"], groups[0][0], "the writes are where the API says")
        return writable[0], nodes

    def check_data(self, which, lost_hasty, lost_waited, *groups):
        node, nodes = self.one_primary(*groups)
        for writer in (self.waiting[which], self.hasty[which]):
            there = self.judge(writer, lambda keys: self.values(node, keys), which in lost_hasty, which in lost_waited)
            for n in nodes:
                wait_for(lambda: not behind(self.values(n, list(there)), there), "all data on %s" % n["id"])

    def values(self, node, keys):
        with connect((node["address"], node["port"])) as client:
            return {k: int(v or 0) for k, v in zip(keys, client.mget(keys))} if keys else {}

    def check(self, costs):
        self.wait_all_in_force()
        self.watch_nodes()
        away = next(g for g in self.groups[1:] if g != self.active())
        self.check_data("plain", *costs, self.groups[0])
        self.check_data("world", *costs, self.active(), away)
        self.check_processes()
        self.assertEqual(self.endpoints, self.primary_endpoints())
        for which in ("plain", "world"):
            self.assertEqual([], two_at_a_time([p for p in self.probes.values() if p.of == which]), "two primaries at a time")

    def test_everything_goes_wrong_and_the_promises_hold(self):
        self.make_groups()
        self.start_writers()
        self.watch_nodes()
        never_left_out = [self.slow_somebody_down_and_go_on, self.fail_over_while_somebody_is_slow, self.hang_an_agent_and_kill_a_primary,
                          self.fail_over_and_jump_the_clock, *[self.kill_a_primary_on_a_full_disk] * bool(self.small), self.meet_a_stranger]
        blows = [*never_left_out, self.kill_a_primary, self.kill_a_primary, self.hang_a_primary, self.kill_a_replica, self.kill_an_agent,
                 self.kill_an_agent_and_a_primary, self.hang_an_agent,
                 *[self.kill_a_primary_on_a_full_disk] * bool(self.small), self.meet_a_stranger,
                 self.kill_serve, self.kill_serve_and_a_primary, self.kill_several, self.kill_several, self.rehearse, self.resize, self.resize_and_kill_the_primary, self.upgrade,
                 self.upgrade_and_kill_somebody, self.plan_a_failover, self.plan_a_failover, self.fail_over_and_kill_somebody,
                 self.fail_over_and_kill_somebody, self.fail_over_and_kill_an_agent, self.fail_over_and_kill_serve,
                 self.hang_a_primary_and_jump_the_clock, self.stop_everything, self.slow_somebody_down, self.slow_somebody_down_and_go_on]
        self.rage(never_left_out, blows, self.check)


if __name__ == "__main__":
    unittest.main()
