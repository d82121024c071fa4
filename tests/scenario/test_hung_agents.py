"""Agents that hang are replaced as dead ones are, and nobody else is: not one that could not run because nobody could."""
import os
import signal
import time
import unittest

import harness
from harness import wait_for

REGION, OTHER = "us-east-1", "eu-west-1"


class Case(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()
        self.server.start()

    def hang(self, region=REGION):
        agent = self.server.agent(region)
        os.kill(agent, signal.SIGSTOP)
        return agent

    def wait_replaced(self, agent, region=REGION):
        wait_for(lambda: self.server.agent(region) not in (0, agent), "another agent")
        self.assertNotIn(agent, harness.processes_of(self.server.data), "the one that hung is dead before the next one starts")


class Hung(Case):
    def test_is_replaced_and_what_died_meanwhile_is_failed_over(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        primary = self.primary(group)
        primary.set("k", "v")
        self.assertEqual(1, primary.wait(1, 5000))
        dead = next(n for n in self.server.nodes(group) if n["role"] == "primary")
        agent = self.hang()
        os.kill(dead["pid"], signal.SIGKILL)
        self.wait_replaced(agent)
        wait_for(lambda: [n for n in self.server.nodes(group) if n["role"] == "primary" and n["id"] != dead["id"]], "the failover")
        self.assertEqual("v", self.wait_serving(group).get("k"))
        wait_for(lambda: sorted(n["role"] for n in self.server.nodes(group) if n["link_up"] or n["role"] == "primary")
                 == ["primary", "replica"], "the dead one back as a replica")

    def test_does_not_hold_up_the_end_and_no_data_are_lost(self):
        group, other = self.create_group(), self.create_group(OTHER)
        self.primary(group).set("k", "v")
        self.primary(other, OTHER).set("k", "w")
        self.hang()
        self.server.terminate()
        self.assertEqual({}, harness.processes_of(self.server.data))
        self.server.start()
        self.assertEqual("v", self.wait_serving(group).get("k"))
        self.assertEqual("w", self.wait_serving(other, OTHER).get("k"))

    def test_of_an_earlier_serve_is_replaced(self):
        group = self.create_group()
        self.primary(group).set("k", "v")
        self.server.kill()
        agent = self.hang()
        self.server.start()
        self.wait_replaced(agent)
        self.assertEqual("v", self.wait_serving(group).get("k"))
        wait_for(lambda: [n for n in self.server.nodes(group) if n["state"] == "ready"], "the node")


class NotHung(Case):
    def test_is_one_that_slept_with_serve_or_saw_the_clock_jump(self):
        """As on a machine that was suspended, or had no time for anybody."""
        group = self.create_group()
        agent = self.hang()
        self.server.process.send_signal(signal.SIGSTOP)
        woken = time.monotonic() + 4
        wait_for(lambda: time.monotonic() > woken, "the sleep to be longer than what is a hang's")
        self.server.process.send_signal(signal.SIGCONT)
        self.server.admin("POST", "clock?advance_ms=3600000")
        os.kill(agent, signal.SIGCONT)
        self.create_group()
        self.assertEqual(agent, self.server.agent(REGION))
        self.assertNotIn("hangs", self.server.log())
        self.assertTrue(self.primary(group).ping())


if __name__ == "__main__":
    unittest.main()
