"""Serverless caches: clients of the cluster protocol behind one name."""
import os
import shutil
import tempfile
import time
import unittest
import urllib.request

import harness
import serverless
from resolving import Resolver
from serverless import name, wait_for

setUpModule, tearDownModule = harness.one_server()


class Lives(serverless.Case):
    def test_a_cluster_client_finds_everything_behind_one_name(self):
        cache = self.create_cache(Description="carts")
        client = self.cluster_client(cache["Endpoint"])
        for i in range(100):
            client.set("key:%d" % i, i)
        self.assertEqual([str(i) for i in range(100)], [client.get("key:%d" % i) for i in range(100)])
        told = self.secure((cache["Endpoint"]["Address"], int(cache["Endpoint"]["Port"]))).execute_command("CLUSTER SLOTS")
        self.assertEqual([(0, 16383, cache["Endpoint"]["Address"], 6379)], [(a, b, n[0], n[1]) for a, b, n in told])
        self.assertEqual(("carts", "6379"), (cache["Description"], cache["Endpoint"]["Port"]))

    def test_the_reader_endpoint_leads_to_the_same_keys(self):
        cache = self.create_cache()
        self.assertEqual((cache["Endpoint"]["Address"], "6380"), tuple(cache["ReaderEndpoint"].values()))
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        self.assertEqual("v", self.cluster_client(cache["ReaderEndpoint"], read_from_replicas=True).get("k"))
        self.assertEqual("v", self.secure((cache["ReaderEndpoint"]["Address"], 6380)).get("k"))

    def test_nobody_but_the_operations_of_serverless_caches_knows_it(self):
        cache = self.create_cache()["ServerlessCacheName"]
        beneath = "0-" + cache
        self.assertEqual([], [g for g in self.api().describe_replication_groups()["ReplicationGroups"] if cache in g["ReplicationGroupId"]])
        self.assertEqual([], [c for c in self.api().describe_cache_clusters()["CacheClusters"] if cache in c["CacheClusterId"]])
        self.assert_fault("ReplicationGroupNotFoundFault", 404, self.api().describe_replication_groups, ReplicationGroupId=beneath)
        self.assert_fault("CacheClusterNotFound", 404, self.api().describe_cache_clusters, CacheClusterId=beneath + "-0001-001")
        self.assert_fault("ReplicationGroupNotFoundFault", 404, self.api().delete_replication_group, ReplicationGroupId=beneath)
        self.assertEqual(["Serverless cache %s has been created" % cache], self.events(cache))
        self.assertEqual([], [e for e in self.api().describe_events()["Events"] if e["SourceIdentifier"].startswith("0-")])

    def test_it_goes_with_its_process_and_its_name_is_free_again(self):
        cache = self.create_cache()["ServerlessCacheName"]
        self.delete_cache(cache)
        self.assertEqual([], self.server.nodes("0-" + cache))
        self.create_cache(ServerlessCacheName=cache)
        self.assertEqual("ServerlessCacheAlreadyExistsFault", self.ask("CreateServerlessCache", ServerlessCacheName=cache, Engine="redis").code)

    def test_who_loses_its_process_and_its_data_is_told_of_it(self):
        cache = self.create_cache()
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        name = cache["ServerlessCacheName"]
        self.server.admin("PUT", "nodes/0-%s-0001-001.0001?do=kill" % name)
        lost = "Serverless cache %s was started again without the data that it had" % name
        wait_for(lambda: lost in self.events(name), "the event")
        client = self.secure((cache["Endpoint"]["Address"], int(cache["Endpoint"]["Port"])))
        wait_for(lambda: client.cluster("info")["cluster_state"] == "ok", "a cluster that is whole again")
        self.assertIsNone(client.get("k"))

    def test_the_data_survive_a_restart_of_the_program(self):
        self.own_server()
        self.server.start()
        self.trust()
        cache = self.create_cache()
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        self.server.terminate()
        self.server.start()
        again = self.wait_cache(cache["ServerlessCacheName"])
        self.assertEqual(cache["Endpoint"], again["Endpoint"])
        self.assertEqual("v", self.cluster_client(again["Endpoint"]).get("k"))


