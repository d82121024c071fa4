"""Subnet groups, as the SDK and Terraform use them."""
import unittest

import harness
from harness import name

setUpModule, tearDownModule = harness.one_server()


class SubnetGroups(harness.Case):
    def create(self, subnets=("subnet-0a", "subnet-0b"), **more):
        group = name("net")
        answer = self.api().create_cache_subnet_group(
            CacheSubnetGroupName=group, CacheSubnetGroupDescription="made for a test", SubnetIds=list(subnets), **more)
        return group, answer["CacheSubnetGroup"]

    def groups(self, **which):
        return self.api().describe_cache_subnet_groups(**which)["CacheSubnetGroups"]

    def test_answer_with_their_subnets_zones_and_network(self):
        group, made = self.create(Tags=[{"Key": "team", "Value": "x"}])
        self.assertEqual(made, self.groups(CacheSubnetGroupName=group.upper())[0])
        self.assertEqual([("subnet-0a", "us-east-1a"), ("subnet-0b", "us-east-1b")],
                         [(s["SubnetIdentifier"], s["SubnetAvailabilityZone"]["Name"]) for s in made["Subnets"]])
        self.assertRegex(made["VpcId"], "^vpc-[0-9a-f]{17}$")
        self.assertEqual([{"Key": "team", "Value": "x"}], self.api().list_tags_for_resource(ResourceName=made["ARN"])["TagList"])

    def test_are_changed_and_deleted(self):
        group, _ = self.create()
        changed = self.api().modify_cache_subnet_group(CacheSubnetGroupName=group, CacheSubnetGroupDescription="other",
                                                       SubnetIds=["subnet-0c"])["CacheSubnetGroup"]
        self.assertEqual(("other", ["subnet-0c"]), (changed["CacheSubnetGroupDescription"], [s["SubnetIdentifier"] for s in changed["Subnets"]]))
        self.api().delete_cache_subnet_group(CacheSubnetGroupName=group)
        self.assert_fault("CacheSubnetGroupNotFoundFault", 400, self.groups, CacheSubnetGroupName=group, message=group)

    def test_hold_the_nodes_of_a_replication_group(self):
        group, _ = self.create(("subnet-0c",))
        rg = self.create_group(CacheSubnetGroupName=group)
        cluster = self.api().describe_cache_clusters(CacheClusterId=rg + "-001")["CacheClusters"][0]
        self.assertEqual((group, "us-east-1c"), (cluster["CacheSubnetGroupName"], cluster["PreferredAvailabilityZone"]))
        self.assert_fault("CacheSubnetGroupInUse", 400, self.api().delete_cache_subnet_group, CacheSubnetGroupName=group, message="in use")
        self.delete_group(rg)
        self.api().delete_cache_subnet_group(CacheSubnetGroupName=group)

    def test_include_a_default_one_in_every_region(self):
        for region in ("us-east-1", "eu-west-1"):
            found = self.api(region).describe_cache_subnet_groups(CacheSubnetGroupName="default")["CacheSubnetGroups"]
            self.assertTrue(all(s["SubnetAvailabilityZone"]["Name"].startswith(region) for s in found[0]["Subnets"]))


if __name__ == "__main__":
    unittest.main()
