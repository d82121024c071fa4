"""A trace: one id from the request to the process and back to the status, in the logs of serve and of the region's agent."""
import glob
import os
import signal
import unittest
import urllib.error

import harness
from harness import wait_for

setUpModule, tearDownModule = harness.one_server()


class Traced(harness.Case):
    def lines(self, request):
        """The lines of a request, serve's before those of agents."""
        agents = [harness.reads(path).decode() for path in glob.glob(os.path.join(self.server.data, "regions", "*", "agent.log"))]
        return [line for text in [self.server.log(), *agents] for line in text.splitlines()
                if " trace " in line and "request %s:" % request in line]

    def assert_told(self, request, *steps):
        def missing():
            lines = self.lines(request)
            return [step for step in steps if not any(step in line for line in lines)]
        wait_for(lambda: missing() == [], "lines of request %s with %s, of %s" % (request, steps, self.lines(request)))

    def create(self, group):
        answer = self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=harness.NODE_TYPE,
            NumCacheClusters=1)
        self.wait_group(group)
        return answer["ResponseMetadata"]["RequestId"]


class Ids(Traced):
    """Resources that are traced by their ids."""

    def test_a_creation_is_told_from_the_request_to_the_process_and_back(self):
        group = harness.name("trace")
        self.assertEqual({"id": group, "traced": True}, self.server.admin("PUT", "trace/" + group))
        self.assertIn(group, self.server.admin("GET", "trace")["traced"])
        request, node = self.create(group), group + "-001.0001"
        self.assert_told(
            request, "CreateReplicationGroup wrote replication group %s of us-east-1" % group,  # the operation
            "planned: node %s of replication group %s: address none -> " % (node, group),       # the pass
            "assignment",                                                                     # what the agent is told
            "node %s: ordered to primary" % node, "node %s: rest -> boot" % node,               # what the agent does
            "seen: node %s of replication group %s: " % (node, group),                          # the sighting
            "planned: replication_group %s" % group, "status creating -> available")            # the status

    def test_a_change_has_an_id_of_its_own_and_tells_the_engines_commands_without_what_is_secret(self):
        group = self.create_group()
        self.server.admin("PUT", "trace/" + group)
        answer = self.api().modify_replication_group(
            ReplicationGroupId=group, ApplyImmediately=True, CacheParameterGroupName=self.parameter_group())
        request = answer["ResponseMetadata"]["RequestId"]
        self.assert_told(request, "ModifyReplicationGroup wrote", "sends CONFIG SET", "seen: node", "status modifying -> available")

    def parameter_group(self):
        name = harness.name("traced")
        self.api().create_cache_parameter_group(CacheParameterGroupName=name, CacheParameterGroupFamily="redis7", Description="d")
        self.api().modify_cache_parameter_group(
            CacheParameterGroupName=name, ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "77"}])
        return name

    def test_what_is_not_traced_is_not_told(self):
        group = harness.name("quiet")
        self.server.admin("PUT", "trace/" + group)
        self.assertEqual({"id": group, "traced": False}, self.server.admin("DELETE", "trace/" + group))
        self.assertEqual([], self.lines(self.create(group)))

    def test_no_id_and_too_many_of_them_are_refused(self):
        for path in ("trace/a%20b", "trace/", "trace/" + "a" * 64):
            with self.assertRaises(urllib.error.HTTPError) as answer:
                self.server.admin("PUT", path)
            self.assertEqual(400, answer.exception.code, path)


class Everything(Traced):
    """With --log-level trace, on a server of its own."""
    server = None

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server(["--log-level", "trace"])
        cls.addClassCleanup(cls.server.finish)
        cls.server.start()

    def test_a_serve_that_is_started_anew_learns_the_request_from_the_agent(self):
        group = harness.name("traced")
        request = self.create(group)
        wait_for(lambda: any("node %s-001.0001: greet ->" % group in line for line in self.lines(request)), "a node that has greeted")
        self.server.kill()
        self.server.start()
        wait_for(lambda: self.server.nodes(group)[0]["serves"], "a node that serves")
        os.kill(self.server.nodes(group)[0]["pid"], signal.SIGKILL)
        self.assert_told(request, "node %s-001.0001: up -> boot" % group, "reason none -> killed by signal 9")
        self.assertEqual([], [line for line in self.lines(request) if "sends INFO" in line])


if __name__ == "__main__":
    unittest.main()
