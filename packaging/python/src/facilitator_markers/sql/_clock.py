"""The clock's reading that the statements bind."""

from datetime import datetime, timezone


def reading() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
