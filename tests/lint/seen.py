"""What an agent has told stays what it has told: the columns seen_… are written in src/control/sight.c alone. A new row's say that
nothing was seen yet. What a plan or an operation makes of them stands in other columns, or is compared anew (src/plan/seen.h)."""
import re

import tree

WRITER = "src/control/sight.c"
ASSIGNED = re.compile(r"[\w\])](?:\.|->)(seen_\w+)\s*(?:[-+|&]?=(?!=)|\+\+|--)")
HANDED_ON = re.compile(r"&[\w\[\]().>-]*(?:\.|->)(seen_\w+)")
OF_A_NEW_ROW = re.compile(r'(?<![\w\])])\.(seen_\w+)\s*=(?!\s*(?:""|\w+_(?:UNKNOWN|NONE)\b))')
IN_SQL = re.compile(r"\bSET\b[^;]*?\b(seen_\w+)\s*=", re.IGNORECASE)


def problems_of(path, text):
    for pattern in (IN_SQL,) if path.endswith(".sql") else (ASSIGNED, HANDED_ON, OF_A_NEW_ROW):
        for m in pattern.finditer(text):
            yield "%s:%d: %s is written; sightings alone do that, in %s" % (path, text.count("\n", 0, m.start()) + 1, m[1], WRITER)


if __name__ == "__main__":
    for wrong in ("n->row.seen_pid = 0;", "rows[i].seen_restarts++;", "world_set(w, &n->row.seen_reason, NULL);", "x = {.seen_state = SEEN_READY}"):
        assert list(problems_of("x.c", wrong)), wrong
    for right in ("if (n->row.seen_pid == 0)", "{.seen_state = SEEN_UNKNOWN, .seen_slots = \"\"}", "f(n->seen_pid)", "a && seen_node_state(n)"):
        assert not list(problems_of("x.c", right)), right
    assert list(problems_of("x.sql", "UPDATE node SET want = 'run', seen_pid = 0;"))
    paths = tree.files(".c", ".h", under=("src",)) + tree.files(".sql", under=("schema/queries",))
    tree.finish([p for path in paths if path != WRITER for p in problems_of(path, tree.read(path))])
