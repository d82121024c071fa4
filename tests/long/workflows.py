"""The workflows that the crash matrix breaks off: what each begins with, asks for, and has come to when it is through.

A workflow is repeated as a client would repeat it that got no answer: what was taken the first time is no reason to complain.
"""
import botocore.exceptions

import datastores
import encryption
import harness
from datastores import AWAY, HOME
from harness import NODE_TYPE, name, wait_for
from shards import Follower

# What a client may be told that asks for the second time: it was done, or is under way.
DONE_BEFORE = {"ReplicationGroupAlreadyExists", "ReplicationGroupNotFoundFault", "InvalidReplicationGroupState", "InvalidCacheClusterState",
               "InvalidParameterValue", "InvalidParameterCombination", "SnapshotAlreadyExistsFault", "GlobalReplicationGroupAlreadyExistsFault",
               "InvalidGlobalReplicationGroupState", "InvalidUserState", "CacheClusterAlreadyExists", "InvalidUserGroupState", "NoOperationFault"}


class Workflow:
    """'made' are the replication groups (id, region) that are there at the end; the first one's data are looked after, if 'writes'."""
    writes = True
    kills_a_node = False
    nodes = 2

    def __init__(self, case):
        self.case, self.made = case, []

    def api(self, region=HOME):
        return self.case.api(region)

    def begin(self):
        self.made = [(self.create(), HOME)]

    def create(self):
        return self.case.create_group(nodes=self.nodes, AutomaticFailoverEnabled=self.nodes > 1, stem="crash")

    @property
    def group(self):
        return self.made[0][0]

    def ask(self):
        raise NotImplementedError

    def ask_until_taken(self):
        """True if the first answer came."""
        try:
            self.ask()
            return True
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
            return False
        except botocore.exceptions.ClientError as e:
            if e.response["Error"]["Code"] != "InternalFailure":
                raise
            self.case.server.proxy.take_violations()  # the model knows no failure of ours
            return False

    def ask_again(self):
        try:
            self.ask()
        except botocore.exceptions.ClientError as e:
            if e.response["Error"]["Code"] not in DONE_BEFORE:
                raise

    def is_through(self):
        return all(self.case.group(g, r)["Status"] == "available" for g, r in self.made)

    def check(self):
        """Fails where the end is not what was asked for."""

    def end(self):
        for group, region in reversed(self.made):
            self.case.delete_group(group, region)

    def members(self):
        return self.case.group(self.group)["MemberClusters"]


class Creation(Workflow):
    """create a replication group"""
    writes = False

    def begin(self):
        self.made = [(name("crash"), HOME)]

    def ask(self):
        self.api().create_replication_group(ReplicationGroupId=self.group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=NODE_TYPE,
                                            NumCacheClusters=2, AutomaticFailoverEnabled=True)

    def check(self):
        self.case.assertEqual(2, len(self.members()))


