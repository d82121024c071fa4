"""What answers mean, where emulators often differ from the service: when a change is in force, what a state forbids, which class a refusal is of."""
import re
import time
import unittest

import harness
from harness import wait_for

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])
REGION = "us-east-1"
ARN = "arn:aws:elasticache:us-east-1:000000000000:"
VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"
# Far from now, so that what waits for it waits.
WINDOW = "%s:05:00-%s:06:00" % (2 * (time.strftime("%a", time.gmtime(time.time() + 3 * 24 * 3600)).lower(),))


class Case(harness.Case):
    def ask(self, action, form):
        return self.server.post("Action=%s&Version=2015-02-02&%s" % (action, form), REGION)

    def done(self, action, form):
        answer = self.ask(action, form)
        self.assertEqual(200, answer.status, (action, form, answer.code, answer.message))
        return answer

    def refused(self, action, form, code, words):
        answer = self.ask(action, form)
        self.assertEqual((code, words), (answer.code, answer.message), (action, form))

    def made_group(self, name, form="NumCacheClusters=2&AutomaticFailoverEnabled=true"):
        self.done("CreateReplicationGroup", "ReplicationGroupId=%s&ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&PreferredMaintenanceWindow=%s&%s" % (name, WINDOW, form))
        self.wait_group(name)

    def shown(self, name):
        return self.api().describe_replication_groups(ReplicationGroupId=name)["ReplicationGroups"][0]

    def described(self, name):
        return self.api().describe_cache_clusters(CacheClusterId=name, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def hold(self, milliseconds):
        """From now on nodes take so long to start."""
        self.server.admin("PUT", "dry-run?start_ms=%d" % milliseconds)
        self.addCleanup(self.server.admin, "PUT", "dry-run?start_ms=1")


class Changes(Case):
    def test_wait_for_the_window_without_apply_immediately(self):
        self.made_group("waits")
        self.done("ModifyReplicationGroup", "ReplicationGroupId=waits&AutomaticFailoverEnabled=false")
        shown = self.shown("waits")
        self.assertEqual(("available", "enabled", "disabled"), (shown["Status"], shown["AutomaticFailover"], shown["PendingModifiedValues"]["AutomaticFailoverStatus"]))
        self.done("ModifyReplicationGroup", "ReplicationGroupId=waits&CacheNodeType=cache.r7g.xlarge")
        self.assertEqual("cache.r7g.large", self.shown("waits")["CacheNodeType"])
        self.assertEqual("cache.r7g.xlarge", self.described("waits-001")["PendingModifiedValues"]["CacheNodeType"])
        self.done("ModifyReplicationGroup", "ReplicationGroupId=waits&ReplicationGroupDescription=now")
        self.assertEqual("now", self.shown("waits")["Description"])
        self.done("ModifyReplicationGroup", "ReplicationGroupId=waits&ReplicationGroupDescription=all&ApplyImmediately=true")
        self.wait_group("waits")
        shown = self.shown("waits")
        self.assertEqual(("disabled", "cache.r7g.xlarge", {}), (shown["AutomaticFailover"], shown["CacheNodeType"], shown["PendingModifiedValues"]))

    def test_of_cluster_mode_are_pending_until_they_are_made(self):
        self.made_group("mode", "Engine=redis&EngineVersion=7.1&NumCacheClusters=2&AutomaticFailoverEnabled=true")
        self.assertFalse(self.shown("mode")["ClusterEnabled"])
        pending = "<PendingModifiedValues><ClusterMode>compatible</ClusterMode></PendingModifiedValues>"
        text = self.done("ModifyReplicationGroup", "ReplicationGroupId=mode&ClusterMode=compatible&ApplyImmediately=true").text
        self.assertIn(pending, text)
        self.assertIn("<ClusterMode>disabled</ClusterMode>", text.replace(pending, ""))
        self.wait_group("mode")
        self.assertTrue(self.shown("mode")["ClusterEnabled"])
        self.assertIn("<ClusterMode>compatible</ClusterMode>", self.done("DescribeReplicationGroups", "ReplicationGroupId=mode").text)

    def test_of_notifications_are_kept(self):
        self.made_group("topic", "NotificationTopicArn=arn:aws:sns:us-east-1:000000000000:t")
        self.done("ModifyReplicationGroup", "ReplicationGroupId=topic&NotificationTopicStatus=inactive")
        self.assertEqual({"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "TopicStatus": "inactive"}, self.described("topic-001")["NotificationConfiguration"])


class States(Case):
    def test_forbid_a_failover_before_the_last_is_over(self):
        self.made_group("moved", "NumCacheClusters=3&AutomaticFailoverEnabled=true")
        self.server.admin("PUT", "dry-run?switch_ms=3600000")
        self.addCleanup(self.server.admin, "PUT", "dry-run?switch_ms=1")
        self.done("TestFailover", "ReplicationGroupId=moved&NodeGroupId=0001")
        self.refused("TestFailover", "ReplicationGroupId=moved&NodeGroupId=0001", "InvalidReplicationGroupState", "Replication group must be in available state to modify.")

    def test_forbid_tags_of_what_is_not_available(self):
        self.hold(3600000)
        self.done("CreateCacheCluster", "Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1&CacheClusterId=unborn")
        self.done("CreateReplicationGroup", "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId=unborn-rg")
        for action, more in (("ListTagsForResource", ""), ("AddTagsToResource", "&Tags.Tag.1.Key=k"), ("RemoveTagsFromResource", "&TagKeys.member.1=k")):
            self.refused(action, "ResourceName=" + ARN + "cluster:unborn" + more, "CacheClusterNotFound", "unborn is either not present or not available.")
            for of in ("replicationgroup:unborn-rg", "cluster:unborn-rg-001"):
                self.refused(action, "ResourceName=" + ARN + of + more, "InvalidReplicationGroupState", "Cluster not in available state to perform tagging operations.")


class Rules(Case):
    def test_that_the_documentation_has_are_asked(self):
        rg = "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId=never&"
        table = [
            ("CacheNodeType=cache.m1.small", VALUE, "Invalid Cache Node Type: cache.m1.small."),
            ("PreferredMaintenanceWindow=sun:23:00-mon:01:00&SnapshotWindow=00:30-01:30", VALUE, "The snapshot window and the maintenance window must not overlap."),
            ("SecurityGroupIds.SecurityGroupId.1=sg_b", VALUE, "Invalid security group id: sg_b."),
            ("NotificationTopicArn=arn:aws:sqs:us-east-1:000000000000:t", VALUE, "Invalid topic ARN: arn:aws:sqs:us-east-1:000000000000:t."),
            ("EngineVersion=4.0.13", COMBINATION, "Cannot find version 4.0.13 for redis"),
            ("NumNodeGroups=2&ReplicasPerNodeGroup=1&AutomaticFailoverEnabled=false", VALUE, "Redis with cluster mode enabled cannot be created with auto failover turned off."),
        ]
        for more, code, words in table:
            names = {pair.partition("=")[0] for pair in more.split("&")}
            form = "&".join([pair for pair in rg.strip("&").split("&") if pair.partition("=")[0] not in names] + [more])
            with self.subTest(more):
                self.refused("CreateReplicationGroup", form, code, words)

    def test_keep_the_only_replica(self):
        self.made_group("pair")
        self.refused("DeleteCacheCluster", "CacheClusterId=pair-002", "InvalidCacheClusterState",
                     "Cannot delete the cache cluster because it is the only read replica for replication group pair with automatic failover enabled.")


class Answers(Case):
    def test_leave_out_what_is_empty(self):
        for action, form in (("DescribeCacheParameters", "CacheParameterGroupName=default.redis7"), ("DescribeEngineDefaultParameters", "CacheParameterGroupFamily=memcached1.6")):
            text = self.done(action, form).text
            self.assertEqual([], re.findall(r"<(?:AllowedValues|ParameterValue)(?:/>|></)", text))

    def test_find_events_by_their_source_alone(self):
        self.made_group("told")
        found = self.api().describe_events(SourceIdentifier="told")["Events"]
        self.assertEqual({"replication-group"}, {e["SourceType"] for e in found})
        self.assertIn("Replication group told created", [e["Message"] for e in found])

    def test_of_snapshots_inherit_tags(self):
        self.made_group("tagged", "NumCacheClusters=1&Tags.Tag.1.Key=team&Tags.Tag.1.Value=blue")
        self.done("CreateSnapshot", "ReplicationGroupId=tagged&SnapshotName=snap")
        wait_for(lambda: self.api().describe_snapshots(SnapshotName="snap")["Snapshots"][0]["SnapshotStatus"] == "available", "the snapshot")
        self.done("CopySnapshot", "SourceSnapshotName=snap&TargetSnapshotName=copy")
        for name in ("snap", "copy"):
            self.assertEqual([{"Key": "team", "Value": "blue"}], self.api().list_tags_for_resource(ResourceName=ARN + "snapshot:" + name)["TagList"])


if __name__ == "__main__":
    unittest.main()
