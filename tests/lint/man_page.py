"""`meridian help --man` is a manual page: its sections in the usual order, every flag of both commands, and nothing that roff would misread.

usage: man_page.py PROGRAM
"""
import re
import subprocess
import sys

import tree

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "FILES", "EXAMPLES", "SEE ALSO"]
REQUESTS = re.compile(r'\.(TH|SH|SS|TP|PP|br|nf|fi|\\")(\s|$)')
ESCAPES = re.compile(r"\\(f[BIR]|-|&|e|\(ti)")


def check(page, flags):
    """'flags' has the names of each command's flags."""
    problems = []
    sections = re.findall(r"^\.SH (.*)$", page, re.MULTILINE)
    if sections != SECTIONS:
        problems.append("the sections are %s" % sections)
    for n, line in enumerate(page.splitlines(), 1):
        if line.startswith((".", "'")) and not REQUESTS.match(line):
            problems.append("line %d is no request, and begins like one: %s" % (n, line))
        if not line.startswith(".") and "\\" in ESCAPES.sub("", line):
            problems.append("line %d has a backslash that is no escape: %s" % (n, line))
        if not line.startswith(".") and "--" in line:
            problems.append("line %d has hyphens that may be broken or joined: %s" % (n, line))
    for command, names in flags.items():
        part = re.search(r"^\.SS Flags of meridian %s\n(.*?)(?=^\.S[SH] )" % command, page, re.MULTILINE | re.DOTALL)
        told = [name.replace("\\-", "-") for name in re.findall(r"^\\fB\\-\\-(\S+)\\fR \\fI", part[1] if part else "", re.MULTILINE)]
        if told != names:
            problems.append("the flags of %s are %s, and the page has %s" % (command, names, told))
    return problems


def output(program, *arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def flag_names(program, command):
    return re.findall(r"^\| `--(\S+) ", output(program, "help", command, "--markdown"), re.MULTILINE)


if __name__ == "__main__":
    assert check(".SH NAME\n.x\n", {}), "an unknown request must be seen"
    assert [p for p in check("a --b\n", {}) if "hyphens" in p], "a flag that is not escaped must be seen"
    assert [p for p in check(".SS Flags of meridian serve\n.SH FILES\n", {"serve": ["listen"]}) if "the flags of" in p]
    flags = {command: flag_names(sys.argv[1], command) for command in ("serve", "agent")}
    assert len(flags["serve"]) > 10 and len(flags["agent"]) > 3, "the program's tables have no flags"
    tree.finish(check(output(sys.argv[1], "help", "--man"), flags))
