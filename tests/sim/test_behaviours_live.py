"""What the engines do for real: the same files as the models are held to in test_behaviours.c, so that a model that lies is found."""
import os
import shutil
import sys
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import behaviours

PROGRAMS = {"redis": ("redis-server", "valkey-server"), "cluster": ("redis-server", "valkey-server"), "memcached": ("memcached",)}
FILES = sorted(f for f in os.listdir(behaviours.FOLDER) if f.endswith(".txt"))


def case(file, kind, program, lines):
    return lambda self: behaviours.run(file, kind, program, lines)


def missing(program):
    def test(self):
        self.skipTest("%s is not installed" % program)
    return test


def methods(file, program):
    kind, found = behaviours.read(file)
    if shutil.which(program) is None:
        return {"test_all_behaviours": missing(program)}
    return {"test_" + sentence.replace(" ", "_"): case(file, kind, program, lines) for sentence, lines in found}


for _file in FILES:
    for _program in PROGRAMS[behaviours.read(_file)[0]]:
        _name = "%s_of_%s" % (_file.removesuffix(".txt").title(), _program.replace("-", "_"))
        globals()[_name] = type(_name, (unittest.TestCase,), methods(_file, _program))
