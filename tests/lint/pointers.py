"""What a document points to is there: each file that it names, and each function, as `src/plan/want.c` and `want_node()`."""
import os
import re

import tree

PATH = re.compile(r"`((?:src|docs|tests|schema|api|migrations|bench|docker)/[\w./-]*)`")
PLACEHOLDER = re.compile(r"[A-Z]{3}|/x/")
FUNCTION = re.compile(r"`(\w+)\(\)`")
# Functions of others, and of tests, that documents speak of.
FOREIGN = {"bind", "exec", "errno"}


def missing(name, text, exists, source):
    for path in filter(lambda path: not PLACEHOLDER.search(path), PATH.findall(text)):
        if not exists(path):
            yield "%s points to %s, which is not there" % (name, path)
    for function in FUNCTION.findall(text):
        if function not in FOREIGN and not re.search(r"\b%s\(" % function, source):
            yield "%s points to %s(), which no source has" % (name, function)


if __name__ == "__main__":
    assert list(missing("x", "`src/no.c`", lambda path: False, "")) and list(missing("x", "`no()`", lambda path: True, "yes(")), "must be seen"
    source = "\n".join(tree.read(path) for path in tree.files(".c", ".h", under=("src", "tests")))
    found = []
    for page in tree.files(".md"):
        found += missing(page, tree.read(page), lambda path: os.path.exists(os.path.join(tree.ROOT, path)), source)
    tree.finish(found)
