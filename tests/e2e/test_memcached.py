"""Memcached clusters, seen by an SDK and by clients that speak memcached's text protocol."""
import os
import signal
import socket
import ssl
import unittest

import clusters
import harness
from harness import name, wait_for

setUpModule, tearDownModule = harness.one_server()

ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]


class Client:
    """One connection that says lines and reads lines."""

    def __init__(self, endpoint, trusted=None):
        address = (endpoint["Address"], endpoint["Port"]) if isinstance(endpoint, dict) else endpoint
        self.socket = socket.create_connection(address, timeout=10)
        if trusted:
            self.socket = ssl.create_default_context(cadata=trusted).wrap_socket(self.socket, server_hostname=address[0])
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def say(self, text):
        self.socket.sendall(text.encode() + b"\r\n")

    def rest(self):
        """What comes until the connection ends; a reset ends it, too."""
        try:
            return self.file.read()
        except ConnectionResetError:
            return b""

    def line(self):
        return self.file.readline().decode()

    def ask(self, text):
        self.say(text)
        return self.line().rstrip("\r\n")

    def set(self, key, value):
        return self.ask("set %s 0 0 %d\r\n%s" % (key, len(value), value))

    def get(self, key):
        head = self.ask("get " + key)
        if head == "END":
            return None
        value = self.line().rstrip("\r\n")
        assert self.line() == "END\r\n"
        return value

    def values(self, command):
        """The answer of stats, as names and values."""
        self.say(command)
        return dict(line.split(maxsplit=2)[1:] for line in iter(lambda: self.line().strip(), "END"))

    def configuration(self, command="config get cluster", answer="CONFIG cluster 0 "):
        """(version, nodes) by the rules of the service's own clients: a length, then that many bytes, then END."""
        self.say(command)
        return self.configuration_read(answer)

    def configuration_read(self, answer="CONFIG cluster 0 "):
        head = self.line().rstrip("\r\n")
        assert head.startswith(answer), head
        body = self.file.read(int(head[len(answer):])).decode()
        assert (self.line(), self.line()) == ("\r\n", "END\r\n")
        version, nodes, rest = body.split("\n")
        assert rest == "", body
        return int(version), tuple(tuple(n.split("|")) for n in nodes.split(" "))


class Case(clusters.Case):
    def create(self, nodes=2, **more):
        return self.create_cluster(stem="mem", Engine="memcached", NumCacheNodes=nodes, **more)

    def configuration(self, cluster):
        with Client(self.cluster(cluster)["ConfigurationEndpoint"]) as c:
            return c.configuration()

    def wait_nodes(self, cluster, ids):
        """Until the cluster is available with just these nodes."""
        return wait_for(lambda: next((c for c in [self.cluster(cluster)] if c["CacheClusterStatus"] == "available"
                                      and [n["CacheNodeId"] for n in c["CacheNodes"]] == ids), None), "%s with %s" % (cluster, ids))


