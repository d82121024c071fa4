"""What requests say wrongly, generated from the model in api/: for every member of every served operation.

Each line is answered as the service answers it: unknown members are ignored, a wrong type, a string outside its limits and a list outside its
own are InvalidParameterValue, and the last of two equal keys counts. The whole message is compared: a member that is missing and one outside its
limits have the service's words; what a wrong type must be is said in words of the program's own. A line that is right is never refused for the
member's form. Nothing is broken by any of them.
"""
import os
import re
import string
import unittest
import urllib.parse

import contract
import harness

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])
MODEL = contract.Contract(os.path.join(harness.ROOT, "api"))
VALUE = "InvalidParameterValue"
LONGEST = 4096
# What is said of a value that can't be read, or lies outside its limits.
FORM = re.compile(r"failed to satisfy constraint|must be a list|must be a number|malformed|Malformed")
WRONG = {"integer": ["x", "1.5", "", "2147483648", "-2147483649"], "boolean": ["maybe", "", "2"], "double": ["x", ""], "timestamp": ["yesterday", "2026-13-01T00:00:00Z"]}
MUST = {"integer": "be an integer of 32 bits", "boolean": "be true or false", "double": "be a number", "timestamp": "be an ISO 8601 timestamp"}
SHOWN = 100
RIGHT = {"integer": ["2147483647", "-2147483648", "0"], "boolean": ["true", "false", "TRUE"], "double": ["1.5"], "timestamp": ["2026-11-29T00:00:00Z"]}


def violated(key, value, must, secret=False):
    """The message about a value; a key's parts begin with small letters in it."""
    path = ".".join(part[:1].lower() + part[1:] for part in key.split("."))
    return "Value%s at '%s' failed to satisfy constraint: Member must %s" % ("" if secret else " '%s'" % value[:SHOWN], path, must)


def missing(key):
    return "The parameter %s must be provided and must not be null." % key


def string_must(limits, text):
    if len(text) < limits.get("min", 0):
        return "have length greater than or equal to %d" % limits["min"]
    high = limits.get("max", LONGEST)
    return "have length less than or equal to %d" % high if len(text) > high else "satisfy regular expression pattern: " + limits["pattern"]


def matching(limits, size):
    """A string of this size that the pattern takes, or None."""
    pattern = limits.get("pattern", "").replace("[:space:]", r"\s")
    tries = [c * size for c in "a1"] + ["a" + "b" * (size - 1) if size else ""]
    return next((t for t in tries if len(t) == size and (not pattern or re.fullmatch(pattern, t))), None)


def string_lines(limits):
    """Right ones and wrong ones: at each limit and one beyond."""
    right, wrong = [], []
    low, high = limits.get("min", 0), limits.get("max", LONGEST)
    for size in {max(low, 1), high}:
        text = matching(limits, size)
        right += [text] if text is not None else []
    wrong += ["a" * (low - 1)] if low else []
    wrong += [matching(dict(limits, max=high + 1), high + 1) or "a" * (high + 1)]
    if limits.get("pattern"):
        outside = next((c for c in string.punctuation + " " if not re.fullmatch(limits["pattern"].replace("[:space:]", r"\s"), c)), None)
        wrong += [outside] if outside else []
    return right, wrong


def leaf_lines(expression):
    """(right values, wrong values, what each of these must be, whether it is secret) of a leaf, or None: it is none."""
    name = contract.EXPRESSION.match(expression)["name"]
    if name in RIGHT:
        return RIGHT[name], WRONG[name], [MUST[name]] * len(WRONG[name]), False
    shape = {"string": {}} if name == "string" else MODEL.shapes.get(name, {})
    if "enum" in shape:
        return shape["enum"], ["none-of-these", ""], ["satisfy enum value set: [%s]" % ", ".join(shape["enum"])] * 2, False
    limits = shape.get("string")
    if not isinstance(limits, dict):
        return None
    right, wrong = string_lines(limits)
    return right, wrong, [string_must(limits, text) for text in wrong], limits.get("secret", False)


def list_of(expression):
    """(name of the elements, their expression, limits), or None: it is no list."""
    m = contract.EXPRESSION.match(expression)
    shape = MODEL.shapes.get(m["name"] or "", {})
    if isinstance(shape.get("list"), dict):
        element, item, _ = list_of(shape["list"]["of"])
        return element, item, shape["list"]
    return (m["element"] or "member", m["item"], {}) if m["item"] else None


def example(expression):
    """key suffix → value of something right."""
    listed = list_of(expression)
    if listed:
        return {".%s.1%s" % (listed[0], k): v for k, v in example(listed[1]).items()}
    leaf = leaf_lines(expression)
    if leaf:
        return {"": leaf[0][0]}
    return {"." + k + s: v for k, e in MODEL.shapes[expression.rstrip("!")].items() if e.endswith("!") for s, v in example(e).items()}


