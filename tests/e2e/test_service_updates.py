"""Service updates: nodes are really restarted, one at a time, primaries last, and nothing is lost."""
import unittest

import clusters
import harness
from harness import name, wait_for

setUpModule, tearDownModule = harness.one_server()


class Case(clusters.Case):
    def update(self, engine):
        """The newest one that the engine can have and that has not expired."""
        updates = self.api().describe_service_updates(ServiceUpdateStatus=["available"])["ServiceUpdates"]
        return next(u["ServiceUpdateName"] for u in updates if engine in u["Engine"])

    def action(self, update, **what):
        actions = self.api().describe_update_actions(ServiceUpdateName=update, ShowNodeLevelUpdateStatus=True, **what)["UpdateActions"]
        return actions[0] if actions else None

    def complete(self, update, **what):
        return wait_for(lambda: (a := self.action(update, **what)) and a["UpdateActionStatus"] == "complete" and a, "a complete update")


class OfAGroup(Case):
    def test_restarts_each_node_and_the_primary_last(self):
        for more in (dict(nodes=3, AutomaticFailoverEnabled=True), dict(nodes=1)):
            group, update = self.create_group(**more), self.update(harness.ENGINE)
            before = {n["id"]: n["pid"] for n in self.server.nodes(group)}
            self.primary(group).set("key", "value")
            self.assertEqual("not-applied", self.action(update, ReplicationGroupIds=[group])["UpdateActionStatus"])
            answer = self.api().batch_apply_update_action(ServiceUpdateName=update, ReplicationGroupIds=[group, "nobody"])
            self.assertEqual([(group, "waiting-to-start")],
                             [(a["ReplicationGroupId"], a["UpdateActionStatus"]) for a in answer["ProcessedUpdateActions"]])
            self.assertEqual([("nobody", "ReplicationGroupNotFoundFault")],
                             [(a["ReplicationGroupId"], a["ErrorType"]) for a in answer["UnprocessedUpdateActions"]])
            done = self.complete(update, ReplicationGroupIds=[group])
            self.assertEqual("%d/%d" % (len(before), len(before)), done["NodesUpdated"])
            self.assertEqual({"complete"}, {m["NodeUpdateStatus"] for g in done["NodeGroupUpdateStatus"] for m in g["NodeGroupMemberUpdateStatus"]})
            self.wait_group(group)
            after = {n["id"]: n["pid"] for n in self.server.nodes(group)}
            self.assertEqual(before.keys(), after.keys())
            self.assertFalse([i for i in before if before[i] == after[i]], "all were restarted")
            self.assertEqual("value", self.primary(group).get("key"))
            answer = self.api().batch_apply_update_action(ServiceUpdateName=update, ReplicationGroupIds=[group])
            self.assertEqual([], answer["ProcessedUpdateActions"])


class OfACluster(Case):
    def test_restarts_memcached_nodes_one_after_the_other(self):
        cluster, update = self.create_cluster(Engine="memcached", NumCacheNodes=3), self.update("memcached")
        before = self.process_ids(cluster)
        self.api().batch_apply_update_action(ServiceUpdateName=update, CacheClusterIds=[cluster])
        self.assertEqual("3/3", self.complete(update, CacheClusterIds=[cluster])["NodesUpdated"])
        self.wait_cluster(cluster)
        after = self.process_ids(cluster)
        self.assertFalse([i for i in before if before[i] == after[i]])

    def test_is_stopped_before_it_is_through(self):
        cluster, update = self.create_cluster(Engine="memcached", NumCacheNodes=20), self.update("memcached")
        self.api().batch_apply_update_action(ServiceUpdateName=update, CacheClusterIds=[cluster])
        answer = self.api().batch_stop_update_action(ServiceUpdateName=update, CacheClusterIds=[cluster])
        self.assertEqual(["stopping"], [a["UpdateActionStatus"] for a in answer["ProcessedUpdateActions"]])
        wait_for(lambda: self.action(update, CacheClusterIds=[cluster])["UpdateActionStatus"] == "stopped", "a stopped update")
        self.wait_cluster(cluster)
        updated = int(self.action(update, CacheClusterIds=[cluster])["NodesUpdated"].split("/")[0])
        self.assertLess(updated, 20)
        self.api().batch_apply_update_action(ServiceUpdateName=update, CacheClusterIds=[cluster])
        self.assertEqual("20/20", self.complete(update, CacheClusterIds=[cluster])["NodesUpdated"])


class Faults(Case):
    def test_of_updates(self):
        api, update = self.api(), self.update("memcached")
        for call in (api.batch_apply_update_action, api.batch_stop_update_action):
            self.assert_fault("ServiceUpdateNotFoundFault", 404, call, ServiceUpdateName=name("none"), CacheClusterIds=["x"])
            self.assert_fault("InvalidParameterValue", 400, call, ServiceUpdateName=update)
        self.assert_fault("ServiceUpdateNotFoundFault", 404, api.describe_service_updates, ServiceUpdateName="none")
        self.assertEqual([], api.describe_update_actions(ReplicationGroupIds=["none"])["UpdateActions"])


if __name__ == "__main__":
    unittest.main()
