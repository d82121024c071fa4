"""Every workflow, broken off in every way that is known, comes to its end all the same: each cell of docs/crash-matrix.md.

A cell begins the workflow, breaks it off, lets the client ask again if its first request got no answer, and waits until everything is at rest. Then:
it has come to what was asked for; no write that a replica had confirmed is gone, no reader went back, no two nodes took writes by turns
(tests/registers.py); the engines that run are those that serve knows; and after all is deleted, nothing is left.

MERIDIAN_CELLS="a workflow / a way" runs some of them, by a part of their names. MERIDIAN_WRITE_DOCS=1 writes the table anew.
"""
import os
import shutil
import signal
import sys
import threading
import time
import unittest

import botocore.exceptions
import redis

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "e2e"), os.path.join(HERE, "..", "scenario"), os.path.join(HERE, "..")]
import encryption  # noqa: E402
import harness  # noqa: E402
import workflows  # noqa: E402
from harness import alive, wait_for  # noqa: E402
from registers import Histories  # noqa: E402

TABLE = os.path.join(harness.ROOT, "docs", "crash-matrix.md")
ONLY = os.environ.get("MERIDIAN_CELLS", "")
REGIONS = ("us-east-1", "eu-west-1")


def trip(name, count=1):
    """Arms it before the request. Those of an agent reach it with the next assignment."""
    def before(case):
        case.server.admin("PUT", "trips/%s?count=%d" % (name, count))
    return before, None


def strike(whom, how=signal.SIGKILL):
    """Right after the request's answer."""
    def after(case):
        for pid in whom(case):
            case.struck.add(pid)
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                pass
    return None, after


def agents(case):
    return [pid for region in REGIONS if os.path.exists(os.path.join(case.server.data, "regions", region, "agent.lock"))
            for pid in [case.server.agent(region)] if pid]


def stands_still(pid):
    return b") T " in harness.reads("/proc/%d/stat" % pid)


def nodes_of(role):
    def find(case):
        return [n["pid"] for n in case.server.nodes() if n["role"] == role and n["pid"]][:1]
    return find


# Who breaks off, how, and what is done before the request and after it.
WAYS = {
    "serve: its commit fails": trip("store_commit"),
    "serve: dies after a commit": trip("crash_after_commit"),
    "serve: dies after an assignment": trip("crash_after_assign"),
    "serve: is killed": strike(lambda case: [case.server.process.pid]),
    "agent: dies after it started a process": trip("crash_after_spawn"),
    "agent: can't start a process": trip("spawn", 2),
    "agent: its sighting is lost": trip("report", 3),
    "agent: an engine's answer is an error": trip("redis_reply", 3),
    "agent: an engine's state is unknown": trip("probe", 3),
    "agent: can't write a snapshot": trip("snapshot_write"),
    "agent: a forwarder's connection ends": trip("gateway_read", 3),
    "agent: is killed": strike(agents),
    "agent: stands still": strike(agents, signal.SIGSTOP),
    "node: a primary is killed": strike(nodes_of("primary")),
    "node: a replica is killed": strike(nodes_of("replica")),
    "node: a primary stands still": strike(nodes_of("primary"), signal.SIGSTOP),
}


class Registers(threading.Thread):
    """One client of a primary endpoint that writes numbers that grow, and knows of each what became of it."""

    def __init__(self, case, group, region):
        super().__init__(daemon=True)
        self.endpoint = case.group(group, region)["NodeGroups"][0]["PrimaryEndpoint"]
        self.histories, self.number, self.finished = Histories(), 0, threading.Event()
        self.client, self.node = None, ""

    def run(self):
        while not self.finished.wait(0.003):
            self.write()

    def write(self):
        self.number += 1
        begin = time.monotonic()
        try:
            if self.client is None:
                self.client = redis.Redis(host=self.endpoint["Address"], port=self.endpoint["Port"], socket_timeout=1, socket_connect_timeout=1,
                                          single_connection_client=True)
                self.node = self.client.info("server")["run_id"][:8]
            pipe = self.client.pipeline(transaction=False)
            pipe.set("register", self.number, get=True)
            pipe.execute_command("WAIT", 1, 200)
            replaced, copies = pipe.execute()
            self.histories.wrote("register", self.number, begin, time.monotonic(), int(replaced or 0), copies >= 1, self.node)
        except (redis.RedisError, OSError):
            self.client = None
            self.histories.wrote("register", self.number, begin, None)

    def judge(self):
        self.finished.set()
        self.join()
        with harness.connect(self.endpoint) as client:
            wait_for(lambda: self.try_last_read(client), "the last number")
        return self.histories.judge()

    def try_last_read(self, client):
        begin = time.monotonic()
        try:
            value = int(client.get("register") or 0)
        except redis.RedisError:
            return False
        self.histories.read("register", value, begin, time.monotonic(), "primary")
        return True


