"""What the engines do for real: the same files as the models are held to in test_behaviours.c, so that a model that lies is found."""
import concurrent.futures
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import behaviours

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


for _file in FILES:
    for _program in PROGRAMS[behaviours.read(_file)[0]]:
        globals()[name_of(_file, _program)] = live(_file, _program) if shutil.which(_program) else missing(_file, _program)
del Live
