"""Agents with real Redis processes: every promise of docs/protocol.md about nodes."""
import os
import signal
import socket
import subprocess
import time

from fake_serve import FakeServe
from field import DEADLINE, Field, PORT, admin, alive, client, main, node, poll, seen, serves


def full_syncs(address):
    return admin(address).info("stats")["sync_full"]


class Three(Field):
    """Three nodes: a, and its replicas b and c."""

    def setUp(self):
        super().setUp()
        self.a = node("g.a", self.address(1))
        self.b = node("g.b", self.address(2), self.a)
        self.c = node("g.c", self.address(3), self.a)
        self.vip = self.address(100)

    def start_group(self):
        self.order([self.a, self.b, self.c])
        self.start()
        return self.wait_serves("g.a", "g.b", "g.c")

    def pid(self, name):
        return seen(self.serve.region("r1").sighting, name)["pid"]

    @staticmethod
    def tries(call):
        try:
            return call()
        except Exception:
            return None


class Life(Three):
    OCTET = 1

    def test_three_nodes_come_up_and_replicate_at_once(self):
        self.start()
        self.order([])
        self.wait(lambda s: s["version"] == 1)
        begin = time.monotonic()
        self.order([self.a, self.b, self.c])
        s = self.wait_serves("g.a", "g.b", "g.c")
        linked = time.monotonic()
        client(self.address(1)).set("k", "v")
        for n in (2, 3):
            poll(lambda n=n: client(self.address(n)).get("k") == "v", "replication")
        done = time.monotonic()
        print("# from nothing to links %.0f ms, to data %.0f ms" % ((linked - begin) * 1e3, (done - begin) * 1e3), flush=True)
        self.assertLess(done - begin, 1.0, "a replica had to wait for Redis' own cron")
        self.assertEqual([seen(s, n)["role"] for n in ("g.a", "g.b", "g.c")], ["primary", "replica", "replica"])
        self.assertEqual(seen(s, "g.b")["upstream_host"], self.address(1))
        self.assertEqual(seen(s, "g.a")["generation"], 1)
        self.assertEqual(full_syncs(self.address(1)), 2)

    def test_an_agent_reaches_serve_and_its_nodes_however_long_their_path_is(self):
        self.dir = os.path.join(self.dir, "a-folder-with-a-long-name" * 4)
        os.mkdir(self.dir)
        folder = os.open(self.dir, os.O_PATH)
        self.addCleanup(os.close, folder)
        self.serve.stop()
        self.serve = FakeServe("/proc/self/fd/%d" % folder).start()
        self.start_group()
        socket_file = os.path.join(self.data(), "g.a", "engine.sock")
        self.assertGreater(len(socket_file), 108)
        self.assertEqual(os.stat(socket_file).st_mode & 0o777, 0o700)
        self.dir = os.path.dirname(self.dir)

    def test_a_node_that_is_killed_starts_again_and_links_again(self):
        before = seen(self.start_group(), "g.b")
        os.kill(before["pid"], signal.SIGKILL)
        s = self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b")["restarts"] == 1)
        self.assertNotEqual(seen(s, "g.b")["pid"], before["pid"])
        self.assertGreaterEqual(seen(s, "g.b")["started_ms"], before["started_ms"])
        client(self.address(1)).set("k", "v")
        poll(lambda: client(self.address(2)).get("k") == "v", "replication")

    def test_a_node_that_dies_again_and_again_is_started_less_and_less_often(self):
        self.start_group()
        for n in (1, 2, 3):
            os.kill(self.pid("g.c"), signal.SIGKILL)
            self.wait(lambda s, n=n: serves(s, "g.c") and seen(s, "g.c")["restarts"] == n)
        os.kill(self.pid("g.c"), signal.SIGKILL)
        s = self.wait(lambda s: seen(s, "g.c")["state"] == "exited")
        self.assertIn("signal 9", seen(s, "g.c")["reason"])
        self.wait(lambda s: serves(s, "g.c"))

    def test_a_crash_leaves_no_data_behind(self):
        s = self.start_group()
        client(self.address(1)).set("k", "v")
        poll(lambda: self.tries(admin(self.address(1)).save), "a SAVE")
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        self.wait(lambda s: serves(s, "g.a") and seen(s, "g.a")["restarts"] == 1)
        self.assertEqual(client(self.address(1)).dbsize(), 0)

    def test_a_dead_node_that_is_held_stays_dead_until_its_order_changes(self):
        self.a["hold"] = True
        s = self.start_group()
        client(self.address(1)).set("k", "v")
        poll(lambda: client(self.address(2)).get("k") == "v", "replication")
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        reports = self.serve.region("r1").reports
        self.wait(lambda s: seen(s, "g.a")["state"] == "exited" and self.serve.region("r1").reports > reports + 2)
        self.assertEqual(client(self.address(2)).get("k"), "v")
        b2 = node("g.b", self.b["address"])
        self.order([node("g.a", self.a["address"], b2), b2, node("g.c", self.c["address"], b2)])
        self.wait_serves("g.a", "g.b", "g.c")
        for n in (1, 2, 3):
            self.assertEqual(client(self.address(n)).get("k"), "v")

    def test_a_node_that_died_unseen_is_held_too(self):
        self.a["hold"] = True
        s = self.start_group()
        self.kill_agent()
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        self.start()
        s = self.wait(lambda s: s["pid"] == self.agents["r1"].pid and seen(s, "g.a")["state"] == "exited")
        self.assertEqual(seen(s, "g.a")["restarts"], 1)
        self.order([dict(self.a, hold=False), self.b, self.c])
        self.wait_serves("g.a")

    def test_the_report_of_a_death_says_how_far_the_replicas_are(self):
        self.a["hold"] = True
        s = self.start_group()
        client(self.address(1)).set("k", "v" * 1000)
        poll(lambda: client(self.address(2)).get("k") == client(self.address(3)).get("k") == "v" * 1000, "replication")
        reports = []
        self.serve.listeners.append(reports.append)
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        self.wait(lambda s: seen(s, "g.a")["state"] == "exited")
        first = next(s for s in reports if seen(s, "g.a")["state"] == "exited")
        for n in ("g.b", "g.c"):
            self.assertFalse(seen(first, n)["link_up"])
            self.assertGreater(seen(first, n)["offset"], 1000)

    def test_a_condemned_process_is_killed_and_the_next_one_lives(self):
        s = self.start_group()
        pid = seen(s, "g.b")["pid"]
        os.kill(pid, signal.SIGSTOP)
        self.wait(lambda s: seen(s, "g.b")["state"] == "hung")
        self.order([self.a, dict(self.b, condemned_pid=pid), self.c])
        s = self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b")["restarts"] == 1)
        self.assertNotEqual(seen(s, "g.b")["pid"], pid)

    def restart(self, **more):
        """Has g.b run with an own key and starts it anew; what became of the key."""
        s = self.start_group()
        pid = seen(s, "g.b")["pid"]
        alone = node("g.b", self.b["address"])
        self.order([self.a, alone, self.c])
        self.wait(lambda s: seen(s, "g.b")["role"] == "primary")
        client(self.address(2)).set("own", "v")
        self.order([self.a, dict(alone, incarnation=2, **more), self.c])
        s = self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b").get("incarnation") == 2)
        self.assertNotEqual(seen(s, "g.b")["pid"], pid)
        self.assertEqual(seen(s, "g.b")["restarts"], 0)
        self.kill_agent()
        self.start()
        again = self.wait(lambda s: s["pid"] == self.agents["r1"].pid and serves(s, "g.b"))
        self.assertEqual(seen(again, "g.b")["pid"], seen(s, "g.b")["pid"], "an adopted node was started again")
        return client(self.address(2)).get("own")

    def test_a_new_incarnation_is_another_process_with_the_data_kept(self):
        self.assertEqual(self.restart(keep_data=True), "v")

    def test_a_new_incarnation_is_another_process_without_the_data(self):
        self.assertIsNone(self.restart(keep_data=False))

    def test_the_next_agent_adopts_what_runs(self):
        before = self.start_group()
        self.order([dict(self.a, endpoints=[self.vip]), self.b, self.c])
        self.wait(lambda s: seen(s, "g.a")["endpoints"] == [self.vip])
        talker = client(self.vip)
        talker.set("k", "v")
        connection = talker.client_id()
        self.kill_agent()
        self.start()
        os.kill(self.pid("g.c"), signal.SIGKILL)
        s = self.wait(lambda s: s["pid"] == self.agents["r1"].pid and serves(s, "g.a", "g.b", "g.c"))
        for n in ("g.a", "g.b"):
            self.assertEqual(seen(s, n)["pid"], seen(before, n)["pid"])
            self.assertEqual(seen(s, n)["started_ms"], seen(before, n)["started_ms"])
        self.assertEqual(seen(s, "g.a")["endpoints"], [self.vip])
        self.assertEqual(talker.client_id(), connection, "the connection was cut")
        os.kill(self.pid("g.b"), signal.SIGKILL)
        self.wait(lambda s: serves(s, "g.b") and seen(s, "g.b")["restarts"] == 1)

    def test_the_first_report_of_a_new_agent_knows_adopted_nodes(self):
        self.start_group()
        self.kill_agent()
        reports = []
        self.serve.listeners.append(reports.append)
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid)
        self.assertTrue(serves(reports[0], "g.a", "g.b", "g.c"), reports[0])

    def test_a_clean_stop_keeps_the_data_for_one_start(self):
        self.start_group()
        client(self.address(1)).set("k", "v")
        poll(lambda: client(self.address(2)).get("k") == "v", "replication")
        self.stop_agent()
        self.assertTrue(self.serve.region("r1").sighting["stopped"])
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and serves(s, "g.a", "g.b", "g.c"))
        self.assertEqual(client(self.address(1)).get("k"), "v")
        self.assertEqual(client(self.address(2)).get("k"), "v")
        os.kill(self.pid("g.a"), signal.SIGKILL)
        self.wait(lambda s: serves(s, "g.a") and seen(s, "g.a")["restarts"] == 1)
        self.assertEqual(client(self.address(1)).dbsize(), 0)

    def test_an_agent_that_never_reached_serve_still_stops_its_nodes_with_their_data(self):
        self.start_group()
        client(self.address(1)).set("k", "v")
        self.kill_agent()
        self.serve.stop()
        self.start()
        poll(lambda: "g.a: runs already" in self.log(), "the adoption")
        self.stop_agent()
        self.serve.start()
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and serves(s, "g.a", "g.b", "g.c"))
        self.assertEqual(client(self.address(1)).get("k"), "v")

    def test_shutdown_in_the_assignment_stops_everything(self):
        s = self.start_group()
        self.order([self.a, self.b, self.c], shutdown=True)
        self.assertEqual(self.agents["r1"].wait(DEADLINE), 0)
        self.assertTrue(self.serve.region("r1").sighting["stopped"])
        self.assertFalse(any(alive(n["pid"]) for n in s["nodes"]))

    def test_a_node_that_shall_not_run_is_gone_with_its_data(self):
        pid = seen(self.start_group(), "g.c")["pid"]
        self.order([self.a, self.b, dict(self.c, run=False)])
        self.wait(lambda s: seen(s, "g.c")["state"] == "gone")
        self.assertFalse(alive(pid))
        self.assertFalse(os.path.exists(os.path.join(self.data(), "g.c")))
        self.order([self.a, self.b, self.c])
        self.wait_serves("g.a", "g.b", "g.c")
        self.order([self.a, self.b])
        self.wait(lambda s: not seen(s, "g.c"))
        self.assertFalse(os.path.exists(os.path.join(self.data(), "g.c")))

    def test_an_agent_whose_folder_goes_away_leaves_nothing_behind(self):
        s = self.start_group()
        os.rename(self.data(), self.data() + ".away")
        self.assertEqual(self.agents["r1"].wait(DEADLINE), 1)
        self.assertIn("went away", self.log())
        self.assertFalse(any(alive(n["pid"]) for n in s["nodes"]))

    def test_nodes_go_on_while_serve_is_away(self):
        self.start_group()
        self.serve.stop()
        poll(lambda: "serve does not answer" in self.log(), "the agent to notice")
        os.kill(self.pid("g.b"), signal.SIGKILL)
        poll(lambda: self.log().count("g.b: replica is ready") == 2, "the restart")
        self.serve.start()
        self.wait(lambda s: serves(s, "g.a", "g.b", "g.c") and seen(s, "g.b")["restarts"] == 1)

    def test_a_hung_node_is_reported_and_comes_back(self):
        pid = seen(self.start_group(), "g.b")["pid"]
        os.kill(pid, signal.SIGSTOP)
        self.wait(lambda s: seen(s, "g.b")["state"] == "hung")
        os.kill(pid, signal.SIGCONT)
        s = self.wait(lambda s: serves(s, "g.b"))
        self.assertEqual(seen(s, "g.b")["pid"], pid)


