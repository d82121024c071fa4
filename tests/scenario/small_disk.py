"""A file system of a few megabytes, which a test can fill. Only root can mount it."""
import errno
import os
import subprocess


def mount(path, megabytes):
    """Mounts one at a new folder; False where that can't be done. To be taken away with unmount()."""
    os.mkdir(path)
    size = "size=%dm" % megabytes
    return os.getuid() == 0 and subprocess.call(["mount", "-t", "tmpfs", "-o", size, "tmpfs", path], stderr=subprocess.DEVNULL) == 0


def unmount(path):
    subprocess.check_call(["umount", "-l", path])


def move_to(case, megabytes):
    """Moves the case's own server, not started yet, to one that goes with the test; returns the path of a file to fill it with."""
    small = os.path.join(case.server.folder, "small")
    if not mount(small, megabytes):
        case.skipTest("nothing can be mounted here")
    case.addCleanup(unmount, small)
    case.addCleanup(case.server.kill_everything)
    case.server.data = os.path.join(small, "data")
    return os.path.join(small, "filling")


def fill(path):
    """To the last byte, with a file there."""
    with open(path, "ab", buffering=0) as f:
        for piece in (1 << 20, 4096, 1):
            try:
                while True:
                    f.write(b"x" * piece)
            except OSError as e:
                assert e.errno == errno.ENOSPC, e
