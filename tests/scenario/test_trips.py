"""Failures injected by name: a failed commit leaves nothing behind, a crash at the worst moment loses nothing."""
import unittest

import botocore.exceptions
import harness
from harness import NODE_TYPE, name, wait_for


class Trips(harness.Case):
    def setUp(self):
        self.own_server()
        super().setUp()
        self.own.start()

    def arm(self, trip, count=1):
        self.server.admin("PUT", "trips/%s?count=%d" % (trip, count))

    def create(self, group):
        return self.api().create_replication_group(ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis",
                                                   CacheNodeType=NODE_TYPE)

    def test_a_commit_that_fails_is_an_internal_failure_and_leaves_nothing(self):
        group = name("half")
        self.arm("store_commit")
        self.assert_fault("InternalFailure", 500, self.create, group)
        self.assertEqual(1, len(self.server.proxy.take_violations()), "the model knows no failure of ours")
        self.assert_fault("ReplicationGroupNotFoundFault", 404, self.api().describe_replication_groups, ReplicationGroupId=group)
        self.create(group)
        self.wait_group(group)

    def test_a_crash_after_a_commit_or_an_assignment_loses_nothing(self):
        for trip in ("crash_after_commit", "crash_after_assign"):
            with self.subTest(trip=trip):
                group = name("crash")
                self.arm(trip)
                try:
                    self.create(group)
                except (botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError):
                    pass
                wait_for(lambda: self.server.process.poll() is not None, "the crash")
                self.assertEqual(-harness.signal.SIGKILL, self.server.process.returncode)
                self.server.start()
                self.wait_group(group)
                self.primary(group).set("k", "v")


if __name__ == "__main__":
    unittest.main()