class AClusterOfThree(Case):
    """Created once; each test looks at another side of it."""

    @classmethod
    def setUpClass(cls):
        cls.id = name("three")
        cls.created = harness._server.api("us-east-1").create_cache_cluster(
            CacheClusterId=cls.id, Engine="memcached", CacheNodeType=clusters.NODE_TYPE, NumCacheNodes=3, AZMode="cross-az",
            PreferredAvailabilityZones=ZONES)["CacheCluster"]
        cls.available = cls("cluster").wait_cluster(cls.id)

    def test_is_created_without_endpoints(self):
        self.assertEqual(("creating", 3), (self.created["CacheClusterStatus"], self.created["NumCacheNodes"]))
        self.assertFalse(self.created.get("ConfigurationEndpoint"))

    def test_has_the_defaults_of_the_service(self):
        self.assertEqual("Multiple", self.available["PreferredAvailabilityZone"])
        self.assertEqual(11211, self.available["ConfigurationEndpoint"]["Port"])
        self.assertEqual("default.memcached1.6", self.available["CacheParameterGroup"]["CacheParameterGroupName"])
        self.assertRegex(self.available["EngineVersion"], r"^1\.6\.\d+$")
        for absent in ("SnapshotWindow", "ReplicationGroupId"):
            self.assertNotIn(absent, self.available)

    def test_has_its_nodes_where_they_were_asked_for(self):
        nodes = self.available["CacheNodes"]
        self.assertEqual([("000%d" % (i + 1), zone) for i, zone in enumerate(ZONES)],
                         [(n["CacheNodeId"], n["CustomerAvailabilityZone"]) for n in nodes])
        self.assertEqual(4, len({n["Endpoint"]["Address"] for n in nodes} | {self.available["ConfigurationEndpoint"]["Address"]}))

    def test_keeps_each_nodes_items_apart(self):
        for i, node in enumerate(self.available["CacheNodes"]):
            with Client(node["Endpoint"]) as c:
                self.assertEqual("STORED", c.set("mine", "node %d" % i))
        for i, node in enumerate(self.available["CacheNodes"]):
            with Client(node["Endpoint"]) as c:
                self.assertEqual("node %d" % i, c.get("mine"))

    def test_tells_clients_its_nodes(self):
        wanted = tuple((e["Address"], e["Address"], str(e["Port"])) for e in (n["Endpoint"] for n in self.available["CacheNodes"]))
        with Client(self.available["ConfigurationEndpoint"]) as c:
            self.assertEqual((1, wanted), c.configuration())
            self.assertEqual((1, wanted), c.configuration("get AmazonElastiCache:cluster", "VALUE AmazonElastiCache:cluster 0 "))
            self.assertEqual("VERSION " + self.available["EngineVersion"], c.ask("version"))

    def test_has_nodes_that_tell_clients_all_of_them(self):
        wanted = tuple((e["Address"], e["Address"], str(e["Port"])) for e in (n["Endpoint"] for n in self.available["CacheNodes"]))
        for node in self.available["CacheNodes"]:
            with Client(node["Endpoint"]) as c:
                self.assertEqual("STORED", c.set("key", "value"))
                self.assertEqual((1, wanted), c.configuration())
                self.assertEqual((1, wanted), c.configuration("get AmazonElastiCache:cluster", "VALUE AmazonElastiCache:cluster 0 "))
                self.assertRegex(c.ask("gets AmazonElastiCache:cluster"), r"^VALUE AmazonElastiCache:cluster 0 \d+ 1$")
        with Client(node["Endpoint"]) as c:
            self.assertEqual("ERROR", c.ask("config set cluster"))

    def test_has_nodes_that_answer_such_questions_among_others_in_turn(self):
        with Client(self.available["CacheNodes"][0]["Endpoint"]) as c:
            c.set("large", "ERROR\r\n" * 30000)
            for _ in range(20):
                c.say("get large\r\nconfig get cluster\r\nget none\r\nconfig get cluster\r\nversion")
                self.assertEqual("VALUE large 0 210000\r\n", c.line())
                self.assertEqual(b"ERROR\r\n" * 30000 + b"\r\nEND\r\n", c.file.read(210007))
                self.assertEqual(3, len(c.configuration_read()[1]))
                self.assertEqual("END\r\n", c.line())
                self.assertEqual(3, len(c.configuration_read()[1]))
                self.assertTrue(c.line().startswith("VERSION "))

    def test_has_nodes_that_keep_values_that_look_like_questions(self):
        with Client(self.available["CacheNodes"][0]["Endpoint"]) as c:
            self.assertEqual("STORED", c.set("question", "config get cluster\r\n"))
            self.assertEqual("ERROR", c.ask("nonsense"))
            c.say("get question")
            self.assertEqual(["VALUE question 0 20\r\n", "config get cluster\r\n", "\r\n", "END\r\n"], [c.line() for _ in range(4)])

    def test_has_nodes_that_wait_for_clients_that_do_not_read(self):
        """An answer that a full socket takes in parts is no other one, and nobody else waits meanwhile."""
        with Client(self.available["CacheNodes"][1]["Endpoint"]) as slow, Client(self.available["CacheNodes"][1]["Endpoint"]) as other:
            asked = 0
            slow.socket.settimeout(0.2)
            try:
                while asked < 200000:
                    slow.socket.sendall(b"config get cluster\r\n" * 100)
                    asked += 100
            except socket.timeout:
                pass
            self.assertEqual("STORED", other.set("key", "value"))
            slow.socket.settimeout(10)
            first = slow.configuration_read()
            self.assertEqual({first}, {slow.configuration_read() for _ in range(asked - 1)})

    def test_tells_them_also_when_they_ask_twice_in_one_packet(self):
        with Client(self.available["ConfigurationEndpoint"]) as c:
            c.say("config get cluster\r\nversion")
            self.assertTrue(c.line().startswith("CONFIG cluster 0 "))

    def test_ends_a_connection_that_quits(self):
        with Client(self.available["ConfigurationEndpoint"]) as c:
            self.assertEqual("", c.ask("quit"))

    def test_serves_a_node_behind_the_configuration_endpoint_to_clients_that_know_no_better(self):
        with Client(self.available["ConfigurationEndpoint"]) as c:
            self.assertTrue(c.configuration())
            self.assertEqual("STORED", c.set("through", "x" * 5000))
            self.assertEqual("x" * 5000, c.get("through"))

    def test_serves_clients_of_the_binary_protocol_too(self):
        with Client(self.available["ConfigurationEndpoint"]) as c:
            c.socket.sendall(b"\x80\x0b" + bytes(22))
            self.assertEqual(b"\x81\x0b", c.file.read(24)[:2])

    def test_gives_its_nodes_the_memory_of_their_type(self):
        with Client(self.available["CacheNodes"][0]["Endpoint"]) as c:
            self.assertGreater(int(c.values("stats")["limit_maxbytes"]), 10 << 30)

    def test_cannot_be_snapshotted_at_its_end(self):
        self.assert_fault("SnapshotFeatureNotSupportedFault", 400, self.api().delete_cache_cluster, CacheClusterId=self.id,
                          FinalSnapshotIdentifier="s")


