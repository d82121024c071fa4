"""The project speaks of itself only: no path of somebody's machine, no word on how it was made, nothing left to do."""
import re

import tree

# Each pattern is spelt so that it does not find itself.
WORDS = re.compile(r"/wor[k]/|/far[m]/|/roo[t]/|/tmp/buil[d]|\.\./share[d]|share[d]/facts|pyen[v]"
                   r"|\bclaud[e]\b|anthropi[c]|\bopena[i]\b|chatgp[t]|copilo[t]|language mode[l]|\bLL[M]s?\b"
                   r"|\bTOD[O]:|\bFIXM[E]\b|\bXX[X]\b", re.IGNORECASE)


def check(path, text):
    return ["%s:%d: %s" % (path, n, m[0]) for n, line in enumerate(text.splitlines(), 1) for m in WORDS.finditer(line)]


if __name__ == "__main__":
    assert check("x", "see /wor" + "k/x"), "a machine's path must be seen"
    tree.finish([p for path in tree.files() for p in check(path, tree.read(path))])
