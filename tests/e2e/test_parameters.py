"""Parameter groups, as an SDK sees them and as the processes have them."""
import os
import signal
import unittest


import harness
from harness import connect, name, wait_for

setUpModule, tearDownModule = harness.one_server()

FAMILY = "redis7"


def values(pairs):
    return [{"ParameterName": k, "ParameterValue": v} for k, v in pairs.items()]


class Case(harness.Case):
    def create_parameters(self, region="us-east-1", family=FAMILY, **pairs):
        group = name("params")
        self.api(region).create_cache_parameter_group(CacheParameterGroupName=group, CacheParameterGroupFamily=family, Description="of a test")
        if pairs:
            self.modify(group, region, **pairs)
        return group

    def modify(self, group, region="us-east-1", **pairs):
        pairs = {k.replace("_", "-"): v for k, v in pairs.items()}
        answer = self.api(region).modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=values(pairs))
        self.assertEqual(group, answer["CacheParameterGroupName"])

    def chosen(self, group, region="us-east-1"):
        parameters = self.api(region).describe_cache_parameters(CacheParameterGroupName=group, Source="user")["Parameters"]
        return {p["ParameterName"]: p["ParameterValue"] for p in parameters}

    def cluster(self, cluster, region="us-east-1"):
        return self.api(region).describe_cache_clusters(CacheClusterId=cluster, ShowCacheNodeInfo=True)["CacheClusters"][0]

    def wait_applied(self, cluster, status="in-sync", region="us-east-1"):
        return wait_for(lambda: next((c for c in [self.cluster(cluster, region)] if c["CacheParameterGroup"]["ParameterApplyStatus"] == status), None),
                        "%s %s" % (cluster, status))

    def configs(self, group, setting, region="us-east-1"):
        """What every process of a replication group has."""
        return [self.admin(n).config_get(setting)[setting] for n in self.server.nodes(group, region)]

    def wait_configs(self, group, setting, value, region="us-east-1"):
        wait_for(lambda: set(self.configs(group, setting, region)) == {value}, "%s %s on every node of %s" % (setting, value, group))

    def messages(self, cluster, region="us-east-1"):
        return [e["Message"] for e in self.api(region).describe_events(SourceType="cache-cluster", SourceIdentifier=cluster)["Events"]]


