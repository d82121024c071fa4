"""Testcontainers of Node, with podman as its Docker: the module for LocalStack finds one in the image, and the snippet of docs/ci.md runs. That
of Go is run with a stand-in for the library."""
import os
import subprocess
import tempfile
import unittest

import podman as containers
import snippets
import test_container as image
import waiting
from podman import IMAGE, STORE, WORDS, podman
from snippets import SNIPPETS

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
        with tempfile.NamedTemporaryFile("w", suffix=".js", encoding="utf-8") as module:
            module.write(SNIPPETS["testcontainers-node"])
            module.flush()
            self.assertEqual("served", podman(
                "run", "--rm", "--network", "host", "-v", door + ":/docker.sock", "-v", module.name + ":/clients/snippet.js:ro",
                "-e", "DOCKER_HOST=unix:///docker.sock", "-e", "TESTCONTAINERS_RYUK_DISABLED=true", "-e", "TESTCONTAINERS_HOST_OVERRIDE=localhost",
                clients, "node", "testcontainers.js", "./snippet.js"))

    def test_the_snippet_of_go_is_a_program(self):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in (snippets.GO_LIBRARIES | {"snippet.go": snippets.GO % SNIPPETS["testcontainers-go"]}).items():
                os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
                with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
                    f.write(text)
            self.assertEqual(snippets.GO_SAYS, podman("run", "--rm", "-v", folder + ":/go:ro", "-e", "GO111MODULE=off", "-e", "GOPATH=/go",
                                                       containers.make_beside("clients"), "go", "run", "/go/snippet.go"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
