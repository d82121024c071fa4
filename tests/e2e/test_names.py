"""Endpoints as names: what answers show, where names lead, and clients that connect by them."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import unittest

import clusters
import encryption
import harness
import redis
from harness import connect, wait_for
from redis.cluster import RedisCluster
from resolving import AAAA, NO_ERROR, NO_NAME, REFUSED, SOA, TXT, Resolver
from shards import text
from test_memcached import Client

DOMAIN = "cache.amazonaws.com"
DNS = ["--dns", "127.0.0.1:0"]

setUpModule, tearDownModule = harness.one_server(flags=DNS + ["--names", "aws"])


class Case(encryption.Case):
    def setUp(self):
        super().setUp()
        self.resolver = Resolver(self.server)

    def resolving(self, domain=DOMAIN):
        """From now to the end of the test, names lead where the server says."""
        work = self.resolver.at_work(domain)
        work.__enter__()
        self.addCleanup(work.__exit__, None, None, None)

    def form(self, name, hidden="HASH"):
        """The name without the letters that all names share."""
        return re.sub(r"\.[a-z0-9]{6}\.", "." + hidden + ".", name, count=1)

    def addresses(self, group):
        return {n["cluster"]: n["address"] for n in self.server.nodes(group)}

    def first(self, group):
        """The cache cluster that is primary."""
        return next(m["CacheClusterId"] for m in self.group(group)["NodeGroups"][0]["NodeGroupMembers"] if m["CurrentRole"] == "primary")


class Plain(Case):
    def test_every_endpoint_is_a_name_that_leads_to_its_engine(self):
        group = self.create_group(nodes=3, AutomaticFailoverEnabled=True)
        primary, reader, *members = [e["Address"] for e in self.endpoints(group)]
        self.assertEqual("%s.HASH.ng.0001.use1.%s" % (group, DOMAIN), self.form(primary))
        self.assertEqual("%s-ro.HASH.ng.0001.use1.%s" % (group, DOMAIN), self.form(reader))
        self.assertEqual(["%s-00%d.HASH.0001.use1.%s" % (group, i, DOMAIN) for i in (1, 2, 3)], [self.form(m) for m in members])
        at = self.addresses(group)
        self.assertEqual([at["%s-00%d" % (group, i)] for i in (1, 2, 3)], [self.resolver.address(m) for m in members])
        self.assertEqual(at[group + "-001"], self.resolver.address(primary))
        shown = self.api().describe_cache_clusters(CacheClusterId=group + "-002", ShowCacheNodeInfo=True)["CacheClusters"][0]
        self.assertEqual(members[1], shown["CacheNodes"][0]["Endpoint"]["Address"])
        self.resolving()
        connect((primary, 6379)).set("k", "v")
        self.assertEqual("v", connect((primary.upper(), 6379)).get("k"))
        for name in [reader] + members:
            wait_for(lambda: harness.has((name, 6379), "k", "v"), "the write at " + name)

    def test_a_failover_changes_the_answer(self):
        group = self.create_group(nodes=2, AutomaticFailoverEnabled=True)
        name, reader = (e["Address"] for e in self.endpoints(group)[:2])
        self.resolving()
        at, one, other = self.addresses(group), group + "-001", group + "-002"
        self.assertEqual(at[one], self.resolver.address(name))
        self.assertEqual(at[other], self.resolver.address(reader))
        os.kill(next(n["pid"] for n in self.server.nodes(group) if n["cluster"] == one), signal.SIGKILL)
        wait_for(lambda: self.resolver.address(name) == at[other], "the other node's address")
        wait_for(lambda: self.takes_writes(name), "writes by the same name")
        self.wait_group(group)
        self.assertEqual(other, self.first(group))
        wait_for(lambda: self.resolver.address(reader) == at[one], "the former primary, as a replica in step")

    def takes_writes(self, name):
        try:
            return connect((name, 6379)).set("after", "failover")
        except redis.RedisError:
            return False

    def test_the_reader_s_name_leads_to_the_replicas_in_turn(self):
        group = self.create_group(nodes=3)
        reader, at = self.endpoints(group)[1]["Address"], self.addresses(group)
        replicas = {at[group + "-002"], at[group + "-003"]}
        wait_for(lambda: {self.resolver.address(reader), self.resolver.address(reader)} == replicas, "both in step")
        seen = []
        for _ in range(6):
            answer = self.resolver.ask(reader)
            self.assertEqual((1, 5, []), (len(answer.addresses), answer.seconds, self.resolver.ask(reader, AAAA).addresses))
            seen += answer.addresses
        self.assertEqual(seen[:2] * 3, seen, "each in its turn")
        self.assertEqual(replicas, set(seen))
        node = next(n for n in self.server.nodes(group) if n["cluster"] == group + "-002")
        self.api().decrease_replica_count(ReplicationGroupId=group, ApplyImmediately=True, ReplicasToRemove=[group + "-002"])
        wait_for(lambda: self.resolver.address(reader) == self.resolver.address(reader) == at[group + "-003"], "the other one alone")
        wait_for(lambda: self.resolver.ask("%s-002.%s" % (group, reader.split(".", 1)[1].replace("ng.", "")))
                 .code == NO_NAME, "no name of a node that is gone: %s" % node["address"])

    def test_names_go_with_what_they_are_of_and_come_back_with_it(self):
        group = self.create_group()
        name = self.endpoints(group)[0]["Address"]
        self.delete_group(group)
        wait_for(lambda: self.resolver.ask(name).code == NO_NAME, "no such name")
        self.create_group(ReplicationGroupId=group)
        self.assertEqual(name, self.endpoints(group)[0]["Address"])
        self.assertEqual(self.addresses(group)[group + "-001"], self.resolver.address(name))

    def test_questions_have_answers_over_udp_and_tcp(self):
        group = self.create_group()
        name = self.endpoints(group)[0]["Address"]
        for tcp in (False, True):
            for asked, kind, code, n in ((name, 1, NO_ERROR, 1), (name, AAAA, NO_ERROR, 0), (name, TXT, NO_ERROR, 0), ("use1." + DOMAIN, 1, NO_ERROR, 0),
                                         (DOMAIN, SOA, NO_ERROR, 0), ("x" + name, 1, NO_NAME, 0), ("nothing.use1." + DOMAIN, 1, NO_NAME, 0),
                                         ("amazonaws.com", 1, REFUSED, 0), ("example.com", 1, REFUSED, 0)):
                with self.subTest(name=asked, kind=kind, tcp=tcp):
                    answer = self.resolver.ask(asked, kind, tcp)
                    self.assertEqual((code, n), (answer.code, len(answer.addresses)))

    def test_regions_and_accounts_have_names_of_their_own(self):
        group = self.create_group("us-west-2")
        name = self.group(group, "us-west-2")["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
        self.assertEqual("%s.HASH.ng.0001.usw2.%s" % (group, DOMAIN), self.form(name))
        self.assertIsNotNone(self.resolver.address(name))
        other = harness.name("rg")
        api = self.server.api("us-west-2", "111111111111")
        api.create_replication_group(ReplicationGroupId=other, ReplicationGroupDescription="d", NumCacheClusters=1, CacheNodeType=harness.NODE_TYPE)
        shown = wait_for(lambda: next((g for g in api.describe_replication_groups(ReplicationGroupId=other)["ReplicationGroups"]
                                       if g["Status"] == "available"), None), "the other account's group")
        theirs = shown["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
        self.assertNotEqual(name.split(".")[1], theirs.split(".")[1])

    def test_a_start_on_the_same_data_has_the_same_names(self):
        self.own_server(flags=DNS + ["--names", "cache.test"])
        self.own.start()
        group = self.create_group(nodes=2)
        names = [e["Address"] for e in self.endpoints(group)]
        self.own.terminate()
        self.own.start()
        self.wait_group(group)
        self.assertEqual(names, [e["Address"] for e in self.endpoints(group)])
        resolver = Resolver(self.own)
        for name in names:
            self.assertTrue(name.endswith(".use1.cache.test"), name)
            self.assertIsNotNone(resolver.address(name), name)


class Clusters(Case, clusters.Case):
    def test_nodes_of_a_redis_cluster_send_clients_to_names(self):
        group = self.create_group(NumNodeGroups=3, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on",
                                  AutomaticFailoverEnabled=True)
        name = self.group(group)["ConfigurationEndpoint"]["Address"]
        self.assertEqual("%s.HASH.clustercfg.use1.%s" % (group, DOMAIN), self.form(name))
        self.assertEqual(set(self.addresses(group).values()), set(self.resolver.ask(name).addresses))
        self.resolving()
        client = RedisCluster(host=name, port=6379, decode_responses=True)
        self.addCleanup(client.close)
        for i in range(50):
            client.set("key-%d" % i, i)
        self.assertEqual([str(i) for i in range(50)], [client.get("key-%d" % i) for i in range(50)])
        self.assertEqual({"%s-000%d-00%d.HASH.0001.use1.%s" % (group, s, n, DOMAIN) for s in (1, 2, 3) for n in (1, 2)},
                         {self.form(node.host) for node in client.get_nodes()})

    def test_a_single_cache_cluster_has_one_name(self):
        cluster = self.create_cluster()
        endpoint = self.cluster(cluster)["CacheNodes"][0]["Endpoint"]
        self.assertEqual("%s.HASH.0001.use1.%s" % (cluster, DOMAIN), self.form(endpoint["Address"]))
        self.resolving()
        self.assertTrue(connect(endpoint).ping())

    def test_clients_of_memcached_are_told_names(self):
        cluster = self.create_cluster(Engine="memcached", NumCacheNodes=2)
        shown = self.cluster(cluster)
        endpoint, nodes = shown["ConfigurationEndpoint"], [n["Endpoint"]["Address"] for n in shown["CacheNodes"]]
        self.assertEqual("%s.HASH.cfg.use1.%s" % (cluster, DOMAIN), self.form(endpoint["Address"]))
        self.assertEqual(["%s.HASH.000%d.use1.%s" % (cluster, i, DOMAIN) for i in (1, 2)], [self.form(n) for n in nodes])
        self.resolving()
        with Client(endpoint) as client:
            client.say("config get cluster")
            lines = [client.line() for _ in range(3)]
        at = {n["address"] for n in self.server.nodes() if n["cluster"] == cluster}
        self.assertEqual(["%s|%s|11211" % (name, self.resolver.address(name)) for name in nodes], lines[2].split())
        self.assertEqual(at, {self.resolver.address(name) for name in nodes})
        for name in nodes:
            with Client((name, 11211)) as client:
                self.assertEqual("STORED", client.set("k", "v"))


class Encrypted(Case):
    def test_clients_check_the_certificate_against_the_name(self):
        group = self.create(nodes=2)
        names = [e["Address"] for e in self.endpoints(group)]
        self.assertEqual(["%s.%s.HASH.use1.%s" % (first, group, DOMAIN) for first in ("master", "replica", group + "-001", group + "-002")],
                         [self.form(n) for n in names])
        self.resolving()
        for endpoint in self.endpoints(group):
            self.assertTrue(self.secure(endpoint).ping(), endpoint)
        plain = ssl.create_default_context(cafile=self.trusted)
        with socket.create_connection((names[0], 6379), timeout=10) as s, self.assertRaises(ssl.SSLCertVerificationError):
            plain.wrap_socket(s, server_hostname="master.other.%s" % names[0].split(".", 2)[2])

    def test_both_names_lead_to_it_while_encryption_is_preferred(self):
        group = self.create_group(nodes=2)
        plain = [e["Address"] for e in self.endpoints(group)]
        self.modify(group, TransitEncryptionEnabled="true", TransitEncryptionMode="preferred")
        encrypted = [e["Address"] for e in self.endpoints(group)]
        self.assertEqual("master.%s.HASH.use1.%s" % (group, DOMAIN), self.form(encrypted[0]))
        self.resolving()
        for one, other in zip(plain, encrypted):
            self.assertEqual(self.resolver.address(one), self.resolver.address(other), other)
            self.assertTrue(self.takes({"Address": one, "Port": 6379}, False), one)
            self.assertTrue(self.takes({"Address": other, "Port": 6379}, True), other)
        self.modify(group, TransitEncryptionMode="required")
        wait_for(lambda: {self.resolver.ask(n).code for n in plain} == {NO_NAME}, "the plain names are gone")
        self.assertTrue(self.secure({"Address": encrypted[0], "Port": 6379}).set("k", "v"))

    def test_nodes_of_a_redis_cluster_tell_the_names_of_their_encryption(self):
        group = self.create_group(NumNodeGroups=2, ReplicasPerNodeGroup=0, CacheParameterGroupName="default.redis7.cluster.on",
                                  AutomaticFailoverEnabled=True)
        self.modify(group, TransitEncryptionEnabled="true", TransitEncryptionMode="preferred")
        name = self.group(group)["ConfigurationEndpoint"]["Address"]
        self.assertEqual("clustercfg.%s.HASH.use1.%s" % (group, DOMAIN), self.form(name))
        self.resolving()
        shards = {"%s-000%d-001.%s.HASH.use1.%s" % (group, i, group, DOMAIN) for i in (1, 2)}
        wait_for(lambda: {self.form(node) for node in self.told_nodes(name)} == shards, "all nodes tell the names")
        client = RedisCluster(host=name, port=6379, ssl=True, ssl_ca_certs=self.trusted, ssl_check_hostname=True, decode_responses=True)
        self.addCleanup(client.close)
        for i in range(20):
            self.assertTrue(client.set("key-%d" % i, i))

    def told_nodes(self, name):
        with self.secure((name, 6379)) as client:
            return {text(shard[2][0]) for shard in client.execute_command("CLUSTER SLOTS", NEVER_DECODE=True)}


class OtherFlags(Case, clusters.Case):
    def setUp(self):
        harness.Case.setUp(self)

    def serve(self, *flags):
        self.own_server(flags=flags)
        self.own.start()
        self.resolver = Resolver(self.own) if "--dns" in flags else None
        self.trusted = os.path.join(self.own.folder, "ca.pem")
        with open(self.trusted, "wb") as f:
            f.write(self.authority())

    def test_dns_alone_answers_names_and_leaves_endpoints_addresses(self):
        self.serve(*DNS)
        group = self.create_group(nodes=2)
        primary, *others = [e["Address"] for e in self.endpoints(group)]
        self.assertTrue(primary.startswith("127."), primary)
        with open(self.own.log_path, encoding="utf-8") as log:
            self.assertIn("The names of endpoints are answered on ", log.read())
        with socket.socket() as s:
            s.settimeout(10)
            s.connect(self.resolver.at)
        self.assertEqual(NO_ERROR, self.resolver.ask("ng.0001.use1." + DOMAIN).code)

    def test_with_ports_all_names_lead_to_one_address(self):
        self.serve(*DNS, "--names", "cache.test", "--addressing", "ports", "--port-range", "26200-26299")
        group = self.create(nodes=2)
        endpoints = self.endpoints(group)
        self.assertEqual({"127.0.0.1"}, {self.resolver.address(e["Address"]) for e in endpoints})
        self.assertEqual(4, len({e["Port"] for e in endpoints}))
        self.resolving("cache.test")
        for endpoint in endpoints:
            self.assertTrue(endpoint["Address"].endswith(".use1.cache.test"), endpoint)
            self.assertTrue(self.secure(endpoint).ping(), endpoint)

    def test_with_ports_names_may_be_somebody_else_s(self):
        self.serve("--names", "cache.localhost", "--addressing", "ports", "--port-range", "26300-26399")
        group = self.create_group(NumNodeGroups=2, ReplicasPerNodeGroup=0, CacheParameterGroupName="default.redis7.cluster.on",
                                  AutomaticFailoverEnabled=True)
        self.assertEqual("%s.HASH.clustercfg.use1.cache.localhost" % group, self.form(self.group(group)["ConfigurationEndpoint"]["Address"]))

    def test_flags_that_can_t_work_are_refused_in_one_line(self):
        for flags, status, why in ((["--names", "aws"], 2, "--dns"), (["--names", "cache.test"], 2, "--dns"),
                                   (["--names", "Cache.test", *DNS], 2, "--names Cache.test"),
                                   (["--names", "127.0.0.1", *DNS], 2, "--names 127.0.0.1"), (["--dns", "127.0.0.1"], 2, "HOST:PORT"),
                                   (["--dns", "192.0.2.1:5300"], 1, "no such address"),
                                   ([*DNS, "--addressing", "ports", "--bind", "0.0.0.0", "--advertise", "meridian"], 2, "--advertise meridian")):
            with self.subTest(flags=flags):
                self.own_server(flags=flags)
                run = subprocess.run(self.own.command(), capture_output=True, text=True, env=harness.clean_environment(), timeout=harness.DEADLINE)
                self.assertEqual((status, 1), (run.returncode, len(run.stderr.splitlines())), run.stderr)
                self.assertIn(why, run.stderr)

    def told_hosts(self, group):
        """The hosts that each node of a Redis Cluster tells of all of them."""
        told = []
        for node in self.server.nodes(group):
            with redis.Redis(host=node["address"], port=node["port"]) as client:
                slots = client.execute_command("CLUSTER SLOTS", NEVER_DECODE=True)
            told.append({text(entry[0]) for shard in slots for entry in shard[2:]})
        return told

    def discovered(self, cluster):
        """The hosts in the lists of the configuration endpoint and of the first node of a memcached cluster."""
        endpoint = next(e for e in self.server.admin("GET", "nodes")["endpoints"] if e["cluster"] == cluster)
        lists = []
        for at in (endpoint, next(n for n in self.server.nodes() if n["cluster"] == cluster)):
            with Client((at["address"], at["port"])) as client:
                lists.append({host for host, _, _ in client.configuration()[1]})
        return lists

    def certified(self, group):
        """The names in the certificate of the group's first node."""
        node = self.server.nodes(group)[0]
        context = ssl.create_default_context(cafile=self.trusted)
        context.check_hostname = False
        with socket.create_connection((node["address"], node["port"]), timeout=10) as s, context.wrap_socket(s) as t:
            return {name for _, name in t.getpeercert()["subjectAltName"]}

    def restart(self, how, *flags):
        how()
        self.own.flags = ["--trips", "--check", *flags]
        self.own.start()

    def check_all_tell(self, ways):
        """Starts with one set of flags after the other; 'ways' has of each how the serve before ends, and what hosts are told then."""
        self.serve(*ways[0][1])
        sharded = self.create_group(NumNodeGroups=2, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on",
                                    AutomaticFailoverEnabled=True)
        secure, cluster = self.create(nodes=1), self.create_cluster(Engine="memcached", NumCacheNodes=2)
        for n, (how, flags, is_told, is_signed) in enumerate(ways):
            with self.subTest(n=n, flags=flags):
                if n:
                    self.restart(getattr(self.own, how), *flags)
                wait_for(lambda: all(n["serves"] for n in self.server.nodes()) and len(self.server.nodes()) == 7, "all nodes serve")
                wait_for(lambda: all(hosts and all(map(is_told, hosts)) for hosts in self.told_hosts(sharded)), "the hosts of the Redis Cluster")
                wait_for(lambda: all(hosts and all(map(is_told, hosts)) for hosts in self.discovered(cluster)), "the hosts of memcached")
                wait_for(lambda: is_signed(self.certified(secure)), "the names of the certificate")

    def test_a_start_with_other_names_has_all_nodes_tell_them(self):
        def is_address(host):
            return host.startswith("127.")

        def is_name(host):
            return host.endswith(".use1." + DOMAIN)
        self.check_all_tell([
            (None, DNS, is_address, lambda names: any(map(is_name, names))),
            ("kill", [*DNS, "--names", "aws"], is_name, lambda names: any(map(is_name, names))),
            ("kill", DNS, is_address, lambda names: any(map(is_name, names))),
            ("terminate", [*DNS, "--names", "aws"], is_name, lambda names: any(map(is_name, names))),
            ("terminate", DNS, is_address, lambda names: any(map(is_name, names)))])

    def test_a_start_with_another_advertised_host_has_all_nodes_tell_it(self):
        ports = ["--addressing", "ports", "--bind", "127.0.0.1", "--port-range", "26400-26499", "--advertise"]
        self.check_all_tell([
            (None, [*ports, "127.0.0.1"], lambda host: host == "127.0.0.1", lambda names: "127.0.0.1" in names),
            ("kill", [*ports, "localhost"], lambda host: host == "localhost", lambda names: "localhost" in names),
            ("kill", [*ports, "127.0.0.1"], lambda host: host == "127.0.0.1", lambda names: "127.0.0.1" in names),
            ("terminate", [*ports, "localhost"], lambda host: host == "localhost", lambda names: "localhost" in names)])

    def test_an_authority_of_before_may_not_sign_for_names(self):
        self.serve()
        self.own.terminate()
        self.own.flags += [*DNS, "--names", "aws"]
        run = subprocess.run(self.own.command(), capture_output=True, text=True, env=harness.clean_environment(), timeout=harness.DEADLINE)
        self.assertEqual(1, run.returncode)
        self.assertIn("--names", run.stderr.splitlines()[-1])
        shutil.rmtree(os.path.join(self.own.data, "tls"))
        self.own.start()