class Addresses(serverless.Case):
    def begin(self, *flags):
        self.own_server(flags=flags)
        self.server.start()
        self.trust()

    def test_on_one_host_both_endpoints_have_a_port_of_their_own(self):
        self.begin("--addressing", "ports", "--port-range", "20100-20199")
        cache = self.create_cache()
        self.assertNotEqual(cache["Endpoint"]["Port"], cache["ReaderEndpoint"]["Port"])
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        self.assertEqual("v", self.cluster_client(cache["ReaderEndpoint"]).get("k"))

    def test_the_endpoint_has_the_name_that_it_has_on_aws(self):
        self.begin("--dns", "127.0.0.1:0", "--names", "aws")
        cache = self.create_cache()
        shown = cache["Endpoint"]["Address"]
        self.assertRegex(shown, r"^%s-[a-z0-9]{6}\.serverless\.use1\.cache\.amazonaws\.com$" % cache["ServerlessCacheName"])
        self.assertEqual((shown, "6380"), tuple(cache["ReaderEndpoint"].values()))
        with Resolver(self.server).at_work("cache.amazonaws.com"):
            client = self.cluster_client(cache["Endpoint"])
            client.set("k", "v")
            self.assertEqual("v", self.cluster_client(cache["ReaderEndpoint"]).get("k"))
            self.assertEqual({shown}, {n.host for n in client.get_nodes()})


class Administration(serverless.Case):
    def setUp(self):
        super().setUp()
        self.own_server()
        self.server.start()
        self.trust()

    def test_a_reset_leaves_nothing(self):
        cache = self.create_cache()["ServerlessCacheName"]
        self.told("CreateServerlessCacheSnapshot", "ServerlessCacheSnapshot", ServerlessCacheName=cache, ServerlessCacheSnapshotName="last")
        self.server.admin("POST", "reset")
        for action in ("DescribeServerlessCaches", "DescribeServerlessCacheSnapshots"):
            self.assertNotIn("<ServerlessCache", self.ask(action).text.split("<NextToken")[0].replace("<ServerlessCaches", "").replace("<ServerlessCacheSnapshots", ""))
        self.assertEqual(set(), self.server.engines())
        self.create_cache(ServerlessCacheName=cache)

    def test_a_dump_with_its_data_brings_it_back(self):
        cache = self.create_cache(Description="kept")
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        dump = self.state("GET", "?data=true")
        self.server.admin("POST", "reset")
        self.state("PUT", "", dump)
        again = self.wait_cache(cache["ServerlessCacheName"])
        self.assertEqual("kept", again["Description"])
        self.assertEqual("v", self.cluster_client(again["Endpoint"]).get("k"))

    def state(self, method, query, body=None):
        token = harness.reads(self.server.data + "/secrets/admin-token").decode()
        request = urllib.request.Request(self.server.url + "/_meridian/state" + query, body, method=method, headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=harness.DEADLINE) as answer:
            return answer.read()

    def test_why_and_wait_know_its_name(self):
        self.create_cache(wait=False, ServerlessCacheName="carts")
        self.assertEqual("available", self.server.admin("GET", "wait?region=us-east-1&id=carts&for=available")["status"])
        self.assertEqual(("0-carts", "available"), tuple(self.server.admin("GET", "why?region=us-east-1&id=carts")[k] for k in ("id", "status")))


class Tags(serverless.Case):
    def test_caches_and_snapshots_have_tags(self):
        cache = self.create_cache(**{"Tags.Tag.1.Key": "team", "Tags.Tag.1.Value": "carts"})
        tags = lambda arn: self.api().list_tags_for_resource(ResourceName=arn)["TagList"]
        self.assertEqual([{"Key": "team", "Value": "carts"}], tags(cache["ARN"]))
        self.api().add_tags_to_resource(ResourceName=cache["ARN"], Tags=[{"Key": "a", "Value": "b"}])
        self.assertEqual(["a", "team"], [t["Key"] for t in tags(cache["ARN"])])
        snapshot = self.told("CreateServerlessCacheSnapshot", "ServerlessCacheSnapshot", ServerlessCacheName=cache["ServerlessCacheName"],
                             ServerlessCacheSnapshotName=name("snap"), **{"Tags.Tag.1.Key": "kept", "Tags.Tag.1.Value": "long"})
        self.assertEqual([{"Key": "kept", "Value": "long"}], tags(snapshot["ARN"]))


