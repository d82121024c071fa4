"""More of the lives that Terraform gives its resources: together they take minutes, so that ./dev test long runs them."""
import unittest

import redis

import harness
import workspace
from harness import name
from workspace import endpoint

setUpModule, tearDownModule = workspace.side_by_side()

RG, CLUSTER, USER = "aws_elasticache_replication_group", "aws_elasticache_cluster", "aws_elasticache_user"
SUBNETS, PARAMETERS = "aws_elasticache_subnet_group", "aws_elasticache_parameter_group"


class Configuration(workspace.Case):
    PARAMETER_GROUP = """
resource "aws_elasticache_parameter_group" "x" {
  name        = "%s"
  family      = "redis7"
  description = "settings"
  tags        = { turn = "%s" }
  %s
}
"""
    SUBNET_GROUP = """
resource "aws_elasticache_subnet_group" "x" {
  name        = "%s"
  description = "%s"
  subnet_ids  = %s
}
"""

    def parameter_group(self, group, turn, **values):
        blocks = ["parameter {\n name = \"%s\"\n value = \"%s\"\n}\n" % (k.replace("_", "-"), v) for k, v in values.items()]
        return self.PARAMETER_GROUP % (group, turn, "".join(blocks))

    def user_values(self, group):
        found = self.api().describe_cache_parameters(CacheParameterGroupName=group, Source="user")["Parameters"]
        return {p["ParameterName"]: p["ParameterValue"] for p in found}

    def test_is_changed_and_reset(self, tf):
        group, net = name("pg"), name("net")
        tf.change(self.parameter_group(group, "1", maxmemory_policy="allkeys-lru", timeout=30, maxmemory_samples=7)
                  + self.SUBNET_GROUP % (net, "first", '["subnet-0a", "subnet-0b"]'))
        self.assertEqual({"maxmemory-policy": "allkeys-lru", "timeout": "30", "maxmemory-samples": "7"}, self.user_values(group))
        done = tf.change(self.parameter_group(group, "2", maxmemory_policy="noeviction", timeout=30, slowlog_max_len=64)
                         + self.SUBNET_GROUP % (net, "second", '["subnet-0c", "subnet-0b"]'))
        self.assertEqual({PARAMETERS + ".x": "update", SUBNETS + ".x": "update"}, done)
        self.assertEqual({"maxmemory-policy": "noeviction", "timeout": "30", "slowlog-max-len": "64"}, self.user_values(group))
        tf.change(self.parameter_group(group, "2") + self.SUBNET_GROUP % (net, "second", '["subnet-0c", "subnet-0b"]'))
        self.assertEqual({}, self.user_values(group))
        tf.destroy()
        self.assert_gone("CacheParameterGroupNotFound", self.api().describe_cache_parameter_groups, CacheParameterGroupName=group)
        self.assert_gone("CacheSubnetGroupNotFoundFault", self.api().describe_cache_subnet_groups, CacheSubnetGroupName=net)


class Snapshots(workspace.Case):
    SOURCE = """
resource "aws_elasticache_replication_group" "source" {
  replication_group_id      = "%(id)s"
  description               = "made by Terraform"
  node_type                 = "cache.r6g.large"
  snapshot_retention_limit  = 2
  snapshot_window           = "03:00-04:00"
  final_snapshot_identifier = "%(id)s-final"
}
"""
    RESTORED = """
resource "aws_elasticache_replication_group" "named" {
  replication_group_id = "%(id)s-named"
  description          = "of a snapshot"
  node_type            = "cache.r6g.large"
  snapshot_name        = "%(id)s-first"
}
resource "aws_elasticache_replication_group" "imported" {
  replication_group_id = "%(id)s-imported"
  description          = "of a file"
  node_type            = "cache.r6g.large"
  snapshot_arns        = ["arn:aws:s3:::bucket/%(id)s-0001.rdb"]
}
resource "aws_elasticache_cluster" "alone" {
  cluster_id      = "%(id)s-alone"
  engine          = "redis"
  node_type       = "cache.r6g.large"
  num_cache_nodes = 1
  snapshot_name   = "%(id)s-first"
}
"""

    def wait_snapshot(self, snapshot):
        def available():
            there = self.api().describe_snapshots(SnapshotName=snapshot)["Snapshots"][0]
            return there["SnapshotStatus"] == "available"
        harness.wait_for(available, "snapshot %s available" % snapshot)

    def test_begin_groups_and_clusters_and_are_what_is_left_of_one(self, tf):
        rg = name("snap")
        tf.change(self.SOURCE % dict(id=rg))
        group = self.group(rg)
        self.assertEqual((2, "03:00-04:00"), (group["SnapshotRetentionLimit"], group["SnapshotWindow"]))
        endpoint(tf.values(RG + ".source")).set("kept", "yes")
        self.api().create_snapshot(SnapshotName=rg + "-first", ReplicationGroupId=rg)
        self.wait_snapshot(rg + "-first")
        self.api().copy_snapshot(SourceSnapshotName=rg + "-first", TargetSnapshotName=rg, TargetBucket="bucket")
        self.wait_snapshot(rg + "-first")
        tf.change(self.RESTORED % dict(id=rg))
        self.wait_snapshot(rg + "-final")
        self.wait_group_gone(rg)
        node = tf.values(CLUSTER + ".alone")["cache_nodes"][0]
        clients = [endpoint(tf.values(RG + ".named")), endpoint(tf.values(RG + ".imported")), harness.connect((node["address"], node["port"]))]
        self.assertEqual(["yes"] * 3, [client.get("kept") for client in clients])
        tf.destroy()


