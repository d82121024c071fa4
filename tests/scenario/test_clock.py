"""The machine's clock is set while there are nodes: what has a limit goes by another one, which only goes forward."""
import os
import signal
import unittest

import harness
from clusters import Case
from harness import wait_for

HOUR = 3600 * 1000
ROUSED_AFTER = 5000


class Clock(Case):
    @classmethod
    def setUpClass(cls):
        cls.server = harness.Server().start()
        cls.addClassCleanup(cls.server.finish)

    def set_clock(self, ms):
        self.server.admin("POST", "clock?jump_ms=%d" % ms)

    def let_pass(self, ms):
        self.server.admin("POST", "clock?advance_ms=%d" % ms)

    def node(self, cluster):
        return next(n for n in self.server.nodes() if n["cluster"] == cluster)

    def hang(self, cluster):
        """A node that nobody can stand in for, made to stand still: it is woken once it has hung for ROUSED_AFTER."""
        pid = self.node(cluster)["pid"]
        os.kill(pid, signal.SIGSTOP)
        wait_for(lambda: self.node(cluster)["state"] == "hung", "a node that hangs")
        return pid

    def wait_woken(self, cluster, pid):
        wait_for(lambda: self.node(cluster)["state"] == "ready", "the node again")
        self.assertEqual(pid, self.node(cluster)["pid"])

    def test_a_hung_node_is_woken_though_the_clock_was_set_back(self):
        cluster = self.create_cluster()
        pid = self.hang(cluster)
        self.set_clock(-HOUR)
        self.let_pass(ROUSED_AFTER)
        self.wait_woken(cluster, pid)

    def test_and_though_it_goes_back_while_nobody_serves(self):
        cluster = self.create_cluster()
        self.set_clock(HOUR)
        pid = self.hang(cluster)
        self.server.kill()
        self.server.start()  # with the clock of the machine, which was never set
        wait_for(lambda: self.server.agent("us-east-1") and self.node(cluster)["state"] == "hung", "the node again")
        self.let_pass(ROUSED_AFTER)
        self.wait_woken(cluster, pid)

    def test_dates_go_by_the_clock_that_was_set(self):
        before = self.server.admin("GET", "clock")
        self.set_clock(-HOUR)
        self.addCleanup(self.set_clock, HOUR)
        after = self.server.admin("GET", "clock")
        self.assertLess(after["now_ms"], before["now_ms"])
        self.assertGreaterEqual(after["steady_ms"], before["steady_ms"])
        self.assertLess(after["steady_ms"], before["steady_ms"] + HOUR)


if __name__ == "__main__":
    unittest.main()
