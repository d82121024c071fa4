"""What is refused, with which code, HTTP status and words."""
import os
import signal
import unittest

import harness
from datastores import AWAY, FAR, HOME, Case
from harness import NODE_TYPE, name

setUpModule, tearDownModule = harness.one_server()

IDENTIFIER = ("is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; "
              "and must not end with a hyphen or contain two consecutive hyphens.")
VALUE, COMBINATION = "InvalidParameterValue", "InvalidParameterCombination"


class Table(Case):
    """Rows of (changed parameters, code, status, text); None removes a parameter."""

    def run_table(self, action, defaults, rows, region=HOME):
        for changes, code, status, text in rows:
            parameters = {k: v for k, v in (defaults | changes).items() if v is not None}
            with self.subTest(**changes):
                answer = self.server.query(region, Action=action, **parameters)
                self.assertEqual((status, code), (answer.status, answer.code), answer.text)
                self.assertIn(text, answer.message)


class CreateReplicationGroup(Table):
    def test_refuses_what_it_cannot_make(self):
        taken = self.create_group()
        good = {"ReplicationGroupId": "never-made", "ReplicationGroupDescription": "d", "Engine": "redis", "CacheNodeType": NODE_TYPE}
        absent = "The parameter %s must be provided and must not be null."
        self.run_table("CreateReplicationGroup", good, [
            ({"ReplicationGroupId": None}, VALUE, 400, absent % "ReplicationGroupId"),
            ({"ReplicationGroupDescription": None}, VALUE, 400, absent % "ReplicationGroupDescription"),
            ({"CacheNodeType": None}, VALUE, 400, absent % "CacheNodeType"),
            ({"CacheNodeType": "cache.r6g.medium"}, VALUE, 400, "Invalid Cache Node Type: cache.r6g.medium."),
            ({"ReplicationGroupId": "1st"}, VALUE, 400, IDENTIFIER),
            ({"ReplicationGroupId": "a--b"}, VALUE, 400, IDENTIFIER),
            ({"ReplicationGroupId": "a-"}, VALUE, 400, IDENTIFIER),
            ({"ReplicationGroupId": "a_b"}, VALUE, 400, IDENTIFIER),
            ({"ReplicationGroupId": "ünder"}, VALUE, 400, IDENTIFIER),
            ({"ReplicationGroupId": "a" * 41}, VALUE, 400, ""),
            ({"ReplicationGroupId": taken}, "ReplicationGroupAlreadyExists", 400, ""),
            ({"ReplicationGroupId": taken.upper()}, "ReplicationGroupAlreadyExists", 400, ""),
            ({"AutomaticFailoverEnabled": "true"}, COMBINATION, 400,
             "When using automatic failover, there must be at least 2 cache clusters in the replication group."),
            ({"MultiAZEnabled": "true", "NumCacheClusters": "2"}, COMBINATION, 400, ""),
            ({"EngineVersion": "6.2.6"}, VALUE, 400, "Specific version selection is not allowed for '6.2.6', please use '6.2'"),
            ({"EngineVersion": "99.1"}, COMBINATION, 400, ""),
            ({"Engine": "mongodb"}, VALUE, 400, ""),
            ({"CacheParameterGroupName": "no-such"}, "CacheParameterGroupNotFound", 404, "CacheParameterGroup not found: no-such"),
            ({"CacheParameterGroupName": "default.redis6.x"}, COMBINATION, 400,
             "Expected a parameter group of family redis7 but found one of family redis6.x"),
            ({"CacheSubnetGroupName": "main"}, "CacheSubnetGroupNotFoundFault", 400, "Cache Subnet Group main does not exist."),
            ({"SnapshotWindow": "01:00-01:30"}, VALUE, 400, "Snapshot window must be at least 60 minutes."),
            ({"SnapshotWindow": "noon"}, VALUE, 400, ""),
            ({"PreferredMaintenanceWindow": "someday"}, VALUE, 400, ""),
            ({"SnapshotRetentionLimit": "36"}, VALUE, 400, ""),
            ({"NumCacheClusters": "0"}, VALUE, 400, ""),
            ({"NumCacheClusters": "7"}, VALUE, 400, ""),
            ({"NumCacheClusters": "three"}, None, 400, ""),
            ({"AutomaticFailoverEnabled": "perhaps"}, None, 400, ""),
            ({"Port": "70000"}, VALUE, 400, ""),
            ({"AuthToken": "sixteen-characters!"}, COMBINATION, 400,
             "The AUTH token is only supported when encryption-in-transit is enabled"),
            ({"KmsKeyId": "some-key"}, COMBINATION, 400, "Please enable encryption at rest to use Customer Managed CMK"),
            ({"GlobalReplicationGroupId": "ldgnf-nowhere", "Engine": None, "CacheNodeType": None},
             "GlobalReplicationGroupNotFoundFault", 404, "ldgnf-nowhere"),
        ])
        self.assertNotIn("never-made", [g["ReplicationGroupId"] for g in self.api().describe_replication_groups()["ReplicationGroups"]])

    def run_table(self, action, defaults, rows, region=HOME):
        """Where the service's code for a malformed value is not known, any code will do: 400 it is."""
        exact = [row for row in rows if row[1]]
        super().run_table(action, defaults, exact, region)
        for changes, _, status, _ in (row for row in rows if not row[1]):
            with self.subTest(**changes):
                answer = self.server.query(region, Action=action, **(defaults | changes))
                self.assertEqual(status, answer.status, answer.text)
                self.assertTrue(answer.code)


