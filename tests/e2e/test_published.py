"""Nodes on ports that are published: they listen everywhere, and each caller is told the host by which it came."""
import http.client
import re
import socket
import ssl
import unittest
import urllib.parse

import clusters
import encryption
import harness
import redis
from harness import name, wait_for
from redis.cluster import RedisCluster
from test_memcached import Client

FIRST, LAST = 26000, 26099
ADDRESSES = re.compile("<Address>([^<]*)</Address>")

setUpModule, tearDownModule = harness.one_server(
    flags=["--addressing", "ports", "--bind", "0.0.0.0", "--port-range", "%d-%d" % (FIRST, LAST)])


class Case(encryption.Case):
    def raw(self, host, **parameters):
        """The text of an answer to a caller whose Host header is that; None: it has none."""
        c = http.client.HTTPConnection(urllib.parse.urlsplit(self.server.url).netloc, timeout=10)
        self.addCleanup(c.close)
        c.putrequest("GET", "/?" + urllib.parse.urlencode({"Version": "2015-02-02"} | parameters), skip_host=True)
        if host is not None:
            c.putheader("Host", host)
        c.endheaders()
        return c.getresponse().read().decode()

    def hosts(self, host, group):
        return set(ADDRESSES.findall(self.raw(host, Action="DescribeReplicationGroups", ReplicationGroupId=group)))

    def told(self, group):
        return [e["Message"] for e in self.api().describe_events(SourceIdentifier=group, SourceType="replication-group")["Events"]]


class Hosts(Case):
    def test_each_caller_is_told_the_host_by_which_it_came(self):
        group = self.create_group(nodes=2)
        for host, told in (("localhost:4566", "localhost"), ("meridian:4566", "meridian"), ("127.0.0.1:1", "127.0.0.1"),
                           ("10.1.2.3", "10.1.2.3"), ("[::1]:4566", "::1"), ("shop.example.com", "shop.example.com"), ("localhost", "localhost")):
            self.assertEqual({told}, self.hosts(host, group), "asked by " + host)

    def test_a_host_that_is_none_is_in_no_answer(self):
        group = self.create_group()
        for host in ("a\"b", "<x>", "a b", "..", "localhost:http", "0.0.0.0:4566", "[::", "a/b", "", "x" * 300, "user@localhost"):
            self.assertEqual({"127.0.0.1"}, self.hosts(host, group), "asked by " + host)
        self.assertNotIn("&lt;x&gt;", self.raw("<x>", Action="DescribeReplicationGroups", ReplicationGroupId=group))

    def test_every_endpoint_of_such_a_host_is_served(self):
        group = self.create_group(nodes=2)
        shown = self.group(group)["NodeGroups"][0]
        redis.Redis(host="127.0.0.7", port=shown["PrimaryEndpoint"]["Port"]).set("k", "v")
        for endpoint in [shown["ReaderEndpoint"]] + [m["ReadEndpoint"] for m in shown["NodeGroupMembers"]]:
            wait_for(lambda: redis.Redis(host="127.0.0.8", port=endpoint["Port"]).get("k") == b"v", "the write at %s" % endpoint)

    def test_nodes_of_a_redis_cluster_send_clients_where_they_are(self):
        group = self.create_group(NumNodeGroups=3, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on",
                                  AutomaticFailoverEnabled=True)
        port = self.group(group)["ConfigurationEndpoint"]["Port"]
        client = RedisCluster(host="127.0.0.7", port=port, decode_responses=True)
        self.addCleanup(client.close)
        for i in range(50):
            client.set("key-%d" % i, i)
        self.assertEqual([str(i) for i in range(50)], [client.get("key-%d" % i) for i in range(50)])
        self.assertNotIn("0.0.0.0", {node.host for node in client.get_nodes()})
        met = redis.Redis(host="127.0.0.7", port=port).cluster("nodes")
        self.assertEqual(6, len(met))
        self.assertNotIn("0.0.0.0", str(met), "clients that read this connect to where nodes meet")
        one = redis.Redis(host="127.0.0.7", port=port, decode_responses=True)
        moved = [str(e) for e in map(lambda i: self.answer_of(one, "key-%d" % i), range(50)) if isinstance(e, redis.ResponseError)]
        self.assertTrue(moved)
        self.assertFalse([m for m in moved if "0.0.0.0" in m], "no client can connect to that")

    def answer_of(self, client, key):
        try:
            return client.get(key)
        except redis.ResponseError as e:
            return e


