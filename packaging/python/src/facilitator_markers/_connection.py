"""What sqlite3 and apsw have in common."""

import sqlite3
from typing import Any, Iterator, Protocol, Tuple


class Connection(Protocol):
    """A connection of sqlite3 or apsw. The host owns it."""

    def cursor(self) -> Any: ...

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


def answer_of(connection: Connection, call: str, *parameters: object) -> Any:
    """The value that a function of SQL answers."""
    cursor = _cursor_of(connection)
    try:
        return next(iter(cursor.execute(f"SELECT {call}", parameters)))[0]
    finally:
        cursor.close()


def rows_of(connection: Connection, sql: str) -> Iterator[Tuple[Any, ...]]:
    """The rows of a SELECT, one after the other."""
    cursor = _cursor_of(connection)
    try:
        yield from cursor.execute(sql, ())
    finally:
        cursor.close()


def _cursor_of(connection: Connection) -> Any:
    """A cursor whose rows are tuples, whatever the host's rows are."""
    cursor = connection.cursor()
    if isinstance(cursor, sqlite3.Cursor):
        cursor.row_factory = None
    return cursor


def is_in_transaction(connection: Any) -> bool:
    """Whether the host is in a transaction."""
    return bool(connection.in_transaction)
