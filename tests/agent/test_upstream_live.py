"""Upstreams that send what is no proper stream, or don't let in: what real engines make of it, what their agent tells, and that they follow
again once that ends. A replica, and a primary of a Redis Cluster that follows another region, for each kind of trouble."""
import os
import re
import shutil
import socket
import threading
import unittest

from field import Field, PORT, admin, client, fill, main, node, poll, seen, serves

KEYS, MARK = 40, "a mark"
VALUE = MARK + os.urandom(10000).hex()  # what is copied comes in several pieces, and each value begins uncompressed
FULL_COPY = re.compile(rb"(PSYNC\r\n\$40\r\n)[0-9a-f]{40}")
UNKNOWN = rb"\g<1>" + b"0" * 40


class Last(bytes):
    """Bytes after which their connection ends."""


class Wire:
    """Carries connections to an upstream; 'spoil' says what becomes of bytes on their way: (from the upstream, bytes) → bytes."""

    def __init__(self, host, target):
        self.server, self.target, self.spoil, self.open = socket.create_server((host, PORT)), target, None, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                near = self.server.accept()[0]
            except OSError:
                return
            try:
                far = socket.create_connection(self.target)
            except OSError:
                near.close()
                continue
            self.open += [near, far]
            for ends in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, source, target, from_upstream):
        try:
            while data := source.recv(16384):
                spoilt = self.spoil(from_upstream, data) if self.spoil else data
                target.sendall(spoilt)
                if isinstance(spoilt, Last):
                    break
        except OSError:
            pass
        self._end(source, target)

    @staticmethod
    def _end(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self._end(*self.open)
        self.open = []

    def mend(self):
        self.spoil = None
        self.cut()

    def close(self):
        self.mend()
        self._end(self.server)
        self.server.close()


def full_copy_with(old, new):
    """Asks for a copy of everything, in which something is replaced."""
    def spoil(from_upstream, data):
        return data.replace(old, new) if from_upstream else FULL_COPY.sub(UNKNOWN, data)
    return spoil


def full_copy_that_ends():
    """Asks for a copy of everything, which ends within the first value: its beginning may come in one piece with the answer before it."""
    def spoil(from_upstream, data):
        before, mark, _ = data.partition(MARK.encode())
        if from_upstream:
            return Last(before) if mark else data
        return FULL_COPY.sub(UNKNOWN, data)
    return spoil


def nonsense(from_upstream, data):
    return b"-ERR nonsense\r\n" if from_upstream else data


def wrong_password(from_upstream, data):
    return data if from_upstream else data.replace(b"replication secret", b"replication sacret")


TROUBLE = {  # kind: what becomes of the bytes, what is told, and whether the data of before are gone by then
    "nonsense": (nonsense, "Error reply to PING from ", False),
    "password": (wrong_password, "Unable to AUTH to ", False),
    "protocol": (full_copy_with(b"$EOF:", b"hello"), "Bad protocol from ", False),
    "cut": (full_copy_that_ends(), "(I/O error |Short read or OOM loading DB)", False),
    "signature": (full_copy_with(b"REDIS00", b"WRONG00"), "Wrong signature trying to load DB", True),
}


class Upstreams(Field):
    OCTET, ENGINE, CLUSTER = 70, None, False

    def setUp(self):
        super().setUp()
        self.up = node("up", self.address(1))
        self.wires, self.orders, self.maps = {}, {}, []

    def tearDown(self):
        for wire in self.wires.values():
            wire.close()
        super().tearDown()

    def follower(self, kind, n):
        """A node behind a wire of its own."""
        own, far = self.address(2 * n), self.address(2 * n + 1)
        self.wires[kind] = Wire(far, (self.up["address"], PORT))
        more = {}
        if self.CLUSTER:
            name = "%040x" % n
            more = dict(cluster=kind, cluster_name=name, takeover=True, source_host=far, source_port=PORT)
            self.maps.append(dict(group=kind, moves=[], nodes=[
                dict(order=kind, name=name, host=own, port=PORT, shard="0001", primary=True, slots="0-16383")]))
        self.orders[kind] = node(kind, own, (far, PORT), **more)

    def send(self):
        return self.order([self.up, *self.orders.values()], clusters=self.maps)

    def begin(self, kinds):
        for n, kind in enumerate(kinds, 1):
            self.follower(kind, n)
        self.start(engine=self.ENGINE)
        self.send()
        self.wait(lambda s: serves(s, "up", *self.orders))
        with client(self.up["address"]) as c:
            for n in range(KEYS):
                c.set("key:%d" % n, VALUE)
        self.wait_data()

    def has_data(self, kind):
        try:
            with admin(self.orders[kind]["address"]) as c:
                return c.dbsize() == KEYS
        except Exception:
            return False

    def wait_data(self):
        for kind in self.orders:
            poll(lambda: self.has_data(kind), "the data of " + kind)

    def told(self, sighting, kind):
        s = seen(sighting, kind)
        _, text, gone = TROUBLE[kind]
        tells = re.search("it can't follow its upstream: " + text, s.get("reason") or "")
        return tells and not s["link_up"] and (not gone or s["offset"] <= 1)

    def spoil(self, kind, spoil):
        self.wires[kind].spoil = spoil
        self.wires[kind].cut()

    def mend_all(self):
        for wire in self.wires.values():
            wire.mend()
        self.wait(lambda s: serves(s, *self.orders) and not any(seen(s, kind).get("reason") for kind in self.orders))
        self.wait_data()
        with client(self.up["address"]) as c:
            c.set("late", "1")
        for kind, order in self.orders.items():
            poll(lambda: admin(order["address"]).dbsize() == KEYS + 1, "a late write at " + kind)

    def test_an_upstream_that_can_not_be_followed_is_told_of_until_it_can(self):
        self.begin(TROUBLE)
        for kind, (spoil, _, _) in TROUBLE.items():
            self.spoil(kind, spoil)
        for kind in TROUBLE:
            self.wait(lambda s: self.told(s, kind))
        self.mend_all()

    def test_a_stream_that_can_not_be_read_is_told_of_at_once_and_costs_a_copy(self):
        self.begin(["stream"])
        reasons = []
        self.serve.listeners.append(lambda s: reasons.append(seen(s, "stream").get("reason") or ""))
        self.wires["stream"].spoil = lambda from_upstream, data: b"*2\r\n$bad\r\n" if from_upstream else data
        with client(self.up["address"]) as c:
            c.set("late", "1")
        poll(lambda: any("Protocol error (" in r for r in reasons), "the reason")
        self.assertFalse(any("addr=" in r for r in reasons), reasons)
        with client(self.up["address"]) as c:
            c.delete("late")
        self.mend_all()

    def test_a_copy_with_wrong_bytes_ends_the_process_and_another_one_gets_a_good_one(self):
        self.begin(["bytes"])
        self.spoil("bytes", full_copy_with(MARK.encode(), MARK.upper().encode()))
        self.wait(lambda s: seen(s, "bytes").get("restarts", 0) >= 1)
        self.mend_all()
        self.assertEqual(VALUE, admin(self.orders["bytes"]["address"]).get("key:0"))

    def test_one_without_memory_takes_what_its_upstream_has_all_the_same(self):
        self.begin(["small"])
        with admin(self.orders["small"]["address"]) as c:
            c.config_set("maxmemory-policy", "noeviction")
            c.config_set("maxmemory", 1000000)
            self.assertGreater(c.info("memory")["used_memory"], 1000000)
        with client(self.up["address"]) as c:
            c.set("key:0", VALUE[::-1])
        poll(lambda: admin(self.orders["small"]["address"]).get("key:0") == VALUE[::-1], "a write in the stream")
        copies = client(self.up["address"]).info("stats")["sync_full"]
        self.spoil("small", full_copy_with(b"", b""))
        poll(lambda: client(self.up["address"]).info("stats")["sync_full"] > copies, "a copy of everything")
        self.wait(lambda s: serves(s, "small"))
        self.mend_all()
        self.assertEqual("1000000", admin(self.orders["small"]["address"]).config_get("maxmemory")["maxmemory"])


    @unittest.skipUnless(os.geteuid() == 0, "needs to mount a file system")
    def test_a_copy_that_finds_no_room_is_told_of_until_there_is_some(self):
        os.makedirs(self.data())
        if os.system("mount -t tmpfs -o size=24m none " + self.data()) != 0:
            self.skipTest("no file system can be mounted here")
        ballast = os.path.join(self.data(), "ballast")
        try:
            self.begin(["room"])
            fill(ballast)
            self.spoil("room", full_copy_with(b"", b""))
            why = "it can't follow its upstream: (its disk is full|Write error or short write writing to the DB dump file)"
            self.wait(lambda s: re.search(why, seen(s, "room").get("reason") or "") and not seen(s, "room")["link_up"])
            self.assertTrue(self.has_data("room"), "what it had before")
            os.unlink(ballast)
            self.mend_all()
        finally:
            self.stop_agent()
            os.system("umount -l " + self.data())


class Shards(Upstreams):
    OCTET, CLUSTER = 71, True


VALKEY = os.environ.get("ENGINE_VALKEY") or shutil.which("valkey-server")


@unittest.skipUnless(VALKEY, "there is no valkey-server here")
class Valkey(Upstreams):
    OCTET, ENGINE = 72, VALKEY


@unittest.skipUnless(VALKEY, "there is no valkey-server here")
class ValkeyShards(Shards):
    OCTET, ENGINE = 73, VALKEY


if __name__ == "__main__":
    main()
