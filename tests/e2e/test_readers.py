"""Who answers at the reader endpoint, through deaths, failovers and changes of size."""
import os
import signal
import threading
import time
import unittest

import redis

import harness
from harness import connect, wait_for

setUpModule, tearDownModule = harness.one_server()

GAP_MS = 700  # a hung node's, on a machine that is at work; a killed one's is a few milliseconds


class Watch:
    """A client that reads a key all the time, and connects anew when it is cut off: how long, at the most, it was without an answer."""

    def __init__(self, endpoint):
        self.endpoint, self.gap, self.over = endpoint, 0.0, False
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def run(self):
        client, last = None, time.monotonic()
        while not self.over:
            try:
                client = client or redis.Redis(self.endpoint["Address"], self.endpoint["Port"], socket_timeout=0.05)
                client.get("key")
                now = time.monotonic()
                self.gap, last = max(self.gap, now - last), now
            except redis.RedisError:
                client.close()
                client = None
        self.gap = max(self.gap, time.monotonic() - last)
        if client:
            client.close()

    def __exit__(self, *_):
        self.over = True
        self.thread.join()


class Case(harness.Case):
    def endpoint(self, group):
        return self.group(group)["NodeGroups"][0]["ReaderEndpoint"]

    def holders(self, group):
        """The clusters whose nodes listen on the reader endpoint themselves."""
        address = self.endpoint(group)["Address"]
        return [n["cluster"] for n in self.server.nodes(group) if address in (n["endpoints"] or "").split()]

    def node(self, group, role):
        return next((n for n in self.server.nodes(group) if n["role"] == role and n["state"] == "ready"), None)

    def wait_holder(self, group, cluster):
        wait_for(lambda: self.holders(group) == [cluster], "the reader endpoint at " + cluster)

    def answering(self, group):
        """The process that answers there."""
        client = connect(self.endpoint(group))
        try:
            return client.info("server")["process_id"]
        finally:
            client.close()

    def small(self, watch):
        self.assertLess(watch.gap * 1000, GAP_MS, "ms without an answer at the reader endpoint")


class SoleReplica(Case):
    def test_listens_there_itself(self):
        group = self.create_group(nodes=2)
        self.assertEqual([group + "-002"], self.holders(group))
        self.assertEqual(self.node(group, "replica")["pid"], self.answering(group))

    def test_is_stood_in_for_by_the_primary_while_it_is_dead(self):
        group = self.create_group(nodes=2)
        before = self.node(group, "replica")["pid"]
        with Watch(self.endpoint(group)) as watch:
            os.kill(before, signal.SIGKILL)
            wait_for(lambda: (self.node(group, "replica") or {}).get("pid") not in (None, before), "another process of the replica")
            self.wait_holder(group, group + "-002")
        self.small(watch)
        self.assertEqual(self.node(group, "replica")["pid"], self.answering(group))

    def test_is_stood_in_for_by_the_primary_while_it_hangs(self):
        group = self.create_group(nodes=2)
        before = self.node(group, "replica")["pid"]
        with Watch(self.endpoint(group)) as watch:
            os.kill(before, signal.SIGSTOP)
            wait_for(lambda: (self.node(group, "replica") or {}).get("pid") not in (None, before), "another process of the replica")
            self.wait_holder(group, group + "-002")
        self.small(watch)

    def test_goes_on_reading_through_a_failover(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        with Watch(self.endpoint(group)) as watch:
            self.api().test_failover(ReplicationGroupId=group, NodeGroupId="0001")
            self.wait_holder(group, group + "-001")
        self.small(watch)
        wait_for(lambda: self.answering(group) == self.node(group, "replica")["pid"], "the new replica at the reader endpoint")

    def test_changes_places_with_the_primary_on_request(self):
        group = self.create_group(nodes=2)
        with Watch(self.endpoint(group)) as watch:
            self.api().modify_replication_group(ReplicationGroupId=group, PrimaryClusterId=group + "-002", ApplyImmediately=True)
            self.wait_group(group)
            self.assertEqual([group + "-001"], self.holders(group))
        self.small(watch)


class Several(Case):
    def processes(self, clients):
        return {c.info("server")["process_id"] for c in clients}

    def test_are_connected_to_in_turn_and_lose_their_readers_with_their_role(self):
        group = self.create_group(nodes=3)
        replicas = {n["pid"] for n in self.server.nodes(group) if n["role"] == "replica"}
        clients = [connect(self.endpoint(group)) for _ in range(6)]
        self.assertEqual(replicas, self.processes(clients))
        way = wait_for(lambda: [e["way"] for e in self.server.admin("GET", "nodes")["endpoints"] if e["kind"] == "reader" and e["rg"] == group],
                       "the reader endpoint to be told")
        self.assertIn(way[0], ("kernel", "forwarder"))
        self.api().modify_replication_group(ReplicationGroupId=group, PrimaryClusterId=group + "-002", ApplyImmediately=True)
        self.wait_group(group)
        replicas = {n["pid"] for n in self.server.nodes(group) if n["role"] == "replica"}
        wait_for(lambda: self.processes(clients) <= replicas, "every reader at a replica")
        for client in clients:
            client.close()


class Size(Case):
    def test_the_endpoint_answers_while_the_number_of_replicas_changes(self):
        group = self.create_group(nodes=1)
        self.assertEqual([group + "-001"], self.holders(group), "the primary's, as long as there is no replica")
        with Watch(self.endpoint(group)) as watch:
            for replicas, holders in ((1, [group + "-002"]), (2, []), (1, [group + "-002"]), (0, [group + "-001"])):
                change = self.api().increase_replica_count if replicas > len(self.group(group)["MemberClusters"]) - 1 \
                    else self.api().decrease_replica_count
                change(ReplicationGroupId=group, NewReplicaCount=replicas, ApplyImmediately=True)
                self.wait_group(group)
                self.assertEqual(holders, self.holders(group), "%d replicas" % replicas)
        self.small(watch)


if __name__ == "__main__":
    unittest.main()
