"""What the nemeses share: blows in a random order, writers that note what was promised to them, and probes that note which node takes
writes, and when.

A run deals each of some blows once, and then goes on for a while with those that chance chooses.

MERIDIAN_SEED repeats a run, MERIDIAN_NEMESIS_SECONDS makes it longer, MERIDIAN_NEMESIS_BLOWS="a b" leaves only the blows of these names.
"""
import os
import random
import shutil
import signal
import socket
import sys
import threading
import time

import botocore.exceptions
import redis
from redis.cluster import ClusterParser
from redis.crc import key_slot

import harness
import small_disk
from harness import alive, wait_for
from registers import Histories, behind  # noqa: F401

TIMEOUT = 1.0
SECONDS = float(os.environ.get("MERIDIAN_NEMESIS_SECONDS", "6"))
SEED = int(os.environ.get("MERIDIAN_SEED", "0")) or random.randrange(1, 10 ** 9)
REGISTERS = 1000  # of a writer: so many that hardly one is written twice between a death and what follows it
ONLY = os.environ.get("MERIDIAN_NEMESIS_BLOWS", "").split()
SETTLED = 30
AT_WORK = """
    local function now() local t = redis.call('TIME'); return t[1] * 1000 + t[2] / 1000 end
    local till = now() + ARGV[1]
    while now() < till do end"""
WRONG = (AssertionError, OSError, botocore.exceptions.ClientError, redis.RedisError, StopIteration, IndexError)


