"""The Fault Injection Service: a zone loses its power for some replication groups, and has it back."""
import json
import unittest
import urllib.error
import urllib.request

import boto3
import botocore.config
import harness
from harness import name, wait_for

setUpModule, tearDownModule = harness.one_server()

WAIT = "aws:fis:wait"
ACTION, RESOURCE = "aws:elasticache:replicationgroup-interrupt-az-power", "aws:elasticache:replicationgroup"


class Experiments(harness.Case):
    def fis(self, region="us-east-1", account="test"):
        return boto3.client("fis", region_name=region, endpoint_url=self.server.url, aws_access_key_id=account, aws_secret_access_key="test",
                            config=botocore.config.Config(retries={"max_attempts": 0}))

    def arn(self, group):
        return "arn:aws:elasticache:us-east-1:000000000000:replicationgroup:" + group

    def template(self, target, duration="PT1M", **more):
        """A request for one action on one target."""
        return {"clientToken": name("token"), "description": "a test", "roleArn": "arn:aws:iam::000000000000:role/fis",
                "stopConditions": [{"source": "none"}],
                "targets": {"them": {"resourceType": RESOURCE, "selectionMode": "ALL",
                                     "parameters": {"availabilityZoneIdentifier": "us-east-1a"}, **target}},
                "actions": {"power": {"actionId": ACTION, "parameters": {"duration": duration}, "targets": {"ReplicationGroups": "them"}}}} | more

    def pair(self, **more):
        return self.create_group(nodes=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True,
                                 PreferredCacheClusterAZs=["us-east-1a", "us-east-1b"], **more)

    def ready(self, group):
        return sorted(n["zone"] for n in self.server.nodes(group) if n["serves"])

    def status(self, experiment):
        return self.fis().get_experiment(id=experiment["id"])["experiment"]["state"]["status"]

    def test_take_the_nodes_of_a_zone_until_their_time_is_over(self):
        hit, spared = self.pair(), self.pair()
        template = self.fis().create_experiment_template(**self.template({"resourceArns": [self.arn(hit)]}, "PT5M"))["experimentTemplate"]
        self.assertEqual("a test", template["description"])
        experiment = self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template["id"], tags={"a": "b"})["experiment"]
        self.assertEqual(("running", template["id"], {"a": "b"}),
                         (experiment["state"]["status"], experiment["experimentTemplateId"], experiment["tags"]))
        self.assertEqual("running", experiment["actions"]["power"]["state"]["status"])
        wait_for(lambda: self.ready(hit) == ["us-east-1b"], "one zone without power")
        self.assertEqual(["us-east-1a", "us-east-1b"], self.ready(spared))
        self.assertEqual([experiment["id"]], [e["id"] for e in self.fis().list_experiments()["experiments"] if e["experimentTemplateId"] == template["id"]])
        self.server.admin("POST", "clock?advance_ms=300000")
        wait_for(lambda: self.status(experiment) == "completed", "the end of the experiment")
        wait_for(lambda: self.ready(hit) == ["us-east-1a", "us-east-1b"], "both zones")
        self.assertIn("endTime", self.fis().get_experiment(id=experiment["id"])["experiment"])

    def test_choose_by_tags_and_can_be_stopped(self):
        tagged, other = self.pair(Tags=[{"Key": "team", "Value": "a"}, {"Key": "x", "Value": "y"}]), self.pair(Tags=[{"Key": "team", "Value": "b"}])
        template = self.fis().create_experiment_template(**self.template({"resourceTags": {"team": "a"}}))["experimentTemplate"]
        experiment = self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template["id"])["experiment"]
        wait_for(lambda: self.ready(tagged) == ["us-east-1b"], "one zone without power")
        self.assertEqual(2, len(self.ready(other)))
        self.assertEqual("stopped", self.fis().stop_experiment(id=experiment["id"])["experiment"]["state"]["status"])
        wait_for(lambda: len(self.ready(tagged)) == 2, "both zones")
        with self.assertRaises(self.fis().exceptions.ValidationException):
            self.fis().stop_experiment(id=experiment["id"])
        self.assertIn(template["id"], [t["id"] for t in self.fis().list_experiment_templates()["experimentTemplates"]])
        self.fis().delete_experiment_template(id=template["id"])
        with self.assertRaises(self.fis().exceptions.ResourceNotFoundException):
            self.fis().get_experiment_template(id=template["id"])

    def states(self, experiment):
        shown = self.fis().get_experiment(id=experiment["id"])["experiment"]
        return {name: a["state"]["status"] for name, a in shown["actions"].items()}, shown["state"]["status"]

    def test_start_one_action_after_the_other(self):
        group = self.pair()
        asked = self.template({"resourceArns": [self.arn(group)]}, "PT2M")
        asked["targets"]["others"] = asked["targets"]["them"] | {"parameters": {"availabilityZoneIdentifier": "us-east-1b"}}
        asked["actions"]["pause"] = {"actionId": WAIT, "parameters": {"duration": "PT1M"}, "startAfter": ["power"]}
        asked["actions"]["again"] = asked["actions"]["power"] | {"targets": {"ReplicationGroups": "others"}, "startAfter": ["pause"]}
        template = self.fis().create_experiment_template(**asked)["experimentTemplate"]
        experiment = self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template["id"])["experiment"]
        wait_for(lambda: self.ready(group) == ["us-east-1b"], "the first zone without power")
        self.assertEqual(({"power": "running", "pause": "pending", "again": "pending"}, "running"), self.states(experiment))
        self.server.admin("POST", "clock?advance_ms=120000")
        wait_for(lambda: len(self.ready(group)) == 2, "both zones in between")
        self.assertEqual(({"power": "completed", "pause": "running", "again": "pending"}, "running"), self.states(experiment))
        self.server.admin("POST", "clock?advance_ms=60000")
        wait_for(lambda: self.ready(group) == ["us-east-1a"], "the second zone without power")
        self.fis().stop_experiment(id=experiment["id"])
        wait_for(lambda: len(self.ready(group)) == 2, "both zones")
        self.assertEqual(({"power": "completed", "pause": "completed", "again": "stopped"}, "stopped"), self.states(experiment))

    def test_choose_by_filters(self):
        tags = [{"Key": "chosen", "Value": "by filters"}]
        one, other = self.pair(Tags=tags), self.create_group(nodes=1, Tags=tags, PreferredCacheClusterAZs=["us-east-1a"])
        self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=self.fis().create_experiment_template(**self.template({
            "resourceTags": {"chosen": "by filters"}, "filters": [{"path": "MultiAZ", "values": ["disabled"]},
                                                                  {"path": "Status", "values": ["available", "modifying"]}]}))["experimentTemplate"]["id"])
        wait_for(lambda: self.ready(other) == [], "the one of the filters without power")
        self.assertEqual(["us-east-1a", "us-east-1b"], self.ready(one))

    def test_go_with_a_reset_and_what_they_took_comes_back(self):
        group = self.pair()
        template = self.fis().create_experiment_template(**self.template({"resourceArns": [self.arn(group)]}))["experimentTemplate"]
        self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template["id"])
        wait_for(lambda: self.ready(group) == ["us-east-1b"], "one zone without power")
        self.server.admin("POST", "reset")
        self.assertEqual([], self.fis().list_experiments()["experiments"])
        self.assertEqual([], self.fis().list_experiment_templates()["experimentTemplates"])
        self.pair(ReplicationGroupId=group)
        wait_for(lambda: len(self.ready(group)) == 2, "both zones")

    def test_are_made_once_for_each_client_token(self):
        asked = self.template({"resourceArns": [self.arn("nobody")]})
        first, again = (self.fis().create_experiment_template(**asked)["experimentTemplate"] for _ in range(2))
        self.assertEqual(first, again)
        with self.assertRaises(self.fis().exceptions.ConflictException):
            self.fis().create_experiment_template(**asked | {"description": "another"})
        other = self.fis().create_experiment_template(**asked | {"clientToken": name("token")})["experimentTemplate"]
        self.assertNotEqual(first["id"], other["id"])
        token = name("token")
        begun, again = (self.fis().start_experiment(clientToken=token, experimentTemplateId=first["id"])["experiment"] for _ in range(2))
        self.assertEqual(begun, again)
        with self.assertRaises(self.fis().exceptions.ConflictException):
            self.fis().start_experiment(clientToken=token, experimentTemplateId=other["id"])
        other = self.fis().start_experiment(clientToken=name("token"), experimentTemplateId=first["id"])["experiment"]
        self.assertNotEqual(begun["id"], other["id"])

    def test_keep_to_the_quotas_of_the_service(self):
        group = self.pair()
        asked = self.template({"resourceArns": [self.arn(group)]})
        many = {"a%d" % n: asked["actions"]["power"] for n in range(21)}
        with self.assertRaises(self.fis().exceptions.ServiceQuotaExceededException) as refused:
            self.fis().create_experiment_template(**asked | {"actions": many})
        self.assertEqual(402, refused.exception.response["ResponseMetadata"]["HTTPStatusCode"])
        template = self.fis().create_experiment_template(**asked)["experimentTemplate"]["id"]
        begun = []
        with self.assertRaises(self.fis().exceptions.ServiceQuotaExceededException):
            for _ in range(6):
                begun.append(self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template)["experiment"])
        for experiment in begun:
            self.fis().stop_experiment(id=experiment["id"])
        self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template)
        self.assertLessEqual(len(begun), 5)

    def test_take_nothing_of_another_account(self):
        ours, account = self.pair(Tags=[{"Key": "shared", "Value": "tag"}]), "111111111111"
        api = self.server.api("us-east-1", account)
        api.create_replication_group(
            ReplicationGroupId=ours, ReplicationGroupDescription="theirs", Engine=harness.ENGINE, CacheNodeType=harness.NODE_TYPE,
            NumCacheClusters=2, AutomaticFailoverEnabled=True, MultiAZEnabled=True, PreferredCacheClusterAZs=["us-east-1a", "us-east-1b"],
            Tags=[{"Key": "shared", "Value": "tag"}])
        theirs = account + "~" + ours
        wait_for(lambda: len(self.ready(theirs)) == 2, "their replication group")
        asked = self.template({"resourceTags": {"shared": "tag"}})
        template = self.fis(account=account).create_experiment_template(**asked)["experimentTemplate"]
        experiment = self.fis(account=account).start_experiment(clientToken=name("t"), experimentTemplateId=template["id"])["experiment"]
        wait_for(lambda: self.ready(theirs) == ["us-east-1b"], "one zone without power")
        self.assertEqual(2, len(self.ready(ours)))
        for call, what in ((self.fis().get_experiment, experiment), (self.fis().stop_experiment, experiment),
                           (self.fis().get_experiment_template, template), (self.fis().delete_experiment_template, template)):
            with self.assertRaises(self.fis().exceptions.ResourceNotFoundException):
                call(id=what["id"])
        self.assertNotIn(experiment["id"], [e["id"] for e in self.fis().list_experiments()["experiments"]])
        with self.assertRaises(self.fis().exceptions.ValidationException):
            self.fis(account=account).create_experiment_template(**self.template({"resourceArns": [self.arn(ours)]}))
        self.fis(account=account).stop_experiment(id=experiment["id"])

    def raw(self, path, **body):
        request = urllib.request.Request(self.server.url + path, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as e:
            return e.code, e.read().decode()

    def test_members_of_another_kind_are_refused_and_end_nothing(self):
        required = {"clientToken": name("t"), "description": "d", "stopConditions": [{"source": "none"}], "roleArn": "r"}
        for actions in (5, "x", True, None, [], [1], [[]], {"a": 1}, {"a": {"parameters": 1}}):
            with self.subTest(actions):
                status, text = self.raw("/experimentTemplates", actions=actions, **required)
                self.assertEqual(400, status, text)
        whole = self.template({"resourceArns": [self.arn("nobody")] * 6})
        self.assertIn("may have 5 resourceArns", self.raw("/experimentTemplates", **whole)[1])
        template = self.fis().create_experiment_template(**self.template({"resourceArns": [self.arn("nobody")]}))["experimentTemplate"]
        for tags in ("x", 5, True):
            self.assertEqual(400, self.raw("/experiments", clientToken=name("t"), experimentTemplateId=template["id"], tags=tags)[0])
        for filters in ("x", ["x"], 5):
            target = {"resourceTags": {"a": "b"}, "filters": filters}
            self.assertEqual(400, self.raw("/experimentTemplates", **self.template(target))[0], filters)

    def test_fail_without_a_target(self):
        template = self.fis().create_experiment_template(**self.template({"resourceArns": [self.arn("nobody")]}))["experimentTemplate"]
        experiment = self.fis().start_experiment(clientToken=name("t"), experimentTemplateId=template["id"])["experiment"]
        self.assertEqual(("failed", "Target resolution returned empty set"), (experiment["state"]["status"], experiment["state"]["reason"]))

    def test_say_what_is_not_possible(self):
        group = {"resourceArns": [self.arn("g")]}
        action = self.template(group)["actions"]["power"]
        for asked, text in (
                (self.template(group, "PT30S"), "from PT1M to PT12H"),
                (self.template(group, "soon"), "from PT1M to PT12H"),
                (self.template(group | {"parameters": {"availabilityZoneIdentifier": "eu-west-1a"}}), "must be a zone of us-east-1"),
                (self.template(group | {"resourceType": "aws:ec2:instance"}), RESOURCE),
                (self.template(group | {"selectionMode": "SOME"}), "ALL, COUNT(n) or PERCENT(n)"),
                (self.template({}), "either resourceArns or resourceTags"),
                (self.template({"resourceArns": ["arn:aws:elasticache:eu-west-1:000000000000:replicationgroup:g"]}), "no replication group of this region"),
                (self.template(group, actions={"a": action | {"actionId": "aws:ec2:stop-instances"}}), ACTION),
                (self.template(group, actions={"a": action | {"startAfter": ["b"]}}), "starts after b, which is no action"),
                (self.template(group, actions={"a": action | {"startAfter": ["b"]}, "b": action | {"startAfter": ["a"]}}), "may start after itself"),
                (self.template(group, actions={"w": action | {"actionId": WAIT}}), "takes no target"),
                (self.template(group | {"filters": [{"path": "Colour", "values": ["red"]}]}), "The path of a filter must be Description"),
                (self.template(group, actions={"a": action | {"targets": {"ReplicationGroups": "others"}}}), "no target others")):
            with self.assertRaises(self.fis().exceptions.ValidationException) as refused:
                self.fis().create_experiment_template(**asked)
            self.assertIn(text, refused.exception.response["Error"]["Message"])
        with self.assertRaises(self.fis().exceptions.ResourceNotFoundException):
            self.fis().start_experiment(clientToken="t", experimentTemplateId="EXTnone")
        with self.assertRaises(self.fis().exceptions.ResourceNotFoundException):
            self.fis().get_experiment(id="EXPnone")


if __name__ == "__main__":
    unittest.main()
