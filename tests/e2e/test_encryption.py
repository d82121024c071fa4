"""Encryption in transit and AUTH tokens, seen by clients that check certificates."""
import os
import signal
import ssl
import threading
import unittest

import encryption
import harness
import redis
from datastores import AWAY, HOME
from encryption import NEXT, TOKEN, wait_for

setUpModule, tearDownModule = harness.one_server()


class Required(encryption.Case):
    def test_every_endpoint_takes_tls_and_nothing_else(self):
        group = self.create(nodes=3)
        for endpoint in self.endpoints(group):
            self.assertTrue(self.takes(endpoint, True), endpoint)
            self.assertFalse(self.takes(endpoint, False), endpoint)
        self.secure_primary(group).set("k", "v")
        for endpoint in self.endpoints(group):
            wait_for(lambda e=endpoint: self.secure(e).get("k") == "v", "replication over TLS")
        self.assertEqual(["true"], self.text(group, "TransitEncryptionEnabled"))
        self.assertEqual(["required"], self.text(group, "TransitEncryptionMode"))
        member = dict(action="DescribeCacheClusters", CacheClusterId=group + "-002")
        self.assertEqual((["true"], ["required"]), (self.text(group, "TransitEncryptionEnabled", **member),
                                                    self.text(group, "TransitEncryptionMode", **member)))

    def test_a_client_that_trusts_another_authority_is_warned(self):
        endpoint = self.endpoints(self.create())[0]
        with self.assertRaises(redis.ConnectionError) as caught:
            redis.Redis(host=endpoint["Address"], port=endpoint["Port"], ssl=True).ping()
        self.assertIn("CERTIFICATE_VERIFY_FAILED", str(caught.exception))

    def test_a_dead_primary_is_replaced_and_the_endpoint_goes_on_with_tls(self):
        group = self.create(nodes=3, AutomaticFailoverEnabled=True)
        primary = self.secure_primary(group)
        primary.set("k", "v")
        primary.wait(2, 1000)
        first = next(n for n in self.server.nodes(group) if n["role"] == "primary")
        os.kill(first["pid"], signal.SIGKILL)
        wait_for(lambda: self.tries(lambda: primary.set("after", "failover")), "a write after the failover")
        self.assertEqual("v", primary.get("k"))
        self.wait_group(group)
        for endpoint in self.endpoints(group):
            wait_for(lambda e=endpoint: self.tries(lambda: self.secure(e).get("after")) == "failover", "everybody to follow")

    def test_replicas_that_come_later_and_the_endpoints_of_others_are_known_by_name(self):
        group = self.create()
        self.api().increase_replica_count(ReplicationGroupId=group, NewReplicaCount=2, ApplyImmediately=True)
        self.wait_group(group)
        self.assertEqual(5, len([e for e in self.endpoints(group) if self.takes(e, True)]))

    def test_a_global_datastore_is_encrypted_between_regions(self):
        home = self.create(nodes=2, AutomaticFailoverEnabled=True)
        world, _ = self.create_global(group=home)
        away = self.join(world, AWAY, nodes=2)
        self.secure_primary(home).set("k", "home")
        wait_for(lambda: self.secure_primary(away, AWAY).get("k") == "home", "replication between regions")
        self.assertTrue(self.world(world)["TransitEncryptionEnabled"])
        self.failover(world, AWAY, away)
        self.wait_roles(world, AWAY)
        self.secure_primary(away, AWAY).set("k", "away")
        wait_for(lambda: self.secure_primary(home).get("k") == "away", "replication the other way")
        for node in self.server.nodes(home) + self.server.nodes(away):
            self.assertFalse(self.takes({"Address": node["address"], "Port": node["port"]}, False))

    @staticmethod
    def tries(call):
        try:
            return call()
        except redis.RedisError:
            return None


