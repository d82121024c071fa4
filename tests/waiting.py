"""Waiting for a condition: the only way a test waits."""
import threading
import time

_pause = threading.Event()


def wait_for(condition, what, deadline, every):
    """The first true value of condition(), asked again and again ('every' s); after 'deadline' s an AssertionError that names
    what was waited for, and the last value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError("after %g s still not: %s (last: %r)" % (deadline, what, value))
        _pause.wait(every)
