"""Which failures pass by themselves."""

from typing import Any

_RETRYABLE = {"BUSY": 5, "LOCKED": 6, "PROTOCOL": 15, "SCHEMA": 17}
_ABORT_ROLLBACK = 516


def is_retryable(error: BaseException) -> bool:
    """Whether the same call may succeed a little later though nobody has mended anything."""
    if isinstance(error, MemoryError):
        return True
    code = code_of(error)
    return code is not None and (code & 0xFF in _RETRYABLE.values() or code == _ABORT_ROLLBACK)


def is_busy(error: BaseException) -> bool:
    """Whether another connection writes."""
    code = code_of(error)
    return code is not None and code & 0xFF == _RETRYABLE["BUSY"]


def code_of(error: Any) -> "int | None":
    """SQLite's extended code: sqlite3 tells it from Python 3.11 on, apsw always. An older sqlite3 has the text alone."""
    for name in ("sqlite_errorcode", "extendedresult"):
        if isinstance(code := getattr(error, name, None), int):
            return code
    return None
