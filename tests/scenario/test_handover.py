"""A primary that is alive and can be reached is never passed over: neither by a failover between regions nor within one."""
import itertools
import os
import signal
import threading
import unittest

import datastores
import redis
from datastores import AWAY, HOME
from harness import connect, wait_for

LIMIT = 10000         # what an orderly change is given
GIVEN_UP = "given up, everything stays as it was"
OUT_OF_REACH = 40000  # an agent that nobody has heard of for longer
BUSY = """
local start, n = redis.call('TIME'), 0
while true do
  n = n + 1
  redis.call('SET', KEYS[1] .. n % 50, n)
  local now = redis.call('TIME')
  if n % 100 == 0 and (now[1] - start[1]) * 1000 + (now[2] - start[2]) / 1000 > tonumber(ARGV[1]) then break end
end
redis.call('SET', KEYS[1] .. 'done', 1)
return n
"""


class Script(threading.Thread):
    """A script that writes for some time; 'answer' is what it was answered in the end."""

    def __init__(self, endpoint, ms):
        super().__init__(daemon=True)
        self.endpoint, self.ms, self.answer = endpoint, ms, None
        self.client = redis.Redis(*endpoint, socket_timeout=60, decode_responses=True)
        self.start()

    def run(self):
        try:
            self.answer = self.client.eval(BUSY, 1, "busy:", self.ms)
        except redis.RedisError as e:
            self.answer = e


class Unpauser(datastores.Writer):
    """One that ends every pause before each of its writes."""

    def run(self):
        for n in itertools.count():
            if self.finished.is_set():
                return
            for client in self.clients:
                with client.pipeline(transaction=False) as p:
                    p.execute_command("CLIENT", "UNPAUSE").set("written:%d" % n, n)
                    try:
                        written = p.execute(raise_on_error=False)[1]
                    except redis.RedisError:
                        continue
                if written is True:
                    self.acknowledged.append(n)
                    break


