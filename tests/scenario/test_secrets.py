"""The passwords between nodes: each group, and each datastore, has its own, and what crosses a network opens nothing else."""
import hmac
import os
import unittest

import harness
import redis
from datastores import AWAY, HOME, Case as Datastores
from harness import name, reads, wait_for

setUpModule, tearDownModule = harness.one_server()


class Passwords(Datastores):
    def opens(self, node, user, password):
        try:
            return redis.Redis(host=node["address"], port=node["port"], username=user, password=password).ping()
        except redis.exceptions.ResponseError as e:
            self.assertIn("WRONGPASS", str(e))
            return False

    def of_datastore(self, datastore):
        root = reads(os.path.join(self.server.data, "secrets", "node-replication-password")).strip()
        return hmac.new(root, ("replica datastore\n\n" + datastore).encode(), "sha256").hexdigest()

    def test_of_one_group_open_no_other(self):
        mine, other = (self.server.nodes(self.create_group(nodes=2))[0] for _ in range(2))
        for user, purpose in (("meridian-admin", "admin"), ("meridian-replica", "replica")):
            with self.subTest(user=user):
                self.assertTrue(self.opens(mine, user, self.server.secret(mine, purpose)))
                self.assertFalse(self.opens(other, user, self.server.secret(mine, purpose)))
        for root in ("node-admin-password", "node-replication-password"):
            secret = reads(os.path.join(self.server.data, "secrets", root)).decode().strip()
            self.assertFalse(any(self.opens(mine, user, secret) for user in ("meridian-admin", "meridian-replica")), "the root opens nothing")

    def test_of_a_datastore_are_its_members_and_those_of_who_left_are_not(self):
        group = self.create_group(nodes=2)
        alone = self.server.secret(self.server.nodes(group)[0], "replica")
        datastore, _ = self.create_global(group=group)
        shared = self.of_datastore(datastore)
        wait_for(lambda: all(self.opens(n, "meridian-replica", shared) and not self.opens(n, "meridian-replica", alone)
                             for n in self.server.nodes(group)), "the datastore's password on its first member's nodes")
        away = self.join(datastore, AWAY)
        self.primary(group).set("k", "v")
        wait_for(lambda: self.primary(away, AWAY).get("k") == "v", "replication into the other region")
        self.failover(datastore, AWAY, away)
        self.wait_roles(datastore, AWAY)
        self.failover(datastore, HOME, group)
        self.wait_roles(datastore, HOME)
        self.leave(datastore, AWAY, away)
        wait_for(lambda: self.group(away, AWAY)["Status"] == "available" and not any(
            self.opens(n, "meridian-replica", shared) for n in self.server.nodes(away, AWAY)), "a password of its own")

    def test_that_move_slots_are_for_that_alone(self):
        group = name("shards")
        self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis", NumNodeGroups=2,
                                            CacheNodeType=harness.NODE_TYPE, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True)
        self.wait_group(group)
        first = next(n for n in self.server.nodes(group) if n["role"] == "primary")
        before = {n["id"] for n in self.server.nodes(group)}
        client = redis.RedisCluster(host=first["address"], port=first["port"], decode_responses=True)
        for i in range(200):
            client.set("k%d" % i, i)
        self.api().modify_replication_group_shard_configuration(ReplicationGroupId=group, NodeGroupCount=3, ApplyImmediately=True)
        self.wait_group(group, status="available")
        wait_for(lambda: len(self.group(group)["NodeGroups"]) == 3 and self.group(group)["Status"] == "available", "three shards")
        target = next(n for n in self.server.nodes(group) if n["id"] not in before and n["role"] == "primary")
        who = {c["user"] for c in self.admin(target).client_list() if not c["addr"].startswith("/") and c["name"] == ""}
        self.assertIn("meridian-mover", who, "MIGRATE keeps its connection for a while")
        mover = redis.Redis(host=target["address"], port=target["port"], username="meridian-mover", password=self.server.secret(target, "mover"))
        for command in (("GET", "k1"), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("DEL", "k1")):
            with self.assertRaises(redis.exceptions.NoPermissionError):
                mover.execute_command(*command)


if __name__ == "__main__":
    unittest.main()
