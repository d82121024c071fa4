"""Where an agent looks for serve: it speaks to a process of its own user, at a socket in serve's own folder, and to nobody else."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from field import Field, main, node, poll

NOBODY = 65534
STRANGER = r"""
import json, re, socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
listener.listen()
print("listens", flush=True)
while True:
    link, _ = listener.accept()
    heard = link.recv(65536)
    print("heard %d" % len(heard), flush=True)
    order = json.dumps({"version": 1 << 50, "region": "r1", "nodes": [], "links": [], "shutdown": True}).encode()
    if heard:
        link.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(order) + order)
"""


class Stranger:
    """A process of a user that listens at a path and would have every agent stop."""

    def __init__(self, path, user):
        self.log = tempfile.TemporaryFile("w+")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            more = {} if user == os.getuid() else {"user": user}
            self.process = subprocess.Popen([sys.executable, "-c", STRANGER, str(listener.fileno())], stdin=subprocess.DEVNULL,
                                            stdout=self.log, pass_fds=[listener.fileno()], cwd="/", **more)
        poll(lambda: "listens" in self.said(), "the stranger")

    def said(self):
        return os.pread(self.log.fileno(), 1 << 16, 0).decode()

    def heard(self):
        return sum(map(int, re.findall("heard ([0-9]+)", self.said())))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.log.close()


class Channel(Field):
    OCTET = 40

    def setUp(self):
        super().setUp()
        self.order([node("g.a", self.address(1))])
        self.serve.stop()
        os.unlink(self.serve.path)

    def stranger(self, path, user):
        found = Stranger(path, user)
        self.addCleanup(found.close)
        return found

    def check(self, stranger, why):
        """An agent that starts does not speak to the stranger, and finds serve once that is there again."""
        self.start()
        poll(lambda: "serve does not answer (%s)" % why in self.log(), "the agent to look at what is there")
        os.unlink(self.serve.path)
        self.serve.start()
        self.wait_serves("g.a")
        self.assertEqual(0, stranger.heard(), stranger.said())

    def test_a_link_to_a_socket_elsewhere_is_not_followed(self):
        elsewhere = tempfile.mkdtemp(prefix="agent-test-elsewhere-")
        self.addCleanup(shutil.rmtree, elsewhere)
        stranger = self.stranger(os.path.join(elsewhere, "s"), os.getuid())
        os.symlink(os.path.join(elsewhere, "s"), self.serve.path)
        self.check(stranger, "there is no socket of this user")

    @unittest.skipUnless(os.getuid() == 0, "only root can start processes of another user")
    def test_a_socket_of_another_user_is_not_connected_to(self):
        stranger = self.stranger(self.serve.path, NOBODY)
        os.chown(self.serve.path, NOBODY, NOBODY)
        self.check(stranger, "there is no socket of this user")

    @unittest.skipUnless(os.getuid() == 0, "only root can start processes of another user")
    def test_another_user_who_listens_at_a_socket_of_ours_is_told_nothing(self):
        self.check(self.stranger(self.serve.path, NOBODY), "another user listens there")

    def test_a_folder_that_others_can_write_to_is_refused(self):
        os.chmod(self.dir, 0o777)
        self.assertEqual(1, self.start().wait(20))
        self.assertIn("opening %s" % self.dir, self.log())
        self.agents.clear()
        os.chmod(self.dir, 0o700)
        self.serve.start()


if __name__ == "__main__":
    main()
