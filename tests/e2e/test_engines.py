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
    sys.exit(print("Valkey server v=9.0.0 sha=0"))
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


# What Dragonfly lacks, in front of an engine that has it.
LACKING = """#!/usr/bin/python3
import os, re, shutil, socket, subprocess, sys, threading
if sys.argv[1] == "--version":
    sys.exit(print("dragonfly v1.21.2-0f4a1b2"))
text = open(sys.argv[1]).read()
front = re.search('unixsocket "?([^"\\n]*)', text)[1]
with open("behind.conf", "w") as f:
    f.write(text.replace(front, "behind.sock"))
engine = subprocess.Popen([shutil.which("redis-server"), "behind.conf"])
LACKS = re.compile(rb"CONFIG SET bind|CLIENT KILL (LADDR|TYPE)|CLUSTER (SETSLOT|GETKEYSINSLOT|BUMPEPOCH|ADDSLOTSRANGE|FAILOVER TAKEOVER)|MIGRATE|MODULE|SLOWLOG|CONFIG SET appendonly", re.I)
def command(file):
    head = file.readline()
    if not head:
        sys.exit(0)
    words = []
    for _ in range(int(head[1:])):
        words.append(file.read(int(file.readline()[1:]) + 2)[:-2])
    return words
def reply(file):
    line = file.readline()
    if line[:1] == b"$" and line[1:2] != b"-":
        return line + file.read(int(line[1:]) + 2)
    if line[:1] in b"*%":
        return line + b"".join(reply(file) for _ in range(int(line[1:]) * (2 if line[:1] == b"%" else 1)))
    return line
def serve(client):
    behind = socket.socket(socket.AF_UNIX)
    while behind.connect_ex("behind.sock"):
        pass
    asked, answers = client.makefile("rb"), behind.makefile("rb")
    while True:
        words = command(asked)
        if LACKS.match(b" ".join(words)):
            client.sendall(b"-ERR unknown or unsupported\\r\\n")
            continue
        behind.sendall(b"*%d\\r\\n" % len(words) + b"".join(b"$%d\\r\\n%s\\r\\n" % (len(w), w) for w in words))
        answer = reply(answers)
        if words[0].upper() == b"INFO":
            answer = answer.replace(b"process_id:%d" % engine.pid, b"process_id:%d" % os.getpid())
            answer = b"$%d\\r\\n" % (len(answer.split(b"\\r\\n", 1)[1]) - 2) + answer.split(b"\\r\\n", 1)[1]
        client.sendall(answer)
listener = socket.socket(socket.AF_UNIX)
listener.bind(front)
listener.listen()
def accept():
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
threading.Thread(target=accept, daemon=True).start()
os._exit(engine.wait())
"""


def program(name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, 0o755)
    return path


