"""A start in the wrong place, or in the wrong way, changes nothing and says so in one line."""
import os
import subprocess
import unittest

import harness
from harness import wait_for


class WrongPlace(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()

    def refusal(self, *flags):
        run = subprocess.run(self.own.command(*flags), capture_output=True, text=True, timeout=30, env=harness.clean_environment())
        self.assertNotEqual(0, run.returncode)
        lines = [line for line in run.stderr.splitlines() if "has no effect" not in line]
        self.assertEqual(1, len(lines), run.stderr)
        return lines[0]

    def test_nodes_keep_the_way_in_which_they_got_their_addresses(self):
        for made, other in (("loopback", "ports"), ("ports", "loopback")):
            with self.subTest(made=made):
                self.own = harness.Server(flags=["--addressing", made, "--port-range", "25100-25199"])
                self.addCleanup(self.own.finish)
                self.own.start()
                group = self.create_group(nodes=2)
                self.primary(group).set("k", "v")
                before = self.group(group)["NodeGroups"]
                self.own.terminate()
                self.assertIn("were made with --addressing %s" % made, self.refusal("--addressing", other))
                os.unlink(os.path.join(self.own.data, "addressing"))
                self.assertIn("were made with --addressing %s" % made, self.refusal("--addressing", other), "as a directory of an earlier version")
                self.own.start()
                self.wait_group(group)
                self.assertEqual(before, self.group(group)["NodeGroups"])
                self.assertEqual("v", self.primary(group).get("k"))

    def test_a_directory_of_somebody_else_is_left_alone(self):
        os.makedirs(self.own.data)
        with open(os.path.join(self.own.data, "thesis.txt"), "w") as f:
            f.write("mine\n")
        self.assertIn("neither empty nor a data directory of Meridian", self.refusal())
        self.assertEqual(["thesis.txt"], os.listdir(self.own.data))

    def test_a_region_that_does_not_exist_is_no_default(self):
        self.assertIn("--default-region mars-1: there is no such region", self.refusal("--default-region", "mars-1"))

    def test_a_death_and_what_it_cost_are_told_in_events(self):
        self.own.start()
        group = self.create_group()
        node = self.own.nodes(group)[0]
        os.kill(node["pid"], 9)
        wanted = ["Recovering cache nodes 0001", "Cache node 0001 was started again without the data that it had", "Finished recovery for cache nodes 0001"]
        wait_for(lambda: [t for t in self.told(node["cluster"]) if t in wanted] == wanted, "the events of a death")

    def told(self, cluster):
        """Messages of its events, the oldest first."""
        return [e["Message"] for e in self.api().describe_events(SourceType="cache-cluster", SourceIdentifier=cluster)["Events"]][::-1]


if __name__ == "__main__":
    unittest.main()
