"""What jobs of CI do: a reset between two tests, and calls of other services that go through serve."""
import http.client
import subprocess
import tempfile
import time

import local
from fleet import timed
from figure import Figure
from local import Server, until

HOME = "us-east-1"
GROUPS, NODES, RESETS = 10, 5, 3
CALLS, ROUNDS = 300, 5
ANSWER = b"x" * 1000
SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"}


def reset():
    values = []
    with Server() as server:
        for _ in range(RESETS):
            for n in range(GROUPS):
                server.create_group(HOME, "g%d" % n, NODES)
            for n in range(GROUPS):
                server.wait_group(HOME, "g%d" % n)
            until(lambda: len([n for n in server.nodes() if n["state"] == "ready"]) == GROUPS * NODES, "all nodes at work")
            values.append(timed(lambda: server.ask("POST", "/_meridian/reset").read()))
            if server.nodes():
                raise SystemExit("bench: nodes are left after a reset")
    yield Figure("reset of %d nodes" % (GROUPS * NODES), "ms", 1000, values)


def call_ms(port):
    """The mean of calls one after the other, over one connection."""
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=local.DEADLINE)

    def call():
        c.request("GET", "/bucket/key", headers=SIGNED)
        if c.getresponse().read() != ANSWER:
            raise SystemExit("bench: another answer than the neighbour's")
    call()
    begun = time.perf_counter()
    for _ in range(CALLS):
        call()
    took = (time.perf_counter() - begun) * 1000 / CALLS
    c.close()
    return took


def forward():
    """A call through serve and the same straight to the neighbour, in turn."""
    with tempfile.NamedTemporaryFile() as answered:
        answered.write(ANSWER)
        answered.flush()
        with subprocess.Popen([local.tool("bare"), answered.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as neighbour:
            port = int(neighbour.stdout.readline())
            with Server(["--forward", "http://127.0.0.1:%d" % port]) as server:
                pairs = [(call_ms(server.port), call_ms(port)) for _ in range(ROUNDS)]
            neighbour.stdin.close()
    yield Figure("a call that is sent on", "ms", None, [through for through, _ in pairs])
    yield Figure("  more than straight to the neighbour", "ms", 0.5, [through - straight for through, straight in pairs])
