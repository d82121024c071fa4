"""Disasters in cluster mode, in a random order: while slots move, replicas come and go, and snapshots are taken.

What is promised:
- every slot has one holder, the one that the API and all nodes name, replicas included, and the configuration endpoint answers;
- a write that a replica has confirmed outlives any one death, but for keys on their way to a primary that dies; one that was not waited
  for outlives everything but the death of a primary. Slots that move while no node dies lose nothing;
- after each blow everything gets back to available, and the processes that run are those that the server knows.
"""
import os
import signal
import sys
import unittest

from redis.crc import key_slot

import shards
from harness import connect, name, wait_for

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from nemesis import SETTLED, ClusterWriter, Storm, behind  # noqa: E402

NOTHING, HASTY, ALL = frozenset(), frozenset({"hasty"}), frozenset({"hasty", "waited"})
REGION = "us-east-1"
TYPES = ["cache.r6g.large", "cache.r6g.xlarge"]


class Shards(Storm, shards.Case):
    def prepare(self):
        self.use_an_older_engine()
        self.type, self.encrypted, self.version = 0, False, "7.0"

    def some(self, role):
        return self.random.choice([n for n in self.nodes(self.of).values() if n["role"] == role and n["pid"]])

    def anybody(self):
        """A node, whatever it is at: where it may be a primary, what was not waited for may go with it."""
        self.strike(self.random.choice([n for n in self.nodes(self.of).values() if n["pid"]]), self.random.choice([signal.SIGKILL, signal.SIGSTOP]))
        return HASTY

    # Deaths

    def kill_a_primary(self):
        self.strike(self.some("primary"))
        return HASTY

    def hang_a_primary(self):
        self.strike(self.some("primary"), signal.SIGSTOP)
        return HASTY

    def strike_a_replica(self):
        self.strike(self.some("replica"), self.random.choice([signal.SIGKILL, signal.SIGSTOP]))
        return NOTHING

    def kill_the_agent(self):
        self.kill_agent_of(REGION)
        return NOTHING

    def kill_the_agent_and_a_primary(self):
        node = self.some("primary")
        self.kill_agent_of(REGION)
        self.strike(node)
        return HASTY

    def hang_the_agent_and_kill_a_primary(self):
        self.hang_agent_of(REGION, self.kill_a_primary)
        return HASTY

    def kill_serve(self):
        self.crash_serve()
        return NOTHING

    def kill_serve_and_a_primary(self):
        node = self.some("primary")
        self.note("kill serve")
        self.server.kill()
        self.strike(node)
        self.server.start()
        return HASTY

    def crash_serve_again_and_again(self):
        self.crash_serve_at_work(self.of)
        return NOTHING

    def crash_the_agent_as_it_starts_a_replica(self):
        self.crash_the_agent_at_a_start(REGION, lambda: self.some("replica"))
        return NOTHING

    def kill_several(self):
        nodes = [n for n in self.nodes(self.of).values() if n["pid"]]
        for node in self.random.sample(nodes, self.random.randint(2, len(nodes))):
            self.strike(node)
        return ALL

    def stop_everything(self):
        self.stop_and_start()
        return NOTHING

    def slow_somebody_down(self):
        """A primary that is at work for as long as it takes the others to suspect it may be replaced by them, with what it had not sent yet."""
        self.slow_down(self.random.choice([n for n in self.nodes(self.of).values() if n["pid"]]))
        return HASTY

    def slow_somebody_down_and_stop(self):
        self.slow_somebody_down()
        self.stop_and_start()
        return HASTY

    # Changes; each can be disturbed

    def rehearse(self):
        shard = self.random.choice(sorted(self.slot_map(self.of)))
        self.note("TestFailover of " + shard)
        self.api().test_failover(ReplicationGroupId=self.of, NodeGroupId=shard)
        return HASTY

    def reshard(self):
        there = sorted(self.slot_map(self.of))
        count = self.random.choice([n for n in (2, 3, 4) if n != len(there)])
        more = {"NodeGroupsToRemove": self.random.sample(there, len(there) - count)} if count < len(there) else {}
        self.note("%d shards, %s" % (count, more))
        self.reshape(self.of, count, **more)
        return NOTHING

    def resize(self):
        members = max(len(g["NodeGroupMembers"]) for g in self.group(self.of)["NodeGroups"])
        self.note("%d replicas" % (2 if members == 2 else 1))
        change = self.api().increase_replica_count if members == 2 else self.api().decrease_replica_count
        change(ReplicationGroupId=self.of, NewReplicaCount=2 if members == 2 else 1, ApplyImmediately=True)
        return NOTHING

    def upgrade(self):
        if self.version == "7.0":
            self.version = "7.1"
            self.note("upgrade to 7.1")
            self.api().modify_replication_group(ReplicationGroupId=self.of, EngineVersion="7.1", ApplyImmediately=True)
        return NOTHING

    def encrypt(self):
        if self.version == "7.1":
            self.encrypted = not self.encrypted
            self.note("TLS preferred" if self.encrypted else "no TLS")
            change = {"TransitEncryptionEnabled": "true", "TransitEncryptionMode": "preferred"} if self.encrypted else {"TransitEncryptionEnabled": "false"}
            answer = self.server.query(Action="ModifyReplicationGroup", ReplicationGroupId=self.of, ApplyImmediately="true", **change)
            self.assertEqual(200, answer.status, answer.text)
        return NOTHING

    def change_type(self):
        self.type = 1 - self.type
        self.note(TYPES[self.type])
        self.api().modify_replication_group(ReplicationGroupId=self.of, CacheNodeType=TYPES[self.type], ApplyImmediately=True)
        return NOTHING

    def take_a_snapshot(self):
        self.snapshot = name("snap")
        self.note("snapshot " + self.snapshot)
        self.promised = self.waiting.histories.confirmed()
        self.api().create_snapshot(SnapshotName=self.snapshot, ReplicationGroupId=self.of)
        return NOTHING

    CHANGES = [rehearse, reshard, reshard, reshard, resize, upgrade, encrypt, change_type, take_a_snapshot]

    def change(self):
        change = self.random.choice(self.CHANGES)
        self.note(change.__name__)
        return change(self)

    def change_and_disturb(self):
        change = self.random.choice(self.CHANGES)
        self.note(change.__name__)
        change(self)
        how = self.random.choice([self.anybody, self.anybody, self.kill_the_agent, self.kill_serve, self.crash_serve_again_and_again,
                                  self.kill_the_agent_and_a_primary])
        self.note("while it goes on: " + how.__name__)
        at = self.waiting.n + self.random.choice([0, 3, 20, 100])
        wait_for(lambda: self.waiting.n >= at, "some writes")
        cost = how()
        return ALL if cost and change.__name__ in ("reshard", "resize") else cost

    def take_and_restore(self):
        """Into as many shards as chance will have it, while somebody dies; with everything that was confirmed before."""
        self.take_a_snapshot()
        self.wait_at_rest()
        self.wait_snapshot("available")
        again = name("again")
        count = self.random.choice([1, 2, 3])
        self.note("%s from it, %d shards" % (again, count))
        self.api().create_replication_group(ReplicationGroupId=again, ReplicationGroupDescription="d", SnapshotName=self.snapshot,
                                            NumNodeGroups=count, ReplicasPerNodeGroup=1)
        how = self.random.choice([self.kill_the_agent, self.kill_serve, self.kill_a_new_node, lambda: None])
        how()
        self.wait_group(again)
        wait_for(lambda: self.is_whole(again), "the restored cluster whole", SETTLED)
        self.assertEqual([], behind(self.values_of(again, list(self.promised)), self.promised)[:10])
        self.delete_group(again)
        self.api().delete_snapshot(SnapshotName=self.snapshot)
        self.snapshot = None
        return NOTHING

    def kill_a_new_node(self):
        node = wait_for(lambda: next((n for n in self.server.nodes() if n["rg"] != self.of and n["pid"]), None), "a new process")
        self.strike(node)

    # What holds

    def wait_snapshot(self, *statuses):
        shown = wait_for(lambda: next((s["SnapshotStatus"] for s in self.api().describe_snapshots(SnapshotName=self.snapshot)["Snapshots"]
                                       if s["SnapshotStatus"] in ("available", "failed")), None), "the snapshot")
        self.assertIn(shown, statuses)

    def wait_at_rest(self):
        wait_for(lambda: self.group(self.of)["Status"] == "available" and self.is_in_force(self.server.nodes(self.of)), "everything in force", SETTLED)
        try:
            wait_for(lambda: self.is_whole(self.of) and self.is_up(self.of), "the cluster whole", SETTLED)
        except AssertionError:
            self.check_whole(self.of)
            raise

    def is_up(self, group):
        """A majority of primaries that died at once leaves nodes that refuse everything for some seconds more."""
        return all(connect((n["address"], n["port"])).cluster("INFO")["cluster_state"] == "ok" for n in self.server.nodes(group))

    def holders(self, group, role):
        """Slot → nodes of the shard that are in a role."""
        nodes = list(self.nodes(group).values())
        by_shard = {shard: [n for n in nodes if n["role"] == role and n["cluster"].startswith("%s-%s-" % (group, shard))]
                    for shard in self.slot_map(group)}
        return {slot: by_shard[shard] for shard, slots in self.slot_map(group).items() for slot in slots}

    def values_of(self, group, keys, role="primary"):
        """Register → the lowest number that a node has which should have it."""
        holders, wanted, found = self.holders(group, role), {}, {}
        for key in keys:
            for node in holders[key_slot(key.encode())]:
                wanted.setdefault((node["address"], node["port"]), []).append(key)
        for address, some in wanted.items():
            with connect(address) as client, client.pipeline(transaction=False) as p:
                p.readonly()
                for key in some:
                    p.get(key)
                for key, value in zip(some, p.execute()[1:]):
                    found[key] = min(found.get(key, self.waiting.n + self.hasty.n), int(value or 0))
        return found

    def check_data(self, lost):
        for writer in (self.waiting, self.hasty):
            there = self.judge(writer, lambda keys: self.values_of(self.of, keys), "hasty" in lost, "waited" in lost)
            wait_for(lambda: not behind(self.values_of(self.of, list(there), "replica"), there), "all data on the replicas")

    def check_doubles(self):
        """No primary has a key of a slot that is not its own."""
        for shard, slots in self.slot_map(self.of).items():
            node = self.primary_of(self.of, shard)
            with connect((node["address"], node["port"])) as client:
                self.assertEqual([], [k for k in client.scan_iter(count=10000) if key_slot(k.encode()) not in slots][:10], node["id"])

    def check(self, lost):
        self.wait_at_rest()
        if self.snapshot:
            self.wait_snapshot("available", "failed")
            self.api().delete_snapshot(SnapshotName=self.snapshot)
            self.snapshot = None
        self.check_data(lost)
        self.check_doubles()
        self.check_processes()
        wait_for(lambda: connect(self.endpoint).ping(), "the configuration endpoint")
        odd = [r for r in self.waiting.refused + self.hasty.refused if not r.startswith(("READONLY", "Redis is loading", "UNBLOCKED"))]
        self.assertEqual([], odd[:5], "answers that a client of a cluster does not know what to do with")

    def test_everything_goes_wrong_and_the_cluster_stays_whole(self):
        self.snapshot = None
        self.of = self.create(3, 1, EngineVersion="7.0")
        end = self.group(self.of)["ConfigurationEndpoint"]
        self.endpoint = end["Address"], end["Port"]
        self.waiting = self.begin(ClusterWriter("waited", self.endpoint, 1))
        self.hasty = self.begin(ClusterWriter("hasty", self.endpoint, 0))
        self.rage([self.slow_somebody_down_and_stop, self.hang_the_agent_and_kill_a_primary],
                  [self.kill_a_primary, self.hang_a_primary, self.strike_a_replica, self.kill_the_agent, self.kill_the_agent_and_a_primary,
                   self.kill_serve, self.kill_serve_and_a_primary, self.crash_the_agent_as_it_starts_a_replica, self.kill_several,
                   self.stop_everything, self.slow_somebody_down, self.slow_somebody_down_and_stop, self.take_and_restore,
                   *[self.change] * 5, *[self.change_and_disturb] * 8], self.check)
        self.check_nothing_left()


if __name__ == "__main__":
    unittest.main()
