"""The project speaks of itself only: no path of somebody's machine, no word on how it was made, nothing left to do. And it calls
things by one name each: "group" and "cluster" never stand alone, nor does a file's name that belongs elsewhere."""
import re

import tree

# Each pattern is spelt so that it does not find itself.
WORDS = re.compile(r"/wor[k]/|/far[m]/|/roo[t]/|/tmp/buil[d]|\.\./share[d]|share[d]/facts|pyen[v]"
                   r"|\bclaud[e]\b|anthropi[c]|\bopena[i]\b|chatgp[t]|copilo[t]|language mode[l]|\bLL[M]s?\b"
                   r"|\bTOD[O]:|\bFIXM[E]\b|\bXX[X]\b", re.IGNORECASE)

# A group of replication, processes, nodes, users, parameters, subnets or security: which one is always said.
KINDS = ("replication", "process", "node", "user", "parameter", "subnet", "security")
BARE_GROUP = re.compile("".join(r"(?<!\b%s )" % kind for kind in KINDS) + r"(?<![\w-])groups?\b(?![-_(]|\.\w)", re.IGNORECASE)
# A cluster is the API's cache cluster, or Redis Cluster: which one is always said.
CLUSTERS = ("cache", "Cache", "Redis", "memcached", "member", "Member", "stand-alone")
BARE_CLUSTER = re.compile("".join(r"(?<!\b%s )" % kind for kind in CLUSTERS) + r"(?<![\w\-'\"(/.])[cC]lusters?\b(?![-_(/]|\.\w| mode| bus| ids?\b| nodes)")
CODE = re.compile(r"```.*?```|``.*?``|`[^`\n]*`|^    .*$", re.DOTALL | re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def check(path, text):
    return ["%s:%d: %s" % (path, n, m[0]) for n, line in enumerate(text.splitlines(), 1) for m in WORDS.finditer(line)]


def prose(path, text):
    """What of a file is written for people, its lines joined."""
    if path.endswith(".md"):
        return re.sub(r"\s*\n", " ", CODE.sub("`", text))
    return " ".join(re.sub(r"\s*\n \*? ?", " ", comment) for comment in COMMENT.findall(text))


def check_groups(path, text):
    words = prose(path, text)
    return ["%s: which group? %s" % (path, words[max(0, m.start() - 40):m.end() + 20]) for m in BARE_GROUP.finditer(words)]


def check_clusters(path, text):
    words = prose(path, text)
    return ["%s: which cluster? %s" % (path, words[max(0, m.start() - 40):m.end() + 20]) for m in BARE_CLUSTER.finditer(words)]


def check_name(path):
    """A plan lives in plan/, and a test below tests/."""
    name = path.rpartition("/")[2]
    if path.startswith("src/") and name.startswith("test_"):
        return ["%s is no test" % path]
    if path.startswith("src/") and not path.startswith("src/plan/") and re.search(r"(^|_)plan[_.]", name):
        return ["%s is no plan, or belongs into src/plan" % path]
    return []


if __name__ == "__main__":
    assert check("x", "see /wor" + "k/x"), "a machine's path must be seen"
    assert check_groups("x.md", "the\ngroup is") and not check_groups("x.md", "a replication\ngroup, `group`, user groups\n\n    group\n")
    assert check_groups("x.h", "/*\n * the group\n */") and not check_groups("x.h", "int group; /* a node\n * group */")
    assert check_clusters("x.md", "the\ncluster is") and not check_clusters("x.md", "a cache\ncluster, `cluster`, Redis Cluster, cluster mode")
    assert check_name("src/ops/x/group_plan.c") and check_name("src/ops/test_x.c") and not check_name("src/plan/plan.c")
    found = []
    for path in tree.files():
        found += check(path, tree.read(path)) + check_name(path)
        if path.endswith(".md") or (path.startswith("src/") and path.endswith((".h", ".c"))):
            found += check_groups(path, tree.read(path)) + check_clusters(path, tree.read(path))
    tree.finish(found)
