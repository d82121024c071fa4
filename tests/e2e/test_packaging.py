"""What is installed beside the program, and what ./dev says of versions. (The package itself is installed by tests/container.)"""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

BUILD = os.environ.get("MERIDIAN_BUILD", "")
EXPOSURE = 20  # of 100; systemd's table of what a service could do


def ask(*words, **more):
    run = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, timeout=120, **more)
    assert run.returncode == 0, (words, run.returncode, run.stdout, run.stderr)
    return run.stdout


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="meridian-packaging-")
        self.addCleanup(shutil.rmtree, self.folder, True)


@unittest.skipUnless(BUILD, "MERIDIAN_BUILD names no build directory")
class Installed(Case):
    """meson install, into a folder."""

    def setUp(self):
        super().setUp()
        ask("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", self.folder)
        files = {os.path.basename(path): path for path in
                 (os.path.join(folder, f) for folder, _, names in os.walk(self.folder) for f in names)}
        self.assertEqual({"meridian.service", "meridian.1", "meridian"}, set(files))
        self.paths = ask("find", self.folder, "-type", "f").split()

    def path(self, end):
        [path] = [p for p in self.paths if p.endswith(end)]
        return path

    def test_the_program_and_its_manual_page(self):
        self.assertRegex(ask(self.path("/bin/meridian"), "version"), r"\Ameridian \d")
        self.assertIn("--data-dir", ask("man", "--local-file", self.path("/man1/meridian.1")) if shutil.which("man") else
                      harness.reads(self.path("/man1/meridian.1")).decode().replace("\\-", "-"))

    @unittest.skipUnless(shutil.which("systemd-analyze"), "there is no systemd-analyze")
    def test_the_service(self):
        unit = harness.reads(self.path("/meridian.service")).decode()
        program = re.search("^ExecStart=(\\S+) serve$", unit, re.MULTILINE)[1]
        self.assertEqual(self.path("/bin/meridian"), self.folder + program)
        root = self.folder + "/root"
        os.makedirs(root + "/usr/lib/systemd/system")
        os.makedirs(root + os.path.dirname(program))
        shutil.copy(self.path("/meridian.service"), root + "/usr/lib/systemd/system")
        shutil.copy(self.path("/bin/meridian"), root + program)
        ask("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", "--root=" + root, "meridian.service")
        ask("systemd-analyze", "security", "--offline=true", "--threshold=%d" % EXPOSURE, "--root=" + root, "meridian.service")

    def complete(self, *words):
        """What bash offers at the end of a command line."""
        os.makedirs(self.folder + "/bin", exist_ok=True)
        if not os.path.exists(self.folder + "/bin/meridian"):
            os.symlink(harness.BIN, self.folder + "/bin/meridian")
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); complete -p meridian >&2; _meridian; printf "%s\\n" "${COMPREPLY[@]}"'
        return ask("bash", "-euc", script, "bash", self.path("/completions/meridian"), "meridian", *words, cwd=self.folder,
                   env=harness.clean_environment(PATH=self.folder + "/bin:" + os.environ["PATH"])).split()

    @unittest.skipUnless(shutil.which("bash"), "there is no bash")
    def test_the_completion(self):
        self.assertEqual(["serve"], self.complete("se"))
        self.assertLessEqual({"serve", "wait", "health", "agent", "version", "help"}, set(self.complete("")))
        self.assertEqual(["--data-dir"], self.complete("serve", "--data"))
        self.assertLessEqual({"--listen", "--port-range", "--names"}, set(self.complete("serve", "--")))
        self.assertEqual(["--timeout"], self.complete("wait", "orders", "--t"))
        open(self.folder + "/rules.calls", "w", encoding="ascii").close()
        self.assertEqual(["rules.calls"], self.complete("serve", "--init", "ru"))


@unittest.skipUnless(shutil.which("git"), "there is no git")
class Versions(Case):
    """Of packages, in a repository of their own."""

    def setUp(self):
        super().setUp()
        for name in ("dev", "meson.build"):
            shutil.copy(os.path.join(harness.ROOT, name), self.folder)
        [self.written] = re.findall("^  version: '([^']+)'", harness.reads(self.folder + "/meson.build").decode(), re.MULTILINE)

    def git(self, *words):
        return ask("git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words, cwd=self.folder)

    def commit(self):
        self.git("commit", "-q", "--allow-empty", "-m", "Change nothing")

    def version(self):
        return ask("./dev", "version", cwd=self.folder).strip()

    def test_come_from_the_nearest_tag(self):
        self.git("init", "-q")
        self.commit()
        self.assertEqual(self.written, self.version())
        self.git("tag", "v7.8.9")
        self.assertEqual("7.8.9", self.version())
        self.commit()
        self.assertRegex(self.version(), r"\A7\.8\.9\+1\.g[0-9a-f]+\Z")
        self.git("tag", "other")
        self.assertRegex(self.version(), r"\A7\.8\.9\+1\.g")

    def test_of_sources_without_a_repository_are_written_in_them(self):
        """Also below somebody else's."""
        self.git("init", "-q")
        self.commit()
        self.git("tag", "v7.8.9")
        os.mkdir(self.folder + "/below")
        for name in ("dev", "meson.build"):
            os.rename(os.path.join(self.folder, name), os.path.join(self.folder, "below", name))
        self.folder += "/below"
        self.assertEqual(self.written, self.version())


if __name__ == "__main__":
    unittest.main()
