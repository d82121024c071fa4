"""Every operation with success, every fault that the API declares, and waiters: held against the model in api/.

The table is printed, and kept in docs/conformance.md: MERIDIAN_DRAW=1 writes it anew.
"""
import os
import re
import unittest

import conformance
import conformance_lines as lines
import contract
import harness

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])
MODEL = contract.Contract(os.path.join(harness.ROOT, "api"))
KEPT = os.path.join(harness.ROOT, "docs/conformance.md")
COUNTS = re.compile(r"\| \d+ of \d+ ")

# What another test meets, because it takes as many resources as a quota allows.
MET_ELSEWHERE = {("CreateCacheCluster", "ClusterQuotaForCustomerExceeded"), ("CreateReplicationGroup", "ClusterQuotaForCustomerExceeded")}

NETWORKS = "Networks from before VPCs are refused as a whole."
NO_NODES = "It makes no nodes and no node groups, and places none."
IN_PLACE = "No public source tells what else than the replication group's own status is looked at."
# Why no rule leads to a fault: by the operation and the code, or by the code alone.
ELSEWHERE = {
    "InsufficientCacheClusterCapacity": "Meridian has no capacity that could run out; the service tells of it by an event, too.",
    "ServiceLinkedRoleNotFoundFault": "There is no IAM here.",
    "InvalidCredentialsException": "There is no IAM here.",
    "CacheSecurityGroupNotFound": NETWORKS,
    "InvalidCacheSecurityGroupState": NETWORKS,
    "SnapshotQuotaExceededFault": "The documentation counts the snapshots of a node, and no copies.",
    "ServerlessCacheSnapshotQuotaExceededFault": "The documentation counts the snapshots of a cache, and no copies.",
    "SnapshotFeatureNotSupportedFault": "No replication group can have a node type without snapshots.",
    "InvalidParameterCombination": "The API reference names no two of its parameters that exclude each other.",
    "InvalidCacheClusterState": IN_PLACE,
    "InvalidCacheParameterGroupState": "One that is being applied can be modified again, and a new one is applied nowhere.",
    "ClusterQuotaForCustomerExceeded": NO_NODES,
    "InvalidVPCNetworkStateFault": NO_NODES,
    "NodeGroupsPerReplicationGroupQuotaExceeded": NO_NODES,
    "NodeQuotaForClusterExceeded": NO_NODES,
    "NodeQuotaForCustomerExceeded": NO_NODES,
    ("IncreaseReplicaCount", "ClusterQuotaForCustomerExceeded"): "A node more exceeds the quota of nodes first.",
    ("IncreaseReplicaCount", "NodeGroupsPerReplicationGroupQuotaExceeded"): "A node more is no node group more.",
    ("CreateServerlessCache", "ServerlessCacheNotFoundFault"): "It names no serverless cache that is there.",
    ("CreateServerlessCache", "InvalidServerlessCacheStateFault"): "It names no serverless cache that is there.",
    ("CreateUser", "DuplicateUserName"): "User names have to differ within a user group only.",
    ("DescribeSnapshots", "CacheClusterNotFound"): "Snapshots outlive their cache clusters: a list without any is empty.",
    ("ListAllowedNodeTypeModifications", "InvalidParameterValue"): "What it names is found or not found.",
}


def reason(operation, code):
    if "SecurityGroup" in operation:
        return NETWORKS
    return ELSEWHERE.get((operation, code)) or ELSEWHERE[code]


