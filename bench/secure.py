"""Groups with encryption in transit, an AUTH token and, beside them, groups with user groups."""
import os
import time

import groups
from figure import Figure
from local import Server

REGION, TOKEN, NODES, TIMES = "us-east-1", "a-token-of-the-bench", 6, 8


def add_users(server):
    """A user group of two, whose members every node has to know."""
    for user, name in (("anybody", "default"), ("reader", "reader")):
        server.query(REGION, "CreateUser", UserId=user, UserName=name, Engine="redis", AccessString="on ~* +@read", NoPasswordRequired="true")
    server.query(REGION, "CreateUserGroup", UserGroupId="users", Engine="redis", **{"UserIds.member.1": "anybody", "UserIds.member.2": "reader"})


def creations(server, **more):
    for n in range(TIMES):
        group = "g%d" % n
        begun = time.perf_counter()
        server.create_group(REGION, group, NODES, TransitEncryptionEnabled="true", **more)
        server.wait_group(REGION, group)
        yield (time.perf_counter() - begun) * 1000
        server.delete_group(REGION, group)


def tls_create():
    with Server() as server:
        add_users(server)
        yield Figure("CreateReplicationGroup of %d nodes with TLS and a token" % NODES, "ms", 500, list(creations(server, AuthToken=TOKEN)))
        yield Figure("the same with TLS and users", "ms", 500, list(creations(server, **{"UserGroupIds.member.1": "users"})))


def tls():
    """Client and engine have a core each, as in groups.primary()."""
    cores = sorted(os.sched_getaffinity(0))
    with Server() as server:
        server.create_group(REGION, "g", TransitEncryptionEnabled="true")
        server.wait_group(REGION, "g")
        trusted = os.path.join(server.data, "tls", "ca.pem")
        node, endpoint = server.primary("g"), server.endpoint(REGION, "g")
        os.sched_setaffinity(node["pid"], cores[:1])
        for pipeline, requests in ((1, 25000), (16, 200000)):
            values = groups.ratios(endpoint, groups.place(node), "set,get", pipeline, 15, requests, cores[-1:],
                                   ["--tls", "--cacert", trusted])
            yield Figure("throughput with TLS, primary endpoint to node, -P %d" % pipeline, "", 0.98, values, least=True)
