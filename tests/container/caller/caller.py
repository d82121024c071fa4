"""An application that knows the host and the port of the API and nothing else: it looks endpoints up and uses them as they are told.

usage: caller.py HOST:PORT replicated|sharded|encrypted|memcached ID
It is run on the machine and in other containers alike, and ends with an assertion where something is not so.
"""
import os
import re
import socket
import ssl
import sys
import tempfile
import urllib.parse
import urllib.request
import xml.etree.ElementTree

import redis
from redis.cluster import RedisCluster

NAMESPACE = "{http://elasticache.amazonaws.com/doc/2015-02-02/}"
KEYS = 50


class Api:
    def __init__(self, at):
        self.at, self.host = at, at.rpartition(":")[0]

    def get(self, path):
        with urllib.request.urlopen("http://%s%s" % (self.at, path), timeout=30) as answer:
            return answer.read().decode()

    def endpoints(self, action, **parameters):
        """Every endpoint of a description as (element, port), after a look that all have the host that was asked."""
        text = self.get("/?" + urllib.parse.urlencode({"Action": action, "Version": "2015-02-02"} | parameters))
        found = [(e.tag.removeprefix(NAMESPACE), e.findtext(NAMESPACE + "Address"), int(e.findtext(NAMESPACE + "Port")))
                 for e in xml.etree.ElementTree.fromstring(text).iter() if e.tag.endswith("Endpoint")]
        assert found and {address for _, address, _ in found} == {self.host}, (self.host, found)
        return [(element, port) for element, _, port in found]

    def group(self, group):
        return self.endpoints("DescribeReplicationGroups", ReplicationGroupId=group)


def use_replicated(api, group, **more):
    """A write at the primary endpoint arrives at all others."""
    def client(port):
        return redis.Redis(host=api.host, port=port, decode_responses=True, socket_timeout=10, **more)
    primary = next(port for element, port in api.group(group) if element == "PrimaryEndpoint")
    with client(primary) as writer:
        writer.set("from", api.host)
        writer.wait(1, 10000)
    for element, port in api.group(group):
        with client(port) as reader:
            assert reader.get("from") == api.host, (element, port)


def use_sharded(api, group):
    """Redis-py goes where nodes of a Redis Cluster send it."""
    [(_, port)] = {e for e in api.group(group) if e[0] == "ConfigurationEndpoint"}
    client = RedisCluster(host=api.host, port=port, decode_responses=True)
    for i in range(KEYS):
        client.set("%s-%d" % (api.host, i), i)
    assert [client.get("%s-%d" % (api.host, i)) for i in range(KEYS)] == [str(i) for i in range(KEYS)]
    assert len({node.name for node in client.get_primaries()}) > 1
    client.close()


def use_encrypted(api, group):
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as f:
        f.write(api.get("/_meridian/ca.pem"))
    try:
        use_trusted(api, group, f.name)
    finally:
        os.unlink(f.name)


def use_trusted(api, group, authority):
    use_replicated(api, group, ssl=True, ssl_ca_certs=authority, ssl_check_hostname=True)
    port = api.group(group)[0][1]
    try:
        with socket.create_connection((api.host, port), 10) as s:
            ssl.create_default_context(cafile=authority).wrap_socket(s, server_hostname="somebody.example.com").close()
    except ssl.SSLCertVerificationError:
        return
    raise AssertionError("a certificate for whoever asks")


def use_memcached(api, cluster):
    """Auto discovery: the nodes that the configuration endpoint tells are used, one key each."""
    shown = api.endpoints("DescribeCacheClusters", CacheClusterId=cluster, ShowCacheNodeInfo="true")
    port = next(port for element, port in shown if element == "ConfigurationEndpoint")
    with socket.create_connection((api.host, port), 10) as s, s.makefile("rwb") as f:
        f.write(b"config get cluster\r\n")
        f.flush()
        size = int(f.readline().split()[-1])
        nodes = [node.split("|") for node in f.read(size).decode().split("\n")[1].split(" ")]
    assert sorted(int(node[2]) for node in nodes) == sorted(port for element, port in shown if element == "Endpoint"), (nodes, shown)
    for name, address, port in nodes:
        assert name == address, "a client may take either"
        with socket.create_connection((address, int(port)), 10) as s, s.makefile("rwb") as f:
            f.write(b"set key 0 0 5\r\nvalue\r\n")
            f.flush()
            assert f.readline() == b"STORED\r\n"


if __name__ == "__main__":
    at, what, identifier = sys.argv[1:]
    assert re.fullmatch("replicated|sharded|encrypted|memcached", what)
    globals()["use_" + what](Api(at), identifier)
    print("served")