class RealResolver(Case):
    """The C library's own, with a resolv.conf of its own."""

    def setUp(self):
        harness.Case.setUp(self)

    @unittest.skipUnless(os.getuid() == 0 and shutil.which("unshare"), "who is not root can neither listen at port 53 nor have a resolv.conf of his own")
    def test_programs_connect_by_names(self):
        self.own_server(flags=["--dns", "127.0.0.1:53", "--names", "aws"])
        self.own.start()
        group = self.create_group(NumNodeGroups=2, ReplicasPerNodeGroup=0, CacheParameterGroupName="default.redis7.cluster.on",
                                  AutomaticFailoverEnabled=True)
        name = self.group(group)["ConfigurationEndpoint"]["Address"]
        self.assertEqual(set(self.addresses(group).values()), {line.split()[0] for line in self.program("getent ahosts " + name).splitlines()})
        for i in range(10):
            self.assertEqual("OK", self.program("redis-cli -c -h %s set key-%d %d" % (name, i, i)).strip())
        self.assertIn("Name or service not known", self.program("redis-cli -h nothing.%s ping 2>&1 || true" % DOMAIN))

    def program(self, command):
        path = os.path.join(self.own.folder, "resolv.conf")
        with open(path, "w", encoding="ascii") as f:
            f.write("nameserver 127.0.0.1\n")
        run = subprocess.run(["unshare", "--mount", "sh", "-c", "mount --bind %s /etc/resolv.conf && %s" % (path, command)],
                             capture_output=True, text=True, timeout=harness.DEADLINE)
        self.assertEqual(0, run.returncode, run.stderr)
        return run.stdout


if __name__ == "__main__":
    unittest.main()
