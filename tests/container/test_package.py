"""What ./dev package makes: the package installs on a Debian 12 that has nothing yet, and serves there; the sources are all that a build needs."""
import os
import platform
import subprocess
import sys
import unittest

import podman as containers
from podman import BASE, ROOT, podman

FILES = ("/usr/bin/meridian", "/usr/share/man/man1/meridian.1.gz", "/usr/share/bash-completion/completions/meridian",
         "/usr/lib/systemd/system/meridian.service", "/etc/default/meridian", "/usr/share/doc/meridian/copyright")
SCRIPT = """set -e
    apt-get -q update >/dev/null
    apt-get -q install -y --no-install-recommends /dist/%s >/dev/null
    test "$(stat -c %%a /etc/default/meridian)" = 644
    id meridian >&2
    dpkg --verify meridian | grep -v /usr/share/ >&2 && exit 1
    su meridian -s /bin/sh -c 'exec meridian serve --listen 127.0.0.1:0 --data-dir /tmp/data' >&2 &
    until meridian health --data-dir /tmp/data 2>/dev/null; do kill -0 $!; done
    apt-get -q purge -y meridian >/dev/null
    test ! -e /etc/default/meridian
"""
BUILD = """set -e
    mkdir /sources
    tar -C /sources -xzf /dist/%s
    cd /sources/*
    ./dev build >&2
    build/meridian version
    ./dev version
"""


@unittest.skipUnless(platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm", "a package for Debian 12 is made on Debian 12")
class Package(containers.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([ROOT + "/dev", "package"], check=True, stdout=sys.stderr)

    def made(self, end):
        """The newest of ./dev package's files that end so."""
        return max((os.path.join(ROOT, "dist", f) for f in os.listdir(ROOT + "/dist") if f.endswith(end)), key=os.path.getmtime)

    def in_container(self, image, script, path):
        return podman("run", "--rm", "--network", "host", "-v", ROOT + "/dist:/dist:ro", image, "bash", "-c", script % os.path.basename(path))

    def test_installs_with_apt_and_serves(self):
        made = self.made(".deb")
        listed = subprocess.run(["dpkg-deb", "--contents", made], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertEqual([], [f for f in FILES if " .%s\n" % f not in listed])
        self.assertIn('"status":"ok"', self.in_container(BASE, SCRIPT, made))

    def test_has_the_sources_that_a_build_needs(self):
        made = self.made(".tar.gz")
        program, written = self.in_container(containers.make_stage("localhost/meridian-tools:latest"), BUILD, made).splitlines()
        self.assertEqual("meridian " + written, program)


if __name__ == "__main__":
    unittest.main(verbosity=2)
