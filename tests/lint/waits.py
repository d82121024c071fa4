"""docs/waits.md: from every wait, following what is waited for leads to one that ends by itself, and never back."""
import pathlib

import tree

ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows(text):
    for line in text.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0] not in ("waiting", "---"):
            yield cells


def matching(table, what):
    """The rows of a thing and of its kinds: "start of a replica" is also "start of a replica in a cluster"."""
    return [r for r in table if r[0] == what or r[0].startswith(what + " in ") or r[0].startswith(what + ",")]


def walk(table, row, seen, bad):
    if row[3] or row[1] == "nobody":
        if not row[3]:
            bad.append("docs/waits.md: %s waits for nobody, and does not say that it ends" % row[0])
        return
    if row[0] in seen:
        bad.append("docs/waits.md: a circle: %s" % " -> ".join(seen + [row[0]]))
        return
    following = matching(table, row[1])
    if not following:
        bad.append("docs/waits.md: %s waits for %s, which has no row" % (row[0], row[1]))
    for other in following:
        walk(table, other, seen + [row[0]], bad)


table = list(rows((ROOT / "docs/waits.md").read_text()))
found = [] if len(table) > 10 else ["docs/waits.md: no table"]
for each in table:
    walk(table, each, [], found)
tree.finish(sorted(set(found)))
