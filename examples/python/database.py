"""Opening the host's database, with the extension loaded into its connection."""

import sqlite3
from pathlib import Path
from typing import Callable

from facilitator_markers import LoadedConnection

Opener = Callable[..., sqlite3.Connection]


def opener(path: str) -> Opener:
    """Opens a connection for the thread that calls it. It waits for another one that writes for `timeout` seconds."""
    # A wrong path is an error, and no new database.
    uri = f"{Path(path).resolve().as_uri()}?mode=rw"

    def open_database(timeout: float = 5) -> sqlite3.Connection:
        # A transaction takes the lock when it begins: one that only reads at first could find that others wrote meanwhile.
        return sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level="IMMEDIATE", factory=LoadedConnection)

    return open_database
