"""Testcontainers of Node, with podman as its Docker: the module for LocalStack finds one in the image, and the snippet of docs/ci.md runs."""
import os
import re
import subprocess
import tempfile
import unittest

import podman as containers
import test_container as image
import waiting
from podman import IMAGE, ROOT, STORE, WORDS, podman

NAME = "docker.io/library/meridian:latest"  # what a Docker takes "meridian" for


class Testcontainers(image.Case):
    def test_starts_the_image(self):
        containers.need_ports(range(6379, 6390))
        clients = containers.make_beside("clients")
        podman("tag", IMAGE, NAME)
        door = STORE + "/docker.sock"
        service = subprocess.Popen([*WORDS, "system", "service", "-t", "0", "unix://" + door], env=containers.ENVIRONMENT)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)
        waiting.wait_for(lambda: os.path.exists(door), "podman's socket", image.DEADLINE, 0.1)
        with open(ROOT + "/docs/ci.md", encoding="utf-8") as page, tempfile.NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as snippet:
            snippet.write(re.search(r"<!-- snippet: testcontainers-node -->\n```\w*\n(.*?)```", page.read(), re.DOTALL)[1])
            snippet.flush()
            self.assertEqual("served", podman(
                "run", "--rm", "--network", "host", "-v", door + ":/docker.sock", "-v", snippet.name + ":/clients/snippet.js:ro",
                "-e", "DOCKER_HOST=unix:///docker.sock", "-e", "TESTCONTAINERS_RYUK_DISABLED=true", "-e", "TESTCONTAINERS_HOST_OVERRIDE=localhost",
                clients, "node", "testcontainers.js", "./snippet.js"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
