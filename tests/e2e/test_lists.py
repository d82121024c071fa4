"""Pages, filters, tags, events and the list of engine versions."""
import datetime
import unittest

import harness
from harness import name

setUpModule, tearDownModule = harness.one_server()

GROUPS = 21
PAGED = "eu-central-1"


class Pages(harness.Case):
    @classmethod
    def setUpClass(cls):
        case = cls("group")
        cls.ids = sorted(case.create_group(PAGED, wait=False, stem="page") for _ in range(GROUPS))
        for group in cls.ids:
            case.wait_group(group, PAGED)

    def pages(self, operation, key, **arguments):
        return [page[key] for page in self.api(PAGED).get_paginator(operation).paginate(**arguments)]

    def test_of_replication_groups_hold_max_records_and_miss_nothing(self):
        pages = self.pages("describe_replication_groups", "ReplicationGroups", PaginationConfig={"PageSize": 20})
        self.assertEqual([20, 1], [len(p) for p in pages])
        self.assertEqual(self.ids, [g["ReplicationGroupId"] for page in pages for g in page])

    def test_of_cache_clusters_hold_max_records_and_miss_nothing(self):
        pages = self.pages("describe_cache_clusters", "CacheClusters", PaginationConfig={"PageSize": 20})
        self.assertEqual([20, 1], [len(p) for p in pages])
        self.assertEqual([i + "-001" for i in self.ids], [c["CacheClusterId"] for page in pages for c in page])

    def test_end_without_a_marker(self):
        first = self.api(PAGED).describe_replication_groups(MaxRecords=20)
        last = self.api(PAGED).describe_replication_groups(MaxRecords=20, Marker=first["Marker"])
        self.assertFalse(last.get("Marker"))

    def test_survive_that_something_is_deleted_between_them(self):
        first = self.api(PAGED).describe_replication_groups(MaxRecords=20)
        shown = first["ReplicationGroups"][-1]["ReplicationGroupId"]
        self.api(PAGED).delete_replication_group(ReplicationGroupId=shown)
        self.wait_group_gone(shown, PAGED)
        self.addCleanup(lambda: self.create_group(PAGED, ReplicationGroupId=shown))
        rest = self.api(PAGED).describe_replication_groups(MaxRecords=20, Marker=first["Marker"])["ReplicationGroups"]
        self.assertEqual(self.ids[20:], [g["ReplicationGroupId"] for g in rest])

    def test_of_another_size_than_20_to_100_are_refused(self):
        for size in (0, 19, 101, -1):
            with self.subTest(size=size):
                self.assert_fault("InvalidParameterValue", 400, self.api(PAGED).describe_replication_groups, MaxRecords=size,
                                  message="MaxRecords")

    def test_after_a_marker_that_is_none_are_refused(self):
        self.assert_fault("InvalidParameterValue", 400, self.api(PAGED).describe_replication_groups, Marker="!!", message="arker")


class Tags(harness.Case):
    def arn(self, group, kind="replicationgroup", region="us-east-1", account="000000000000"):
        return "arn:aws:elasticache:%s:%s:%s:%s" % (region, account, kind, group)

    def tags(self, answer):
        return {t["Key"]: t["Value"] for t in answer["TagList"]}

    def test_come_with_the_group_and_reach_its_members(self):
        group = self.create_group(nodes=2, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": "test"}])
        expected = {"team": "blue", "stage": "test"}
        for arn in (self.arn(group), self.arn(group + "-001", "cluster"), self.arn(group + "-002", "cluster")):
            self.assertEqual(expected, self.tags(self.api().list_tags_for_resource(ResourceName=arn)))

    def test_are_added_replaced_and_removed(self):
        group = self.create_group(Tags=[{"Key": "a", "Value": "1"}])
        arn = self.arn(group)
        added = self.api().add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}])
        self.assertEqual({"a": "2", "b": ""}, self.tags(added))
        self.wait_group(group)
        removed = self.api().remove_tags_from_resource(ResourceName=arn, TagKeys=["a"])
        self.assertEqual({"b": ""}, self.tags(removed))
        self.wait_group(group)
        self.assertEqual({"b": ""}, self.tags(self.api().list_tags_for_resource(ResourceName=arn)))

    def test_are_gone_with_their_group(self):
        group = self.create_group(Tags=[{"Key": "old", "Value": "1"}])
        self.delete_group(group)
        self.create_group(ReplicationGroupId=group)
        self.assertEqual({}, self.tags(self.api().list_tags_for_resource(ResourceName=self.arn(group))))

    def test_stay_within_fifty_for_a_resource(self):
        group = self.create_group(Tags=[{"Key": "k%d" % n, "Value": "v"} for n in range(50)])
        self.assert_fault("TagQuotaPerResourceExceeded", 400, self.api().add_tags_to_resource, ResourceName=self.arn(group),
                          Tags=[{"Key": "one-too-many", "Value": "v"}])

    def test_of_a_key_that_is_not_there_cannot_be_removed(self):
        group = self.create_group()
        self.assert_fault("TagNotFound", 404, self.api().remove_tags_from_resource, ResourceName=self.arn(group), TagKeys=["nothing"])

    def test_of_a_wrong_arn_are_refused_in_the_words_of_the_service(self):
        group = self.create_group()
        table = [
            ("not-an-arn", "InvalidARN", 400, "Input ARN string does not have 7 components."),
            ("arn:aws:elasticache:us-east-1:000000000000:replicationgroup", "InvalidARN", 400,
             "Input ARN string does not have 7 components."),
            (self.arn(group).replace("arn:aws:", "arn:aws-cn:"), "InvalidARN", 400,
             "partition field is wrong. Expected value is aws"),
            (self.arn(group).replace(":elasticache:", ":rds:"), "InvalidARN", 400,
             "service field is wrong. Expected value is elasticache"),
            (self.arn(group, region="eu-west-1"), "InvalidParameterValue", 400,
             "Unauthorized call. Please check the region or customer id"),
            (self.arn(group, account="111111111111"), "InvalidParameterValue", 400,
             "The resource ARN does not belong to the caller's account."),
            (self.arn("no-such-group"), "ReplicationGroupNotFoundFault", 404, "no-such-group"),
            (self.arn("no-such-cluster", "cluster"), "CacheClusterNotFound", 404, "no-such-cluster"),
            (self.arn("no-such-parameters", "parametergroup"), "CacheParameterGroupNotFound", 404,
             "no-such-parameters is not present"),
        ]
        for arn, code, status, message in table:
            with self.subTest(arn=arn):
                self.assert_fault(code, status, self.api().list_tags_for_resource, ResourceName=arn, message=message)


