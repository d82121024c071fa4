"""Requests that no client sends on purpose: each gets a well-formed answer, and nothing of them leaks, blocks or breaks anything."""
import os
import re
import socket
import unittest
import urllib.parse
import xml.etree.ElementTree

import harness
from harness import NAMESPACE, reads

setUpModule, tearDownModule = harness.one_server()

VERSION = "2015-02-02"
QUESTION = "Version=%s&Action=DescribeEvents" % VERSION


class Raw(harness.Case):
    """Bytes on a socket, past every client library."""

    def connect(self):
        host, port = self.server.url.removeprefix("http://").split(":")
        link = socket.create_connection((host, int(port)), timeout=10)
        self.addCleanup(link.close)
        return link

    def send(self, *lines, body=b""):
        """The status and the body of the answer to a request of some header lines."""
        link = self.connect()
        link.sendall("\r\n".join(lines + ("", "")).encode("latin-1") + body)
        answer = self.read_answer(link)
        return int(answer.split(b" ", 2)[1]), answer.partition(b"\r\n\r\n")[2]

    def read_answer(self, link):
        data = b""
        while True:
            head, end, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            if end and (length is None or len(body) >= int(length[1])):
                return data
            more = link.recv(65536)
            if not more:
                return data
            data += more

    def form(self, body, *headers):
        body = body if isinstance(body, bytes) else body.encode()
        return self.send("POST / HTTP/1.1", "Host: localhost", "Content-Length: %d" % len(body), *headers, body=body)

    def create(self, more):
        return self.form("Version=%s&Action=CreateReplicationGroup&Engine=redis&CacheNodeType=cache.t3.micro&%s" % (VERSION, more))

    def code(self, body):
        return xml.etree.ElementTree.fromstring(body).findtext("%sError/%sCode" % (NAMESPACE, NAMESPACE))

    def assert_refused(self, answer, *codes):
        self.assertLess(answer[0], 500, answer)
        self.assertIn(self.code(answer[1]), codes, answer)


class Parameters(Raw):
    def test_that_are_no_text_are_refused(self):
        for value in ("%00", "a%00b", "%ff", "%C3%28", "%ED%A0%80", "%zz", "%"):
            with self.subTest(value=value):
                self.assert_refused(self.create("ReplicationGroupId=a&ReplicationGroupDescription=" + value), "MalformedQueryString")
        self.assert_refused(self.form(QUESTION.encode() + b"&a=\0"), "MalformedQueryString")
        self.assert_refused(self.form(QUESTION.encode() + b"&a=\xff\xfe"), "MalformedQueryString")

    def test_in_great_numbers_are_borne(self):
        self.assertEqual(200, self.form(QUESTION + "".join("&P%d=x" % i for i in range(10000)))[0])
        self.assertEqual(200, self.form(QUESTION + "&" + "A." * 50000 + "1=1")[0])
        tags = "".join("&Tags.Tag.%d.Key=k%d&Tags.Tag.%d.Value=v" % (i, i, i) for i in range(1, 5000))
        self.assert_refused(self.create("ReplicationGroupId=tags&ReplicationGroupDescription=d" + tags), "InvalidParameterValue")

    def test_that_are_no_numbers_are_refused(self):
        for value in ("99999999999999999999", "-99999999999999999999", "1e3", "0x10", "%D9%A3", "%202", "2.5", "", "-1", "0"):
            for member in ("NumCacheClusters", "Port"):
                with self.subTest(member=member, value=value):
                    answer = self.create("ReplicationGroupId=n&ReplicationGroupDescription=d&%s=%s" % (member, value))
                    self.assert_refused(answer, "InvalidParameterValue")

    def test_with_ids_that_would_be_paths_or_headers_are_refused(self):
        ids = ("../../etc/passwd", "a/b", ".", "-a", "a--b", "a\r\nX-Evil: 1", "a'b\"<x>", "café", "٣abc", "x" * 100000)
        for each in ids:
            with self.subTest(id=each[:20]):
                answer = self.create("ReplicationGroupDescription=d&ReplicationGroupId=" + urllib.parse.quote(each))
                self.assert_refused(answer, "InvalidParameterValue")
        self.assertEqual([], [n["id"] for n in self.server.nodes()])

    def test_with_control_characters_come_back_as_well_formed_xml(self):
        text = "\x01\x02\x1f\r\n\t\"'<>&]]>\x7f\x85\u2028\ufffe"
        status, body = self.create("ReplicationGroupId=odd&ReplicationGroupDescription=" + urllib.parse.quote(text))
        self.assertEqual(200, status)
        said = xml.etree.ElementTree.fromstring(body).findtext(".//%sDescription" % NAMESPACE)
        self.assertIn("\r\n\t\"'<>&]]>", said)
        answer = self.form("Version=%s&Action=%s" % (VERSION, urllib.parse.quote("\r\nX-Evil: 1\r\n\r\n<b>\x01" + "é" * 99)))
        self.assert_refused(answer, "InvalidAction")
        self.delete_group("odd")

    def test_of_the_largest_size_are_taken_and_larger_ones_are_refused(self):
        self.assertEqual(200, self.form((QUESTION + "&a=").ljust(1 << 20, "x"))[0])
        self.assertEqual(413, self.form((QUESTION + "&a=").ljust((1 << 20) + 1, "x"))[0])


