"""A resolver of names: questions as packets, and a Python whose connections ask a server's --dns for the names of a domain."""
import contextlib
import socket
import struct
import unittest.mock

A, SOA, TXT, AAAA = 1, 6, 16, 28
NO_ERROR, NO_NAME, REFUSED = 0, 3, 5


def question(name, kind=A):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", kind, 1)


def pass_name(packet, at):
    while packet[at]:
        if packet[at] >= 0xC0:
            return at + 2
        at += 1 + packet[at]
    return at + 1


class Answer:
    """The code, the addresses in their order, and how many seconds they are good for."""

    def __init__(self, packet):
        _, flags, questions, answers, _, _ = struct.unpack(">6H", packet[:12])
        self.code, self.cut, self.addresses, self.seconds = flags & 15, bool(flags & 0x200), [], None
        at = 12
        for _ in range(questions):
            at = pass_name(packet, at) + 4
        for _ in range(answers):
            at = pass_name(packet, at)
            kind, _, self.seconds, size = struct.unpack(">2HIH", packet[at:at + 10])
            data, at = packet[at + 10:at + 10 + size], at + 10 + size
            if kind in (A, AAAA):
                self.addresses.append(socket.inet_ntop(socket.AF_INET if kind == A else socket.AF_INET6, data))


class Resolver:
    """Asks the DNS of a server (harness.Server)."""

    def __init__(self, server):
        with open(server.data + "/dns", encoding="ascii") as f:
            host, _, port = f.read().strip().rpartition(":")
        self.at = (host, int(port))

    def ask(self, name, kind=A, tcp=False):
        packet = question(name, kind)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM) as s:
            s.settimeout(10)
            s.connect(self.at)
            if not tcp:
                s.send(packet)
                return Answer(s.recv(4096))
            s.sendall(struct.pack(">H", len(packet)) + packet)
            with s.makefile("rb") as f:
                return Answer(f.read(struct.unpack(">H", f.read(2))[0]))

    def address(self, name):
        """The first one; None: there is none."""
        return next(iter(self.ask(name).addresses), None)

    @contextlib.contextmanager
    def at_work(self, domain):
        """Whatever connects to a name of the domain meanwhile has asked here."""
        real = socket.getaddrinfo

        def getaddrinfo(host, port, *more, **options):
            if not isinstance(host, str) or not host.lower().endswith("." + domain):
                return real(host, port, *more, **options)
            found = self.ask(host).addresses
            if not found:
                raise socket.gaierror(socket.EAI_NONAME, host)
            return [entry for address in found for entry in real(address, port, *more, **options)]

        with unittest.mock.patch("socket.getaddrinfo", getaddrinfo):
            yield
