"""Durable replication groups: what they have acknowledged is there again, whoever dies. Requests are made by hand, because older SDKs do not know Durability."""
import os
import signal
import threading
import unittest

import encryption
import harness
import redis
from harness import name, wait_for
from redis.cluster import RedisCluster

setUpModule, tearDownModule = harness.one_server()


class Writer:
    """A client that goes on writing, one key after the other, and knows which writes were acknowledged."""

    def __init__(self, client):
        self.client, self.acknowledged, self.end = client, [], threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        self.thread.join(harness.DEADLINE)

    def run(self):
        number = 0
        while not self.end.is_set():
            number += 1
            try:
                self.client.set("key:%d" % number, number)
                self.acknowledged.append(number)
            except redis.RedisError:
                pass

    def wait_for_more(self, count=200):
        until = len(self.acknowledged) + count
        wait_for(lambda: len(self.acknowledged) >= until, "%d more acknowledged writes" % count)


class Durability(encryption.Case):
    def create_durable(self, durability="sync", shards=2, replicas=1):
        group = name("log")
        answer = self.server.query(
            Action="CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="durable", Engine="valkey", EngineVersion="9.0",
            CacheNodeType="cache.r7g.large", NumNodeGroups=str(shards), ReplicasPerNodeGroup=str(replicas),
            MultiAZEnabled=str(replicas > 0).lower(), AutomaticFailoverEnabled="true", ClusterMode="enabled", TransitEncryptionEnabled="true",
            Durability=durability)
        self.assertEqual(200, answer.status, answer.text)
        self.wait_group(group)
        return group

    def client(self, group):
        end = self.group(group)["ConfigurationEndpoint"]
        client = wait_for(lambda: self.connected(end), "a client of the cluster")
        self.addCleanup(client.close)
        return client

    def connected(self, end):
        """None where whoever listens there binds another address in this moment."""
        try:
            return RedisCluster(host=end["Address"], port=end["Port"], ssl=True, ssl_ca_certs=self.trusted, decode_responses=True,
                                cluster_error_retry_attempts=5, socket_timeout=10)
        except redis.exceptions.RedisClusterException:
            return None

    def primaries(self, group):
        return [n for n in self.server.nodes(group) if n["role"] == "primary"]

    def assert_kept(self, group, numbers):
        """Every acknowledged write is there."""
        client = self.client(group)
        lost = [n for n in numbers if client.get("key:%d" % n) != str(n)]
        self.assertEqual([], lost[:10], "%d of %d are lost" % (len(lost), len(numbers)))

    def settled(self, group):
        return all(n["role"] in ("primary", "replica") and n["state"] == "ready" for n in self.server.nodes(group))

    def kill_while_writing(self, group, kill):
        with Writer(self.client(group)) as writer:
            writer.wait_for_more()
            kill()
            writer.wait_for_more()
        self.wait_group(group)
        wait_for(lambda: self.settled(group), "all nodes up")
        self.assert_kept(group, writer.acknowledged)

    def test_sync_loses_nothing_when_every_primary_dies(self):
        group = self.create_durable()
        before = {n["id"] for n in self.primaries(group)}
        self.kill_while_writing(group, lambda: [os.kill(n["pid"], signal.SIGKILL) for n in self.primaries(group)])
        self.assertEqual(before, {n["id"] for n in self.primaries(group)}, "a primary was replaced by a replica, which may lack writes")

    def test_sync_loses_nothing_when_all_nodes_die(self):
        group = self.create_durable(replicas=0)
        self.kill_while_writing(group, lambda: [os.kill(n["pid"], signal.SIGKILL) for n in self.server.nodes(group)])

    def test_a_failover_on_request_hands_all_writes_over(self):
        group = self.create_durable(shards=1)
        before = self.primaries(group)[0]["id"]
        def fail_over():
            answer = self.server.query(Action="TestFailover", ReplicationGroupId=group, NodeGroupId="0001")
            self.assertEqual(200, answer.status, answer.text)
            wait_for(lambda: [n["id"] for n in self.primaries(group)] not in ([], [before]), "another primary")
        self.kill_while_writing(group, fail_over)

    def test_async_comes_back_with_its_data_where_no_replica_is(self):
        group = self.create_durable("async", shards=1, replicas=0)
        self.kill_while_writing(group, lambda: [os.kill(n["pid"], signal.SIGKILL) for n in self.server.nodes(group)])

    def test_both_are_shown_and_one_becomes_the_other(self):
        group = self.create_durable("async", shards=1)
        self.assertEqual((["async"], ["async"]), (self.text(group, "Durability"), self.text(group, "EffectiveDurability")))
        self.assertEqual(["sse-elasticache"], self.text(group, "StorageEncryptionType"))
        self.assertEqual({"yes"}, {self.secure_config(n, "appendonly") for n in self.server.nodes(group)})
        self.assertEqual({"everysec"}, {self.secure_config(n, "appendfsync") for n in self.server.nodes(group)})
        self.modify(group, Durability="sync")
        wait_for(lambda: {self.secure_config(n, "appendfsync") for n in self.server.nodes(group)} == {"always"}, "every write on disk")
        self.assertEqual(["sync"], self.text(group, "EffectiveDurability"))
        refused = self.modify(group, wait=False, Durability="disabled")
        self.assertEqual("Durability cannot currently be disabled on durable clusters", refused.message)

    def secure_config(self, node, setting):
        with self.secure((node["address"], node["port"]), username="meridian-admin", password=self.server.secret(node, "admin")) as client:
            return client.config_get(setting)[setting]

    def test_everything_stops_and_starts_again(self):
        self.own_server()
        self.server.start()
        self.trusted = os.path.join(self.server.folder, "ca.pem")
        with open(self.trusted, "wb") as f:
            f.write(self.authority())
        group = self.create_durable(shards=1)
        with Writer(self.client(group)) as writer:
            writer.wait_for_more()
        self.server.terminate()
        self.server.start()
        self.wait_group(group)
        wait_for(lambda: self.settled(group), "all nodes up")
        self.assert_kept(group, writer.acknowledged)
        with Writer(self.client(group)) as more:
            more.wait_for_more()
            self.server.kill_everything()
        self.server.start()
        self.wait_group(group)
        wait_for(lambda: self.settled(group), "all nodes up")
        self.assert_kept(group, more.acknowledged)


if __name__ == "__main__":
    unittest.main()