class Scaling(Case):
    def test_more_nodes_join_with_numbers_of_their_own(self):
        cluster = self.create(2)
        answer = self.modify(cluster, NumCacheNodes=4)
        self.assertEqual((2, 4), (answer["NumCacheNodes"], answer["PendingModifiedValues"]["NumCacheNodes"]))
        shown = self.wait_nodes(cluster, ["0001", "0002", "0003", "0004"])
        self.assertEqual((4, {}), (shown["NumCacheNodes"], shown["PendingModifiedValues"]))
        version, nodes = self.configuration(cluster)
        self.assertEqual([e[0] for e in self.endpoints(cluster)], [n[0] for n in nodes])
        self.assertGreater(version, 1)
        for endpoint in self.endpoints(cluster):
            with Client(endpoint) as c:
                self.assertEqual((version, nodes), c.configuration())
        self.assertIn("Finished modifying number of nodes from 2 to 4", self.messages(cluster))

    def test_chosen_nodes_leave_and_their_numbers_are_not_given_again(self):
        cluster = self.create(3)
        addresses = self.endpoints(cluster)
        self.modify(cluster, NumCacheNodes=2, CacheNodeIdsToRemove=["0002"])
        self.wait_nodes(cluster, ["0001", "0003"])
        self.assertFalse(harness.is_bound(*addresses[1]))
        self.assertEqual((2, [addresses[0][0], addresses[2][0]]), (lambda v, n: (v, [x[0] for x in n]))(*self.configuration(cluster)))
        self.modify(cluster, NumCacheNodes=3)
        self.wait_nodes(cluster, ["0001", "0003", "0004"])
        self.assertIn("Removed cache nodes 0002", self.messages(cluster))

    def test_new_nodes_stand_where_they_are_asked_for(self):
        cluster = self.create(1, PreferredAvailabilityZone=ZONES[0])
        self.assertEqual(ZONES[0], self.cluster(cluster)["PreferredAvailabilityZone"])
        self.modify(cluster, NumCacheNodes=2, AZMode="cross-az", NewAvailabilityZones=[ZONES[2]])
        shown = self.wait_nodes(cluster, ["0001", "0002"])
        self.assertEqual(("Multiple", ZONES[2]), (shown["PreferredAvailabilityZone"], shown["CacheNodes"][1]["CustomerAvailabilityZone"]))

    def test_it_waits_for_the_maintenance_window_unless_told_otherwise(self):
        cluster = self.create(2, PreferredMaintenanceWindow=clusters.far_window())
        answer = self.modify(cluster, at_once=False, NumCacheNodes=1, CacheNodeIdsToRemove=["0001"])
        self.assertEqual({"NumCacheNodes": 1, "CacheNodeIdsToRemove": ["0001"]}, answer["PendingModifiedValues"])
        self.assertEqual(2, len(self.cluster(cluster)["CacheNodes"]))
        self.pass_window(cluster)
        self.wait_nodes(cluster, ["0002"])

    def test_a_larger_node_type_gives_more_memory_and_loses_nothing(self):
        cluster = self.create(1)
        (endpoint,) = self.endpoints(cluster)
        with Client(endpoint) as c:
            c.set("key", "value")
            before = int(c.values("stats")["limit_maxbytes"])
        self.modify(cluster, CacheNodeType="cache.r6g.xlarge")
        wait_for(lambda: (c := self.cluster(cluster))["CacheNodeType"] == "cache.r6g.xlarge" and c["CacheClusterStatus"] == "available",
                 "more memory")
        with Client(endpoint) as c:
            self.assertEqual("value", c.get("key"))
            self.assertGreater(int(c.values("stats")["limit_maxbytes"]), before)


