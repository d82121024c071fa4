"""Serverless caches: clients of the cluster protocol behind one name."""
import unittest

import harness
import serverless
from serverless import name, wait_for

setUpModule, tearDownModule = harness.one_server()


class Lives(serverless.Case):
    def test_a_cluster_client_finds_everything_behind_one_name(self):
        cache = self.create_cache(Description="carts")
        client = self.cluster_client(cache["Endpoint"])
        for i in range(100):
            client.set("key:%d" % i, i)
        self.assertEqual([str(i) for i in range(100)], [client.get("key:%d" % i) for i in range(100)])
        told = self.secure((cache["Endpoint"]["Address"], int(cache["Endpoint"]["Port"]))).execute_command("CLUSTER SLOTS")
        self.assertEqual([(0, 16383, cache["Endpoint"]["Address"], 6379)], [(a, b, n[0], n[1]) for a, b, n in told])
        self.assertEqual(("carts", "6379"), (cache["Description"], cache["Endpoint"]["Port"]))

    def test_the_reader_endpoint_leads_to_the_same_keys(self):
        cache = self.create_cache()
        self.assertEqual((cache["Endpoint"]["Address"], "6380"), tuple(cache["ReaderEndpoint"].values()))
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        self.assertEqual("v", self.cluster_client(cache["ReaderEndpoint"], read_from_replicas=True).get("k"))
        self.assertEqual("v", self.secure((cache["ReaderEndpoint"]["Address"], 6380)).get("k"))

    def test_nobody_but_the_operations_of_serverless_caches_knows_it(self):
        cache = self.create_cache()["ServerlessCacheName"]
        beneath = "0-" + cache
        self.assertEqual([], [g for g in self.api().describe_replication_groups()["ReplicationGroups"] if cache in g["ReplicationGroupId"]])
        self.assertEqual([], [c for c in self.api().describe_cache_clusters()["CacheClusters"] if cache in c["CacheClusterId"]])
        self.assert_fault("ReplicationGroupNotFoundFault", 404, self.api().describe_replication_groups, ReplicationGroupId=beneath)
        self.assert_fault("CacheClusterNotFound", 404, self.api().describe_cache_clusters, CacheClusterId=beneath + "-0001-001")
        self.assert_fault("ReplicationGroupNotFoundFault", 404, self.api().delete_replication_group, ReplicationGroupId=beneath)
        self.assertEqual(["Serverless cache %s has been created" % cache], self.events(cache))
        self.assertEqual([], [e for e in self.api().describe_events()["Events"] if e["SourceIdentifier"].startswith("0-")])

    def test_it_goes_with_its_process_and_its_name_is_free_again(self):
        cache = self.create_cache()["ServerlessCacheName"]
        self.delete_cache(cache)
        self.assertEqual([], self.server.nodes("0-" + cache))
        self.create_cache(ServerlessCacheName=cache)
        self.assertEqual("ServerlessCacheAlreadyExistsFault", self.ask("CreateServerlessCache", ServerlessCacheName=cache, Engine="redis").code)

    def test_the_data_survive_a_restart_of_the_program(self):
        self.own_server()
        self.server.start()
        self.trust()
        cache = self.create_cache()
        self.cluster_client(cache["Endpoint"]).set("k", "v")
        self.server.terminate()
        self.server.start()
        again = self.wait_cache(cache["ServerlessCacheName"])
        self.assertEqual(cache["Endpoint"], again["Endpoint"])
        self.assertEqual("v", self.cluster_client(again["Endpoint"]).get("k"))


if __name__ == "__main__":
    unittest.main()
