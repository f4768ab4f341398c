"""What the tests of engines need whose nodes are processes."""

import socket
import time
from contextlib import ExitStack

DEADLINE = 60


def free_addresses(count):
    with ExitStack() as sockets:
        found = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for listening in found:
            listening.bind(("127.0.0.1", 0))
        return [f"127.0.0.1:{listening.getsockname()[1]}" for listening in found]


def wait_until(condition, what):
    """Asks until it holds. `what` says what was waited for, or is a function that does."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"after {DEADLINE} s: {what() if callable(what) else what}")
        time.sleep(0.02)
