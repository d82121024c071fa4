"""docs/protocol.md names every member of every message of schema/protocol.json."""
import json
import re

import tree


def missing(shapes, page):
    told = set(re.findall(r"`(\w+)`", page))
    return ["docs/protocol.md does not tell of %s.%s" % (shape, member)
            for shape, members in shapes.items() for member in members if member not in told]


if __name__ == "__main__":
    assert missing({"NodeOrder": {"id": "string", "port": "integer"}}, "`id`") == ["docs/protocol.md does not tell of NodeOrder.port"]
    shapes = json.loads(tree.read("schema/protocol.json"))["shapes"]
    assert "NodeOrder" in shapes
    tree.finish(missing(shapes, tree.read("docs/protocol.md")))
