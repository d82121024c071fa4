"""The tours of the documents, run as they stand: every redis-cli line, and every print(), says in its comment what it answers."""
import os
import re
import subprocess
import sys
import unittest

import harness
from datastores import AWAY, HOME, Case, roles

setUpModule, tearDownModule = harness.one_server()

EXPECT = """
expect() {
    local want=$1 got n; shift
    for ((n = 0; n < TRIES; n++)); do
        got=$("$@" 2>&1); got=${got#(error) }
        [ "$got" != "$want" ] || return 0
    done
    echo "$*: expected '$want', got '$got'" >&2
    return 1
}
"""
PATIENT, AT_ONCE = EXPECT.replace("TRIES", "1000"), EXPECT.replace("TRIES", "1")


def tour_of(document, language):
    with open(os.path.join(harness.ROOT, document), encoding="utf-8") as f:
        tour = f.read().partition("<!-- tour -->")[2].partition("<!-- end of tour -->")[0]
    return "".join(re.findall(r"```%s\n(.*?)```" % language, tour, re.DOTALL))


def script_of(script):
    return re.sub(r"^((?:redis-cli|primary|discarded|datastore)\b[^{\n]*?)\s+# (.*)$", lambda m: "expect %s %s" % (quoted(m[2]), m[1]), script, flags=re.MULTILINE)


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


class Tour(Case):
    def test_of_the_readme_does_what_it_says(self):
        script = script_of(tour_of("README.md", "sh"))
        self.assertGreaterEqual(script.count("expect "), 5)
        self.assertIn("http://localhost:4566", script)
        script = "set -euo pipefail\n" + PATIENT + script.replace("http://localhost:4566", self.server.proxy.url)
        run = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240,
                             env=self.server.cli_environment())
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertEqual({HOME: "SECONDARY", AWAY: "PRIMARY"}, roles(self.world("ldgnf-shop")))

    def pasted_in_one_go(self, document, least, datastore):
        """Each command follows at once, and answers what its comment says the first time that it is asked."""
        script = script_of(tour_of(document, "sh"))
        self.assertGreaterEqual(script.count("expect "), least)
        script = "set -euo pipefail\n" + AT_ONCE + script.replace("http://localhost:4566", self.server.url)
        run = subprocess.run(["bash", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=280,
                             env=self.server.cli_environment())
        self.assertEqual(0, run.returncode, run.stdout + run.stderr)
        self.assertEqual({HOME: "SECONDARY", AWAY: "PRIMARY"}, roles(self.world(datastore)))

    def test_of_the_drill_does_what_it_says(self):
        self.pasted_in_one_go("docs/drill.md", 14, "ldgnf-drill")

    def test_of_a_datastore_in_cluster_mode_does_what_it_says(self):
        self.pasted_in_one_go("docs/shards.md", 6, "ldgnf-carts")

    def test_of_tls_and_users_prints_what_it_says(self):
        script = tour_of("docs/access.md", "python")
        said = re.findall(r"^\s*print\(.*\)\s+# (.*)$", script, flags=re.MULTILINE)
        self.assertGreaterEqual(len(said), 2)
        self.assertIn("http://localhost:4566", script)
        run = subprocess.run([sys.executable, "-c", script.replace("http://localhost:4566", self.server.proxy.url)], cwd=self.server.folder,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, env=self.server.cli_environment())
        self.assertEqual((0, said), (run.returncode, run.stdout.splitlines()), run.stderr)


class Cli(Case):
    def test_shows_what_it_created(self):
        group = harness.name("cli")
        created = self.server.cli("create-replication-group", "--replication-group-id", group, "--replication-group-description", "d e",
                                  "--engine", "redis", "--cache-node-type", harness.NODE_TYPE, "--tags", "Key=a,Value=b")
        self.assertEqual("creating", created["ReplicationGroup"]["Status"])
        self.server.cli("wait", "replication-group-available", "--replication-group-id", group)
        found = self.server.cli("describe-replication-groups", "--replication-group-id", group)["ReplicationGroups"][0]
        self.assertEqual(("available", "d e"), (found["Status"], found["Description"]))
        tags = self.server.cli("list-tags-for-resource", "--resource-name", found["ARN"])["TagList"]
        self.assertEqual([{"Key": "a", "Value": "b"}], tags)
        self.server.cli("delete-replication-group", "--replication-group-id", group)
        self.wait_group_gone(group)


if __name__ == "__main__":
    unittest.main()
