"""docs/tasks.md is drawn from the tables of tasks in src/agent, each state says what it waits for, and a test makes every move of each.

    python3 tests/lint/tasks.py draw > docs/tasks.md
"""
import re
import sys

import tree

TASK = re.compile(r'static const struct task \w+ =\s*\{\s*"([^"]+)",\s*\{(.*?)\n\s*\}\};', re.DOTALL)
STATE = re.compile(r'(?:/\*(?P<before>[^*]*)\*/\s*)?\[(?P<constant>\w+)\] =\s*\{"(?P<name>[^"]+)",(?P<moves>[^}]*)\},'
                   r'(?:[^\S\n]*/\*(?P<behind>[^*]*)\*/)?')
MACRO = re.compile(r"#define (TASK_TO_\w+)\s+((?:.*\\\n)*.*)")
VISITED = re.compile(r'task_visits_assert_all\("([^"]+)"\)')

HEAD = """# The tasks of an agent

<!-- Drawn from the tables by `python3 tests/lint/tasks.py draw > docs/tasks.md`; do not edit. -->

Whatever an agent waits for is a task: a table of states and of the moves between them (`src/base/task.h`). Each move is checked; with `--log-level trace` the agent's
log has a line of each. A test makes every move that a table allows. When an engine's process has ended, what was known of it is forgotten: its tasks begin anew in their first state.
"""


def tasks_of(path, text):
    """Of each table its name, path, and states: name, what it waits for, and the names of those that may follow."""
    macros = dict(MACRO.findall(text))
    for name, body in TASK.findall(text):
        states = [m.groupdict() for m in STATE.finditer(body)]
        names = {s["constant"]: s["name"] for s in states}
        for s in states:
            moves = re.sub(r"\bTASK_TO_\w+", lambda m: macros[m[0]], s["moves"])
            s["next"] = [names[c] for c in re.findall(r"TASK_TO\((\w+)\)", moves)]
            s["waits"] = " ".join((s["before"] or s["behind"] or "").split())
        yield name, path, states


def key(name):
    return re.sub(r"\W", "_", name)


def drawing_of(name, path, states):
    out = ["", "## %s%s" % (name[0].upper(), name[1:]), "", "`%s`" % path, "", "```mermaid", "stateDiagram-v2"]
    out += ['    state "%s" as %s' % (s["name"], key(s["name"])) for s in states if key(s["name"]) != s["name"]]
    out += ["    %s --> %s" % (key(s["name"]), key(to)) for s in states for to in s["next"]]
    return out + ["```", "", "| state | what it does | what may follow |", "| --- | --- | --- |"] + [
        "| `%s` | %s | %s |" % (s["name"], s["waits"], ", ".join("`%s`" % to for to in s["next"]) or "nothing") for s in states]


def drawing(tasks):
    return HEAD + "\n".join(line for t in tasks for line in drawing_of(*t)) + "\n"


if __name__ == "__main__":
    example = 'static const struct task x = {"a b",\n {\n  [A] = {"a", TASK_TO(B)}, /* waits */\n  /* rests */\n  [B] = {"b", 0},\n }};'
    assert [(s["name"], s["waits"], s["next"]) for s in next(tasks_of("x.c", example))[2]] == [("a", "waits", ["b"]), ("b", "rests", [])]
    found = [t for path in tree.files(".c", under=("src",)) for t in tasks_of(path, tree.read(path))]
    if sys.argv[1:] == ["draw"]:
        print(drawing(found), end="")
        sys.exit()
    visited = {name for path in tree.files(".c", under=("tests",)) for name in VISITED.findall(tree.read(path))}
    problems = ["%s: no test makes every move of the task %s" % (path, name) for name, path, _ in found if name not in visited]
    problems += ["%s: nothing is said of the state %s of %s" % (path, s["name"], name) for name, path, states in found for s in states if not s["waits"]]
    problems += ["%s: a table of a task can't be read" % path for path in tree.files(".c", under=("src",))
                 if len(re.findall(r"const struct task \w+ =", tree.read(path))) != sum(p == path for _, p, _ in found)]
    tree.finish(problems + ([] if tree.read("docs/tasks.md") == drawing(found) else ["docs/tasks.md is not what the tables say: draw it anew"]))
