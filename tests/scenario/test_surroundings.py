"""A machine that does not play along: a full disk, a folder that vanishes, an engine that fails, a terminal that closes."""
import os
import re
import shutil
import signal
import stat
import socket
import subprocess
import unittest

import harness
import small_disk
from harness import NODE_TYPE, processes_of, reads, wait_for

REGION = "us-east-1"
ENGINE = shutil.which("redis-server") or "/usr/bin/redis-server"


class Case(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()

    def ended(self):
        return self.server.process.wait(harness.DEADLINE)

    def shell(self, script):
        """From now on the server is started by a shell that does something first; "$@" is the command."""
        command = self.server.command
        self.server.command = lambda *flags: ["/bin/sh", "-c", script, "sh", *command(*flags)]

    def agent_log(self):
        return reads(os.path.join(self.server.data, "regions", REGION, "agent.log")).decode()

    def reasons(self):
        return " ".join(str(n["reason"]) for n in self.server.nodes())


class Terminal(Case):
    def test_that_closes_stops_everything(self):
        self.addCleanup(signal.signal, signal.SIGHUP, signal.signal(signal.SIGHUP, signal.SIG_DFL))  # also where nohup runs the tests
        self.server.start()
        self.create_group(nodes=2)
        self.server.process.send_signal(signal.SIGHUP)
        self.assertEqual(0, self.ended())
        self.assertEqual({}, processes_of(self.server.data))

    def test_that_closes_is_nothing_to_who_was_started_with_nohup(self):
        self.shell("trap '' HUP; exec \"$@\"")
        self.server.start()
        self.server.process.send_signal(signal.SIGHUP)
        self.create_group()
        self.assertIsNone(self.server.process.poll())

    def test_that_is_not_there_at_all_does_no_harm(self):
        self.shell("exec \"$@\" <&- >&- 2>&-")
        self.server.start()
        group = self.create_group()
        self.assertTrue(self.primary(group).ping())
        numbers = [os.readlink("/proc/%d/fd/%d" % (self.server.process.pid, fd)) for fd in (0, 1, 2)]
        self.assertEqual(["/dev/null"] * 3, numbers)

    def test_that_no_longer_reads_does_no_harm(self):
        process = subprocess.Popen(self.server.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   env=harness.clean_environment())
        self.server.process = process
        process.stdout.readline()
        process.stdout.close()
        self.server.url = reads(os.path.join(self.server.data, "endpoint")).decode().strip()
        self.server.proxy.target = self.server.url.removeprefix("http://")
        self.create_group()
        self.assertIsNone(process.poll())


class DataDirectory(Case):
    def test_that_goes_away_ends_serve_and_its_nodes(self):
        self.server.start()
        self.create_group(nodes=2)
        shutil.rmtree(self.server.data)
        self.assertEqual(1, self.ended())
        self.assertIn("went away", self.server.log())
        wait_for(lambda: not processes_of(self.server.data), "no process left")

    def test_whose_folder_of_regions_is_a_file_does_not_hold_up_the_end(self):
        self.server.start()
        self.create_group()
        self.server.terminate()
        shutil.rmtree(os.path.join(self.server.data, "regions"))
        with open(os.path.join(self.server.data, "regions"), "w"):
            pass
        self.server.start()
        wait_for(lambda: "starting the agent" in self.server.log(), "the complaint")
        self.server.terminate(4)

    def test_with_secrets_that_others_can_read_is_closed_to_them(self):
        self.server.start()
        self.server.terminate()
        path = os.path.join(self.server.data, "secrets", "node-admin-password")
        os.chmod(path, 0o644)
        self.server.start()
        self.assertEqual(0o600, stat.S_IMODE(os.stat(path).st_mode))


class FullDisk(Case):
    def setUp(self):
        super().setUp()
        self.filling = small_disk.move_to(self, 6)
        self.server.flags += ["--stop-timeout", "2"]

    def create(self, group):
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="d",
                                   Engine="redis", CacheNodeType=NODE_TYPE)
        self.server.proxy.take_violations()  # the model knows no failure of ours
        return answer.status

    def test_refuses_and_keeps_what_it_acknowledged_and_heals(self):
        self.server.start()
        before = self.create_group()
        self.primary(before).set("k", "v")
        small_disk.fill(self.filling)
        answers = {}
        while 500 not in answers.values():
            group = harness.name("full")
            answers[group] = self.create(group)
        self.assertLessEqual(set(answers.values()), {200, 500})
        self.assertIn("the disk is full", self.server.log())
        self.assertEqual("v", self.primary(before).get("k"))
        os.unlink(self.filling)
        for group, status in answers.items():
            if status == 200:
                self.wait_group(group)
        self.wait_group(self.create_group())
        self.server.kill()
        self.server.start()
        for group, status in answers.items():
            if status == 200:
                self.group(group)

    def test_that_takes_no_more_data_at_the_end_is_told(self):
        self.server.start()
        group = self.create_group()
        self.primary(group).set("large", os.urandom(200000).hex())
        small_disk.fill(self.filling)
        self.server.terminate(status=3)
        self.assertIn("node %s-001.0001 of us-east-1: its data could not be saved: the disk is full" % group, self.server.log())
        os.unlink(self.filling)
        self.server.start()
        wait_for(lambda: [e for e in self.api().describe_events(SourceIdentifier=group + "-001", SourceType="cache-cluster")["Events"]
                          if e["Message"].startswith("Cache node 0001 was stopped without its data")], "the event")
        wait_for(lambda: harness.is_bound(self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]["Address"], 6379), "the endpoint")
        self.primary(group).set("k", "v")


