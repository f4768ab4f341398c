"""What sqlite3 and apsw have in common."""

from typing import Any, Iterator, Protocol, Tuple


class Connection(Protocol):
    """A connection of sqlite3 or apsw. The host owns it."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


def answer_of(connection: Connection, call: str, *parameters: object) -> Any:
    """The value that a function of SQL answers."""
    cursor = connection.execute(f"SELECT {call}", parameters)
    try:
        return next(iter(cursor))[0]
    finally:
        cursor.close()


def rows_of(connection: Connection, sql: str) -> Iterator[Tuple[Any, ...]]:
    """The rows of a SELECT, one after the other."""
    cursor = connection.execute(sql, ())
    try:
        for row in cursor:
            yield tuple(row)
    finally:
        cursor.close()


def is_in_transaction(connection: Any) -> bool:
    """Whether the host is in a transaction."""
    return bool(connection.in_transaction)
