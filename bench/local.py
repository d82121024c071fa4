"""A server under measurement, and clients thin enough not to be measured themselves."""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(ROOT, "tests"))
from registers import Histories  # noqa: E402

BIN = os.environ.get("MERIDIAN_BIN") or os.path.join(ROOT, "build", "meridian")
DEADLINE = 60
IDLE_LIMIT = 30


def until(condition, what, pause=0.001, deadline=DEADLINE):
    """The first true value of condition(), asked for again and again."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end:
            raise SystemExit("bench: after %d s still not: %s" % (deadline, what))
        time.sleep(pause)
    return value


def judge(client, written):
    """The verdict on registers that got the number 1, as (key, when it was acknowledged, whether a replica had confirmed it): each is read now."""
    histories, begin = Histories(), time.perf_counter()
    values = client.calls([("GET", key) for key, _, _ in written])
    for (key, at, confirmed), value in zip(written, values):
        histories.wrote(key, 1, at, at, kept=confirmed)
        histories.read(key, int(value == b"1"), begin, time.perf_counter(), "primary")
    return histories.judge()


def tool(name):
    """The path of a program of this folder, built."""
    return os.path.join(ROOT, "build", "bench", name)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def kill(pid, number):
    """Sends a signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def processes_of(folder):
    """pid → arguments of every process that works below a folder or is told about it."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % pid) as f:
                arguments = f.read().split("\0")
            if folder in os.readlink("/proc/%s/cwd" % pid) or any(folder in a for a in arguments):
                found[int(pid)] = arguments
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            pass
    return found


class Server:
    """One `meridian serve` in a folder of its own: a context manager."""

    def __init__(self, flags=()):
        self.flags = list(flags)
        self.folder = tempfile.mkdtemp(prefix="meridian-bench-")
        self.data = os.path.join(self.folder, "data")
        self.process = None

    def __enter__(self):
        return self.start()

    def start(self):
        """Starts it and returns when health was answered with 200; 'took_ms' tells how long that was."""
        self.port = free_port()
        with open(os.path.join(self.folder, "log"), "ab") as log:
            begun = time.perf_counter()
            self.process = subprocess.Popen([BIN, "serve", "--listen", "127.0.0.1:%d" % self.port, "--data-dir", self.data] + self.flags,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self.healthy, "a healthy server (see %s)" % self.folder, pause=0.0002)
        self.took_ms = (time.perf_counter() - begun) * 1000
        self.asked_at = time.monotonic()
        self.http = http.client.HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        return self

    def healthy(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port)) as s:
                s.sendall(b"GET /_meridian/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return s.recv(64).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)

    def __exit__(self, failure, *_):
        try:
            if failure:
                self.explain()
            self.stop()
        finally:
            for pid in processes_of(self.folder):
                kill(pid, signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)

    def explain(self):
        """What a measurement that failed leaves to be understood: the nodes that are not at work, and the end of the log."""
        try:
            for node in self.nodes():
                if node["state"] != "ready" or (node["role"] != "primary" and not node["link_up"]):
                    print(node, file=sys.stderr)
        except (OSError, http.client.HTTPException) as e:
            print("the server does not answer: %r" % e, file=sys.stderr)
        with open(os.path.join(self.folder, "log")) as log:
            sys.stderr.writelines(log.readlines()[-40:])

    def ask(self, method, path, body=None, headers={}):
        """One request over the connection that is kept, or a new one where that was idle for so long that the server may close it."""
        if time.monotonic() - self.asked_at > IDLE_LIMIT:
            self.http.close()
        self.asked_at = time.monotonic()
        self.http.request(method, path, body, headers)
        return self.http.getresponse()

    # The API, read with regular expressions: what is measured shall be the server.

    def query(self, region, action, **parameters):
        body = urllib.parse.urlencode({"Action": action, "Version": "2015-02-02"} | parameters)
        headers = {"Content-Type": "application/x-www-form-urlencoded",
                   "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/%s/elasticache/aws4_request, "
                                    "SignedHeaders=host, Signature=0" % region}
        answer = self.ask("POST", "/", body, headers)
        text = answer.read().decode()
        if answer.status == 404 and action.startswith("Describe"):
            return ""
        if answer.status != 200:
            raise SystemExit("bench: %s: %s" % (action, text))
        return text

    def nodes(self, group=None):
        return [n for n in json.loads(self.ask("GET", "/_meridian/nodes").read())["nodes"] if group in (None, n["rg"])]

    def primary(self, group):
        return until(lambda: next((n for n in self.nodes(group) if n["role"] == "primary" and n["state"] == "ready"), None), "a primary of " + group)

    def wait_whole(self, group, count):
        """Until all nodes of a group are at work again, and in step."""
        def whole():
            nodes = self.nodes(group)
            return len(nodes) == count and all(n["state"] == "ready" and (n["role"] == "primary" or n["link_up"]) for n in nodes) \
                and sum(n["role"] == "primary" for n in nodes) == 1
        until(whole, "%d nodes of %s at work" % (count, group))

    def create_group(self, region, group, nodes=1, **more):
        given = {} if "GlobalReplicationGroupId" in more else {"Engine": "redis", "CacheNodeType": "cache.r6g.large"}
        given |= more
        self.query(region, "CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="measured",
                   NumCacheClusters=nodes, **given)

    def group(self, region, group):
        return self.query(region, "DescribeReplicationGroups", ReplicationGroupId=group)

    def wait_group(self, region, group, deadline=DEADLINE):
        return until(lambda: is_in("<Status>available</Status>", self.group(region, group)), group + " available", deadline=deadline)

    def delete_group(self, region, group):
        self.query(region, "DeleteReplicationGroup", ReplicationGroupId=group)
        until(lambda: self.group(region, group) == "", group + " gone")

    def endpoint(self, region, group, kind="Primary"):
        """(address, port) of the primary or the reader endpoint, None as long as there is none."""
        m = re.search(r"<%sEndpoint><Address>(.*?)</Address><Port>(\d+)<" % kind, self.group(region, group))
        return m and (m[1], int(m[2]))

    def create_global(self, region, group, suffix):
        text = self.query(region, "CreateGlobalReplicationGroup", GlobalReplicationGroupIdSuffix=suffix, PrimaryReplicationGroupId=group)
        world = re.search("<GlobalReplicationGroupId>(.*?)<", text)[1]
        self.wait_global(region, world, "primary-only")
        return world

    def wait_global(self, region, world, status):
        """Until the datastore itself, not one of its members, has that status."""
        def now():
            text = self.query(region, "DescribeGlobalReplicationGroups", GlobalReplicationGroupId=world)
            return "<Status>%s</Status>" % status in text
        until(now, "%s %s" % (world, status))


def is_in(part, text):
    """The first <Status> of a group's description is a node group's or its own: all of them have to be right."""
    return part in text and "creating" not in text and "modifying" not in text


class Redis:
    """One connection that speaks as much of the protocol as the figures need."""

    def __init__(self, address, timeout=DEADLINE):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def close(self):
        self.file.close()
        self.socket.close()

    @staticmethod
    def encode(*words):
        words = [w.encode() for w in words]
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)

    def reply(self):
        """bytes, or None; a status or an error comes with its first byte."""
        line = self.file.readline()
        if not line:
            raise ConnectionError("closed")
        if line[:1] != b"$":
            return line.rstrip()
        return None if line[1:2] == b"-" else self.file.read(int(line[1:]) + 2)[:-2]

    def call(self, *words):
        self.socket.sendall(self.encode(*words))
        return self.reply()

    def calls(self, commands):
        """Replies of many commands, sent a thousand at a time."""
        for at in range(0, len(commands), 1000):
            part = commands[at:at + 1000]
            self.socket.sendall(b"".join(self.encode(*c) for c in part))
            for _ in part:
                yield self.reply()


def full_syncs(nodes):
    """How many full synchronisations some nodes have served."""
    total = 0
    for node in nodes:
        client = Redis((node["address"], node["port"]))
        total += int(re.search(rb"sync_full:(\d+)", client.call("INFO", "stats"))[1])
        client.close()
    return total