class ReplicationGroups(Table):
    def test_that_are_not_there_are_not_found(self):
        for action, more in (("DescribeReplicationGroups", {}), ("DeleteReplicationGroup", {}),
                             ("ModifyReplicationGroup", {"ReplicationGroupDescription": "x", "ApplyImmediately": "true"})):
            self.run_table(action, {"ReplicationGroupId": "nobody"} | more, [({}, "ReplicationGroupNotFoundFault", 404, "nobody")])
        self.run_table("DescribeCacheClusters", {"CacheClusterId": "nobody"},
                       [({}, "CacheClusterNotFound", 404, "CacheCluster not found: nobody")])

    def test_are_no_cache_clusters_by_their_own_id(self):
        group = self.create_group()
        self.run_table("DescribeCacheClusters", {"CacheClusterId": group},
                       [({}, "CacheClusterNotFound", 404, "CacheCluster not found: " + group)])

    def test_are_left_alone_while_they_are_not_available(self):
        region = "sa-east-1"
        self.create_group(region)
        agent = self.server.agent(region)
        os.kill(agent, signal.SIGSTOP)
        try:
            group = self.create_group(region, wait=False)
            state = "InvalidReplicationGroupState"
            self.run_table("ModifyReplicationGroup", {"ReplicationGroupId": group}, [
                ({"ReplicationGroupDescription": "new", "ApplyImmediately": "true"}, state, 400,
                 "Replication group must be in available state to modify.")], region)
            arn = "arn:aws:elasticache:%s:000000000000:replicationgroup:%s" % (region, group)
            self.run_table("AddTagsToResource", {"ResourceName": arn, "Tags.Tag.1.Key": "k", "Tags.Tag.1.Value": "v"}, [
                ({}, state, 400, "Cluster not in available state to perform tagging operations.")], region)
            self.run_table("CreateGlobalReplicationGroup", {"GlobalReplicationGroupIdSuffix": "early", "PrimaryReplicationGroupId": group},
                           [({}, state, 400, "")], region)
        finally:
            os.kill(agent, signal.SIGCONT)
        self.wait_group(group, region)