class Events(harness.Case):
    def test_are_kept_for_every_member(self):
        group = self.create_group(nodes=2)
        found = self.api().describe_events(SourceType="cache-cluster", SourceIdentifier=group + "-002")["Events"]
        self.assertIn("Cache cluster created", [e["Message"] for e in found])

    def test_can_be_asked_for_by_time(self):
        group = self.create_group()
        now = datetime.datetime.now(datetime.timezone.utc)
        hour = datetime.timedelta(hours=1)
        find = lambda **window: [e for e in self.api().describe_events(SourceType="replication-group", **window)["Events"]
                                 if e["SourceIdentifier"] == group]
        self.assertTrue(find(StartTime=now - hour, EndTime=now + hour))
        self.assertTrue(find(Duration=10))
        self.assertFalse(find(StartTime=now - 3 * hour, EndTime=now - 2 * hour))

    def test_of_an_hour_ago_are_shown_only_when_asked_for(self):
        group = self.create_group(region="ap-south-1")
        find = lambda **window: [e for e in self.api("ap-south-1").describe_events(SourceType="replication-group", **window)["Events"]
                                 if e["SourceIdentifier"] == group]
        self.assertTrue(find())
        self.server.admin("POST", "clock?advance_ms=%d" % (2 * 3600 * 1000))
        self.addCleanup(lambda: self.server.admin("POST", "clock?advance_ms=-%d" % (2 * 3600 * 1000)))
        self.assertFalse(find())
        self.assertTrue(find(Duration=180))


class EngineVersions(harness.Case):
    def versions(self, **filters):
        return self.api().describe_cache_engine_versions(**filters)["CacheEngineVersions"]

    def test_are_sorted_by_engine_and_text(self):
        found = [(v["Engine"], v["EngineVersion"]) for v in self.versions()]
        self.assertEqual(sorted(found), found)
        self.assertLessEqual({("redis", "7.1"), ("redis", "6.2"), ("redis", "5.0.6")}, set(found))

    def test_carry_family_and_descriptions(self):
        found = self.versions(Engine="redis", EngineVersion="7.1")
        self.assertEqual([{"Engine": "redis", "EngineVersion": "7.1", "CacheParameterGroupFamily": "redis7",
                           "CacheEngineDescription": "Redis", "CacheEngineVersionDescription": "redis version 7.1.0"}], found)

    def test_are_filtered_by_engine_in_any_case_and_by_family(self):
        self.assertEqual({"redis"}, {v["Engine"] for v in self.versions(Engine="Redis")})
        self.assertEqual({"redis6.x"}, {v["CacheParameterGroupFamily"] for v in self.versions(CacheParameterGroupFamily="redis6.x")})

    def test_have_one_default_for_an_engine(self):
        self.assertEqual(["7.1"], [v["EngineVersion"] for v in self.versions(Engine="redis", DefaultOnly=True)])

    def test_that_nobody_knows_are_an_empty_list(self):
        self.assertEqual([], self.versions(Engine="redis", EngineVersion="1.2.3"))


if __name__ == "__main__":
    unittest.main()
