"""Clusters of real Redis processes: how they form, who takes over, who joins and leaves, with a scripted serve."""
import hashlib
import os
import signal
import time

from field import Field, PORT, PASSWORD, admin, client, main, node, poll, seen

GROUP = "g"


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
        store = self.serve.store
        self.serve.store = lambda s: (self.decide(s), store(s))

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
        for n in self.all_nodes():
            s = seen(sighting, n)
            c = s.get("cluster", {})
            if s.get("state") != "ready" or c.get("state") != "ok" or not c["agrees"] or c["known"] != total or c["strangers"]:
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


if __name__ == "__main__":
    main()
