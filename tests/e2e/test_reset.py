"""POST /_meridian/reset: everything goes, or a region's or an account's part of it, and the next test begins with nothing."""
import json
import os
import threading
import unittest
import urllib.error
import urllib.request

import botocore.exceptions
import harness


def is_there(client, group):
    return group in [g["ReplicationGroupId"] for g in client.describe_replication_groups()["ReplicationGroups"]]


class Reset(harness.Case):
    def setUp(self):
        super().setUp()
        self.own_server()
        self.server.start()

    def resources(self, region="us-east-1", account="test"):
        """How many there are of each kind, without what is always there."""
        api = self.server.api(region, account)
        return {
            "groups": len(api.describe_replication_groups()["ReplicationGroups"]),
            "clusters": len(api.describe_cache_clusters()["CacheClusters"]),
            "datastores": len(api.describe_global_replication_groups()["GlobalReplicationGroups"]),
            "snapshots": len(api.describe_snapshots()["Snapshots"]),
            "users": len([u for u in api.describe_users()["Users"] if u["UserId"] != "default"]),
            "user groups": len(api.describe_user_groups()["UserGroups"]),
            "parameter groups": len([g for g in api.describe_cache_parameter_groups()["CacheParameterGroups"]
                                     if not g["CacheParameterGroupName"].startswith("default.")]),
            "events": len(api.describe_events(Duration=60)["Events"]),
        }

    def test_nothing_is_left_of_anything(self):
        api = self.api()
        api.create_cache_parameter_group(CacheParameterGroupName="pg", CacheParameterGroupFamily="redis7", Description="d")
        api.create_user(UserId="u", UserName="default", Engine="redis", AccessString="on ~* +@all", NoPasswordRequired=True)
        api.create_user_group(UserGroupId="ug", Engine="redis", UserIds=["u"])
        group = self.create_group(nodes=2, CacheParameterGroupName="pg", AutomaticFailoverEnabled=True)
        api.create_global_replication_group(GlobalReplicationGroupIdSuffix="g", PrimaryReplicationGroupId=group)
        self.wait_group(group)
        self.api("eu-west-1").create_replication_group(
            ReplicationGroupId="sec", ReplicationGroupDescription="d", GlobalReplicationGroupId="ldgnf-g", NumCacheClusters=2)
        api.create_cache_cluster(CacheClusterId="m", Engine="memcached", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=2)
        api.create_snapshot(SnapshotName="s", ReplicationGroupId=group)
        self.assertTrue(self.server.engines())
        self.assertEqual({"reset": {"region": None, "account": None}}, self.server.admin("POST", "reset"))
        self.assertEqual(set(), self.server.engines())
        for region in ("us-east-1", "eu-west-1"):
            self.assertEqual({0}, set(self.resources(region).values()), self.resources(region))
        self.assertEqual([], self.server.nodes())
        left = [os.path.join(folder, f) for folder, _, files in os.walk(self.server.data + "/regions") for f in files]
        self.assertEqual([], [path for path in left if "/agent." not in path], "files of nodes and snapshots are left")
        again = self.create_group(ReplicationGroupId=group, nodes=2)
        self.assertEqual(0, self.primary(again).dbsize())

    def test_a_region_alone(self):
        here, there = self.create_group(), self.create_group("eu-west-1")
        self.server.admin("POST", "reset?region=us-east-1")
        self.assertFalse(is_there(self.api(), here))
        self.assertTrue(is_there(self.api("eu-west-1"), there))
        self.assertTrue(self.primary(there, "eu-west-1").set("k", "v"))

    def test_an_account_alone(self):
        mine = self.create_group()
        theirs = self.server.api("us-east-1", "123456789012")
        theirs.create_cache_cluster(CacheClusterId="theirs", Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        self.server.admin("POST", "reset?account=123456789012")
        self.assertTrue(is_there(self.api(), mine))
        with self.assertRaises(botocore.exceptions.ClientError):
            theirs.describe_cache_clusters(CacheClusterId="theirs")

    def test_what_is_written_meanwhile_is_refused_for_a_while(self):
        self.create_group(nodes=3)
        answers = []

        def create():
            answers.append(self.server.query(Action="CreateCacheParameterGroup", CacheParameterGroupName="pg",
                                             CacheParameterGroupFamily="redis7", Description="d"))
        agent = self.server.agent("us-east-1")
        os.kill(agent, 19)
        asked = threading.Thread(target=lambda: self.server.admin("POST", "reset"))
        asked.start()
        harness.wait_for(lambda: [n for n in self.server.nodes() if n["want"] == "gone"], "the reset")
        create()
        with self.assertRaises(urllib.error.HTTPError) as second:
            self.server.admin("POST", "reset")
        self.assertEqual(409, second.exception.code)
        os.kill(agent, 18)
        asked.join()
        create()
        self.server.proxy.take_violations()  # else a server fails never
        self.assertEqual([(503, "ServiceUnavailable"), (200, None)], [(a.status, a.code) for a in answers])

    def test_what_names_no_region_or_account(self):
        for query in ("region=mars", "region=", "account=1", "account=12345678901x"):
            with self.assertRaises(urllib.error.HTTPError) as refused:
                self.server.admin("POST", "reset?" + query)
            self.assertEqual(400, refused.exception.code, query)


    def test_no_path_takes_a_misspelt_parameter_for_nothing(self):
        with urllib.request.urlopen(self.server.url + "/_meridian/") as answer:
            routes = [(r["method"], r["path"].replace("*", "x")) for r in json.load(answer)["paths"] if r["path"].startswith("/_meridian")]
        self.assertGreater(len(routes), 20)
        for method, path in routes:
            request = urllib.request.Request(self.server.url + path + "?mispelt=1", method=method)
            with self.assertRaises(urllib.error.HTTPError, msg=method + " " + path) as caught:
                urllib.request.urlopen(request)
            self.assertEqual(400, caught.exception.code, method + " " + path)
            self.assertIn("There is no parameter", caught.exception.read().decode())


if __name__ == "__main__":
    unittest.main()
