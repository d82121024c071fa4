"""Orders to save and end that an engine refuses, or does not even read: nothing acknowledged is lost, or it is said."""
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import unittest

import harness
import redis
from harness import wait_for

REGION = "us-east-1"
KEYS = {"key:%d" % i: str(i) for i in range(500)}
AT_WORK = """
    local function now() local t = redis.call('TIME'); return t[1] * 1000 + t[2] / 1000 end
    local till = now() + ARGV[1]
    redis.call('SET', 'script', 'begun')
    while now() < till do end
    redis.call('SET', 'script', 'done')"""
FOR_EVER_MS = 10 ** 12


class Case(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()

    def lone(self, **more):
        """A single node with data: nobody else has them."""
        group = self.create_group(**more)
        self.primary(group).mset(KEYS)
        return group, self.node(group)

    def node(self, group):
        return self.server.nodes(group)[0]

    def keep_busy(self, node, ms):
        """A script is at work in the node, which answers BUSY."""
        self.admin(node).config_set("busy-reply-threshold", 100)

        def run():
            try:
                redis.Redis(host=node["address"], port=node["port"], socket_timeout=60).eval(AT_WORK, 0, ms)
            except redis.RedisError:
                pass  # the node ended
        thread = threading.Thread(target=run)
        thread.start()
        self.addCleanup(thread.join)
        wait_for(lambda: self.is_busy(node), "a busy node")

    def is_busy(self, node):
        try:
            self.admin(node).ping()
            return False
        except redis.exceptions.BusyLoadingError:
            return False
        except redis.ResponseError as e:
            return "BUSY" in str(e)

    def signal(self, number=signal.SIGTERM):
        self.server.process.send_signal(number)

    def wait_told(self, text):
        wait_for(lambda: text in self.server.log(), text)

    def losses_told(self, group):
        events = self.api().describe_events(SourceType="cache-cluster", SourceIdentifier=group + "-001")["Events"]
        return sum("without its data" in e["Message"] for e in events)

    def ended(self):
        return self.server.process.wait(harness.DEADLINE)

    def assert_all_there(self, group, **more):
        self.wait_group(group)
        expected = KEYS | more
        self.assertEqual(expected, dict(zip(expected, self.primary(group).mget(list(expected)))))


class Stop(Case):
    def test_waits_for_a_script_and_keeps_what_it_writes(self):
        self.server.start()
        group, node = self.lone()
        self.keep_busy(node, 2500)
        self.server.terminate()
        self.server.start()
        self.assert_all_there(group, script="done")

    def test_gets_through_a_pause_of_all_clients(self):
        self.server.start()
        group, node = self.lone()
        self.admin(node).client_pause(10 ** 8)
        self.server.terminate()
        self.server.start()
        self.assert_all_there(group)

    def test_wakes_a_node_that_stands_still(self):
        self.server.start()
        group, node = self.lone()
        os.kill(node["pid"], signal.SIGSTOP)
        wait_for(lambda: self.node(group)["state"] == "hung", "a hung node")
        self.server.terminate()
        self.server.start()
        self.assert_all_there(group)

    def test_asks_again_until_the_data_can_be_saved(self):
        self.server.start()
        group, node = self.lone()
        # Where the engine would write its data stands a folder.
        in_the_way = os.path.join(self.server.data, "regions", REGION, node["id"], "temp-%d.rdb" % node["pid"])
        os.mkdir(in_the_way)
        self.signal()
        self.wait_told("its data can't be saved yet: Failed opening")
        self.assertIsNone(self.server.process.poll())
        os.rmdir(in_the_way)
        self.assertEqual(0, self.ended())
        self.server.start()
        self.assert_all_there(group)

    def test_outlives_an_agent_that_dies_while_it_waits(self):
        self.server.start()
        group, node = self.lone()
        self.keep_busy(node, 5000)
        self.signal()
        self.wait_told("its data can't be saved yet: BUSY")
        os.kill(self.server.agent(REGION), signal.SIGKILL)
        self.assertEqual(0, self.ended())
        self.server.start()
        self.assert_all_there(group, script="done")

    def test_that_can_wait_no_longer_says_what_is_lost(self):
        self.server.flags += ["--stop-timeout", "1"]
        self.server.start()
        group, node = self.lone()
        self.keep_busy(node, FOR_EVER_MS)
        self.server.terminate(status=3)
        self.assertIn("node %s of %s: its data could not be saved: BUSY" % (node["id"], REGION), self.server.log())
        self.server.start()
        self.wait_group(group)
        self.assertIsNone(self.primary(group).get("key:1"))
        self.assertEqual(1, self.losses_told(group))
        self.server.terminate()  # what was lost then is not lost again

    def test_that_everything_is_killed_in_the_middle_of_is_told_at_the_next_start(self):
        self.server.start()
        group, node = self.lone()
        self.keep_busy(node, FOR_EVER_MS)
        self.signal()
        self.wait_told("its data can't be saved yet: BUSY")
        self.server.kill_everything()
        self.server.start()
        wait_for(lambda: self.losses_told(group) == 1, "the event")

    def test_told_twice_does_not_wait_for_what_is_saved_all_the_same(self):
        self.server.start()
        group, node = self.lone()
        self.keep_busy(node, 3000)
        self.signal()
        self.wait_told("its data can't be saved yet: BUSY")
        self.signal()
        self.assertEqual(4, self.ended())
        self.assertIn("node %s of %s still runs (process %d)" % (node["id"], REGION, node["pid"]), self.server.log())
        self.server.start()
        self.assert_all_there(group, script="done")


FAKE_AGENT = '''
import fcntl, http.client, json, select, socket, sys
folder, region, node = sys.argv[1:]
lock = open(folder + "/agent.lock", "r+b")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("has it", flush=True)
seen = {"region": region, "pid": 1, "version": 0, "nodes": [json.loads(node)], "links": []}
reports = 0
while not select.select([sys.stdin], [], [], 0.1)[0]:
    try:
        connection = http.client.HTTPConnection("serve")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(10)
        connection.sock.connect(folder + "/../../agents.sock")
        connection.request("POST", "/_meridian/agent/sighting", json.dumps(seen))
        reports += connection.getresponse().status == 200
        open(folder + "/reports", "w").write("x" * reports)
    except (OSError, http.client.HTTPException):
        pass
'''


class Bound(Case):
    """An agent that reports and never says that it stopped, because one of its processes does not die."""

    def replace_agent(self, node, **seen):
        """From now on a stranger plays the agent; the engine goes on, and nobody stops it."""
        agent = self.server.agent(REGION)
        self.server.kill()
        os.kill(agent, signal.SIGKILL)
        folder = os.path.join(self.server.data, "regions", REGION)
        told = {"id": node["id"], "state": "stopping", "pid": node["pid"], "started_ms": node["started_ms"]} | seen
        fake = subprocess.Popen([sys.executable, "-c", FAKE_AGENT, folder, REGION, json.dumps(told)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(fake.communicate)
        self.assertEqual(b"has it\n", fake.stdout.readline())
        self.server.start()
        wait_for(lambda: self.node(node["rg"])["state"] == "stopping", "the report of the other agent")
        return fake

    def pass_time(self, ms):
        self.server.admin("POST", "clock?advance_ms=%d" % ms)

    def wait_reported(self):
        path = os.path.join(self.server.data, "regions", REGION, "reports")
        before = os.path.getsize(path)
        wait_for(lambda: os.path.getsize(path) >= before + 2, "a report that began later")

    def wait_looked(self):
        """What is looked at once a second has been: secrets that are gone, and whether the stop is overdue."""
        path = os.path.join(self.server.data, "secrets", "node-admin-password")
        os.unlink(path)
        wait_for(lambda: os.path.exists(path), "the secret")

    def test_of_a_stop_says_what_is_left(self):
        self.server.flags += ["--stop-timeout", "20"]
        self.server.start()
        group, node = self.lone()
        fake = self.replace_agent(node, reason="it can't be killed")
        self.signal()
        self.wait_told("stopping: nodes save their data")
        self.pass_time(20000 + 15000)
        self.assertEqual(4, self.ended())
        self.assertIn("the agent of %s has not stopped (process %d)" % (REGION, fake.pid), self.server.log())
        self.assertIn("node %s of %s still runs (process %d): it can't be killed" % (node["id"], REGION, node["pid"]), self.server.log())
        fake.communicate()
        self.server.start()
        self.assert_all_there(group)
        self.assertEqual(node["pid"], self.node(group)["pid"])

    def test_of_a_stop_is_none_for_a_node_that_is_at_work_on_its_file(self):
        self.server.flags += ["--stop-timeout", "20"]
        self.server.start()
        group, node = self.lone()
        self.replace_agent(node, saving=True)
        self.signal()
        self.wait_told("stopping: nodes save their data")
        for _ in range(5):
            self.wait_reported()
            self.pass_time(10000)
            self.wait_looked()
        self.wait_reported()
        self.assertIsNone(self.server.process.poll())
        self.server.kill()


class Upgrade(Case):
    def setUp(self):
        super().setUp()
        older = os.path.join(self.server.folder, "older-redis")
        shutil.copy(shutil.which("redis-server"), older)
        self.server.flags += ["--engine", "redis:7.0=" + older]
        self.server.start()

    def upgrade(self, group):
        self.api().modify_replication_group(ReplicationGroupId=group, EngineVersion="7.1", ApplyImmediately=True)

    def test_waits_for_a_script_and_keeps_what_it_writes(self):
        group, node = self.lone(EngineVersion="7.0")
        self.keep_busy(node, 2500)
        self.upgrade(group)
        wait_for(lambda: self.node(group)["pid"] not in (0, node["pid"]), "another process")
        self.assert_all_there(group, script="done")

    def test_gets_through_a_pause_of_all_clients(self):
        group, node = self.lone(EngineVersion="7.0")
        self.admin(node).client_pause(10 ** 8)
        self.upgrade(group)
        wait_for(lambda: self.node(group)["pid"] not in (0, node["pid"]), "another process")
        self.assert_all_there(group)


class Orders(Case):
    """What a node can't do yet, it does as soon as it can: its data go into a snapshot, and new settings come into force."""

    def setUp(self):
        super().setUp()
        self.server.start()

    def check(self, block):
        parameters = harness.name("settings")
        self.api().create_cache_parameter_group(CacheParameterGroupName=parameters, CacheParameterGroupFamily="redis7", Description="d")
        group, node = self.lone(CacheParameterGroupName=parameters)
        block(node)
        snapshot = harness.name("snapshot")
        self.api().create_snapshot(ReplicationGroupId=group, SnapshotName=snapshot)
        self.api().modify_cache_parameter_group(CacheParameterGroupName=parameters, ParameterNameValues=[
            {"ParameterName": "maxmemory-samples", "ParameterValue": "7"}])
        wait_for(lambda: self.api().describe_snapshots(SnapshotName=snapshot)["Snapshots"][0]["SnapshotStatus"] == "available", "the snapshot")
        wait_for(lambda: self.admin(node).config_get("maxmemory-samples") == {"maxmemory-samples": "7"}, "the setting")
        self.assert_all_there(group)
        self.assertEqual(node["pid"], self.node(group)["pid"])

    def test_are_carried_out_once_a_script_has_ended(self):
        self.check(lambda node: self.keep_busy(node, 2500))

    def test_are_carried_out_once_a_pause_has_ended(self):
        self.check(lambda node: self.admin(node).client_pause(2500))


if __name__ == "__main__":
    unittest.main()
