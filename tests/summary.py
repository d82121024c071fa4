"""Reads Meson's log of a test run: shows what failed and why, names what was skipped, and ends with the count.

usage: summary.py TESTLOG.JSON STATUS    where STATUS is the exit status of the run itself
"""
import json
import re
import sys

TAP = re.compile(r"^(not )?ok\b\s*\d*\s*-?\s*(.*?)\s*(?:#\s*(SKIP|TODO)\b\s*(.*))?$", re.IGNORECASE)
LAST_LINES = 60
SLOWEST = 10


def read(path):
    try:
        with open(path) as log:
            return [json.loads(line) for line in log]
    except FileNotFoundError:
        return []


def last_lines(text):
    return "\n".join("  " + line for line in text.splitlines()[-LAST_LINES:])


def cases(run):
    """The cases of one test program: (name, "passed" | "failed" | "skipped", reason or diagnosis)."""
    found = []
    for line in run["stdout"].splitlines():
        m = TAP.match(line)
        if m:
            verdict = "failed" if m[1] and m[3] is None else "skipped" if (m[3] or "").upper() == "SKIP" else "passed"
            found.append([re.sub(r"\s*\(\d+\.\d+s\)$", "", m[2]), verdict, m[4] or ""])
        elif found and found[-1][1] == "failed" and line[:1] in "# \t":
            found[-1][2] += line + "\n"
    ended_well = run["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
    if not found or (not ended_well and all(verdict != "failed" for _, verdict, _ in found)):
        verdict = "failed" if not ended_well else "skipped" if run["result"] == "SKIP" else "passed"
        text = "%s, status %s\n%s" % (run["result"].lower(), run["returncode"], last_lines(run["stdout"]) if not found else "")
        found.append(["(the program)", verdict, text.rstrip() if verdict == "failed" else ""])
    return found


def main():
    path, status = sys.argv[1], int(sys.argv[2])
    count = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = []
    runs = read(path)
    for run in runs:
        failed = False
        for name, verdict, text in cases(run):
            count[verdict] += 1
            title = "%s: %s" % (run["name"].removeprefix("meridian:"), name)
            if verdict == "failed":
                failed = True
                print("\nFAILED %s\n%s" % (title, text.rstrip()))
            elif verdict == "skipped":
                skipped.append("skipped %s: %s" % (title, text))
        if failed and run.get("stderr", "").strip():
            print("  standard error of %s, its end:" % run["name"])
            print(last_lines(run["stderr"]))
    if not runs or (status and not count["failed"]):
        count["failed"] += 1
        print("\nFAILED the test run itself ended with status %d" % status)
    print("\n".join(skipped))
    if len(runs) > SLOWEST:
        slowest = sorted(runs, key=lambda r: r["duration"], reverse=True)[:SLOWEST]
        print("the slowest: " + ", ".join("%s %.0f s" % (r["name"].split(" / ")[-1], r["duration"]) for r in slowest))
    print("%d passed, %d failed" % (count["passed"], count["failed"]) + (", %d skipped" % count["skipped"] if skipped else ""))
    return 1 if count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