class Http(Raw):
    def test_oddities_of_every_kind_get_an_answer(self):
        rows = (
            (200, ("GET http://localhost/_meridian/health HTTP/1.1", "Host: localhost")),
            (200, ("GET HTTP://localhost?%s HTTP/1.1" % QUESTION, "Host: localhost")),
            (200, ("GET /_meridian/health HTTP/1.0",)),
            (404, ("GET /../../etc/passwd HTTP/1.1", "Host: x")),
            (404, ("GET /_meridian/../_meridian/health HTTP/1.1", "Host: x")),
            (404, ("GET /\xff\xfe HTTP/1.1", "Host: x")),
            (404, ("OPTIONS * HTTP/1.1", "Host: x")),
            (405, ("DELETE / HTTP/1.1", "Host: x")),
            (400, ("POST / HTTP/1.1", "Host: x", "Content-Length: -5")),
            (413, ("POST / HTTP/1.1", "Host: x", "Content-Length: 99999999999999999999999")),
            (413, ("POST / HTTP/1.1", "Host: x", "Expect: 100-continue", "Content-Length: 99999999")),
            (414, ("GET /?x=%s HTTP/1.1" % ("x" * 100000), "Host: x")),
            (431, ("GET / HTTP/1.1", "Host: x", "X-Long: " + "x" * 100000)),
        )
        for status, lines in rows:
            with self.subTest(line=lines[0][:60]):
                self.assertEqual(status, self.send(*lines)[0])

    def test_pipelined_requests_are_all_answered(self):
        link = self.connect()
        link.sendall(b"GET /_meridian/health HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        data = b""
        while data.count(b"HTTP/1.1 200") < 50:
            more = link.recv(65536)
            self.assertTrue(more, "closed after %d answers" % data.count(b"HTTP/1.1 200"))
            data += more

    def test_hundreds_of_connections_that_say_nothing_or_little_are_borne(self):
        links = [self.connect() for _ in range(500)]
        for link in links[::2]:
            link.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Len")
        self.assertTrue(self.server.healthy())

    def test_pages_of_other_sites_are_refused(self):
        for lines in (("Host: localhost", "Origin: http://shop.example"), ("Host: localhost", "Origin: null"),
                      ("Host: shop.example", "Origin: http://shop.example"), ("Host: shop.example", "User-Agent: Mozilla/5.0")):
            with self.subTest(lines=lines):
                self.assertEqual(403, self.send("GET /_meridian/nodes HTTP/1.1", *lines)[0])


class Sightings(Raw):
    def connect(self):
        link = socket.socket(socket.AF_UNIX)
        link.settimeout(30)
        link.connect(os.path.join(self.server.data, "agents.sock"))
        self.addCleanup(link.close)
        return link

    def sighting(self, body):
        return self.send("POST /_meridian/agent/sighting HTTP/1.1", "Host: localhost", "Content-Length: %d" % len(body), body=body)[0]

    def test_that_are_nonsense_make_no_sense(self):
        for body in (b"", b"{", b"[]", b"null", b'{"region":1}', b'{"region":"../x","pid":1}', b"\xff", b"[" * 100000):
            with self.subTest(body=body[:20]):
                self.assertEqual(400, self.sighting(body))
        self.assertEqual(413, self.sighting(b" " * (2 << 20)))


class Secrets(Raw):
    def secrets(self):
        folder = os.path.join(self.server.data, "secrets")
        return {f: reads(os.path.join(folder, f)).decode() for f in os.listdir(folder)}

    def test_open_no_way_for_agents(self):
        for secret in ("", *self.secrets().values()):
            for path in ("assignment?region=us-east-1", "sighting"):
                self.assertEqual(404, self.send("GET /_meridian/agent/%s HTTP/1.1" % path, "Host: x", "Authorization: Bearer " + secret)[0])

    def test_are_told_to_nobody(self):
        group = self.create_group()
        secrets = self.secrets().values()
        places = {"log": self.server.log(), "nodes": str(self.server.nodes())}
        for pid, command in harness.processes_of(self.server.data).items():
            places["process %d" % pid] = command + reads("/proc/%d/environ" % pid).decode(errors="replace")
        for folder, _, files in os.walk(self.server.data):
            for path in (os.path.join(folder, f) for f in files):
                if os.stat(path).st_mode & 0o077:
                    places[path] = reads(path).decode(errors="replace")
                if path.endswith(".log"):
                    places[path] = reads(path).decode(errors="replace")
        self.assertEqual([], [place for place, text in places.items() if any(s in text for s in secrets)])
        self.delete_group(group)


if __name__ == "__main__":
    unittest.main()
