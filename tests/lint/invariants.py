"""docs/architecture.md has the same invariants as src/plan/check.c, with the same numbers and words."""
import re

import tree


def kept(header, source):
    names = re.findall(r"^    (INVARIANT_[A-Z_]+)(?: = 1)?,$", header, re.MULTILINE)
    texts = dict(re.findall(r'^    \[(INVARIANT_[A-Z_]+)\] = "(.*)",$', source, re.MULTILINE))
    return [(str(i), texts.get(name)) for i, name in enumerate(names, 1)]


if __name__ == "__main__":
    code = kept(tree.read("src/plan/check.h"), tree.read("src/plan/check.c"))
    told = re.findall(r"^\| (\d+) \| (.*) \|$", tree.read("docs/architecture.md"), re.MULTILINE)
    assert code, "no invariants were found"
    tree.finish(["docs/architecture.md and src/plan/check.c differ: %s" % sorted(set(code) ^ set(told), key=str)] if code != told else [])
