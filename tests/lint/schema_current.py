"""schema/schema.sql is the picture of what the migrations make: the generator draws it anew, and the two must be the same."""
import pathlib
import subprocess
import sys
import tempfile

import tree

ROOT = pathlib.Path(__file__).resolve().parents[2]

with tempfile.TemporaryDirectory() as folder:
    out = [str(pathlib.Path(folder) / name) for name in ("sql.gen.d", "sql.gen.h", "queries.gen.h", "sql.gen.c", "tables.gen.c", "schema.sql")]
    inputs = [ROOT / "schema/words.json", ROOT / "schema/keys.json"] + [ROOT / "migrations", ROOT / "schema/queries"]
    subprocess.run([sys.executable, str(ROOT / "src/gen/gen_sql.py"), *out, *map(str, inputs)], check=True)
    drawn = pathlib.Path(out[5]).read_text()
kept = (ROOT / "schema/schema.sql").read_text()
tree.finish([] if drawn == kept else ["schema/schema.sql is not what the migrations make: generate it anew"])
