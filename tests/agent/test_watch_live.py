"""Agents with real Redis processes that hang, or only seem to: what docs/protocol.md says of the state hung."""
import os
import signal
import threading
import time

import redis

from field import Field, admin, client, main, node, poll, seen, serves


class Watch(Field):
    """Two nodes: a, and its replica b; and all states in which a node was reported."""
    OCTET = 6

    def setUp(self):
        super().setUp()
        self.a = node("g.a", self.address(1))
        self.b = node("g.b", self.address(2), self.a)
        self.states, self.told_blocked = [], set()

        def note(s):
            self.states.append((time.monotonic(), {n["id"]: n["state"] for n in s["nodes"]}))
            self.told_blocked |= {n.get("blocked") for n in s["nodes"]}
        self.serve.listeners.append(note)

    def start_pair(self):
        self.order([self.a, self.b])
        self.start()
        return self.wait_serves("g.a", "g.b")

    def reported(self, name):
        return {states.get(name) for _, states in self.states}

    def next_reports(self, count=1):
        reports = self.serve.region("r1").reports
        return self.wait(lambda s: self.serve.region("r1").reports >= reports + count)

    @staticmethod
    def is_busy(address):
        try:
            return not admin(address).ping()
        except redis.ResponseError as e:
            return str(e).startswith("BUSY")

    def test_a_stopped_process_is_hung_within_half_a_second(self):
        pid = seen(self.start_pair(), "g.a")["pid"]
        begin = time.monotonic()
        os.kill(pid, signal.SIGSTOP)
        self.wait(lambda s: seen(s, "g.a")["state"] == "hung")
        took = time.monotonic() - begin
        print("# hung after %.0f ms" % (took * 1e3), flush=True)
        self.assertGreater(took, 0.25)
        os.kill(pid, signal.SIGCONT)
        s = self.wait(lambda s: serves(s, "g.a"))
        self.assertEqual(seen(s, "g.a")["pid"], pid)
        self.assertEqual(seen(s, "g.a")["restarts"], 0)

    def test_who_stands_still_while_it_is_to_end_is_killed(self):
        pid = seen(self.start_pair(), "g.a")["pid"]
        os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        self.order([dict(self.a, incarnation=2), self.b])
        s = self.wait(lambda s: serves(s, "g.a") and seen(s, "g.a")["incarnation"] == 2)
        self.assertNotEqual(seen(s, "g.a")["pid"], pid)
        self.assertLess(time.monotonic() - begin, 20, "as long as it could have taken to save")

    def test_who_stands_still_and_is_to_be_roused_goes_on(self):
        pid = seen(self.start_pair(), "g.a")["pid"]
        os.kill(pid, signal.SIGSTOP)
        self.wait(lambda s: seen(s, "g.a")["state"] == "hung")
        self.order([dict(self.a, roused_pid=pid), self.b])
        s = self.wait(lambda s: serves(s, "g.a"))
        self.assertEqual((pid, 0), (seen(s, "g.a")["pid"], seen(s, "g.a")["restarts"]))

    def test_a_busy_process_is_asked_to_save_until_nobody_wants_its_data_any_more(self):
        pid = seen(self.start_pair(), "g.a")["pid"]
        admin(self.address(1)).config_set("busy-reply-threshold", 100)
        busy = threading.Thread(target=self.assertRaises, args=(redis.ConnectionError, client(self.address(1), timeout=60).eval, "while true do end", 0))
        busy.start()
        poll(lambda: self.is_busy(self.address(1)), "a busy process")
        self.order([dict(self.a, incarnation=2, keep_data=True), self.b])
        s = self.wait(lambda s: "BUSY" in seen(s, "g.a").get("reason", ""))
        self.assertEqual((pid, "stopping"), (seen(s, "g.a")["pid"], seen(s, "g.a")["state"]))
        self.order([dict(self.a, run=False), self.b])
        self.wait(lambda s: seen(s, "g.a")["state"] == "gone")
        busy.join()

    def test_who_stands_still_while_it_starts_is_hung(self):
        engine = os.path.join(self.dir, "still")
        with open(engine, "w") as f:
            f.write('#!/bin/sh\n[ "$1" = --version ] || [ -e %s.once ] || { touch %s.once; kill -STOP $$; }\nexec redis-server "$@"\n' % (engine, engine))
        os.chmod(engine, 0o755)
        self.order([self.a])
        self.start(engine=engine)
        pid = seen(self.wait(lambda s: seen(s, "g.a")["state"] == "hung"), "g.a")["pid"]
        self.order([dict(self.a, condemned_pid=pid)])
        self.assertNotEqual(pid, seen(self.wait_serves("g.a"), "g.a")["pid"])

    def test_a_pause_that_a_client_asked_for_is_no_hang(self):
        pid = seen(self.start_pair(), "g.a")["pid"]
        with client(self.address(1)) as a:
            a.client_pause(1500)
        begin = time.monotonic()
        with client(self.address(1)) as a:
            a.ping()
        self.assertGreater(time.monotonic() - begin, 1, "the pause was not in force")
        s = self.next_reports()
        self.assertNotIn("hung", self.reported("g.a"))
        self.assertEqual(pid, seen(s, "g.a")["pid"])

    def blocked(self, how):
        self.wait(lambda s: seen(s, "g.a").get("blocked") == how and seen(s, "g.a")["state"] == "ready")

    def test_a_pause_that_lasts_is_told_and_its_end_too(self):
        self.start_pair()
        with client(self.address(1)) as a:
            a.client_pause(2500)
        self.blocked("paused")
        self.blocked(None)
        self.assertNotIn("hung", self.reported("g.a"))

    def test_writes_that_a_client_holds_up_are_told_and_clients_that_wait_for_data_are_not(self):
        self.start_pair()
        self.assertIsNone(client(self.address(1)).blpop("nothing", 2.5))
        self.next_reports()
        self.assertEqual({None}, self.told_blocked)
        with client(self.address(1)) as a:
            a.client_pause(3600000, all=False)
        writer = client(self.address(1)).connection_pool.get_connection("SET")
        writer.send_command("SET", "k", "v")
        self.blocked("held")
        client(self.address(1)).client_unpause()
        self.blocked(None)

    def test_a_script_without_end_is_told_and_its_end_too(self):
        self.start_pair()
        a = client(self.address(1))
        a.config_set("busy-reply-threshold", 1500)
        script = threading.Thread(target=lambda: self.assertRaises(Exception, client(self.address(1)).eval, "while true do end", 0))
        script.start()
        self.blocked("busy")
        poll(lambda: self.killed(a), "the end of the script")
        script.join()
        self.blocked(None)
        self.assertNotIn("hung", self.reported("g.a"))

    @staticmethod
    def killed(a):
        try:
            return a.execute_command("SCRIPT", "KILL")
        except Exception:  # BUSY has not been said yet
            return False

    def test_a_late_answer_is_no_hang(self):
        s = self.start_pair()
        pause = threading.Event()
        for _ in range(5):
            os.kill(seen(s, "g.a")["pid"], signal.SIGSTOP)
            pause.wait(0.15)  # the stop itself is what is tested
            os.kill(seen(s, "g.a")["pid"], signal.SIGCONT)
            pause.wait(0.05)
        self.next_reports()
        self.assertNotIn("hung", self.reported("g.a"))

    def test_a_process_that_is_busy_does_not_hang_however_long(self):
        self.start_pair()
        admin(self.address(1)).config_set("busy-reply-threshold", 60000)  # as while a single command is at work: nothing is answered
        script = """
            local function now() local t = redis.call('TIME'); return t[1] * 1000 + t[2] / 1000 end
            local till = now() + 7000
            while now() < till do end
            return 1"""
        begin = time.monotonic()
        self.assertEqual(client(self.address(1), timeout=60).eval(script, 0), 1)
        self.assertGreater(time.monotonic() - begin, 6.9)
        self.next_reports()
        self.assertNotIn("hung", self.reported("g.a"))

    def test_an_agent_that_was_stopped_itself_does_not_call_its_nodes_hung(self):
        self.start_pair()
        os.kill(self.agents["r1"].pid, signal.SIGSTOP)
        threading.Event().wait(1)
        os.kill(self.agents["r1"].pid, signal.SIGCONT)
        self.next_reports()
        self.assertEqual(self.reported("g.a") | self.reported("g.b"), {"starting", "ready"})

    def test_a_replica_that_loads_and_a_primary_that_forks_do_not_hang(self):
        self.order([self.a])
        self.start()
        self.wait_serves("g.a")
        client(self.address(1)).eval("for i = 1, 300000 do redis.call('SET', i, string.rep('x', 300)) end", 0)
        self.order([self.a, self.b])
        self.wait_serves("g.a", "g.b")
        poll(lambda: client(self.address(2)).dbsize() == 300000, "the data")
        admin(self.address(1)).bgsave()
        self.next_reports()
        self.assertNotIn("hung", self.reported("g.a") | self.reported("g.b"))

    def test_a_process_that_was_stopped_while_no_agent_was_there_is_found_hung_and_can_be_killed(self):
        pid = seen(self.start_pair(), "g.b")["pid"]
        self.kill_agent()
        os.kill(pid, signal.SIGSTOP)
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and seen(s, "g.b")["state"] == "hung")
        self.order([self.a, dict(self.b, condemned_pid=pid)])
        s = self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b")["pid"] != pid)
        self.assertEqual(seen(s, "g.b")["restarts"], 1)


if __name__ == "__main__":
    main()
