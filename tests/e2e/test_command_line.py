"""The AWS CLI of both versions: waiters, pages, lists, JSON and errors. A version that is not on the PATH is skipped."""
import json
import os
import subprocess
import unittest

import harness

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])


def programs():
    """Every aws on the PATH, and those that MERIDIAN_AWS names besides."""
    folders = (harness.Server.cli_environment()["PATH"] + os.pathsep + os.environ.get("MERIDIAN_AWS", "")).split(os.pathsep)
    paths = [os.path.join(folder, "aws") for folder in folders if folder]
    return [p for p in paths if os.access(p, os.X_OK)]


def run(program, *arguments):
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=False, env=harness.Server.cli_environment(), timeout=120)


def of_version(major):
    return next((p for p in programs() if run(p, "--version").stdout.startswith("aws-cli/%d." % major)), None)


class CommandLine(harness.Case):
    def call(self, *arguments):
        got = run(self.program, "--endpoint-url", self.server.url, "--region", "us-east-1", "--output", "json", "elasticache", *arguments)
        self.assertEqual(0, got.returncode, (arguments, got.stderr))
        return json.loads(got.stdout) if got.stdout.strip() else {}

    def refused(self, code, *arguments):
        got = run(self.program, "--endpoint-url", self.server.url, "--region", "us-east-1", "elasticache", *arguments)
        self.assertNotEqual(0, got.returncode)
        self.assertIn("(%s)" % code, got.stderr)

    def walk(self, major):
        self.program = of_version(major)
        if self.program is None:
            self.skipTest("there is no AWS CLI of version %d" % major)
        group, cluster = "cli-%d" % major, "mem-%d" % major
        made = self.call("create-replication-group", "--replication-group-id", group, "--replication-group-description", "d", "--cache-node-type", "cache.r7g.large",
                         "--num-cache-clusters", "2", "--automatic-failover-enabled", "--tags", "Key=k,Value=v")
        self.assertEqual("creating", made["ReplicationGroup"]["Status"])
        self.call("create-cache-cluster", "--cache-cluster-id", cluster, "--engine", "memcached", "--cache-node-type", "cache.r7g.large", "--num-cache-nodes", "2")
        # A waiter that does not end at once sleeps for 15 seconds.
        self.wait_group(group)
        self.call("wait", "replication-group-available", "--replication-group-id", group)
        self.call("wait", "cache-cluster-available", "--cache-cluster-id", cluster)
        shown = self.call("describe-replication-groups", "--replication-group-id", group)["ReplicationGroups"][0]
        self.assertEqual(["%s-001" % group, "%s-002" % group], shown["MemberClusters"])
        self.assertEqual([{"Key": "k", "Value": "v"}], self.call("list-tags-for-resource", "--resource-name", shown["ARN"])["TagList"])
        parameters = self.call("describe-cache-parameters", "--cache-parameter-group-name", "default.redis7", "--page-size", "20")["Parameters"]
        self.assertGreater(len(parameters), 40)
        self.refused("ReplicationGroupAlreadyExists", "create-replication-group", "--replication-group-id", group, "--replication-group-description", "d",
                     "--cache-node-type", "cache.r7g.large")
        self.refused("ReplicationGroupNotFoundFault", "describe-replication-groups", "--replication-group-id", "nobody")
        self.call("delete-cache-cluster", "--cache-cluster-id", cluster)
        self.call("delete-replication-group", "--replication-group-id", group)
        self.wait_group_gone(group)
        self.call("wait", "cache-cluster-deleted", "--cache-cluster-id", cluster)
        self.call("wait", "replication-group-deleted", "--replication-group-id", group)

    def test_of_version_1(self):
        self.walk(1)

    def test_of_version_2(self):
        self.walk(2)


if __name__ == "__main__":
    unittest.main()
