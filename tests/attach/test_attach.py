"""A cluster that follows a cluster of another region, on real engines: redis, and valkey where it is found."""
import re
import shutil
import tempfile
import threading
import time
import unittest

import redis

from regions import PORT, Engine, Region, Wire, program_of, wait_for, BLOCK

READONLY = "You can't write against a read only replica."
# How long a key lives, in ms: A takes its end away in time on a busy machine, too.
EXTENDED = 3000

# What an engine tells about itself, and of this what does not depend on its data and neighbours.
SAME_EVERYWHERE = ("COMMAND", "COMMAND COUNT", "COMMAND DOCS", "COMMAND LIST", "ACL CAT", "ACL LIST", "MODULE LIST", "INFO modules", "FUNCTION LIST",
                   "CONFIG GET m*")
ASKED = SAME_EVERYWHERE + ("INFO", "INFO everything", "HELLO", "CLIENT LIST", "CONFIG GET *", "CLUSTER NODES", "LATENCY LATEST",
                           "PUBSUB CHANNELS", "ROLE")


def told_by(engine):
    """The words of its answers, whose order is by chance, without the names of the test's own files."""
    connection, answers = engine.client.connection_pool.get_connection("_"), {}
    for asked in ASKED:
        connection.send_command(*asked.split())
        answers[asked] = re.findall(r"[\w|.-]+", repr(connection.read_response()).replace(engine.folder, ""))
    connection.disconnect()
    return answers


def key_of(shard, n):
    """The n-th key of the first or second of two shards."""
    tags = ("{b}", "{a}")  # slots 3300 and 15495
    return "%s%s" % (tags[shard], n)


