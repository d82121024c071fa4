"""Every Python file compiles, every JSON file parses, every shell script is one; JSON objects name a key once."""
import json
import os
import subprocess

import tree


def once(pairs):
    keys = [k for k, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError("the key %s stands twice in one object" % key)
    return dict(pairs)


def problem_of(path):
    try:
        if path.endswith(".py"):
            compile(tree.read(path), path, "exec")
        elif path.endswith(".json"):
            json.loads(tree.read(path), object_pairs_hook=once)
        else:
            run = subprocess.run(["bash", "-n", os.path.join(tree.ROOT, path)], stderr=subprocess.PIPE, text=True)
            if run.returncode:
                raise ValueError(run.stderr.strip())
    except (SyntaxError, ValueError) as e:
        return "%s: %s" % (path, e)


if __name__ == "__main__":
    paths = tree.files(".py", ".json", ".sh") + ["dev", ".ci/run"]
    tree.finish([p for p in map(problem_of, paths) if p])