class Ports(Case):
    def free_port(self):
        """One that none of the other tests' nodes has."""
        with harness.urllib.request.urlopen(self.server.url + "/_meridian/nodes", timeout=harness.DEADLINE) as answer:
            used = set(map(int, re.findall(r'"port": ?(\d+)', answer.read().decode())))
        return max(set(range(FIRST, LAST + 1)) - used)

    def test_a_group_has_the_port_that_was_asked_for_where_it_is_free(self):
        wanted = self.free_port()
        first, second = self.create_group(Port=wanted), self.create_group(Port=wanted)
        self.assertEqual(wanted, self.group(first)["NodeGroups"][0]["PrimaryEndpoint"]["Port"])
        other = self.group(second)["NodeGroups"][0]["PrimaryEndpoint"]["Port"]
        self.assertTrue(FIRST <= other <= LAST and other != wanted)
        self.assertFalse([m for m in self.told(first) if "has port" in m])
        self.assertIn("The primary endpoint of replication group %s has port %d: port %d, which was asked for, is in use"
                      % (second, other, wanted), self.told(second))

    def test_a_port_that_is_not_published_is_replaced_by_one_that_is(self):
        group = self.create_group(Port=6379)
        port = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]["Port"]
        self.assertTrue(FIRST <= port <= LAST)
        self.assertIn("The primary endpoint of replication group %s has port %d: port 6379, which was asked for, is outside of --port-range"
                      % (group, port), self.told(group))


class Encryption(Case):
    def believes(self, port, host):
        """Whether a client that has come by that host believes who answers."""
        context = ssl.create_default_context(cafile=self.trusted)
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s, context.wrap_socket(s, server_hostname=host):
                return True
        except ssl.SSLCertVerificationError:
            return False

    def test_certificates_carry_the_hosts_by_which_callers_come(self):
        group = self.create()
        port = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]["Port"]
        for host in ("localhost", "127.0.0.1", "meridian", "host.docker.internal"):
            self.assertTrue(self.believes(port, host), host)
        self.assertFalse(self.believes(port, "cache.test"))
        self.hosts("cache.test:4566", group)
        wait_for(lambda: self.believes(port, "cache.test"), "a certificate with the host of a caller")
        self.hosts("10.20.30.40:4566", group)
        wait_for(lambda: self.believes(port, "10.20.30.40"), "a certificate with the address of a caller")

    def test_nobody_gets_a_certificate_for_a_host_that_may_be_somebody_s(self):
        group = self.create()
        port = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]["Port"]
        self.hosts("shop.example.com", group)
        self.hosts("own.test", group)
        wait_for(lambda: self.believes(port, "own.test"), "a certificate with the host that was learned after that")
        self.assertFalse(self.believes(port, "shop.example.com"))


class Memcached(clusters.Case):
    def test_nodes_are_told_at_the_address_by_which_the_client_came(self):
        cluster = name("mem")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="memcached", NumCacheNodes=2, CacheNodeType="cache.r6g.large")
        self.wait_cluster(cluster)
        shown = self.cluster(cluster)
        ports = [str(n["Endpoint"]["Port"]) for n in shown["CacheNodes"]]
        for host in ("127.0.0.1", "127.0.0.9"):
            with Client((host, shown["ConfigurationEndpoint"]["Port"])) as c:
                _, nodes = c.configuration()
            self.assertEqual(tuple((host, host, port) for port in ports), nodes)
            with Client((nodes[1][0], int(nodes[1][2]))) as c:
                self.assertEqual("STORED", c.set("key", "value"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
