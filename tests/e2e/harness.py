"""What every end-to-end test stands on: a server of its own, clients for it, and the certainty that nothing is left behind.

    setUpModule, tearDownModule = harness.one_server()

    class Something(harness.Case):
        def test_…(self): self.api("us-east-1").describe_replication_groups()

MERIDIAN_BIN names the program. Every answer passes a proxy that checks it against the API model; a violation fails the test that saw it.
"""
import fcntl
import hmac
import itertools
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import types
import unittest
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import boto3
import botocore.config
import botocore.exceptions
import redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
import contract  # noqa: E402
import proxy  # noqa: E402
import waiting  # noqa: E402
from processes import alive  # noqa: E402, F401

BIN = os.path.abspath(os.environ.get("MERIDIAN_BIN") or os.path.join(ROOT, "build", "meridian"))
AWS = "/usr/bin/aws" if os.path.exists("/usr/bin/aws") else "aws"
DEADLINE = 30
ENGINES = ("redis-server", "older-redis", "memcached", "valkey-server")
NODE_TYPE = "cache.r6g.large"

# What suites create: the engine (some suites run a second time on valkey), two versions of it that follow each other, the one that clusters
# get without a word, and the parameter groups.
ENGINE = os.environ.get("MERIDIAN_TEST_ENGINE", "redis")
# A release of valkey that ./dev valkeys has built, to run instead of the installed one.
RELEASE = os.environ.get("MERIDIAN_TEST_VALKEY")
if RELEASE:
    BUILT = os.path.join(ROOT, "build-valkey", RELEASE)
    ENGINE, os.environ["PATH"] = "valkey", BUILT + ":" + os.environ["PATH"]
OLDER, NEWER, DEFAULT, FAMILY = {"redis": ("7.0", "7.1", "7.1.0", "redis7"), "valkey": ("8.0", "8.1", "8.2.0", "valkey8")}[ENGINE]
PROGRAM = ENGINE + "-server"
PARAMETERS, SHARDED_PARAMETERS = "default." + FAMILY, "default.%s.cluster.on" % FAMILY

NAMESPACE = "{http://elasticache.amazonaws.com/doc/2015-02-02/}"
SANITIZERS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "UndefinedBehaviorSanitizer", " is violated: ")

_numbers = itertools.count(1)


def name(stem):
    """An id nobody else in this run uses."""
    return "%s-%d" % (stem, next(_numbers))


def wait_for(condition, what, deadline=DEADLINE):
    return waiting.wait_for(condition, what, deadline, 0.01)


def clean_environment(**more):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MERIDIAN_", "AWS_")) or k == "AWS_CA_BUNDLE"}
    return kept | more


