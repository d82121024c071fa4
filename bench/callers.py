"""What it costs to verify who calls."""
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import urllib.parse

import local
from figure import Figure
from local import Server, until

REGION, KEY, SECRET = "us-east-1", "AKIABENCH", "bench-secret"
RUNS, SECONDS = 5, 2


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def presigned(action, **parameters):
    """The path of a request that is signed for an hour, at the host that the load names."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    scope = "%s/%s/elasticache/aws4_request" % (now[:8], REGION)
    query = {"Action": action, "Version": "2015-02-02", "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": KEY + "/" + scope,
             "X-Amz-Date": now, "X-Amz-Expires": "3600", "X-Amz-SignedHeaders": "host"} | parameters
    canonical = "&".join("%s=%s" % (k, urllib.parse.quote(query[k], safe="-_.~")) for k in sorted(query))
    wanted = "\n".join(["GET", "/", canonical, "host:127.0.0.1", "", "host", hashlib.sha256(b"").hexdigest()])
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(wanted.encode()).hexdigest()])
    key = ("AWS4" + SECRET).encode()
    for part in scope.split("/"):
        key = mac(key, part)
    return "/?%s&X-Amz-Signature=%s" % (canonical, mac(key, to_sign).hex())


def ask(server, action, **parameters):
    answer = server.ask("GET", presigned(action, **parameters), headers={"Host": "127.0.0.1"})
    text = answer.read().decode()
    if answer.status != 200:
        raise SystemExit("bench: %s: %s" % (action, text))
    return text


def rate(server, cores):
    path = presigned("DescribeReplicationGroups", ReplicationGroupId="one")
    run = subprocess.run([local.tool("load"), "127.0.0.1", str(server.port), "16", str(SECONDS), "-", path], stdout=subprocess.PIPE, text=True,
                         preexec_fn=lambda: os.sched_setaffinity(0, cores), check=True)
    return float(run.stdout.split()[0])


def verified():
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        keys = os.path.join(folder, "keys.json")
        with open(keys, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            json.dump({"keys": [{"id": KEY, "secret": SECRET, "account": "000000000000"}]}, f)
        with Server(["--dry-run"]) as anybody, Server(["--dry-run", "--auth", "verify", "--access-keys", keys]) as known:
            for server in (anybody, known):
                ask(server, "CreateReplicationGroup", ReplicationGroupId="one", ReplicationGroupDescription="bench", CacheNodeType="cache.t3.micro")
                until(lambda: "<Status>available</Status>" in ask(server, "DescribeReplicationGroups", ReplicationGroupId="one"), "a group")
                os.sched_setaffinity(server.process.pid, cores[:1])
            pairs = [(rate(known, cores[-1:]), rate(anybody, cores[-1:])) for _ in range(RUNS)]
    yield Figure("verifying a request's signature", "us", 60, [1e6 / k - 1e6 / a for k, a in pairs])
    yield Figure("  describes verified, to those that are not", "", 0.85, [k / a for k, a in pairs], least=True)