class Matrix(encryption.Case):
    own = None

    @property
    def server(self):
        return self.own

    def start_server(self):
        self.own = harness.Server()
        older = shutil.copy(shutil.which("redis-server"), os.path.join(self.own.folder, "older-redis"))
        self.own.flags += ["--engine", "redis:7.0=" + older]
        self.own.start()
        self.trusted = os.path.join(self.own.folder, "ca.pem")
        with open(self.trusted, "wb") as f:
            f.write(self.authority())

    def setUp(self):
        self.start_server()
        self.addCleanup(lambda: self.own.finish())

    def run_workflow(self, kind):
        for way in WAYS:
            if ONLY not in "%s / %s" % (kind.__doc__, way):
                continue
            RUN.add((kind, way))
            with self.subTest(way=way):
                try:
                    FOUND[kind, way] = self.run_cell(kind(self), way)
                except BaseException:
                    self.tell_state()
                    self.own.kill_everything()
                    self.own.process = None
                    self.own.finish()
                    self.start_server()
                    raise

    def run_cell(self, workflow, way):
        before, after = WAYS[way]
        self.struck = set()
        workflow.begin()
        writer = Registers(self, *workflow.made[0]) if workflow.writes else None
        if writer:
            writer.start()
        if before:
            before(self)
        answered = workflow.ask_until_taken()
        if after:
            after(self)
        crashed = self.wait_at_rest(workflow, answered)
        self.disarm()
        workflow.check()
        verdict = writer.judge() if writer else None
        if verdict and not (workflow.kills_a_node and way.startswith("node:")):  # of two deaths at once nobody promises anything
            self.assertEqual([], verdict.wrong(), verdict.report())
        self.check_processes()
        workflow.end()
        wait_for(lambda: not self.server.nodes() and not self.server.engines(), "nothing left")
        self.check_contract()
        return ("serve started again" if crashed else "") + ("" if answered else ", asked again")

    def wait_at_rest(self, workflow, answered):
        """True if serve had to be started again meanwhile."""
        crashed = False

        def is_at_rest():
            nonlocal crashed, answered
            if self.server.process.poll() is not None:
                self.server.start()
                crashed = True
            try:
                if not answered:
                    workflow.ask_again()
                    answered = True
                return workflow.is_through() and self.is_in_force()
            except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError, OSError):
                return False
        wait_for(is_at_rest, "the workflow's end", 60)
        return crashed

    def is_in_force(self):
        """Who was struck is gone, or was woken: a status may be true of it for as long as nobody knows that it stands still."""
        if self.struck.intersection(agents(self)):
            return False
        return all(n["state"] == "ready" and not n["fenced"] and alive(n["pid"]) and not stands_still(n["pid"]) and (n["role"] != "replica" or n["link_up"]) for n in self.server.nodes())

    def tell_state(self):
        """What is known of a cell that failed."""
        sys.stderr.write(self.own.log()[-8000:])
        if self.own.process.poll() is None:
            sys.stderr.write("".join("%s\n" % n for n in self.server.nodes()))
        for region in REGIONS:
            sys.stderr.write(harness.reads(os.path.join(self.server.data, "regions", region, "agent.log")).decode(errors="replace")[-4000:])

    def disarm(self):
        for name in self.server.admin("GET", "trips")["trips"]:
            self.server.admin("PUT", "trips/%s?count=0" % name)

    def check_processes(self):
        wait_for(lambda: {n["pid"] for n in self.server.nodes()} == self.server.engines(), "only processes that serve knows")


RUN, FOUND = set(), {}


def add_test(kind):
    def test(self):
        self.run_workflow(kind)
    test.__name__ = "test_" + kind.__doc__.replace(" ", "_")
    setattr(Matrix, test.__name__, test)


for workflow in workflows.ALL:
    add_test(workflow)


def told(kind, way, before):
    """What a cell says: of this run, or where it did not run, what the table had."""
    if (kind, way) not in RUN:
        return before.get((kind.__doc__, way), "not run")
    found = FOUND.get((kind, way))
    if found is None:
        return "failed"
    return ", ".join(word for word, sign in (("again", "started"), ("asked", "asked")) if sign in found) or "done"


def read_table():
    """(workflow, way) → what the table says now."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in harness.reads(TABLE).decode().splitlines() if line.startswith("| ")]
    return {(row[0], way): cell for row in rows[1:] for way, cell in zip(rows[0][1:], row[1:])}


def table():
    before = read_table()
    lines = ["# What is broken off, and comes to its end", "",
             "`./dev test long` runs every cell on real processes; with `MERIDIAN_WRITE_DOCS=1` it writes what it saw into this table. Each workflow is broken off in",
             "each way, then everything comes to rest by itself: what was asked for is there, no write that a replica had confirmed is lost, nothing is left behind.",
             "`again`: serve had died, was started again, and went on from its database. `asked`: the client got no answer, and asked a second time.", "",
             "| workflow | " + " | ".join(WAYS) + " |", "|---" * (len(WAYS) + 1) + "|"]
    for kind in workflows.ALL:
        lines.append("| %s | %s |" % (kind.__doc__, " | ".join(told(kind, way, before) for way in WAYS)))
    return "\n".join(lines) + "\n"


def tearDownModule():
    if "MERIDIAN_WRITE_DOCS" in os.environ:
        text = table()  # before it is opened: what did not run is taken from it
        with open(TABLE, "w", encoding="utf-8") as f:
            f.write(text)


if __name__ == "__main__":
    unittest.main()
