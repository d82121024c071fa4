"""Who can't start does not keep those from serving who wait for it: the data are with whoever has them."""
import os
import socket
import unittest

import datastores
import redis
from datastores import AWAY, HOME
from harness import NODE_TYPE, connect, name, reads, wait_for


def flip(data):
    """Another byte in the middle of the data."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 0xff]) + data[at + 1:]


def scrub(data):
    """Bytes in the middle that can be neither a type nor a length: the structure ends there, before the checksum is looked at."""
    at = len(data) // 2
    return data[:at] + b"\xbf" * 60 + data[at + 60:]


def cut(data):
    return data[:len(data) * 2 // 3]


class Case(datastores.Case):
    """Every test has a server of its own, which is stopped in good order and started again with something in its way."""
    def setUp(self):
        self.own_server()
        super().setUp()
        self.own.start()

    def create_shard(self):
        group = name("shard")
        self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="made for a test", Engine="redis", CacheNodeType=NODE_TYPE,
            NumNodeGroups=1, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on")
        self.wait_group(group)
        return group

    def node(self, group, role, region=HOME):
        return next((n for n in self.server.nodes(group, region) if n["role"] == role), None)

    def fill(self, client, keys=50):
        for i in range(keys):
            client.set("{k}%d" % i, "value %d " % i * 20)
        client.wait(1, 5000)

    def count(self, address):
        try:
            with connect(address) as client:
                return client.dbsize()
        except redis.RedisError:
            return None

    def folder(self, node):
        return os.path.join(self.server.data, "regions", node["region"], node["id"])

    def messages(self, node):
        events = self.api(node["region"]).describe_events(SourceIdentifier=node["cluster"], SourceType="cache-cluster")["Events"]
        return " ".join(e["Message"] for e in events)

    def serves(self, group, other, keys, region=HOME):
        """The node that was a replica is the primary, with all the data, and takes writes."""
        def is_primary():
            now = self.node(group, "primary", region)
            return now if now and now["id"] == other["id"] and self.count((now["address"], now["port"])) == keys else None
        now = wait_for(is_primary, "%s serving %d keys" % (other["id"], keys))
        wait_for(lambda: self.takes(now), "a write taken by " + now["id"])

    @staticmethod
    def takes(node):
        try:
            with connect((node["address"], node["port"])) as client:
                return client.set("{k}0", "another value")
        except redis.RedisError:
            return None

    def follows(self, node, keys):
        """The node that could not start has become a replica, with the data of the other."""
        def is_replica():
            now = next(n for n in self.server.nodes(node["rg"], node["region"]) if n["id"] == node["id"])
            return now["state"] == "ready" and now["role"] == "replica" and now["link_up"] and self.count((now["address"], now["port"])) == keys
        wait_for(is_replica, "%s following with %d keys" % (node["id"], keys))


class TakenAddress(Case):
    def restart(self, group, region=HOME):
        first, other = self.node(group, "primary", region), self.node(group, "replica", region)
        self.server.terminate()
        with socket.create_server((first["address"], first["port"])):
            self.server.start()
            self.serves(group, other, 50, region)
        self.follows(first, 50)

    def test_of_a_primary_leaves_the_group_to_its_replica(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        self.fill(self.primary(group))
        self.restart(group)
        self.wait_group(group)
        self.assertEqual(50, self.primary(group).dbsize())

    def test_of_a_shards_primary_leaves_the_shard_to_its_replica(self):
        group = self.create_shard()
        first = self.node(group, "primary")
        self.fill(connect((first["address"], first["port"])))
        self.restart(group)
        self.wait_group(group)

    def test_of_a_datastores_primary_leaves_it_to_the_replica_of_its_region(self):
        world, home = self.create_global(group=self.create_group(nodes=2, AutomaticFailoverEnabled=True))
        away = self.join(world, AWAY, nodes=2)
        self.fill(self.primary(home))
        wait_for(lambda: self.primary(away, AWAY).dbsize() == 50, "the data in the other region")
        self.restart(home)
        wait_for(lambda: self.primary(away, AWAY).get("{k}0") == "another value", "replication between the regions")

    def test_of_a_datastores_lone_primary_leaves_its_data_to_the_other_region_and_comes_back(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.fill(self.primary(home))
        wait_for(lambda: self.primary(away, AWAY).dbsize() == 50, "the data in the other region")
        first, second = self.node(home, "primary"), self.server.nodes(away, AWAY)[0]
        self.server.terminate()
        with socket.create_server((first["address"], first["port"])):
            self.server.start()
            wait_for(lambda: self.count((second["address"], second["port"])) == 50, "the data readable in the other region")
        wait_for(lambda: self.takes(first), "a write taken by " + first["id"])
        self.assertEqual(50, self.count((first["address"], first["port"])))


class DamagedData(Case):
    def restart(self, group, damage, region=HOME):
        first, other = self.node(group, "primary", region), self.node(group, "replica", region)
        self.server.terminate()
        self.damage(first, damage)
        self.server.start()
        self.serves(group, other, 50, region)
        self.follows(first, 50)
        self.is_set_aside(first)

    def damage(self, node, how):
        path = os.path.join(self.folder(node), "dump.rdb")
        data = reads(path)
        self.assertGreater(len(data), 500)
        with open(path, "wb") as f:
            f.write(how(data))
        self.bad = how(data)

    def is_set_aside(self, node):
        self.assertEqual(self.bad, reads(os.path.join(self.folder(node), "damaged.rdb")))
        self.assertIn("its saved data can't be loaded", self.messages(node))

    def test_of_a_primary_leave_the_group_to_its_replica(self):
        for damage in (flip, cut, scrub):
            with self.subTest(damage=damage.__name__):
                group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
                self.fill(self.primary(group))
                self.restart(group, damage)
                self.wait_group(group)
                self.assertEqual(50, self.primary(group).dbsize())

    def test_of_a_shards_primary_leave_the_shard_to_its_replica(self):
        group = self.create_shard()
        first = self.node(group, "primary")
        self.fill(connect((first["address"], first["port"])))
        self.restart(group, flip)
        self.wait_group(group)

    def test_of_a_datastores_lone_primary_are_replaced_by_those_of_another_region(self):
        world, home = self.create_global()
        away = self.join(world, AWAY)
        self.fill(self.primary(home))
        wait_for(lambda: self.primary(away, AWAY).dbsize() == 50, "the data in the other region")
        first = self.node(home, "primary")
        self.server.terminate()
        self.damage(first, cut)
        self.server.start()
        wait_for(lambda: self.count((first["address"], first["port"])) == 50, "the data of the other region")
        wait_for(lambda: self.takes(first), "a write taken by " + first["id"])
        self.is_set_aside(first)

    def test_of_a_replica_are_replaced_by_those_of_the_primary(self):
        group = self.create_group(nodes=2)
        self.fill(self.primary(group))
        replica = self.node(group, "replica")
        for damage in (flip, scrub):
            with self.subTest(damage=damage.__name__):
                self.server.terminate()
                self.damage(replica, damage)
                self.server.start()
                self.follows(replica, 50)
                self.is_set_aside(replica)


if __name__ == "__main__":
    unittest.main()