class Changes(serverless.Case):
    def modify(self, cache, **changes):
        self.told("ModifyServerlessCache", "ServerlessCache", ServerlessCacheName=cache, **changes)
        return self.wait_cache(cache)

    def maxmemory(self, cache):
        node = self.server.nodes("0-" + cache)[0]
        with self.secure((node["address"], node["port"]), username="meridian-admin", password=self.server.secret(node, "admin")) as client:
            return client.config_get("maxmemory")["maxmemory"]

    def test_the_data_limit_is_what_the_engine_may_fill(self):
        cache = self.create_cache()["ServerlessCacheName"]
        self.assertEqual(str(5000 << 30), self.maxmemory(cache))
        changed = self.modify(cache, **{"CacheUsageLimits.DataStorage.Maximum": 3, "CacheUsageLimits.DataStorage.Unit": "GB"})
        self.assertEqual({"DataStorage": {"Maximum": "3", "Unit": "GB"}}, changed["CacheUsageLimits"])
        self.assertEqual(str(3 << 30), self.maxmemory(cache))
        self.assertNotIn("CacheUsageLimits", self.modify(cache, **{"CacheUsageLimits.DataStorage.Maximum": 0, "CacheUsageLimits.DataStorage.Unit": "GB"}))
        self.assertEqual(str(5000 << 30), self.maxmemory(cache))
        self.assertEqual(2, self.events(cache).count("Serverless cache %s has been modified" % cache))

    def test_a_user_group_comes_and_goes(self):
        user, group = name("user"), name("users")
        self.api().create_user(UserId=user, UserName="default", Engine="redis", AccessString="on ~a:* +@all", Passwords=["sixteen-letters-at-least"])
        self.api().create_user_group(UserGroupId=group, Engine="redis", UserIds=[user])
        shown = lambda: self.api().describe_user_groups(UserGroupId=group)["UserGroups"][0]
        wait_for(lambda: shown()["Status"] == "active", "the user group")
        cache = self.create_cache(UserGroupId=group)
        at = (cache["Endpoint"]["Address"], 6379)
        self.assertEqual(([], group), (shown()["ReplicationGroups"], cache["UserGroupId"]))
        member = self.told("DescribeUserGroups", "ServerlessCaches", UserGroupId=group)
        self.assertEqual([cache["ServerlessCacheName"]], list(member.values()) if isinstance(member, dict) else member)
        self.assertTrue(self.secure(at, password="sixteen-letters-at-least").set("a:1", 1))
        with self.assertRaises(harness.redis.AuthenticationError):
            self.secure(at).ping()
        self.assertNotIn("UserGroupId", self.modify(cache["ServerlessCacheName"], RemoveUserGroup="true"))
        self.assertTrue(self.secure(at).set("b", 1))
        self.assertEqual(group, self.modify(cache["ServerlessCacheName"], UserGroupId=group)["UserGroupId"])
        with self.assertRaises(harness.redis.AuthenticationError):
            self.secure(at).ping()

    def test_settings_and_what_is_refused(self):
        cache = self.create_cache()["ServerlessCacheName"]
        changed = self.modify(cache, Description="more", SnapshotRetentionLimit=3, DailySnapshotTime="23:30", **{"SecurityGroupIds.SecurityGroupId.1": "sg-1"})
        self.assertEqual(("more", "3", "23:30", ["sg-1"]), tuple(changed[k] for k in ("Description", "SnapshotRetentionLimit", "DailySnapshotTime", "SecurityGroupIds")))
        for changes, code, message in (
                ({"Engine": "redis", "MajorEngineVersion": "7"}, "InvalidParameterValue", "This API supports only cross-engine upgrades to Valkey engine currently."),
                ({"DailySnapshotTime": "24:00"}, "InvalidParameterValue", "DailySnapshotTime"),
                ({"UserGroupId": "g", "RemoveUserGroup": "true"}, "InvalidParameterCombination", "RemoveUserGroup"),
                ({"UserGroupId": "none"}, "UserGroupNotFound", "none"),
                ({"CacheUsageLimits.DataStorage.Maximum": 5001, "CacheUsageLimits.DataStorage.Unit": "GB"}, "InvalidParameterValue", "between 1 and 5000"),
                ({}, "InvalidParameterCombination", "No modifications were requested")):
            answer = self.ask("ModifyServerlessCache", ServerlessCacheName=cache, **changes)
            self.assertEqual(code, answer.code, answer.text)
            self.assertIn(message, answer.message)

    @unittest.skipUnless(harness.shutil.which("valkey-server"), "valkey-server is not installed")
    def test_redis_becomes_valkey_with_its_data(self):
        cache = self.create_cache(Engine="redis")
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        changed = self.modify(cache["ServerlessCacheName"], Engine="valkey", MajorEngineVersion="8")
        self.assertEqual(("valkey", "8", cache["Endpoint"]), (changed["Engine"], changed["MajorEngineVersion"], changed["Endpoint"]))
        self.assertEqual("v", self.cluster_client(changed["Endpoint"]).get("k"))


