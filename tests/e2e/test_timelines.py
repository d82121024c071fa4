"""Every workflow goes the way of api/catalog/timelines.json: its statuses, what is pending, and its events, in order.

The first status is the one in the request's answer, the last one what a description shows; the log tells each move between them. Real engines
tell in an order of their own: of theirs, each event has to come. MERIDIAN_DRAW=1 writes what happened into the file.
"""
import json
import os
import re
import time
import unittest

import contract
import harness
from harness import wait_for

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])
KEPT = os.path.join(harness.ROOT, "api/catalog/timelines.json")
REGION = "us-east-1"
# kind → operation that shows it, its member for the id, element that has the status, name of the status, kind and begin of the id in the log, source
# of its events
KINDS = {
    "rg": ("DescribeReplicationGroups", "ReplicationGroupId", "ReplicationGroup", "Status", "replication group ", "replication-group"),
    "cluster": ("DescribeCacheClusters", "CacheClusterId", "CacheCluster", "CacheClusterStatus", "cache cluster ", "cache-cluster"),
    "snapshot": ("DescribeSnapshots", "SnapshotName", "Snapshot", "SnapshotStatus", "snapshot ", None),
    "user": ("DescribeUsers", "UserId", "member", "Status", "user ", "user"),
    "usergroup": ("DescribeUserGroups", "UserGroupId", "member", "Status", "user group ", "user-group"),
    "global": ("DescribeGlobalReplicationGroups", "GlobalReplicationGroupId", "GlobalReplicationGroup", "Status", "global datastore ", None),
    "parametergroup": ("DescribeCacheParameterGroups", "CacheParameterGroupName", "CacheParameterGroup", None, None, "cache-parameter-group"),
    # The log calls them by what is beneath.
    "serverless": ("DescribeServerlessCaches", "ServerlessCacheName", "member", "Status", "replication group 0-", "serverless-cache"),
    "serverlesssnapshot": ("DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshotName", "ServerlessCacheSnapshot", "Status", "snapshot 0-", "serverless-cache-snapshot"),
    "update": ("DescribeUpdateActions", "CacheClusterIds.member.1", "UpdateAction", "UpdateActionStatus", None, None),
    "subnetgroup": ("DescribeCacheSubnetGroups", "CacheSubnetGroupName", "CacheSubnetGroup", None, None, "cache-subnet-group"),
}
# Far from now, so that what waits for it waits.
WINDOW = "%s:05:00-%s:06:00" % (2 * (time.strftime("%a", time.gmtime(time.time() + 3 * 24 * 3600)).lower(),))
# The members of the global datastore, and their regions.
MEMBERS = {"home": "us-east-1", "away": "eu-west-1"}
AT_REST = {"available", "active", "primary-only", "complete", "stopped", None}


def load(name):
    with open(os.path.join(harness.ROOT, "api/catalog", name), encoding="utf-8") as f:
        return json.load(f)


EVENTS = [(e["name"], e["source"], re.compile(re.sub(r"\\\{\w+\\\}", "(.+)", re.escape(e["text"]).replace(r"\ ", " ")) + "$")) for e in load("events.json")["events"]]


def kind_of(source, message):
    """The event's name. The longest text counts where two fit."""
    found = [(len(pattern.pattern), name) for name, of, pattern in EVENTS if of == source and pattern.match(message)]
    assert found, (source, message)
    return max(found)[1]


def draw(which, seen):
    kept = dict(load("timelines.json"), **{which: seen})
    lists = ',\n'.join(' "%s": [\n  %s\n ]' % (name, ",\n  ".join(map(json.dumps, lines))) for name, lines in kept.items() if name != "about")
    with open(KEPT, "w", encoding="utf-8") as f:
        f.write('{\n "about": %s,\n%s\n}\n' % (json.dumps(kept["about"]), lists))


def tag(name):
    return contract.NAMESPACE + name


