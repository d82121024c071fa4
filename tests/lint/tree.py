"""The project's own files, for the lint tests, and the way they report."""
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOP = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".editorconfig", ".github", "dev", "meson.build", "meson_options.txt", ".ci", ".clang-format", ".clang-tidy",
       "api", "bench", "docker", "docs", "migrations", "schema", "src", "tests")


def files(*endings, under=TOP):
    """Paths relative to the root, sorted; only those with one of the endings, if any is given."""
    found = []
    for top in under:
        path = os.path.join(ROOT, top)
        if os.path.isfile(path):
            found.append(top)
        for folder, folders, names in os.walk(path):
            folders[:] = [f for f in folders if f not in ("__pycache__", "corpus")]  # what fuzzers found is no text
            found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(f for f in found if not endings or f.endswith(endings))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def finish(problems):
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)
