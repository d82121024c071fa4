"""GET /_meridian/why: what a resource waits for, of real processes."""
import contextlib
import os
import signal
import unittest
import urllib.error

import harness
from harness import wait_for

setUpModule, tearDownModule = harness.one_server()


class Why(harness.Case):
    def ask(self, region="us-east-1", **parameters):
        query = "&".join("%s=%s" % (k, v) for k, v in (parameters | ({"region": region} if region else {})).items())
        return self.server.admin("GET", "why?" + query)

    def waits(self, group):
        return self.ask(id=group)["waits"]

    def wait_told(self, group, words):
        return wait_for(lambda: [w for w in self.waits(group) if words in w["for"]], "%s to wait for %s" % (group, words))[0]

    def test_a_group_at_rest_waits_for_nothing_and_one_whose_process_stands_still_says_so(self):
        group = self.create_group()
        rests = self.ask(id=group)
        self.assertEqual(("replication group", "available", "available", []),
                         (rests["kind"], rests["status"], rests["shown_status"], rests["waits"]))
        node = self.server.nodes(group)[0]
        os.kill(node["pid"], signal.SIGSTOP)  # nobody has its data: it is not killed, but woken after a while
        told = self.wait_told(group, "node %s-001.0001, which hangs" % group)
        stands = self.ask(id=group)
        self.assertEqual(("available", "modifying"), (stands["status"], stands["shown_status"]))
        self.assertTrue(told["ends"])
        self.assertGreaterEqual(told["for_seconds"], 0)
        wait_for(lambda: self.waits(group) == [], "a group at rest")

    def test_a_group_that_is_being_created_waits_for_what_its_agent_has_not_done(self):
        self.create_group()
        agent, group = self.server.agent("us-east-1"), harness.name("why")
        os.kill(agent, signal.SIGSTOP)
        try:
            self.api().create_replication_group(
                ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis", CacheNodeType=harness.NODE_TYPE,
                NumCacheClusters=1)
            self.wait_told(group, "a first report about node %s-001.0001" % group)
            self.assertEqual("creating", self.ask(id=group)["status"])
        finally:
            with contextlib.suppress(ProcessLookupError):  # one that stands still for long is replaced
                os.kill(agent, signal.SIGCONT)
        wait_for(lambda: self.waits(group) == [] and self.ask(id=group)["status"] == "available", "a group at rest")

    def test_what_is_not_there_is_404_and_no_id_is_400(self):
        for status, parameters in ((404, {"id": "nobody"}), (400, {})):
            with self.assertRaises(urllib.error.HTTPError) as answer:
                self.ask(**parameters)
            self.assertEqual(status, answer.exception.code)


if __name__ == "__main__":
    unittest.main()
