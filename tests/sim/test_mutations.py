"""Races that were mended once are put back one by one: storms from seeds alone find each of them again.

A mutation is another text in one file. Its object goes before the libraries in the simulator's link, so that it takes the place of the
library's own.
"""
import json
import os
import shlex
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD, SIMULATE = os.environ["BUILD"], os.environ["SIMULATE"]
SEEDS = "1..800"  # each mutation is done with the first that finds it: rare orders of events are met by few

MUTATIONS = {
    "an order to become primary that names no process":
        ("src/control/assign.c", "if (want.primary && n->row.promote_pid) {", "if (false) {"),
    "a primary that is not held down once it has died":
        ("src/plan/want.c", "return (want_failover(rg) && has_replica(first)) || has_secondary(rg, ng, SECONDARY_ANY);", "return false;"),
    "a change of primary that does not wait for the fence":
        ("src/plan/failover.c", "bool quiet = want_passive(rg) || (node_is_dead(first) && first->row.release == RELEASE_NONE);",
         "bool quiet = true;"),
    "a successor that is not the one who got furthest":
        ("src/plan/candidate.c", "return a->row.seen_offset > b->row.seen_offset;", "return a->row.seen_offset < b->row.seen_offset;"),
    "a failed node that is named after its row has gone":
        ("src/plan/failover.c", "if (n && n->drop) n = NULL;", ""),
    # Met by what follows from it: a failover of the datastore whose plans do not come to rest.
    "a dead primary that starts before serve knows which replicas run":
        ("tests/sim/scripted_node.c", "return n->engine && (s->known == 0 ||", "return false && n->engine && (s->known == 0 ||"),
    "replicas that are not let load before their dead primary starts":
        ("tests/sim/scripted_node.c", ".sparing = spares_followers(s, n),", ".sparing = false && spares_followers(s, n),"),
}


def compile_command(source):
    """The compiler's words for a file of the simulator or of what it links, but for the file and its object: the optimized one, if there is one."""
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as f:
        found = [c for c in json.load(f) if os.path.normpath(os.path.join(BUILD, c["file"])) == source and "/fuzz/" not in c["output"]]
    assert found, "%s is not built" % source
    chosen = max(found, key=lambda command: "/libsimulated" in command["output"] or "/simulate_fast" in command["output"])
    words = shlex.split(chosen["command"])
    return words[:words.index("-o")], chosen["output"]


def build(mutated, source, folder):
    words, output = compile_command(source)
    own = os.path.join(folder, "mutated.o")
    subprocess.run(words + ["-I" + os.path.dirname(source), "-Wno-error", "-o", own, "-c", mutated], cwd=BUILD, check=True)
    link = subprocess.run(["ninja", "-C", BUILD, "-t", "commands", SIMULATE], capture_output=True, text=True, check=True)
    words = [own if word == output else word for word in shlex.split(link.stdout.splitlines()[-1])]
    at = words.index("-o")
    words[at + 1] = os.path.join(folder, "simulate")
    if own not in words:
        words.insert(at + 2, own)
    subprocess.run(words, cwd=BUILD, check=True)
    return os.path.join(folder, "simulate")


class Seeds(unittest.TestCase):
    """Storms from seeds find again"""

    def find(self, file, before, after):
        source = os.path.join(ROOT, file)
        with open(source, encoding="utf-8") as f:
            text = f.read()
        self.assertIn(before, text, "the mutation of %s has lost its place" % file)
        with tempfile.TemporaryDirectory() as folder:
            mutated = os.path.join(folder, os.path.basename(source))
            with open(mutated, "w", encoding="utf-8") as f:
                f.write(text.replace(before, after))
            program = build(mutated, source, folder)
            found = subprocess.run([program, "--seeds", SEEDS, "--scripted", "--no-shrink", "--first"], capture_output=True, text=True, check=False)
        self.assertNotEqual(found.returncode, 0, "no storm of the seeds %s finds it" % SEEDS)
        print("# " + [line for line in found.stdout.splitlines() if line.startswith("seed ")][0][:160], flush=True)


def add(name, mutation):
    def run(self):
        self.find(*mutation)
    setattr(Seeds, "test_" + name.replace(" ", "_"), run)


for name, mutation in MUTATIONS.items():
    add(name, mutation)

if __name__ == "__main__":
    unittest.main()
