"""What ./dev package makes installs on a Debian 12 that has nothing yet, and serves there."""
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


@unittest.skipUnless(platform.freedesktop_os_release().get("VERSION_CODENAME") == "bookworm", "a package for Debian 12 is made on Debian 12")
class Package(containers.Case):
    def test_installs_with_apt_and_serves(self):
        subprocess.run([ROOT + "/dev", "package"], check=True, stdout=sys.stderr)
        made = max((os.path.join(ROOT, "dist", f) for f in os.listdir(ROOT + "/dist") if f.endswith(".deb")), key=os.path.getmtime)
        listed = subprocess.run(["dpkg-deb", "--contents", made], stdout=subprocess.PIPE, text=True, check=True).stdout
        self.assertEqual([], [f for f in FILES if " .%s\n" % f not in listed])
        said = podman("run", "--rm", "--network", "host", "-v", ROOT + "/dist:/dist:ro", BASE, "bash", "-c",
                      SCRIPT % os.path.basename(made))
        self.assertIn('"status":"ok"', said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
