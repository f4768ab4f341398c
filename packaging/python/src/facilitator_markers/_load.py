"""Loading the extension into a connection."""

import sqlite3
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any


def loadable_path() -> str:
    """The absolute path of the extension, for hosts that load it themselves."""
    folder = Path(__file__).parent
    for name in ("facilitator_markers.so", "facilitator_markers.dll", "facilitator_markers.dylib"):
        if (path := folder / name).exists():
            return str(path)
    raise RuntimeError("this installation has no extension: install the wheel of facilitator-markers for this platform")


def load(connection: Any) -> None:
    """Loads the extension into a connection of sqlite3 or apsw; once for each, when it is opened.

    Loading extensions is allowed only meanwhile.
    """
    allow = getattr(connection, "enable_load_extension", None)
    if allow is None and isinstance(connection, sqlite3.Connection):
        raise RuntimeError(
            "this Python's sqlite3 was built without loadable extensions: use another build, such as Debian's or the image of "
            "python.org (a build of your own with --enable-loadable-sqlite-extensions), or apsw"
        )
    if allow is None or iscoroutinefunction(allow):
        raise TypeError(
            f"{type(connection).__module__}.{type(connection).__qualname__} is no connection of sqlite3 or apsw: pass the one that "
            "it wraps; or, where that belongs to another thread, as in asyncio, let it be opened with "
            "factory=facilitator_markers.LoadedConnection"
        )
    allow(True)
    try:
        connection.load_extension(loadable_path())
    finally:
        allow(False)
