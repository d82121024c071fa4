"""What the kernel tells of processes."""


def alive(pid):
    """False for a zombie, too: where nobody reaps orphans, what was killed stays in /proc for ever."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False
