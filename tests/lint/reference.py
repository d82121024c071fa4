"""The tables of docs/reference.md that the program makes are the program's own: what stands between two marks is its output.

usage: reference.py PROGRAM [--write]    with --write, puts the program's tables there
"""
import difflib
import os
import re
import subprocess
import sys

import tree

PATH = "docs/reference.md"
MARKED = re.compile(r"(?<=<!-- begin: meridian )(help [a-z -]+)( -->\n)(.*?)(?=<!-- end -->\n)", re.DOTALL)
WANTED = ("help serve --markdown", "help wait --markdown", "help --markdown",
          "help engine-check --markdown")


def filled(program, text):
    def table(m):
        return m[1] + m[2] + subprocess.run([program, *m[1].split()], stdout=subprocess.PIPE, text=True, check=True).stdout
    return MARKED.sub(table, text)


if __name__ == "__main__":
    written = tree.read(PATH)
    marked = [m[1] for m in MARKED.finditer(written)]
    if sorted(marked) != sorted(WANTED):
        tree.finish(["%s: the tables are %s, and shall be %s" % (PATH, marked, WANTED)])
    right = filled(sys.argv[1], written)
    if "--write" in sys.argv:
        with open(os.path.join(tree.ROOT, PATH), "w", encoding="utf-8") as f:
            f.write(right)
        sys.exit(0)
    tree.finish([line.rstrip() for line in difflib.unified_diff(written.splitlines(), right.splitlines(), PATH, "the program")])
