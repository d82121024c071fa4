"""/_meridian/state: a dump of all resources, and its restoration, on the same server or on another one."""
import os
import signal
import sqlite3
import struct
import tempfile
import unittest
import urllib.error
import urllib.request

import harness
import redis

VERSION_AT = 60  # of the database's user_version, in SQLite's header


class State(harness.Case):
    def setUp(self):
        super().setUp()
        self.own_server()
        self.server.start()

    def call(self, method, body=None, server=None, token=True, query=""):
        server = server or self.server
        secret = harness.reads(server.data + "/secrets/admin-token").decode()
        request = urllib.request.Request(server.url + "/_meridian/state" + query, body, method=method,
                                         headers={"Authorization": "Bearer " + secret} if token else {})
        with urllib.request.urlopen(request, timeout=harness.DEADLINE) as answer:
            return answer.read()

    def refused(self, status, *arguments, **named):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.call(*arguments, **named)
        self.assertEqual(status, caught.exception.code)
        return caught.exception.read().decode()

    def resources(self, server):
        """What there is, without what a process tells."""
        def described(region):
            api = server.api(region, "test")
            groups = api.describe_replication_groups()["ReplicationGroups"]
            for group in groups:
                for node_group in group.get("NodeGroups", []):
                    for member in node_group["NodeGroupMembers"]:
                        member.pop("CurrentRole", None)
                        member.pop("ReadEndpoint", None)
            return groups, api.describe_cache_clusters(ShowCacheNodeInfo=True)["CacheClusters"], api.describe_users()["Users"], \
                api.describe_user_groups()["UserGroups"], api.describe_cache_subnet_groups()["CacheSubnetGroups"], \
                api.describe_cache_parameters(CacheParameterGroupName="pg", Source="user")["Parameters"] if region == "us-east-1" else None, \
                api.describe_global_replication_groups(ShowMemberInfo=True)["GlobalReplicationGroups"]
        return {region: described(region) for region in ("us-east-1", "eu-west-1")}

    def rest(self, server):
        def at_rest():
            found = self.resources(server)
            states = {r["Status"] for groups in found.values() for r in groups[0] + groups[3]} | \
                {c["CacheClusterStatus"] for groups in found.values() for c in groups[1]} | \
                {g["Status"] for groups in found.values() for g in groups[6]}
            return found if states <= {"available", "active", "primary-only"} else None
        return harness.wait_for(at_rest, "everything at rest", 60)

    def make_resources(self):
        api = self.api()
        api.create_cache_parameter_group(CacheParameterGroupName="pg", CacheParameterGroupFamily="redis7", Description="d")
        api.modify_cache_parameter_group(CacheParameterGroupName="pg", ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "90"}])
        api.create_cache_subnet_group(CacheSubnetGroupName="sg", CacheSubnetGroupDescription="d", SubnetIds=["subnet-a", "subnet-b"])
        api.create_user(UserId="u", UserName="default", Engine="redis", AccessString="on ~* +@all", NoPasswordRequired=True)
        api.create_user_group(UserGroupId="ug", Engine="redis", UserIds=["u"])
        first = self.create_group(nodes=2, AutomaticFailoverEnabled=True, CacheParameterGroupName="pg", CacheSubnetGroupName="sg")
        self.create_group(NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, CacheParameterGroupName="default.redis7.cluster.on")
        api.create_cache_cluster(CacheClusterId="m", Engine="memcached", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=2)
        api.create_global_replication_group(GlobalReplicationGroupIdSuffix="g", PrimaryReplicationGroupId=first)
        harness.wait_for(lambda: self.group(first)["Status"] == "available", "the primary")
        self.api("eu-west-1").create_replication_group(ReplicationGroupId="sec", ReplicationGroupDescription="d",
                                                       GlobalReplicationGroupId="ldgnf-g", NumCacheClusters=2)
        return first

    def create_group(self, **more):
        if "NumNodeGroups" not in more:
            return super().create_group(**more)
        self.api().create_replication_group(ReplicationGroupId="shards", ReplicationGroupDescription="d", Engine="redis",
                                            CacheNodeType=harness.NODE_TYPE, **more)
        return self.wait_group("shards")["ReplicationGroupId"]

    def test_a_dump_brings_everything_back_but_what_clients_stored(self):
        first = self.make_resources()
        before = self.rest(self.server)
        self.primary(first).set("k", "v")
        dump = self.call("GET")
        self.server.admin("POST", "reset")
        self.api().create_cache_cluster(CacheClusterId="other", Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        self.assertEqual(b'{"restored": true}', self.call("PUT", dump).strip().replace(b'":true', b'": true'))
        self.assertEqual(before, self.rest(self.server))
        self.assertIsNone(self.primary(first).get("k"))
        self.assertTrue(self.primary(first).set("k", "w"))
        harness.wait_for(lambda: self.reader("sec", "eu-west-1").get("k") == "w", "the other region's copy")
        self.server.terminate()
        self.server.start()
        self.assertEqual(before, self.rest(self.server))

    def test_another_server_takes_it(self):
        group = self.create_group(nodes=2)
        dump = self.call("GET")
        self.server.terminate()
        other = harness.Server()
        self.addCleanup(other.finish)
        other.start()
        self.call("PUT", dump, other)
        harness.wait_for(lambda: [g["Status"] for g in other.api("us-east-1").describe_replication_groups()["ReplicationGroups"]] == ["available"],
                         "the group on the other server")
        self.assertEqual([group], [g["ReplicationGroupId"] for g in other.api("us-east-1").describe_replication_groups()["ReplicationGroups"]])

    def make_data(self):
        """A replication group, one in cluster mode, one of Valkey, a single cluster, memcached, and a datastore over two regions; with data."""
        first = self.make_resources()
        api = self.api()
        self.create_group(ReplicationGroupId="vk", Engine="valkey")
        api.create_cache_cluster(CacheClusterId="alone", Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        self.rest(self.server)
        one = self.primary(first)
        one.set("k", "v")
        one.set("soon", "v", ex=3600)
        one.hset("h", mapping={"a": "1", "b": "2"})
        one.function_load("#!lua name=l\nredis.register_function('f', function() return 7 end)")
        self.other_database(one).set("other", "database")
        self.primary("vk").set("k", "of valkey")
        self.alone().set("k", "alone")
        keys = self.keys_of_shards()
        for i in range(300):
            keys.set("key%d" % i, os.urandom(20000))
        return first, {"key%d" % i: keys.get("key%d" % i) for i in range(300)}

    def other_database(self, client):
        return redis.Redis(**client.connection_pool.connection_kwargs | {"db": 3})

    def alone(self):
        node = self.api().describe_cache_clusters(CacheClusterId="alone", ShowCacheNodeInfo=True)
        end = node["CacheClusters"][0]["CacheNodes"][0]["Endpoint"]
        return harness.connect(end)

    def keys_of_shards(self):
        end = self.group("shards")["ConfigurationEndpoint"]
        client = redis.cluster.RedisCluster(host=end["Address"], port=end["Port"], socket_timeout=harness.DEADLINE)
        self.addCleanup(client.close)
        return client

    def check_data(self, first, keys):
        one = self.primary(first)
        self.assertEqual(("v", {"a": "1", "b": "2"}), (one.get("k"), one.hgetall("h")))
        self.assertTrue(3000 < one.ttl("soon") <= 3600)
        self.assertEqual("7", str(one.fcall("f", 0)))
        self.assertEqual("database", self.other_database(one).get("other"))
        self.assertEqual("of valkey", self.primary("vk").get("k"))
        self.assertEqual("alone", self.alone().get("k"))
        shards = self.keys_of_shards()
        self.assertEqual(keys, {name: shards.get(name) for name in keys})
        harness.wait_for(lambda: self.reader("sec", "eu-west-1").get("k") == "v", "the other region's copy")

    def test_a_dump_with_data_brings_back_what_clients_stored(self):
        first, keys = self.make_data()
        before = self.rest(self.server)
        dump = self.call("GET", query="?data=true")
        self.assertEqual([], self.api().describe_snapshots()["Snapshots"])
        self.assertEqual(before, self.rest(self.server))
        self.primary(first).set("k", "later")
        harness.wait_for(lambda: not self.snapshot_files(), "no file of a snapshot left")
        self.call("PUT", dump)
        self.assertEqual(before, self.rest(self.server))
        self.check_data(first, keys)
        harness.wait_for(lambda: not [f for f in os.listdir(self.server.data) if f.startswith("state.")], "no file of the dump left")
        self.server.terminate()
        self.server.start()
        self.assertEqual(before, self.rest(self.server))
        self.check_data(first, keys)

    def snapshot_files(self):
        return [f for region in ("us-east-1", "eu-west-1") for f in self.files_in(os.path.join(self.server.data, "regions", region, "Snapshots"))]

    def files_in(self, folder):
        return os.listdir(folder) if os.path.isdir(folder) else []

    def test_a_damaged_dump_with_data_changes_nothing(self):
        group = self.create_group()
        self.primary(group).set("k", b"0123456789abcdef" * 200000)
        dump = self.call("GET", query="?data=true")
        value = dump.index(b"0123456789abcdef" * 4) if b"0123456789abcdef" * 4 in dump else len(dump) - 500
        self.assertIn("damaged", self.refused(400, "PUT", dump[:value] + b"X" + dump[value + 1:]))
        self.assertIn("no dump", self.refused(400, "PUT", dump[:len(dump) - 8192]))
        newer = self.changed(dump, "UPDATE dump_format SET version = 99")
        self.assertIn("newer Meridian", self.refused(400, "PUT", newer))
        self.refused(401, "PUT", dump * 2, token=False)
        self.assertEqual("available", self.group(group)["Status"])
        self.assertIsNotNone(self.primary(group).get("k"))
        self.assertEqual([], [f for f in os.listdir(self.server.data) if f.startswith("state.")])
        self.call("PUT", dump)

    def changed(self, dump, sql):
        with tempfile.NamedTemporaryFile(suffix=".db") as f:
            f.write(dump)
            f.flush()
            with sqlite3.connect(f.name) as db:
                db.execute("PRAGMA journal_mode = DELETE")
                db.execute(sql)
            db.close()
            return harness.reads(f.name)

    def test_data_are_not_taken_of_what_is_being_changed(self):
        group = self.create_group()
        agent = self.server.agent("us-east-1")
        os.kill(agent, signal.SIGSTOP)
        self.api().increase_replica_count(ReplicationGroupId=group, NewReplicaCount=1, ApplyImmediately=True)
        self.assertIn("is modifying", self.refused(409, "GET", query="?data=true"))
        os.kill(agent, signal.SIGCONT)
        self.assertEqual("available", self.wait_group(group)["Status"])
        self.call("GET", query="?data=true")
        self.refused(400, "GET", query="?data=maybe")
        self.refused(400, "GET", query="?dta=true")

    def test_what_is_no_dump_changes_nothing(self):
        group = self.create_group()
        dump = self.call("GET")
        newer = dump[:VERSION_AT] + struct.pack(">I", struct.unpack(">I", dump[VERSION_AT:VERSION_AT + 4])[0] + 1) + dump[VERSION_AT + 4:]
        self.assertIn("newer Meridian", self.refused(400, "PUT", newer))
        self.assertIn("no dump", self.refused(400, "PUT", b"x" * 5000))
        self.assertIn("no dump", self.refused(400, "PUT", b""))
        self.assertIn("no dump", self.refused(400, "PUT", dump[:len(dump) // 2]))
        self.assertIn("damaged", self.refused(400, "PUT", dump[:9000] + bytes(8192) + dump[9000 + 8192:]))
        self.refused(401, "PUT", dump, token=False)
        self.refused(401, "GET", token=False)
        self.assertEqual("available", self.group(group)["Status"])


if __name__ == "__main__":
    unittest.main()
