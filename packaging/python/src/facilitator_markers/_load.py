"""Loading the extension into a connection."""

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
    try:
        allow = connection.enable_load_extension
    except AttributeError:
        raise RuntimeError(
            "this Python's sqlite3 was built without loadable extensions: use another build, such as Debian's or the image of "
            "python.org (a build of your own with --enable-loadable-sqlite-extensions), or apsw"
        ) from None
    allow(True)
    try:
        connection.load_extension(loadable_path())
    finally:
        allow(False)