class Modes(encryption.Case):
    """None to preferred to required and back, while clients are at work."""

    def test_modes_change_online_under_load(self):
        group = self.create_group(nodes=2, EngineVersion=harness.NEWER)
        endpoint = self.endpoints(group)[0]
        writers = [Writer(self.secure(endpoint, socket_timeout=1)),
                   Writer(redis.Redis(host=endpoint["Address"], port=endpoint["Port"], decode_responses=True, socket_timeout=1))]
        expected = {"preferred": (True, True), "required": (True, False), "none": (False, True)}
        with writers[0], writers[1]:
            for mode, change in (("preferred", dict(TransitEncryptionEnabled="true", TransitEncryptionMode="preferred")),
                                 ("required", dict(TransitEncryptionMode="required")),
                                 ("preferred", dict(TransitEncryptionMode="preferred")),
                                 ("none", dict(TransitEncryptionEnabled="false"))):
                answer = self.modify(group, wait=False, **change)
                self.assertEqual(200, answer.status, answer.text)
                self.assertIn("<Status>modifying</Status>", answer.text)
                self.assertIn("<PendingModifiedValues><TransitEncryption", answer.text)
                self.wait_group(group)
                for e in self.endpoints(group):
                    for tls, served in zip((True, False), expected[mode]):
                        self.assertEqual(served, bool(self.takes(e, tls, socket_timeout=10 if served else 1)), (mode, e, tls))
                self.assertEqual([] if mode == "none" else [mode], self.text(group, "TransitEncryptionMode"))
                for writer, served in zip(writers, expected[mode]):
                    if served:
                        writer.wait_for_more()
        self.assertEqual(1, redis.Redis(host=endpoint["Address"], port=endpoint["Port"]).info("stats")["sync_full"], "copied anew")
        replica = redis.Redis(host=self.endpoints(group)[1]["Address"], port=endpoint["Port"], decode_responses=True)
        for writer in writers:
            wait_for(lambda w=writer: w.is_in(replica), "every acknowledged write")

    def test_a_group_that_begins_with_preferred_fails_over(self):
        answer = self.server.query(Action="CreateReplicationGroup", ReplicationGroupId="both", ReplicationGroupDescription="d",
                                   Engine=harness.ENGINE, CacheNodeType=harness.NODE_TYPE, NumCacheClusters="2", EngineVersion=harness.NEWER,
                                   AutomaticFailoverEnabled="true", TransitEncryptionEnabled="true", TransitEncryptionMode="preferred")
        self.assertEqual(200, answer.status, answer.text)
        self.wait_group("both")
        endpoint = self.endpoints("both")[0]
        old = self.secure(endpoint, single_connection_client=True)
        old.set("k", "v")
        old.wait(1, 1000)
        self.api().test_failover(ReplicationGroupId="both", NodeGroupId="0001")
        wait_for(lambda: self.roles("both")[0] == "replica", "other roles")
        self.wait_group("both")
        self.assertRaises(redis.ConnectionError, old.ping)
        wait_for(lambda: self.takes(endpoint, True) and self.takes(endpoint, False), "the endpoint")
        self.secure(endpoint).set("k", "after")

    def roles(self, group):
        return [m["CurrentRole"] for m in self.group(group)["NodeGroups"][0]["NodeGroupMembers"]]


class Clusters(encryption.Case):
    """Cluster mode: clients are sent from node to node, so that every node's announced address has to be right."""

    def create_cluster(self, **more):
        group = encryption.name("shards")
        self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="two shards", Engine=harness.ENGINE, CacheNodeType=harness.NODE_TYPE,
            NumNodeGroups=2, ReplicasPerNodeGroup=1, AutomaticFailoverEnabled=True, **more)
        self.wait_group(group)
        return group

    def cluster(self, group, tls):
        endpoint = self.group(group)["ConfigurationEndpoint"]
        more = dict(ssl=True, ssl_ca_certs=self.trusted, ssl_check_hostname=True) if tls else {}
        return redis.RedisCluster(host=endpoint["Address"], port=endpoint["Port"], decode_responses=True, **more)

    def check(self, group, tls):
        if tls:
            self.assertTrue(self.secure(self.group(group)["ConfigurationEndpoint"]).ping(), "its certificate names the endpoint")
        with self.cluster(group, tls) as client:
            for n in range(50):
                client.set("k%d" % n, n)
            self.assertEqual([str(n) for n in range(50)], [client.get("k%d" % n) for n in range(50)])

    def test_every_mode_serves_cluster_clients(self):
        group = self.create_cluster()
        for change, served in ((None, [False]), (dict(TransitEncryptionEnabled="true", TransitEncryptionMode="preferred"), [True, False]),
                               (dict(TransitEncryptionMode="required"), [True])):
            if change:
                self.modify(group, **change)
            for tls in served:
                self.check(group, tls)
        for node in self.server.nodes(group):
            self.assertFalse(self.takes({"Address": node["address"], "Port": node["port"]}, False))

    def test_a_cluster_that_begins_with_tls_is_whole(self):
        group = self.create_cluster(TransitEncryptionEnabled=True)
        self.check(group, True)


