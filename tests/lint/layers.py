"""Includes point down only: a folder of src/ includes headers of lower layers and its own, never of its neighbours'; a room of src/agent or
src/ops those of lower rooms (circles.py)."""
import re

import circles
import tree

LEVEL = {"attach": 0, "base": 0, "model": 1, "catalog": 1, "discovery": 1, "store": 2, "plan": 2, "protocol": 2, "ops": 3, "dns": 3,
         "http": 4, "control": 4, "agent": 4, "copy": 4, "neighbour": 5, "auth": 5, "main": 6}
# Generated headers and the folder they count as: the row structs belong to nobody's code.
GENERATED = {"sql.gen.h": "base", "store/sql.gen.h": "base", "queries.gen.h": "store"}
# Two folders of data that may see each other's generated tables.
NEIGHBOURS = {("model", "catalog"), ("catalog", "model")}

# Who must not see a library, and who alone may.
FORBIDDEN = {
    "ops": re.compile(r"uv\.h|microhttpd\.h|agent/.*|sqlite3\.h"),
    "plan": re.compile(r"uv\.h|microhttpd\.h|sqlite3\.h|hiredis.*|curl/.*|unistd\.h|fcntl\.h|poll\.h|signal\.h|spawn\.h|netdb\.h|time\.h"
                       r"|sys/.*|netinet/.*|arpa/.*|base/clock\.h|store/(?!sql\.gen\.h).*|queries\.gen\.h"),
    "base": re.compile(r"sqlite3\.h|microhttpd\.h|jansson\.h|hiredis.*"),
}
ONLY = {"sqlite3.h": "store"}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


def room_problem(path, header):
    """An include of a room that is not below the file's own."""
    _, folder, room = path.split("/")[:3]
    level = {name: i for i, line in enumerate(circles.ROOMS.get(folder, [])) for name in line.split()}
    other = header.split("/")[1] if header.startswith(folder + "/") else None
    if room not in level or other not in level or other == room or level[other] < level[room]:
        return None
    return "the room %s is not below %s" % (other, room)


def problem_of(folder, quote, header):
    if folder in FORBIDDEN and FORBIDDEN[folder].fullmatch(header):
        return "%s/ must not see it" % folder
    if header in ONLY and folder != ONLY[header]:
        return "only %s/ may see it" % ONLY[header]
    if quote == "<":
        return None
    other = GENERATED.get(header) or header.partition("/")[0]
    if other == folder or (folder, other) in NEIGHBOURS:
        return None
    if other not in LEVEL:
        return None if "/" not in header else "%s/ has no level" % other
    return None if LEVEL[other] < LEVEL[folder] else "%s/ (level %d) includes %s/ (level %d)" % (
        folder, LEVEL[folder], other, LEVEL[other])


def check(path, text):
    folder = path.split("/")[1]
    if folder not in LEVEL:
        return ["%s: src/%s/ has no level: give it one" % (path, folder)]
    found = []
    for quote, header in INCLUDE.findall(text):
        problem = problem_of(folder, quote, header) or room_problem(path, header)
        if problem:
            found.append("%s: %s: %s" % (path, header, problem))
    return found


if __name__ == "__main__":
    assert check("src/base/x.c", '#include "model/shape.h"\n'), "an include that points up must be seen"
    assert check("src/plan/x.c", '#include "store/store.h"\n'), "an include of a neighbour must be seen"
    assert check("src/ops/x.c", "#include <uv.h>\n"), "a forbidden library must be seen"
    assert not check("src/ops/x.c", '#include "store/store.h"\n#include "ops/core/op.h"\n')
    sources = tree.files(".c", ".h", under=("src",))
    tree.finish([p for path in sources for p in check(path, tree.read(path))])
