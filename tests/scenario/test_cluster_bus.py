"""What others on the machine can make a cluster's nodes say. A bus without TLS asks nobody who he is, so that anybody speaks as one of the
nodes; and the engine shows what it hears there as it came, in lines of CLUSTER NODES."""
import os
import socket
import ssl
import struct
import threading
import unittest

import harness
from harness import NODE_TYPE, name, wait_for

setUpModule, tearDownModule = harness.one_server()

BUS_ABOVE = 10000
# The bus's messages: a head of this size, then as many items as it counts, then extensions. Source: the engine's cluster.h.
HEAD, PING = 2256, 0
AT_SIZE, AT_TYPE, AT_EXTENSIONS, AT_FLAGS, HAS_EXTENSIONS = 4, 12, 2214, 2253, 4
STRANGER = "01" * 20


class Imposter:
    """Speaks as one node to another: by a head that the first one has sent itself, and a hostname of choice."""

    def __init__(self, speaker, listener, tls=None):
        self.speaker, self.listener, self.tls = speaker, listener, tls

    @staticmethod
    def message(head, extensions=b""):
        head = bytearray(head)
        struct.pack_into(">I", head, AT_SIZE, HEAD + len(extensions))
        struct.pack_into(">HH", head, AT_TYPE, PING, 0)
        struct.pack_into(">H", head, AT_EXTENSIONS, bool(extensions))
        head[AT_FLAGS] = HAS_EXTENSIONS if extensions else 0
        return bytes(head) + extensions

    def link(self, node):
        plain = socket.create_connection((node["address"], node["port"] + BUS_ABOVE), timeout=10)
        return self.tls.wrap_socket(plain) if self.tls else plain

    def head(self):
        """What the speaker answers to a ping of nobody it knows; b"" if nothing."""
        ping = bytearray(HEAD)
        ping[:4] = b"RCmb"
        struct.pack_into(">HH", ping, 8, 1, self.speaker["port"])
        with self.link(self.speaker) as s:
            s.sendall(self.message(ping))
            return s.makefile("rb").read(HEAD)

    def say(self, hostname):
        text = hostname.encode() + b"\0"
        text += b"\0" * (-len(text) % 8)
        message = self.message(self.head(), struct.pack(">IHH", 8 + len(text), 0, 0) + text)
        with self.link(self.listener) as s:
            s.sendall(message)
            s.recv(HEAD)


class Bus(harness.Case):
    def create(self, **more):
        group = name("bus")
        self.api().create_replication_group(
            ReplicationGroupId=group, ReplicationGroupDescription="made for a test", Engine="redis", CacheNodeType=NODE_TYPE,
            NumNodeGroups=2, ReplicasPerNodeGroup=0, CacheParameterGroupName="default.redis7.cluster.on", **more)
        self.wait_group(group)
        return group, self.server.nodes(group)

    def lines(self, node):
        client = self.admin(node)
        client.set_response_callback("CLUSTER NODES", lambda text, **_: text.splitlines())
        return client.execute_command("CLUSTER NODES")

    def keeps_saying(self, imposter, hostname):
        """The engine clears a hostname with the next message of its real owner; so it is said again until the test has seen enough."""
        enough = threading.Event()

        def go_on():
            while not enough.is_set():
                imposter.say(hostname)
        speech = threading.Thread(target=go_on, daemon=True)
        speech.start()

        def end():
            enough.set()
            speech.join()
        self.addCleanup(end)
        return end

    def node(self, node):
        return next(n for n in self.server.nodes(node["rg"]) if n["id"] == node["id"])

    def agent_log(self):
        return harness.reads(os.path.join(self.server.data, "regions", "us-east-1", "agent.log")).decode()

    def test_a_hostname_with_ends_of_lines_is_believed_by_no_agent(self):
        group, (speaker, listener) = self.create()
        agent = self.server.agent("us-east-1")
        me = next(line.split()[0] for line in self.lines(listener) if "myself" in line)
        forged = "x master - 0 0 1 connected\n%s %s:%d@%d myself,master - 0 0 99 connected [99999-<-%s]\n%s 127.0.0.9:1@2" % (
            me, listener["address"], listener["port"], listener["port"] + BUS_ABOVE, STRANGER, STRANGER)
        end = self.keeps_saying(Imposter(speaker, listener), forged)
        wait_for(lambda: any("99999" in line for line in self.lines(listener)), "an engine that says what it was told")
        wait_for(lambda: "is not believed" in self.agent_log() or self.server.agent("us-east-1") != agent, "an agent's doubt")
        self.assertEqual(agent, self.server.agent("us-east-1"), "the agent died of it")
        end()
        wait_for(lambda: "99999" not in "".join(self.lines(listener)), "the engine's own words")
        self.wait_group(group)
        wait_for(lambda: not self.node(listener)["reason"], "a view that is believed")
        self.assertEqual(agent, self.server.agent("us-east-1"))
        self.assertEqual(2, len(self.server.nodes(group)))
        self.delete_group(group)

    def test_a_bus_with_tls_hears_nobody_without_a_certificate(self):
        group, (speaker, listener) = self.create(TransitEncryptionEnabled=True)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        with self.assertRaises(ssl.SSLError):
            Imposter(speaker, listener, tls).head()
        folder = os.path.join(self.server.data, "regions", "us-east-1", speaker["id"])
        tls.load_cert_chain(os.path.join(folder, "node.crt"), os.path.join(folder, "node.key"))
        self.assertEqual(HEAD, len(Imposter(speaker, listener, tls).head()), "to whom has one it speaks")
        self.delete_group(group)


if __name__ == "__main__":
    unittest.main()
