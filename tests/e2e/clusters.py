"""What tests of stand-alone clusters share: making one, waiting for it, and time that passes at once."""
import datetime

import harness
from harness import NODE_TYPE, name, wait_for


class Case(harness.Case):
    def create_cluster(self, region="us-east-1", wait=True, stem="cc", **more):
        """Creates a redis cluster, or what 'more' says, and waits until it is available; returns its id."""
        cluster = more.pop("CacheClusterId", None) or name(stem)
        arguments = dict(CacheClusterId=cluster, Engine="redis", CacheNodeType=NODE_TYPE, NumCacheNodes=1)
        self.api(region).create_cache_cluster(**(arguments | more))
        if wait:
            self.wait_cluster(cluster, region)
        return cluster

    def cluster(self, cluster, region="us-east-1"):
        return self.api(region).describe_cache_clusters(CacheClusterId=cluster, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def wait_cluster(self, cluster, region="us-east-1", status="available"):
        return wait_for(lambda: next((c for c in [self.cluster(cluster, region)] if c["CacheClusterStatus"] == status), None),
                        "%s %s in %s" % (cluster, status, region))

    def delete_cluster(self, cluster, region="us-east-1"):
        self.api(region).delete_cache_cluster(CacheClusterId=cluster)
        self.wait_cluster_gone(cluster, region)

    def wait_cluster_gone(self, cluster, region="us-east-1"):
        def gone():
            try:
                return not self.cluster(cluster, region)
            except self.api(region).exceptions.CacheClusterNotFoundFault:
                return True
        wait_for(gone, "%s gone from %s" % (cluster, region))

    def modify(self, cluster, at_once=True, **what):
        return self.api().modify_cache_cluster(CacheClusterId=cluster, ApplyImmediately=at_once, **what)["CacheCluster"]

    def endpoints(self, cluster):
        """(address, port) of every node, in the order of their ids."""
        return [(n["Endpoint"]["Address"], n["Endpoint"]["Port"]) for n in self.cluster(cluster)["CacheNodes"]]

    def process_ids(self, cluster):
        return {n["id"]: n["pid"] for n in self.server.nodes() if n["cluster"] == cluster}

    def messages(self, cluster):
        events = self.api().describe_events(SourceType="cache-cluster", SourceIdentifier=cluster, Duration=14 * 24 * 60)["Events"]
        return [e["Message"] for e in events]

    def pass_window(self, cluster):
        """Moves the clock into the cluster's maintenance window; the test's end moves it back."""
        begin = self.cluster(cluster)["PreferredMaintenanceWindow"].split("-")[0]
        day, hour, minute = begin.split(":")
        now = datetime.datetime.now(datetime.timezone.utc)
        days = (["mon", "tue", "wed", "thu", "fri", "sat", "sun"].index(day) - now.weekday()) % 7
        then = (now + datetime.timedelta(days)).replace(hour=int(hour), minute=int(minute), second=30)
        ms = int(((then - now).total_seconds()) * 1000) + (0 if then > now else 7 * 24 * 3600 * 1000)
        self.server.admin("POST", "clock?advance_ms=%d" % ms)
        self.addCleanup(lambda: self.server.admin("POST", "clock?advance_ms=-%d" % ms))


def far_window():
    """A maintenance window that is half a week away."""
    then = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=3.5)
    day = then.strftime("%a").lower()
    return "%s:12:00-%s:13:00" % (day, day)
