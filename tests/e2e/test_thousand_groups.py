"""Paginators over more than a thousand replication groups, cache clusters, snapshots and events; and the quota that ends them."""
import unittest

import harness
from thousands import REGION, Case, names

# A look at the whole world after every pass would take longer than all else.
setUpModule, tearDownModule = harness.one_server(flags=["--dry-run", "--quotas", "raised", "--check=off"])


class Groups(Case):
    def settle(self, n_groups):
        harness.wait_for(lambda: set(self.listed("describe_replication_groups", "ReplicationGroups", "Status")) == {"available"}, "%d replication groups" % n_groups)

    def test_of_groups_clusters_and_snapshots(self):
        groups, clusters = names(1100, "g"), names(400)
        self.make("CreateReplicationGroup", ["ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId=" + i for i in groups])
        self.make("CreateCacheCluster", ["Engine=memcached&CacheNodeType=cache.r7g.large&NumCacheNodes=1&CacheClusterId=" + i for i in clusters])
        self.assertEqual(groups, self.listed("describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"))
        self.assertEqual([i + "-001" for i in groups] + clusters, self.listed("describe_cache_clusters", "CacheClusters", "CacheClusterId"))
        self.assertEqual(clusters, self.listed("describe_cache_clusters", "CacheClusters", "CacheClusterId", ShowCacheClustersNotInReplicationGroups=True))
        for action, form in (("CreateCacheCluster", "Engine=memcached&NumCacheNodes=1&CacheClusterId=last"), ("CreateReplicationGroup", "ReplicationGroupDescription=d&ReplicationGroupId=last")):
            answer = self.server.query(REGION, Action=action, CacheNodeType="cache.r7g.large", **dict(p.split("=") for p in form.split("&")))
            self.assertEqual("ClusterQuotaForCustomerExceeded", answer.code, answer.message)
        self.settle(len(groups))
        self.make("CreateSnapshot", ["SnapshotName=s%s&ReplicationGroupId=%s" % (i, i) for i in groups])
        self.assertEqual(["s" + i for i in groups], self.listed("describe_snapshots", "Snapshots", "SnapshotName", size=50))
        events = self.listed("describe_events", "Events", "SourceIdentifier", SourceType="replication-group")
        self.assertEqual(groups, sorted(events))



if __name__ == "__main__":
    unittest.main()