class Roles(Three):
    OCTET = 2

    def test_a_planned_switchover_loses_nothing_and_needs_no_full_synchronisation(self):
        a, b, c = self.a, self.b, self.c
        a["endpoints"] = [self.vip]
        self.start_group()
        self.wait(lambda s: seen(s, "g.a")["endpoints"] == [self.vip])
        talker = client(self.vip)
        for i in range(100):
            talker.incr("n")
        self.order([dict(a, fence=True), b, c])
        s = self.wait(lambda s: seen(s, "g.a")["fenced"])
        offset = seen(s, "g.a")["offset"]
        held = client(self.vip)
        held.connection_pool.connection_kwargs["socket_timeout"] = 0.2
        self.assertRaises(Exception, held.incr, "n")
        b2 = node("g.b", b["address"], promote_offset=offset, endpoints=[self.vip])
        self.order([dict(a, fence=True, endpoints=[]), b2, c])
        self.wait(lambda s: seen(s, "g.b")["role"] == "primary" and seen(s, "g.b")["endpoints"] == [self.vip])
        a2, c2 = node("g.a", a["address"], b2), node("g.c", c["address"], b2)
        self.order([a2, b2, c2])
        s = self.wait_serves("g.a", "g.b", "g.c")
        self.assertEqual(seen(s, "g.a")["endpoints"], [])
        self.assertEqual(full_syncs(b["address"]), 0)
        self.assertEqual(client(self.vip).get("n"), "100")
        client(self.vip).incr("n")
        for n in (1, 3):
            poll(lambda n=n: client(self.address(n)).get("n") == "101", "replication")
        self.assertRaisesRegex(Exception, "read only replica", client(a["address"]).set, "k", "v")
        self.assertEqual(admin(b["address"]).config_get("repl-ping-replica-period"), {"repl-ping-replica-period": "1"})

    def test_a_fence_that_is_lifted_lets_writes_go_on(self):
        self.start_group()
        self.order([dict(self.a, fence=True), self.b, self.c])
        self.wait(lambda s: seen(s, "g.a")["fenced"])
        self.order([self.a, self.b, self.c])
        self.wait(lambda s: not seen(s, "g.a")["fenced"])
        self.assertTrue(client(self.address(1)).set("k", "v"))
        poll(lambda: admin(self.address(1)).config_get("repl-ping-replica-period")["repl-ping-replica-period"] == "1", "the PINGs")

    def test_a_fence_survives_its_agent_and_so_does_its_end(self):
        self.start_group()
        self.order([dict(self.a, fence=True), self.b, self.c])
        self.wait(lambda s: seen(s, "g.a")["fenced"])
        self.kill_agent()
        self.order([self.a, self.b, self.c])
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and serves(s, "g.a") and s["version"] == 3)
        poll(lambda: admin(self.address(1)).config_get("repl-ping-replica-period")["repl-ping-replica-period"] == "1", "the PINGs")
        self.assertTrue(client(self.address(1)).set("k", "v"))

    def test_a_primary_that_starts_fenced_takes_no_write_before(self):
        self.order([dict(self.a, fence=True)])
        self.start()
        while not seen(self.serve.region("r1").sighting or {"nodes": [], "links": []}, "g.a").get("fenced"):
            self.assertFalse(self.tries(lambda: client(self.address(1), timeout=0.01).set("k", "v")))
        poll(lambda: admin(self.address(1)).config_get("min-replicas-to-write")["min-replicas-to-write"] == "0", "no more replicas than ordered")
        self.order([self.a])
        self.wait(lambda s: not seen(s, "g.a")["fenced"])
        self.assertIsNone(client(self.address(1)).get("k"))
        self.assertTrue(client(self.address(1)).set("k", "v"))

    def test_one_that_becomes_primary_at_an_offset_starts_as_a_replica(self):
        b = dict(self.b, role="primary", promote_offset=1 << 40)
        self.order([self.a, b])
        self.start()
        s = self.wait_serves("g.a", "g.b")
        self.assertEqual(seen(s, "g.b")["role"], "replica")
        client(self.address(1)).set("k", "v")
        poll(lambda: client(self.address(2)).get("k") == "v", "replication")
        self.order([self.a, dict(b, promote_offset=1)])
        self.wait(lambda s: seen(s, "g.b")["role"] == "primary")

    def test_a_failover_moves_the_endpoint_and_the_dead_node_comes_back_as_a_replica(self):
        self.a.update(endpoints=[self.vip], hold=True)
        s = self.start_group()
        self.wait(lambda s: seen(s, "g.a")["endpoints"] == [self.vip])
        client(self.vip).set("k", "v")
        poll(lambda: client(self.address(2)).get("k") == client(self.address(3)).get("k") == "v", "replication")
        b2 = node("g.b", self.b["address"], endpoints=[self.vip])
        begin = time.monotonic()
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        self.wait(lambda s: seen(s, "g.a")["restarts"] == 1)
        self.order([node("g.a", self.a["address"], b2), b2, node("g.c", self.c["address"], b2)])
        poll(lambda: self.tries(lambda: client(self.vip).set("k", "w")), "a write")
        print("# writes after %.0f ms" % ((time.monotonic() - begin) * 1e3), flush=True)
        s = self.wait_serves("g.a", "g.b", "g.c")
        self.assertEqual([seen(s, n)["role"] for n in ("g.a", "g.b", "g.c")], ["replica", "primary", "replica"])
        poll(lambda: client(self.address(1)).get("k") == client(self.address(3)).get("k") == "w", "replication")

    def test_an_endpoint_that_is_given_up_drops_its_connections(self):
        self.a["endpoints"] = [self.vip]
        self.start_group()
        self.wait(lambda s: seen(s, "g.a")["endpoints"] == [self.vip])
        talker, other = client(self.vip), client(self.address(1))
        first, own = talker.client_id(), other.client_id()
        del self.a["endpoints"]
        self.order([self.a, self.b, self.c])
        self.wait(lambda s: seen(s, "g.a")["endpoints"] == [])
        poll(lambda: str(first) not in [c["id"] for c in other.client_list()], "the connection to end")
        self.assertEqual(other.client_id(), own)

    def test_an_endpoint_that_somebody_else_holds_is_taken_when_it_is_free(self):
        self.start_group()
        holder = socket.create_server((self.vip, PORT))
        self.order([dict(self.a, endpoints=[self.vip]), self.b, self.c])
        self.wait(lambda s: "held by somebody else" in seen(s, "g.a").get("reason", ""))
        self.assertTrue(client(self.address(1)).ping())
        holder.close()
        s = self.wait(lambda s: seen(s, "g.a")["endpoints"] == [self.vip])
        self.wait(lambda s: "reason" not in seen(s, "g.a"))
        self.assertEqual(seen(s, "g.a")["state"], "ready")

    def test_redis_conf_never_lags_behind_a_demotion(self):
        self.start_group()
        b2 = node("g.b", self.b["address"])
        self.order([node("g.a", self.a["address"], b2), b2, self.c])
        self.wait(lambda s: seen(s, "g.a").get("role") == "replica")
        with open(os.path.join(self.data(), "g.a", "redis.conf")) as f:
            self.assertIn("replicaof %s %d" % (self.b["address"], PORT), f.read())


