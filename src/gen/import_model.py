#!/usr/bin/env python3
"""Takes what a newer service model has into api/*.json, and prints what changed.

    import_model.py service-2.json api      reads a model of botocore; writes the files of the folder api

The model is walked from the operations' inputs and outputs, beside our shapes: new members, values, faults, operations and shapes come in, the
operations not yet served. What we have and the model has not stays, and is told: it may be newer than the model, or older. Limits of ours (patterns,
secrets, lengths) are never touched. A model that cannot be understood is refused before anything is written, with the shape's name.
"""
import glob
import json
import os
import sys

from gen_api import EXPRESSION, is_structure

LEAVES = {"string": "string", "integer": "integer", "long": "integer", "boolean": "boolean", "double": "double", "float": "double",
          "timestamp": "timestamp"}
WIDTH = 128


class Refused(Exception):
    """The model says what api/*.json cannot: the text names the shape."""


# ---- the service model ----

class Service:
    """A model of botocore."""

    def __init__(self, path):
        try:
            with open(path, encoding="utf-8") as f:
                model = json.load(f)
        except (OSError, ValueError) as e:
            raise Refused(f"{path}: {e}") from e
        if not isinstance(model, dict) or not all(isinstance(model.get(k), dict) for k in ("metadata", "operations", "shapes")):
            raise Refused(f"{path} is no service model: it has no metadata, operations and shapes")
        if model["metadata"].get("protocol") != "query":
            raise Refused(f"the service speaks {model['metadata'].get('protocol')!r}, not the Query protocol")
        self.operations, self.shapes = model["operations"], model["shapes"]

    def shape(self, name, where):
        shape = self.shapes.get(name)
        if not isinstance(shape, dict):
            raise Refused(f"{where} names the shape {name}, which is not there")
        kind = shape.get("type")
        if kind not in LEAVES and kind not in ("structure", "list"):
            raise Refused(f"the shape {name} is of the type {kind!r}")
        if kind == "structure" and not isinstance(shape.get("members"), dict):
            raise Refused(f"the structure {name} has no members")
        if kind == "structure" and shape.get("union"):
            raise Refused(f"the shape {name} is a union")
        if kind == "list" and "shape" not in shape.get("member", {}):
            raise Refused(f"the list {name} does not say of what")
        if kind == "list" and shape.get("flattened"):
            raise Refused(f"the list {name} is flattened")
        return shape

    def members(self, name, where):
        """The members as they are called on the wire, and their shapes' names."""
        if name is None:
            return []
        shape = self.shape(name, where)
        if shape["type"] != "structure":
            raise Refused(f"{where} is the shape {name}, which is no structure")
        for member, reference in shape["members"].items():
            if "shape" not in reference:
                raise Refused(f"the shape {name} does not say what its member {member} is")
        return [(self.wire_name(r, m), r["shape"]) for m, r in shape["members"].items()]

    def wire_name(self, reference, otherwise):
        """botocore lets a name on the wire stand where a shape is used, or at the shape."""
        return reference.get("locationName") or self.shape(reference["shape"], otherwise).get("locationName", otherwise)


# ---- our model ----

class Files:
    """The files of api/, each a dictionary that keeps its order."""

    def __init__(self, folder):
        self.paths = sorted(glob.glob(os.path.join(folder, "*.json")))
        self.parts = {}
        for path in self.paths:
            with open(path, encoding="utf-8") as f:
                self.parts[path] = json.load(f)

    def find(self, kind, name):
        """The path of the file that has it, or None."""
        return next((p for p in self.paths if name in self.parts[p].get(kind, {})), None)

    def get(self, kind, name):
        path = self.find(kind, name)
        return self.parts[path][kind][name] if path else None

    def put(self, path, kind, name, value):
        self.parts[path].setdefault(kind, {})[name] = value

    def write(self):
        for path, part in self.parts.items():
            with open(path, "w", encoding="utf-8") as f:
                f.write(drawn(part) + "\n")


