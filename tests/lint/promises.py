"""docs/promises.md: each sentence has a number, under which docs/promises-tests.md names the tests that hold it; each of these exists."""
import ast
import os
import re

import tree

PAGE, TESTS = "docs/promises.md", "docs/promises-tests.md"
# A row of either page: its promise's number, and the rest.
ROW = re.compile(r"^\| ([A-Z]\d+) \| (.*) \|$", re.MULTILINE)
# A file below tests/, and what it has: suite/test_file.py::Class::test_name, suite/test_file.c::name.
NAMED = re.compile(r"`([\w/]+\.(?:py|c))::([\w:]+)`")
C_TEST = re.compile(r"^(?:Test|ParameterizedTest|Theory)\((?:\([^)]*\), *)?\w+, (\w+)", re.MULTILINE)


def tests_of_python(text):
    classes = [c for c in ast.parse(text).body if isinstance(c, ast.ClassDef)]
    return {"%s::%s" % (c.name, f.name) for c in classes for f in c.body if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")}


def tests_of(file):
    if not os.path.isfile(os.path.join(tree.ROOT, "tests", file)):
        return set()
    text = tree.read("tests/" + file)
    return tests_of_python(text) if file.endswith(".py") else set(C_TEST.findall(text))


def check_numbers(page, tests):
    """Both pages have the same promises in the same order, and those of a letter count from 1."""
    told, held = [n for n, _ in ROW.findall(page)], [n for n, _ in ROW.findall(tests)]
    if told != held:
        yield "%s and %s have other promises: %s" % (PAGE, TESTS, sorted(set(told) ^ set(held)) or "the order differs")
    for letter in {n[0] for n in told}:
        numbers = [int(n[1:]) for n in told if n[0] == letter]
        if numbers != list(range(1, len(numbers) + 1)):
            yield "%s: the numbers of %s are not 1, 2, 3 …: %s" % (PAGE, letter, numbers)


def check_tests(tests):
    for number, holds in ROW.findall(tests):
        named = NAMED.findall(holds)
        if not named:
            yield "%s: no test holds %s" % (TESTS, number)
        for file, test in named:
            if test not in tests_of(file):
                yield "%s: %s: there is no test %s in tests/%s" % (TESTS, number, test, file)


if __name__ == "__main__":
    for row in ("| K1 | nothing |", "| K1 | `lint/promises.py::Nobody::test_nothing` |", "| K1 | `base/test_base.c::nothing` |"):
        assert list(check_tests(row)), "%s must be seen" % row
    for rows in (("| K1 | A. |", "| K2 | `x` |"), ("| K2 | A. |", "| K2 | `x` |")):
        assert list(check_numbers(*rows)), "%s must be seen" % (rows,)
    page, tests = tree.read(PAGE), tree.read(TESTS)
    found = [*check_numbers(page, tests), *check_tests(tests)]
    if len(ROW.findall(page)) < 100:
        found.append(PAGE + ": most of its sentences are missing")
    tree.finish(found)
