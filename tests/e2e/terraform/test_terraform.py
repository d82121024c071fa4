"""The lives that Terraform gives its resources: made, planned anew, changed, planned anew, destroyed with nothing left."""
import unittest

import harness
import workspace
from harness import name
from workspace import endpoint

setUpModule, tearDownModule = workspace.side_by_side()

HOME, AWAY = "us-east-1", "eu-west-1"
RG, GLOBAL = "aws_elasticache_replication_group", "aws_elasticache_global_replication_group"
SUBNETS, PARAMETERS = "aws_elasticache_subnet_group", "aws_elasticache_parameter_group"


class ReplicationGroups(workspace.Case):
    CONFIGURATION = """
resource "aws_elasticache_subnet_group" "x" {
  name       = "%(id)s"
  subnet_ids = ["subnet-0a", "subnet-0b", "subnet-0c"]
}
resource "aws_elasticache_parameter_group" "x" {
  name   = "%(id)s"
  family = "redis7"
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
}
resource "aws_elasticache_replication_group" "x" {
  replication_group_id       = "%(id)s"
  description                = "made by Terraform"
  engine                     = "redis"
  engine_version             = "7.0"
  port                       = 6379
  node_type                  = "%(type)s"
  num_cache_clusters         = %(nodes)d
  automatic_failover_enabled = %(failover)s
  multi_az_enabled           = %(failover)s
  maintenance_window         = "%(window)s"
  parameter_group_name       = aws_elasticache_parameter_group.x.name
  subnet_group_name          = aws_elasticache_subnet_group.x.name
  security_group_ids         = ["sg-0123456789abcdef0"]
  apply_immediately          = true
  tags                       = { %(tags)s }
}
"""

    def configuration(self, rg, **more):
        first = dict(type="cache.r6g.large", nodes=2, failover="true", window="Sun:05:00-Sun:06:00", tags='team = "a", old = "x"')
        return self.CONFIGURATION % (dict(id=rg) | first | more)

    def seen(self, rg):
        group = self.group(rg)
        cluster = self.api().describe_cache_clusters(CacheClusterId=group["MemberClusters"][0])["CacheClusters"][0]
        tags = {t["Key"]: t["Value"] for t in self.api().list_tags_for_resource(ResourceName=group["ARN"])["TagList"]}
        return (len(group["MemberClusters"]), group["CacheNodeType"], group["AutomaticFailover"], group["MultiAZ"],
                cluster["PreferredMaintenanceWindow"], tags)

    def test_grow_and_shrink_with_their_other_settings(self, tf):
        rg, address = name("rg"), RG + ".x"
        done = tf.change(self.configuration(rg))
        self.assertEqual({address: "create", SUBNETS + ".x": "create", PARAMETERS + ".x": "create"}, done)
        tags = {"team": "a", "old": "x"}
        self.assertEqual((2, "cache.r6g.large", "enabled", "enabled", "sun:05:00-sun:06:00", tags), self.seen(rg))
        client = endpoint(tf.values(address))
        self.assertEqual("allkeys-lru", self.config(self.server.nodes(rg)[0], "maxmemory-policy"))
        client.set("kept", "yes")
        later = dict(type="cache.r6g.xlarge", window="mon:01:00-mon:02:00", tags='team = "b"')
        self.assertEqual({address: "update"}, tf.change(self.configuration(rg, nodes=3, **later)))
        self.assertEqual((3, "cache.r6g.xlarge", "enabled", "enabled", "mon:01:00-mon:02:00", {"team": "b"}), self.seen(rg))
        self.assertEqual(2, endpoint(tf.values(address)).info("replication")["connected_slaves"])
        more = self.processes(rg)
        self.assertEqual({address: "update"}, tf.change(self.configuration(rg, nodes=1, failover="false", **later)))
        self.assertEqual((1, "cache.r6g.xlarge", "disabled", "disabled", "mon:01:00-mon:02:00", {"team": "b"}), self.seen(rg))
        self.assertEqual("yes", endpoint(tf.values(address)).get("kept"))
        tf.destroy()
        self.assert_ended(more)
        self.assert_gone("ReplicationGroupNotFoundFault", self.group, group=rg)
        self.assert_gone("CacheSubnetGroupNotFoundFault", self.api().describe_cache_subnet_groups, CacheSubnetGroupName=rg)
        self.assert_gone("CacheParameterGroupNotFound", self.api().describe_cache_parameter_groups, CacheParameterGroupName=rg)


