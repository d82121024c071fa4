"""docker/compose.yml, with the application that stands in it beside Meridian."""
import os
import shutil
import subprocess
import unittest

import podman as containers
import test_container as image
import waiting
from podman import ROOT, STORE, WORDS, podman

APPLICATION = "docker.io/library/redis:7"  # as the file has it; here it is an image with the same clients


@unittest.skipUnless(shutil.which("podman-compose"), "there is no podman-compose")
class Compose(image.Case):
    def compose(self, *words):
        wrapper = STORE + "/podman"
        with open(wrapper, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\nexec %s \"$@\"\n" % " ".join(WORDS))
        os.chmod(wrapper, 0o755)
        r = subprocess.run(["podman-compose", "--podman-path", wrapper, "-p", "meridian", "-f", ROOT + "/docker/compose.yml", *words],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False,
                           env=containers.ENVIRONMENT)
        self.assertEqual(0, r.returncode, r.stdout)
        return r.stdout

    def test_has_meridian_serve_the_application_and_the_host(self):
        containers.need_ports([4566, *range(6379, 6480)])
        if podman("network", "inspect", "--format", "{{.DNSEnabled}}", "meridian") != "true":
            self.skipTest("podman has no names in networks here (aardvark-dns, or the plugin dnsname)")
        podman("tag", containers.make_beside("caller"), APPLICATION)
        self.compose("up", "-d", "--no-build", "meridian")
        self.addCleanup(self.compose, "down", "-v")
        waiting.wait_for(image.is_healthy, "health", image.DEADLINE, 0.1)
        image.create("orders", NumCacheClusters=1)
        self.assertEqual("OK", image.on_host("-h", "localhost", "set", "greeting", "hello"))
        self.assertIn("PONG", self.compose("run", "--rm", "--no-deps", "app"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