def drawn(value, room=WIDTH, depth=0):
    """JSON as it stands in api/: what describes one thing in one line where it fits, and everything above it over several lines."""
    pad, flat = "  " * depth, json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) or not value or not isinstance(value, (dict, list)):
        return flat
    leaf = isinstance(value, list) or set(value) & {"enum", "string", "list", "status", "token"} and not is_members(value)
    if leaf:
        return flat if len(flat) <= room else drawn_wrapped(value, pad)
    lines = [f"{pad}  {json.dumps(k)}: {drawn(v, WIDTH - len(pad) - len(k) - 6, depth + 1)}" for k, v in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{pad}}}"


def is_members(value):
    return is_structure(value) and "code" not in value


def drawn_wrapped(value, pad):
    if isinstance(value, dict) and len(value) == 1:
        (key, inner), = value.items()
        return f"{{{json.dumps(key)}: {drawn_wrapped(inner, pad)}}}"
    many = isinstance(value, dict)
    words = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in value.items()] if many else [json.dumps(v) for v in value]
    lines, line = [], ""
    for word in words:
        if line and len(pad) + len(line) + len(word) + 4 > WIDTH:
            lines, line = lines + [line], ""
        line += (" " if line else "") + word + ","
    lines.append(line.rstrip(","))
    opening, closing = "{}" if many else "[]"
    return opening + "\n" + "\n".join(f"{pad}  {text}" for text in lines) + f"\n{pad}{closing}"


# ---- the walk ----

