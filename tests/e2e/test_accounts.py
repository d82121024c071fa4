"""Accounts of one region: the same names are different things, with processes of their own, and nobody meets another's."""
import json
import os
import unittest
import urllib.parse
import urllib.request

import harness
import redis.cluster

ONE, OTHER = "111111111111", "test"


class Accounts(harness.Case):
    def setUp(self):
        super().setUp()
        self.own_server()
        self.server.start()

    def create(self, account, **more):
        self.server.api("us-east-1", account).create_replication_group(
            ReplicationGroupId="orders", ReplicationGroupDescription="of " + account, CacheNodeType=harness.NODE_TYPE, Engine=harness.ENGINE,
            **more)

    def group(self, account):
        return self.server.api("us-east-1", account).describe_replication_groups(ReplicationGroupId="orders")["ReplicationGroups"][0]

    def is_available(self, account):
        return self.group(account)["Status"] == "available"

    def client(self, account):
        return harness.connect(self.group(account)["NodeGroups"][0]["PrimaryEndpoint"])

    def caches(self, account, action="DescribeServerlessCaches", **parameters):
        """By hand, because older SDKs know nothing of serverless caches: the statuses of those in the answer."""
        scope = "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/elasticache/aws4_request, SignedHeaders=host, Signature=0" % account
        body = urllib.parse.urlencode({"Action": action, "Version": "2015-02-02"} | parameters)
        answer = self.server.post(body, region=None, headers={"Authorization": scope})
        self.assertEqual(200, answer.status, answer.text)
        return [e.text for e in answer.xml.iter(harness.NAMESPACE + "Status")]

    def test_the_same_name_is_two_groups_with_data_of_their_own(self):
        for account in (ONE, OTHER):
            self.create(account, NumCacheClusters=2, AutomaticFailoverEnabled=True)
        for account in (ONE, OTHER):
            harness.wait_for(lambda: self.is_available(account), "the group of " + account)
            self.client(account).set("of", account)
        self.assertEqual(4, len(self.server.engines()))
        nodes = sorted(n["id"] for n in self.server.nodes())
        self.assertEqual([ONE + "~orders-001.0001", ONE + "~orders-002.0001", "orders-001.0001", "orders-002.0001"], nodes)
        for account in (ONE, OTHER):
            group = self.group(account)
            self.assertEqual(("of " + account, ["orders-001", "orders-002"]), (group["Description"], group["MemberClusters"]))
            self.assertEqual(account, self.client(account).get("of"))
        self.server.kill()
        self.server.start()
        for account in (ONE, OTHER):
            self.assertEqual(account, self.client(account).get("of"))

    def test_events_and_deletions_are_of_one_account(self):
        for account in (ONE, OTHER):
            self.create(account)
        for account in (ONE, OTHER):
            harness.wait_for(lambda: self.is_available(account), "the group of " + account)
        theirs = self.server.api("us-east-1", OTHER)
        before = theirs.describe_events()["Events"]
        self.client(OTHER).set("k", "v")
        ours = self.server.api("us-east-1", ONE)
        ours.delete_replication_group(ReplicationGroupId="orders", FinalSnapshotIdentifier="last")
        harness.wait_for(lambda: not ours.describe_replication_groups()["ReplicationGroups"], "the group's end")
        self.assertEqual("available", ours.describe_snapshots()["Snapshots"][0]["SnapshotStatus"])
        self.assertEqual(["last"], [s["SnapshotName"] for s in ours.describe_snapshots()["Snapshots"]])
        self.assertEqual([], theirs.describe_snapshots()["Snapshots"])
        self.assertEqual(before, theirs.describe_events()["Events"])
        told = ours.describe_events()["Events"]
        self.assertNotIn("~", str(told))
        self.assertIn("last", str(told))
        self.assertEqual("v", self.client(OTHER).get("k"))
        files = [f for f in os.listdir(self.server.data + "/regions/us-east-1/Snapshots") if f.endswith(".rdb")]
        self.assertEqual([ONE + "~last.0001.rdb"], files)

    def test_a_dump_with_data_keeps_accounts_apart(self):
        for account in (ONE, OTHER):
            self.create(account)
        for account in (ONE, OTHER):
            harness.wait_for(lambda: self.is_available(account), "the group of " + account)
            self.client(account).set("of", account)
        token = harness.reads(self.server.data + "/secrets/admin-token").decode()

        def state(method, body=None, query=""):
            request = urllib.request.Request(self.server.url + "/_meridian/state" + query, body, method=method, headers={"Authorization": "Bearer " + token})
            with urllib.request.urlopen(request, timeout=harness.DEADLINE) as answer:
                return answer.read()

        dump = state("GET", query="?data=true")
        for account in (ONE, OTHER):
            self.client(account).set("of", "nobody")
        state("PUT", dump)
        for account in (ONE, OTHER):
            harness.wait_for(lambda: self.is_available(account), "the group of " + account)
            self.assertEqual(account, self.client(account).get("of"))

    def test_cluster_mode_and_delivered_logs_show_ids(self):
        logs = [{"LogType": "engine-log", "LogFormat": "json", "DestinationType": "cloudwatch-logs",
                 "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "log"}}}]
        self.server.api("us-east-1", ONE).create_replication_group(
            ReplicationGroupId="orders", ReplicationGroupDescription="d", CacheNodeType=harness.NODE_TYPE, Engine=harness.ENGINE,
            NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, LogDeliveryConfigurations=logs)
        harness.wait_for(lambda: self.is_available(ONE), "the shards of " + ONE)
        endpoint = self.group(ONE)["ConfigurationEndpoint"]
        client = redis.cluster.RedisCluster(host=endpoint["Address"], port=endpoint["Port"], decode_responses=True)
        self.addCleanup(client.close)
        for n in range(50):
            client.set("k%d" % n, n)
        self.assertEqual("49", client.get("k49"))
        self.server.api("us-east-1", ONE).create_snapshot(SnapshotName="s", ReplicationGroupId="orders")
        path = os.path.join(self.server.data, "regions", "us-east-1", "Logs", "cloudwatch-logs", ONE, "log.log")
        harness.wait_for(lambda: os.path.exists(path) and harness.reads(path), "lines of the log")
        told = [json.loads(line) for line in harness.reads(path).decode().splitlines()]
        self.assertLessEqual({line["CacheClusterId"] for line in told}, {"orders-%04d-%03d" % (s, m) for s in (1, 2) for m in (1, 2)})

    def test_a_resource_is_asked_after_by_its_account(self):
        self.create(ONE)
        self.assertEqual("deleted", self.server.admin("GET", "wait?region=us-east-1&id=orders&for=deleted")["status"])
        self.assertEqual("available", self.server.admin("GET", "wait?region=us-east-1&id=orders&account=" + ONE)["status"])
        self.assertEqual(
            ("orders", "available"),
            tuple(self.server.admin("GET", "why?region=us-east-1&id=orders&account=" + ONE)[m] for m in ("id", "status")))

    def test_a_serverless_cache_and_a_datastore_have_an_account(self):
        for account in (ONE, OTHER):
            self.create(account)
            self.caches(account, "CreateServerlessCache", ServerlessCacheName="cache", Engine=harness.ENGINE)
        for account in (ONE, OTHER):
            api = self.server.api("us-east-1", account)
            harness.wait_for(lambda: self.is_available(account), "the group of " + account)
            harness.wait_for(lambda: self.caches(account) == ["available"], "the cache")
            api.create_global_replication_group(GlobalReplicationGroupIdSuffix="shop", PrimaryReplicationGroupId="orders")
            self.server.api("eu-west-1", account).create_replication_group(
                ReplicationGroupId="orders", ReplicationGroupDescription="d", GlobalReplicationGroupId="ldgnf-shop")
        for account in (ONE, OTHER):
            self.client(account).set("of", account)
            api = self.server.api("eu-west-1", account)

            def follows():
                group = api.describe_replication_groups(ReplicationGroupId="orders")["ReplicationGroups"][0]
                return group["Status"] == "available" and harness.has(group["NodeGroups"][0]["PrimaryEndpoint"], "of", account)

            harness.wait_for(follows, "the other region of " + account)
            self.assertEqual(1, len(api.describe_global_replication_groups()["GlobalReplicationGroups"]))
        self.caches(ONE, "DeleteServerlessCache", ServerlessCacheName="cache")
        harness.wait_for(lambda: self.caches(ONE) == [], "the cache's end")
        self.assertEqual(["available"], self.caches(OTHER))


if __name__ == "__main__":
    unittest.main()
