"""Any driver of DB-API whose placeholders are `?`."""

from contextlib import suppress
from typing import Any, Callable, Optional, Sequence

from ._client import Result


def dbapi(connect: Callable[[], Any]) -> "DbApiClient":
    """A client over a driver such as dqlite-dbapi or sqlite3. `connect` opens a connection, which is the client's own.

    After a failure it is closed, and the next statement opens another: `connect` has to find the leader anew.
    """
    return DbApiClient(connect)


class DbApiClient:
    """See `dbapi`."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._connection: Optional[Any] = None

    def execute(self, sql: str, args: Sequence[str], /) -> Result:
        if self._connection is None:
            self._connection = self._connect()
        try:
            return _execute(self._connection, sql, args)
        except BaseException:
            # Its transaction, or what is left of it, ends with it.
            with suppress(Exception):
                self.close()
            raise

    def close(self) -> None:
        """Closes the connection. Another statement opens one again."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def __enter__(self) -> "DbApiClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _execute(connection: Any, sql: str, args: Sequence[str]) -> Result:
    cursor = connection.cursor()
    try:
        cursor.execute(sql, tuple(args))
        rows = [] if cursor.description is None else [tuple(row) for row in cursor.fetchall()]
        changed = cursor.rowcount
    finally:
        cursor.close()
    # Many drivers have begun a transaction by themselves, and for the others there is nothing to commit.
    connection.commit()
    return Result(rows, max(changed, 0))
