"""How soon a change of what a user may do holds on every node."""
import socket
import ssl
import time

from figure import Figure
from local import Redis, Server, until

REGION, GROUPS, NODES, CHANGES = "us-east-1", 4, 5, 30
FREE, BOUND = "on ~* -@all +echo +ping", "on ~* -@all +ping"


class SecureRedis(Redis):
    """The same over TLS; whose certificate it is does not matter here."""

    def __init__(self, address):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.socket = context.wrap_socket(socket.create_connection(address))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")


def status(server):
    return server.query(REGION, "DescribeUsers", UserId="worker")


def change(server, clients, access):
    """Changes the user's access string: how long after the answer the last client has noticed, in ms."""
    server.query(REGION, "ModifyUser", UserId="worker", AccessString=access)
    begun = time.perf_counter()
    waiting = list(clients)
    while waiting:
        waiting = [c for c in waiting if (c.call("ECHO", "x")[:1] == b"-") != (access == BOUND)]
    took = (time.perf_counter() - begun) * 1000
    until(lambda: "<Status>active</Status>" in status(server), "the user active again")
    return took


def access():
    with Server() as server:
        server.query(REGION, "CreateUser", UserId="worker", UserName="default", Engine="redis", AccessString=FREE, NoPasswordRequired="true")
        server.query(REGION, "CreateUserGroup", UserGroupId="team", Engine="redis", **{"UserIds.member.1": "worker"})
        until(lambda: "<Status>active</Status>" in server.query(REGION, "DescribeUserGroups", UserGroupId="team"), "the user group active")
        for n in range(GROUPS):
            server.create_group(REGION, "g%d" % n, NODES, TransitEncryptionEnabled="true", **{"UserGroupIds.member.1": "team"})
        for n in range(GROUPS):
            server.wait_group(REGION, "g%d" % n)
        clients = [SecureRedis((n["address"], n["port"])) for n in server.nodes()]
        values = [change(server, clients, (BOUND, FREE)[n % 2]) for n in range(CHANGES)]
    yield Figure("an access string in force on %d nodes after the answer" % len(clients), "ms", 200, values)
