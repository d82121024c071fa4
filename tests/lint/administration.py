"""docs/administration.md is drawn from schema/admin.json, from which the writers of these bodies are generated, too."""
import pathlib
import subprocess
import sys
import tempfile

import tree

DRAWN = "docs/administration.md"

with tempfile.TemporaryDirectory() as folder:
    subprocess.run([sys.executable, tree.ROOT + "/src/gen/gen_api.py", "drawing", folder, tree.ROOT + "/schema/admin.json", tree.ROOT + "/schema/words.json"],
                   check=True)
    right = (pathlib.Path(folder) / "administration.md").read_text()
tree.finish([] if tree.read(DRAWN) == right else [DRAWN + " is not what schema/admin.json says: draw it anew"])