class LostData(Case):
    def setUp(self):
        super().setUp()
        self.server.flags += ["--stop-timeout", "1"]

    def holder(self, group):
        """The cluster of the replica that is in step: it listens on the reader endpoint."""
        address = self.group(group)["NodeGroups"][0]["ReaderEndpoint"]["Address"]
        return next((n["cluster"] for n in self.server.nodes(group) if n["link_up"] and address in n["endpoints"].split()), None)

    def stop_without_the_primarys_data(self, group):
        self.primary(group).set("k", "v")
        self.assertEqual(1, self.primary(group).wait(1, 5000))
        node = next(n for n in self.server.nodes(group) if n["role"] == "primary")
        # Where the engine would write its data stands a folder.
        os.mkdir(os.path.join(self.server.data, "regions", "us-east-1", node["id"], "temp-%d.rdb" % node["pid"]))
        self.server.terminate(status=3)
        self.assertIn("node %s of us-east-1: its data could not be saved: Failed opening" % node["id"], self.server.log())
        self.server.start()

    def test_of_a_primary_is_what_its_replica_has_saved(self):
        self.server.start()
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        self.stop_without_the_primarys_data(group)
        wait_for(lambda: self.holder(group) == group + "-001", "everybody at rest")
        self.assertEqual("v", self.primary(group).get("k"))

    def test_without_automatic_failover_the_primary_comes_back_empty(self):
        self.server.start()
        group = self.create_group(nodes=2)
        self.stop_without_the_primarys_data(group)
        wait_for(lambda: self.holder(group) == group + "-002", "everybody at rest")
        self.assertIsNone(self.primary(group).get("k"))


class Engine(Case):
    """What goes by the name of redis-server is a script that can be changed."""

    def setUp(self):
        super().setUp()
        self.program = os.path.join(self.server.folder, "redis-server")
        self.server.flags = ["--redis-server", self.program]

    def is_now(self, script):
        with open(self.program + ".new", "w") as f:
            f.write("#!/bin/sh\n" + script)
        os.chmod(self.program + ".new", 0o755)
        os.rename(self.program + ".new", self.program)

    def heals(self, script, reason):
        """The nodes say why they don't run, and run as soon as they can."""
        self.is_now(script)
        self.server.start()
        group = self.create_group(wait=False)
        wait_for(lambda: re.search(reason, self.reasons()), "the reason " + reason)
        self.assertEqual("creating", self.group(group)["Status"])
        self.is_now('exec %s "$@"\n' % ENGINE)
        self.wait_group(group)

    def test_that_is_too_old_is_named_with_its_version(self):
        self.heals('echo "Redis server v=6.0.16 sha=00000000:0 bits=64"\n', "version 6.0.16")

    def test_that_crashes_is_tried_again(self):
        self.heals('[ "$1" = --version ] && exec %s --version\nkill -SEGV $$\n' % ENGINE, "killed by signal 11")

    def test_that_takes_its_time_is_waited_for(self):
        self.is_now('[ "$1" = --version ] || sleep 1\nexec %s "$@"\n' % ENGINE)
        self.server.start()
        self.create_group()

    def test_that_is_stopped_before_it_has_loaded_its_data_keeps_it(self):
        self.is_now('exec %s "$@"\n' % ENGINE)
        self.server.start()
        group = self.create_group()
        self.primary(group).set("k", "v")
        self.server.terminate()
        self.is_now('[ "$1" = --version ] || sleep 600\nexec %s "$@"\n' % ENGINE)
        self.server.start()
        wait_for(lambda: any("sleep 600" in c for c in processes_of(self.server.data).values()), "the slow start")
        self.server.terminate()
        for pid in processes_of(self.server.data):
            os.kill(pid, signal.SIGKILL)
        self.is_now('exec %s "$@"\n' % ENGINE)
        self.server.start()
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        wait_for(lambda: harness.is_bound(endpoint["Address"], endpoint["Port"]), "the endpoint")
        self.assertEqual("v", self.primary(group).get("k"))

    def test_that_never_tells_its_version_does_not_hold_up_the_end(self):
        self.is_now("exec sleep 600\n")
        self.server.start()
        self.create_group(wait=False)
        lock = os.path.join(self.server.data, "regions", REGION, "agent.lock")
        wait_for(lambda: os.path.exists(lock) and self.server.agent(REGION), "the agent")
        self.server.terminate()


