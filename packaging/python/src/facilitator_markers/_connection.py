"""What sqlite3 and apsw have in common."""

import sqlite3
from contextlib import contextmanager
from typing import Any, Iterator, Protocol, Tuple

from ._failure import code_of

_SQLITE_ERROR = 1


class Connection(Protocol):
    """A connection of sqlite3 or apsw. The host owns it."""

    def cursor(self) -> Any: ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


def answer_of(connection: Connection, call: str, *parameters: object) -> Any:
    """The value that a function of SQL answers."""
    with _cursor_of(connection) as cursor:
        return _text(next(iter(cursor.execute(f"SELECT {call}", parameters)))[0])


def rows_of(connection: Connection, sql: str) -> Iterator[Tuple[Any, ...]]:
    """The rows of a SELECT, one after the other."""
    with _cursor_of(connection) as cursor:
        for row in cursor.execute(sql, ()):
            yield tuple(map(_text, row))


def _text(value: Any) -> Any:
    """Text, where the host's `text_factory` leaves the bytes: no function and no table answers with a BLOB."""
    return value.decode() if isinstance(value, bytes) else value


@contextmanager
def _cursor_of(connection: Connection) -> Iterator[Any]:
    """A cursor whose rows are tuples, whatever the host's rows are."""
    cursor = connection.cursor()
    if isinstance(cursor, sqlite3.Cursor):
        cursor.row_factory = None
    try:
        yield cursor
    except Exception as error:
        # From Python 3.11 on.
        if hasattr(error, "add_note") and code_of(error) == _SQLITE_ERROR and not _is_loaded(connection):
            error.add_note("The extension isn't loaded: call facilitator_markers.load(connection) when it is opened")
        raise
    finally:
        cursor.close()


def _is_loaded(connection: Connection) -> bool:
    try:
        connection.execute("SELECT facilitator_markers_version()").close()
        return True
    except Exception:
        return False


def is_in_transaction(connection: Any) -> bool:
    """Whether the host is in a transaction."""
    return bool(connection.in_transaction)
