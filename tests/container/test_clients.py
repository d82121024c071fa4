"""Clients of Redis Cluster, as Debian and npm have them, against the image with published ports: each does what it does by itself."""
import unittest

import podman as containers
import test_container as image
from podman import podman, run

# How each is run: a program of tests/container/clients, and what runs it.
CLIENTS = {
    "glide": ("node", "glide.js"),
    "go-redis": ("./go-redis",),
    "iovalkey": ("node", "iovalkey.js"),
    "ioredis": ("node", "ioredis.js"),
    "node-redis": ("node", "node-redis.js"),
    "php-redis": ("php", "php-redis.php"),
    "predis": ("php", "predis.php"),
    "redis-cli": ("sh", "redis-cli.sh"),
    "redis-py": ("python3", "redis-py.py"),
    "redisc": ("./redisc",),
}
PORT, LAST = image.FIRST + 1, image.FIRST + 20


class Clients(image.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        podman("run", "-d", "--name", "clients", "--network", "host", containers.make_beside("clients"), "sleep", "infinity")

    def serve(self, *more):
        self.start("-e", "MERIDIAN_PORT_RANGE=%d-%d" % (image.FIRST, LAST), *more, last=LAST)
        self.addCleanup(run, "rm", "-f", "-t", "0", "meridian")
        image.create("shards", NumNodeGroups=3, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on",
                     AutomaticFailoverEnabled="true", Port=PORT)

    def assert_all_served(self):
        """Each client knows the configuration endpoint alone."""
        for name, words in CLIENTS.items():
            with self.subTest(client=name):
                self.assertEqual("served", podman("exec", "clients", "timeout", str(image.DEADLINE), *words, "localhost", str(PORT)))

    def test_every_client_is_served_at_published_ports(self):
        self.serve()
        self.assert_all_served()

    def test_every_client_is_served_at_an_advertised_host(self):
        self.serve("-e", "MERIDIAN_ADVERTISE=localhost")
        self.assert_all_served()


if __name__ == "__main__":
    unittest.main(verbosity=2)
