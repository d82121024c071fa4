"""Paginators over a thousand users and their events: each comes once."""
import unittest

import harness

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])
NAMES = ["x%04d" % i for i in range(999)]


class Thousand(harness.Case):
    def pages(self, operation, **arguments):
        return self.api().get_paginator(operation).paginate(PaginationConfig={"PageSize": 100}, **arguments)

    def test_of_users_and_of_their_events(self):
        for name in NAMES:
            form = "Action=CreateUser&Version=2015-02-02&Engine=redis&AccessString=on&NoPasswordRequired=true&UserName=%s&UserId=%s"
            answer = self.server.post(form % (name, name))
            self.assertEqual(200, answer.status, answer.message)
        self.assertEqual(["default"] + NAMES, [u["UserId"] for page in self.pages("describe_users") for u in page["Users"]])
        events = [e["SourceIdentifier"] for page in self.pages("describe_events", SourceType="user") for e in page["Events"]]
        self.assertEqual(NAMES, events[::-1])


if __name__ == "__main__":
    unittest.main()
