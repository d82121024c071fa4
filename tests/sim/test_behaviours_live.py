"""What the engines do for real: the same files as the models are held to in test_behaviours.c, so that a model that lies is found."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import behaviours
import waiting

PROGRAMS = {"redis": ("redis-server", "valkey-server"), "cluster": ("redis-server", "valkey-server"), "memcached": ("memcached",)}
FILES = sorted(f for f in os.listdir(behaviours.FOLDER) if f.endswith(".txt"))
AT_ONCE = 4  # most of them wait most of the time


class Live(unittest.TestCase):
    """Each behaviour is one test; they have begun before the first of them is asked for."""
    file = kind = program = found = None

    @classmethod
    def setUpClass(cls):
        cls.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        cls.running = {sentence: cls.pool.submit(behaviours.run, cls.file, cls.kind, cls.program, number, lines)
                       for number, (sentence, lines) in enumerate(cls.found)}

    @classmethod
    def tearDownClass(cls):
        cls.pool.shutdown(cancel_futures=True)


def result_of(sentence):
    return lambda self: self.running[sentence].result()


def live(file, program):
    kind, found = behaviours.read(file, program)
    members = {"test_" + sentence.replace(" ", "_"): result_of(sentence) for sentence, _ in found}
    return type(name_of(file, program), (Live,), dict(members, file=file, kind=kind, program=program, found=found))


def missing(file, program):
    def test(self):
        self.skipTest("%s is not installed" % program)
    return type(name_of(file, program), (unittest.TestCase,), {"test_all_behaviours": test})


def name_of(file, program):
    return "%s_of_%s" % (file.removesuffix(".txt").title(), program.replace("-", "_"))


class Tables(unittest.TestCase):
    """What the models were told of redis-server as tables: what it says itself."""
    MODEL = os.path.join(os.path.dirname(__file__), "model")
    ADDRESS = "127.77.250.1"
    OWN = ("bind", "port", "dir", "save", "protected-mode")  # settings that the engine is started with

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="meridian-tables-")
        args = ["redis-server", "--bind", self.ADDRESS, "--port", str(behaviours.PORT), "--dir", self.folder, "--save", "", "--protected-mode", "no"]
        self.process = subprocess.Popen(args, stdout=subprocess.DEVNULL)
        self.addCleanup(shutil.rmtree, self.folder)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.conn = waiting.wait_for(self.connect, "redis-server", 20, 0.01)

    def connect(self):
        try:
            conn = behaviours.Connection(self.ADDRESS, False)
        except OSError:
            return None
        self.addCleanup(conn.socket.close)
        return conn

    def ask(self, text):
        self.conn.send(text)
        return self.conn.value()

    def source(self, name):
        with open(os.path.join(self.MODEL, name)) as f:
            return f.read()

    def test_commands_are_those_of_the_engine(self):
        if "v=7.0.15" not in subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout:
            self.skipTest("redis-server is not version 7.0.15")
        rows = re.findall(r'C\("([^"]+)", (-?\d+), "([^"]*)", "([^"]*)", (-?\d+), (-?\d+), (-?\d+)\)', self.source("commands.h"))
        known = {r[0]: (r[1], r[2], r[3], r[4:]) for r in rows}
        told = {}
        for row in self.ask("COMMAND"):
            for name, arity, flags, first, last, step, categories, *_ in [row, *row[9]]:
                told[name] = (arity, " ".join(sorted(flags)), " ".join(sorted(c.lstrip("@") for c in categories)), (first, last, step))
        self.maxDiff = None
        self.assertEqual(known, told)

    def test_settings_have_the_defaults_of_the_engine(self):
        text = re.sub(r"\s+", " ", self.source("settings.h"))
        rows = re.findall(r'[SO]\( ?(?:S_\w+, )?"([^"]+)", "([^"]*)", K_\w+, "([^"]*)"', text)
        self.assertGreater(len(rows), 120)
        words = self.ask("CONFIG GET *")
        told = dict(zip(words[::2], words[1::2]))
        hidden = {name for name, _, _ in rows if name not in told}
        self.assertEqual(hidden, {"rdb-key-save-delay", "key-load-delay", "loading-process-events-interval-bytes"})
        self.assertEqual(set(told), {r[0] for r in rows} - hidden | {r[1] for r in rows} - {""})
        for name, alias, otherwise in rows:
            if name in self.OWN or name in hidden:
                continue
            self.assertEqual(otherwise, told[name], name)
            if alias:
                self.assertEqual(otherwise, told[alias], alias)


for _file in FILES:
    for _program in PROGRAMS[behaviours.read(_file)[0]]:
        globals()[name_of(_file, _program)] = live(_file, _program) if shutil.which(_program) else missing(_file, _program)
del Live
