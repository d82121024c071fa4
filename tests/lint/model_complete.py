#!/usr/bin/env python3
"""The API model is whole: every name in api/*.json leads somewhere, nothing stands there for nothing, no two C names clash."""
import json
import os
import re
import sys

import tree

sys.path.insert(0, os.path.join(tree.ROOT, "src", "gen"))
import gen_api  # noqa: E402 (the path comes first)

KEYS = {"served", "writes", "pages", "in", "out", "faults"}
PAGES = {"token", "limit", "default", "min", "max", "items", "next"}
problems = []


def families():
    return [f for f in tree.files(".json", under=("api",)) if os.path.dirname(f) == "api"]


def check_names(where, names):
    """Members that become one C name."""
    seen = {}
    for name in names:
        other = seen.setdefault(gen_api.snake(name), name)
        if other != name:
            problems.append(f"{where}: {name} and {other} have the same name in C")


def check_structure(model, where, members, used):
    check_names(where, members)
    for member, expression in members.items():
        m = gen_api.EXPRESSION.match(expression)
        if m is None:
            problems.append(f"{where}.{member}: {expression!r} is no type expression")
            continue
        name = m["name"] or m["item"]
        used.add(name)
        if name not in gen_api.LEAVES and name not in model.shapes:
            problems.append(f"{where}.{member}: there is no shape {name}")


def check_limits(where, limits, allowed):
    if set(limits) - allowed:
        problems.append(f"{where}: unknown limits {', '.join(sorted(set(limits) - allowed))}")
    if limits.get("min", 0) > limits.get("max", limits.get("min", 0)):
        problems.append(f"{where}: min is above max")
    try:
        re.compile(limits.get("pattern", "").replace("[:space:]", r"\s"))
    except re.error as e:
        problems.append(f"{where}: the pattern is malformed: {e}")


def check_shape(model, name, shape, used):
    if gen_api.is_structure(shape):
        check_structure(model, name, shape, used)
    elif len(shape) != 1 or not set(shape) <= {"enum", "string", "list"}:
        problems.append(f"{name}: neither a structure nor one of enum, string, list")
    elif "enum" in shape:
        if not shape["enum"] or len(set(shape["enum"])) != len(shape["enum"]):
            problems.append(f"{name}: an enum of nothing, or with a value twice")
    elif "string" in shape:
        check_limits(name, shape["string"], {"min", "max", "pattern", "secret"})
    else:
        check_limits(name, shape["list"], {"of", "min", "max"})
        check_structure(model, name, {"of": shape["list"]["of"]}, used)


def leads_to(model, members, path):
    """True if a path of members, with dots between them, exists."""
    first, _, rest = path.partition(".")
    if first not in members:
        return False
    return not rest or leads_to(model, model.shapes.get(members[first].rstrip("!"), {}), rest)


def check_pages(model, name, o):
    pages, out = o["pages"], model.shapes[model.out_shape(name)]
    if not PAGES - {"next"} <= set(pages) <= PAGES:
        problems.append(f"{name}: pages has other keys than {', '.join(sorted(PAGES))}")
        return
    missing = [pages[k] for k in ("token", "limit") if pages[k] not in o["in"]]
    missing += [p for p in (pages["items"], pages.get("next", pages["token"])) if not leads_to(model, out, p)]
    problems.extend(f"{name}: pages names {m}, which is no member" for m in missing)
    if not pages["min"] <= pages["default"] <= pages["max"]:
        problems.append(f"{name}: the page size is out of its own limits")


def check_operation(model, name, o, faults_used):
    if not KEYS - {"pages", "out"} <= set(o) <= KEYS or not all(isinstance(o.get(k), bool) for k in ("served", "writes")):
        problems.append(f"{name}: has other keys than {', '.join(sorted(KEYS))}")
        return
    if model.out_shape(name) and model.out_shape(name) not in model.shapes:
        problems.append(f"{name}: there is no shape {o['out']}")
    elif "pages" in o:
        check_pages(model, name, o)
    if len(set(o["faults"])) != len(o["faults"]):
        problems.append(f"{name}: names a fault twice")
    problems.extend(f"{name}: there is no fault {f}" for f in o["faults"] if f not in model.faults)
    if o["writes"] == name.startswith(("Describe", "List")):
        problems.append(f"{name}: says that it {'writes' if o['writes'] else 'only reads'}")
    faults_used.update(o["faults"])


def check_faults(model, used):
    codes = {}
    for name, f in model.faults.items():
        if not {"code", "status"} <= set(f) <= {"code", "status", "type", "common"} or not 400 <= f.get("status", 0) < 600:
            problems.append(f"{name}: a fault has a code, a status and perhaps a type, or is common")
        elif codes.setdefault(f["code"], name) != name:
            problems.append(f"{name}: the code {f['code']} is {codes[f['code']]}'s")
        elif (f.get("type") == "Receiver") != (f["status"] >= 500):
            problems.append(f"{name}: Receiver goes with a status from 500 on, and only with that")
        if name not in used and not f.get("common"):
            problems.append(f"{name}: no operation names this fault, and it is not common")
    check_names("faults", model.faults)


def check_files(paths):
    built = tree.read("src/model/meson.build")
    for path in paths:
        if f"'{os.path.basename(path)[:-5]}'" not in built:
            problems.append(f"{path}: not among the inputs in src/model/meson.build")
        if set(json.loads(tree.read(path))) - {"about", "shapes", "operations", "faults"}:
            problems.append(f"{path}: holds more than about, shapes, operations and faults")


def main():
    paths = families()
    model = gen_api.Model("api", [os.path.join(tree.ROOT, p) for p in paths])
    used, faults_used = {o["out"] for o in model.operations.values() if isinstance(o.get("out"), str)}, set()
    own = [n + suffix for n in model.operations for suffix in ("In", "Out")]
    check_names("shapes", model.shapes)
    for name, shape in model.shapes.items():
        check_shape(model, name, shape, used)
    problems.extend(f"{n}: nothing uses this shape" for n in model.shapes if n not in used and n not in own)
    for name, o in model.operations.items():
        check_operation(model, name, o, faults_used)
    check_faults(model, faults_used)
    check_files(paths)
    tree.finish(problems)


main()
