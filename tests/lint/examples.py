"""CONTRIBUTING.md: the file that an example is said to be from has it, line for line."""
import re

import tree

# `PATH`: and an empty line, then the example.
EXAMPLE = re.compile(r"`([\w/.]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)


def check(page, read):
    examples = EXAMPLE.findall(page)
    for path, text in examples:
        if text not in read(path):
            yield "CONTRIBUTING.md: %s does not have: %s" % (path, text.strip().splitlines()[0])
    if len(examples) != page.count("```") // 2:
        yield "CONTRIBUTING.md: an example does not say which file it is from"


if __name__ == "__main__":
    assert list(check("`a.c`:\n\n```c\nint x;\n```", lambda path: "int y;\n")), "an example that is gone must be seen"
    assert list(check("so:\n\n```c\nint x;\n```", lambda path: "int x;\n")), "an example from nowhere must be seen"
    tree.finish(list(check(tree.read("CONTRIBUTING.md"), tree.read)))