class Groups(Case):
    def test_are_made_changed_reset_and_deleted(self):
        group = self.create_parameters(maxmemory_policy="noeviction", timeout="20")
        seen = self.api().describe_cache_parameter_groups(CacheParameterGroupName=group.upper())["CacheParameterGroups"]
        arn = "arn:aws:elasticache:us-east-1:000000000000:parametergroup:" + group
        self.assertEqual([{"CacheParameterGroupName": group, "CacheParameterGroupFamily": FAMILY, "Description": "of a test",
                           "IsGlobal": False, "ARN": arn}], seen)
        self.assertEqual({"maxmemory-policy": "noeviction", "timeout": "20"}, self.chosen(group))
        self.api().reset_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=values({"timeout": "20"}))
        self.assertEqual({"maxmemory-policy": "noeviction"}, self.chosen(group))
        self.api().reset_cache_parameter_group(CacheParameterGroupName=group, ResetAllParameters=True)
        self.assertEqual({}, self.chosen(group))
        self.api().delete_cache_parameter_group(CacheParameterGroupName=group)
        self.assert_fault("CacheParameterGroupNotFound", 404, self.api().delete_cache_parameter_group, CacheParameterGroupName=group,
                          message="CacheParameterGroupnot found: " + group)
        self.assert_fault("CacheParameterGroupNotFound", 404, self.api().describe_cache_parameter_groups, CacheParameterGroupName=group,
                          message="CacheParameterGroup %s not found." % group)

    def test_come_in_pages_with_the_default_ones(self):
        mine = {self.create_parameters() for _ in range(3)}
        pages = list(self.api().get_paginator("describe_cache_parameter_groups").paginate(PaginationConfig={"PageSize": 20}))
        names = [g["CacheParameterGroupName"] for page in pages for g in page["CacheParameterGroups"]]
        self.assertEqual(sorted(set(names)), names)
        self.assertLessEqual(mine | {"default.redis7", "default.redis7.cluster.on", "default.memcached1.6"}, set(names))
        self.assertGreater(len(pages), 1)

    def test_have_parameters_in_pages_too(self):
        pages = list(self.api().get_paginator("describe_engine_default_parameters").paginate(
            CacheParameterGroupFamily=FAMILY, PaginationConfig={"PageSize": 25}))
        defaults = {p["ParameterName"]: p for page in pages for p in page["EngineDefaults"]["Parameters"]}
        group = self.api().describe_cache_parameters(CacheParameterGroupName="default." + FAMILY)
        self.assertEqual(defaults, {p["ParameterName"]: p for p in group["Parameters"]})
        specific = {p["ParameterName"]: p["CacheNodeTypeSpecificValues"] for p in group["CacheNodeTypeSpecificParameters"]}
        self.assertIn({"CacheNodeType": "cache.m5.large", "Value": "6854542746"}, specific["maxmemory"])

    def test_carry_tags(self):
        group = name("tagged")
        arn = self.api().create_cache_parameter_group(CacheParameterGroupName=group, CacheParameterGroupFamily=FAMILY, Description="d",
                                                      Tags=[{"Key": "a", "Value": "1"}])["CacheParameterGroup"]["ARN"]
        self.api().add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "b", "Value": "2"}])
        self.assertEqual(["a", "b"], [t["Key"] for t in self.api().list_tags_for_resource(ResourceName=arn)["TagList"]])

    def test_are_separate_from_region_to_region(self):
        group = self.create_parameters(timeout="20")
        self.assert_fault("CacheParameterGroupNotFound", 404, self.api("eu-west-1").describe_cache_parameters, CacheParameterGroupName=group)

    def test_obey_the_command_line(self):
        group = name("cli")
        self.server.cli("create-cache-parameter-group", "--cache-parameter-group-name", group, "--cache-parameter-group-family", FAMILY,
                        "--description", "d")
        self.server.cli("modify-cache-parameter-group", "--cache-parameter-group-name", group, "--parameter-name-values",
                        "ParameterName=timeout,ParameterValue=30", "ParameterName=reserved-memory,ParameterValue=1000")
        seen = self.server.cli("describe-cache-parameters", "--cache-parameter-group-name", group, "--source", "user")
        self.assertEqual([("reserved-memory", "1000"), ("timeout", "30")], [(p["ParameterName"], p["ParameterValue"]) for p in seen["Parameters"]])
        self.server.cli("reset-cache-parameter-group", "--cache-parameter-group-name", group, "--reset-all-parameters")
        self.server.cli("delete-cache-parameter-group", "--cache-parameter-group-name", group)


