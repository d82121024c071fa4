"""Serverless caches: how soon they are there, and what their endpoint costs beside an engine alone, with TLS, too."""
import os
import socket
import subprocess
import tempfile
import time

import groups
from figure import Figure
from local import Server, free_port, until

REGION, TIMES = "us-east-1", 8


def create(server, cache):
    server.query(REGION, "CreateServerlessCache", ServerlessCacheName=cache, Engine="redis")
    until(lambda: "<Status>available</Status>" in server.query(REGION, "DescribeServerlessCaches", ServerlessCacheName=cache), cache + " available")


def bare_engine(folder, files):
    """An engine that Meridian knows nothing of, with the certificate of a node: its process and its address."""
    port = free_port()
    process = subprocess.Popen(["redis-server", "--port", "0", "--tls-port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "",
                                "--tls-auth-clients", "no", "--tls-cert-file", os.path.join(files, "node.crt"), "--tls-key-file",
                                os.path.join(files, "node.key"), "--tls-ca-cert-file", os.path.join(files, "ca.crt")], stdout=subprocess.DEVNULL)
    until(lambda: listens(port), "the engine alone")
    return process, ("127.0.0.1", port)


def listens(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def serverless():
    """Clients have a core of their own, the two engines share the other; each is asked while the other rests."""
    cores = sorted(os.sched_getaffinity(0))
    with Server() as server, tempfile.TemporaryDirectory() as folder:
        took = []
        for n in range(TIMES):
            begun = time.perf_counter()
            create(server, "cart-%d" % n)
            took.append((time.perf_counter() - begun) * 1000)
        yield Figure("CreateServerlessCache to available", "ms", 300, took)
        node = next(n for n in server.nodes() if n["cluster"].startswith("0-cart-0-"))
        files = os.path.join(server.data, "regions", REGION, node["id"])
        bare, address = bare_engine(folder, files)
        try:
            for process in (bare.pid, node["pid"]):
                os.sched_setaffinity(process, cores[:1])
            trusted = ["--tls", "--cacert", os.path.join(server.data, "tls", "ca.pem"), "--insecure"]
            for pipeline, requests in ((1, 10000), (16, 60000)):
                values = groups.ratios(groups.place(node), address, "set,get", pipeline, 8, requests, cores[-1:], trusted)
                yield Figure("throughput, serverless endpoint to an engine alone with TLS, -P %d" % pipeline, "", 0.9, values, least=True)
        finally:
            bare.kill()
            bare.wait()
