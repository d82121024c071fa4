"""Log delivery: the slow log and the log of running engines, as files of their destinations."""
import json
import os
import unittest

import clusters
import harness
from harness import name, wait_for

setUpModule, tearDownModule = harness.one_server()


def log(kind, destination, form="json", destination_type="cloudwatch-logs", **more):
    details = {"CloudWatchLogsDetails": {"LogGroup": destination}} if destination_type == "cloudwatch-logs" else \
        {"KinesisFirehoseDetails": {"DeliveryStream": destination}}
    return {"LogType": kind, "DestinationType": destination_type, "DestinationDetails": details, "LogFormat": form, **more}


class Case(clusters.Case):
    def lines(self, destination, destination_type="cloudwatch-logs"):
        path = os.path.join(self.server.data, "regions", "us-east-1", "Logs", destination_type, "000000000000", destination + ".log")
        try:
            with open(path, encoding="utf-8") as f:
                return f.read().splitlines()
        except FileNotFoundError:
            return []

    def fast_threshold(self):
        """A parameter group with which every command is slow."""
        group = name("pg")
        self.api().create_cache_parameter_group(CacheParameterGroupName=group, CacheParameterGroupFamily=harness.FAMILY, Description="d")
        self.api().modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
            {"ParameterName": "slowlog-log-slower-than", "ParameterValue": "0"}])
        return group

    def delivered(self, destination, condition, **more):
        return wait_for(lambda: [line for line in self.lines(destination, **more) if condition(line)] or None, "lines in " + destination)

    def group_with(self, *logs, **more):
        return self.create_group(CacheParameterGroupName=self.fast_threshold(), LogDeliveryConfigurations=list(logs), **more)

    def change(self, group, *logs, **more):
        answer = self.api().modify_replication_group(ReplicationGroupId=group, ApplyImmediately=True, LogDeliveryConfigurations=list(logs), **more)
        self.wait_group(group)
        return answer["ReplicationGroup"]


class SlowLog(Case):
    def test_entries_come_as_json_without_keys_and_values(self):
        wanted = log("slow-log", "/aws/redis/json")
        group = self.group_with(wanted, nodes=2)
        self.assertEqual([{**wanted, "Status": "active"}], self.group(group)["LogDeliveryConfigurations"])
        self.assertEqual({}, self.group(group)["PendingModifiedValues"])
        with self.primary(group) as client:
            client.execute_command("CLIENT", "SETNAME", "its-name")
            client.set("secret-key", "secret-value")
        entry = json.loads(self.delivered("%2Faws%2Fredis%2Fjson", lambda line: '"SET' in line and "its-name" in line)[0])
        self.assertEqual([group + "-001", "0001", "SET ... (2 more arguments)", "its-name"],
                         [entry[k] for k in ("CacheClusterId", "CacheNodeId", "Command", "ClientName")])
        self.assertEqual({"CacheClusterId", "CacheNodeId", "Id", "Timestamp", "Duration (us)", "Command", "ClientAddress", "ClientName"}, set(entry))
        self.assertFalse([line for line in self.lines("%2Faws%2Fredis%2Fjson") if "secret" in line])
        wait_for(lambda: {json.loads(line)["CacheClusterId"] for line in self.lines("%2Faws%2Fredis%2Fjson")}
                 == {group + "-001", group + "-002"}, "entries of the replica")
        ids = [json.loads(line)["Id"] for line in self.lines("%2Faws%2Fredis%2Fjson") if group + "-001" in line]
        self.assertEqual(sorted(set(ids)), ids, "each once, in order")

    def test_entries_come_as_text_to_a_stream(self):
        group = self.group_with(log("slow-log", "stream", "text", "kinesis-firehose"))
        with self.primary(group) as client:
            client.get("k")
        line = self.delivered("stream", lambda line: "GET" in line, destination_type="kinesis-firehose")[0]
        self.assertRegex(line, r"^%s-001,0001,\d+,\d+,GET \.\.\. \(1 more arguments\),127\.[\d.]+:\d+,$" % group)

    def test_entries_from_before_are_not_delivered_and_those_of_the_time_without_an_agent_are(self):
        group = self.create_group(CacheParameterGroupName=self.fast_threshold())
        with self.primary(group) as client:
            client.lpush("before", "x")
            self.change(group, log("slow-log", "later"))
            client.rpush("after", "x")
            self.delivered("later", lambda line: "RPUSH" in line)
            self.assertFalse([line for line in self.lines("later") if "LPUSH" in line])
            self.server.kill()
            os.kill(self.server.agent("us-east-1"), 9)
            client.sadd("meanwhile", "x")
            self.server.start()
            self.delivered("later", lambda line: "SADD" in line)
        self.assertEqual(1, sum("RPUSH" in line for line in self.lines("later")))


