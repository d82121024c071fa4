"""Terraform's life of a global datastore in cluster mode: shards are added, node types and the engine's version change, in both regions."""
import unittest

import workspace
from harness import name

setUpModule, tearDownModule = workspace.side_by_side()


class Shards(workspace.Case):
    CONFIGURATION = """
resource "aws_elasticache_replication_group" "home" {
  replication_group_id       = "%(id)s-home"
  description                = "the primary"
  engine                     = "redis"
  engine_version             = "7.0"
  node_type                  = "cache.r6g.large"
  num_node_groups            = 2
  replicas_per_node_group    = 1
  automatic_failover_enabled = true
  apply_immediately          = true
  lifecycle {
    ignore_changes = [engine_version, node_type, num_node_groups]
  }
}
resource "aws_elasticache_global_replication_group" "x" {
  global_replication_group_id_suffix = "%(id)s"
  primary_replication_group_id       = aws_elasticache_replication_group.home.id
  cache_node_type                    = "%(type)s"
  engine_version                     = "%(version)s"
  num_node_groups                    = %(shards)d
}
resource "aws_elasticache_replication_group" "away" {
  provider                    = aws.eu_west_1
  replication_group_id        = "%(id)s-away"
  description                 = "the secondary"
  global_replication_group_id = aws_elasticache_global_replication_group.x.global_replication_group_id
  replicas_per_node_group     = 1
  apply_immediately           = true
  lifecycle {
    ignore_changes = [automatic_failover_enabled, engine_version, node_type, num_node_groups]
  }
}
"""

    def members(self, group, region):
        clusters = self.api(region).describe_cache_clusters()["CacheClusters"]
        return [c for c in clusters if c.get("ReplicationGroupId") == group]

    def test_get_more_shards_larger_nodes_and_a_newer_engine_in_both_regions(self, tf):
        world, datastore = name("world"), "aws_elasticache_global_replication_group.x"
        members = [(world + "-home", "us-east-1"), (world + "-away", "eu-west-1")]
        wanted = dict(id=world, type="cache.r6g.large", shards=2, version="7.0")
        tf.change(self.CONFIGURATION % wanted)
        wanted["shards"] = 3
        self.assertEqual({datastore: "update"}, tf.change(self.CONFIGURATION % wanted))
        shown = [[(g["NodeGroupId"], g["Slots"]) for g in self.group(*m)["NodeGroups"]] for m in members]
        self.assertEqual(3, len(shown[0]))
        self.assertEqual(shown[0], shown[1])
        wanted["type"] = "cache.r6g.xlarge"
        self.assertEqual({datastore: "update"}, tf.change(self.CONFIGURATION % wanted))
        self.assertEqual({"cache.r6g.xlarge"}, {self.group(*m)["CacheNodeType"] for m in members})
        wanted["version"] = "7.1"
        self.assertEqual({datastore: "update"}, tf.change(self.CONFIGURATION % wanted))
        self.assertEqual({"7.1.0"}, {c["EngineVersion"] for group, region in members for c in self.members(group, region)})
        processes = self.processes(*[group for group, _ in members])
        tf.destroy()
        self.assert_ended(processes)


if __name__ == "__main__":
    unittest.main()