def reads(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def inode(path):
    """0: there is none."""
    try:
        return os.stat(path).st_ino
    except OSError:
        return 0


def links(folder):
    try:
        return [os.readlink(os.path.join(folder, entry)) for entry in os.listdir(folder)]
    except OSError:
        return []


def processes_of(folder):
    """pid → command line of every live process that works in a folder or below it, names it, or has a file of it open."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        base = "/proc/%s/" % pid
        status = reads(base + "stat").rpartition(b")")[2].split()
        if int(pid) == os.getpid() or not status or status[0] == b"Z":
            continue
        command = reads(base + "cmdline").replace(b"\0", b" ").decode(errors="replace")
        try:
            cwd = os.readlink(base + "cwd")
        except OSError:
            cwd = ""
        if folder in command or any((path + "/").startswith(folder + "/") for path in [cwd] + links(base + "fd")):
            found[int(pid)] = command
    return found


def is_bound(address, port):
    """Whether somebody listens there."""
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((address, port)) == 0


class Server:
    """One `meridian serve` with a data directory of its own."""

    def __init__(self, flags=(), environment=None):
        self.folder = tempfile.mkdtemp(prefix="meridian-test-")
        self.data = os.path.join(self.folder, "data")
        self.log_path = os.path.join(self.folder, "serve.log")
        self.flags, self.environment = ["--trips", "--check", *flags], environment or {}
        self.process = None
        self.proxy = proxy.Proxy(contract.Contract(os.path.join(ROOT, "api")))
        self.clients = {}

    # Life

    def command(self, *flags):
        return [BIN, "serve", "--listen", "127.0.0.1:0", "--data-dir", self.data, *self.flags, *flags]

    def start(self):
        endpoint = os.path.join(self.data, "endpoint")
        before = inode(endpoint)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=clean_environment(**self.environment))
        wait_for(lambda: self.process.poll() is not None or inode(endpoint) not in (0, before), "the endpoint's file")
        assert self.process.poll() is None, "serve ended with status %s:\n%s" % (self.process.returncode, self.log())
        self.url = reads(endpoint).decode().strip()
        self.proxy.target = urllib.parse.urlsplit(self.url).netloc
        wait_for(self.healthy, "a healthy server")
        return self

    def healthy(self):
        try:
            return self.admin("GET", "health") is not None
        except OSError:
            return False

    def terminate(self, status=0):
        """SIGTERM, and waits: everything the server started ends with it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE)
        assert self.process.returncode == status, "serve ended with status %d:\n%s" % (self.process.returncode, self.log()[-600:])

    def kill(self):
        """SIGKILL of serve alone."""
        self.process.kill()
        self.process.wait()

    def kill_everything(self):
        def none_left():
            found = processes_of(self.data)
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not found
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        wait_for(none_left, "no process of the data directory left")

    def finish(self):
        """The end of a test's server: stops it and checks that nothing is left and that no sanitizer had a complaint."""
        try:
            if self.process and self.process.poll() is None:
                self.terminate()
                assert not processes_of(self.data), "processes left behind: %s" % processes_of(self.data)
            complaints = [line for path in self.logs() for line in reads(path).decode(errors="replace").splitlines()
                          if any(s in line for s in SANITIZERS)]
            assert not complaints, "\n".join(complaints)
            assert not self.proxy.violations, "\n".join(self.proxy.take_violations())
        finally:
            self.kill_everything()
            self.proxy.stop()
            sys.stderr.write(self.log())
            if "MERIDIAN_TEST_KEEP" not in os.environ:
                shutil.rmtree(self.folder, ignore_errors=True)

    def logs(self):
        inner = [os.path.join(folder, f) for folder, _, files in os.walk(self.data) for f in files if f.endswith(".log")]
        return [self.log_path] + inner

    def log(self):
        return reads(self.log_path).decode(errors="replace")

    # Clients

    def admin(self, method, path, body=None):
        """A call of the administration API: the answer's JSON, None for an empty one."""
        token = reads(os.path.join(self.data, "secrets", "admin-token")).decode()
        request = urllib.request.Request("%s/_meridian/%s" % (self.url, path), method=method, data=body,
                                         headers={"Authorization": "Bearer " + token})
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            data = answer.read()
        return json.loads(data) if data.strip() else {}

    def secret(self, node, purpose):
        """A node's password for one purpose: admin, replica (outside of a datastore) or mover."""
        root = "node-admin-password" if purpose == "admin" else "node-replication-password"
        kind = "" if purpose == "mover" else " group" if node["rg"] else " cluster"
        what = "\n".join((purpose + kind, node["region"], node["rg"] or node["cluster"]))
        return hmac.new(reads(os.path.join(self.data, "secrets", root)).strip(), what.encode(), "sha256").hexdigest()

    def agent(self, region):
        """The process that holds the lock of a region's agent; 0 if none does."""
        with open(os.path.join(self.data, "regions", region, "agent.lock"), "r+b") as lock:
            question = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack("hhqqi4x", fcntl.fcntl(lock, fcntl.F_GETLK, question))
        return 0 if kind == fcntl.F_UNLCK else pid

    def engines(self):
        """The processes of engines that run, whatever the server knows of them."""
        return {pid for pid, command in processes_of(self.data).items() if os.path.basename(command.split(" ")[0]) in ENGINES}

    def nodes(self, group=None, region=None):
        return [n for n in self.admin("GET", "nodes")["nodes"]
                if (group is None or n["rg"] == group) and (region is None or n["region"] == region)]

    def api(self, region, account="test"):
        key = (region, account)
        if key not in self.clients:
            config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=60)
            self.clients[key] = boto3.session.Session().client(
                "elasticache", region_name=region, endpoint_url=self.proxy.url, config=config,
                aws_access_key_id=account, aws_secret_access_key="test")
        return self.clients[key]

    def query(self, region="us-east-1", **parameters):
        """One request of the Query protocol by hand: an object with status, code, message, xml and text."""
        return self.post(urllib.parse.urlencode({"Version": "2015-02-02"} | parameters), region)

    def post(self, body, region="us-east-1", method="POST", path="/", headers=None):
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"} | (headers or {})
        if region is not None:
            headers["Authorization"] = ("AWS4-HMAC-SHA256 Credential=test/20260101/%s/elasticache/aws4_request, "
                                        "SignedHeaders=host, Signature=0" % region)
        data = body if isinstance(body, bytes) else body.encode() if body is not None else None
        request = urllib.request.Request(self.proxy.url + path, data=data, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
                return parsed(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as answer:
            return parsed(answer.code, answer.headers, answer.read())

    def cli(self, *arguments, region="us-east-1"):
        """The AWS CLI: the answer's JSON."""
        run = subprocess.run([AWS, "--endpoint-url", self.proxy.url, "--region", region, "--output", "json", "elasticache", *arguments],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.cli_environment(), timeout=120)
        assert run.returncode == 0, "aws %s: %s" % (" ".join(arguments), run.stderr)
        return json.loads(run.stdout) if run.stdout.strip() else {}

    @staticmethod
    def cli_environment():
        return clean_environment(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1", AWS_PAGER="",
                                 AWS_CONFIG_FILE="/dev/null", AWS_SHARED_CREDENTIALS_FILE="/dev/null",
                                 PATH="/usr/bin:" + os.environ.get("PATH", "/bin"))


def parsed(status, headers, data):
    code = message = root = None
    if data.lstrip().startswith(b"<"):
        root = xml.etree.ElementTree.fromstring(data)
        code, message = (root.findtext("%sError/%s%s" % (NAMESPACE, NAMESPACE, part)) for part in ("Code", "Message"))
    return types.SimpleNamespace(status=status, code=code, message=message, xml=root, headers=headers,
                                 text=data.decode("utf-8", "replace"))


_server = None


def shared():
    """The server that the cases of a file share."""
    return _server


def one_server(**options):
    """setUpModule and tearDownModule of a test file whose cases share a server."""
    def set_up():
        global _server
        if RELEASE and not os.path.exists(os.path.join(BUILT, "valkey-server")):
            raise unittest.SkipTest("valkey %s is not built: ./dev valkeys" % RELEASE)
        if ENGINE == "valkey" and shutil.which("valkey-server") is None:
            raise unittest.SkipTest("valkey-server is not installed")
        _server = Server(**options)
        try:
            _server.start()
        except BaseException:
            _server.finish()
            raise

    def tear_down():
        _server.finish()

    return set_up, tear_down


class Case(unittest.TestCase):
    """A test against the file's server, or against one of its own."""
    maxDiff = None
    own = None

    @property
    def server(self):
        return self.own or _server

    def own_server(self, **options):
        """From now on the test is against a server of its own, which is not started yet and goes with the test."""
        self.own = Server(**options)
        self.addCleanup(self.own.finish)

    def setUp(self):
        self.addCleanup(self.check_contract)

    def check_contract(self):
        self.assertEqual([], self.server.proxy.take_violations(), "answers that break the API's model")

    def api(self, region="us-east-1"):
        return self.server.api(region)

    # Replication groups

    def create_group(self, region="us-east-1", nodes=1, wait=True, stem="rg", **more):
        """Creates a replication group and waits until it is available; returns its id."""
        group = more.pop("ReplicationGroupId", None) or name(stem)
        arguments = dict(ReplicationGroupId=group, ReplicationGroupDescription="made for a test")
        if "ReplicasPerNodeGroup" not in more:
            arguments["NumCacheClusters"] = nodes
        if "GlobalReplicationGroupId" not in more:
            arguments |= dict(Engine=ENGINE, CacheNodeType=NODE_TYPE)
        self.api(region).create_replication_group(**(arguments | more))
        if wait:
            self.wait_group(group, region)
        return group

    def group(self, group, region="us-east-1"):
        return self.api(region).describe_replication_groups(ReplicationGroupId=group)["ReplicationGroups"][0]

    def wait_group(self, group, region="us-east-1", status="available"):
        return wait_for(lambda: next((g for g in [self.group(group, region)] if g["Status"] == status), None),
                        "%s %s in %s" % (group, status, region))

    def delete_group(self, group, region="us-east-1", **more):
        self.api(region).delete_replication_group(ReplicationGroupId=group, **more)
        self.wait_group_gone(group, region)

    def wait_group_gone(self, group, region="us-east-1"):
        def gone():
            try:
                return not self.group(group, region)
            except self.api(region).exceptions.ReplicationGroupNotFoundFault:
                return True
        wait_for(gone, "%s gone from %s" % (group, region))

    def primary(self, group, region="us-east-1"):
        return connect(self.group(group, region)["NodeGroups"][0]["PrimaryEndpoint"])

    def wait_serving(self, group, region="us-east-1"):
        """A client of its primary endpoint, once somebody listens there."""
        endpoint = self.group(group, region)["NodeGroups"][0]["PrimaryEndpoint"]
        wait_for(lambda: is_bound(endpoint["Address"], endpoint["Port"]), "the endpoint")
        return connect(endpoint)

    def reader(self, group, region="us-east-1"):
        return connect(self.group(group, region)["NodeGroups"][0]["ReaderEndpoint"])

    def admin(self, node):
        """A client of one node (as the server's nodes() has it) who may run every command, restricted ones too."""
        return redis.Redis(host=node["address"], port=node["port"], username="meridian-admin", password=self.server.secret(node, "admin"), decode_responses=True)

    def config(self, node, setting):
        return self.admin(node).config_get(setting)[setting]

    # Errors

    def assert_fault(self, code, status, call, *arguments, message=None, **parameters):
        """call(…) fails with a code, an HTTP status and a message that contains a text."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(*arguments, **parameters)
        answer = caught.exception.response
        self.assertEqual((code, status), (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), answer["Error"])
        if message is not None:
            self.assertIn(message, answer["Error"]["Message"])


def connect(endpoint):
    """A Redis client for an endpoint {Address, Port} of the API or an (address, port)."""
    address, port = (endpoint["Address"], endpoint["Port"]) if isinstance(endpoint, dict) else endpoint
    return redis.Redis(host=address, port=port, socket_timeout=10, socket_connect_timeout=10, decode_responses=True)


def has(endpoint, key, value):
    """Whether the key has the value there. A node that binds another address gives up connections that it has not accepted yet."""
    try:
        return connect(endpoint).get(key) == value
    except redis.ConnectionError:
        return False
