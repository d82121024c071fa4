"""Images and containers for the tests of this folder: podman and runc, without a registry, with a base that debootstrap makes.

Images stay in a store of their own (MERIDIAN_CONTAINER_STORE, about 4 GB), so that the next run makes anew only what has changed;
containers, volumes and networks do not.
"""
import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STORE = os.environ.get("MERIDIAN_CONTAINER_STORE", "/var/cache/meridian-container")
BASE, IMAGE = "docker.io/library/debian:bookworm-slim", "localhost/meridian:latest"
STAGES = {"localhost/meridian-tools:latest": ["--target", "tools"], "localhost/meridian-build:latest": ["--target", "build"], IMAGE: []}
# Podman asks for more descriptors and processes than a small virtual machine gives; and there may be no systemd to ask for groups of processes.
SETTINGS = """[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
[network]
network_config_dir = "%s/networks"
""" % STORE
SLIM = "".join("path-exclude /usr/share/%s/*\n" % place for place in ("doc", "man", "info", "groff", "locale", "lintian"))
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
MIRROR = "http://deb.debian.org/debian"
ENVIRONMENT = os.environ | {"CONTAINERS_CONF": STORE + "/containers.conf"}

made = []  # the image, once this process has made it
lacking = [p for p in ("podman", "buildah", "runc", "debootstrap") if shutil.which(p) is None]
WHY_NOT = "only root can" if os.geteuid() != 0 else "there is no " + ", no ".join(lacking) if lacking else None


def find_driver():
    """overlay where the kernel lets us mount one: vfs, which is possible everywhere, copies the whole image for each layer and container."""
    os.makedirs(STORE, mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STORE) as folder:
        for place in ("lower", "upper", "work", "merged"):
            os.mkdir(os.path.join(folder, place))
        options = "lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work".format(folder)
        mounted = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, folder + "/merged"], stderr=subprocess.DEVNULL, check=False)
        if mounted.returncode == 0:
            subprocess.run(["umount", folder + "/merged"], check=True)
    return "overlay" if mounted.returncode == 0 else "vfs"


DRIVER = "vfs" if WHY_NOT else find_driver()
WORDS = ["podman", "--storage-driver", DRIVER, "--root", "%s/%s" % (STORE, DRIVER), "--runroot", "/run/meridian-container/" + DRIVER]


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("", port))
        except OSError:
            return False
    return True


def free_ports(first, n):
    """The first of n ports in a row that nobody on this machine has: those from 'first' on, or others."""
    for begin in range(first, 65536 - n, 10000):
        if all(map(is_free, range(begin, begin + n))):
            return begin
    raise unittest.SkipTest("no %d ports in a row are free" % n)


def need_ports(ports):
    """For what says itself which ports it has."""
    taken = [port for port in ports if not is_free(port)]
    if taken:
        raise unittest.SkipTest("port %d of this machine is taken" % taken[0])


def run(*words):
    return subprocess.run([*WORDS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False,
                          env=ENVIRONMENT)


def podman(*words):
    r = run(*words)
    if r.returncode != 0:
        raise AssertionError("podman %s ends with %d:\n%s%s" % (" ".join(words), r.returncode, r.stdout[-2000:], r.stderr[-4000:]))
    return r.stdout.strip()


def has(image):
    return run("image", "exists", image).returncode == 0


def make_base():
    """What debian:bookworm-slim has: a minimal Debian without documentation."""
    with tempfile.TemporaryDirectory(dir=STORE) as folder:
        root = folder + "/root"
        if subprocess.run(["debootstrap", "--variant=minbase", "bookworm", root, MIRROR], stdout=sys.stderr, check=False).returncode:
            raise unittest.SkipTest("debootstrap could not make a Debian 12 (its output says why)")
        with open(root + "/etc/dpkg/dpkg.cfg.d/slim", "w", encoding="ascii") as f:
            f.write(SLIM)
        with open(root + "/usr/sbin/policy-rc.d", "w", encoding="ascii") as f:
            f.write("#!/bin/sh\nexit 101\n")
        os.chmod(root + "/usr/sbin/policy-rc.d", 0o755)
        for place in ("share/doc", "share/man", "share/locale"):
            shutil.rmtree(root + "/usr/" + place, ignore_errors=True)
        for place in ("/var/cache/apt/archives", "/var/lib/apt/lists"):
            shutil.rmtree(root + place, ignore_errors=True)
            os.makedirs(root + place + "/partial")
        subprocess.run(["tar", "-C", root, "-cf", folder + "/root.tar", "."], check=True)
        podman("import", folder + "/root.tar", BASE)


def build(image, dockerfile, context, *more):
    podman("build", "--format", "docker", "--isolation", "chroot", "--network", "host", "--pull=never", "-t", image,
           "-f", dockerfile, *more, context)


def make_stage(image):
    """One of STAGES, under a name, so that nothing is made twice."""
    build(image, ROOT + "/docker/Dockerfile", ROOT, "--ignorefile", ROOT + "/docker/Dockerfile.dockerignore", *STAGES[image])
    return image


def make_image():
    """docker/Dockerfile, as it stands; what is of no use any more is not kept."""
    if not made:
        for image in STAGES:
            make_stage(image)
        podman("image", "prune", "-f")
        made.append(IMAGE)


def mib_above_base():
    def size(image):
        return int(podman("image", "inspect", "--format", "{{.Size}}", image))
    return (size(IMAGE) - size(BASE)) / 2**20


def make_beside(name):
    """An image for tests alone, from the folder of that name. What this machine trusts is trusted there, too, as a registry may need it."""
    folder = os.path.join(ROOT, "tests/container", name)
    trusted = ["-v", AUTHORITIES + ":/authorities.pem:ro"] if os.path.exists(AUTHORITIES) else []
    build("localhost/meridian-%s:latest" % name, folder + "/Dockerfile", folder, *trusted)
    return "localhost/meridian-%s:latest" % name


def clear():
    """Also what a build that was broken off has left: containers that are not podman's own."""
    left = run("ps", "-aq", "--external").stdout.split()
    if left:
        run("rm", "-f", "-t", "0", *left)
    run("volume", "prune", "-f")
    run("network", "prune", "-f")


@contextlib.contextmanager
def hold_store():
    """The store for whoever asks alone, with a base in it, and without containers before and after."""
    with open(STORE + "/lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(ENVIRONMENT["CONTAINERS_CONF"], "w", encoding="ascii") as f:
            f.write(SETTINGS)
        clear()
        try:
            if not has(BASE):
                make_base()
            yield
        finally:
            clear()


@unittest.skipIf(WHY_NOT, WHY_NOT)
class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(hold_store())
