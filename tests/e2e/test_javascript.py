"""The AWS SDK for JavaScript: its waiters, its paginators, and a class of its own for every fault of every operation.

It is installed once into the build directory, and skipped where there is no npm, or no registry that answers.
"""
import json
import os
import shutil
import subprocess
import unittest

import contract
import harness

setUpModule, tearDownModule = harness.one_server(flags=["--dry-run"])
PACKAGE = "@aws-sdk/client-elasticache@3"
FOLDER = os.path.join(os.environ.get("MERIDIAN_BUILD") or os.path.join(harness.ROOT, "build-test"), "javascript")
SCRIPT = os.path.join(harness.ROOT, "tests/e2e/javascript/sdk.mjs")
MODEL = contract.Contract(os.path.join(harness.ROOT, "api"))


def why_not():
    """None: the SDK is there."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "there is no npm"
    if os.path.isdir(FOLDER + "/node_modules/@aws-sdk/client-elasticache"):
        return None
    command = ["npm", "install", "--prefix", FOLDER, "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries", "0", PACKAGE]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except subprocess.TimeoutExpired:
        return "npm does not get %s in time" % PACKAGE
    return None if run.returncode == 0 else "npm can't install %s: %s" % (PACKAGE, run.stderr[-200:])


def example(expression):
    """A value that the model takes, in the SDK's terms."""
    m = contract.EXPRESSION.match(expression)
    if m["item"]:
        return [example(m["item"])]
    shape = MODEL.shapes.get(m["name"], {})
    if "list" in shape:
        return example(shape["list"]["of"])
    if "enum" in shape:
        return shape["enum"][0]
    if shape and all(isinstance(v, str) for v in shape.values()):
        return required(shape)
    return {"boolean": True, "integer": 1, "double": 1.5}.get(m["name"], "x" * (shape.get("string") or {}).get("min", 1))


def required(members):
    members = MODEL.shapes[members] if isinstance(members, str) else members or {}
    return {name: example(e) for name, e in members.items() if e.endswith("!")}


class JavaScript(harness.Case):
    def test_sdk_version_3(self):
        reason = why_not()
        if reason:
            self.skipTest(reason)
        faults = [(name, required(o.get("in")), MODEL.faults[fault]["code"]) for name, o in sorted(MODEL.operations.items()) if o.get("served") for fault in o["faults"]]
        token = harness.reads(os.path.join(self.server.data, "secrets", "admin-token")).decode()
        run = subprocess.run(["node", SCRIPT, FOLDER, self.server.url, json.dumps(faults)], capture_output=True, text=True, check=False, timeout=250,
                             env=harness.clean_environment(MERIDIAN_TOKEN=token))
        print(run.stdout)
        self.assertEqual(0, run.returncode, run.stderr)


if __name__ == "__main__":
    unittest.main()
