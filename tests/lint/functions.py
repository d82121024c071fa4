"""A function tells one step whole: it has at most 40 lines. One that is called once and only renames an expression goes back in."""
import re

import tree

LIMIT = 40
# Where nothing is left that only renames an expression.
FOLDERS = ("src/agent/", "src/base/", "src/protocol/")

NOISE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
FUNCTION = re.compile(r"^(static )?[a-z][\w *]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)


def code_of(text):
    """Without comments and the contents of strings, with every line where it was."""
    return NOISE.sub(lambda m: "\n" * m[0].count("\n") or '""', text)


def is_one_expression(body):
    """A return, or an expression alone."""
    return body.count(";") == 1 and not re.match(r"\s*(if|for|while|do|switch)\b", body)


def problems_of(path, text, renames):
    code = code_of(text)
    for m in FUNCTION.finditer(code):
        static, name, body = m.groups()
        where = "%s:%d: %s()" % (path, code.count("\n", 0, m.start()) + 1, name)
        if body.count("\n") > LIMIT:
            yield "%s has more than %d lines: it tells more than one step" % (where, LIMIT)
        named, called = (len(re.findall(r"(?<![\w.>])%s\b%s" % (name, behind), code)) for behind in ("", r"\("))
        if renames and static and named == called == 2 and is_one_expression(body):
            yield "%s is called once and only renames an expression: put it where it is called" % where


if __name__ == "__main__":
    one = "static bool f(int a)\n{\n    return a > 0; /* why; not */\n}\n"
    assert len(list(problems_of("x.c", one + "int g(void)\n{\n    return f(1);\n}\n", True))) == 1, "a renamed expression must be seen"
    assert not list(problems_of("x.c", one + "int g(void)\n{\n    return f(1) + f(2);\n}\n", True)), "two calls are a reason"
    assert not list(problems_of("x.c", one + "int g(void)\n{\n    return h(f, f(2));\n}\n", True)), "so is a pointer"
    assert list(problems_of("x.c", "int g(void)\n{\n" + "    f();\n" * 41 + "}\n", True)), "a long function must be seen"
    found = []
    for path in tree.files(".c", under=("src",)):
        found += problems_of(path, tree.read(path), path.startswith(FOLDERS))
    tree.finish(found)