class EngineLog(Case):
    def test_lines_come_as_json_and_as_text(self):
        group = self.group_with(log("engine-log", "engine-json"), log("slow-log", "slow"), nodes=2)
        api = self.api()
        with self.primary(group) as client:
            client.set("k", "v")
        api.create_snapshot(SnapshotName=name("snapshot"), CacheClusterId=group + "-001")
        entry = json.loads(self.delivered("engine-json", lambda line: "ackground saving started" in line)[0])
        self.assertEqual((group + "-001", "0001", "NOTICE", "M"), tuple(entry[k] for k in ("CacheClusterId", "CacheNodeId", "LogLevel", "Role")))
        self.assertRegex(entry["Time"], r"^\d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} UTC$")
        self.wait_group(group)
        answer = self.change(group, log("engine-log", "engine-text", "text"))
        self.assertEqual("modifying", next(c["Status"] for c in answer["LogDeliveryConfigurations"] if c["LogType"] == "engine-log"))
        self.assertEqual([log("engine-log", "engine-text", "text")], answer["PendingModifiedValues"]["LogDeliveryConfigurations"])
        wait_for(lambda: all(s["SnapshotStatus"] == "available" for s in api.describe_snapshots(CacheClusterId=group + "-001")["Snapshots"]), "a snapshot")
        api.create_snapshot(SnapshotName=name("snapshot"), CacheClusterId=group + "-001")
        line = self.delivered("engine-text", lambda line: "ackground saving started" in line)[0]
        self.assertRegex(line, r"^%s-001/0001:M \d\d \w{3} \d{4} [\d:.]+ UTC \* Background saving started by pid \d+$" % group)


class Configuration(Case):
    def test_of_a_cluster_is_turned_on_and_off(self):
        cluster = self.create_cluster(LogDeliveryConfigurations=[log("slow-log", "c", Enabled=False)])
        self.assertEqual([], self.cluster(cluster)["LogDeliveryConfigurations"])
        answer = self.modify(cluster, LogDeliveryConfigurations=[log("slow-log", "c"), log("engine-log", "e")])
        self.assertEqual(("modifying", ["enabling", "enabling"]),
                         (answer["CacheClusterStatus"], [c["Status"] for c in answer["LogDeliveryConfigurations"]]))
        self.wait_cluster(cluster)
        self.assertEqual(["active", "active"], [c["Status"] for c in self.cluster(cluster)["LogDeliveryConfigurations"]])
        answer = self.modify(cluster, LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}])
        self.assertEqual(["disabling", "active"], [c["Status"] for c in answer["LogDeliveryConfigurations"]])
        self.wait_cluster(cluster)
        self.assertEqual(["engine-log"], [c["LogType"] for c in self.cluster(cluster)["LogDeliveryConfigurations"]])
        self.modify(cluster, LogDeliveryConfigurations=[log("engine-log", "e")])
        self.assertEqual("available", self.cluster(cluster)["CacheClusterStatus"], "nothing changes")

    def test_of_a_group_is_that_of_its_members_in_both_modes(self):
        sharded = dict(nodes=None, NumNodeGroups=2, ReplicasPerNodeGroup=0, CacheParameterGroupName=harness.SHARDED_PARAMETERS)
        for more in (dict(nodes=2), sharded):
            group = self.create_group(LogDeliveryConfigurations=[log("engine-log", "g")], **more)
            for member in self.group(group)["MemberClusters"]:
                shown = self.cluster(member)
                self.assertEqual((True, ["active"]), (shown["ReplicationGroupLogDeliveryEnabled"],
                                                      [c["Status"] for c in shown["LogDeliveryConfigurations"]]))

    def test_faults(self):
        group, cluster, memcached = self.create_group(), self.create_cluster(), self.create_cluster(Engine="memcached", wait=False)
        self.wait_cluster(memcached)
        combination, value = "InvalidParameterCombination", "InvalidParameterValue"
        details = {"CloudWatchLogsDetails": {"LogGroup": "g"}}
        for code, logs in ((combination, [log("slow-log", "g"), log("slow-log", "h")]),
                           (combination, [{"LogType": "slow-log"}]),
                           (combination, [{"LogType": "slow-log", "LogFormat": "json", "DestinationType": "kinesis-firehose", "DestinationDetails": details}]),
                           (value, [log("slow-log", "a b")]),
                           (value, [log("slow-log", "a/b", destination_type="kinesis-firehose")])):
            self.assert_fault(code, 400, self.api().modify_replication_group, ReplicationGroupId=group, ApplyImmediately=True, LogDeliveryConfigurations=logs)
            self.assert_fault(code, 400, self.api().modify_cache_cluster, CacheClusterId=cluster, ApplyImmediately=True, LogDeliveryConfigurations=logs)
        self.assert_fault(combination, 400, self.api().modify_replication_group, ReplicationGroupId=group, LogDeliveryConfigurations=[log("slow-log", "g")])
        self.assert_fault(combination, 400, self.api().modify_cache_cluster, CacheClusterId=memcached, ApplyImmediately=True,
                          LogDeliveryConfigurations=[log("slow-log", "g")], message="Log delivery is not supported for engine memcached.")
        self.assert_fault(combination, 400, self.api().modify_cache_cluster, CacheClusterId=group + "-001", ApplyImmediately=True,
                          LogDeliveryConfigurations=[log("slow-log", "g")])


if __name__ == "__main__":
    unittest.main()
