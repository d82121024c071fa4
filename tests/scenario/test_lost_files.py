"""Files of the data directory that are lost or damaged: noticed, said, and with a way out."""
import os
import re
import shutil
import signal
import subprocess
import sys
import unittest

import harness
from harness import alive, reads, wait_for

REGION = "us-east-1"


class Case(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()
        self.server.start()
        self.database = os.path.join(self.server.data, "meridian.db")

    def refused(self):
        """The start is refused: the line that says why."""
        run = subprocess.run(self.server.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             env=harness.clean_environment(), timeout=harness.DEADLINE)
        self.assertEqual(1, run.returncode)
        lines = [line for line in run.stderr.decode().splitlines() if line.startswith("meridian: ")]
        self.assertEqual(1, len(lines), run.stderr)
        return lines[0]

    def go_back(self, line):
        """Runs the command that the line gives."""
        subprocess.check_call(re.search(r"(cd .*) - or move", line)[1], shell=True)

    def stops_in_order(self):
        self.assertEqual(1, self.server.process.wait(harness.DEADLINE))
        self.assertIn("moved away or deleted", self.server.log())
        self.assertEqual({}, harness.processes_of(self.server.data))


class Database(Case):
    def test_that_is_deleted_while_it_is_used_is_copied_and_everything_stops_in_order(self):
        group = self.create_group()
        self.primary(group).set("k", "v")
        os.unlink(self.database)
        self.stops_in_order()
        self.go_back(self.refused())
        self.server.start()
        self.assertEqual("v", self.wait_serving(group).get("k"))

    def test_whose_wal_is_deleted_while_it_is_used_keeps_everything(self):
        group = self.create_group()
        self.primary(group).set("k", "v")
        os.unlink(self.database + "-wal")
        self.stops_in_order()
        self.server.start()
        self.assertEqual("v", self.wait_serving(group).get("k"))

    def test_with_a_flipped_byte_is_refused_with_the_way_back(self):
        group = self.create_group()
        self.server.terminate()
        with open(self.database, "r+b") as f:
            f.seek(20000)
            byte = f.read(1)[0]
            f.seek(20000)
            f.write(bytes([byte ^ 4]))
        self.go_back(self.refused())
        self.server.start()
        self.wait_serving(group)


class MovedDatabase(Case):
    """A start that finds the nodes of a database that is not there."""

    def move(self, away):
        """The database, its WAL, and the copy, from the data directory or back."""
        folder = os.path.join(self.server.folder, "away")
        os.makedirs(folder, exist_ok=True)
        source, target = (self.server.data, folder) if away else (folder, self.server.data)
        for file in os.listdir(source):
            if file.startswith("meridian.db"):
                os.rename(os.path.join(source, file), os.path.join(target, file))

    def two(self):
        """Groups in two regions, with data, and serve killed; the agents."""
        group, other = self.create_group(nodes=2), self.create_group("eu-west-1")
        self.primary(group).set("k", "v")
        self.primary(other, "eu-west-1").set("k", "w")
        agents = [self.server.agent(REGION), self.server.agent("eu-west-1")]
        self.server.kill()
        return group, other, agents

    def back(self, group, other):
        self.move(away=False)
        self.server.start()
        self.wait_group(group)
        self.wait_group(other, "eu-west-1")
        self.assertEqual("v", self.primary(group).get("k"))
        self.assertEqual("w", self.primary(other, "eu-west-1").get("k"))

    def test_has_its_agents_found_and_its_nodes_stopped_with_their_data_saved(self):
        group, other, _ = self.two()
        self.move(away=True)
        self.assertIn("put the database back", self.refused())
        self.assertEqual({}, harness.processes_of(self.server.data))
        self.back(group, other)

    def test_has_its_engines_found_where_agents_are_dead_or_stand_still(self):
        group, other, agents = self.two()
        os.kill(agents[0], signal.SIGKILL)
        os.kill(agents[1], signal.SIGSTOP)
        self.move(away=True)
        self.assertIn("put the database back", self.refused())
        self.assertEqual({}, harness.processes_of(self.server.data))
        self.back(group, other)

    def test_waits_for_a_node_no_longer_than_it_may(self):
        """One that can't save its data, because a folder is in its way, and has no agent."""
        group = self.create_group()
        self.primary(group).set("k", "v")
        node, agent = self.server.nodes(group)[0], self.server.agent(REGION)
        self.server.kill()
        os.kill(agent, signal.SIGKILL)
        os.makedirs(os.path.join(self.server.data, "regions", REGION, node["id"], "dump.rdb", "in-the-way"))
        self.move(away=True)
        self.server.flags += ["--stop-timeout", "1"]
        self.assertIn("put the database back", self.refused())
        self.assertEqual({}, harness.processes_of(self.server.data))
        log = reads(os.path.join(self.server.data, "regions", REGION, "agent.log")).decode()
        self.assertIn("did not save its data in time", log)

    def test_leaves_no_engine_behind_where_everything_is_deleted(self):
        _, _, agents = self.two()
        for agent in agents:
            os.kill(agent, signal.SIGKILL)
        before = wait_for(lambda: (lambda found: found if len(found) == 3 else None)(harness.processes_of(self.server.data)), "only the engines left")
        for name in os.listdir(self.server.data):
            path = os.path.join(self.server.data, name)
            shutil.rmtree(path) if os.path.isdir(path) else os.unlink(path)
        self.server.start()
        self.assertEqual([], [pid for pid in before if alive(pid)])
        self.primary(self.create_group(nodes=2)).set("k", "v")


class Secrets(Case):
    def secrets(self):
        folder = os.path.join(self.server.data, "secrets")
        return {name: reads(os.path.join(folder, name)) for name in ("admin-token", "node-admin-password", "node-replication-password")}

    def test_that_are_deleted_while_they_are_used_are_put_back(self):
        before = self.secrets()
        shutil.rmtree(os.path.join(self.server.data, "secrets"))
        wait_for(lambda: self.secrets() == before, "the secrets")
        group = self.create_group()
        os.kill(self.server.agent(REGION), signal.SIGKILL)
        wait_for(lambda: "starting it again" in self.server.log(), "the agent's death")
        self.delete_group(group)

    def test_that_are_lost_while_only_engines_run_cost_no_data(self):
        group = self.create_group(nodes=2)
        client = self.primary(group)
        client.set("k", "v")
        self.assertEqual(1, client.wait(1, 5000))
        before = {n["pid"] for n in self.server.nodes(group)}
        agent = self.server.agent(REGION)
        self.server.kill()
        os.kill(agent, signal.SIGKILL)
        shutil.rmtree(os.path.join(self.server.data, "secrets"))
        self.server.start()
        wait_for(lambda: before.isdisjoint(n["pid"] for n in self.server.nodes(group) if n["state"] == "ready") and
                 [n for n in self.server.nodes(group) if n["link_up"]], "processes with another password")
        self.assertEqual("v", self.wait_serving(group).get("k"))


class Certificates(Case):
    def files(self):
        found = {}
        for folder, _, names in os.walk(os.path.join(self.server.data, "tls")):
            found |= {os.path.join(folder, name): reads(os.path.join(folder, name)) for name in names}
        return found

    def test_that_are_deleted_while_they_are_used_are_put_back(self):
        group = self.create_group(TransitEncryptionEnabled=True)
        before = self.files()
        self.assertEqual(["ca.key", "ca.pem", REGION + "." + self.server.nodes(group)[0]["id"] + ".pem"],
                         sorted(os.path.basename(path) for path in before))
        shutil.rmtree(os.path.join(self.server.data, "tls"))
        wait_for(lambda: self.files() == before, "the certificates")
        self.assertIn("ca.key was deleted while it was in use: put back", self.server.log())
        self.server.terminate()
        self.server.start()
        self.wait_group(group)
        self.assertEqual(before, self.files(), "clients trust the same authority")


HOLD_LOCK = '''
import fcntl, os, sys
os.unlink(sys.argv[1])
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("has it", flush=True)
sys.stdin.read()
'''


class Lock(Case):
    def setUp(self):
        super().setUp()
        self.group_id = self.create_group()
        self.pid = self.server.nodes(self.group_id)[0]["pid"]
        self.agent = self.server.agent(REGION)
        self.lock = os.path.join(self.server.data, "regions", REGION, "agent.lock")

    def assert_undisturbed(self):
        self.delete_group(self.create_group())
        self.assertEqual([self.pid], [n["pid"] for n in self.server.nodes(self.group_id)])

    def test_of_an_agent_that_is_deleted_is_put_back(self):
        os.unlink(self.lock)
        wait_for(lambda: os.path.exists(self.lock) and self.server.agent(REGION) == self.agent, "the lock")
        self.server.kill()
        self.server.start()
        self.assert_undisturbed()
        self.assertEqual(self.agent, self.server.agent(REGION))

    def test_of_an_agent_that_another_has_taken_meanwhile_leaves_the_nodes_to_that_one(self):
        other = subprocess.Popen([sys.executable, "-c", HOLD_LOCK, self.lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(other.communicate)
        self.assertEqual(b"has it\n", other.stdout.readline())
        wait_for(lambda: not alive(self.agent), "the end of the agent that lost its lock")
        other.communicate()
        wait_for(lambda: self.server.agent(REGION), "another agent")
        self.assert_undisturbed()


class Folder(Case):
    def path(self, node, *more):
        return os.path.join(self.server.data, "regions", REGION, node["id"], *more)

    def replace_agent(self, meanwhile):
        """Kills the agent, and serve first, so that what is done meanwhile comes before the next one."""
        agent = self.server.agent(REGION)
        self.server.kill()
        os.kill(agent, signal.SIGKILL)
        meanwhile()
        self.server.start()

    def two(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        client = self.primary(group)
        client.set("k", "v")
        self.assertEqual(1, client.wait(1, 5000))
        nodes = self.server.nodes(group)
        return group, next(n for n in nodes if n["role"] == "primary"), next(n for n in nodes if n["role"] == "replica")

    def test_of_a_primary_that_is_deleted_with_its_agent_dead_costs_no_data(self):
        """Its engine is found, and ended; its replica takes its place."""
        group, primary, replica = self.two()
        self.replace_agent(lambda: shutil.rmtree(self.path(primary)))
        wait_for(lambda: [n for n in self.server.nodes(group) if n["id"] == replica["id"] and n["role"] == "primary"], "the failover")
        wait_for(lambda: [n for n in self.server.nodes(group) if n["id"] == primary["id"] and n["link_up"]], "the other as its replica")
        self.assertFalse(alive(primary["pid"]))
        self.assertEqual("v", self.wait_serving(group).get("k"))

    def test_without_the_notes_of_its_process_is_adopted_all_the_same(self):
        group, primary, replica = self.two()

        def lose_notes():
            for node in (primary, replica):
                for note in ("process", "engine.pid"):
                    os.unlink(self.path(node, note))
        self.replace_agent(lose_notes)
        wait_for(lambda: "was found by itself" in reads(os.path.join(self.server.data, "regions", REGION, "agent.log")).decode(), "the census")
        self.create_group()
        wait_for(lambda: {n["pid"] for n in self.server.nodes(group) if n["state"] == "ready"} == {primary["pid"], replica["pid"]}, "the same processes")
        self.assertEqual("v", self.primary(group).get("k"))

    def test_of_regions_without_a_database_is_not_begun_anew(self):
        self.create_group()
        self.server.kill_everything()
        for file in os.listdir(self.server.data):
            if file.startswith("meridian.db"):
                os.unlink(os.path.join(self.server.data, file))
        self.assertIn("move that folder away", self.refused())
        os.rename(os.path.join(self.server.data, "regions"), os.path.join(self.server.folder, "away"))
        self.server.start()
        self.wait_serving(self.create_group())


if __name__ == "__main__":
    unittest.main()
