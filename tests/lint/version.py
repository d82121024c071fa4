"""meson.build has the version; the first heading of CHANGELOG.md tells of the same one."""
import re

import tree


def check(meson, changelog):
    version = re.search(r"^  version: '([^']+)'", meson, re.MULTILINE)
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    if not version or not newest:
        return ["meson.build has no version, or CHANGELOG.md no heading with one"]
    return [] if version[1] == newest[1] else ["meson.build has version %s, CHANGELOG.md begins with %s" % (version[1], newest[1])]


if __name__ == "__main__":
    assert check("  version: '1.0',", "## 1.1\n"), "another version must be seen"
    assert check("", "## 1.1\n"), "a version that is missing must be seen"
    tree.finish(check(tree.read("meson.build"), tree.read("CHANGELOG.md")))
