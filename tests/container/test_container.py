"""The image, built from docker/Dockerfile and run as docker/compose.yml does, without a registry: podman and runc, and a base that
debootstrap makes. MERIDIAN_CONTAINER_STORE names a folder where images of an earlier run are found again.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
import waiting  # noqa: E402

BASE, IMAGE, MIB_ABOVE = "docker.io/library/debian:bookworm-slim", "localhost/meridian:latest", 45
LIMITS = ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=4096:4096"]
SLIM = "".join("path-exclude /usr/share/%s/*\n" % place for place in ("doc", "man", "info", "groff", "locale", "lintian"))
MIRROR = "http://deb.debian.org/debian"
API, FIRST, LAST = 4566, 6379, 6399
URL = "http://localhost:%d" % API
DEADLINE = 60

lacking = [p for p in ("podman", "runc", "debootstrap") if shutil.which(p) is None]
WHY_NOT = "only root can" if os.geteuid() != 0 else "there is no " + ", no ".join(lacking) if lacking else None


class Podman:
    def __init__(self, folder):
        self.words = ["podman", "--storage-driver", "vfs", "--runtime", "runc", "--root", folder + "/store", "--runroot", folder + "/run"]

    def __call__(self, *words, check=True):
        r = subprocess.run([*self.words, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        if check and r.returncode != 0:
            raise AssertionError("podman %s ends with %d:\n%s%s" % (" ".join(words), r.returncode, r.stdout[-2000:], r.stderr[-4000:]))
        return r.stdout.strip() if check else r.returncode

    def has(self, image):
        return self("image", "exists", image, check=False) == 0


def make_base(podman, folder):
    """What debian:bookworm-slim has: a minimal Debian without documentation."""
    root = folder + "/root"
    subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root, MIRROR], check=True, stdout=sys.stderr)
    with open(root + "/etc/dpkg/dpkg.cfg.d/slim", "w") as f:
        f.write(SLIM)
    with open(root + "/usr/sbin/policy-rc.d", "w") as f:
        f.write("#!/bin/sh\nexit 101\n")
    os.chmod(root + "/usr/sbin/policy-rc.d", 0o755)
    for place in ("share/doc", "share/man", "share/locale"):
        shutil.rmtree(root + "/usr/" + place, ignore_errors=True)
    for place in ("/var/cache/apt/archives", "/var/lib/apt/lists"):
        shutil.rmtree(root + place, ignore_errors=True)
        os.makedirs(root + place + "/partial")
    subprocess.run(["tar", "-C", root, "-cf", folder + "/root.tar", "."], check=True)
    podman("import", folder + "/root.tar", BASE)
    shutil.rmtree(root)
    os.unlink(folder + "/root.tar")


@unittest.skipIf(WHY_NOT, "building a container: %s" % WHY_NOT)
class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kept = os.environ.get("MERIDIAN_CONTAINER_STORE")
        cls.folder = kept or tempfile.mkdtemp(prefix="meridian-container-", dir="/var/tmp")
        cls.podman = Podman(cls.folder)
        if not kept:
            cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
            cls.addClassCleanup(cls.podman, "rmi", "-af", check=False)
        if not cls.podman.has(BASE):
            make_base(cls.podman, cls.folder)
        if not cls.podman.has(IMAGE):
            cls.podman("build", "--format", "docker", "--isolation", "chroot", "--network", "host", *LIMITS, "--pull=never", "-f",
                       "docker/Dockerfile", "--ignorefile", "docker/Dockerfile.dockerignore", "-t", IMAGE, ROOT)
        cls.podman("volume", "create", "meridian-data")
        cls.addClassCleanup(cls.podman, "volume", "rm", "-f", "meridian-data", check=False)

    def start(self):
        self.podman("run", "-d", "--name", "meridian", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--tmpfs", "/tmp",
                    *LIMITS, "-p", "127.0.0.1:%d:%d" % (API, API), "-p", "127.0.0.1:%d-%d:%d-%d" % (FIRST, LAST, FIRST, LAST),
                    "-v", "meridian-data:/var/lib/meridian", IMAGE)
        self.addCleanup(self.podman, "rm", "-f", "-t", "30", "meridian", check=False)
        waiting.wait_for(lambda: self.podman("exec", "meridian", "meridian", "health", check=False) == 0, "health", DEADLINE, 0.1)

    def stop(self):
        self.podman("stop", "-t", "60", "meridian")
        status = self.podman("inspect", "--format", "{{.State.ExitCode}}", "meridian")
        self.podman("rm", "meridian")
        return status

    def ask(self, **parameters):
        with urllib.request.urlopen(URL + "/?" + urllib.parse.urlencode({"Version": "2015-02-02"} | parameters), timeout=DEADLINE) as answer:
            return answer.read().decode()

    def create(self, group, **more):
        self.ask(Action="CreateReplicationGroup", ReplicationGroupId=group, ReplicationGroupDescription="d", Engine="redis",
                 CacheNodeType="cache.r6g.large", **more)
        waiting.wait_for(lambda: "<Status>available</Status>" in self.describe(group), group + " available", DEADLINE, 0.1)

    def describe(self, group):
        return self.ask(Action="DescribeReplicationGroups", ReplicationGroupId=group)

    def app(self, script):
        """What a second container on the same network says: it reaches the first one as 'meridian'."""
        address = self.podman("inspect", "--format", "{{.NetworkSettings.IPAddress}}", "meridian")
        return self.podman("run", "--rm", *LIMITS, "--add-host", "meridian:" + address, "--entrypoint", "bash", IMAGE, "-c", script)

    def app_describe(self, group):
        query = "/?Action=DescribeReplicationGroups&Version=2015-02-02&ReplicationGroupId=" + group
        return self.app("exec 3<>/dev/tcp/meridian/4566; printf 'GET %s HTTP/1.0\\r\\nHost: meridian:4566\\r\\n\\r\\n' >&3; cat <&3" % query)

    def on_host(self, *words):
        return subprocess.run(["redis-cli", *words], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()

    def test_is_small_and_nobody_s_root(self):
        def size(image):
            return int(self.podman("image", "inspect", "--format", "{{.Size}}", image))
        above = (size(IMAGE) - size(BASE)) / 2**20
        print("# %.1f MiB above its base" % above)
        self.assertLessEqual(above, MIB_ABOVE)
        config = json.loads(self.podman("image", "inspect", "--format", "{{json .Config}}", IMAGE))
        self.assertEqual("meridian", config["User"])

    def test_serves_the_host_and_another_container_by_the_names_that_they_use(self):
        self.start()
        self.create("orders", NumCacheClusters=2, AutomaticFailoverEnabled="true")
        described = self.describe("orders")
        self.assertEqual({"localhost"}, set(re.findall("<Address>([^<]*)<", described)))
        self.assertIn("<PrimaryEndpoint><Address>localhost</Address><Port>6379</Port>", re.sub(r">\s+<", "><", described))
        self.assertEqual("OK", self.on_host("-h", "localhost", "-p", "6379", "set", "greeting", "hello"))
        self.assertEqual({"meridian"}, set(re.findall("<Address>([^<]*)<", self.app_describe("orders"))))
        self.assertEqual("hello", self.app("redis-cli -h meridian -p 6379 get greeting"))
        self.assertEqual("0", self.stop())
        self.start()
        waiting.wait_for(lambda: "<Status>available</Status>" in self.describe("orders"), "orders again", DEADLINE, 0.1)
        self.assertEqual("hello", self.on_host("-h", "localhost", "-p", "6379", "get", "greeting"), "the volume has kept it")
        self.podman("kill", "-s", "KILL", "meridian")
        self.podman("rm", "-f", "meridian")
        self.start()
        waiting.wait_for(lambda: "<Status>available</Status>" in self.describe("orders"), "orders after a crash", DEADLINE, 0.1)

    def test_cluster_mode_serves_both_of_them(self):
        self.start()
        self.create("shards", NumNodeGroups=2, ReplicasPerNodeGroup=1, CacheParameterGroupName="default.redis7.cluster.on",
                    AutomaticFailoverEnabled="true", Port=6390)
        for i in range(8):
            self.assertEqual("OK", self.on_host("-c", "-h", "localhost", "-p", "6390", "set", "key-%d" % i, str(i)))
        asked = self.app("for i in 0 1 2 3 4 5 6 7; do redis-cli -c -h meridian -p 6390 get key-$i; done")
        self.assertEqual([str(i) for i in range(8)], asked.split())

    def test_the_administration_paths_are_open_and_that_is_said(self):
        self.start()
        request = urllib.request.Request(URL + "/_meridian/clock?advance_ms=1", method="POST", data=b"")
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            self.assertEqual(200, answer.status)
        logs = subprocess.run([*self.podman.words, "logs", "meridian"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("/_meridian/ is open (--admin open)", logs.stderr)


@unittest.skipIf(WHY_NOT, "installing a package: %s" % WHY_NOT)
class Package(unittest.TestCase):
    """What ./dev package makes installs on a Debian that has nothing yet, and serves there."""

    def test_installs_with_apt_and_serves(self):
        subprocess.run([ROOT + "/dev", "package"], check=True, stdout=sys.stderr)
        made = max((os.path.join(ROOT, "dist", f) for f in os.listdir(ROOT + "/dist") if f.endswith(".deb")), key=os.path.getmtime)
        kept = os.environ.get("MERIDIAN_CONTAINER_STORE")
        folder = kept or tempfile.mkdtemp(prefix="meridian-package-", dir="/var/tmp")
        podman = Podman(folder)
        if not kept:
            self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
            self.addCleanup(podman, "rmi", "-af", check=False)
        if not podman.has(BASE):
            make_base(podman, folder)
        script = """set -e
            apt-get -q update >/dev/null; apt-get -q install -y /dist/%s >/dev/null
            test "$(stat -c %%a /etc/default/meridian)" = 644; test -s /usr/lib/systemd/system/meridian.service; id meridian
            su meridian -s /bin/sh -c 'exec meridian serve --listen 127.0.0.1:0 --data-dir /tmp/data' &
            until meridian health --data-dir /tmp/data 2>/dev/null; do kill -0 $!; done
            meridian version""" % os.path.basename(made)
        said = podman("run", "--rm", "--network", "host", *LIMITS, "-v", ROOT + "/dist:/dist:ro", BASE, "bash", "-c", script)
        self.assertIn('"status":"ok"', said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
