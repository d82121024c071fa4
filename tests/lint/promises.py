"""docs/promises.md: every sentence names the tests that hold it, and each of them exists."""
import ast
import os
import re

import tree

PAGE = "docs/promises.md"
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


def sentences(page):
    """The rows of the tables: the number of the line, the sentence, what holds it."""
    for number, line in enumerate(page.splitlines(), 1):
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] not in ("", "---", "promise"):
            yield number, cells[0], cells[-1] if len(cells) > 1 else ""


def check(page):
    for number, sentence, holds in sentences(page):
        named = NAMED.findall(holds)
        if not named:
            yield "%s:%d: no test holds: %s" % (PAGE, number, sentence)
        for file, test in named:
            if test not in tests_of(file):
                yield "%s:%d: there is no test %s in tests/%s" % (PAGE, number, test, file)


if __name__ == "__main__":
    for row in ("| A sentence. | |", "| A sentence. | `lint/promises.py::Nobody::test_nothing` |", "| A sentence. | `base/test_base.c::nothing` |"):
        assert list(check(row)), "%s must be seen" % row
    page = tree.read(PAGE)
    found = list(check(page))
    if len(list(sentences(page))) < 50:
        found.append(PAGE + ": most of its sentences are missing")
    tree.finish(found)