class Network(workspace.Case):
    """A provider that asks STS who it is, and EC2 for the network, as tflocal has it."""
    CONFIGURATION = """
provider "aws" {
  alias                   = "whole"
  region                  = "us-east-1"
  access_key              = "test"
  secret_key              = "test"
  skip_metadata_api_check = true
  endpoints {
    elasticache = "%(url)s"
    ec2         = "%(url)s"
    sts         = "%(url)s"
  }
}
data "aws_caller_identity" "x" {
  provider = aws.whole
}
data "aws_availability_zones" "x" {
  provider = aws.whole
  state    = "available"
}
data "aws_vpc" "x" {
  provider = aws.whole
  default  = true
}
data "aws_subnets" "x" {
  provider = aws.whole
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.x.id]
  }
}
data "aws_subnet" "x" {
  provider = aws.whole
  id       = data.aws_subnets.x.ids[0]
}
data "aws_security_group" "x" {
  provider = aws.whole
  vpc_id   = data.aws_vpc.x.id
  name     = "default"
}
resource "aws_elasticache_subnet_group" "x" {
  provider    = aws.whole
  name        = "%(id)s"
  description = "${data.aws_caller_identity.x.account_id} ${data.aws_subnet.x.availability_zone} ${data.aws_security_group.x.id}"
  subnet_ids  = data.aws_subnets.x.ids
}
"""

    def test_is_looked_up(self, tf):
        group = name("network")
        self.assertEqual({SUBNETS + ".x": "create"}, tf.change(self.CONFIGURATION % dict(id=group, url=self.server.url)))
        made = self.api().describe_cache_subnet_groups(CacheSubnetGroupName=group)["CacheSubnetGroups"][0]
        default = self.api().describe_cache_subnet_groups(CacheSubnetGroupName="default")["CacheSubnetGroups"][0]
        self.assertEqual(default["VpcId"], made["VpcId"])
        zones = [{s["SubnetIdentifier"]: s["SubnetAvailabilityZone"]["Name"] for s in g["Subnets"]} for g in (default, made)]
        self.assertEqual(*zones)
        self.assertRegex(made["CacheSubnetGroupDescription"], "^000000000000 us-east-1[a-z] sg-0[0-9a-f]{16}$")
        tf.destroy()


class Shards(workspace.Case):
    """Cluster mode: scaled both ways, planned anew after each step."""
    first = True
    CONFIGURATION = """
resource "aws_elasticache_replication_group" "x" {
  replication_group_id       = "%(id)s"
  description                = "cluster mode"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.r6g.large"
  parameter_group_name       = "default.redis7.cluster.on"
  num_node_groups            = %(shards)d
  replicas_per_node_group    = %(replicas)d
  automatic_failover_enabled = true
  apply_immediately          = true
}
"""

    def seen(self, rg):
        group = self.group(rg)
        return group["ClusterEnabled"], [len(g["NodeGroupMembers"]) for g in group["NodeGroups"]]

    def test_are_added_and_removed_with_their_replicas(self, tf):
        rg, address = name("shards"), RG + ".x"
        self.assertEqual({address: "create"}, tf.change(self.CONFIGURATION % dict(id=rg, shards=2, replicas=0)))
        self.assertEqual((True, [1, 1]), self.seen(rg))
        self.assertEqual(tf.values(address)["configuration_endpoint_address"], self.group(rg)["ConfigurationEndpoint"]["Address"])
        self.assertEqual({address: "update"}, tf.change(self.CONFIGURATION % dict(id=rg, shards=3, replicas=1)))
        self.assertEqual((True, [2, 2, 2]), self.seen(rg))
        processes = self.processes(rg)
        self.assertEqual({address: "update"}, tf.change(self.CONFIGURATION % dict(id=rg, shards=2, replicas=1)))
        self.assertEqual((True, [2, 2]), self.seen(rg))
        tf.destroy()
        self.assert_ended(processes)
        self.assert_gone("ReplicationGroupNotFoundFault", self.group, group=rg)