class Life(Case):
    def test_chosen_nodes_are_rebooted_and_the_others_left_alone(self):
        cluster = self.create(2)
        before, (first, second) = self.process_ids(cluster), self.endpoints(cluster)
        for endpoint in (first, second):
            with Client(endpoint) as c:
                c.set("key", "value")
        self.api().reboot_cache_cluster(CacheClusterId=cluster, CacheNodeIdsToReboot=["0002"])
        self.wait_cluster(cluster)
        after = self.process_ids(cluster)
        self.assertEqual(before[cluster + ".0001"], after[cluster + ".0001"])
        self.assertNotEqual(before[cluster + ".0002"], after[cluster + ".0002"])
        with Client(first) as c:
            self.assertEqual("value", c.get("key"))
        with Client(second) as c:
            self.assertIsNone(c.get("key"))
        self.assertEqual(1, self.configuration(cluster)[0], "the list of nodes is the same")

    def test_a_killed_node_comes_back_empty_at_its_address(self):
        cluster = self.create(1)
        (endpoint,), before = self.endpoints(cluster), self.process_ids(cluster)
        with Client(endpoint) as c:
            c.set("key", "value")
        os.kill(before[cluster + ".0001"], signal.SIGKILL)
        wait_for(lambda: (now := self.process_ids(cluster)[cluster + ".0001"]) and now != before[cluster + ".0001"]
                 and harness.is_bound(*endpoint), "another process")
        with Client(endpoint) as c:
            self.assertIsNone(c.get("key"))

    def test_a_node_that_stands_still_is_woken_with_its_data(self):
        cluster = self.create(1)
        with Client(self.endpoints(cluster)[0]) as c:
            c.set("key", "value")
        before = self.process_ids(cluster)[cluster + ".0001"]
        os.kill(before, signal.SIGSTOP)
        wait_for(lambda: [n["state"] for n in self.server.nodes() if n["cluster"] == cluster] == ["hung"], "a node that hangs")
        self.server.admin("POST", "clock?advance_ms=6000")
        self.addCleanup(lambda: self.server.admin("POST", "clock?advance_ms=-6000"))
        wait_for(lambda: [n["state"] for n in self.server.nodes() if n["cluster"] == cluster] == ["ready"], "a node that answers again")
        self.assertEqual(before, self.process_ids(cluster)[cluster + ".0001"])
        with Client(self.endpoints(cluster)[0]) as c:
            self.assertEqual("value", c.get("key"))

    def test_nodes_outlive_their_agent_and_serve(self):
        cluster = self.create(2)
        before, (endpoint, _) = self.process_ids(cluster), self.endpoints(cluster)
        with Client(endpoint) as c:
            c.set("key", "value")
        self.server.kill()
        os.kill(self.server.agent("us-east-1"), signal.SIGKILL)
        self.server.start()
        wait_for(lambda: self.server.agent("us-east-1"), "another agent")
        self.modify(cluster, AutoMinorVersionUpgrade=False)
        self.assertEqual(before, self.process_ids(cluster))
        with Client(endpoint) as c:
            self.assertEqual("value", c.get("key"))
        self.wait_cluster(cluster)
        self.assertEqual(2, len(self.configuration(cluster)[1]))
        self.modify(cluster, NumCacheNodes=3)
        self.wait_nodes(cluster, ["0001", "0002", "0003"])
        with Client(endpoint) as c:
            self.assertEqual(self.configuration(cluster), c.configuration())

    def test_a_deleted_cluster_goes_with_all_that_listened(self):
        cluster = self.create(2)
        shown = self.cluster(cluster)
        listening = self.endpoints(cluster) + [(shown["ConfigurationEndpoint"]["Address"], 11211)]
        self.delete_cluster(cluster)
        self.assertEqual([], [a for a in listening if harness.is_bound(*a)])