class Timelines(harness.Case):
    def ask(self, action, form, region):
        return self.server.post("Action=%s&Version=2015-02-02&%s" % (action, form), region)

    def shown(self, kind, key, region):
        operation, member, element, _, _, _ = KINDS[kind]
        answer = self.ask(operation, "%s=%s" % (member, key), region)
        return next(answer.xml.iter(tag(element)), None) if answer.status == 200 else None

    def status(self, kind, key, region):
        """None: it is gone."""
        element = self.shown(kind, key, region)
        return None if element is None or KINDS[kind][3] is None else element.findtext(tag(KINDS[kind][3]))

    def events(self, source, key, region):
        answer = self.server.query(region=region, Action="DescribeEvents", SourceType=source, SourceIdentifier=key, Duration="20160")
        return [kind_of(source, e.findtext(tag("Message"))) for e in answer.xml.iter(tag("Event"))][::-1]

    def all_events(self, kind, key, region):
        source, found = KINDS[kind][5], {}
        if source:
            found[key] = self.events(source, key, region)
        if kind == "rg":
            found.update((member, self.events("cache-cluster", member, region)) for member in self.members)
        if kind == "global":
            found.update((member, self.events("replication-group", member, of)) for member, of in MEMBERS.items())
        return found

    def moves(self, kind, key, region, at):
        """The statuses that the log has from a place on."""
        word, path = KINDS[kind][4], []
        for before, after in re.findall(r"info  %s%s%s: (.+) -> (.+)" % ("" if kind == "global" else region + " ", word, re.escape(key)), self.server.log()[at:]):
            path += [before] * (path[-1:] != [before]) + [after]
        return path

    def walk(self, line):
        """What happened: statuses, pending values, and the new events of the resource and of its members."""
        (kind, _, key), (action, _, form) = line["resource"].partition(" "), line["request"].partition(" ")
        key, _, region = key.partition("@")
        form = form.replace("{window}", WINDOW).replace("{update}", self.update)
        region = region or REGION
        self.remember_members(kind, key, region)
        before, at = self.all_events(kind, key, region), len(self.server.log())
        answer = self.ask(action, form, region)
        self.assertEqual(200, answer.status, (line, answer.code, answer.message))
        first = next((e.text for e in answer.xml.iter(tag(KINDS[kind][3] or "none"))), None) if KINDS[kind][3] else None
        pending = self.pending(answer.xml) if kind in ("rg", "cluster") else []
        wait_for(lambda: self.status(kind, key, region) in AT_REST, "the end of " + line["request"])
        new = {}

        def told():
            self.remember_members(kind, key, region)
            new.update((m, events[len(before.get(m, [])):]) for m, events in self.all_events(kind, key, region).items())
            at_rest = self.status(kind, key, region) in AT_REST
            return at_rest and all(len(new.get(m, [])) >= len(events) for m, events in line.get("events", {}).items())
        wait_for(told, "the events of " + line["request"])
        path = [first] * (first is not None) + self.moves(kind, key, region, at)
        last = self.status(kind, key, region)
        path += [last] if last else ["gone"] * (KINDS[kind][3] is not None)
        statuses = [s for i, s in enumerate(path) if i == 0 or path[i - 1] != s]
        return {"statuses": statuses, "pending": pending, "events": {m: e for m, e in sorted(new.items()) if e}}

    def remember_members(self, kind, key, region):
        element = self.shown(kind, key, region) if kind == "rg" else None
        if kind != "rg" or key != self.of:
            self.members, self.of = set(), key
        if element is not None:
            self.members |= {m.text for m in element.iter(tag("ClusterId"))}

    @staticmethod
    def pending(xml):
        element = next(xml.iter(tag("PendingModifiedValues")), None)
        return sorted(contract.local(e) for e in element if len(e) or e.text) if element is not None else []

    @property
    def update(self):
        answer = self.ask("DescribeServiceUpdates", "", REGION)
        return next(e.text for e in answer.xml.iter(tag("ServiceUpdateName")))

    def compare(self, which, in_order=lambda line: line):
        self.members, self.of = set(), None
        expected = load("timelines.json")[which]
        seen = [dict({k: line[k] for k in ("resource", "request")}, **self.walk(line)) for line in expected]
        if os.environ.get("MERIDIAN_DRAW"):
            draw(which, seen)
        for line, got in zip(expected, seen):
            with self.subTest(line["request"]):
                self.assertEqual(in_order({k: line.get(k) for k in got}), in_order(got))

    def test_every_workflow_goes_its_way(self):
        self.compare("workflows")

    def test_so_do_those_that_need_engines(self):
        self.own_server()
        self.server.start()
        self.compare("with_engines", lambda line: dict(line, events={of: sorted(events) for of, events in line["events"].items()}))


if __name__ == "__main__":
    unittest.main()
