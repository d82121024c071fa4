"""What grows while it runs stays bounded: the logs of engines and agents, and the events."""
import os
import unittest

import harness
from harness import reads, wait_for

REGION = "us-east-1"
LOG_MAX = 1 << 20

setUpModule, tearDownModule = harness.one_server()


class Logs(harness.Case):
    def path(self, node, file="engine.log"):
        return os.path.join(self.server.data, "regions", REGION, node, file)

    def wait_small(self, path):
        """The log was emptied, with its last lines kept, and nothing else is left of it."""
        wait_for(lambda: os.path.exists(path + ".1") and os.path.getsize(path) <= LOG_MAX, "%s to be emptied" % path)
        self.assertLessEqual(os.path.getsize(path + ".1"), LOG_MAX)
        self.assertFalse(os.path.exists(path + ".2"))

    def test_of_redis_that_a_client_fills_is_emptied_and_goes_on(self):
        group = self.create_group()
        client = self.primary(group)
        path = self.path(self.server.nodes(group)[0]["id"])
        for _ in range(2):
            client.eval("for i = 1, 6000 do redis.log(redis.LOG_WARNING, string.rep('x', 500)) end", 0)
            self.assertIn(b"x" * 500, reads(path) + reads(path + ".1"))
            self.wait_small(path)
        client.eval("redis.log(redis.LOG_WARNING, 'the last of all')", 0)
        wait_for(lambda: b"the last of all" in reads(path), "the line")
        self.assertNotIn(b"\0", reads(path))

    def test_of_redis_that_has_grown_while_no_agent_was_there_is_emptied_too(self):
        group = self.create_group()
        client = self.primary(group)
        path = self.path(self.server.nodes(group)[0]["id"])
        agent = self.server.agent(REGION)
        self.server.kill()
        os.kill(agent, 9)
        client.eval("for i = 1, 6000 do redis.log(redis.LOG_WARNING, string.rep('x', 1000)) end", 0)
        self.server.start()
        self.wait_small(path)
        client.eval("redis.log(redis.LOG_WARNING, 'the last of all')", 0)
        wait_for(lambda: b"the last of all" in reads(path), "the line")

    def test_of_memcached_that_a_client_fills_is_emptied(self):
        cluster = harness.name("chatty")
        self.api().create_cache_cluster(CacheClusterId=cluster, Engine="memcached", CacheNodeType=harness.NODE_TYPE, NumCacheNodes=1)
        node = wait_for(lambda: next((n for n in self.server.nodes() if n["cluster"] == cluster and n["state"] == "ready"), None), "the node")
        path = self.path(node["id"])
        with harness.socket.create_connection((node["address"], node["port"])) as s:
            s.sendall(b"verbosity 2\r\n" + b"get %s\r\n" % (b"k" * 200) * 8000 + b"verbosity 0\r\nquit\r\n")
            while s.recv(65536):
                pass
        self.wait_small(path)
        self.api().delete_cache_cluster(CacheClusterId=cluster)

    def test_of_an_agent_is_emptied(self):
        self.create_group()
        path = os.path.join(self.server.data, "regions", REGION, "agent.log")
        with open(path, "ab") as log:
            log.write(b"x" * (LOG_MAX + 1))
        self.wait_small(path)


if __name__ == "__main__":
    unittest.main()
