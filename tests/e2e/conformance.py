"""Calls operations from lines of text, and keeps what they answer for the table of docs/conformance.md.

A line is `Operation form` or `Operation form = Code`: without a code it has to succeed. Names in braces are filled in. Lines
that begin with @ do something else: see Session.direct(). Every answer is held against the API's model.
"""
import datetime
import http.client
import json
import os
import signal
import urllib.parse

import contract
from harness import wait_for

REGION = "us-east-1"
SHORT = {
    "RG": "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&ReplicationGroupId=",
    "HA": "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&AutomaticFailoverEnabled=true&NumCacheClusters=2&ReplicationGroupId=",
    "CM": "ReplicationGroupDescription=d&CacheNodeType=cache.r7g.large&AutomaticFailoverEnabled=true&ReplicasPerNodeGroup=1&ReplicationGroupId=",
    "CC": "Engine=redis&CacheNodeType=cache.r7g.large&NumCacheNodes=1&CacheClusterId=",
    "MC": "Engine=memcached&CacheNodeType=cache.r7g.large&CacheClusterId=",
    "PG": "CacheParameterGroupFamily=redis7&Description=d&CacheParameterGroupName=",
    "SG": "CacheSubnetGroupDescription=d&SubnetIds.SubnetIdentifier.1=subnet-a&CacheSubnetGroupName=",
    "U": "Engine=redis&AccessString=on&NoPasswordRequired=true&UserName={name}&UserId=",
    "ARN": "ResourceName=arn:aws:elasticache:us-east-1:000000000000:",
    "NOW": "ApplyImmediately=true&",
    # What waits for this window is not done while the test runs.
    "LATER": "PreferredMaintenanceWindow={day}:00:00-{day}:01:00&".format(day=(datetime.datetime.now(datetime.timezone.utc)
                                                                             + datetime.timedelta(days=3)).strftime("%a").lower()),
}
MANY_TAGS = "&".join("Tags.Tag.%d.Key=k%d" % (i, i) for i in range(1, 52))
BOTH_RESERVED = ("ParameterNameValues.ParameterNameValue.1.ParameterName=reserved-memory&ParameterNameValues.ParameterNameValue.1.ParameterValue=1"
                 "&ParameterNameValues.ParameterNameValue.2.ParameterName=reserved-memory-percent&ParameterNameValues.ParameterNameValue.2.ParameterValue=1")
MANY_SUBNETS = "&".join("SubnetIds.SubnetIdentifier.%d=subnet-a%d" % (i, i) for i in range(1, 22))


def leaves(model, expression, path="", seen=()):
    """The paths of all members that a value of this type can have."""
    m = contract.EXPRESSION.match(expression)
    name = m["item"] or m["name"]
    shape = model.shapes.get(name)
    if shape and "list" in shape:
        return leaves(model, shape["list"]["of"], path, seen)
    if shape is None or not all(isinstance(v, str) for v in shape.values()) or name in seen:
        return {path}
    return set().union(*(leaves(model, v, path + "/" + k, seen + (name,)) for k, v in shape.items()))


def members_of(model, out):
    """The members of an operation's output, which stand in place or under a name."""
    return model.shapes[out] if isinstance(out, str) else out or {}


def seen_leaves(model, expression, element, path):
    """Those of leaves() that an answer has a value for."""
    m = contract.EXPRESSION.match(expression)
    shape = model.shapes.get(m["name"])
    if m["item"]:
        return set().union(*(seen_leaves(model, m["item"], child, path) for child in element))
    if shape and "list" in shape:
        return seen_leaves(model, shape["list"]["of"], element, path)
    if shape and all(isinstance(v, str) for v in shape.values()):
        return seen_members(model, shape, element, path)
    return {path}


def seen_members(model, members, element, path=""):
    children = ((contract.local(child), child) for child in element)
    return set().union(*(seen_leaves(model, members[name], child, path + "/" + name) for name, child in children if name in members))


def as_members(model, members, element):
    """A structure's XML as what JSON would say."""
    return {contract.local(child): as_value(model, members[contract.local(child)], child) for child in element}


def as_value(model, expression, element):
    m = contract.EXPRESSION.match(expression)
    text, shape = element.text or "", model.shapes.get(m["name"])
    if m["item"]:
        return [as_value(model, m["item"], child) for child in element]
    if shape and "list" in shape:
        return as_value(model, shape["list"]["of"], element)
    if shape and all(isinstance(v, str) for v in shape.values()):
        return as_members(model, shape, element)
    if m["name"] == "boolean":
        return text == "true"
    return {"integer": int, "double": float}.get(m["name"], str)(text)