class Writer:
    """Writes numbers one after the other, connecting anew where it has to, and remembers what was acknowledged."""

    def __init__(self, client):
        self.client, self.key, self.acknowledged, self.done = client, "w%d" % id(self), 0, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        n = 0
        while not self.done.is_set():
            n += 1
            try:
                self.client.set(self.key, n)
                self.acknowledged = n
            except redis.RedisError:
                self.done.wait(0.005)

    def wait_for_more(self):
        before = self.acknowledged
        wait_for(lambda: self.acknowledged > before + 10, "more writes")

    def is_in(self, client):
        return int(client.get(self.key) or 0) >= self.acknowledged

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join()


class Tokens(encryption.Case):
    def opens(self, group, token):
        try:
            with self.secure_primary(group, password=token) as client:
                return client.ping()
        except redis.AuthenticationError:
            return False
        except redis.ResponseError as e:
            self.assertRegex(str(e), "NOAUTH|WRONGPASS|without any password configured")
            return False

    def token_is(self, group, **accepted):
        for token, expected in (("first", TOKEN), ("second", NEXT), ("none", None)):
            self.assertEqual(token in accepted["by"], self.opens(group, expected), (token, accepted["by"]))

    def test_a_token_is_asked_for_by_every_node(self):
        group = self.create(nodes=2, AuthToken=TOKEN)
        self.token_is(group, by=["first"])
        for endpoint in self.endpoints(group):
            self.assertRaises(redis.AuthenticationError, self.secure(endpoint).ping)
            self.assertTrue(self.secure(endpoint, password=TOKEN).ping())
        described = self.group(group)
        self.assertTrue(described["AuthTokenEnabled"] and described["AuthTokenLastModifiedDate"])
        self.assertTrue(self.api().describe_cache_clusters(CacheClusterId=group + "-001")["CacheClusters"][0]["AuthTokenEnabled"])

    def test_tokens_are_rotated_set_and_deleted(self):
        group = self.create(nodes=2, AuthToken=TOKEN)
        answer = self.modify(group, wait=False, AuthToken=NEXT, AuthTokenUpdateStrategy="ROTATE")
        self.assertIn("<AuthTokenStatus>ROTATING</AuthTokenStatus>", answer.text)
        self.wait_group(group)
        self.assertEqual([], self.text(group, "AuthTokenStatus"))
        self.token_is(group, by=["first", "second"])
        self.modify(group, AuthToken=NEXT, AuthTokenUpdateStrategy="ROTATE")
        self.token_is(group, by=["first", "second"])
        self.modify(group, AuthToken=NEXT, AuthTokenUpdateStrategy="SET")
        self.token_is(group, by=["second"])
        self.modify(group, AuthToken="", AuthTokenUpdateStrategy="DELETE")
        self.token_is(group, by=["none"])
        self.assertFalse(self.group(group)["AuthTokenEnabled"])

    def test_a_first_token_is_asked_for_whatever_the_strategy(self):
        for strategy in ("ROTATE", "SET"):
            group = self.create()
            self.modify(group, AuthToken=TOKEN, AuthTokenUpdateStrategy=strategy)
            self.token_is(group, by=["first"])

    def test_a_failover_and_new_replicas_keep_the_token(self):
        group = self.create(nodes=2, AuthToken=TOKEN, AutomaticFailoverEnabled=True)
        self.api().increase_replica_count(ReplicationGroupId=group, NewReplicaCount=2, ApplyImmediately=True)
        self.wait_group(group)
        os.kill(next(n for n in self.server.nodes(group) if n["role"] == "primary")["pid"], signal.SIGKILL)
        wait_for(lambda: self.group(group)["NodeGroups"][0]["NodeGroupMembers"][0]["CurrentRole"] == "replica", "a failover")
        self.wait_group(group)
        for endpoint in self.endpoints(group):
            self.assertRaises(redis.AuthenticationError, self.secure(endpoint).ping)
            self.assertTrue(self.secure(endpoint, password=TOKEN).ping())

    def test_secondaries_of_a_datastore_ask_for_the_token_too(self):
        home = self.create(AuthToken=TOKEN)
        world, _ = self.create_global(group=home)
        away = self.join(world, AWAY)
        self.assertTrue(self.world(world)["AuthTokenEnabled"])
        endpoint = self.group(away, AWAY)["NodeGroups"][0]["PrimaryEndpoint"]
        self.assertRaises(redis.AuthenticationError, self.secure(endpoint).ping)
        self.assertTrue(self.secure(endpoint, password=TOKEN).ping())
        refused = self.modify(home, wait=False, AuthToken="", AuthTokenUpdateStrategy="DELETE")
        self.assertEqual((400, "Cluster [%s] is part of a global cluster [%s]. Request rejected." % (home, world)), (refused.status, refused.message))
        self.modify(away, region=AWAY, AuthToken=NEXT, AuthTokenUpdateStrategy="ROTATE")
        self.assertTrue(self.secure(endpoint, password=NEXT).ping())

    def test_members_of_a_datastore_without_a_token_have_none(self):
        home = self.create()
        world, _ = self.create_global(group=home)
        self.assert_fault("InvalidParameterCombination", 400, self.create_group, AWAY, wait=False, GlobalReplicationGroupId=world,
                          AuthToken=TOKEN, message="Cannot use the given parameters")
        refused = self.modify(home, wait=False, AuthToken=TOKEN, AuthTokenUpdateStrategy="SET")
        self.assertEqual((400, "InvalidParameterValue"), (refused.status, refused.code))


