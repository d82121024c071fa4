"""Which program runs which version: wrappers of the installed engines stand for versions that are not installed."""
import os
import shutil
import subprocess
import tempfile
import unittest

import harness
from harness import wait_for


def wrapper(folder, name, text, engine):
    """A program that tells another version than the engine it is."""
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write('#!/bin/sh\ncase $1 in --version | -V) echo "%s" ;; *) exec %s "$@" ;; esac\n' % (text, engine))
    os.chmod(path, 0o755)
    return path


# An engine that answers, and whose addresses can't be changed.
RIGID = """#!/usr/bin/python3
import os, re, socketserver, sys
if sys.argv[1] == "--version":
    sys.exit(print("dragonfly v1.21.2-0f4a1b2"))
conf = dict(line.split(" ", 1) for line in open(sys.argv[1]).read().splitlines() if " " in line)
class Client(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.readline():
            words = [self.rfile.read(int(self.rfile.readline()[1:]) + 2)[:-2].decode() for _ in range(int(head[1:]))]
            self.wfile.write(self.answer(" ".join(words).upper()))
    def answer(self, command):
        if command.startswith("SHUTDOWN"):
            os._exit(0)
        if command == "INFO SERVER":
            return self.text("redis_version:7.2.0\\r\\ndragonfly_version:df-v1.21.2\\r\\nprocess_id:%d\\r\\n" % os.getpid())
        if command == "INFO REPLICATION":
            return self.text("role:master\\r\\nmaster_repl_offset:0\\r\\n")
        if command.startswith("CONFIG GET BIND"):
            return b"*2\\r\\n" + self.text("bind") + self.text(conf["bind"].strip('"'))
        return b"-ERR Unsupported CONFIG parameter: bind\\r\\n" if command.startswith("CONFIG SET BIND") else b"+OK\\r\\n"
    def text(self, s):
        return b"$%d\\r\\n%s\\r\\n" % (len(s), s.encode())
class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
Server(conf["unixsocket"].strip('"'), Client).serve_forever()
"""


def setUpModule():
    global folder, redis70, redis71, valkey, memcached, rigid, one
    folder = tempfile.mkdtemp(prefix="meridian-engines-")
    redis70 = wrapper(folder, "redis 7.0", "Redis server v=7.0.15 sha=0", "redis-server")
    redis71 = wrapper(folder, "redis-7.1", "Redis server v=7.1.2 sha=0", "redis-server")
    valkey = wrapper(folder, "valkey", "Valkey server v=8.1.0 sha=0", "redis-server")
    memcached = wrapper(folder, "memcached-1.6", "memcached 1.6.22", "memcached")
    rigid = os.path.join(folder, "rigid")
    with open(rigid, "w") as f:
        f.write(RIGID)
    os.chmod(rigid, 0o755)
    set_up, one = harness.one_server(flags=["--engine", "redis:7.1=" + redis71, "--engine=valkey:8=" + valkey, "--engine=valkey:9=" + rigid],
                                     environment={"MERIDIAN_REDIS_SERVER": redis70, "MERIDIAN_MEMCACHED": memcached})
    set_up()


def tearDownModule():
    one()
    shutil.rmtree(folder)


class Case(harness.Case):
    def seen(self, group):
        return sorted((n["asked"], n["binary"], n["engine"], n["engine_version"]) for n in self.server.nodes(group))

    def pids(self, group):
        return {n["pid"] for n in self.server.nodes(group)}