class Parameters(Case):
    def group(self, **values):
        group = name("pg")
        self.api().create_cache_parameter_group(CacheParameterGroupName=group, CacheParameterGroupFamily="memcached1.6", Description="d")
        self.set(group, **values)
        return group

    def set(self, group, **values):
        self.api().modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
            {"ParameterName": k, "ParameterValue": v} for k, v in values.items()])

    def test_of_a_group_are_those_of_the_process(self):
        cluster = self.create(1, CacheParameterGroupName=self.group(max_item_size="2097152", lru_crawler="1", idle_timeout="77"))
        with Client(self.endpoints(cluster)[0]) as c:
            settings = c.values("stats settings")
        self.assertEqual(("2097152", "yes", "77"), (settings["item_size_max"], settings["lru_crawler"], settings["idle_timeout"]))

    def test_that_take_a_restart_wait_for_a_reboot(self):
        group = self.group(idle_timeout="77")
        cluster = self.create(2, CacheParameterGroupName=group)
        self.set(group, idle_timeout="88")
        status = wait_for(lambda: (s := self.cluster(cluster)["CacheParameterGroup"])["ParameterApplyStatus"] == "pending-reboot" and s,
                          "pending-reboot")
        self.assertEqual(["0001", "0002"], status["CacheNodeIdsToReboot"])
        self.api().reboot_cache_cluster(CacheClusterId=cluster, CacheNodeIdsToReboot=["0001"])
        self.wait_cluster(cluster)
        self.assertEqual(["0002"], self.cluster(cluster)["CacheParameterGroup"]["CacheNodeIdsToReboot"])
        self.api().reboot_cache_cluster(CacheClusterId=cluster, CacheNodeIdsToReboot=["0002"])
        self.wait_cluster(cluster)
        self.assertEqual("in-sync", self.cluster(cluster)["CacheParameterGroup"]["ParameterApplyStatus"])
        with Client(self.endpoints(cluster)[0]) as c:
            self.assertEqual("88", c.values("stats settings")["idle_timeout"])

    def test_that_memcached_refuses_are_no_reason_to_do_without_the_node(self):
        cluster = self.create(1, CacheParameterGroupName=self.group(max_item_size="99999999999"))
        with Client(self.endpoints(cluster)[0]) as c:
            self.assertEqual("1048576", c.values("stats settings")["item_size_max"])


class Ports(Case):
    """With --addressing ports there is one host, and clients are told its name."""

    @classmethod
    def setUpClass(cls):
        cls.own = harness.Server(flags=["--addressing", "ports", "--advertise", "localhost", "--port-range", "28000-28099"])
        cls.addClassCleanup(cls.own.finish)
        cls.own.start()

    @property
    def server(self):
        return self.own

    def test_nodes_are_told_by_the_name_that_endpoints_have(self):
        cluster = self.create(2)
        shown = self.cluster(cluster)
        self.assertEqual("localhost", shown["ConfigurationEndpoint"]["Address"])
        with Client(shown["ConfigurationEndpoint"]) as c:
            _, nodes = c.configuration()
        self.assertEqual(tuple(("localhost", "127.0.0.1", str(n["Endpoint"]["Port"])) for n in shown["CacheNodes"]), nodes)
        with Client(shown["CacheNodes"][1]["Endpoint"]) as c:
            self.assertEqual("STORED", c.set("key", "value"))
            self.assertEqual(nodes, c.configuration()[1])


class Encrypted(Case):
    def trusted(self):
        with harness.urllib.request.urlopen(self.server.url + "/_meridian/ca.pem", timeout=harness.DEADLINE) as answer:
            return answer.read().decode()

    def test_every_endpoint_speaks_tls_alone_and_tells_the_nodes(self):
        trusted = self.trusted()
        cluster = self.create(nodes=2, TransitEncryptionEnabled=True)
        shown = self.cluster(cluster)
        self.assertTrue(shown["TransitEncryptionEnabled"])
        addresses = [n["Endpoint"] for n in shown["CacheNodes"]]
        with Client(addresses[0], trusted) as c:
            self.assertEqual("STORED", c.set("k", "v"))
            self.assertEqual("v", c.get("k"))
        expected = tuple((a["Address"], a["Address"], str(a["Port"])) for a in addresses)
        for endpoint in [shown["ConfigurationEndpoint"], *addresses]:
            with Client(endpoint, trusted) as c:
                self.assertEqual((1, expected), c.configuration())
            with Client(endpoint) as plain:
                plain.say("version")
                self.assertFalse(plain.rest().startswith(b"VERSION"))

    def test_an_agent_that_starts_again_goes_on_with_what_runs(self):
        trusted = self.trusted()
        cluster = self.create(nodes=1, TransitEncryptionEnabled=True)
        endpoint = self.cluster(cluster)["CacheNodes"][0]["Endpoint"]
        before = [n["pid"] for n in self.server.nodes() if n["cluster"] == cluster]
        with Client(endpoint, trusted) as c:
            c.set("k", "v")
        os.kill(self.server.agent("us-east-1"), signal.SIGKILL)
        self.api().modify_cache_cluster(CacheClusterId=cluster, NumCacheNodes=2, ApplyImmediately=True)
        self.wait_nodes(cluster, ["0001", "0002"])
        self.assertEqual(before, [n["pid"] for n in self.server.nodes() if n["cluster"] == cluster][:1])
        with Client(endpoint, trusted) as c:
            self.assertEqual("v", c.get("k"))


if __name__ == "__main__":
    unittest.main()
