"""No file needs, directly or through others, one that needs it; and the rooms of src/agent and src/ops need lower ones only.
No name is given to two functions or objects that other files see.

What a file needs is what its object file leaves for the linker to find in another one: what is handed over as a pointer to a function is
no such need. The objects are those of the build directory that is given as the argument.
"""
import json
import os
import subprocess
import sys

import tree

# From the ground up. Rooms of one line are neighbours, which do not need each other.
ROOMS = {
    "agent": ["os", "engine", "forwarder snapshots", "node", "redis memcached", "redis_cluster", "dry_run", "session"],
    "ops": ["core", "parameter_group subnet_group security_group engine event user reserved_node", "snapshot", "replication_group",
            "cache_cluster serverless_cache",
            "global_datastore tag service_update", "dump reset"],
}


def objects(build):
    """Source file → object file, both as they can be opened."""
    with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
        for command in json.load(f):
            source = os.path.normpath(os.path.join(command["directory"], command["file"]))
            output = os.path.join(command["directory"], command["output"])
            inside = os.path.relpath(source, build if ".gen." in source else tree.ROOT)
            if inside.startswith("src" + os.sep) and os.path.exists(output):
                yield inside[len("src" + os.sep):], output


def symbols(build):
    """For each name: the files that define it, and the file that defines it as one that may stand in several; and the names that each file
    takes from others."""
    strong, weak, wanted = {}, {}, {}
    source_of = {output: source for source, output in objects(build)}
    text = subprocess.run(["nm", "-A", *source_of], capture_output=True, text=True, check=True).stdout if source_of else ""
    for line in text.splitlines():
        output, _, symbol = line.partition(":")
        kind, name = symbol.split()[-2:]
        if kind == "U":
            wanted.setdefault(source_of[output], set()).add(name)
        elif kind in "TDBRC":
            strong.setdefault(name, set()).add(source_of[output])
        elif kind in "VW":
            weak.setdefault(name, source_of[output])
    return strong, weak, wanted


def needs(strong, weak, wanted):
    """File → file → the names that the first takes from the second."""
    defined = {**weak, **{name: min(sources) for name, sources in strong.items()}}
    found = {source: {} for source in wanted}
    for source, names in wanted.items():
        for name in names & defined.keys():
            if defined[name] != source:
                found[source].setdefault(defined[name], set()).add(name)
    return found


def twice(strong):
    """Names that two files define: the linker takes one from a library, whichever comes first, for both."""
    for name, sources in sorted(strong.items()):
        if len(sources) > 1:
            yield "%s is defined in each of %s" % (name, ", ".join(sorted(sources)))


def circles(arrows):
    """Sets of files each of which reaches all others of its set (Tarjan)."""
    number, low, stack, found = {}, {}, [], []

    def visit(at):
        number[at] = low[at] = len(number)
        stack.append(at)
        for to in arrows.get(at, ()):
            if to not in number:
                visit(to)
            if to in stack:
                low[at] = min(low[at], low[to])
        if low[at] == number[at]:
            group = stack[stack.index(at):]
            del stack[stack.index(at):]
            if len(group) > 1:
                found.append(sorted(group))
    for at in sorted(arrows):
        if at not in number:
            visit(at)
    return found


def room_problems(arrows):
    for source, targets in sorted(arrows.items()):
        folder, _, rest = source.partition("/")
        level = {room: i for i, line in enumerate(ROOMS.get(folder, [])) for room in line.split()}
        room = rest.partition("/")[0] if "/" in rest else None
        if not level or room is None:
            continue
        if room not in level:
            yield "%s: the room %s/%s has no place: give it one" % (source, folder, room)
            continue
        for target, names in sorted(targets.items()):
            other = target.split("/")[1]
            if target.startswith(folder + "/") and other != room and level.get(other, -1) >= level[room]:
                yield "%s needs %s: %s" % (source, target, ", ".join(sorted(names)))


if __name__ == "__main__":
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == [["b", "c"]], "a circle must be seen"
    assert list(room_problems({"agent/os/x.c": {"agent/node/y.c": {"f"}}})), "a need that points up must be seen"
    sys.setrecursionlimit(10000)
    assert list(twice({"f": {"agent/a.c", "plan/b.c"}})), "a name that is given twice must be seen"
    strong, weak, wanted = symbols(os.path.abspath(sys.argv[1]))
    arrows = needs(strong, weak, wanted)
    problems = ["a circle of %d files:" % len(group) + "".join(
        "\n  %s needs %s: %s" % (a, b, ", ".join(sorted(arrows[a][b]))) for a in group for b in group if b in arrows[a]) for group in circles(arrows)]
    tree.finish(problems + list(twice(strong)) + list(room_problems(arrows)) + ([] if arrows else ["there are no object files"]))