class GlobalDatastores(Table):
    @classmethod
    def setUpClass(cls):
        case = cls("world")
        cls.id, cls.home = case.create_global()
        cls.away = case.join(cls.id, AWAY)

    def test_need_a_suitable_group(self):
        small = self.create_group(CacheNodeType="cache.t3.micro")
        free = self.create_group()
        missing = "GlobalReplicationGroupNotFoundFault"
        suffix = self.id.partition("-")[2]
        self.run_table("CreateGlobalReplicationGroup", {"GlobalReplicationGroupIdSuffix": "x", "PrimaryReplicationGroupId": free}, [
            ({"GlobalReplicationGroupIdSuffix": None}, VALUE, 400,
             "The parameter GlobalReplicationGroupIdSuffix must be provided and must not be null."),
            ({"PrimaryReplicationGroupId": None}, VALUE, 400,
             "The parameter PrimaryReplicationGroupId must be provided and must not be null."),
            ({"PrimaryReplicationGroupId": "nobody"}, "ReplicationGroupNotFoundFault", 404, "nobody"),
            ({"PrimaryReplicationGroupId": small}, VALUE, 400, "Global replication group is not supported for the node type."),
            ({"PrimaryReplicationGroupId": self.home}, VALUE, 400, ""),
            ({"GlobalReplicationGroupIdSuffix": suffix}, "GlobalReplicationGroupAlreadyExistsFault", 400, ""),
        ])
        for action, more in (("DescribeGlobalReplicationGroups", {}),
                             ("DeleteGlobalReplicationGroup", {"RetainPrimaryReplicationGroup": "true"}),
                             ("FailoverGlobalReplicationGroup", {"PrimaryRegion": AWAY, "PrimaryReplicationGroupId": "x"}),
                             ("DisassociateGlobalReplicationGroup", {"ReplicationGroupId": "x", "ReplicationGroupRegion": AWAY})):
            self.run_table(action, {"GlobalReplicationGroupId": "ldgnf-nowhere"} | more, [({}, missing, 404, "ldgnf-nowhere")])

    def test_give_their_settings_to_new_members(self):
        text = "Cannot use the given parameters when creating new replication group in an existing global replication group."
        inherited = {"AutomaticFailoverEnabled": "true", "NumNodeGroups": "1", "CacheParameterGroupName": "default.redis7",
                     "CacheNodeType": NODE_TYPE, "Engine": "redis", "EngineVersion": "7.1", "TransitEncryptionEnabled": "false",
                     "AtRestEncryptionEnabled": "false", "SnapshotName": "s", "PrimaryClusterId": "c",
                     "CacheSecurityGroupNames.CacheSecurityGroupName.1": "g", "SnapshotArns.SnapshotArn.1": "arn:aws:s3:::b/s.rdb"}
        self.run_table("CreateReplicationGroup", {"ReplicationGroupId": "never", "ReplicationGroupDescription": "d",
                                                  "GlobalReplicationGroupId": self.id},
                       [({k: v}, COMBINATION, 400, text) for k, v in inherited.items()], FAR)

    def test_have_one_member_a_region_and_three_at_most(self):
        member = {"ReplicationGroupId": "too-many", "ReplicationGroupDescription": "d", "GlobalReplicationGroupId": self.id}
        for region in (HOME, AWAY):
            answer = self.server.query(region, Action="CreateReplicationGroup", **member)
            self.assertEqual(400, answer.status, answer.text)
        self.join(self.id, FAR, stem="far")
        answer = self.server.query("eu-central-1", Action="CreateReplicationGroup", **member)
        self.assertEqual(400, answer.status, answer.text)

    def test_guard_their_members(self):
        text = "Cluster [%s] is part of a global cluster [%s]. Request rejected." % (self.home, self.id)
        self.wait_group(self.home, HOME)
        for changes in ({"CacheNodeType": "cache.r6g.xlarge"}, {"EngineVersion": "7.1"}, {"AutomaticFailoverEnabled": "true"},
                        {"CacheParameterGroupName": "default.redis7"}):
            self.run_table("ModifyReplicationGroup", {"ReplicationGroupId": self.home, "ApplyImmediately": "true"},
                           [(changes, VALUE, 400, text)])
        answer = self.server.query(HOME, Action="DeleteReplicationGroup", ReplicationGroupId=self.home)
        self.assertEqual(400, answer.status, answer.text)
        self.assertIn(answer.code, (VALUE, "InvalidReplicationGroupState"))

    def test_fail_over_to_secondaries_only(self):
        world = {"GlobalReplicationGroupId": self.id}
        self.run_table("FailoverGlobalReplicationGroup", world | {"PrimaryRegion": AWAY, "PrimaryReplicationGroupId": self.away}, [
            ({"PrimaryRegion": HOME, "PrimaryReplicationGroupId": self.home}, VALUE, 400, ""),
            ({"PrimaryReplicationGroupId": "nobody"}, VALUE, 400, ""),
            ({"PrimaryRegion": "sa-east-1"}, VALUE, 400, ""),
            ({"PrimaryRegion": None}, VALUE, 400, "The parameter PrimaryRegion must be provided and must not be null."),
        ])

    def test_let_only_secondaries_go(self):
        self.run_table("DisassociateGlobalReplicationGroup", {"GlobalReplicationGroupId": self.id}, [
            ({"ReplicationGroupId": self.home, "ReplicationGroupRegion": HOME}, VALUE, 400, ""),
            ({"ReplicationGroupId": "nobody", "ReplicationGroupRegion": AWAY}, VALUE, 400,
             "is not associated with Global Replication Group"),
        ])


