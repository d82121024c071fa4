"""The dearest requests that a client can make of every operation: none may hold the server's only thread for long."""
import glob
import json
import os
import urllib.parse

import local
from figure import Figure

BODY = (1 << 20) - 2048
ITEMS = 1000


class Model:
    """The API's operations and shapes, as far as requests are made of them."""

    def __init__(self):
        self.operations, self.shapes = {}, {}
        for path in glob.glob(os.path.join(local.ROOT, "api", "*.json")):
            with open(path) as file:
                family = json.load(file)
            self.operations |= family.get("operations", {})
            self.shapes |= family.get("shapes", {})

    def leaves(self, expression, prefix, depth=0):
        """The names of all parameters below a member, lists with their first item; and whether a list stands on the way."""
        expression = expression.rstrip("!")
        if expression.startswith("["):
            inner = expression[1:-1].split(":")[-1].strip()
            yield from ((name, True) for name, _ in self.leaves(inner, prefix + ".member.%d", depth + 1))
            return
        shape = self.shapes.get(expression)
        if isinstance(shape, dict) and "list" in shape:
            yield from self.leaves(shape["list"]["of"], prefix, depth)
        elif isinstance(shape, dict) and all(isinstance(v, str) for v in shape.values()) and depth < 4:
            for name, member in shape.items():
                yield from self.leaves(member, prefix + "." + name, depth + 1)
        else:
            yield prefix, False

    def members(self, operation):
        shape = operation["in"]
        return self.shapes[shape] if isinstance(shape, str) else shape


# What lets a request come as far as possible: names of things that are there, or could be made.
KNOWN = {
    "ReplicationGroupId": "rg", "CacheClusterId": "cluster", "UserId": "person", "UserGroupId": "people", "UserName": "name", "Engine": "redis",
    "CacheNodeType": "cache.t4g.small", "ReplicationGroupDescription": "d", "CacheParameterGroupName": "group", "CacheParameterGroupFamily": "redis7",
    "Description": "d", "CacheSubnetGroupName": "subnets", "CacheSubnetGroupDescription": "d", "SnapshotName": "snap", "SourceSnapshotName": "snap",
    "TargetSnapshotName": "copy", "GlobalReplicationGroupIdSuffix": "g", "GlobalReplicationGroupId": "ldgnf-g", "PrimaryReplicationGroupId": "rg",
    "AccessString": "on ~* +@all", "ResourceName": "arn:aws:elasticache:us-east-1:000000000000:replicationgroup:rg", "ApplyImmediately": "true",
    "NodeGroupId": "0001", "NumCacheNodes": "1", "NewReplicaCount": "1", "NodeGroupCount": "1", "NoPasswordRequired": "true",
}
BYTES = ["x", "a-", "1", "%00", "%F0%9F%98%80", " ", "61", "+", "(%2B%40a) ", "~", "0a", ","]


def fill(name, value):
    """One parameter, again and again with the next number where it is an item's, until the body is full."""
    if "%d" not in name:
        return "%s=%s" % (name, value)
    parts, size = [], 0
    for i in range(1, ITEMS + 1):
        part = "%s=%s" % (name % ((i,) + (1,) * (name.count("%d") - 1)), value)
        size += len(part) + 1
        if size > BODY:
            break
        parts.append(part)
    return "&".join(parts)


def requests(model, action):
    """(what it is, body): long values, many items, and many long items, of each member with all others as they should be."""
    operation = model.operations[action]
    members = model.members(operation)
    leaves = [leaf for name, expression in members.items() for leaf in model.leaves(expression, name)]
    for name, is_list in leaves:
        top = name.split(".")[0]
        others = "&".join("%s=%s" % (n, urllib.parse.quote(KNOWN[n])) for n in members if n in KNOWN and n != top)
        head = "Version=2015-02-02&Action=%s&%s&" % (action, others)
        for text in BYTES:
            long = text * ((BODY - len(head) - len(name)) // len(text))
            yield "%s: long %s of %r" % (action, name, text), head + fill(name.replace("%d", "1"), long)
            for length in (6, 900) if is_list else ():
                item = text * max(1, length // len(text))
                yield "%s: items %s of %d × %r" % (action, name, length, text), head + fill(name, item)
    many = "&".join("P%d=%d" % (i, i) for i in range(60000))
    yield "%s: parameters" % action, ("Version=2015-02-02&Action=%s&" % action + many)[:BODY]


def longest_access(user):
    """4096 characters of as many rules as possible, and as many selectors as there may be that are told with all that is restricted."""
    wide = "".join(" (~%x +@all)" % i for i in range(20))
    text, i = "on -@all" + wide, 0
    while len(text) < 4070:
        text += " (~%d-%x +get)" % (user, i)
        i += 1
    return text


def prepare_users(server):
    """As many users of a running group as there can be, each with as much to tell its nodes as there can be."""
    members = {}
    for i in range(100):
        server.query("us-east-1", "CreateUser", UserId="u%d" % i, UserName="u%d" % i if i else "default", Engine="redis",
                     AccessString=longest_access(i), NoPasswordRequired="true")
        members["UserIds.member.%d" % (i + 1)] = "u%d" % i
    server.query("us-east-1", "CreateUserGroup", UserGroupId="crowd", Engine="redis", **members)
    server.create_group("us-east-1", "crowded", 2, CacheNodeType="cache.t4g.small", TransitEncryptionEnabled="true",
                        **{"UserGroupIds.member.1": "crowd"})
    server.wait_group("us-east-1", "crowded")


def prepare(server):
    """Things for the requests to be about."""
    prepare_users(server)
    server.create_group("us-east-1", "rg", 2, CacheNodeType="cache.t4g.small", AutomaticFailoverEnabled="true")
    server.query("us-east-1", "CreateUser", UserId="person", UserName="name", Engine="redis", AccessString="on ~* +@all", NoPasswordRequired="true")
    server.query("us-east-1", "CreateCacheParameterGroup", CacheParameterGroupName="group", CacheParameterGroupFamily="redis7", Description="d")
    server.wait_group("us-east-1", "rg")


def processor_ms(server):
    """What serve's only thread has used so far."""
    with open("/proc/%d/schedstat" % server.process.pid) as file:
        return int(file.read().split()[0]) / 1e6


def cost_ms(server, body):
    """What a request costs serve, with all that follows at once from its answer."""
    before = processor_ms(server)
    server.ask("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"}).read()
    server.ask("GET", "/_meridian/health").read()
    return processor_ms(server) - before


def dearest():
    """The longest that each operation took over all requests for it, and the requests that took longest."""
    model, times = Model(), {}
    with local.Server() as server:
        prepare(server)
        for action in sorted(a for a, o in model.operations.items() if o.get("served") and a != "DeleteReplicationGroup"):
            for what, body in requests(model, action):
                times[what] = cost_ms(server, body)
    return times


def hostile():
    times = dearest()
    worst = max(times, key=times.get)
    yield Figure("the dearest of %d hostile requests (%s)" % (len(times), worst[:60]), "ms", 50, [times[worst]])


if __name__ == "__main__":
    found = dearest()
    for request in sorted(found, key=found.get)[-40:]:
        print("%8.1f ms  %s" % (found[request], request))
