"""docs/fidelity.md is drawn from api/catalog: every served operation says what is known of it, and every refusal in src/ where its words come from.

`tests/lint/fidelity.py draw` writes the document anew.
"""
import json
import os
import re
import sys

import tree

KINDS = ("confirmed", "inferred", "open")
DRAWN = "docs/fidelity.md"
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*)')
PLACE = re.compile(r"%[-.*0-9]*(?:ll|z|h)?[a-z]")


def arguments(text, at):
    """The arguments of the call whose parenthesis has been opened before 'at'."""
    found, current, depth, quoted = [], "", 1, False
    while depth:
        c = text[at]
        if quoted and c == "\\":
            current, at = current + text[at:at + 2], at + 2
            continue
        quoted ^= c == '"'
        depth += 0 if quoted else (c in "([{") - (c in ")]}")
        if depth == 1 and c == "," and not quoted:
            found, current = found + [current], ""
        elif depth:
            current += c
        at += 1
    return found + [current]


def refusals(text):
    """The texts of all faults that the source sets; % stands for a value."""
    for m in re.finditer(r"\b(op_fault|err_set)\(", text):
        given = arguments(text, m.end())
        if len(given) > 2 and (m[1] == "op_fault" or "FAULT_" in given[1]):
            joined = "".join(s if not name else "%s" for s, name in STRING.findall(given[2]))
            yield PLACE.sub("%", joined).replace('\\"', '"')


def served():
    names = set()
    for path in tree.files(".json", under=("api",)):
        if os.path.dirname(path) == "api":
            names |= {n for n, o in json.loads(tree.read(path)).get("operations", {}).items() if o.get("served")}
    return names


def wrong_words(words, said):
    known, own = {w["text"] for w in words["known"]}, set(words["own"])
    place = "api/catalog/refusals.json: "
    yield from (place + "has no line for '%s': name its source in 'known', or search for the service's words before it stands in 'own'" % t for t in sorted(said - known - own))
    yield from (place + "nothing in src/ says '%s'" % t for t in sorted((known | own) - said))
    yield from (place + "'%s' is known and the program's own" % t for t in sorted(known & own))
    yield from (place + "'%s' has no source" % w["text"] for w in words["known"] if not w.get("source"))


def wrong_operations(told, names):
    place = "api/catalog/fidelity.json: "
    yield from (place + "says nothing of " + n for n in sorted(names - set(told)))
    yield from (place + n + " is not served" for n in sorted(set(told) - names))
    for name, lines in sorted(told.items()):
        yield from (place + "%s: '%s' is of no kind" % (name, x["says"]) for x in lines if x["kind"] not in KINDS)
        yield from (place + "%s: '%s' has no source" % (name, x["says"]) for x in lines if x["kind"] != "open" and not x.get("source"))


def drawn(told, words, events):
    count = {kind: sum(x["kind"] == kind for lines in told.values() for x in lines) for kind in KINDS}
    known = sum(e.get("known", True) for e in events)
    text = ["# Fidelity", "", "<!-- Drawn by `tests/lint/fidelity.py draw` from api/catalog/fidelity.json and refusals.json; do not edit. -->", "",
            "What is known of the service, by what, and what is not. Nobody of this project has asked the service itself: what is *confirmed* stands in its",
            "documentation, in the source of a client that relies on it, or was shown live by somebody in public (`owner/name#number` is an issue or a pull request",
            "on GitHub). What is *inferred* is suggested by such a source. What is *open* no source tells, and something that fits was chosen.", "",
            "| | |", "| --- | --- |",
            "| statements confirmed, inferred, open | %d, %d, %d |" % tuple(count[k] for k in KINDS),
            "| words of refusals that are the service's, of all | %d of %d |" % (len(words["known"]), len(words["known"]) + len(words["own"])),
            "| texts of events that are the service's, of all | %d of %d |" % (known, len(events)), "",
            "## Operations", "", "| operation | kind | what | by what |", "| --- | --- | --- | --- |"]
    for name, lines in sorted(told.items()):
        text += ["| %s | %s | %s | %s |" % ("`%s`" % name if i == 0 else "", x["kind"], x["says"], x.get("source", "")) for i, x in enumerate(lines)]
    text += ["", "## Words of refusals", "", "`%` stands for a value. The program's own words stand in `api/catalog/refusals.json`.", "", "| words | seen in |", "| --- | --- |"]
    text += ["| `%s` | %s |" % (w["text"], w["source"]) for w in words["known"]]
    return "\n".join(text) + "\n"


if __name__ == "__main__":
    sample = 'return op_fault(op, FAULT_X, "%s has \\"a, b\\" " NAME " at %lld", f(a, b), 1);\nerr_set(e, -1, "none");'
    assert list(refusals(sample)) == ['% has "a, b" % at %'], "a text must be read whole"
    facts, refused = json.loads(tree.read("api/catalog/fidelity.json"))["operations"], json.loads(tree.read("api/catalog/refusals.json"))
    in_source = {t for path in tree.files(".c", under=("src/ops", "src/model", "src/http")) for t in refusals(tree.read(path))}
    problems = list(wrong_words(refused, in_source)) + list(wrong_operations(facts, served()))
    document = drawn(facts, refused, json.loads(tree.read("api/catalog/events.json"))["events"])
    if sys.argv[1:] == ["draw"]:
        with open(os.path.join(tree.ROOT, DRAWN), "w", encoding="utf-8") as f:
            f.write(document)
    elif tree.read(DRAWN) != document:
        problems.append(DRAWN + " is not what api/catalog says: tests/lint/fidelity.py draw")
    tree.finish(problems)