def output_leaves(model, operation):
    members = members_of(model, model.operations[operation].get("out"))
    return set().union(*(leaves(model, v, "/" + k) for k, v in members.items()))


class Record:
    """What was seen of one operation."""

    def __init__(self):
        self.calls = self.done = 0
        self.leaves = set()
        self.by_rule, self.on_request = set(), set()


class Session:
    def __init__(self, case, model):
        self.case, self.model, self.region = case, model, REGION
        self.records = {name: Record() for name, o in model.operations.items() if o.get("served")}
        self.failures = []
        self.parameters = ""

    @property
    def server(self):
        return self.case.server

    # One call

    def call(self, action, form, headers=None):
        body = "Action=%s&Version=2015-02-02&%s" % (action, form)
        answer = self.server.post(body, self.region, headers=headers)
        record = self.records[action]
        record.calls += 1
        if answer.status == 200 and answer.xml is not None:
            record.done += 1
            result = answer.xml.find("%s%sResult" % (contract.NAMESPACE, action))
            if result is not None:
                record.leaves |= seen_members(self.model, members_of(self.model, self.model.operations[action]["out"]), result)
        return answer

    def expect(self, action, form, code, on_request=False):
        answer = self.call(action, form)
        got = answer.code or ("" if answer.status == 200 else str(answer.status))
        if got != code:
            self.failures.append("%s %s: %s, not %s (%s)" % (action, form[:200], got or "done", code or "done", answer.message))
        elif code:
            record = self.records[action]
            (record.on_request if on_request else record.by_rule).add(code)
        return answer

    def buy_a_node(self):
        offers = self.call("DescribeReservedCacheNodesOfferings", "CacheNodeType=cache.r7g.large")
        offer = next(offers.xml.iter(contract.NAMESPACE + "ReservedCacheNodesOfferingId")).text
        self.expect("PurchaseReservedCacheNodesOffering", "ReservedCacheNodesOfferingId=%s&%s" % (offer, MANY_TAGS), "TagQuotaPerResourceExceeded")
        self.expect("PurchaseReservedCacheNodesOffering", "ReservedCacheNodesOfferingId=%s&CacheNodeCount=301" % offer, "ReservedCacheNodeQuotaExceeded")
        self.expect("PurchaseReservedCacheNodesOffering", "ReservedCacheNodesOfferingId=%s&CacheNodeCount=0" % offer, "InvalidParameterValue")
        form = "ReservedCacheNodeId=mine&ReservedCacheNodesOfferingId=" + offer
        self.expect("PurchaseReservedCacheNodesOffering", form, "")
        self.expect("PurchaseReservedCacheNodesOffering", form, "ReservedCacheNodeAlreadyExists")
        self.expect("DescribeReservedCacheNodes", "", "")

    def ask_json(self, form):
        """Past the proxy, which knows XML alone."""
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.server.url).netloc, timeout=60)
        connection.request("GET", "/?" + form, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, body

    def same_in_json(self, action, form):
        """The answer as JSON says what it says as XML."""
        told = self.call(action, form)
        status, body = self.ask_json("Action=%s&Version=2015-02-02&%s" % (action, form))
        if told.status != 200:
            error = body.get("Error", {})
            right, got = (told.status, told.code, told.message), (status, error.get("Code"), error.get("Message"))
        else:
            out = members_of(self.model, self.model.operations[action].get("out"))
            result = told.xml.find("%s%sResult" % (contract.NAMESPACE, action))
            right = None if result is None else as_members(self.model, out, result)
            got = body["%sResponse" % action].get("%sResult" % action)
        if right != got:
            self.failures.append("%s %s: as JSON it is %s, not %s" % (action, form, str(got)[:300], str(right)[:300]))

    # Lines

    def run(self, text):
        for line in filter(None, (line.strip() for line in text.splitlines())):
            if line.startswith("#"):
                continue
            if line.startswith("@"):
                self.direct(*line[1:].split())
                continue
            call, _, code = line.partition(" = ")
            action, _, form = call.strip().partition(" ")
            self.expect(action, self.fill(form.strip()), code.strip())

    def fill(self, form):
        for name, text in SHORT.items():
            form = form.replace("{%s}" % name, text)
        form = form.replace("{MANY}", MANY_TAGS).replace("{SUBNETS}", MANY_SUBNETS).replace("{RESERVED}", BOTH_RESERVED).replace("{parameters}", self.parameters)
        return form.replace("{name}", urllib.parse.parse_qs(form).get("UserId", ["x"])[0])

    def direct(self, what, *rest):
        """@region R · @start MS: how long nodes take · @starting ID · @wait KIND ID · @gone KIND ID · @link STATE · @many N Operation form ·
        @rehearse N ID: so many failovers · @snapshots N KIND ID · @slsnapshots N ID · @hold REGION, @release REGION: its agent stands still ·
        @parameters CLUSTER: {parameters} is its parameter group"""
        if what == "region":
            self.region = rest[0] if rest else REGION
        elif what == "start":
            self.server.admin("PUT", "dry-run?start_ms=" + rest[0])
        elif what == "starting":
            wait_for(lambda: any(n["state"] == "starting" for n in self.server.nodes() if rest[0] in (n["rg"], n["cluster"])), "the start of " + rest[0])
        elif what == "link":
            self.server.admin("PUT", "links/us-east-1/eu-west-1?state=" + rest[0])
        elif what == "rehearse":
            for _ in range(int(rest[0])):
                wait_for(lambda: self.call("TestFailover", "ReplicationGroupId=%s&NodeGroupId=0001" % rest[1]).status == 200, "a failover of " + rest[1])
        elif what == "snapshots":
            member = {"rg": "ReplicationGroupId", "cluster": "CacheClusterId"}[rest[1]]
            for i in range(int(rest[0])):
                self.expect("CreateSnapshot", "%s=%s&SnapshotName=%s-%d" % (member, rest[2], rest[2], i), "")
                self.wait("wait", "snapshot", "%s-%d" % (rest[2], i))
                self.wait("wait", rest[1], rest[2])
        elif what == "slsnapshots":
            for i in range(int(rest[0])):
                self.expect("CreateServerlessCacheSnapshot", "ServerlessCacheName=%s&ServerlessCacheSnapshotName=sl-%d" % (rest[1], i), "")
                self.wait("wait", "slsnapshot", "sl-%d" % i)
        elif what in ("hold", "release"):
            os.kill(self.server.agent(rest[0]), signal.SIGSTOP if what == "hold" else signal.SIGCONT)
        elif what == "parameters":
            answer = self.call("DescribeCacheClusters", "CacheClusterId=" + rest[0])
            self.parameters = next(answer.xml.iter(contract.NAMESPACE + "CacheParameterGroupName")).text
        elif what == "many":
            for i in range(int(rest[0])):
                self.expect(rest[1], self.fill(rest[2].replace("{i}", str(i))), "")
        elif what in ("wait", "gone"):
            self.wait(what, *rest)
        else:
            raise ValueError(what)

    def wait(self, what, kind, key, status="available"):
        operation, member, shown = {
            "rg": ("DescribeReplicationGroups", "ReplicationGroupId", "Status"), "cluster": ("DescribeCacheClusters", "CacheClusterId", "CacheClusterStatus"),
            "snapshot": ("DescribeSnapshots", "SnapshotName", "SnapshotStatus"), "usergroup": ("DescribeUserGroups", "UserGroupId", "Status"),
            "serverless": ("DescribeServerlessCaches", "ServerlessCacheName", "Status"),
            "slsnapshot": ("DescribeServerlessCacheSnapshots", "ServerlessCacheSnapshotName", "Status"),
            "user": ("DescribeUsers", "UserId", "Status"), "global": ("DescribeGlobalReplicationGroups", "GlobalReplicationGroupId", "Status")}[kind]
        path = "".join("/" + p for p in {"SnapshotStatus": ["Snapshot"], "CacheClusterStatus": ["CacheCluster"]}.get(
            shown, [{"rg": "ReplicationGroup", "global": "GlobalReplicationGroup", "slsnapshot": "ServerlessCacheSnapshot"}.get(kind, "member")]))[1:]

        def there():
            answer = self.call(operation, "%s=%s" % (member, key))
            if what == "gone":
                found = answer.status == 200 and list(answer.xml.iter(contract.NAMESPACE + path))
                return not found
            items = list(answer.xml.iter(contract.NAMESPACE + path)) if answer.status == 200 else []
            return any(i.findtext(contract.NAMESPACE + shown) == status for i in items)
        wait_for(there, "%s %s %s" % (kind, key, what if what == "gone" else status))

    # The table

    def pairs(self):
        """(operation, code) → how it was provoked: "rule", "request" or ""."""
        found = {}
        for name, record in self.records.items():
            for fault in self.model.operations[name]["faults"]:
                code = self.model.faults[fault]["code"]
                found[name, code] = "rule" if code in record.by_rule else "request" if code in record.on_request else ""
        return found

    def returned(self, name):
        """The output's members that an answer had a value for, and those that none had."""
        every = output_leaves(self.model, name)
        return every & self.records[name].leaves, every - self.records[name].leaves