def table(session):
    pairs = session.pairs()
    n = {how: sum(v == how for v in pairs.values()) for how in ("rule", "request", "")}
    text = ["# Conformance", "",
            "<!-- Drawn by `MERIDIAN_DRAW=1 ./dev test conformance`; do not edit. -->", "",
            "`./dev test conformance` calls every served operation, and holds every answer against the model in `api/`. Of the %d pairs of an operation and a" % len(pairs),
            "fault that it declares, a rule leads to %d (two of them in `tests/e2e/test_thousand_groups.py`), and only `PUT /_meridian/refusals/OPERATION` (`docs/reference.md`) to %d." % (n["rule"], n["request"]), "",
            "Members are the leaves of the output's shape: how many an answer of the run had a value for, of how many there are.", "",
            "Clients that tests call it with: boto3 (`tests/e2e`), the AWS CLI, versions 1 and 2 (`tests/e2e/test_command_line.py`), the AWS SDK for JavaScript, version 3, with a class for each of these faults",
            "(`tests/e2e/test_javascript.py`), and Terraform (`tests/e2e/terraform`).", "",
            "| operation | members | faults that a rule leads to | faults on request only |", "| --- | --- | --- | --- |"]
    for name in sorted(session.records):
        got, missing = session.returned(name)
        faults = [", ".join("`%s`" % c for (o, c), v in sorted(pairs.items()) if o == name and v == how) for how in ("rule", "request")]
        text.append("| `%s` | %d of %d | %s | %s |" % (name, len(got), len(got) + len(missing), *faults))
    why = {}
    for (operation, code), how in sorted(pairs.items()):
        if how == "request":
            why.setdefault((reason(operation, code), code), []).append("`%s`" % operation)
    text += ["", "## Faults that no rule leads to", "", "| fault | why | operations |", "| --- | --- | --- |"]
    text += ["| `%s` | %s | %s |" % (code, because, ", ".join(operations)) for (because, code), operations in sorted(why.items(), key=lambda x: (x[0][1], x[0][0]))]
    return "\n".join(text) + "\n"


class Conformance(harness.Case):
    def refuse_the_rest(self, s):
        """Every fault that no rule has led to, by a refusal that is asked for."""
        for (operation, code), how in s.pairs().items():
            if not how:
                self.server.admin("PUT", "refusals/%s?code=%s" % (operation, code))
                s.expect(operation, lines.EXAMPLES.get(operation, ""), code, on_request=True)

    def test_every_operation_succeeds_and_every_fault_is_met(self):
        s = conformance.Session(self, MODEL)
        for text in lines.DRY:
            s.run(text)
        for call in lines.JSON.strip().splitlines():
            s.same_in_json(*call.split())
        self.own_server()
        self.server.start()
        s.run(lines.GLOBAL)
        s.run(lines.SERVERLESS_HELD)
        s.buy_a_node()
        s.region = conformance.REGION
        for operation, code in MET_ELSEWHERE:
            s.records[operation].by_rule.add(code)
        self.refuse_the_rest(s)
        self.assertEqual([], s.failures)
        self.assertEqual(lines.REFUSED_ALWAYS | {"BatchApplyUpdateAction", "BatchStopUpdateAction", "ExportServerlessCacheSnapshot"}, {name for name, r in s.records.items() if not r.done})
        drawn = table(s)
        print(drawn)
        if os.environ.get("MERIDIAN_DRAW"):
            with open(KEPT, "w", encoding="utf-8") as f:
                f.write(drawn)
        with open(KEPT, encoding="utf-8") as f:
            self.assertEqual(COUNTS.sub("| ", f.read()), COUNTS.sub("| ", drawn))


class Waiters(harness.Case):
    def test_end_with_what_they_wait_for(self):
        at_once = {"Delay": 0, "MaxAttempts": 100000}
        api = self.api("eu-west-2")
        api.create_replication_group(ReplicationGroupId="rg", ReplicationGroupDescription="d", CacheNodeType=harness.NODE_TYPE, Engine="redis")
        api.get_waiter("replication_group_available").wait(ReplicationGroupId="rg", WaiterConfig=at_once)
        api.create_cache_cluster(CacheClusterId="c", Engine="redis", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        api.get_waiter("cache_cluster_available").wait(CacheClusterId="c", WaiterConfig=at_once)
        api.delete_replication_group(ReplicationGroupId="rg")
        api.get_waiter("replication_group_deleted").wait(ReplicationGroupId="rg", WaiterConfig=at_once)
        api.delete_cache_cluster(CacheClusterId="c")
        api.get_waiter("cache_cluster_deleted").wait(CacheClusterId="c", WaiterConfig=at_once)


if __name__ == "__main__":
    unittest.main()
