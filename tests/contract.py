"""Holds answers of the Query API against the model in api/*.json (docs/api-model.md tells its language).

    contract = Contract("api")
    violations = contract.check("DescribeEvents", 200, "text/xml", body)

Each violation is one sentence; an empty list means that the answer is what the model promises. Standard library only.
"""
import glob
import json
import os
import re
import xml.etree.ElementTree as ET

NAMESPACE = "{http://elasticache.amazonaws.com/doc/2015-02-02/}"
LEAVES = {
    "string": re.compile(r".*", re.S),
    "integer": re.compile(r"-?\d{1,10}"),
    "boolean": re.compile(r"true|false"),
    "double": re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?"),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"),
}
EXPRESSION = re.compile(r"(?:(?P<name>\w+)|\[(?:(?P<element>\w+): )?(?P<item>\w+)\])!?$")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def load(api_dir):
    """The shapes, operations and faults of all files."""
    model = {"shapes": {}, "operations": {}, "faults": {}}
    for path in sorted(glob.glob(os.path.join(api_dir, "*.json"))):
        with open(path, encoding="utf-8") as f:
            part = json.load(f)
        for kind, known in model.items():
            known.update(part.get(kind, {}))
    return model


def local(element):
    return element.tag.removeprefix(NAMESPACE)


class Contract:
    def __init__(self, api_dir):
        model = load(api_dir)
        self.shapes, self.operations, self.faults = model["shapes"], model["operations"], model["faults"]
        if not self.operations:
            raise ValueError(f"no operations under {api_dir}")

    def check(self, action, status, content_type, body):
        return Answer(self, action).check(status, content_type, body)


class Answer:
    """One answer being checked; collects violations."""

    def __init__(self, contract, action):
        self.contract, self.action = contract, action
        self.operation = contract.operations.get(action)
        self.violations = []

    def flag(self, text):
        self.violations.append(f"{self.action}: {text}")

    def check(self, status, content_type, body):
        if not re.match(r"(text|application)/xml\b", content_type or ""):
            self.flag(f"the Content-Type is {content_type!r}, not XML")
        try:
            root = ET.fromstring(body)
        except ET.ParseError as e:
            self.flag(f"the body is not well-formed XML: {e}")
            return self.violations
        self.check_markup(root)
        if status == 200:
            self.check_success(root)
        else:
            self.check_error(status, root)
        return self.violations

    def check_markup(self, root):
        for element in root.iter():
            if not element.tag.startswith(NAMESPACE):
                self.flag(f"the element {element.tag} is not in the service's namespace")
            if element.attrib:
                self.flag(f"the element {local(element)} has attributes")

    def children(self, element, path):
        """The children by name; flags text, and names that stand twice."""
        found = {}
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            self.flag(f"there is text in the structure {path}")
        for child in element:
            if local(child) in found:
                self.flag(f"{path}/{local(child)} stands twice")
            found[local(child)] = child
        return found

    def only(self, children, allowed, path):
        for name in children:
            if name not in allowed:
                self.flag(f"unknown element {path}/{name}")

    def check_success(self, root):
        name = f"{self.action}Response"
        if self.operation is None:
            return self.flag("answered 200 to an operation that is not in the model")
        if local(root) != name:
            return self.flag(f"the root element is {local(root)}, not {name}")
        children, result, out = self.children(root, name), f"{self.action}Result", self.operation.get("out")
        self.only(children, {"ResponseMetadata"} | ({result} if out is not None else set()), name)
        if "ResponseMetadata" not in children:
            self.flag("no ResponseMetadata")
        else:
            self.check_request_id(self.children(children["ResponseMetadata"], "ResponseMetadata"))
        if out is None:
            return None
        if result not in children:
            return self.flag(f"no {result}")
        members = self.contract.shapes[out] if isinstance(out, str) else out
        return self.check_structure(members, children[result], result)

    def check_request_id(self, children):
        element = children.get("RequestId")
        if element is None or not UUID.fullmatch(element.text or ""):
            self.flag("no RequestId that is a lower-case UUID")

    def check_structure(self, members, element, path):
        children = self.children(element, path)
        self.only(children, members, path)
        for name, child in children.items():
            if name in members:
                self.check_value(members[name], child, f"{path}/{name}")

    def check_value(self, expression, element, path):
        m = EXPRESSION.match(expression)
        if m["item"]:
            return self.check_list(m["element"] or "member", m["item"], element, path)
        if m["name"] in LEAVES:
            return self.check_leaf(m["name"], element, path)
        shape = self.contract.shapes[m["name"]]
        if all(isinstance(v, str) for v in shape.values()):
            return self.check_structure(shape, element, path)
        if "list" in shape:
            return self.check_value(shape["list"]["of"], element, path)
        self.check_leaf("string", element, path)
        if "enum" in shape and (element.text or "") not in shape["enum"]:
            self.flag(f"{path} is {element.text!r}, not one of {', '.join(shape['enum'])}")
        return None

    def check_list(self, name, item, element, path):
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            self.flag(f"there is text in the list {path}")
        for child in element:
            if local(child) != name:
                self.flag(f"{path} holds {local(child)}, the model says {name}")
            else:
                self.check_value(item, child, f"{path}/{name}")

    def check_leaf(self, kind, element, path):
        text = element.text or ""
        if len(element):
            self.flag(f"{path} holds elements, the model says {kind}")
        elif not LEAVES[kind].fullmatch(text):
            self.flag(f"{path} is {text!r}, the model says {kind}")

    def check_error(self, status, root):
        if local(root) != "ErrorResponse":
            return self.flag(f"status {status} with the root element {local(root)}")
        children = self.children(root, "ErrorResponse")
        self.only(children, {"Error", "RequestId"}, "ErrorResponse")
        self.check_request_id(children)
        if "Error" not in children:
            return self.flag("an ErrorResponse without Error")
        error = self.children(children["Error"], "Error")
        self.only(error, {"Type", "Code", "Message"}, "Error")
        told = {name: error[name].text or "" if name in error else "" for name in ("Type", "Code", "Message")}
        if not told["Message"]:
            self.flag(f"{told['Code']} without a message")
        return self.check_fault(status, told["Code"], told["Type"])

    def check_fault(self, status, code, side):
        declared = self.operation["faults"] if self.operation else []
        allowed = {f["code"]: f for name, f in self.contract.faults.items() if f.get("common") or name in declared}
        if code not in allowed:
            return self.flag(f"the error {code!r} is not declared for this operation")
        fault = allowed[code]
        if fault["status"] != status:
            self.flag(f"{code} came with status {status}, the model says {fault['status']}")
        if side != fault.get("type", "Sender"):
            self.flag(f"{code} has the type {side!r}, the model says {fault.get('type', 'Sender')}")
        if status >= 500:
            self.flag(f"the server failed: {code}")
        return None