class Secrets(encryption.Case):
    """What nobody else may read stands nowhere where others could."""

    def test_tokens_and_keys_are_nowhere(self):
        group = self.create(nodes=2, AuthToken=TOKEN)
        answer = self.modify(group, wait=False, AuthToken=NEXT, AuthTokenUpdateStrategy="ROTATE")
        self.wait_group(group)
        told = [answer.text] + [self.server.query(Action=a).text for a in ("DescribeReplicationGroups", "DescribeCacheClusters", "DescribeEvents")]
        told += harness.processes_of(self.server.data).values()
        for text in told:
            self.assertNotRegex(text, "%s|%s|PRIVATE KEY" % (TOKEN, NEXT))
        for folder, _, files in os.walk(self.server.data):
            self.assertEqual(0, os.stat(folder).st_mode & 0o077, folder)
            for f in files:
                path = os.path.join(folder, f)
                content = harness.reads(path)
                self.assertFalse(TOKEN.encode() in content or NEXT.encode() in content, path)
                if b"PRIVATE KEY" in content:
                    self.assertEqual(0o600, os.stat(path).st_mode & 0o777, path)
                    self.assertFalse(path.endswith(".log"), path)
        self.assertNotRegex(self.server.log(), "%s|%s|PRIVATE KEY" % (TOKEN, NEXT))


