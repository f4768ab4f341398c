"""Loading the extension into a connection."""

import os
import sqlite3
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any


def loadable_path() -> str:
    """The absolute path of the extension, for hosts that load it themselves.

    The variable `FACILITATOR_MARKERS_EXTENSION`, if it is set, is the path: for a platform that has no wheel.
    """
    if named := os.environ.get("FACILITATOR_MARKERS_EXTENSION"):
        # SQLite adds the ending of a library where there is none.
        if not any(Path(named + ending).exists() for ending in ("", ".so", ".dll", ".dylib")):
            raise RuntimeError(f"there is no {named}, which FACILITATOR_MARKERS_EXTENSION names")
        # Without a folder, the system would look for it among its own libraries.
        return os.path.abspath(named)
    folder = Path(__file__).parent
    for name in ("facilitator_markers.so", "facilitator_markers.dll", "facilitator_markers.dylib"):
        if (path := folder / name).exists():
            return str(path)
    raise RuntimeError(
        "this installation has no extension: install the wheel of facilitator-markers for this platform, or set "
        "FACILITATOR_MARKERS_EXTENSION to the path of an extension that you have built or copied"
    )


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