class Handover(datastores.Case):
    def setUp(self):
        super().setUp()
        self.own_server()
        self.own.start()

    @property
    def server(self):
        return self.own

    def make_world(self, nodes=1):
        more = {"AutomaticFailoverEnabled": True} if nodes > 1 else {}
        home = self.create_group(HOME, nodes=nodes, stem="home", **more)
        self.world_id, self.home = self.create_global(group=home)
        self.away = self.join(self.world_id, AWAY, nodes=nodes)
        self.home_endpoint, self.away_endpoint = self.endpoint(self.home, HOME), self.endpoint(self.away, AWAY)

    def endpoint(self, group, region):
        e = self.group(group, region)["NodeGroups"][0]["PrimaryEndpoint"]
        return e["Address"], e["Port"]

    def first(self, region):
        return next(n for n in self.server.nodes(region=region) if n["cluster"].endswith("-001"))

    def let_pass(self, ms):
        self.server.admin("POST", "clock?advance_ms=%d" % ms)

    def told(self, text, group, region):
        events = self.api(region).describe_events(SourceType="replication-group", SourceIdentifier=group, Duration=600)["Events"]
        return [e["Message"] for e in events if text in e["Message"]]

    def wait_told(self, text, group, region):
        return wait_for(lambda: self.told(text, group, region), text)[0]

    def test_the_end_of_a_script_is_waited_for(self):
        self.make_world()
        script = Script(self.home_endpoint, 2500)
        self.wait_for_busy()
        self.failover(self.world_id, AWAY, self.away)
        self.wait_roles(self.world_id, AWAY)
        script.join()
        self.assertIsInstance(script.answer, int)
        self.assertEqual("1", connect(self.away_endpoint).get("busy:done"), "the script was answered, and all that it wrote is there")

    def wait_for_busy(self):
        """The script has begun: its process answers nobody any more."""
        client = redis.Redis(*self.home_endpoint, socket_timeout=0.1, retry_on_timeout=False)

        def busy():
            try:
                return not client.ping()
            except (redis.exceptions.TimeoutError, redis.exceptions.BusyLoadingError, redis.exceptions.ResponseError):
                return True
        wait_for(busy, "a script at work")

    def test_a_clock_that_is_set_gives_nothing_up(self):
        self.make_world()
        script = Script(self.home_endpoint, 1500)
        self.wait_for_busy()
        self.failover(self.world_id, AWAY, self.away)
        for ms in 3600000, -2 * 3600000:
            self.server.admin("POST", "clock?jump_ms=%d" % ms)
        self.wait_roles(self.world_id, AWAY)
        script.join()
        self.assertEqual("1", connect(self.away_endpoint).get("busy:done"))
        self.assertEqual([], self.told("given up", self.away, AWAY) + self.told("not waited for", self.away, AWAY))

    def test_what_does_not_come_about_is_given_up(self):
        self.make_world()
        script = Script(self.home_endpoint, 3000)
        self.wait_for_busy()
        self.failover(self.world_id, AWAY, self.away)
        self.server.admin("POST", "clock?jump_ms=-3600000")  # what has a limit does not go by the clock that is set
        self.let_pass(LIMIT)
        self.wait_told(GIVEN_UP, self.away, AWAY)
        self.wait_roles(self.world_id, HOME)
        script.join()
        self.assertIsInstance(script.answer, int)
        self.assertEqual("1", connect(self.home_endpoint).get("busy:done"))
        self.assertTrue(connect(self.home_endpoint).set("after", 1), "it takes writes as before")
        self.failover(self.world_id, AWAY, self.away)
        self.wait_roles(self.world_id, AWAY)
        self.assertEqual("1", connect(self.away_endpoint).get("after"), "and the next failover loses nothing")

    def test_one_that_does_not_catch_up_is_not_promoted(self):
        self.make_world()
        lost = self.first(AWAY)
        admin = self.admin(lost)
        admin.config_set("masteruser", "nobody")  # it can't link again
        admin.client_kill_filter(_type="master")
        connect(self.home_endpoint).set("last", 1)
        self.failover(self.world_id, AWAY, self.away)
        wait_for(lambda: self.first(HOME)["fenced"], "writes are held")
        self.let_pass(LIMIT)
        self.wait_told(GIVEN_UP, self.home, HOME)
        self.assertTrue(connect(self.home_endpoint).set("after", 1), "it takes writes as before")
        self.assertEqual("PRIMARY", datastores.roles(self.world(self.world_id))[HOME])
        self.assertEqual("replica", self.first(AWAY)["role"])

    def test_no_client_lets_writes_in_that_would_be_lost(self):
        self.make_world(nodes=2)
        writer = Unpauser([self.home_endpoint, self.away_endpoint])
        writer.start()
        self.addCleanup(writer.stop)
        for group, region in [(self.away, AWAY), (self.home, HOME)] * 5:
            before = len(writer.acknowledged)
            self.failover(self.world_id, region, group)
            self.wait_roles(self.world_id, region)
            wait_for(lambda: len(writer.acknowledged) > before + 10, "writes after a failover")
        writer.stop()
        self.assertEqual([], writer.lost(connect(self.home_endpoint)))

    def test_held_writes_are_held_whatever_clients_do_and_go_on_afterwards(self):
        self.make_world()
        admin = self.admin(self.first(AWAY))
        admin.config_set("masteruser", "nobody")  # it can't link again
        admin.client_kill_filter(_type="master")
        connect(self.home_endpoint).set("last", 1)
        self.failover(self.world_id, AWAY, self.away)
        wait_for(lambda: self.first(HOME)["fenced"], "writes are held")
        os.kill(self.server.agent(HOME), signal.SIGKILL)
        wait_for(lambda: self.first(HOME)["fenced"], "writes are held by the next agent")
        client = connect(self.home_endpoint)
        for command in (["UNPAUSE"], ["PAUSE", "1", "ALL"], ["PAUSE", "1", "WRITE"]):
            with self.assertRaises(redis.exceptions.NoPermissionError):
                client.execute_command("CLIENT", *command)
        with self.assertRaises(redis.exceptions.TimeoutError):
            redis.Redis(*self.home_endpoint, socket_timeout=0.1, retry_on_timeout=False).set("k", "v")
        self.let_pass(LIMIT)
        self.wait_told(GIVEN_UP, self.home, HOME)
        wait_for(lambda: self.can(client, "CLIENT", "UNPAUSE"), "the right to end pauses")
        self.assertTrue(client.set("k", "w"))

    @staticmethod
    def can(client, *command):
        try:
            return client.execute_command(*command)
        except redis.exceptions.NoPermissionError:
            return False

    def test_an_agent_that_stands_still_is_waited_for(self):
        self.make_world()
        writer = datastores.Writer([self.home_endpoint, self.away_endpoint])
        writer.start()
        self.addCleanup(writer.stop)
        wait_for(lambda: writer.acknowledged, "writes")
        os.kill(self.server.agent(HOME), signal.SIGSTOP)  # serve replaces it
        self.failover(self.world_id, AWAY, self.away)
        self.wait_roles(self.world_id, AWAY)
        before = len(writer.acknowledged)
        wait_for(lambda: len(writer.acknowledged) > before, "writes in the other region")
        writer.stop()
        self.assertEqual([], writer.lost(connect(self.away_endpoint)))

    def take_out_of_reach(self, region):
        """No agent of the region can be started any more; its nodes go on. Returns what ends that."""
        lock = os.path.join(self.server.data, "regions", region, "agent.lock")
        agent = self.server.agent(region)
        os.unlink(lock)
        os.mkdir(lock)
        os.kill(agent, signal.SIGKILL)
        return lambda: os.rmdir(lock)

    def test_writes_of_a_primary_out_of_reach_are_counted_and_then_discarded(self):
        self.make_world()
        find_again = self.take_out_of_reach(HOME)
        self.failover(self.world_id, AWAY, self.away)
        self.let_pass(LIMIT)
        self.assertEqual("PRIMARY", datastores.roles(self.world(self.world_id))[HOME], "nobody knows yet that it is out of reach")
        self.let_pass(OUT_OF_REACH)
        self.wait_told("out of reach", self.away, AWAY)
        self.wait_roles(self.world_id, AWAY)
        for n in range(100):
            connect(self.home_endpoint).set("fork:%d" % n, n)
        with connect(self.home_endpoint).pipeline(transaction=True) as together:
            together.set("fork:a", 1).incr("fork:a").get("fork:a").execute()
        connect(self.home_endpoint).eval("redis.call('set', KEYS[1], 1); return redis.call('append', KEYS[1], 2)", 1, "fork:b")
        connect(self.away_endpoint).set("new", 1)
        node = self.first(HOME)
        written = int(connect((node["address"], node["port"])).info("replication")["master_repl_offset"])
        parted = int(connect(self.away_endpoint).info("replication")["second_repl_offset"]) - 1
        find_again()
        message = self.wait_told("Discarded", self.home, HOME)
        self.assertIn("Discarded 104 writes (%d bytes of its stream) that %s took" % (written - parted, node["cluster"]), message)
        self.assertGreater(written - parted, 100 * len("fork:"))
        wait_for(lambda: connect(self.home_endpoint).get("new") == "1", "it follows the new primary")
        self.assertIsNone(connect(self.home_endpoint).get("fork:1"))
        with self.assertRaises(redis.exceptions.ReadOnlyError):
            connect(self.home_endpoint).set("fork:1", 1)


if __name__ == "__main__":
    unittest.main()
