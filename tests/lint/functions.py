"""A function tells one step whole: it has at most 40 lines. One that is called once and only renames an expression goes back in, unless
it is a rule that a comment tells. A file's own functions carry a noun: no name is a single word, or stands in many files."""
import collections
import re

import tree

LIMIT = 40
# An expression of more lines lays out a whole row or answer.
RENAMED = 3
# In how many files a name may stand; those that fill the places of one interface are named alike.
FILES = 3
INTERFACES = ("conn_up", "conn_down", "move_to_state", "on_closed", "on_signal", "on_timer")

NOISE = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
FUNCTION = re.compile(r"^(static )?[a-z][\w *]*?\b(\w+)\([^;{}]*\)\n\{\n(.*?)^\}\n", re.MULTILINE | re.DOTALL)


def code_of(text):
    """Without comments and the contents of strings, with every line where it was."""
    return NOISE.sub(lambda m: "\n" * m[0].count("\n") or '""', text)


def is_one_expression(body):
    """A return, or an expression alone."""
    return body.count(";") == 1 and body.count("\n") <= RENAMED and not re.match(r"\s*(if|for|while|do|switch)\b", body)


def problems_of(path, text):
    code, lines = code_of(text), text.splitlines()
    for m in FUNCTION.finditer(code):
        static, name, body = m.groups()
        line = code.count("\n", 0, m.start())
        where = "%s:%d: %s()" % (path, line + 1, name)
        if body.count("\n") > LIMIT:
            yield "%s has more than %d lines: it tells more than one step" % (where, LIMIT)
        if static and "_" not in name:
            yield "%s is called by a single word: give it the noun of what it is about" % where
        named, called = (len(re.findall(r"(?<![\w.>])%s\b%s" % (name, behind), code)) for behind in ("", r"\("))
        is_told = line > 0 and lines[line - 1].endswith("*/")
        if static and not is_told and named == called == 2 and is_one_expression(body):
            yield "%s is called once and only renames an expression: put it where it is called, or tell its rule" % where


def names_of(text):
    return {name for static, name, _ in FUNCTION.findall(code_of(text)) if static}


def problems_of_names(files):
    """'files': of each path, the names of its own functions."""
    where = collections.defaultdict(list)
    for path, names in files.items():
        for name in names:
            where[name].append(path)
    for name, paths in sorted(where.items()):
        if len(paths) > FILES and name not in INTERFACES:
            yield "%s() means something else in each of %s: name what it is about" % (name, ", ".join(paths))


if __name__ == "__main__":
    one = "static bool is_f(int a)\n{\n    return a > 0; /* why; not */\n}\n"
    assert len(list(problems_of("x.c", one + "int g(void)\n{\n    return is_f(1);\n}\n"))) == 1, "a renamed expression must be seen"
    assert not list(problems_of("x.c", one + "int g(void)\n{\n    return is_f(1) + is_f(2);\n}\n")), "two calls are a reason"
    assert not list(problems_of("x.c", one + "int g(void)\n{\n    return h(is_f, is_f(2));\n}\n")), "so is a pointer"
    assert not list(problems_of("x.c", "/* A rule. */\n" + one + "int g(void)\n{\n    return is_f(1);\n}\n")), "so is a rule"
    assert list(problems_of("x.c", "int g(void)\n{\n" + "    f();\n" * 41 + "}\n")), "a long function must be seen"
    assert list(problems_of("x.c", "static void add(void)\n{\n    f();\n    g();\n}\n")), "a name without a noun must be seen"
    own = {path: names_of("static void add_x(void)\n{\n}\n") for path in ("a.c", "b.c", "c.c", "d.c")}
    assert list(problems_of_names(own)) and not list(problems_of_names({path: own[path] for path in ("a.c", "b.c")}))
    found, names = [], {}
    for path in tree.files(".c", under=("src",)):
        found += problems_of(path, tree.read(path))
        names[path] = names_of(tree.read(path))
    tree.finish(found + list(problems_of_names(names)))
