"""What the nemesis watches with: writers that note what was promised to them, and probes that note which node takes writes, and when."""
import threading
import time

import redis

TIMEOUT = 1.0


class Wire:
    """One connection at a time to one address; a failed one is given up, so that an answer never belongs to another connection's write."""

    def __init__(self, address):
        self.address, self.connection = address, None

    def ask(self, *commands):
        """The answers to some commands sent together over one connection; redis.RedisError or OSError if any fails."""
        try:
            if self.connection is None:
                self.connection = redis.Connection(host=self.address[0], port=self.address[1], socket_timeout=TIMEOUT,
                                                   socket_connect_timeout=TIMEOUT, decode_responses=True)
                self.connection.connect()
            for command in commands:
                self.connection.send_command(*command)
            return [self.connection.read_response() for _ in commands]
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.connection is not None:
            self.connection.disconnect()
        self.connection = None


class Worker(threading.Thread):
    """Does turn() again and again, with a moment in between, until it is finished."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause, self.finished = pause, threading.Event()

    def run(self):
        while not self.finished.wait(self.pause):
            self.turn()

    def finish(self):
        self.finished.set()
        self.join()


class Writer(Worker):
    """Writes keys that nobody else writes to the first of some endpoints that takes them, and keeps those acknowledged by 'copies' replicas."""

    def __init__(self, name, endpoints, copies):
        super().__init__(0.002)
        self.name, self.copies, self.at, self.n = name, copies, 0, 0
        self.wires = [Wire(e) for e in endpoints]
        self.lock, self.acknowledged = threading.Lock(), []

    def turn(self):
        key = "%s:%d" % (self.name, self.n)
        self.n += 1
        commands = [("SET", key, key)] + ([("WAIT", self.copies, 300)] if self.copies else [])
        try:
            answers = self.wires[self.at].ask(*commands)
        except (redis.RedisError, OSError):
            self.at = (self.at + 1) % len(self.wires)
            return
        if answers[0] == "OK" and (not self.copies or answers[1] >= self.copies):
            with self.lock:
                self.acknowledged.append(key)

    def promised(self):
        with self.lock:
            return list(self.acknowledged)

    def forget(self, keys):
        """What may have been lost with several copies at once, or was never waited for, is not asked for again."""
        gone = set(keys)
        with self.lock:
            self.acknowledged = [k for k in self.acknowledged if k not in gone]


class Probe(Worker):
    """Tries to write to one node at its own address: 'accepted' has the moments (begin, end) of the writes it took."""

    def __init__(self, node, address):
        super().__init__(0.01)
        self.node, self.wire, self.n, self.accepted = node, Wire(address), 0, []

    def turn(self):
        begin = time.monotonic()
        try:
            self.wire.ask(("SET", "probe", self.n))
        except (redis.RedisError, OSError):
            return
        self.n += 1
        self.accepted.append((begin, time.monotonic()))

    def take(self):
        taken = len(self.accepted)
        moments, self.accepted[:taken] = self.accepted[:taken], []
        return moments


def two_at_a_time(probes, window=0.3):
    """Turns of two nodes that took writes by turns: a, b, a and b again within some time. Every look is for the news.

    a, b and a again may be a death and an orderly change back right after it; then b takes no more.
    """
    turns = []
    for begin, end, node in sorted((begin, end, p.node) for p in probes for begin, end in p.take()):
        if turns and turns[-1][2] == node:
            turns[-1] = (turns[-1][0], end, node)
        else:
            turns.append((begin, end, node))
    fours = (turns[i:i + 4] for i in range(len(turns) - 3))
    return [f for f in fours if f[0][2] == f[2][2] and f[1][2] == f[3][2] and f[3][0] - f[0][1] < window]
