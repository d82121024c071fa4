"""Runs the files of tests/sim/behaviours on real engines: see the README there."""
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
from waiting import wait_for

FOLDER = os.environ["BEHAVIOURS"]
PORT, BUS, KILO, DEADLINE, EVERY = 6379, 16379, 1100, 20, 0.005
SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP, "cont": signal.SIGCONT, "term": signal.SIGTERM}


def matches(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


class Closed(Exception):
    """The engine has closed the connection; the last thing that it said, if anything."""


class Answer:
    """An answer as text, and as the lines that it holds."""

    def __init__(self, text, lines):
        self.text, self.lines = text, lines

    def lacks(self, expected):
        for e in expected:
            kind, _, pattern = e.partition(" ")
            if kind == "=" and not matches(pattern, self.text):
                return e
            if kind == "~" and not any(matches(pattern, line) for line in self.lines):
                return e
            if kind == "!~" and any(matches(pattern, line) for line in self.lines):
                return e
        return None


class Connection:
    def __init__(self, address, memcached):
        self.socket = socket.create_connection((address, PORT), timeout=DEADLINE)
        self.memcached, self.data, self.owed = memcached, b"", 0

    def send(self, text):
        if self.memcached:
            self.socket.sendall(b"".join(part.strip().encode() + b"\r\n" for part in text.split("|")))
            self.command = text
        else:
            words = [w.encode() for w in shlex.split(text)]
            self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))

    def more(self):
        try:
            part = self.socket.recv(65536)
        except ConnectionResetError:
            part = b""
        except socket.timeout:
            raise AssertionError("no answer") from None
        if not part:
            raise Closed(self.data.decode())
        self.data += part

    def line(self):
        while b"\n" not in self.data:
            self.more()
        line, _, self.data = self.data.partition(b"\n")
        return line.rstrip(b"\r").decode()

    def read(self):
        return self.read_lines() if self.memcached else Answer(*self.read_reply())

    def read_reply(self):
        line = self.line()
        kind, rest = line[0], line[1:]
        if kind in "+-":
            return line, [rest]
        if kind == ":":
            return line, [rest]
        if line in ("$-1", "*-1"):
            return "nil", [""]
        if kind == "$":
            size = int(rest) + 2
            while len(self.data) < size:
                self.more()
            text, self.data = self.data[:size - 2].decode(), self.data[size:]
            return "$" + text, text.splitlines()
        parts = [self.read_reply() for _ in range(int(rest))]
        return "[%s]" % " ".join(p[0] for p in parts), [line for p in parts for line in p[1]]

    def value(self):
        """The next answer as strings, numbers and lists."""
        line = self.line()
        if line[0] == "*":
            return [self.value() for _ in range(int(line[1:]))]
        if line[0] != "$":
            return line[1:]
        size = int(line[1:]) + 2
        while len(self.data) < size:
            self.more()
        text, self.data = self.data[:size - 2].decode(), self.data[size:]
        return text

    def read_lines(self):
        lines = [self.line()]
        until_end = self.command.split()[0] in ("stats", "get", "gets") and not re.match("ERROR|CLIENT_ERROR|RESET", lines[0])
        while until_end and lines[-1] != "END":
            lines.append(self.line())
        return Answer(lines[0], lines)

    def is_silent(self):
        return not self.data and not select.select([self.socket], [], [], 0)[0]