class Agent(Case):
    def test_that_somebody_else_stops_is_started_again(self):
        self.server.start()
        group = self.create_group()
        self.primary(group).set("k", "v")
        agent = self.server.agent(REGION)
        os.kill(agent, signal.SIGTERM)
        wait_for(lambda: self.server.agent(REGION) not in (0, agent), "another agent")
        wait_for(lambda: [n for n in self.server.nodes(group) if n["state"] == "ready" and n["pid"]], "the node")
        wait_for(lambda: harness.is_bound(self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]["Address"], 6379), "the endpoint")

    def test_with_few_descriptors_says_so_and_serve_goes_on(self):
        self.shell("ulimit -n 20; exec \"$@\"")
        self.server.start()
        for _ in range(6):
            self.create_group(nodes=2, wait=False)
        # The agent's words, or those of an engine about its "ulimit -n": whoever runs out of them first.
        wait_for(lambda: re.search("too many open files|redis-server: Your current", self.reasons()), "the reason")
        self.assertTrue(self.server.healthy())


class Ports(Case):
    def test_that_run_out_are_waited_for(self):
        self.server.flags = ["--addressing", "ports", "--port-range", "31750-31753"]
        self.server.start()
        first = self.create_group()
        second = self.create_group(nodes=3, wait=False)
        self.assertEqual("creating", self.group(second)["Status"])
        self.delete_group(first)
        third = self.create_group(wait=False)
        self.delete_group(second)
        self.wait_group(third)

    def test_of_the_cluster_bus_that_are_taken_are_left_out(self):
        """The bus of 31700 is 21700, and so on. Where the ports begin to be given differs; they are given one after the other."""
        first, n = 31700, 300
        self.server.flags = ["--addressing", "ports", "--port-range", "%d-%d" % (first, first + n - 1)]
        self.server.start()
        node = self.server.nodes(self.create_group())[0]
        taken = {first + (node["port"] - first + after) % n for after in range(3, 10, 2)}
        for port in taken:
            other = socket.socket()
            self.addCleanup(other.close)
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", port - 10000))
            other.listen()
        self.server.api(REGION).create_replication_group(
            ReplicationGroupId="ce", ReplicationGroupDescription="d", Engine="redis", CacheNodeType=NODE_TYPE, NumNodeGroups=2,
            ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on")
        self.wait_group("ce")
        self.assertFalse(taken & {n["port"] for n in self.server.nodes("ce")})


class Environment(unittest.TestCase):
    def test_without_a_home_and_with_odd_variables_serves_all_the_same(self):
        server = harness.Server()
        self.addCleanup(server.finish)
        folder = os.path.join(server.folder, "with space and é")
        os.mkdir(folder)
        with open(server.log_path, "wb") as log:
            server.process = subprocess.Popen([harness.BIN, "serve", "--listen", "127.0.0.1:0"], cwd=folder, stdin=subprocess.DEVNULL,
                                              stdout=log, stderr=log, env={"PATH": os.environ["PATH"], "TMPDIR": "/nonexistent", "LC_ALL": "C"})
        server.data = os.path.join(folder, "meridian-data")
        wait_for(lambda: reads(os.path.join(server.data, "endpoint")), "the endpoint's file")
        server.url = reads(os.path.join(server.data, "endpoint")).decode().strip()
        server.proxy.target = server.url.removeprefix("http://")
        api = server.api(REGION)
        api.create_replication_group(ReplicationGroupId="a", ReplicationGroupDescription="d", Engine="redis", CacheNodeType=NODE_TYPE)
        wait_for(lambda: api.describe_replication_groups()["ReplicationGroups"][0]["Status"] == "available", "the group")


if __name__ == "__main__":
    unittest.main()