class Values(Case):
    def test_of_the_default_group_are_those_of_the_processes(self):
        group = self.create_group(nodes=2)
        shown = self.api().describe_cache_parameters(CacheParameterGroupName="default." + FAMILY)["Parameters"]
        # What the engine has no setting for, or more of than is promised, or as much as the system allows.
        other = {"repl-backlog-size", "repl-backlog-ttl", "maxclients", "cluster-preferred-endpoint-type"}
        for node in self.server.nodes(group):
            found = self.admin(node).config_get("*")
            differ = {p["ParameterName"]: (p.get("ParameterValue", ""), found[p["ParameterName"]]) for p in shown
                      if p["ParameterName"] in found and found[p["ParameterName"]] != p.get("ParameterValue", "")}
            self.assertEqual({}, {k: v for k, v in differ.items() if k not in other})
            memory = {"cache.r6g.large": 14037181030}[harness.NODE_TYPE]
            self.assertEqual(str(memory * 75 // 100), found["maxmemory"])

    def test_of_a_group_of_ones_own_are_there_from_the_start(self):
        parameters = self.create_parameters(maxmemory_policy="allkeys-lfu", databases="32", reserved_memory_percent="50",
                                            client_output_buffer_limit_pubsub_hard_limit="1000000")
        group = self.create_group(nodes=2, CacheParameterGroupName=parameters)
        self.assertEqual(["allkeys-lfu"] * 2, self.configs(group, "maxmemory-policy"))
        self.assertEqual(["32"] * 2, self.configs(group, "databases"))
        self.assertEqual(["7018590515"] * 2, self.configs(group, "maxmemory"))
        self.assertIn("pubsub 1000000 8388608 60", self.configs(group, "client-output-buffer-limit")[0])
        self.assertTrue(self.primary(group).execute_command("SELECT", "31"))
        status = self.cluster(group + "-001")["CacheParameterGroup"]
        self.assertEqual((parameters, "in-sync", []), tuple(status[k] for k in ("CacheParameterGroupName", "ParameterApplyStatus", "CacheNodeIdsToReboot")))
        self.assertIn("Updated to use a CacheParameterGroup " + parameters, self.messages(group + "-001"))

    def test_that_change_reach_the_processes_in_a_moment(self):
        parameters = self.create_parameters()
        group = self.create_group(nodes=2, CacheParameterGroupName=parameters)
        pids = [n["pid"] for n in self.server.nodes(group)]
        self.modify(parameters, maxmemory_policy="volatile-ttl", timeout="77")
        for member in ("-001", "-002"):
            self.wait_applied(group + member)
        self.assertEqual(["volatile-ttl"] * 2, self.configs(group, "maxmemory-policy"))
        self.assertEqual(["77"] * 2, self.configs(group, "timeout"))
        self.assertEqual(pids, [n["pid"] for n in self.server.nodes(group)])
        self.assertIn("Updated parameter timeout to 77", self.messages(group + "-002"))
        reset = self.api().reset_cache_parameter_group
        reset(CacheParameterGroupName=parameters, ParameterNameValues=values({"timeout": "77"}))
        self.wait_configs(group, "timeout", "0")
        self.assertEqual({"maxmemory-policy": "volatile-ttl"}, self.chosen(parameters))

    def test_survive_a_crash_of_the_process(self):
        parameters = self.create_parameters()
        group = self.create_group(CacheParameterGroupName=parameters)
        self.modify(parameters, timeout="44")
        self.wait_applied(group + "-001")
        before = self.server.nodes(group)[0]["pid"]
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: [n for n in self.server.nodes(group) if n["state"] == "ready" and n["pid"] != before], "the node running again")
        self.assertEqual(["44"], self.configs(group, "timeout"))
        self.assertEqual("in-sync", self.cluster(group + "-001")["CacheParameterGroup"]["ParameterApplyStatus"])

    def test_that_the_engine_refuses_harm_nothing_else(self):
        parameters = self.create_parameters(**{"slowlog-log-slower-than": "-5"}, timeout="33")
        group = self.create_group(CacheParameterGroupName=parameters)
        self.assertEqual(["33"], self.configs(group, "timeout"))
        self.assertEqual(0, self.server.nodes(group)[0].get("restarts", 0))
        refused = "Failed to update parameter slowlog-log-slower-than to -5: the engine does not take it"
        self.assertIn(refused, self.messages(group + "-001"))
        self.modify(parameters, **{"slowlog-log-slower-than": "-7"}, timeout="34")
        self.wait_applied(group + "-001")
        self.assertEqual(["34"], self.configs(group, "timeout"))
        self.assertIn(refused.replace("-5", "-7"), self.messages(group + "-001"))
        self.assertIn("Updated parameter timeout to 34", self.messages(group + "-001"))


    def test_that_was_built_without_is_told(self):
        group = self.create_group(CacheParameterGroupName=self.create_parameters(activedefrag="yes"))
        if self.configs(group, "activedefrag") == ["yes"]:
            return  # this engine can do it
        self.assertIn("Failed to update parameter activedefrag to yes: the engine does not take it", self.messages(group + "-001"))
        self.assertIn("activedefrag", self.server.nodes(group)[0]["reason"])


class InUse(Case):
    def test_a_group_stays_until_nobody_uses_it(self):
        parameters = self.create_parameters()
        group = self.create_group(CacheParameterGroupName=parameters)
        self.assert_fault("InvalidCacheParameterGroupState", 400, self.api().delete_cache_parameter_group, CacheParameterGroupName=parameters)
        self.assert_fault("InvalidParameterValue", 400, self.modify, parameters, databases="32", message="in use")
        self.delete_group(group)
        self.modify(parameters, databases="32")
        self.api().delete_cache_parameter_group(CacheParameterGroupName=parameters)

    def test_a_replication_group_goes_over_to_another_one(self):
        parameters = self.create_parameters(maxmemory_policy="noeviction")
        group = self.create_group(nodes=2)
        pids = [n["pid"] for n in self.server.nodes(group)]
        answer = self.api().modify_replication_group(ReplicationGroupId=group, CacheParameterGroupName=parameters, ApplyImmediately=True)
        self.assertEqual("modifying", answer["ReplicationGroup"]["Status"])
        self.wait_group(group)
        self.assertEqual(["noeviction"] * 2, self.configs(group, "maxmemory-policy"))
        self.assertEqual(pids, [n["pid"] for n in self.server.nodes(group)])
        cluster = self.cluster(group + "-002")
        self.assertEqual((parameters, "in-sync"), tuple(cluster["CacheParameterGroup"][k] for k in ("CacheParameterGroupName", "ParameterApplyStatus")))
        self.assertEqual(["in-sync"], [n["ParameterGroupStatus"] for n in cluster["CacheNodes"]])
        messages = self.messages(group + "-001")
        self.assertIn("Updated to use a CacheParameterGroup " + parameters, messages)
        self.assertIn("Updated parameter maxmemory-policy to noeviction", messages)

    def test_a_cluster_that_stands_alone_goes_over_to_another_one(self):
        parameters = self.create_parameters(maxmemory_policy="noeviction", databases="16")
        cluster = name("alone")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        wait_for(lambda: self.cluster(cluster)["CacheClusterStatus"] == "available", "available")
        self.api().modify_cache_cluster(CacheClusterId=cluster, CacheParameterGroupName=parameters, ApplyImmediately=True)
        self.wait_applied(cluster)
        node = next(n for n in self.server.nodes() if n["cluster"] == cluster)
        self.assertEqual("noeviction", self.admin(node).config_get("maxmemory-policy")["maxmemory-policy"])
        self.modify(parameters, timeout="42")
        self.wait_applied(cluster)
        self.assertEqual("42", self.admin(node).config_get("timeout")["timeout"])
        self.assertIn("Updated parameter timeout to 42", self.messages(cluster))

    def test_what_a_cluster_is_made_with_must_not_differ(self):
        parameters = self.create_parameters(databases="32")
        group = self.create_group()
        self.assert_fault("InvalidParameterCombination", 400, self.api().modify_replication_group, ReplicationGroupId=group,
                          CacheParameterGroupName=parameters, ApplyImmediately=True, message="databases")
        self.assert_fault("CacheParameterGroupNotFound", 404, self.api().modify_replication_group, ReplicationGroupId=group,
                          CacheParameterGroupName="nope", ApplyImmediately=True, message="CacheParameterGroup not found: nope")
        other = self.create_parameters(family="redis6.x")
        self.assert_fault("InvalidParameterCombination", 400, self.api().modify_replication_group, ReplicationGroupId=group,
                          CacheParameterGroupName=other, ApplyImmediately=True,
                          message="Expected a parameter group of family redis7 but found one of family redis6.x")

    def test_a_reset_waits_for_what_is_not_in_force_yet(self):
        parameters = self.create_parameters()
        group = self.create_group(CacheParameterGroupName=parameters)
        pid = self.server.nodes(group)[0]["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            self.modify(parameters, timeout="55")
            self.assertEqual("applying", self.cluster(group + "-001")["CacheParameterGroup"]["ParameterApplyStatus"])
            self.assert_fault("InvalidCacheParameterGroupState", 400, self.api().reset_cache_parameter_group, CacheParameterGroupName=parameters,
                              ResetAllParameters=True, message=" has pending changes")
        finally:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                pass
        self.wait_applied(group + "-001")
        self.assertEqual(["55"], self.configs(group, "timeout"))

    def test_nothing_changes_with_a_restart_of_the_server(self):
        parameters = self.create_parameters(timeout="66")
        group = self.create_group(CacheParameterGroupName=parameters)
        self.server.kill()
        self.server.start()
        self.wait_group(group)
        wait_for(lambda: self.server.nodes(group)[0]["state"] == "ready", "the node seen again")
        self.assertEqual("in-sync", self.cluster(group + "-001")["CacheParameterGroup"]["ParameterApplyStatus"])
        self.assertEqual(["66"], self.configs(group, "timeout"))
        self.modify(parameters, timeout="67")
        self.wait_configs(group, "timeout", "67")


class GlobalDatastores(Case):
    def test_members_share_their_values(self):
        parameters = self.create_parameters(maxmemory_policy="noeviction")
        primary = self.create_group(stem="prim", CacheParameterGroupName=parameters)
        made = self.api().create_global_replication_group(GlobalReplicationGroupIdSuffix=name("glo"), PrimaryReplicationGroupId=primary)
        datastore = made["GlobalReplicationGroup"]["GlobalReplicationGroupId"]
        self.wait_datastore(datastore, "primary-only")
        secondary = self.create_group("eu-west-1", stem="sec", GlobalReplicationGroupId=datastore)
        self.wait_datastore(datastore, "available")

        own = {region: self.cluster(group + "-001", region)["CacheParameterGroup"]["CacheParameterGroupName"]
               for region, group in (("us-east-1", primary), ("eu-west-1", secondary))}
        self.assertRegex(own["us-east-1"], "^global-datastore-%s-" % primary)
        self.assertRegex(own["eu-west-1"], "^global-datastore-%s-" % secondary)
        self.assertEqual(["noeviction"], self.configs(secondary, "maxmemory-policy", "eu-west-1"))
        shown = self.api("eu-west-1").describe_cache_parameter_groups(CacheParameterGroupName=own["eu-west-1"])["CacheParameterGroups"][0]
        self.assertTrue(shown["IsGlobal"])

        self.modify(own["eu-west-1"], "eu-west-1", timeout="88")
        self.wait_configs(primary, "timeout", "88")
        self.wait_configs(secondary, "timeout", "88", "eu-west-1")
        self.assertEqual({"maxmemory-policy": "noeviction", "timeout": "88"}, self.chosen(own["us-east-1"]))
        self.assertEqual({"maxmemory-policy": "noeviction"}, self.chosen(parameters))
        self.wait_applied(primary + "-001")
        self.wait_applied(secondary + "-001", region="eu-west-1")
        self.api().reset_cache_parameter_group(CacheParameterGroupName=own["us-east-1"], ResetAllParameters=True)
        self.wait_configs(secondary, "maxmemory-policy", "volatile-lru", "eu-west-1")

        self.api().disassociate_global_replication_group(GlobalReplicationGroupId=datastore, ReplicationGroupId=secondary,
                                                         ReplicationGroupRegion="eu-west-1")
        self.wait_datastore(datastore, "primary-only")
        self.wait_group(secondary, "eu-west-1")
        shown = self.api("eu-west-1").describe_cache_parameter_groups(CacheParameterGroupName=own["eu-west-1"])["CacheParameterGroups"][0]
        self.assertFalse(shown["IsGlobal"])
        self.modify(own["eu-west-1"], "eu-west-1", timeout="99")
        self.wait_configs(secondary, "timeout", "99", "eu-west-1")
        self.assertEqual(["0"], self.configs(primary, "timeout"))
        self.delete_group(secondary, "eu-west-1")
        self.api("eu-west-1").delete_cache_parameter_group(CacheParameterGroupName=own["eu-west-1"])

    def wait_datastore(self, datastore, status):
        wait_for(lambda: self.api().describe_global_replication_groups(GlobalReplicationGroupId=datastore)["GlobalReplicationGroups"][0]["Status"] == status,
                 "%s %s" % (datastore, status))


if __name__ == "__main__":
    unittest.main()