class Authority(harness.Case):
    """The authority of an installation, on servers of their own."""

    @property
    def server(self):
        return self.own

    def setUp(self):
        self.own = harness.Server().start()
        self.addCleanup(self.own.finish)
        super().setUp()

    authority = encryption.Case.authority

    def files(self):
        return [os.path.join(self.own.data, "tls", f) for f in ("ca.pem", "ca.key")]

    def test_is_made_when_it_is_asked_for_and_stays(self):
        self.assertFalse(os.path.exists(os.path.join(self.own.data, "tls")))
        pem = self.authority()
        self.assertEqual(pem, self.authority())
        self.own.terminate()
        self.own.start()
        self.assertEqual(pem, self.authority())
        self.assertEqual([0o600, 0o600], [os.stat(f).st_mode & 0o777 for f in self.files()])

    def test_certificates_stay_the_same_over_a_restart_and_are_renewed_in_time(self):
        with open(os.path.join(self.own.folder, "ca.pem"), "wb") as f:
            f.write(self.authority())
        group = self.create_group(TransitEncryptionEnabled=True)
        serial = self.serial(group)
        self.own.terminate()
        self.own.start()
        self.wait_group(group)
        wait_for(lambda: self.tries(lambda: self.serial(group)) == serial, "the same certificate")
        self.own.admin("POST", "clock?advance_ms=%d" % (380 * 24 * 3600 * 1000))
        wait_for(lambda: self.serial(group) != serial, "another certificate")

    def serial(self, group):
        endpoint = self.group(group)["NodeGroups"][0]["PrimaryEndpoint"]
        context = ssl.create_default_context(cafile=os.path.join(self.own.folder, "ca.pem"))
        with harness.socket.create_connection((endpoint["Address"], endpoint["Port"]), 5) as s, \
                context.wrap_socket(s, server_hostname=endpoint["Address"]) as t:
            return t.getpeercert()["serialNumber"]

    @staticmethod
    def tries(call):
        try:
            return call()
        except OSError:
            return None

    def test_a_folder_or_key_that_others_could_read_is_told_in_one_line(self):
        self.authority()
        self.own.terminate()
        pem, key = self.files()
        for path, mode, wrong in ((os.path.dirname(key), 0o700, 0o755), (key, 0o600, 0o640), (pem, 0o600, 0o606)):
            os.chmod(path, wrong)
            self.assertRegex(self.refusal(), r"^meridian: %s can be (read or )?written by others.*\n$" % path)
            os.chmod(path, mode)
        for path, content, text in ((key, b"", "can't be read"), (key, b"nonsense", "is no private key"), (pem, b"x", "is no certificate")):
            kept = harness.reads(path)
            self.put(path, content)
            self.assertRegex(self.refusal(), "^meridian: %s %s.*\n$" % (path, text))
            self.put(path, kept)
        self.own.start()

    def test_an_authority_that_signed_is_not_replaced_by_another(self):
        self.create_group(TransitEncryptionEnabled=True)
        self.own.kill()
        for path, text in zip(self.files(), ("is missing, and nodes have certificates that it signed", "can't be read")):
            os.rename(path, path + ".away")
            self.assertRegex(self.refusal(), "^meridian: %s %s.*\n$" % (path, text))
            os.rename(path + ".away", path)
        self.own.start()

    def put(self, path, content):
        with open(path, "wb") as f:
            f.write(content)

    def refusal(self):
        run = harness.subprocess.run(self.own.command(), stdout=harness.subprocess.DEVNULL, stderr=harness.subprocess.PIPE, text=True,
                                     timeout=30, env=harness.clean_environment())
        self.assertEqual(1, run.returncode, run.stderr)
        return run.stderr


class Ports(encryption.Case):
    """One host, and a port for each: the certificate names the host."""

    @property
    def server(self):
        return self.own

    def setUp(self):
        self.own = harness.Server(flags=["--addressing", "ports", "--advertise", "localhost", "--port-range", "23000-23099"]).start()
        self.addCleanup(self.own.finish)
        super().setUp()

    def test_clients_reach_every_endpoint_by_the_host_s_name_in_all_modes(self):
        group = self.create(nodes=2, EngineVersion=harness.NEWER)
        for endpoint in self.endpoints(group):
            self.assertEqual("localhost", endpoint["Address"])
            self.assertTrue(self.takes(endpoint, True))
        self.modify(group, TransitEncryptionMode="preferred")
        for endpoint in self.endpoints(group):
            self.assertTrue(self.takes(endpoint, True) and self.takes(endpoint, False), endpoint)
        self.secure_primary(group).set("k", "v")
        wait_for(lambda: self.secure(self.endpoints(group)[1]).get("k") == "v", "replication")


if __name__ == "__main__":
    unittest.main(verbosity=2)
