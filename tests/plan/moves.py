"""Every move of every lifecycle is made by some unit test of the plans or of the operations, and every kind of event is raised by one; prints how many are.

What a new row begins with is no move that anybody makes, but where an operation moves to it: schema/words.json lists it for the drawing.
"""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

source, build = map(pathlib.Path, sys.argv[1:3])


def listed():
    for name, spec in json.loads((source / "schema/words.json").read_text())["words"].items():
        rows = [(start, event) for starts, event, _ in spec.get("moves", []) for start in starts.split(", ") if start != "new"]
        if rows:
            yield name, rows


def made():
    programs = sorted(p for folder in ("plan", "ops") for p in (build / "tests" / folder).glob("test_*") if p.is_file() and os.access(p, os.X_OK))
    assert programs, "there are no test programs in " + str(build)
    with tempfile.TemporaryDirectory() as folder:
        notes = pathlib.Path(folder) / "moves"
        run = lambda program: subprocess.run([program, "--jobs=1"], env={**os.environ, "MERIDIAN_MOVES": str(notes)}, capture_output=True, check=False)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(run, programs))
        return {tuple(line.split("|")) for line in notes.read_text().splitlines()}


seen, problems = made(), []
for name, rows in listed():
    missed = [(start, event) for start, event in rows if (name, start, event) not in seen]
    print("%-18s %2d of %2d moves" % (name, len(rows) - len(missed), len(rows)))
    problems += ["%s: no test moves it from '%s' by '%s'" % (name, start, event) for start, event in missed]
events = [e["name"] for e in json.loads((source / "api/catalog/events.json").read_text())["events"]]
silent = [name for i, name in enumerate(events) if ("event", str(i)) not in seen]
print("%-18s %2d of %2d" % ("kinds of events", len(events) - len(silent), len(events)))
problems += ["event %s: no test raises it" % name for name in silent]
print("\n".join(problems))
sys.exit(1 if problems else 0)
