"""docs/protocol.md names every member of every message of schema/protocol.json, and every word that one can have."""
import json
import re

import tree


def missing(shapes, words, page):
    told = set(re.findall(r"`(\w+)`", page))
    for shape, members in shapes.items():
        if "word" in members:
            members = [text for text in words[members["word"]] if text]
        yield from ("docs/protocol.md does not tell of %s.%s" % (shape, member) for member in members if member not in told)


if __name__ == "__main__":
    some = {"NodeOrder": {"id": "string", "port": "integer"}, "State": {"word": "state"}}
    assert len(list(missing(some, {"state": ["on", "off"]}, "`id` `on`"))) == 2, "a member and a word that are missing must be seen"
    shapes = json.loads(tree.read("schema/protocol.json"))["shapes"]
    assert "NodeOrder" in shapes
    tree.finish(list(missing(shapes, {name: w["words"] for name, w in json.loads(tree.read("schema/words.json"))["words"].items()}, tree.read("docs/protocol.md"))))
