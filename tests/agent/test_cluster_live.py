"""Clusters of real Redis processes: how they form, who takes over, who joins and leaves, with a scripted serve."""
import hashlib
import logging
import os
import signal
import threading
import time

import redis

from field import Field, PORT, admin, client, main, node, poll, seen, serves

GROUP = "g"
logging.getLogger("redis").setLevel(logging.CRITICAL)  # it logs every MOVED that it follows


def engine_name(name):
    return hashlib.sha1(name.encode()).hexdigest()


def split(shards):
    """AWS's even split, as ranges."""
    return ["%d-%d" % (16384 * s // shards, 16384 * (s + 1) // shards - 1) for s in range(shards)]


def slots_in(text):
    return {n for r in text.split() for n in range(int(r.split("-")[0]), int(r.split("-")[-1]) + 1)}


def ranges(slots):
    out, last = [], None
    for n in sorted(slots):
        if last is not None and n == last + 1:
            out[-1][1] = n
        else:
            out.append([n, n])
        last = n
    return " ".join(str(a) if a == b else "%d-%d" % (a, b) for a, b in out)


class Shard:
    def __init__(self, name, addresses, slots):
        self.name, self.slots = name, slots
        self.nodes = {"%s-%s-%03d" % (GROUP, name, i + 1): a for i, a in enumerate(addresses)}
        self.primary, self.taken = next(iter(self.nodes)), False

    def orders(self, **more):
        lead = node(self.primary, self.nodes[self.primary], cluster=GROUP, cluster_name=engine_name(self.primary), hold=True,
                    takeover=not self.taken, **more)
        return [lead] + [node(n, a, lead, cluster=GROUP, cluster_name=engine_name(n), **more)
                         for n, a in self.nodes.items() if n != self.primary]

    def entries(self):
        return [dict(order=n, name=engine_name(n), host=a, port=PORT, shard=self.name, primary=n == self.primary,
                     **({"slots": self.slots} if n == self.primary else {})) for n, a in self.nodes.items()]


class Cluster(Field):
    """Three shards of two, and what serve would do: to see who is primary, and to put somebody in a dead one's place."""
    SHARDS, NODES = 3, 2

    def setUp(self):
        super().setUp()
        self.octets = iter(range(1, 250))
        self.shards = [self.shard("%04d" % (i + 1), s, self.NODES) for i, s in enumerate(split(self.SHARDS))]
        self.moves, self.replaces, self.more = [], True, {}
        self.serve.listeners.append(self.decide)

    def shard(self, name, slots, nodes):
        return Shard(name, [self.address(next(self.octets)) for _ in range(nodes)], slots)

    def clusters(self):
        return [dict(group=GROUP, nodes=[e for s in self.shards for e in s.entries()], moves=self.moves)]

    def send(self):
        return self.order([o for s in self.shards for o in s.orders(**self.more)], clusters=self.clusters())

    def decide(self, sighting):
        """A minimal serve: primaries that were seen need no takeover; a dead one is replaced by a replica that is ready."""
        changed = False
        for s in self.shards:
            lead = seen(sighting, s.primary)
            if lead.get("role") == "primary" and not s.taken:
                s.taken = changed = True
            if lead.get("state") == "exited" and self.replaces:
                ready = [n for n in s.nodes if seen(sighting, n).get("state") == "ready"]
                if ready:
                    s.primary, s.taken = max(ready, key=lambda n: seen(sighting, n)["offset"]), False
                    changed = True
        changed = self.moved(sighting) or changed
        if changed:
            self.send()

    def moved(self, sighting):
        """Slots that primaries have by their own view are theirs in the database, too."""
        if not self.moves:
            return False
        changed = False
        for s in self.shards:
            own = seen(sighting, s.primary).get("cluster", {})
            if own.get("slots") is not None and own["slots"] != s.slots and seen(sighting, s.primary)["role"] == "primary":
                s.told = own["slots"]
        told = {s.name: slots_in(getattr(s, "told", s.slots)) for s in self.shards}
        for m in list(self.moves):
            left = slots_in(m["slots"])
            done = {n for n in left if n in told[m["to"]] and n not in told[m["from"]]}
            if not done:
                continue
            changed = True
            for s in self.shards:
                if s.name == m["from"]:
                    s.slots = ranges(slots_in(s.slots) - done)
                if s.name == m["to"]:
                    s.slots = ranges(slots_in(s.slots) | done)
            m["slots"] = ranges(left - done)
            if not m["slots"]:
                self.moves.remove(m)
        return changed

    def all_nodes(self):
        return {n: a for s in self.shards for n, a in s.nodes.items()}

    def formed(self, sighting):
        total = len(self.all_nodes())
        if sighting["version"] != self.serve.region("r1").version:
            return False
        for n in self.all_nodes():
            s = seen(sighting, n)
            c = s.get("cluster", {})
            if not serves(sighting, n) or c.get("state") != "ok" or not c["agrees"] or c["known"] != total or c["strangers"] or c["moving"]:
                return False
        return all(s.taken for s in self.shards) and not self.moves

    def wait_formed(self, timeout=20):
        return self.wait(self.formed, timeout=timeout)

    def check_slots(self):
        """What every node tells every client: each shard's slots, its primary first, then its replicas."""
        want = {}
        for s in self.shards:
            for r in s.slots.split():
                first, last = int(r.split("-")[0]), int(r.split("-")[-1])
                want[first, last] = (s.nodes[s.primary], {a for n, a in s.nodes.items() if n != s.primary})
        for n, a in self.all_nodes().items():
            c = client(a)
            c.response_callbacks.clear()
            told = {(r[0], r[1]): (r[2][0], {x[0] for x in r[3:]}) for r in c.execute_command("CLUSTER SLOTS")}
            self.assertEqual(told, want, n)

    def start_cluster(self):
        self.start()
        self.order([])
        self.wait(lambda s: s["version"] == 1)
        began = time.monotonic()
        self.send()
        s = self.wait_formed()
        return s, time.monotonic() - began

    def shard_of(self, slot):
        return next(s for s in self.shards if slot in slots_in(s.slots))

    def key(self, shard, n=0):
        """The n-th key of the form {i} that is the shard's."""
        own = slots_in(shard.slots)
        c = client(next(iter(shard.nodes.values())))
        found = (i for i in range(100000) if c.execute_command("CLUSTER KEYSLOT", "{%d}" % i) in own)
        for _ in range(n):
            next(found)
        return "{%d}" % next(found)


class Form(Cluster):
    OCTET = 20

    def test_three_shards_form_before_a_master_of_their_own_would_take_anything(self):
        s, took = self.start_cluster()
        self.check_slots()
        print("# 3 shards of 2 formed in %.0f ms" % (took * 1e3), flush=True)
        for shard in self.shards:
            client(shard.nodes[shard.primary]).set(self.key(shard), "v")
        for n in self.all_nodes():
            self.assertEqual(oct(os.stat(os.path.join(self.data(), n, "nodes.conf")).st_mode & 0o777), "0o600")
            self.assertEqual(seen(s, n)["cluster"]["name"], engine_name(n))
            self.assertEqual(seen(s, n)["cluster"]["moving"], "")
        for shard in self.shards:
            self.assertEqual(seen(s, shard.primary)["cluster"]["slots"], shard.slots)
        self.assertLess(took, 1.9)

    def test_an_agent_that_comes_back_takes_a_formed_cluster_for_what_it_is(self):
        s, _ = self.start_cluster()
        self.kill_agent()
        reports = []
        self.serve.listeners.append(reports.append)
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and self.formed(s))
        for n in self.all_nodes():
            self.assertEqual(seen(reports[0], n)["pid"], seen(s, n)["pid"])
            self.assertEqual(seen(reports[0], n)["role"], seen(s, n)["role"])


class Change(Cluster):
    OCTET = 21

    def pid(self, name):
        return seen(self.serve.region("r1").sighting, name)["pid"]

    def written(self, shard, value, address=None):
        """True once the shard's primary takes a write, or the node at the address."""
        try:
            return client(address or shard.nodes[shard.primary]).set(self.keys[shard.name], value)
        except Exception:
            return False

    def start_with_keys(self):
        self.start_cluster()
        self.keys = {s.name: self.key(s) for s in self.shards}
        for s in self.shards:
            self.assertTrue(self.written(s, "v"))
            for a in s.nodes.values():
                poll(lambda a=a, s=s: admin(a).dbsize() == 1, "replication")

    def test_a_dead_primary_is_replaced_and_comes_back_as_a_replica(self):
        self.start_with_keys()
        shard = self.shards[1]
        first, second = list(shard.nodes)
        address = shard.nodes[second]
        os.kill(self.pid(first), signal.SIGKILL)
        began = time.monotonic()
        poll(lambda: self.written(shard, "w", address), "a write", 5)
        took = time.monotonic() - began
        print("# after a kill, a write %.1f ms later" % (took * 1e3), flush=True)
        self.wait_formed()
        self.assertEqual(shard.primary, second)
        self.check_slots()
        poll(lambda: admin(shard.nodes[first]).dbsize() == 1, "the data to come back")
        self.assertLess(took, 1, "the engine's own election was faster")

    def test_a_hung_primary_that_wakes_up_is_no_second_primary(self):
        self.start_with_keys()
        shard = self.shards[0]
        first, second = list(shard.nodes)
        pid = self.pid(first)
        os.kill(pid, signal.SIGSTOP)
        self.wait(lambda s: seen(s, first)["state"] == "hung")
        self.more = {"condemned_pid": pid}
        self.send()
        self.wait(lambda s: shard.primary == second and self.formed(s))
        self.check_slots()

    def test_roles_change_in_good_order_without_losing_a_write(self):
        self.start_with_keys()
        shard = self.shards[2]
        first, second = list(shard.nodes)
        lead, other = shard.orders()
        others = [o for s in self.shards if s is not shard for o in s.orders()]
        self.order([dict(lead, fence=True), other] + others, clusters=self.clusters())
        s = self.wait(lambda s: seen(s, first).get("fenced"))
        offset = seen(s, first)["offset"]
        new = node(second, shard.nodes[second], cluster=GROUP, cluster_name=engine_name(second), takeover=True, promote_offset=offset)
        self.order([dict(lead, fence=True), new] + others, clusters=self.clusters())
        self.wait(lambda s: seen(s, second).get("role") == "primary")
        shard.primary = second
        self.send()
        self.wait_formed()
        self.check_slots()
        self.assertEqual(client(shard.nodes[second]).get(self.keys[shard.name]), "v")
        self.assertEqual(admin(shard.nodes[second]).info("stats")["sync_full"], 0, "the old primary was copied anew")

    def test_the_engine_elects_by_itself_while_nobody_looks_and_is_not_fought(self):
        self.start_with_keys()
        shard = self.shards[1]
        first, second = list(shard.nodes)
        pid = self.pid(first)
        self.kill_agent()
        os.kill(pid, signal.SIGKILL)
        began = time.monotonic()
        poll(lambda: self.written(shard, "w", shard.nodes[second]), "an election", 8)
        took = time.monotonic() - began
        print("# elected without an agent in %.1f s" % took, flush=True)
        self.assertLess(took, 5)
        self.replaces = False
        self.start()
        s = self.wait(lambda s: s["pid"] == self.agents["r1"].pid and seen(s, second).get("role") == "primary")
        self.assertEqual(seen(s, first)["state"], "exited")
        self.assertTrue(self.written(shard, "x", shard.nodes[second]))
        shard.primary = second
        self.send()
        self.wait_formed()
        self.check_slots()

    def test_a_shard_without_a_replica_starts_again_in_its_place(self):
        lone = self.shards[2]
        lone.nodes.popitem()
        self.start_with_keys()
        pid, self.replaces = self.pid(lone.primary), False
        orders = [dict(o, hold=False) for s in self.shards for o in s.orders()]
        self.order(orders, clusters=self.clusters())
        os.kill(pid, signal.SIGKILL)
        self.wait(lambda s: seen(s, lone.primary)["restarts"] == 1 and self.formed(s))
        self.check_slots()
        self.assertTrue(self.written(lone, "again"))

    def test_everything_comes_back_after_a_stop_with_its_data(self):
        self.start_with_keys()
        self.stop_agent()
        self.start()
        self.wait(lambda s: s["pid"] == self.agents["r1"].pid and self.formed(s))
        self.check_slots()
        for s in self.shards:
            self.assertEqual(client(s.nodes[s.primary]).get(self.keys[s.name]), "v")

    def test_nodes_and_shards_join_and_leave(self):
        self.start_with_keys()
        more = self.shard("0004", "", 2)
        self.shards.append(more)
        self.shards[0].nodes["g-0001-003"] = self.address(next(self.octets))
        began = time.monotonic()
        self.send()
        self.wait_formed()
        print("# a shard and a replica joined in %.0f ms" % ((time.monotonic() - began) * 1e3), flush=True)
        self.check_slots()
        self.shards.pop()
        gone = list(more.nodes) + ["g-0001-003"]
        del self.shards[0].nodes["g-0001-003"]
        self.send()
        s = self.wait_formed()
        self.check_slots()
        self.assertTrue(all(seen(s, n).get("state", "gone") in ("gone", "stopping") for n in gone), s)


class Load:
    """Clients that write and read as a cluster's clients do, and remember what was acknowledged."""

    def __init__(self, address, n_keys=4000):
        self.address, self.stop, self.errors, self.latest = address, False, [], {}
        self.threads = [threading.Thread(target=self.run, args=(i, n_keys // 2)) for i in range(2)]

    def connect(self):
        return redis.RedisCluster(host=self.address, port=PORT, decode_responses=True, socket_timeout=5)

    def run(self, number, n_keys):
        c, latest, i = self.connect(), {}, 0
        self.latest[number] = latest
        while not self.stop:
            i += 1
            key = "load:%d:%d" % (number, i * 7919 % n_keys)
            try:
                c.set(key, i)
                latest[key] = str(i)
                other = "load:%d:%d" % (number, i * 104729 % n_keys)
                if other in latest and c.get(other) != latest[other]:
                    self.errors.append("%s is not what was written" % other)
            except AttributeError:
                c = self.connect()  # this client can't follow an ASK to a node without slots
            except Exception as e:
                if self.strict:
                    self.errors.append(repr(e))

    def __enter__(self):
        self.strict = True
        for t in self.threads:
            t.start()
        poll(lambda: len(self.latest) == 2 and all(len(x) > 100 for x in self.latest.values()), "the load")
        return self

    def __exit__(self, *args):
        self.stop = True
        for t in self.threads:
            t.join()

    def verify(self, case, lost=0):
        want = [kv for x in self.latest.values() for kv in x.items()]
        p = self.connect().pipeline()
        for k, _ in want:
            p.get(k)
        wrong = [k for (k, v), found in zip(want, p.execute()) if found != v]
        case.assertLessEqual(len(wrong), lost, wrong[:10])


class Move(Cluster):
    OCTET = 22
    N = 6000

    def start_filled(self):
        """Three shards with data of all sorts, and a fourth without slots."""
        self.shards.append(self.shard("0004", "", self.NODES))
        self.start_cluster()
        c = redis.RedisCluster(host=self.address(1), port=PORT)
        for first in range(0, self.N, 1000):
            p = c.pipeline()
            for i in range(first, first + 1000):
                p.set(b"k:%d \x00\xff" % i, b"v%d" % i)
            p.execute()
        c.rpush("a list", *range(1000))
        c.expire("a list", 1000)

    def reshard(self, each=200):
        """Some of each shard's slots to the fourth."""
        self.moving = 3 * each
        for s in self.shards[:3]:
            self.moves.append({"slots": ranges(sorted(slots_in(s.slots))[:each]), "from": s.name, "to": "0004"})
        self.send()

    def check_data(self):
        c = redis.RedisCluster(host=self.address(3), port=PORT)
        p = c.pipeline()
        for i in range(self.N):
            p.get(b"k:%d \x00\xff" % i)
        self.assertEqual([i for i, v in enumerate(p.execute()) if v != b"v%d" % i], [])
        self.assertEqual([int(x) for x in c.lrange("a list", 0, -1)], list(range(1000)))
        self.assertGreater(c.ttl("a list"), 900)

    def check_nothing_doubled(self):
        keys = [k for s in self.shards for k in redis.Redis(host=s.nodes[s.primary], port=PORT).keys()]
        self.assertEqual(len(keys), len(set(keys)))
        self.assertEqual(len(slots_in(self.shards[3].slots)), self.moving)
        for s in self.shards:
            for a in s.nodes.values():
                poll(lambda a=a, s=s: admin(a).dbsize() == admin(s.nodes[s.primary]).dbsize(), "replication")

    def finish(self, load, lost=0):
        s = self.wait_formed(60)
        load.__exit__()
        self.check_slots()
        if not lost:
            self.assertEqual(load.errors[:10], [])
        load.verify(self, lost)
        self.check_data()
        self.check_nothing_doubled()
        for x in self.shards:
            self.assertEqual(seen(s, x.primary)["cluster"]["moving"], "")
        return s

    def wait_midst(self):
        self.wait(lambda s: 0 < sum(len(slots_in(m["slots"])) for m in self.moves) < self.moving)

    def test_slots_move_while_clients_go_on(self):
        self.start_filled()
        with Load(self.address(1)) as load:
            began = time.monotonic()
            self.reshard()
            self.wait(lambda s: any(seen(s, x.primary)["cluster"]["moving"] for x in self.shards))
            self.finish(load)
        print("# %d slots moved in %.2f s" % (self.moving, time.monotonic() - began), flush=True)

    def test_whoever_is_killed_in_the_middle_the_move_ends_as_it_should(self):
        self.start_filled()
        for victim in ("agent", "source", "target"):
            with Load(self.address(1)) as load:
                load.strict = False
                self.reshard(500)
                self.wait_midst()
                if victim == "agent":
                    self.kill_agent()
                    self.start()
                else:
                    shard = self.shards[3] if victim == "target" else next(s for s in self.shards if s.name == self.moves[0]["from"])
                    os.kill(seen(self.serve.region("r1").sighting, shard.primary)["pid"], signal.SIGKILL)
                self.moving = len(slots_in(self.shards[3].slots)) + sum(len(slots_in(m["slots"])) for m in self.moves)
                self.finish(load, lost=20)
            print("# the %s was killed" % victim, flush=True)

    def test_a_large_key_takes_its_time_and_arrives(self):
        self.start_filled()
        shard = self.shards[0]
        slot = min(slots_in(shard.slots))
        c = client(shard.nodes[shard.primary])
        name = next("{%d}" % i for i in range(1000000) if c.execute_command("CLUSTER KEYSLOT", "{%d}" % i) == slot)
        for first in range(0, 1000000, 50000):
            c.rpush(name, *range(first, first + 50000))
        self.reshard(20)
        s = self.wait_formed(60)
        self.assertEqual(client(self.shards[3].nodes[self.shards[3].primary]).llen(name), 1000000)
        self.assertEqual([seen(s, n)["restarts"] for n in self.all_nodes()], [0] * 8)


if __name__ == "__main__":
    main()