class Import:
    """One walk through the service model, beside ours."""

    def __init__(self, service, files):
        self.service, self.files = service, files
        self.changes, self.walked = [], set()

    def tell(self, sign, text):
        self.changes.append(f"{sign} {text}")

    def run(self):
        for name, theirs in sorted(self.service.operations.items()):
            path = self.files.find("operations", name)
            if path is None:
                path = self.add_operation(name, theirs)
            ours = self.files.parts[path]["operations"][name]
            self.walk_side(path, f"{name}.in", ours, "in", theirs.get("input", {}).get("shape"))
            self.walk_side(path, f"{name}.out", ours, "out", theirs.get("output", {}).get("shape"))
            self.add_faults(name, ours, theirs)
        for path in self.files.paths:
            for name in self.files.parts[path].get("operations", {}):
                if name not in self.service.operations:
                    self.tell("?", f"{name}: not in the model; kept")
        return self.changes

    def walk_side(self, path, where, ours, side, shape):
        """The input or the output of an operation: a structure in place, or the name of one."""
        if shape is None:
            return
        if isinstance(ours.get(side), str):
            self.walk_structure(shape, ours[side])
        elif side in ours:
            self.walk_members(path, where, shape, ours[side])
        elif self.service.members(shape, where):
            ours[side] = {}
            self.walk_members(path, where, shape, ours[side])

    def walk_structure(self, shape, name):
        if (shape, name) in self.walked:
            return
        self.walked.add((shape, name))
        path = self.files.find("shapes", name)
        self.walk_members(path, name, shape, self.files.parts[path]["shapes"][name])

    def walk_members(self, path, where, shape, ours):
        required = self.service.shape(shape, where).get("required", [])
        theirs = self.service.members(shape, where)
        for member, member_shape in theirs:
            place = f"{where}.{member}"
            if member not in ours:
                ours[member] = self.expression(path, member_shape, place) + ("!" if member in required else "")
                self.tell("+", f"{place}: {ours[member]}")
            elif member in required and not ours[member].endswith("!"):
                ours[member] += "!"
                self.tell("~", f"{place}: required")
            self.walk_value(path, place, member_shape, ours[member].rstrip("!"))
        for member in ours:
            if member not in dict(theirs):
                self.tell("?", f"{where}.{member}: not in the model; kept")

    def walk_value(self, path, where, shape, expression):
        """A member that stands in both."""
        theirs, m = self.service.shape(shape, where), EXPRESSION.match(expression)
        ours = self.files.get("shapes", m["name"]) if m["name"] else None
        if ours is not None and set(ours) == {"list"}:
            return self.walk_value(path, where, shape, ours["list"]["of"])
        kind = "list" if m["item"] else m["name"] if ours is None else "structure" if is_structure(ours) else "string"
        if kind != LEAVES.get(theirs["type"], theirs["type"]):
            return self.tell("?", f"{where}: {theirs['type']} in the model, {expression} here; kept")
        if kind == "list":
            return self.walk_list(path, where, theirs, m)
        if kind == "structure":
            return self.walk_structure(shape, m["name"])
        if ours is not None and "enum" in ours:
            for value in theirs.get("enum", []):
                if value not in ours["enum"]:
                    ours["enum"].append(value)
                    self.tell("+", f"{m['name']}: the value {value}")
        return None

    def walk_list(self, path, where, theirs, m):
        element = self.service.wire_name(theirs["member"], "member")
        if element != (m["element"] or "member"):
            self.tell("?", f"{where}: elements are called {element} in the model, {m['element'] or 'member'} here; kept")
        self.walk_value(path, where, theirs["member"]["shape"], m["item"])

    def expression(self, path, shape, where):
        """The type of a member that is new here. Its shapes come into the file that needs them, unless they are somewhere already."""
        theirs = self.service.shape(shape, where)
        if theirs["type"] == "list":
            return self.list_expression(path, theirs, shape)
        limits = {k: theirs[k] for k in ("min", "max") if k in theirs}
        described = theirs["type"] == "structure" or "enum" in theirs or theirs["type"] == "string" and limits
        if not described:
            return LEAVES[theirs["type"]]
        if self.files.find("shapes", shape) is None:
            value = {"enum": theirs["enum"]} if "enum" in theirs else {"string": limits} if limits else {}
            self.files.put(path, "shapes", shape, value)
            self.tell("+", f"the shape {shape}")
            if theirs["type"] == "structure":
                self.walk_structure(shape, shape)
        return shape

    def list_expression(self, path, theirs, shape):
        element = self.service.wire_name(theirs["member"], "member")
        item = self.expression(path, theirs["member"]["shape"], shape)
        if not EXPRESSION.match(item)["name"]:
            raise Refused(f"the list {shape} holds lists")
        return f"[{element}: {item}]" if element != "member" else f"[{item}]"

    def add_operation(self, name, theirs):
        """A new operation stands in the file of what it answers with. It is not served, and its pages are for whoever serves it to say."""
        out = theirs.get("output", {}).get("shape")
        known = [self.files.find("shapes", s) for _, s in self.service.members(out, name)]
        path = next((p for p in known if p), next(p for p in self.files.paths if p.endswith("common.json")))
        new = {"served": False, "writes": not name.startswith(("Describe", "List")), "in": {}, "faults": []}
        if out is not None:
            new = {"served": new["served"], "writes": new["writes"], "in": {}, "out": {}, "faults": []}
        self.files.put(path, "operations", name, new)
        self.tell("+", f"the operation {name}")
        return path

    def add_faults(self, name, ours, theirs):
        for reference in theirs.get("errors", []):
            fault = self.fault(reference["shape"], name)
            if fault not in ours["faults"]:
                ours["faults"].append(fault)
                self.tell("+", f"{name}: the fault {fault}")

    def fault(self, shape, where):
        """Our name of a fault, which is known by its code."""
        theirs = self.service.shape(shape, where)
        code = theirs.get("error", {}).get("code", shape)
        path = self.files.find("faults", next((n for p in self.files.paths for n, f in self.files.parts[p].get("faults", {}).items()
                                               if f["code"] == code), None))
        if path is not None:
            return next(n for n, f in self.files.parts[path]["faults"].items() if f["code"] == code)
        name = shape.removesuffix("Exception").removesuffix("Fault")
        status = theirs.get("error", {}).get("httpStatusCode")
        if not isinstance(status, int):
            raise Refused(f"the fault {shape} has no HTTP status")
        new = {"code": code, "status": status, **({} if theirs["error"].get("senderFault") else {"type": "Receiver"})}
        self.files.put(next(p for p in self.files.paths if p.endswith("faults.json")), "faults", name, new)
        self.tell("+", f"the fault {name}")
        return name


def main(model, folder):
    files = Files(folder)
    try:
        changes = Import(Service(model), files).run()
    except Refused as e:
        sys.exit(f"import_model.py: {e}")
    files.write()
    print("\n".join(changes) or "nothing is new")


if __name__ == "__main__":
    main(*sys.argv[1:])