def members_of(operation):
    members = MODEL.operations[operation].get("in") or {}
    return MODEL.shapes[members] if isinstance(members, str) else members


def lines_of(key, expression, others, depth=0):
    """(form, None or the message that refuses it for the member) of a member and of what it is made of."""
    listed, leaf = list_of(expression), leaf_lines(expression)
    if leaf:
        yield from ((dict(others, **{key: v}), None) for v in leaf[0])
        yield from ((dict(others, **{key: v}), violated(key, v, must, leaf[3])) for v, must in zip(leaf[1], leaf[2]))
    elif listed:
        element, item, limits = listed
        one = {".%s" % element + ".1" + k: v for k, v in example(item).items()}
        yield dict(others, **{key: "x"}), "The parameter %s must be a list." % key
        yield dict(others, **{key: ""}), violated(key, "[]", "have length greater than or equal to %d" % limits["min"]) if limits.get("min") else None
        yield dict(others, **{key + ".%s.x" % element: "1"}), missing(key) if expression.endswith("!") else None
        for i in (1, 7, 999999999):
            yield dict(others, **{key + k.replace(".1", ".%d" % i, 1): v for k, v in one.items()}), None
        # The first spelling of an index counts, and the list is not longer for the second.
        yield dict(others, **{key + k.replace(".1", n, 1): v for n in (".1", ".01") for k, v in one.items()}), None
        if depth < 3:
            yield from lines_of("%s.%s.1" % (key, element), item, others, depth + 1)
    elif depth < 3:
        members = MODEL.shapes[expression.rstrip("!")]
        for name, inner in members.items():
            rest = {"%s.%s%s" % (key, k, s): v for k, e in members.items() if k != name and e.endswith("!") for s, v in example(e).items()}
            yield from lines_of("%s.%s" % (key, name), inner, dict(others, **rest), depth + 1)


class BadInput(harness.Case):
    def ask(self, operation, form, body=""):
        pairs = dict(form, Action=operation, Version="2015-02-02")
        return self.server.post(urllib.parse.urlencode(pairs) + body, "ap-south-1")

    def check(self, operation, form, refused, failures):
        answer = self.ask(operation, form)
        told = answer.message or ""
        if answer.status >= 500 or (refused and (answer.code, told) != (VALUE, refused)) or (not refused and answer.code and FORM.search(told)):
            short = {k: v if len(v) < 40 else "%s… (%d)" % (v[:10], len(v)) for k, v in form.items()}
            failures.append("%s %s: %s %s" % (operation, short, answer.code or "done", told[:200]))
        return answer

    def required(self, operation, but=None):
        return {k + s: v for k, e in members_of(operation).items() if e.endswith("!") and k != but for s, v in example(e).items()}

    def test_every_member_of_every_operation(self):
        failures, n = [], 0
        for operation, o in sorted(MODEL.operations.items()):
            if not o.get("served"):
                continue
            for name, expression in members_of(operation).items():
                for form, refused in lines_of(name, expression, self.required(operation, but=name)):
                    self.check(operation, form, refused, failures)
                    n += 1
                if expression.endswith("!"):
                    self.check(operation, self.required(operation, but=name), missing(name), failures)
                    n += 1
        print("%d lines" % n)
        self.assertEqual([], failures[:50], "%d of %d lines" % (len(failures), n))
        self.assertGreater(n, 2000)

    def test_unknown_members_are_ignored_and_the_last_of_equal_keys_counts(self):
        failures = []
        for operation, o in sorted(MODEL.operations.items()):
            if not o.get("served") or o.get("writes"):
                continue
            form = self.required(operation)
            plain = self.ask(operation, form)
            for more in ("&Nonsense=1", "&Nonsense.member.1.Deep=1", "&=x", "&Action.member.1=x"):
                answer = self.ask(operation, form, more)
                if (answer.status, answer.code, answer.message) != (plain.status, plain.code, plain.message):
                    failures.append("%s %s: %s %s" % (operation, more, answer.code, answer.message))
            for key, value in form.items():
                twice = self.server.post(urllib.parse.urlencode([("Action", operation), ("Version", "2015-02-02"), (key, "?!")] + list(form.items())), "ap-south-1")
                if (twice.status, twice.code, twice.message) != (plain.status, plain.code, plain.message):
                    failures.append("%s %s=%s twice: %s %s" % (operation, key, value, twice.code, twice.message))
        self.assertEqual([], failures)


if __name__ == "__main__":
    unittest.main()
