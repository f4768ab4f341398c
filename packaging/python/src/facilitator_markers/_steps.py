"""Steps, between which other threads and connections have their turn."""

import time
from typing import Callable

from ._connection import Connection, is_in_transaction
from ._failure import is_busy

PAUSE = 0.05


def in_steps(connection: Connection, step: Callable[[], bool]) -> None:
    """Takes steps until one says that it was the last. While another connection writes, it waits."""
    while True:
        if is_in_transaction(connection):
            raise RuntimeError("the connection is in a transaction: end it first, or use another connection")
        try:
            if step():
                return
        except Exception as error:
            if not is_busy(error):
                raise
            time.sleep(PAUSE)
