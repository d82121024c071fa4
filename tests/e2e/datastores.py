"""What tests of global datastores share: making one, waiting for it, and a writer that notes what was acknowledged."""
import threading

import time

import harness
import redis
from harness import name, wait_for
from registers import Histories
from shards import Follower

HOME, AWAY, FAR = "us-east-1", "eu-west-1", "ap-northeast-1"
PREFIX = "ldgnf"


class Case(harness.Case):
    def create_global(self, region=HOME, group=None, wait=True, nodes=1):
        """A global datastore around a group (a new one by default): (its id, the group's id)."""
        group = group or self.create_group(region, nodes=nodes, stem="home")
        answer = self.api(region).create_global_replication_group(
            GlobalReplicationGroupIdSuffix=name("world"), PrimaryReplicationGroupId=group,
            GlobalReplicationGroupDescription="made for a test")["GlobalReplicationGroup"]
        if wait:
            self.wait_global(answer["GlobalReplicationGroupId"], "primary-only", region)
        return answer["GlobalReplicationGroupId"], group

    def join(self, world, region, wait=True, nodes=1, stem="away", **more):
        """A secondary in another region; its id."""
        group = self.create_group(region, nodes=nodes, wait=wait, stem=stem, GlobalReplicationGroupId=world, **more)
        if wait:
            self.wait_global(world, "available", region)
        return group

    def world(self, world, region=HOME):
        return self.api(region).describe_global_replication_groups(
            GlobalReplicationGroupId=world, ShowMemberInfo=True)["GlobalReplicationGroups"][0]

    def wait_global(self, world, status="available", region=HOME):
        return wait_for(lambda: next((w for w in [self.world(world, region)] if w["Status"] == status), None),
                        "%s %s" % (world, status))

    def failover(self, world, region, group, call_region=None):
        api = self.api(call_region or region)
        return api.failover_global_replication_group(
            GlobalReplicationGroupId=world, PrimaryRegion=region, PrimaryReplicationGroupId=group)["GlobalReplicationGroup"]

    def wait_roles(self, world, primary_region, region=HOME):
        """Until the datastore is available and its primary is in a region."""
        return wait_for(lambda: (w := self.world(world, region))["Status"] == "available"
                        and roles(w)[primary_region] == "PRIMARY" and w, "%s with its primary in %s" % (world, primary_region))

    def leave(self, world, region, group, call_region=HOME):
        return self.api(call_region).disassociate_global_replication_group(
            GlobalReplicationGroupId=world, ReplicationGroupId=group, ReplicationGroupRegion=region)["GlobalReplicationGroup"]

    def full_syncs(self, *groups):
        """How many full synchronisations the nodes of some (group, region) have served so far."""
        nodes = [n for group, region in groups for n in self.server.nodes(group, region)]
        return sum(harness.connect((n["address"], n["port"])).info("stats")["sync_full"] for n in nodes)


def roles(world):
    return {m["ReplicationGroupRegion"]: m["Role"] for m in world["Members"]}


class Writer(threading.Thread):
    """Writes numbered keys, one after the other, to whichever of some endpoints takes them; 'acknowledged' are those it was promised."""

    def __init__(self, endpoints):
        super().__init__(daemon=True)
        self.clients = [harness.connect(e) for e in endpoints]
        self.acknowledged, self.refused, self.finished = [], 0, threading.Event()

    def run(self):
        n, at = 0, 0
        while not self.finished.is_set():
            try:
                self.clients[at].set("written:%d" % n, n)
                self.acknowledged.append(n)
            except redis.exceptions.RedisError:
                self.refused += 1
                at = (at + 1) % len(self.clients)
            n += 1

    def stop(self):
        self.finished.set()
        self.join()
        return self.acknowledged

    def lost(self, client):
        """Acknowledged keys that a node does not have."""
        pipe = client.pipeline(transaction=False)
        for n in self.acknowledged:
            pipe.get("written:%d" % n)
        return [n for n, value in zip(self.acknowledged, pipe.execute()) if value != str(n)]


class RegisterWriter(threading.Thread):
    """Writes growing numbers to registers in several shards, in whichever region takes them, and keeps what it was promised."""

    def __init__(self, endpoints, registers=12):
        super().__init__(daemon=True)
        self.regions, self.histories = [Follower(e) for e in endpoints], Histories()
        self.prefix = name("register")
        self.registers, self.rounds, self.finished, self.error = registers, 0, threading.Event(), None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.finished.set()
        self.join(harness.DEADLINE)
        if self.error:
            raise self.error

    def wait_for_more(self):
        begin = self.rounds
        wait_for(lambda: self.error or self.rounds > begin + 3, "a region that takes writes")

    def run(self):
        try:
            while not self.finished.is_set():
                self.rounds += 1
                for i in range(self.registers):
                    self.write("%s:%d" % (self.prefix, i), self.rounds)
        except Exception as error:  # whoever waits is to know
            self.error = error

    def write(self, key, number):
        self.histories.tries(key, number)
        while not self.finished.is_set():
            begin = time.monotonic()
            try:
                replaced = int(self.regions[0].call("GETSET", key, number) or 0)
                self.histories.wrote(key, number, begin, time.monotonic(), replaced)
                return
            except redis.exceptions.ReadOnlyError:
                self.regions.append(self.regions.pop(0))
