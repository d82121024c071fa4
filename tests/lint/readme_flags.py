"""The README's table of flags is the program's own: `meridian help serve --markdown` between the two marks.

usage: readme_flags.py PROGRAM [--write]    with --write, puts the program's table into the README
"""
import difflib
import os
import subprocess
import sys

import tree

BEGIN, END = "<!-- flags: meridian help serve --markdown -->\n", "<!-- end of flags -->\n"


if __name__ == "__main__":
    table = subprocess.run([sys.argv[1], "help", "serve", "--markdown"], stdout=subprocess.PIPE, text=True, check=True).stdout
    before, begin, rest = tree.read("README.md").partition(BEGIN)
    written, end, after = rest.partition(END)
    if not begin or not end:
        tree.finish(["README.md: the marks around the table of flags are missing"])
    if "--write" in sys.argv:
        with open(os.path.join(tree.ROOT, "README.md"), "w", encoding="utf-8") as f:
            f.write(before + begin + table + end + after)
        sys.exit(0)
    tree.finish([line.rstrip() for line in difflib.unified_diff(written.splitlines(), table.splitlines(), "README.md", "the program")])
