"""The image of docker/Dockerfile, built and started with podman as its tests do it."""
import os
import sys
import time
import urllib.request

from figure import Figure
from local import ROOT, until

sys.path.append(os.path.join(ROOT, "tests", "container"))
import podman as containers
from podman import IMAGE, podman

TIMES = 5


def serves(port):
    try:
        with urllib.request.urlopen("http://localhost:%d/_meridian/health" % port) as answer:
            return answer.status == 200
    except OSError:
        return False


def started(*words, ready):
    """Seconds until a container is ready. It is made before: podman's plainest store copies the whole image then, which takes longer than all the rest."""
    port = containers.free_ports(4566, 1)
    podman("create", "--name", "measured", "-p", "%d:4566" % port, *words)
    begun = time.perf_counter()
    podman("start", "measured")
    until(lambda: ready(port), "the container")
    took = time.perf_counter() - begun
    podman("rm", "-f", "-t", "0", "measured")
    return took


def image():
    if containers.WHY_NOT:
        print("the image is not measured: %s" % containers.WHY_NOT, file=sys.stderr)
        return
    with containers.hold_store():
        containers.make_image()
        yield Figure("the image above its base", "MiB", 45, [containers.mib_above_base()])
        ratios = [started(IMAGE, ready=serves) / started("--entrypoint", "sleep", IMAGE, "3600", ready=lambda _: True) for _ in range(TIMES)]
        yield Figure("its start to health, to an empty container's", "", 1.3, ratios)
