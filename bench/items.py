"""What it costs a memcached that it answers the questions of auto discovery."""
import os
import socket
import statistics
import subprocess

import local
from figure import Figure
from local import Server, until

CONNECTIONS, SECONDS, TIMES, BYTES = 50, 0.5, 15, 100


def commands(address, cores):
    """Commands per second."""
    run = subprocess.run([os.path.join(local.ROOT, "build", "bench", "items"), address[0], str(address[1]), str(CONNECTIONS), str(SECONDS),
                          str(BYTES)], stdout=subprocess.PIPE, text=True, check=True, preexec_fn=lambda: os.sched_setaffinity(0, cores))
    return float(run.stdout)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except ConnectionError:
        return False
    return True


def items():
    """A node, and a memcached that nothing was loaded into, with the same arguments, in turn: they have one core and the load another."""
    cores = sorted(os.sched_getaffinity(0))
    with Server() as server:
        server.query("us-east-1", "CreateCacheCluster", CacheClusterId="m", Engine="memcached", CacheNodeType="cache.r6g.large", NumCacheNodes=1)
        node = until(lambda: next((n for n in server.nodes() if n["state"] == "ready"), None), "a node")
        with open("/proc/%d/cmdline" % node["pid"]) as f:
            arguments = f.read().split("\0")[:-1]
        port = local.free_port()
        arguments[arguments.index("-l") + 1] = "127.0.0.1"
        arguments[arguments.index("-p") + 1] = str(port)
        arguments[arguments.index("-P") + 1] = os.path.join(server.folder, "bare.pid")
        for task in os.listdir("/proc/%d/task" % node["pid"]):
            os.sched_setaffinity(int(task), cores[:1])
        with subprocess.Popen(arguments, preexec_fn=lambda: os.sched_setaffinity(0, cores[:1])) as bare:
            until(lambda: answers(port), "a memcached")
            pairs = [(commands((node["address"], node["port"]), cores[-1:]), commands(("127.0.0.1", port), cores[-1:])) for _ in range(TIMES)]
            bare.kill()
    yield Figure("commands of a memcached node over %d connections" % CONNECTIONS, "/s", None, [n for n, _ in pairs])
    yield Figure("  to the engine alone", "", 0.95, [n / b for n, b in pairs], least=True, judged=statistics.median)