class ClusterModeCreation(Creation):
    """create one in cluster mode"""

    def ask(self):
        self.api().create_replication_group(ReplicationGroupId=self.group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=NODE_TYPE,
                                            NumNodeGroups=2, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on")

    def check(self):
        self.case.assertEqual(["0-8191", "8192-16383"], sorted(g["Slots"] for g in self.case.group(self.group)["NodeGroups"]))


class Deletion(Workflow):
    """delete a replication group"""
    writes = False

    def ask(self):
        self.api().delete_replication_group(ReplicationGroupId=self.group)

    def is_through(self):
        try:
            return not self.case.group(self.group)
        except self.api().exceptions.ReplicationGroupNotFoundFault:
            return True

    def end(self):
        """Nothing is left to be deleted."""


class MoreReplicas(Workflow):
    """add a replica"""

    def ask(self):
        self.api().increase_replica_count(ReplicationGroupId=self.group, NewReplicaCount=2, ApplyImmediately=True)

    def check(self):
        self.case.assertEqual(3, len(self.members()))


class FewerReplicas(Workflow):
    """take a replica out"""
    nodes = 3

    def ask(self):
        self.api().decrease_replica_count(ReplicationGroupId=self.group, NewReplicaCount=1, ApplyImmediately=True)

    def check(self):
        self.case.assertEqual(2, len(self.members()))


class Failover(Workflow):
    """fail a node group over"""
    kills_a_node = True

    def begin(self):
        """On a new day: the API takes 15 a day."""
        self.case.server.admin("POST", "clock?jump_ms=%d" % (25 * 3600 * 1000))
        super().begin()

    def ask(self):
        self.api().test_failover(ReplicationGroupId=self.group, NodeGroupId="0001")


class Scaling(Workflow):
    """another node type"""

    def ask(self):
        self.api().modify_replication_group(ReplicationGroupId=self.group, CacheNodeType="cache.r6g.xlarge", ApplyImmediately=True)

    def check(self):
        self.case.assertEqual("cache.r6g.xlarge", self.case.group(self.group)["CacheNodeType"])


class Upgrade(Workflow):
    """another engine version"""

    def begin(self):
        self.made = [(self.case.create_group(nodes=2, AutomaticFailoverEnabled=True, EngineVersion="7.0", stem="crash"), HOME)]

    def ask(self):
        self.api().modify_replication_group(ReplicationGroupId=self.group, EngineVersion="7.1", ApplyImmediately=True)

    def check(self):
        clusters = [self.api().describe_cache_clusters(CacheClusterId=m)["CacheClusters"][0] for m in self.members()]
        self.case.assertEqual({"7.1.0"}, {c["EngineVersion"] for c in clusters})


class Parameters(Workflow):
    """a parameter"""

    def begin(self):
        self.parameters = name("parameters")
        self.api().create_cache_parameter_group(CacheParameterGroupName=self.parameters, CacheParameterGroupFamily="redis7", Description="d")
        self.made = [(self.case.create_group(nodes=2, AutomaticFailoverEnabled=True, CacheParameterGroupName=self.parameters, stem="crash"), HOME)]

    def ask(self):
        self.api().modify_cache_parameter_group(CacheParameterGroupName=self.parameters, ParameterNameValues=[
            {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lfu"}])

    def check(self):
        for node in self.case.server.nodes(self.group):
            wait_for(lambda: self.case.config(node, "maxmemory-policy") == "allkeys-lfu", "the parameter in force")

    def end(self):
        super().end()
        self.api().delete_cache_parameter_group(CacheParameterGroupName=self.parameters)


class Shards(Workflow):
    """another shard"""
    writes = False

    def begin(self):
        self.made = [(name("crash"), HOME)]
        self.api().create_replication_group(ReplicationGroupId=self.group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=NODE_TYPE,
                                            NumNodeGroups=1, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on")
        self.case.wait_group(self.group)
        self.client = harness.connect(self.case.group(self.group)["ConfigurationEndpoint"])
        for n in range(200):
            self.client.set("key-%d" % n, n)
        self.case.assertEqual(1, self.client.wait(1, 5000))

    def ask(self):
        self.api().modify_replication_group_shard_configuration(ReplicationGroupId=self.group, NodeGroupCount=2, ApplyImmediately=True)

    def check(self):
        shards = [n for n in self.case.server.nodes(self.group) if n["role"] == "primary"]
        self.case.assertEqual(2, len(shards))
        self.case.assertEqual(200, sum(harness.connect((n["address"], n["port"])).dbsize() for n in shards))


class Snapshot(Workflow):
    """take a snapshot"""

    def begin(self):
        super().begin()
        self.snapshot = name("snapshot")

    def ask(self):
        self.api().create_snapshot(SnapshotName=self.snapshot, ReplicationGroupId=self.group)

    def state(self):
        return self.api().describe_snapshots(SnapshotName=self.snapshot)["Snapshots"][0]["SnapshotStatus"]

    def is_through(self):
        return super().is_through() and self.state() in ("available", "failed")

    def check(self):
        """A snapshot whose writing failed says so; it is never available without its file."""
        if self.state() == "available":
            copy = self.case.create_group(SnapshotName=self.snapshot, stem="copy")
            self.case.delete_group(copy)

    def end(self):
        super().end()
        self.api().delete_snapshot(SnapshotName=self.snapshot)


class Restore(Workflow):
    """restore a snapshot"""
    writes = False

    def begin(self):
        super().begin()
        self.case.primary(self.group).set("from", "the snapshot")
        self.snapshot, self.copy = name("snapshot"), name("copy")
        self.api().create_snapshot(SnapshotName=self.snapshot, ReplicationGroupId=self.group)
        wait_for(lambda: self.api().describe_snapshots(SnapshotName=self.snapshot)["Snapshots"][0]["SnapshotStatus"] == "available", "the snapshot")
        self.made.append((self.copy, HOME))

    def ask(self):
        self.api().create_replication_group(ReplicationGroupId=self.copy, ReplicationGroupDescription="d", NumCacheClusters=2,
                                            AutomaticFailoverEnabled=True, SnapshotName=self.snapshot)

    def check(self):
        self.case.assertEqual("the snapshot", self.case.primary(self.copy).get("from"))

    def end(self):
        super().end()
        self.api().delete_snapshot(SnapshotName=self.snapshot)


class Join(Workflow):
    """join a global datastore"""
    secondary = {"NumCacheClusters": 2}

    def begin(self):
        super().begin()
        self.world = datastores.PREFIX + "-" + name("world")
        self.api().create_global_replication_group(GlobalReplicationGroupIdSuffix=self.world.partition("-")[2], PrimaryReplicationGroupId=self.group)
        self.wait_world("primary-only")
        self.made.append((name("away"), AWAY))

    def wait_world(self, status):
        return wait_for(lambda: self.datastore()["Status"] == status, "%s %s" % (self.world, status))

    def datastore(self, region=HOME):
        return self.api(region).describe_global_replication_groups(GlobalReplicationGroupId=self.world, ShowMemberInfo=True)["GlobalReplicationGroups"][0]

    def ask(self):
        self.api(AWAY).create_replication_group(ReplicationGroupId=self.made[1][0], ReplicationGroupDescription="d",
                                                GlobalReplicationGroupId=self.world, **self.secondary)

    def is_through(self):
        return super().is_through() and self.datastore()["Status"] == "available"

    def check(self):
        self.case.assertEqual({HOME: "PRIMARY", AWAY: "SECONDARY"}, datastores.roles(self.datastore()))

    def end(self):
        """The secondary leaves, then the datastore goes; what is left is the primary."""
        (group, region), (other, other_region) = self.made
        self.api(region).disassociate_global_replication_group(GlobalReplicationGroupId=self.world, ReplicationGroupId=other,
                                                               ReplicationGroupRegion=other_region)
        wait_for(lambda: self.datastore(region)["Status"] == "primary-only", "one member")
        self.case.wait_group(other, other_region)
        self.api(region).delete_global_replication_group(GlobalReplicationGroupId=self.world, RetainPrimaryReplicationGroup=True)
        wait_for(lambda: not self.api(region).describe_global_replication_groups()["GlobalReplicationGroups"], "no datastore")
        self.case.wait_group(group, region)
        super().end()


class GlobalFailover(Join):
    """fail a global datastore over"""

    def begin(self):
        super().begin()
        super().ask()
        self.wait_world("available")
        self.case.wait_group(self.made[1][0], AWAY)

    def ask(self):
        self.api().failover_global_replication_group(GlobalReplicationGroupId=self.world, PrimaryRegion=AWAY, PrimaryReplicationGroupId=self.made[1][0])

    def ask_again(self):
        if datastores.roles(self.datastore())[AWAY] == "SECONDARY":
            super().ask_again()

    def is_through(self):
        return super().is_through() and datastores.roles(self.datastore())[AWAY] == "PRIMARY"

    def check(self):
        """The roles are those that were waited for."""

    def end(self):
        self.made.reverse()
        self.case.wait_group(*self.made[0])
        super().end()


class ShardsFailover(GlobalFailover):
    """fail one in cluster mode over"""
    writes = False
    secondary = {"ReplicasPerNodeGroup": 1}
    keys = ["key-%d" % n for n in range(200)]

    def create(self):
        return self.case.create_group(HOME, NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, stem="crash")

    def client(self, member):
        return Follower(self.case.group(*member)["ConfigurationEndpoint"])

    def begin(self):
        super().begin()
        home, away = (self.client(m) for m in self.made)
        for key in self.keys:
            home.set(key, "old")
        wait_for(lambda: all(away.get(key) == "old" for key in self.keys), "every key in both regions")

    def is_through(self):
        world = self.datastore()
        if world["Status"] == "available" and datastores.roles(world)[AWAY] == "SECONDARY":
            self.ask()  # it was given up, with an event that says so
        return super().is_through()

    def check(self):
        writer = self.client(self.made[1])
        self.case.assertEqual({"old"}, {writer.call("GETSET", key, "new") for key in self.keys})


class Token(Workflow):
    """rotate a token"""
    writes = False

    def begin(self):
        self.made = [(self.case.create_group(nodes=2, AutomaticFailoverEnabled=True, TransitEncryptionEnabled=True, AuthToken=encryption.TOKEN,
                                             stem="crash"), HOME)]

    def ask(self):
        self.api().modify_replication_group(ReplicationGroupId=self.group, AuthToken=encryption.NEXT, AuthTokenUpdateStrategy="ROTATE",
                                            ApplyImmediately=True)

    def check(self):
        for token in (encryption.TOKEN, encryption.NEXT):
            self.case.assertTrue(self.case.secure_primary(self.group, password=token).ping())


class Memcached(Workflow):
    """nodes of a memcached cluster"""
    writes = False

    def begin(self):
        self.cluster = name("crash")
        self.api().create_cache_cluster(CacheClusterId=self.cluster, Engine="memcached", CacheNodeType=NODE_TYPE, NumCacheNodes=1)
        wait_for(self.is_through, "the memcached cluster")

    def ask(self):
        self.api().modify_cache_cluster(CacheClusterId=self.cluster, NumCacheNodes=3, ApplyImmediately=True)

    def shown(self):
        return self.api().describe_cache_clusters(CacheClusterId=self.cluster, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def is_through(self):
        return self.shown()["CacheClusterStatus"] == "available"

    def check(self):
        self.case.assertEqual(3, len(self.shown()["CacheNodes"]))

    def end(self):
        self.api().delete_cache_cluster(CacheClusterId=self.cluster)
        wait_for(lambda: not self.api().describe_cache_clusters()["CacheClusters"], "no cluster")


ALL = (Creation, ClusterModeCreation, Deletion, MoreReplicas, FewerReplicas, Failover, Scaling, Upgrade, Parameters, Shards, Snapshot, Restore,
       Join, GlobalFailover, ShardsFailover, Token, Memcached)