class GlobalDatastores(workspace.Case):
    first = True
    CONFIGURATION = """
resource "aws_elasticache_replication_group" "home" {
  replication_group_id = "%(id)s-home"
  description          = "the primary"
  engine               = "redis"
  engine_version       = "7.0"
  node_type            = "cache.r6g.large"
  num_cache_clusters   = 1
  apply_immediately    = true
  lifecycle {
    ignore_changes = [engine_version, node_type]
  }
}
resource "aws_elasticache_global_replication_group" "x" {
  global_replication_group_id_suffix = "%(id)s"
  primary_replication_group_id       = aws_elasticache_replication_group.home.id
  cache_node_type                    = "%(type)s"
  engine_version                     = "%(version)s"
}
resource "aws_elasticache_replication_group" "away" {
  provider                    = aws.eu_west_1
  replication_group_id        = "%(id)s-away"
  description                 = "%(description)s"
  global_replication_group_id = aws_elasticache_global_replication_group.x.global_replication_group_id
  num_cache_clusters          = 1
  maintenance_window          = "%(window)s"
  apply_immediately           = true
  tags                        = { turn = "%(description)s" }
  lifecycle {
    ignore_changes = [engine_version, node_type]
  }
}
"""

    def test_take_in_a_second_region_change_both_and_give_it_back(self, tf):
        world = name("world")
        home, away = world + "-home", world + "-away"
        wanted = dict(id=world, description="first", window="sun:05:00-sun:06:00", type="cache.r6g.large", version="7.0")
        tf.change(self.CONFIGURATION % wanted)
        datastore = tf.values(GLOBAL + ".x")["global_replication_group_id"]
        members = self.api().describe_global_replication_groups(
            GlobalReplicationGroupId=datastore, ShowMemberInfo=True)["GlobalReplicationGroups"][0]["Members"]
        self.assertEqual({(home, HOME, "PRIMARY"), (away, AWAY, "SECONDARY")},
                         {(m["ReplicationGroupId"], m["ReplicationGroupRegion"], m["Role"]) for m in members})
        endpoint(tf.values(RG + ".home")).set("from", "home")
        harness.wait_for(lambda: endpoint(tf.values(RG + ".away")).get("from") == "home", "the key in the second region")
        wanted |= dict(description="second", window="mon:05:00-mon:06:00")
        self.assertEqual({RG + ".away": "update"}, tf.change(self.CONFIGURATION % wanted))
        self.assertEqual("second", self.group(away, AWAY)["Description"])
        for changed in dict(type="cache.r6g.xlarge"), dict(version="7.1"):
            wanted |= changed
            self.assertEqual({GLOBAL + ".x": "update"}, tf.change(self.CONFIGURATION % wanted))
        for group, region in (home, HOME), (away, AWAY):
            shown = self.api(region).describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]
            self.assertEqual(("cache.r6g.xlarge", "7.1.0"), (shown["CacheNodeType"], shown["EngineVersion"]))
        self.assertEqual("home", endpoint(tf.values(RG + ".away")).get("from"))
        processes = self.processes(home, away)
        private = [tf.values(RG + end)["parameter_group_name"] for end in (".home", ".away")]
        tf.destroy()
        self.assert_ended(processes)
        for region, group, parameters in zip((HOME, AWAY), (home, away), private):
            self.assert_gone("ReplicationGroupNotFoundFault", self.group, group=group, region=region)
            self.assert_gone("GlobalReplicationGroupNotFoundFault", self.api(region).describe_global_replication_groups,
                             GlobalReplicationGroupId=datastore)
            self.assert_gone("CacheParameterGroupNotFound", self.api(region).describe_cache_parameter_groups,
                             CacheParameterGroupName=parameters)


if __name__ == "__main__":
    unittest.main()