class Storm:
    """A case with a server of its own, on which blows fall; to be mixed into a Case."""
    def setUp(self):
        self.small, self.filling = None, None
        self.addCleanup(self.give_the_disk_up)
        self.own_server()
        self.prepare()
        self.own.start()
        super().setUp()
        self.random = random.Random(SEED)
        self.history, self.struck, self.begun, self.workers = [], set(), time.monotonic(), []

    def prepare(self):
        """What is to be there before the server starts."""

    def use_an_older_engine(self):
        """Another program for an old version, so that an upgrade restarts every node."""
        older = shutil.copy(shutil.which("redis-server"), os.path.join(self.own.folder, "older-redis"))
        self.own.flags += ["--engine", "redis:7.0=" + older]

    def live_on_a_small_disk(self, megabytes):
        """One that can be filled; where nothing can be mounted, the blows that fill it are left out."""
        small = os.path.join(self.own.folder, "small")
        if not small_disk.mount(small, megabytes):
            sys.stderr.write("nothing can be mounted here: no disk is filled\n")
            return
        self.small, self.filling = small, os.path.join(small, "filling")
        self.own.data = os.path.join(small, "data")

    def give_the_disk_up(self):
        if self.small:
            small_disk.unmount(self.small)
            shutil.rmtree(self.own.folder, ignore_errors=True)

    def fill_the_disk(self):
        self.note("fill the disk")
        small_disk.fill(self.filling)

    def free_the_disk(self):
        self.note("free the disk")
        os.unlink(self.filling)

    def begin(self, worker):
        self.workers.append(worker)
        worker.start()
        self.addCleanup(worker.finish)
        return worker

    def note(self, what):
        self.history.append("%6.2f %s" % (time.monotonic() - self.begun, what))

    def story(self):
        return "seed %d:\n%s" % (SEED, "\n".join(self.history[-12:]))

    def strike(self, node, how=signal.SIGKILL):
        self.note("%s %s in %s (pid %d)" % (how.name, node["id"], node["region"], node["pid"]))
        self.struck.add(node["pid"])
        os.kill(node["pid"], how)

    def slow_down(self, node):
        """A script at work or a CLIENT PAUSE: for a while the node answers nobody, or takes no writes, and nobody is to die of that."""
        ms = self.random.randint(200, 2000)
        command = self.random.choice([("EVAL", AT_WORK, 0, ms), ("CLIENT", "PAUSE", ms, "ALL"), ("CLIENT", "PAUSE", ms, "WRITE")])
        self.note("%s for %d ms in %s" % (" ".join(w for w in command[:2] if w != AT_WORK), ms, node["id"]))
        connection = self.admin(node).connection_pool.get_connection(command[0])
        self.addCleanup(connection.disconnect)
        connection.send_command(*command)

    def stop_and_start(self):
        self.note("stop and start")
        self.server.terminate()
        self.server.start()

    def jump_the_clock(self):
        """The wall clock is set an hour or so forward or back, as by somebody whose time zone was wrong."""
        ms = self.random.choice([-1, 1]) * self.random.randint(3500, 3700) * 1000
        self.note("the clock jumps by %d s" % (ms // 1000))
        self.server.admin("POST", "clock?jump_ms=%d" % ms)

    def kill_agent_of(self, region):
        self.note("kill the agent of " + region)
        os.kill(self.server.agent(region), signal.SIGKILL)

    def hang_agent_of(self, region, meanwhile=lambda: None):
        """Its region has nobody, until another one has taken its place."""
        agent = self.server.agent(region)
        self.note("hang the agent of " + region)
        os.kill(agent, signal.SIGSTOP)
        meanwhile()
        wait_for(lambda: self.server.agent(region) not in (0, agent), "another agent of " + region)

    def let_a_stranger_in(self, node):
        """He listens where a node died whose agent had died before, so that nobody kept its address, and leaves once the node has met him."""
        def now():
            return next((n for n in self.server.nodes(region=node["region"]) if n["id"] == node["id"]), node)

        def has_listened():
            try:
                stranger.bind((node["address"], node["port"]))
                stranger.listen()
                return True
            except OSError:
                return False

        self.kill_agent_of(node["region"])
        self.strike(node)
        with socket.socket() as stranger:
            stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            came = wait_for(lambda: "in time" if has_listened() else now()["pid"] != node["pid"] and "late", "the stranger") == "in time"
            self.note("a stranger " + ("takes its place" if came else "comes too late"))
            if came:
                wait_for(lambda: now()["state"] == "conflict", "a node that has met a stranger")

    def crash_serve(self):
        self.note("kill serve")
        self.server.kill()
        self.server.start()

    def crash_serve_at_work(self, *groups):
        """Up to three times, at the next moment at which it has stored, or handed out, something; not once the groups are at rest."""
        for _ in range(self.random.randint(1, 3)):
            trip = self.random.choice(["crash_after_commit", "crash_after_assign"])
            self.note(trip)
            self.server.admin("PUT", "trips/%s?count=1" % trip)
            wait_for(lambda: self.server.process.poll() is not None or self.are_available(groups), "a crash, or an end")
            if self.server.process.poll() is None:
                self.server.kill()
            self.server.start()

    def are_available(self, groups):
        try:
            return all(self.group(g)["Status"] == "available" for g in groups)
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
            return False

    def crash_the_agent_at_a_start(self, region, choose):
        """It dies after it has started a process and before it could keep its pid. It hears of that with its next order: after the first death."""
        agent = self.server.agent(region)
        self.server.admin("PUT", "trips/crash_after_spawn?count=1")
        for _ in range(3):
            self.strike(choose())
            wait_for(lambda: self.server.agent(region) != agent or self.is_in_force(self.server.nodes(region=region)), "a crash, or the node again")
            if self.server.agent(region) != agent:
                break
        self.server.admin("PUT", "trips/crash_after_spawn?count=0")

    def check_processes(self):
        self.assertEqual({n["pid"] for n in self.server.nodes()}, self.server.engines(), "the processes that run are those that the server knows")

    def is_in_force(self, nodes):
        return all(n["state"] == "ready" and not n["fenced"] and n["pid"] not in self.struck and alive(n["pid"]) and
                   (n["role"] == "primary" or n["link_up"]) for n in nodes)

    def deal(self, never_left_out, blows):
        """Those that no run leaves out, in some order, and then others for as long as it lasts."""
        never_left_out, blows = ([b for b in some if not ONLY or b.__name__ in ONLY] for some in (never_left_out, blows))
        yield from self.random.sample(never_left_out, len(never_left_out))
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            yield self.random.choice(blows)

    def rage(self, never_left_out, blows, check):
        """Blows, and after each check(what it may have cost)."""
        sys.stderr.write("%s: MERIDIAN_SEED=%d\n" % (type(self).__name__, SEED))
        try:
            for blow in self.deal(never_left_out, blows):
                self.note(blow.__name__)
                check(blow())
        except WRONG as e:
            sys.stderr.write(self.server.log()[-6000:])
            raise AssertionError("%s\n%s" % (self.story(), e)) from e
        finally:
            for each in self.workers:
                each.finish()
        sys.stderr.write("%s: %d lines of history, %s\n" % (
            type(self).__name__, len(self.history), {w.name: w.acknowledged for w in self.workers if isinstance(w, Writer)}))

    def judge(self, writer, values_of, may_lose_hasty, may_lose_waited):
        """What a writer's registers tell of a blow, as the primary has them now; returns these values."""
        begin = time.monotonic()
        values = values_of(writer.histories.keys())
        for key, value in values.items():
            writer.histories.read(key, value, begin, time.monotonic(), "primary")
        verdict = writer.histories.judge()
        if may_lose_hasty:
            verdict.gave_up = []
        if may_lose_waited:
            verdict.lost = []
        self.assertEqual([], verdict.wrong() + verdict.gave_up, "registers of %s\n%s" % (writer.name, verdict.report()))
        writer.histories.settle(values, begin)
        return values

    def check_nothing_left(self, region="us-east-1"):
        """After everything was deleted: no process, no folder of a node, no socket."""
        base = os.path.join(self.server.data, "regions", region)
        addresses = {(n["address"], n["port"]) for n in self.server.nodes()}
        for group in {n["rg"] for n in self.server.nodes(region=region)}:
            self.delete_group(group, region)
        wait_for(lambda: not self.server.nodes(region=region) and not self.server.engines(), "no node left")
        wait_for(lambda: not [f for f in os.listdir(base) if os.path.isdir(os.path.join(base, f)) and f != "Snapshots"], "no folder left")
        self.assertEqual([], [a for a in addresses if harness.is_bound(*a)])


class NotSent(redis.ConnectionError):
    """Nobody took the connection: what was to be asked over it has reached nobody."""


class Wire:
    """One connection at a time to one address; a failed one is given up, so that an answer never belongs to another connection's write."""

    def __init__(self, address, kind=redis.Connection, **more):
        self.address, self.kind, self.more, self.connection = address, kind, more, None

    def ask(self, *commands):
        """The answers to some commands sent together over one connection; redis.RedisError or OSError if any fails."""
        if self.connection is None:
            self.open()
        try:
            for command in commands:
                self.connection.send_command(*command)
            return [self.connection.read_response() for _ in commands]
        except BaseException:
            self.close()
            raise

    def open(self):
        connection = self.kind(host=self.address[0], port=self.address[1], socket_timeout=TIMEOUT,
                               socket_connect_timeout=TIMEOUT, decode_responses=True, **self.more)
        try:
            connection.connect()
        except (redis.RedisError, OSError) as e:
            connection.disconnect()
            raise NotSent(str(e)) from e
        self.connection = connection

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
    """Writes numbers that grow to registers that nobody else writes, at the first of some endpoints that takes them, and keeps what became of each."""

    def __init__(self, name, endpoints, copies, **more):
        super().__init__(0.002)
        self.name, self.copies, self.at, self.n, self.acknowledged = name, copies, 0, 0, 0
        self.wires = [Wire(e, **more) for e in endpoints]
        self.histories, self.registers = Histories(), ["%s:%d" % (name, i) for i in range(REGISTERS)]

    def turn(self):
        self.n += 1
        at, begin = self.n % REGISTERS, time.monotonic()
        key = self.registers[at]
        self.histories.tries(key, self.n)
        try:
            replaced, *copies = self.write(key, ("SET", key, self.n, "GET"), *([("WAIT", self.copies, 300)] if self.copies else []))
        except NotSent:
            return
        except (redis.RedisError, OSError) as e:
            self.histories.wrote(key, self.n, begin, None)
            if not isinstance(e, redis.exceptions.ResponseError):
                self.registers[at] = "%s:%d:%d" % (self.name, at, self.n)
            return
        self.histories.wrote(key, self.n, begin, time.monotonic(), int(replaced or 0), bool(copies) and copies[0] >= self.copies)
        self.acknowledged += 1

    def write(self, _key, *commands):
        try:
            return self.wires[self.at].ask(*commands)
        except (redis.RedisError, OSError):
            self.at = (self.at + 1) % len(self.wires)
            raise


class ClusterWriter(Writer):
    """Writes through a cluster: what is sent on is asked for there, and where nobody answers it looks anew who has which slots."""

    def __init__(self, name, endpoint, copies):
        super().__init__(name, [], copies)
        self.endpoint, self.slots, self.ways, self.refused = endpoint, {}, {}, []

    def wire(self, address):
        return self.ways.setdefault(address, Wire(address, parser_class=ClusterParser))

    def write(self, key, *commands):
        slot = key_slot(key.encode())
        for _ in range(10):
            try:
                return self.wire(self.slots.get(slot, self.endpoint)).ask(*commands)
            except redis.exceptions.MovedError as moved:
                self.slots[slot] = (moved.host, moved.port)
            except redis.exceptions.AskError as asked:
                try:
                    return self.wire((asked.host, asked.port)).ask(("ASKING",), *commands)[1:]
                except redis.exceptions.TryAgainError:
                    pass
            except redis.exceptions.ResponseError as e:
                if not isinstance(e, redis.exceptions.ClusterDownError):
                    self.refused.append(str(e))
                raise
            except (redis.RedisError, OSError):
                self.slots = {}
                raise
        raise redis.RedisError("sent round in a circle")


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


def two_at_a_time(probes):
    """Writes that two nodes took by turns, whether each is thought to be made when it began, or when it was confirmed: one that was held
    until its node became primary began long before. Every look is for the news."""
    moments = [(begin, end, p.node) for p in probes for begin, end in p.take()]
    return by_turns(sorted(moments)) and by_turns(sorted(moments, key=lambda m: m[1]))


def by_turns(moments, window=0.3):
    """Turns of two nodes that took writes by turns: a, b, a and b again within some time.

    a, b and a again may be a death and an orderly change back right after it; then b takes no more.
    """
    turns = []
    for begin, end, node in moments:
        if turns and turns[-1][2] == node:
            turns[-1] = (turns[-1][0], end, node)
        else:
            turns.append((begin, end, node))
    fours = (turns[i:i + 4] for i in range(len(turns) - 3))
    return [f for f in fours if f[0][2] == f[2][2] and f[1][2] == f[3][2] and f[3][0] - f[0][1] < window]