class Protocol(harness.Case):
    def refused(self, status, code, answer):
        self.assertEqual((status, code), (answer.status, answer.code), answer.text)
        self.assertEqual("text/xml", answer.headers.get_content_type())

    def test_knows_its_actions(self):
        self.refused(400, "InvalidAction", self.server.query(Action="MakeCoffee"))
        self.refused(400, "InvalidAction", self.server.query(Action="describereplicationgroups"))

    def test_knows_its_version(self):
        self.refused(400, "InvalidAction", self.server.query(Action="DescribeReplicationGroups", Version="2014-01-01"))

    def test_needs_an_action(self):
        self.refused(400, "MissingAction", self.server.query())
        self.refused(400, "MissingAction", self.server.post(""))

    def test_answers_a_get_as_a_post(self):
        answer = self.server.post(None, method="GET", path="/?Action=DescribeReplicationGroups&Version=2015-02-02")
        self.assertEqual(200, answer.status, answer.text)
        self.assertEqual(harness.NAMESPACE + "DescribeReplicationGroupsResponse", answer.xml.tag)

    def test_tells_a_request_id_in_header_and_body(self):
        answer = self.server.query(Action="DescribeReplicationGroups")
        inside = answer.xml.findtext("{0}ResponseMetadata/{0}RequestId".format(harness.NAMESPACE))
        self.assertRegex(inside, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(inside, answer.headers["x-amzn-RequestId"])

    def test_takes_other_methods_for_a_mistake(self):
        for method in ("PUT", "DELETE", "PATCH"):
            self.assertEqual(405, self.server.post("Action=DescribeReplicationGroups", method=method).status)

    def test_refuses_bodies_that_are_too_large_or_no_form(self):
        self.assertIn(self.server.post("Action=DescribeReplicationGroups&Version=2015-02-02&Marker=" + "x" * (2 << 20)).status, (400, 413))
        for body in (b"Action=Describe%zz&Version=2015-02-02", b"\xff\xfe\x00", b"Action=DescribeReplicationGroups%00&Version=2015-02-02",
                     b"&&&===", b"Action=CreateReplicationGroup&Version=2015-02-02&ReplicationGroupId=%ff%fe"):
            with self.subTest(body=body):
                answer = self.server.post(body)
                self.assertIn(answer.status, (400, 404), answer.text)
                self.assertTrue(answer.code)

    def test_collects_list_members_by_their_number(self):
        tags = {"Tags.Tag.%d.%s" % (n, part): "%s%02d" % (part, n) for n in range(1, 12) for part in ("Key", "Value")}
        group = name("tagged")
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="d",
                                   Engine="redis", CacheNodeType=NODE_TYPE, **dict(sorted(tags.items())))
        self.assertEqual(200, answer.status, answer.text)
        self.wait_group(group)
        arn = "arn:aws:elasticache:us-east-1:000000000000:replicationgroup:" + group
        found = self.api().list_tags_for_resource(ResourceName=arn)["TagList"]
        self.assertEqual({"Key%02d" % n: "Value%02d" % n for n in range(1, 12)}, {t["Key"]: t["Value"] for t in found})

    def test_takes_an_unsigned_request_for_one_to_the_default_region(self):
        group = self.create_group("us-east-1")
        answer = self.server.post("Action=DescribeReplicationGroups&Version=2015-02-02&ReplicationGroupId=" + group, region=None)
        self.assertEqual(200, answer.status, answer.text)

    def test_takes_the_region_from_the_signature(self):
        group = self.create_group("eu-west-2")
        self.assertEqual(200, self.server.query("eu-west-2", Action="DescribeReplicationGroups", ReplicationGroupId=group).status)
        self.refused(404, "ReplicationGroupNotFoundFault",
                     self.server.query("eu-west-3", Action="DescribeReplicationGroups", ReplicationGroupId=group))

    def test_takes_the_account_from_an_access_key_of_twelve_digits(self):
        group = name("other-account")
        created = self.server.api("us-east-1", "123456789012").create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="d", CacheNodeType=NODE_TYPE)["ReplicationGroup"]
        self.assertEqual("arn:aws:elasticache:us-east-1:123456789012:replicationgroup:" + group, created["ARN"])


if __name__ == "__main__":
    unittest.main()