class Trouble(Three):
    OCTET = 3

    def test_a_death_after_an_endpoint_was_refused_is_no_conflict(self):
        other = socket.create_server((self.vip, PORT))
        self.addCleanup(other.close)
        self.order([node("g.a", self.address(1), endpoints=[self.vip], hold=True)])
        self.start()
        s = self.wait(lambda s: seen(s, "g.a").get("endpoints_refused") == [self.vip])
        os.kill(seen(s, "g.a")["pid"], signal.SIGKILL)
        s = self.wait(lambda s: seen(s, "g.a")["state"] != "ready" and seen(s, "g.a").get("restarts") == 1)
        self.assertEqual("exited", seen(s, "g.a")["state"])

    def test_an_address_in_use_is_a_conflict_until_it_is_free(self):
        holder = socket.create_server((self.address(1), PORT))
        self.order([self.a, self.b])
        self.start()
        s = self.wait(lambda s: seen(s, "g.a")["state"] == "conflict")
        self.assertIn("in use", seen(s, "g.a")["reason"])
        self.assertEqual(seen(s, "g.b")["state"], "starting")
        holder.close()
        self.wait_serves("g.a", "g.b")

    def test_a_conflict_is_one_of_the_address_that_it_was_about(self):
        first, second = (socket.create_server((self.address(n), PORT)) for n in (1, 2))
        for holder in (first, second):
            self.addCleanup(holder.close)
        self.order([self.a, node("g.b", self.address(2))])
        self.start()
        s = self.wait(lambda s: all(seen(s, n)["state"] == "conflict" for n in ("g.a", "g.b")))
        self.assertEqual((self.address(2), PORT), (seen(s, "g.b")["address"], seen(s, "g.b")["port"]))
        self.order([self.a, node("g.b", self.address(3), self.a)])
        s = self.wait(lambda s: seen(s, "g.b")["address"] == self.address(3))
        self.assertEqual("starting", seen(s, "g.b")["state"])
        self.assertNotIn("reason", seen(s, "g.b"))

    def test_a_missing_engine_is_told_in_one_line(self):
        self.order([self.a])
        self.start(engine="/nonexistent/redis-server")
        s = self.wait(lambda s: seen(s, "g.a")["state"] == "broken")
        self.assertIn("install redis-server", seen(s, "g.a")["reason"])

    def test_an_engine_that_is_too_old_is_told_in_one_line(self):
        old = os.path.join(self.dir, "old-redis")
        with open(old, "w") as f:
            f.write("#!/bin/sh\necho 'Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64 build=0'\n")
        os.chmod(old, 0o755)
        self.order([self.a])
        self.start(engine=old)
        s = self.wait(lambda s: seen(s, "g.a")["state"] == "broken")
        self.assertIn("6.0.16", seen(s, "g.a")["reason"])

    def test_settings_that_redis_refuses_are_named_and_do_not_keep_the_node_from_starting(self):
        settings = [dict(name="maxmemory-policy", value="secret"), dict(name="timeout", value="99999999999"), dict(name="tcp-keepalive", value="77")]
        self.order([dict(self.a, settings=settings)])
        self.start()
        s = self.wait(lambda s: seen(s, "g.a").get("state") == "ready")
        self.assertEqual((["maxmemory-policy", "timeout"], 1, 0), tuple(seen(s, "g.a")[k] for k in ("refused_settings", "generation", "restarts")))
        self.assertIn("timeout", seen(s, "g.a")["reason"])
        self.assertNotIn("secret", seen(s, "g.a")["reason"])
        self.assertEqual("77", admin(self.address(1)).config_get("tcp-keepalive")["tcp-keepalive"])
        self.order([dict(self.a, settings=settings[2:], generation=2)])
        self.wait(lambda s: seen(s, "g.a").get("generation") == 2 and not seen(s, "g.a").get("refused_settings"))

    def test_a_setting_that_no_parameter_group_has_reaches_neither_a_file_nor_an_engine(self):
        bad = [dict(name="loadmodule", value="/tmp/x.so")]
        self.order([dict(self.a, settings=bad)])
        self.start()
        s = self.wait(lambda s: seen(s, "g.a").get("state") == "broken")
        self.assertIn("loadmodule", seen(s, "g.a")["reason"])
        self.assertFalse(os.path.exists(os.path.join(self.data(), "g.a", "redis.conf")))
        self.order([self.a])
        self.wait_serves("g.a")
        self.order([dict(self.a, settings=bad, generation=2)])
        s = self.wait(lambda s: "loadmodule" in seen(s, "g.a").get("reason", ""))
        with open(os.path.join(self.data(), "g.a", "redis.conf")) as f:
            self.assertNotIn("loadmodule", f.read())
        self.assertTrue(client(self.address(1)).ping(), "what ran before goes on")

    def test_settings_of_a_new_generation_come_into_force(self):
        settings = [dict(name="maxmemory-policy", value="allkeys-lru"), dict(name="databases", value="4"),
                    dict(name="client-output-buffer-limit", value="pubsub 1mb 1mb 10")]
        self.order([dict(self.a, settings=settings)])
        self.start()
        self.wait_serves("g.a")
        self.assertEqual(admin(self.address(1)).config_get("maxmemory-policy")["maxmemory-policy"], "allkeys-lru")
        settings = [dict(name="maxmemory-policy", value="volatile-ttl"), dict(name="databases", value="8"),
                    dict(name="maxmemory-samples", value="nonsense"), dict(name="timeout", value="77")]
        self.order([dict(self.a, settings=settings, generation=2)])
        s = self.wait(lambda s: seen(s, "g.a")["generation"] == 2)
        self.assertEqual((["databases"], ["maxmemory-samples"]), (seen(s, "g.a")["pending_settings"], seen(s, "g.a")["refused_settings"]))
        self.assertIn("maxmemory-samples", seen(s, "g.a")["reason"])
        found = admin(self.address(1)).config_get("*")
        self.assertEqual((found["maxmemory-policy"], found["timeout"], found["databases"]), ("volatile-ttl", "77", "4"))

    def test_an_assignment_that_makes_no_sense_changes_nothing(self):
        self.start_group()
        for bad in ({"version": "many"}, {"region": "another"}, {"trips": 5}):
            before = self.log().count("serve sent an assignment")
            self.serve.assign("r1", [], **bad)
            poll(lambda b=before: self.log().count("serve sent an assignment") > b, "the complaint")
        self.assertTrue(serves(self.serve.region("r1").sighting, "g.a", "g.b", "g.c"))
        self.order([self.a])
        self.wait(lambda s: [n["id"] for n in s["nodes"]] == ["g.a"])

    def test_an_order_that_makes_no_sense_leaves_the_process_alone(self):
        pid = seen(self.start_group(), "g.b")["pid"]
        self.order([self.a, dict(self.b, upstream_host="a b"), self.c])
        s = self.wait(lambda s: "no proper upstream" in seen(s, "g.b").get("reason", ""))
        self.assertEqual(seen(s, "g.b")["pid"], pid)
        self.order([self.a, self.b, self.c])
        self.wait(lambda s: serves(s, "g.b") and "reason" not in seen(s, "g.b"))

    def test_a_node_that_moves_takes_its_data_along(self):
        self.order([self.a])
        self.start()
        self.wait_serves("g.a")
        client(self.address(1)).set("k", "v")
        self.order([dict(self.a, address=self.address(9))])
        self.wait_serves("g.a")
        self.wait(lambda s: seen(s, "g.a").get("state") == "ready")
        self.assertEqual(poll(lambda: self.tries(lambda: client(self.address(9)).get("k")), "the node"), "v")

    def test_a_second_agent_of_the_same_folder_says_who_is_first(self):
        self.start_group()
        first = self.agents["r1"]
        run = subprocess.run(first.args, stderr=subprocess.PIPE, text=True, timeout=DEADLINE)
        self.assertEqual(run.returncode, 1)
        self.assertIn("process %d" % first.pid, run.stderr)

    def test_a_process_that_took_over_the_pid_is_left_alone(self):
        self.start_group()
        self.kill_agent()
        stranger = subprocess.Popen(["sleep", "1000"])
        try:
            victim = self.pid("g.c")
            os.kill(victim, signal.SIGKILL)
            poll(lambda: not alive(victim), "the end of the node")
            for name in ("process", "engine.pid"):
                with open(os.path.join(self.data(), "g.c", name), "w") as f:
                    f.write("%d\n" % stranger.pid)
            self.start()
            self.wait(lambda s: s["pid"] == self.agents["r1"].pid and serves(s, "g.a", "g.b", "g.c"))
            self.assertIsNone(stranger.poll())
            self.assertNotEqual(self.pid("g.c"), stranger.pid)
        finally:
            stranger.kill()
            stranger.wait()

    def test_a_process_whose_agent_died_before_it_knew_the_pid_is_found(self):
        self.order([self.a], trips=[dict(name="crash_after_spawn", count=1)])
        self.assertEqual(-signal.SIGKILL, self.start().wait(10))
        own = os.path.join(self.data(), "g.a", "engine.pid")
        poll(lambda: os.path.exists(own) and os.path.getsize(own) > 1, "the node's own word")
        with open(own) as f:
            first = int(f.read())
        os.unlink(own)
        stranger = subprocess.Popen(["sleep", "1000"], cwd=os.path.join(self.data(), "g.a"), start_new_session=True)
        try:
            self.order([self.a])
            self.start()
            s = self.wait_serves("g.a")
            self.assertEqual((first, 0), (seen(s, "g.a")["pid"], seen(s, "g.a")["restarts"]))
            self.assertIsNone(stranger.poll())
        finally:
            stranger.kill()
            stranger.wait()

    def test_an_injected_failure_to_start_is_overcome(self):
        self.order([self.a], trips=[dict(name="spawn", count=2)])
        self.start()
        self.wait(lambda s: seen(s, "g.a")["state"] == "broken")
        self.wait_serves("g.a")

    def test_secrets_are_nowhere_in_the_logs(self):
        self.start_group()
        text = self.log()
        for n in ("g.a", "g.b", "g.c"):
            with open(os.path.join(self.data(), n, "engine.log")) as f:
                text += f.read()
        self.assertNotIn("secret", text)
        with open(os.path.join(self.data(), "g.b", "redis.conf")) as f:
            self.assertNotIn("admin", f.read().replace("meridian-admin", ""))
        self.assertEqual(os.stat(os.path.join(self.data(), "g.b", "redis.conf")).st_mode & 0o777, 0o600)


if __name__ == "__main__":
    main()