def setUpModule():
    global folder, redis70, redis71, valkey, memcached, rigid, lacking, one
    folder = tempfile.mkdtemp(prefix="meridian-engines-")
    redis70 = wrapper(folder, "redis 7.0", "Redis server v=7.0.15 sha=0", "redis-server")
    redis71 = wrapper(folder, "redis-7.1", "Redis server v=7.1.2 sha=0", "redis-server")
    valkey = wrapper(folder, "valkey", "Valkey server v=8.1.0 sha=0", "redis-server")
    memcached = wrapper(folder, "memcached-1.6", "memcached 1.6.22", "memcached")
    rigid, lacking = program("rigid", RIGID), program("lacking", LACKING)
    set_up, one = harness.one_server(flags=["--engine", "redis:7.1=" + redis71, "--engine=valkey:8=" + valkey, "--engine=valkey:9=" + rigid, "--engine=redis:6=" + lacking],
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
        for version, asked, binary in (("7.1", "redis 7.1.0", redis71), ("7.0", "redis 7.0.7", redis70)):
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
        group = self.create_group(nodes=2, Engine="valkey", EngineVersion="7.2", AutomaticFailoverEnabled=True)
        before = self.server.nodes(group)
        self.api().modify_replication_group(ReplicationGroupId=group, EngineVersion="8.0", ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual({("valkey 8.0.1", valkey)}, {s[:2] for s in self.seen(group)})
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


def check(*paths):
    run = subprocess.run([harness.BIN, "engine-check", *paths], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    return run.returncode, run.stdout, run.stderr


class Check(Case):
    def test_an_installed_engine_has_everything_and_the_settings_of_its_families(self):
        for name in ("redis-server", "valkey-server"):
            if shutil.which(name) is None:
                continue
            with self.subTest(name):
                code, out, _ = check(name)
                self.assertEqual(0, code, out)
                self.assertNotIn(": no,", out)
                self.assertRegex(out, r"name and it lacks: none\n$")

    def test_what_a_program_lacks_is_told_with_the_command_and_its_answer(self):
        code, out, _ = check(lacking)
        self.assertEqual(1, code, out)
        lines = dict(line.split(": ", 1) for line in out.splitlines()[1:])
        for part in ("nodes", "users and AUTH tokens", "encryption in transit", "snapshots"):
            self.assertEqual("yes", lines[part], out)
        self.assertEqual("no, it is to move an endpoint to another node: CONFIG SET bind 127.0.0.1: ERR unknown or unsupported",
                         lines["endpoints of replication groups"])
        self.assertIn("CLIENT KILL TYPE master", lines["replicas"])
        self.assertIn("CLUSTER ADDSLOTSRANGE", lines["cluster mode"])
        self.assertIn("SLOWLOG GET", lines["slow logs"])
        self.assertEqual("no, it is to keep an append-only file: CONFIG SET appendonly yes: ERR unknown or unsupported", lines["durability"])

    def test_each_command_of_cluster_mode_is_asked_for(self):
        for command, why in (("CLUSTER REPLICATE", "follow a primary"), ("CLUSTER FAILOVER", "become a primary"),
                             ("MIGRATE", "send a slot's keys to another node"), ("MODULE", "load the module")):
            with self.subTest(command):
                lacks = LACKING[:LACKING.index("LACKS = ")] + 'LACKS = re.compile(rb"%s", re.I)\n' % command + LACKING[LACKING.index("def command"):]
                code, out, _ = check(program("lacks-one", lacks))
                self.assertEqual(1, code, out)
                self.assertRegex(out, "cluster mode: no, it is to %s.*: %s.*: ERR unknown or unsupported" % (why, command))

    def test_a_program_that_does_not_start_lacks_nodes_and_one_that_is_no_engine_is_told_so(self):
        code, out, _ = check(program("ends", "#!/bin/sh\necho Valkey server v=8.0.0\n"))
        self.assertEqual(1, code)
        self.assertIn("nodes: no, it is to see that it lives: PING: it does not start with the configuration of a node", out)
        self.assertIn("cluster mode: not tried", out)
        code, _, complaint = check("/bin/true")
        self.assertEqual((2, 1), (code, complaint.count("\n")), complaint)

    def test_serve_runs_what_it_can_and_refuses_the_rest_by_name(self):
        name = harness.name("node")
        self.api().create_cache_cluster(CacheClusterId=name, Engine="redis", EngineVersion="6.2", NumCacheNodes=1, CacheNodeType=harness.NODE_TYPE)
        wait_for(lambda: self.api().describe_cache_clusters(CacheClusterId=name)["CacheClusters"][0]["CacheClusterStatus"] == "available",
                 name + " available")
        self.assertEqual([(lacking, "redis 6.2.6")], [(n["binary"], n["asked"]) for n in self.server.nodes() if n["cluster"] == name])
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId="never", ReplicationGroupDescription="d",
                                   Engine="redis", EngineVersion="6.2", CacheNodeType=harness.NODE_TYPE)
        self.assertEqual((400, "The server that runs redis version 6.2 here has no endpoints of replication groups: "
                               "dragonfly 1.21.2 lacks CONFIG SET bind 127.0.0.1."), (answer.status, answer.message))


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
