"""docker/compose.yml, and the one of docs/ci.md, each with an application beside Meridian."""
import os
import shutil
import subprocess
import tempfile
import unittest

import podman as containers
import snippets
import test_container as image
import waiting
from podman import ROOT, STORE, WORDS, podman, run

APPLICATION = "docker.io/library/redis:7"  # as the file has it; here it is an image with the same clients


@unittest.skipUnless(shutil.which("podman-compose"), "there is no podman-compose")
class Compose(image.Case):
    def setUp(self):
        if podman("network", "inspect", "--format", "{{.DNSEnabled}}", "meridian") != "true":
            self.skipTest("podman has no names in networks here (aardvark-dns, or the plugin dnsname)")
        self.caller = containers.make_beside("caller")

    def compose(self, *words, file=ROOT + "/docker/compose.yml"):
        wrapper = STORE + "/podman"
        with open(wrapper, "w", encoding="ascii") as f:
            f.write("#!/bin/sh\nexec %s \"$@\"\n" % " ".join(WORDS))
        os.chmod(wrapper, 0o755)
        r = subprocess.run(["podman-compose", "--podman-path", wrapper, "-p", "meridian", "-f", file, *words],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False,
                           env=containers.ENVIRONMENT)
        self.assertEqual(0, r.returncode, r.stdout)
        return r.stdout

    def test_has_meridian_serve_the_application_and_the_host(self):
        containers.need_ports([4566, *range(6379, 6480)])
        podman("tag", self.caller, APPLICATION)
        self.compose("up", "-d", "--no-build", "meridian")
        self.addCleanup(self.compose, "down", "-v")
        waiting.wait_for(image.is_healthy, "health", image.DEADLINE, 0.1)
        image.create("orders", NumCacheClusters=1)
        self.assertEqual("OK", image.on_host("-h", "localhost", "set", "greeting", "hello"))
        self.assertIn("PONG", self.compose("run", "--rm", "--no-deps", "app"))

    def test_of_the_page_about_ci_has_meridian_serve_tests(self):
        """The tests that are built beside the file are the caller of tests/container."""
        containers.need_ports([4566, *range(6379, 6390)])
        podman("tag", containers.IMAGE, "docker.io/library/meridian:latest")
        with tempfile.TemporaryDirectory(dir=STORE) as folder:
            for name, text in (("compose.yml", snippets.SNIPPETS["compose"]), ("Dockerfile", "FROM %s\nCOPY caller.py .\nCMD sleep infinity\n" % self.caller)):
                with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                    f.write(text)
            shutil.copy(image.CALLER, folder)
            containers.build("localhost/meridian_tests:latest", folder + "/Dockerfile", folder)
            self.addCleanup(run, "rmi", "-f", "localhost/meridian_tests:latest")
            self.compose("up", "-d", "--no-build", file=folder + "/compose.yml")
            try:
                waiting.wait_for(image.is_healthy, "health", image.DEADLINE, 0.1)
                image.create("orders", NumCacheClusters=2)
                told = self.compose("exec", "-T", "tests", "sh", "-c", "python3 caller.py ${AWS_ENDPOINT_URL_ELASTICACHE#http://} replicated orders",
                                    file=folder + "/compose.yml")
                self.assertIn("served", told)
            finally:
                self.compose("down", "-v", file=folder + "/compose.yml")


if __name__ == "__main__":
    unittest.main(verbosity=2)