class Clusters(workspace.Case):
    """Of both engines, with one configuration: memcached gets another node, redis stays alone."""
    CONFIGURATION = """
resource "aws_elasticache_cluster" "%(engine)s" {
  cluster_id         = "%(id)s-%(engine)s"
  engine             = "%(engine)s"
  node_type          = "cache.r6g.large"
  num_cache_nodes    = %(nodes)d
  port               = %(port)d
  maintenance_window = "%(window)s"
  apply_immediately  = true
  tags               = { window = "%(window)s" }
}
"""

    def cluster(self, cluster):
        return self.api().describe_cache_clusters(CacheClusterId=cluster, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def configuration(self, base, window, memcached_nodes):
        redis_cluster = dict(id=base, engine="redis", nodes=1, port=6379, window=window)
        return self.CONFIGURATION % redis_cluster + self.CONFIGURATION % dict(
            redis_cluster, engine="memcached", nodes=memcached_nodes, port=11211)

    def assert_as_wanted(self, tf, base, engine, port, nodes):
        seen, values = self.cluster(base + "-" + engine), tf.values(CLUSTER + "." + engine)
        self.assertEqual((nodes, "mon:05:00-mon:06:00"), (len(seen["CacheNodes"]), seen["PreferredMaintenanceWindow"]))
        endpoints = [(n["Endpoint"]["Address"], n["Endpoint"]["Port"]) for n in seen["CacheNodes"]]
        self.assertEqual(endpoints, [(n["address"], n["port"]) for n in values["cache_nodes"]])
        self.assertTrue(all(at[1] == port and harness.is_bound(*at) for at in endpoints), endpoints)

    def test_of_both_engines_are_changed(self, tf):
        base = name("single")
        tf.change(self.configuration(base, "sun:05:00-sun:06:00", 1))
        done = tf.change(self.configuration(base, "mon:05:00-mon:06:00", 2))
        self.assertEqual({CLUSTER + ".redis": "update", CLUSTER + ".memcached": "update"}, done)
        self.assert_as_wanted(tf, base, "redis", 6379, 1)
        self.assert_as_wanted(tf, base, "memcached", 11211, 2)
        clusters = [base + "-redis", base + "-memcached"]
        processes = self.processes(*clusters)
        tf.destroy()
        self.assert_ended(processes)
        for cluster in clusters:
            self.assert_gone("CacheClusterNotFound", self.cluster, cluster=cluster)


class Access(workspace.Case):
    CONFIGURATION = """
resource "aws_elasticache_user" "default" {
  user_id              = "%(id)s-default"
  user_name            = "default"
  access_string        = "off ~* -@all"
  engine               = "REDIS"
  no_password_required = true
}
resource "aws_elasticache_user" "x" {
  user_id       = "%(id)s-x"
  user_name     = "x"
  access_string = "%(access)s"
  engine        = "REDIS"
  passwords     = %(passwords)s
  tags          = { turn = "%(turn)s" }
}
resource "aws_elasticache_user" "iam" {
  user_id       = "%(id)s-iam"
  user_name     = "%(id)s-iam"
  access_string = "on ~* +@all"
  engine        = "REDIS"
  authentication_mode {
    type = "iam"
  }
}
resource "aws_elasticache_user" "mode" {
  user_id       = "%(id)s-mode"
  user_name     = "mode"
  access_string = "on ~mode:* -@all +@read"
  engine        = "REDIS"
  authentication_mode {
    type      = "password"
    passwords = %(passwords)s
  }
}
resource "aws_elasticache_user_group" "x" {
  engine        = "REDIS"
  user_group_id = "%(id)s"
  user_ids      = [aws_elasticache_user.default.user_id, %(more)s]
  tags          = { turn = "%(turn)s" }
}
data "aws_elasticache_user" "x" {
  user_id = aws_elasticache_user.x.user_id
}
"""
    ASSOCIATION = """
resource "aws_elasticache_user_group" "y" {
  engine        = "REDIS"
  user_group_id = "%(id)s-y"
  user_ids      = ["default"]
  lifecycle {
    ignore_changes = [user_ids]
  }
}
resource "aws_elasticache_user" "y" {
  count                = 2
  user_id              = "%(id)s-y${count.index}"
  user_name            = "y${count.index}"
  access_string        = "on ~* +@all"
  engine               = "redis"
  no_password_required = true
}
resource "aws_elasticache_user_group_association" "y" {
  count         = %(associations)d
  user_group_id = aws_elasticache_user_group.y.user_group_id
  user_id       = aws_elasticache_user.y[count.index].user_id
}
"""
    def user(self, user):
        return self.api().describe_users(UserId=user)["Users"][0]

    def members(self, group):
        return sorted(self.api().describe_user_groups(UserGroupId=group)["UserGroups"][0]["UserIds"])

    def test_of_users_and_groups_changes_with_their_configuration(self, tf):
        base = name("tf")
        first = dict(id=base, access="on ~a:* -@all +@read", passwords='["a-password-of-sixteen"]', turn="1", more="aws_elasticache_user.x.user_id")
        tf.change(self.CONFIGURATION % first + self.ASSOCIATION % dict(id=base, associations=2))
        self.assertEqual([base + "-default", base + "-x"], self.members(base))
        self.assertEqual(["default", base + "-y0", base + "-y1"], self.members(base + "-y"))
        self.assertEqual("on ~a:* -@all +@read", tf.values("data.aws_elasticache_user.x")["access_string"])
        self.assertEqual(["iam", "password"], [self.user(base + end)["Authentication"]["Type"] for end in ("-iam", "-mode")])
        later = dict(access="on ~b:* -@all +@write", passwords='["a-password-of-sixteen", "another-password-too"]', turn="2",
                     more="aws_elasticache_user.iam.user_id, aws_elasticache_user.mode.user_id")
        done = tf.change(self.CONFIGURATION % (first | later) + self.ASSOCIATION % dict(id=base, associations=1))
        updated = {"aws_elasticache_" + end: "update" for end in ("user.x", "user.mode", "user_group.x")}
        self.assertEqual(updated | {"aws_elasticache_user_group_association.y[1]": "delete"}, done)
        self.assertEqual(["default", base + "-y0"], self.members(base + "-y"))
        self.assertEqual([base + "-default", base + "-iam", base + "-mode"], self.members(base))
        user = self.user(base + "-x")
        self.assertEqual(("on ~b:* -@all +@write", 2), (user["AccessString"], user["Authentication"]["PasswordCount"]))
        tf.destroy()
        self.assert_gone("UserGroupNotFound", self.members, group=base)
        self.assert_gone("UserGroupNotFound", self.members, group=base + "-y")
        self.assert_gone("UserNotFound", self.user, user=base + "-x")


class Existing(workspace.Case):
    # The update strategy is the provider's own affair, with a default of its own: an import can't know it.
    CONFIGURATION = """
resource "aws_elasticache_replication_group" "x" {
  replication_group_id       = "%(id)s"
  description                = "made for a test"
  node_type                  = "cache.r6g.large"
  num_cache_clusters         = 2
  tags                       = { team = "x" }
  automatic_failover_enabled = true
  subnet_group_name          = "%(id)s"
  lifecycle {
    ignore_changes = [auth_token_update_strategy]
  }
}
data "aws_elasticache_replication_group" "x" {
  replication_group_id = "%(id)s"
}
data "aws_elasticache_cluster" "x" {
  cluster_id = "%(id)s-001"
}
data "aws_elasticache_subnet_group" "x" {
  name = "%(id)s"
}
resource "aws_elasticache_user" "x" {
  user_id              = "%(id)s"
  user_name            = "old"
  access_string        = "on ~* +@all"
  engine               = "redis"
  no_password_required = true
}
resource "aws_elasticache_user_group" "x" {
  engine        = "redis"
  user_group_id = "%(id)s"
  user_ids      = ["default", aws_elasticache_user.x.user_id]
}
"""

    def create_users(self, base):
        self.api().create_user(UserId=base, UserName="old", Engine="redis", AccessString="on ~* +@all", NoPasswordRequired=True)
        self.api().create_user_group(UserGroupId=base, Engine="redis", UserIds=["default", base])

    def test_resources_are_read_by_data_sources_and_imported(self, tf):
        rg = name("old")
        self.create_users(rg)
        self.api().create_cache_subnet_group(CacheSubnetGroupName=rg, CacheSubnetGroupDescription="d",
                                             SubnetIds=["subnet-0a", "subnet-0b"])
        self.create_group(ReplicationGroupId=rg, nodes=2, AutomaticFailoverEnabled=True, CacheSubnetGroupName=rg,
                          Tags=[{"Key": "team", "Value": "x"}])
        tf.write(self.CONFIGURATION % dict(id=rg))
        for kind in (RG, USER, USER + "_group"):
            tf.run("import", kind + ".x", rg)
        # Whether a user needs a password is nothing that can be read: at the most it is told once more.
        done = tf.apply()
        self.assertLessEqual(done.items(), {USER + ".x": "update"}.items())
        tf.assert_settled()
        self.assert_data_sources(tf, rg)
        processes = self.processes(rg)
        tf.destroy()
        self.assert_ended(processes)
        self.assert_gone("ReplicationGroupNotFoundFault", self.group, group=rg)
        self.assert_fault("UserNotFound", 404, self.api().describe_users, UserId=rg)
        self.api().delete_cache_subnet_group(CacheSubnetGroupName=rg)

    def assert_data_sources(self, tf, rg):
        group, cluster = tf.values("data.%s.x" % RG), tf.values("data.%s.x" % CLUSTER)
        self.assertEqual((2, True, 1, sorted(self.group(rg)["MemberClusters"])),
                         (group["num_cache_clusters"], group["automatic_failover_enabled"], group["replicas_per_node_group"],
                          sorted(group["member_clusters"])))
        self.assertTrue(endpoint(group).ping())
        self.assertEqual((rg, "redis", "default.redis7", rg, 1),
                         tuple(cluster[k] for k in ("replication_group_id", "engine", "parameter_group_name", "subnet_group_name",
                                                    "num_cache_nodes")))
        self.assertEqual(["subnet-0a", "subnet-0b"], sorted(tf.values("data.%s.x" % SUBNETS)["subnet_ids"]))


class Encryption(workspace.Case):
    """Turned on in two steps, as the service wants it, and a token after that."""
    CONFIGURATION = """
resource "aws_elasticache_replication_group" "x" {
  replication_group_id       = "%(id)s"
  description                = "encrypted"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.r6g.large"
  num_cache_clusters         = 1
  apply_immediately          = true
  %(encryption)s
}
"""
    STEPS = ("transit_encryption_enabled = false",
             'transit_encryption_enabled = true\n  transit_encryption_mode = "preferred"',
             'transit_encryption_enabled = true\n  transit_encryption_mode = "required"',
             'transit_encryption_enabled = true\n  transit_encryption_mode = "required"\n'
             '  auth_token = "a-token-of-terraform"\n  auth_token_update_strategy = "SET"')

    def test_is_turned_on_and_guarded(self, tf):
        rg = name("tls")
        for step, accepts in zip(self.STEPS, ((True, False, False), (True, True, False), (False, True, False), (False, False, True))):
            tf.change(self.CONFIGURATION % dict(id=rg, encryption=step))
            self.assertEqual(accepts, self.accepted(tf.values(RG + ".x")), step)
        tf.destroy()
        self.assert_gone("ReplicationGroupNotFoundFault", self.group, group=rg)

    def accepted(self, values):
        """Whether the endpoint takes clients without TLS, with it, and with TLS and the token."""
        tls = dict(ssl=True, ssl_cert_reqs="none")
        return tuple(self.takes(values, **more) for more in ({}, tls, dict(tls, password="a-token-of-terraform")))

    @staticmethod
    def takes(values, **more):
        try:
            with redis.Redis(host=values["primary_endpoint_address"], port=values["port"], socket_timeout=1, **more) as client:
                return client.ping()
        except redis.RedisError:
            return False


if __name__ == "__main__":
    unittest.main()
