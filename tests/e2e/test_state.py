"""/_meridian/state: a dump of all resources, and its restoration, on the same server or on another one."""
import struct
import unittest
import urllib.error
import urllib.request

import harness

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
        self.refused(501, "GET", query="?data=true")
        self.assertEqual("available", self.group(group)["Status"])


if __name__ == "__main__":
    unittest.main()