class Snapshots(serverless.Case):
    def shown(self, snapshot):
        return self.told("DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshot", ServerlessCacheSnapshotName=snapshot)

    def wait_snapshot(self, snapshot):
        return wait_for(lambda: next((s for s in [self.shown(snapshot)] if s["Status"] == "available"), None), "the snapshot")

    def filled(self, **more):
        cache = self.create_cache(**more)
        client = self.cluster_client(cache["Endpoint"])
        for i in range(100):
            client.set("key:%d" % i, i)
        return cache["ServerlessCacheName"]

    def check_keys(self, cache):
        client = self.cluster_client(cache["Endpoint"])
        self.assertEqual([str(i) for i in range(100)], [client.get("key:%d" % i) for i in range(100)])

    def take(self, cache):
        snapshot = name("snap")
        self.told("CreateServerlessCacheSnapshot", "ServerlessCacheSnapshot", ServerlessCacheName=cache, ServerlessCacheSnapshotName=snapshot)
        return self.wait_snapshot(snapshot)

    def test_a_snapshot_is_restored_to_another_cache_and_to_a_replication_group(self):
        cache = self.filled()
        snapshot = self.take(cache)
        self.assertEqual(("manual", cache), (snapshot["SnapshotType"], snapshot["ServerlessCacheConfiguration"]["ServerlessCacheName"]))
        self.assertGreater(int(snapshot["BytesUsedForCache"]), 100)
        self.check_keys(self.create_cache(**{"SnapshotArnsToRestore.SnapshotArn.1": snapshot["ARN"]}))
        group = name("rg")
        answer = self.ask("CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="d", CacheNodeType=harness.NODE_TYPE,
                          ServerlessCacheSnapshotName=snapshot["ServerlessCacheSnapshotName"])
        self.assertEqual(200, answer.status, answer.text)
        end = self.wait_group(group)["ConfigurationEndpoint"]
        self.assertEqual("7", harness.connect(end).get("key:7"))
        self.assertNotIn(snapshot["ServerlessCacheSnapshotName"], str(self.api().describe_snapshots()["Snapshots"]))

    def test_a_replication_groups_snapshot_is_restored_to_a_cache(self):
        group, snapshot = self.create_group(nodes=2), name("snap")
        client = self.primary(group)
        for i in range(100):
            client.set("key:%d" % i, i)
        arn = self.api().create_snapshot(SnapshotName=snapshot, ReplicationGroupId=group)["Snapshot"]["ARN"]
        wait_for(lambda: self.api().describe_snapshots(SnapshotName=snapshot)["Snapshots"][0]["SnapshotStatus"] == "available", "the snapshot")
        self.check_keys(self.create_cache(**{"SnapshotArnsToRestore.SnapshotArn.1": arn}))

    def test_a_final_snapshot_has_the_last_write_and_a_copy_outlives_it(self):
        cache, last, copy = self.filled(), name("last"), name("copy")
        self.delete_cache(cache, FinalSnapshotName=last)
        self.told("CopyServerlessCacheSnapshot", "ServerlessCacheSnapshot", SourceServerlessCacheSnapshotName=last, TargetServerlessCacheSnapshotName=copy)
        arn = self.wait_snapshot(copy)["ARN"]
        self.told("DeleteServerlessCacheSnapshot", "ServerlessCacheSnapshot", ServerlessCacheSnapshotName=last)
        wait_for(lambda: self.ask("DescribeServerlessCacheSnapshots", ServerlessCacheSnapshotName=last).code == "ServerlessCacheSnapshotNotFoundFault", "its end")
        self.check_keys(self.create_cache(**{"SnapshotArnsToRestore.SnapshotArn.1": arn}))

    def test_it_is_exported_to_a_bucket_and_comes_back_from_there(self):
        buckets = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, buckets)
        os.mkdir(os.path.join(buckets, "kept"))
        self.own_server(flags=["--snapshot-export-dir", buckets, "--snapshot-import-dir", buckets])
        self.server.start()
        self.trust()
        snapshot = self.take(self.filled())["ServerlessCacheSnapshotName"]
        self.told("ExportServerlessCacheSnapshot", "ServerlessCacheSnapshot", ServerlessCacheSnapshotName=snapshot, S3BucketName="kept")
        self.wait_snapshot(snapshot)
        self.assertEqual([snapshot + "-0001.rdb"], os.listdir(os.path.join(buckets, "kept")))
        self.assertIn("Snapshot %s has been exported to the S3 bucket kept" % snapshot, self.events(snapshot, "serverless-cache-snapshot"))
        self.check_keys(self.create_cache(**{"SnapshotArnsToRestore.SnapshotArn.1": "arn:aws:s3:::kept/%s-0001.rdb" % snapshot}))

    def test_a_snapshot_a_day_is_taken_at_its_time(self):
        cache = self.filled(SnapshotRetentionLimit=1, DailySnapshotTime=time.strftime("%H:%M", time.gmtime()))
        listed = lambda: self.ask("DescribeServerlessCacheSnapshots", ServerlessCacheName=cache, SnapshotType="system").xml.iter(harness.NAMESPACE + "ServerlessCacheSnapshot")
        taken = wait_for(lambda: next((serverless.plain(s) for s in listed()), None), "the day's snapshot")
        self.assertTrue(taken["ServerlessCacheSnapshotName"].startswith("automatic.%s-" % cache), taken)
        self.assertEqual("automated", taken["SnapshotType"])
        self.assertEqual("available", self.cache(cache)["Status"])


if __name__ == "__main__":
    unittest.main()