class Stage:
    """One behaviour's engines."""

    def __init__(self, kind, program, number):
        self.kind, self.program, self.number = kind, program, number
        self.folder = tempfile.mkdtemp(prefix="meridian-behaviour-")
        self.processes, self.connections, self.variables = {}, {}, {}
        self.authority = None

    def finish(self):
        for c in self.connections.values():
            c.socket.close()
        for p in self.processes.values():
            if p.poll() is None:
                p.kill()
            p.wait()
        shutil.rmtree(self.folder)

    def host(self, name):
        return "127.77.%d.%d" % (self.number, ord(name[0]) - ord("a") + 1)

    # ---- texts ----

    def variable(self, match):
        name = match[1]
        if re.fullmatch(r"[a-h]\.\w+", name):
            what = name[2:]
            return {"host": self.host(name), "port": str(PORT), "bus": str(BUS), "name": "0123456789abcdef"[(ord(name[0]) - 96) & 15] * 40}[what]
        if name == "kilo":
            return "x" * KILO
        base, sign, more = re.fullmatch(r"(\w+)([+-])?(\d*)", name).groups()
        if base not in self.variables:
            return match[0]
        value = self.variables[base]
        return str(int(value) + int(sign + more)) if sign else value

    def expand(self, text):
        return re.sub(r"\{([^{}]{1,40})\}", self.variable, text)

    # ---- processes ----

    def path(self, name, file=""):
        return os.path.join(self.folder, name[0], file)

    def launch(self, name, rest):
        os.makedirs(self.path(name), exist_ok=True)
        for key in [k for k in self.connections if k[0] == name[0]]:
            self.connections.pop(key).socket.close()
        if self.kind == "memcached":
            args = [self.program, *shlex.split(rest)]
        else:
            with open(os.path.join(FOLDER, self.kind + ".conf")) as f:
                text = f.read()
            text = text.replace("{dir}", self.path(name).rstrip("/")).replace("{host}", self.host(name))
            with open(self.path(name, "redis.conf"), "w") as f:
                f.write(text + rest.replace(";", "\n") + "\n")
            args = [self.program, "redis.conf"]
        with open(self.path(name, "engine.log"), "a") as log:
            self.processes[name[0]] = subprocess.Popen(args, cwd=self.path(name), stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def start(self, name, rest):
        self.launch(name, rest)
        ask = "version" if self.kind == "memcached" else "PING"
        self.until(name, ask, ["!~ *LOADING*"])

    # ---- commands ----

    def connection(self, name):
        if name not in self.connections:
            self.connections[name] = Connection(self.host(name), self.kind == "memcached")
        return self.connections[name]

    def command(self, name, text, expected):
        c = self.connection(name)
        c.send(text)
        if expected == ["= later"]:
            return
        try:
            answer = c.read()
        except Closed as e:
            if not expected:
                return
            raise AssertionError("closed: %s" % e) from None
        lacks = answer.lacks(expected)
        if lacks:
            raise AssertionError("the answer is %r, and not %s" % (answer.text, lacks))

    def until(self, name, text, expected):
        last = []

        def holds():
            try:
                c = self.connection(name)
                c.send(text)
                answer = c.read()
            except (OSError, Closed) as e:
                self.connections.pop(name, None)
                last[:] = [repr(e)]
                return False
            last[:] = [answer.text, answer.lacks(expected)]
            return last[1] is None
        try:
            wait_for(holds, "%s: %s" % (name, text), DEADLINE, EVERY)
        except AssertionError as e:
            raise AssertionError("%s %r" % (e, last)) from None

    def reply(self, name, expected):
        answer = self.connections[name].read()
        lacks = answer.lacks(expected)
        if lacks:
            raise AssertionError("the answer is %r, and not %s" % (answer.text, lacks))

    def closed(self, name, pattern):
        c = self.connections[name]
        try:
            while True:
                c.more()
        except Closed as e:
            said = str(e).strip().lstrip("-")
        self.connections.pop(name)
        if pattern and not matches(pattern, said):
            raise AssertionError("it said %r" % said)

    def let(self, variable, rest):
        command, _, field = rest.rpartition("|")
        name, _, text = command.partition(":")
        c = self.connection(name.strip())
        c.send(text.strip())
        answer = c.read()
        field = field.strip()
        if field == "-":
            self.variables[variable] = answer.text[1:]
            return
        found = [line[len(field) + 1:] for line in answer.lines if line.startswith(field + ":")]
        if not found:
            raise AssertionError("there is no %s in the answer" % field)
        self.variables[variable] = found[0]

    # ---- the other lines ----

    def ended(self, name, how):
        status = self.processes[name[0]].wait(DEADLINE)
        was = "signal %d" % -status if status < 0 else str(status)
        if not matches(how, was):
            raise AssertionError("it ended with %s, and not %s" % (was, how))

    def file(self, name, file, there):
        wait_for(lambda: os.path.exists(self.path(name, file)) == there, "the file %s" % file, DEADLINE, EVERY)

    def log(self, name, pattern):
        with open(self.path(name, "engine.log"), errors="replace") as f:
            if not any(matches(pattern, line.rstrip("\r\n")) for line in f):
                raise AssertionError("its log has no line %s" % pattern)

    def write(self, name, rest):
        file, _, text = rest.partition(" ")
        os.makedirs(self.path(name), exist_ok=True)
        with open(self.path(name, file), "w") as f:
            f.write(text.replace(";", "\n"))

    def certificates(self, name):
        """key.pem, cert.pem and ca.pem, as tests of the agent have them."""
        sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "agent"))
        from certificates import Authority
        os.makedirs(self.path(name), exist_ok=True)
        if self.authority is None:
            self.authority = Authority(self.folder)
        own = self.authority.issue(self.host(name))
        for file, text in (("cert.pem", own["certificate"]), ("key.pem", own["key"]), ("ca.pem", self.authority.pem)):
            with open(self.path(name, file), "w") as f:
                f.write(text)

    def block(self, name, file):
        os.mkdir(self.path(name, file))

    def unblock(self, name, file):
        os.rmdir(self.path(name, file))

    def still(self, name):
        if not self.connections[name].is_silent():
            raise AssertionError("there is an answer")

    def garbage(self, name):
        self.connection(name).socket.sendall(b"*?\r\n")

    def line(self, text, expected):
        text, expected = self.expand(text), [self.expand(e) for e in expected]
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word.endswith(":"):
            return self.command(word[:-1], rest, expected)
        if word == "until":
            name, _, words = rest.partition(":")
            return self.until(name, words.strip(), expected)
        name, _, rest = rest.partition(" ")
        if word in SIGNALS:
            return self.processes[name[0]].send_signal(SIGNALS[word])
        simple = {"start": self.start, "launch": self.launch, "let": self.let, "closed": self.closed, "ended": self.ended,
                  "log": self.log, "write": self.write, "block": self.block, "unblock": self.unblock}
        if word in simple:
            return simple[word](name, rest)
        if word == "only":
            return None
        if word in ("still", "garbage", "certificates"):
            return getattr(self, word)(name)
        if word in ("file", "nofile"):
            return self.file(name, rest, word == "file")
        if word == "reply":
            return self.reply(name, expected)
        raise AssertionError("nobody knows %r" % word)


def read(file, program=None):
    """The kind of engine of a file, and its behaviours: (sentence, [(number, line, expected)]), but for those of other programs alone."""
    kind, found = None, []
    with open(os.path.join(FOLDER, file)) as f:
        for number, line in enumerate(f, 1):
            line = line.rstrip("\r\n")
            if not line or line.startswith("#"):
                continue
            if line.startswith("engine "):
                kind = line.split()[1]
            elif line.startswith("== "):
                found.append((line[3:], []))
            elif re.match(r"= |~ |!~ ", line):
                found[-1][1][-1][2].append(line)
            else:
                found[-1][1].append((number, line, []))
    def is_for(lines):
        only = [line.split()[1] for _, line, _ in lines if line.startswith("only ")]
        return program is None or not only or program in only
    return kind, [b for b in found if is_for(b[1])]


def run(file, kind, program, number, lines):
    """Behaviours with different numbers can run at the same time."""
    stage = Stage(kind, program, number)
    try:
        for number, line, expected in lines:
            try:
                stage.line(line, expected)
            except (AssertionError, OSError, Closed, subprocess.TimeoutExpired) as e:
                raise AssertionError("%s:%d: %s: %s" % (file, number, line, e)) from None
    finally:
        stage.finish()
