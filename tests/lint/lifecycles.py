"""docs/lifecycles.md is drawn from schema/words.json, and nobody but lifecycle_move() writes a column that has moves there.

A new row begins with a word that the table lets a new row have; whatever else assigns such a word, or sets such a column, is found.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import tree


def constant(prefix, word):
    return re.sub(r"\W", "_", f"{prefix}_{word}").upper()


def tables(lists):
    """The columns' names, and word → whether a new row may have it."""
    columns, words = set(), {}
    for spec in lists.values():
        if "moves" in spec:
            columns |= {c.partition(".")[2] for c in spec["columns"]}
            first = {to for start, _, to in spec["moves"] if start == "new"}
            words.update({constant(spec["prefix"], w): w in first for w in spec["words"]})
    return columns, words


def problems(path, text, columns, words):
    name = "|".join(sorted(columns))
    for m in re.finditer(r"(->|\.)(%s)\s*=(?!=)([^;,]*)" % name, text):
        found = [w for w in re.findall(r"\b[A-Z][A-Z_]+\b", m[3]) if w in words]
        if found and not (m[1] == "." and all(words[w] for w in found)):
            yield "%s:%d: %s is written past its lifecycle" % (path, text.count("\n", 0, m.start()) + 1, m[2])
    for m in re.finditer(r"world_set_\w+\([^;]*?(?:->|\.)(%s)," % name, text):
        yield "%s:%d: %s is written past its lifecycle" % (path, text.count("\n", 0, m.start()) + 1, m[1])


def drawn():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, tree.ROOT + "/src/gen/gen_words.py", "drawing", folder, tree.ROOT + "/schema/words.json"], check=True)
        return (pathlib.Path(folder) / "lifecycles.md").read_text()


if __name__ == "__main__":
    some = {"x": {"prefix": "X", "words": ["made", "done"], "columns": ["x.status"], "moves": [["new", "asked", "made"], ["made", "settled", "done"]]}}
    for bad in ("x->status = X_MADE;", "x.status = X_DONE;", "x->status = a ? X_MADE : X_DONE;", "world_set_word(w, &x->row.status, X_MADE);"):
        assert list(problems("x.c", bad, *tables(some))), "%s must be seen" % bad
    assert not list(problems("x.c", "x.status = X_MADE; if (x->status == X_DONE) out->status = text(x->status);", *tables(some)))
    about = tables(json.loads(tree.read("schema/words.json"))["words"])
    sources = [f for f in tree.files(".c", ".h", under=("src",)) if f != "src/plan/lifecycle.c"]
    found = [p for path in sources for p in problems(path, tree.read(path), *about)]
    tree.finish(found + ([] if tree.read("docs/lifecycles.md") == drawn() else ["docs/lifecycles.md is not what schema/words.json says: draw it anew"]))