class Programs(Case):
    def test_each_version_runs_on_its_own_and_the_nodes_say_which(self):
        installed = subprocess.run(["redis-server", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
        installed = installed.split(" v=")[1].split()[0]
        for version, asked, binary in (("7.1", "redis 7.1.0", redis71), ("7.0", "redis 7.0.7", redis70), ("6.2", "redis 6.2.6", redis70)):
            group = self.create_group(EngineVersion=version)
            self.assertEqual([(asked, binary, "redis", installed)], self.seen(group), "what it really is tells the process")
        group = self.create_group(Engine="valkey", EngineVersion="8.0")
        self.assertEqual([("valkey 8.0.1", valkey, "redis", installed)], self.seen(group))

    def test_an_upgrade_to_another_program_restarts_every_node_on_it_with_its_data(self):
        group = self.create_group(nodes=2, EngineVersion="7.0")
        self.primary(group).set("a", "1")
        before = self.pids(group)
        self.api().modify_replication_group(ReplicationGroupId=group, EngineVersion="7.1", ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual({("redis 7.1.0", redis71)}, {s[:2] for s in self.seen(group)})
        self.assertFalse(before & self.pids(group))
        self.assertEqual("1", self.primary(group).get("a"))

    def test_an_upgrade_that_the_same_program_runs_restarts_nothing(self):
        group = self.create_group(nodes=2, EngineVersion="6.2", AutomaticFailoverEnabled=True)
        before = self.server.nodes(group)
        self.api().modify_replication_group(ReplicationGroupId=group, EngineVersion="7.0", ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual({("redis 7.0.7", redis70)}, {s[:2] for s in self.seen(group)})
        self.assertEqual([(n["id"], n["pid"], n["role"]) for n in before],  # so nobody changed places
                         [(n["id"], n["pid"], n["role"]) for n in self.server.nodes(group)])

    def test_a_single_node_goes_over_to_valkey_with_its_data(self):
        group = self.create_group(EngineVersion="7.1")
        self.primary(group).set("a", "1")
        answer = self.server.query(Action="ModifyReplicationGroup", ReplicationGroupId=group, Engine="valkey", EngineVersion="8.0",
                                   ApplyImmediately="true")
        self.assertEqual(200, answer.status, answer.message)
        self.wait_group(group)
        self.assertEqual({("valkey 8.0.1", valkey)}, {s[:2] for s in self.seen(group)})
        self.assertEqual("1", self.primary(group).get("a"))

    def test_an_agent_that_starts_again_knows_what_runs(self):
        group = self.create_group(EngineVersion="7.1")
        before = self.server.nodes(group)
        os.kill(self.server.agent("us-east-1"), 9)
        self.create_group(EngineVersion="7.0")
        self.assertEqual([(n["pid"], n["asked"], n["binary"]) for n in before],
                         [(n["pid"], n["asked"], n["binary"]) for n in wait_for(lambda: self.server.nodes(group), "the nodes")])

    def test_what_an_engine_cannot_do_is_told_in_one_line(self):
        group = self.create_group(Engine="valkey", EngineVersion="9.0", wait=False)
        node = wait_for(lambda: next((n for n in self.server.nodes(group) if n["reason"]), None), "a reason")
        self.assertEqual("the engine takes no further address: ERR Unsupported CONFIG parameter: bind", node["reason"])
        self.assertEqual(("ready", "valkey 9.0.0", rigid, "dragonfly", "df-v1.21.2"),
                         tuple(node[k] for k in ("state", "asked", "binary", "engine", "engine_version")))
        self.delete_group(group)

    def test_memcached_says_so_too(self):
        name = harness.name("mem")
        self.api().create_cache_cluster(CacheClusterId=name, Engine="memcached", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        wait_for(lambda: self.api().describe_cache_clusters(CacheClusterId=name)["CacheClusters"][0]["CacheClusterStatus"] == "available",
                 name + " available")
        node = next(n for n in self.server.nodes() if n["cluster"] == name)
        self.assertEqual(("memcached 1.6.22", memcached, "memcached"), (node["asked"], node["binary"], node["engine"]))


class Installed(Case):
    @unittest.skipIf(shutil.which("valkey-server") is None, "valkey-server is not installed")
    def test_a_request_for_valkey_runs_valkey_and_one_for_redis_runs_redis(self):
        self.own_server()
        self.own.start()
        for engine in ("valkey", "redis"):
            group = self.create_group(nodes=2, Engine=engine)
            self.assertEqual({(shutil.which(engine + "-server"), engine)}, {s[1:3] for s in self.seen(group)})
        group = self.create_group(nodes=2, Engine="redis", AutomaticFailoverEnabled=True)
        self.primary(group).set("k", "v")
        answer = self.server.query(Action="ModifyReplicationGroup", ReplicationGroupId=group, Engine="valkey", ApplyImmediately="true")
        self.assertEqual(200, answer.status, answer.message)
        self.wait_group(group)
        self.assertEqual({"valkey"}, {s[2] for s in self.seen(group)})
        self.assertEqual("v", self.primary(group).get("k"))


class Start(unittest.TestCase):
    def refused(self, *flags):
        data = os.path.join(folder, "never")
        run = subprocess.run([harness.BIN, "serve", "--listen", "127.0.0.1:0", "--data-dir", data, *flags], stderr=subprocess.PIPE, text=True,
                             timeout=30, env=harness.clean_environment())
        self.assertEqual(1, run.returncode)
        self.assertEqual(1, run.stderr.count("\n"), run.stderr)
        self.assertFalse(os.path.exists(data))
        return run.stderr

    def test_a_program_that_is_not_there_or_no_engine_or_too_old_is_told_in_one_line(self):
        plain = os.path.join(folder, "plain")
        with open(plain, "w"):
            pass
        old = wrapper(folder, "old", "Redis server v=6.2.14 sha=0", "redis-server")
        self.assertIn("--engine redis:7=/nonexistent: there is no program", self.refused("--engine", "redis:7=/nonexistent"))
        self.assertIn("there is no program", self.refused("--engine", "redis:7=" + plain))
        self.assertIn("does not answer as a redis-server does", self.refused("--engine", "redis:7=/bin/true"))
        self.assertIn("is redis version 6.2.14: version 7.0 or later is needed", self.refused("--engine", "redis:6.2=" + old))


if __name__ == "__main__":
    unittest.main()
