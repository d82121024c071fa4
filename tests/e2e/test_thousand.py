"""Paginators over a thousand resources of a kind, or over all that the quotas allow: each comes once, in order."""
import unittest

import harness
from thousands import REGION, Case, names

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])


class Thousand(Case):
    def test_of_users_and_of_their_events(self):
        users = names(999)
        self.make("CreateUser", ["Engine=redis&AccessString=on&NoPasswordRequired=true&UserName=%s&UserId=%s" % (i, i) for i in users])
        self.assertEqual(["default"] + users, self.listed("describe_users", "Users", "UserId"))
        self.assertEqual(users, sorted(self.listed("describe_events", "Events", "SourceIdentifier", SourceType="user")))
        groups = names(100)
        self.make("CreateUserGroup", ["Engine=redis&UserIds.member.1=default&UserGroupId=" + i for i in groups])
        self.assertEqual(groups, self.listed("describe_user_groups", "UserGroups", "UserGroupId", size=20))

    def test_of_parameter_groups_and_their_parameters(self):
        groups = names(300)
        self.make("CreateCacheParameterGroup", ["CacheParameterGroupFamily=redis7&Description=d&CacheParameterGroupName=" + i for i in groups])
        listed = self.listed("describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName", size=20)
        self.assertEqual(groups, [i for i in listed if not i.startswith("default.")])
        self.assertEqual(sorted(listed), listed)
        whole = [p["ParameterName"] for p in self.api(REGION).describe_cache_parameters(CacheParameterGroupName="x0000")["Parameters"]]
        self.assertEqual(whole, self.listed("describe_cache_parameters", "Parameters", "ParameterName", size=20, CacheParameterGroupName="x0000"))

    def test_of_subnet_groups(self):
        groups = names(300)
        self.make("CreateCacheSubnetGroup", ["CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-a&CacheSubnetGroupName=" + i for i in groups])
        self.assertEqual(["default"] + groups, self.listed("describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName", size=20))

    def test_of_serverless_caches(self):
        caches = names(40)
        self.make("CreateServerlessCache", ["Engine=redis&ServerlessCacheName=" + i for i in caches])
        listed, token = [], ""
        while token is not None:
            answer = self.server.query(REGION, Action="DescribeServerlessCaches", MaxResults="20", **({"NextToken": token} if token else {}))
            listed += [e.text for e in answer.xml.iter(harness.NAMESPACE + "ServerlessCacheName")]
            token = next((e.text for e in answer.xml.iter(harness.NAMESPACE + "NextToken")), None)
        self.assertEqual(caches, listed)

    def test_of_reserved_nodes_and_their_offerings(self):
        offers = self.listed("describe_reserved_cache_nodes_offerings", "ReservedCacheNodesOfferings", "ReservedCacheNodesOfferingId", size=20)
        self.assertEqual(len(set(offers)), len(offers))
        self.assertGreater(len(offers), 100)
        nodes = names(300)
        self.make("PurchaseReservedCacheNodesOffering", ["ReservedCacheNodesOfferingId=%s&ReservedCacheNodeId=%s" % (offers[0], i) for i in nodes])
        self.assertEqual(nodes, sorted(self.listed("describe_reserved_cache_nodes", "ReservedCacheNodes", "ReservedCacheNodeId", size=20)))


if __name__ == "__main__":
    unittest.main()