class Attached:
    """Region A takes writes, region B follows it, shard by shard, over a wire for each."""
    ENGINE = OCTET = None

    def setUp(self):
        program = program_of(self.ENGINE)
        if not program:
            self.skipTest("no %s-server on PATH" % self.ENGINE)
        self.folder = tempfile.mkdtemp(prefix="attached-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.a, self.b = Region(self.folder, self.OCTET, program=program), Region(self.folder, self.OCTET + 1, program=program)
        self.addCleanup(self.a.end)
        self.addCleanup(self.b.end)
        for step in ("begin", "form"):
            for region in (self.a, self.b):
                getattr(region, step)()
        self.wires = [Wire("127.%d.%d.%d" % (BLOCK, self.OCTET + 2, 1 + i), (p.host, PORT)) for i, p in enumerate(self.a.primaries)]
        for w in self.wires:
            self.addCleanup(w.close)

    def upstream(self, engine):
        return self.wires[self.b.engines.index(engine) % 2].address

    def attach(self):
        for e in self.b.engines:
            e.follow(self.upstream(e))
        wait_for(lambda: all(e.linked() for e in self.b.engines), "B is linked")

    def in_step(self):
        """Each shard of B has what A's has."""
        wait_for(lambda: all(a.info()["master_repl_offset"] == b.info()["master_repl_offset"]
                             for a, b in zip(self.a.primaries, self.b_primaries())), "B is in step")

    def b_primaries(self):
        return [next(e for e in (self.b.primaries[i], self.b.replicas[i]) if e.process.poll() is None and e.attached() == "following")
                for i in range(2)]

    def digests(self, engines):
        return [e.ask("DEBUG", "DIGEST") for e in engines]

    def full_syncs(self):
        return sum(p.info("stats")["sync_full"] for p in self.a.primaries)

    def refused(self, engine, *words):
        with self.assertRaises(redis.exceptions.ResponseError) as caught:
            engine.ask(*words)
        return str(caught.exception)

    def test_data_arrive_and_writers_are_refused(self):
        for shard, p in enumerate(self.a.primaries):
            for i in range(200):
                p.client.set(key_of(shard, i), i)
            p.client.rpush(key_of(shard, "list"), 1, 2, 3)
            p.client.zadd(key_of(shard, "zset"), {"m": 1.5})
            p.client.xadd(key_of(shard, "stream"), {"f": "v"})
        self.attach()
        for shard, p in enumerate(self.a.primaries):
            p.client.hset(key_of(shard, "hash"), mapping={"f": "v"})
            p.client.function_load("#!lua name=l%d\nredis.register_function('f%d', function(k) return redis.call('set', k[1], 'x') end)" % (shard, shard))
        self.in_step()
        self.assertEqual(self.digests(self.a.primaries), self.digests(self.b.primaries))
        for e in self.b.primaries:
            self.assertTrue(e.client.function_list())
        b = self.b.primaries[0]
        key = key_of(0, 1)
        self.assertEqual("1", b.client.get(key))
        self.assertEqual("1", b.ask("EVAL_RO", "return redis.call('get', KEYS[1])", 1, key))
        for words in (("SET", key, 2), ("DEL", key), ("EXPIRE", key, 1), ("FLUSHALL",), ("FCALL", "f0", 1, key)):
            self.assertIn(READONLY, self.refused(b, *words), words)
        self.assertIn("read only replica", self.refused(b, "EVAL", "return redis.call('set', KEYS[1], 2)", 1, key))
        with b.client.pipeline(transaction=True) as p:
            p.set(key, 2)
            self.assertRaises(redis.exceptions.ResponseError, p.execute)
        self.assertEqual("1", b.client.get(key))
        roles = b.ask("CLUSTER", "NODES")
        self.assertNotIn(self.a.primaries[0].host, str(roles))
        self.assertIn(self.b.primaries[1].host, self.refused(b, "GET", key_of(1, 1)))
        self.a.primaries[0].ask("FLUSHALL")
        wait_for(lambda: b.client.dbsize() == 0 and self.b.replicas[0].client.dbsize() == 0, "FLUSHALL reaches B")

    def test_a_cut_ends_with_a_partial_synchronisation(self):
        self.attach()
        before = self.full_syncs()
        for _ in range(3):
            for w in self.wires:
                w.cut()
            for shard, p in enumerate(self.a.primaries):
                p.client.incr(key_of(shard, "n"))
            self.assertIn(READONLY, self.refused(self.b.primaries[0], "SET", key_of(0, 1), 1))
            for w in self.wires:
                w.heal()
            self.in_step()
        self.assertEqual(before, self.full_syncs())
        self.assertEqual("3", self.b.primaries[1].client.get(key_of(1, "n")))

    def hammer(self, engines):
        """Writes to these engines until the returned function is called, which gives how many were accepted, and the errors."""
        stop, accepted, errors = threading.Event(), [], set()

        def write(engine):
            while not stop.is_set():
                for shard in range(2):
                    try:
                        accepted.append(engine.ask("SET", key_of(shard, "foreign"), 1))
                    except redis.exceptions.RedisError as e:
                        errors.add(type(e).__name__ + str(e).split(" ")[0])
        threads = [threading.Thread(target=write, args=(e,)) for e in engines]
        for t in threads:
            t.start()

        def end():
            stop.set()
            for t in threads:
                t.join()
            return accepted, errors
        return end

    def test_a_failover_inside_b_takes_no_write_and_goes_on_in_the_stream(self):
        self.attach()
        self.a.primaries[0].client.set(key_of(0, 1), "one")
        self.in_step()
        before = self.full_syncs()
        end = self.hammer(self.b.engines)
        self.b.primaries[0].kill()
        self.b.replicas[0].ask("CLUSTER", "FAILOVER", "TAKEOVER")
        wait_for(lambda: self.b.replicas[0].attached() == "following" and self.b.replicas[0].linked(), "the next primary follows A")
        self.a.primaries[0].client.set(key_of(0, 2), "two")
        self.in_step()
        accepted, errors = end()
        self.assertEqual([], accepted, errors)
        self.assertEqual(before, self.full_syncs())
        self.assertEqual("two", self.b.replicas[0].client.get(key_of(0, 2)))

    def test_a_restart_takes_no_write_and_goes_on_in_the_stream(self):
        self.attach()
        primary = self.b.primaries[0]
        a = self.a.primaries[0].client
        a.set(key_of(0, 1), "one")
        self.in_step()
        a.set(key_of(0, "short"), "lives", px=EXTENDED)
        self.in_step()
        before = self.full_syncs()
        end = self.hammer(self.b.engines)
        primary.client.shutdown(save=True)
        primary.process.wait()
        self.assertTrue(a.persist(key_of(0, "short")), "A was in time")
        time_of_death = time.monotonic() + EXTENDED / 1000
        wait_for(lambda: time.monotonic() > time_of_death, "the key has expired by the clock of B")
        primary.start(self.upstream(primary))
        wait_for(lambda: primary.attached() == "following" and primary.linked(), "it follows A again")
        wait_for(self.b.is_sound, "B is sound")
        self.in_step()
        accepted, errors = end()
        self.assertEqual([], accepted, errors)
        self.assertEqual(before, self.full_syncs())
        self.assertEqual("lives", primary.client.get(key_of(0, "short")))
        self.assertEqual(self.digests(self.a.primaries), self.digests(self.b.primaries))

    def test_keys_that_expire_are_a_s_affair(self):
        self.attach()
        a, b = self.a.primaries[0].client, self.b.primaries[0].client
        a.set(key_of(0, "counter"), 5, px=EXTENDED)
        a.set(key_of(0, "kept"), "v", px=EXTENDED)
        self.in_step()
        self.wires[0].cut()
        self.assertEqual(6, a.incr(key_of(0, "counter")), "A was in time")
        self.assertTrue(a.persist(key_of(0, "counter")) and a.persist(key_of(0, "kept")), "A was in time")
        wait_for(lambda: b.get(key_of(0, "kept")) is None and b.get(key_of(0, "counter")) is None, "the keys have expired by the clock of B")
        cycles = b.info("server")["uptime_in_seconds"]
        wait_for(lambda: b.info("server")["uptime_in_seconds"] > cycles + 1, "B has had time to delete them")
        self.wires[0].heal()
        self.in_step()
        self.assertEqual(("6", "v"), (b.get(key_of(0, "counter")), b.get(key_of(0, "kept"))))

    def test_keys_renewed_during_a_full_copy_survive(self):
        a = self.a.primaries[0].client
        a.config_set("rdb-key-save-delay", 1000)
        for e in self.b.engines:
            e.client.config_set("repl-diskless-load", "disabled")  # so that B loads all of the copy after its end
        with a.pipeline(transaction=False) as p:
            for i in range(3000):
                p.set(key_of(0, "bulk%d" % i), "x" * 1000)
            for i in range(300):
                p.set(key_of(0, "session%d" % i), i, px=2500)
            p.execute()
        for e in self.b.engines:
            e.follow(self.upstream(e))
        wait_for(lambda: a.info("persistence")["rdb_bgsave_in_progress"], "the copy has begun")
        with a.pipeline(transaction=False) as p:
            for i in range(300):
                p.persist(key_of(0, "session%d" % i))
            self.assertEqual(300, sum(p.execute()))
        wait_for(lambda: all(e.linked() for e in self.b.engines), "B is linked", 40)
        self.in_step()
        self.assertEqual(3300, self.b.primaries[0].client.dbsize())
        self.assertEqual(self.digests(self.a.primaries), self.digests(self.b.primaries))
        self.assertEqual(self.digests(self.a.primaries), self.digests(self.b.replicas))

    def test_roles_change_hands_without_a_full_synchronisation(self):
        self.attach()
        self.a.primaries[0].client.set(key_of(0, 1), "before")
        self.in_step()
        before = self.all_full_syncs()
        self.hand_over(self.a, self.b)
        self.b.primaries[0].client.set(key_of(0, 1), "after")
        wait_for(lambda: self.a.replicas[0].info()["slave_repl_offset"] == self.b.primaries[0].info()["master_repl_offset"], "A is in step")
        self.assertEqual("after", self.a.primaries[0].client.get(key_of(0, 1)))
        self.assertIn(READONLY, self.refused(self.a.primaries[0], "SET", key_of(0, 1), 1))
        self.assertEqual(before, self.all_full_syncs())

    def test_roles_change_hands_again_before_anything_is_written(self):
        for e in self.a.engines + self.b.engines:
            e.client.config_set("repl-ping-replica-period", 3600)
        self.attach()
        self.a.primaries[0].client.set(key_of(0, 1), "before")
        self.in_step()
        before = self.all_full_syncs()
        for old, new in 2 * [(self.a, self.b), (self.b, self.a)]:
            self.hand_over(old, new)
        self.assertEqual(before, self.all_full_syncs(), "the new primary knows the history that it has followed, and no older one")

    def all_full_syncs(self):
        return sum(p.info("stats")["sync_full"] for p in self.a.primaries + self.b.primaries)

    def hand_over(self, old, new):
        for p in old.primaries:
            p.client.config_set("repl-ping-replica-period", 3600)
            p.ask("CLIENT", "PAUSE", 10000, "WRITE")
        wait_for(lambda: all(a.info()["master_repl_offset"] == b.info()["master_repl_offset"]
                             for a, b in zip(old.primaries, new.primaries)), "the next primaries have all")
        for e in new.engines:
            e.follow("")
        for i, e in enumerate(old.engines):
            e.follow("%s %d" % (new.primaries[i % 2].host, PORT))
        for p in old.primaries:
            p.ask("CLIENT", "UNPAUSE")
        wait_for(lambda: all(e.linked() for e in old.engines + new.replicas), "all follow the next primaries")

    def test_slots_that_move_at_a_are_mirrored(self):
        for i in range(50):
            self.a.primaries[0].client.set("{b}%d" % i, i)
        self.attach()
        self.in_step()
        names = [[p.ask("CLUSTER", "MYID") for p in r.primaries] for r in (self.a, self.b)]
        slot = self.a.primaries[0].ask("CLUSTER", "KEYSLOT", "{b}")
        for region, (source, target) in ((self.b, names[1]), (self.a, names[0])):
            region.primaries[1].ask("CLUSTER", "SETSLOT", slot, "IMPORTING", source)
            region.primaries[0].ask("CLUSTER", "SETSLOT", slot, "MIGRATING", target)
        keys = ["{b}%d" % i for i in range(50)]
        self.a.primaries[0].ask("MIGRATE", self.a.primaries[1].host, PORT, "", 0, 5000, "KEYS", *keys)
        for region, (_, target) in ((self.a, names[0]), (self.b, names[1])):
            wait_for(lambda: region.primaries[0].ask("CLUSTER", "COUNTKEYSINSLOT", slot) == 0, "the slot is empty at its source")
            for p in reversed(region.primaries):
                p.ask("CLUSTER", "SETSLOT", slot, "NODE", target)
        self.in_step()
        self.assertEqual([str(i) for i in range(50)], [self.b.primaries[1].client.get(k) for k in keys])
        self.assertEqual(self.digests(self.a.primaries), self.digests(self.b.primaries))

    def test_slots_in_flight_change_in_one_process_at_once(self):
        self.attach()
        source, target = self.a.primaries
        slot = source.ask("CLUSTER", "KEYSLOT", "{b}")
        ids = [p.ask("CLUSTER", "MYID") for p in (source, target)]
        for other in self.a.replicas + self.b.engines:
            other.client.config_resetstat()  # of the refusals while the region formed
        with source.client.pipeline(transaction=True) as p:
            p.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
            p.execute_command("CLUSTER", "SETSLOT", slot, "STABLE")
            p.execute()
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
        target.ask("EVAL", "return redis.call('CLUSTER', 'SETSLOT', ARGV[1], 'STABLE')", 0, slot)
        for w in self.wires:
            w.cut()
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])
        for w in self.wires:
            w.heal()
        self.in_step()
        self.assertIn("[%d->-%s]" % (slot, ids[1]), str(source.ask("CLUSTER", "NODES")))
        for other in self.a.replicas + self.b.engines:
            self.assertNotIn("[%d" % slot, str(other.ask("CLUSTER", "NODES")))
            self.assertNotIn("errorstat_ERR", other.client.info("errorstats"))

    def test_users_see_no_module(self):
        self.attach()
        plain = Engine(self.folder, "127.%d.%d.%d" % (BLOCK, self.OCTET + 2, 9), program_of(self.ENGINE))
        plain.start(module=None)
        self.addCleanup(plain.kill)
        told = told_by(plain)
        with self.b.primaries[0].client.monitor() as watcher:
            for e in self.b.engines:
                e.follow(self.upstream(e))
                for asked, answer in told_by(e).items():
                    self.assertNotIn("meridian", " ".join(answer), asked)
                    if asked in SAME_EVERYWHERE:
                        self.assertEqual(sorted(told[asked]), sorted(answer), asked)
            self.b.primaries[0].ask("PING")
            for command in watcher.listen():
                self.assertNotIn("meridian", command["command"])
                if command["command"] == "PING":
                    break

    def test_users_see_no_module_while_data_are_loaded(self):
        p = self.a.primaries[0]
        for i in range(100):
            p.client.set(key_of(0, i), "x" * 2000)
        p.ask("SAVE")
        p.kill()
        p.settings += "key-load-delay 100000\nloading-process-events-interval-bytes 1024\n"
        p.start()
        self.assertEqual(1, p.info("persistence")["loading"])
        self.assertNotIn("module:", p.ask("INFO", "everything", "modules"))

    def test_all_nodes_hear_a_hail_and_no_user_does(self):
        heard = lambda e: int(re.search(r"cluster_stats_messages_module_received:(\d+)|$", str(e.ask("CLUSTER", "INFO")))[1] or 0)
        listener = self.a.primaries[1].client.pubsub()
        listener.psubscribe("*")
        listener.get_message(timeout=10)
        sender, *others = self.a.engines
        wait_for(lambda: all(heard(e) >= 1 for e in others) or sender.ask("CONFIG", "SET", "meridian.hail", "all") is None, "a hail is heard by all")
        self.a.primaries[0].ask("PUBLISH", "last", "word")
        self.assertEqual("last", next(m for m in listener.listen())["channel"])

    def test_settings_that_are_none_are_refused(self):
        b = self.b.primaries[0]
        for bad in ("host", "host 0", "host 65536", "host 1 2", "x" * 300 + " 1"):
            self.assertIn("an upstream is a host and a port, or nothing", self.refused(b, "CONFIG", "SET", "meridian.upstream", bad))
        self.assertEqual("", b.attached())
        self.assertEqual({}, {k: v for k, v in b.client.config_get("*").items() if "meridian" in k})
        self.assertEqual(0, len([c for c in b.client.command_list() if "meridian" in c]))


class AttachedRedis(Attached, unittest.TestCase):
    ENGINE, OCTET = "redis", 10


class AttachedValkey(Attached, unittest.TestCase):
    ENGINE, OCTET = "valkey", 20


if __name__ == "__main__":
    unittest.main()
