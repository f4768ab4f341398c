"""For frameworks and drivers that open the connection themselves."""

import sqlite3
from typing import Any

from ._load import load


class LoadedConnection(sqlite3.Connection):
    """A connection that has the extension from the start: the `factory` of `sqlite3.connect`, and of all that calls it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        load(self)
