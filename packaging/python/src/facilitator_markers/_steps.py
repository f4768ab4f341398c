"""Steps, between which other threads and connections have their turn."""

import time
from typing import Any, Callable, NamedTuple, Optional

from ._connection import Connection, is_in_transaction
from ._failure import is_busy

PAUSE_WHILE_BUSY = 0.05

# How much longer others can write than they can't, because a waiting connection tries only now and then: SQLite's busy timeout
# sleeps up to twice as long as it has waited, and never longer than a tenth of a second.
PAUSE_PER_STEP = 3
LONGEST_PAUSE = 0.15


class Step(NamedTuple):
    """What became of a step."""

    was_last: bool
    has_locked: bool


def in_steps(connection: Connection, step: Callable[[], Step], on_busy: Optional[Callable[[], object]]) -> None:
    """Takes steps until one says that it was the last, and lets others write after each that kept them from it. While another
    connection writes, it waits, and calls `on_busy` before each try.
    """
    while True:
        if is_in_transaction(connection):
            raise RuntimeError(f"the connection is in a transaction: {_way_out(connection)}, or use another connection")
        began = time.monotonic()
        try:
            done = step()
        except Exception as error:
            if not is_busy(error):
                raise
            if on_busy is not None:
                on_busy()
            time.sleep(PAUSE_WHILE_BUSY)
            continue
        if done.was_last:
            return
        if done.has_locked:
            time.sleep(min((time.monotonic() - began) * PAUSE_PER_STEP, LONGEST_PAUSE))


def _way_out(connection: Any) -> str:
    # From Python 3.12 on. The end of one is the begin of the next.
    if getattr(connection, "autocommit", None) is False:
        return "with autocommit=False it always is: set autocommit to True first"
    return "end it first"
