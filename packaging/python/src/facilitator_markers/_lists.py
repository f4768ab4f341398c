"""The lists, a row at a time."""

import json
from typing import Any, Dict, Iterator, Tuple, cast

from ._connection import Connection, rows_of
from ._types import DueOwner, Finding, SkippedOwner

_DUE = ("user_id", "enrollment_date", "is_to_come")
_SKIPPED = (
    "reason", "owner_address", "user_id", "candidates", "candidate_count", "facilitators", "facilitator_count", "message",
)
_FOUND = (
    "name", "marker_id", "user_id", "address", "verification_status", "verified_at", "created_at", "enrollment_date",
    "other_marker_id", "same_fold", "mend", "column", "value", "statement", "message",
)
_COST = ("counted", "total", "unreadable_amounts")


def due_owners(connection: Connection) -> Iterator[DueOwner]:
    """Each owner whom a backfill would enroll."""
    for row in _listed(connection, "facilitator_markers_due", _DUE):
        row["is_to_come"] = bool(row["is_to_come"])
        yield cast(DueOwner, row)


def skipped_owners(connection: Connection) -> Iterator[SkippedOwner]:
    """Each owner whom a backfill would leave out, and why."""
    for row in _listed(connection, "facilitator_markers_skipped", _SKIPPED):
        for name, count in (("candidates", "candidate_count"), ("facilitators", "facilitator_count")):
            row[name] = json.loads(row[name] or "[]")
            row[count] = row[count] or 0
        yield cast(SkippedOwner, row)


def audit_facilitator_markers(connection: Connection, *, cost: bool = False) -> Iterator[Finding]:
    """Everything that is wrong with the markers that are there; with `cost`, what each costs, which reads the transactions."""
    for row in _listed(connection, "facilitator_markers_audit", _FOUND + (_COST if cost else ())):
        for name in ("counted", "total"):
            if row.get(name) is not None:
                row[name] = int(row[name])
        yield cast(Finding, row)


def _listed(connection: Connection, table: str, columns: Tuple[str, ...]) -> Iterator[Dict[str, Any]]:
    names = ", ".join(f'"{column}"' for column in columns)
    for row in rows_of(connection, f"SELECT {names} FROM {table}"):
        yield dict(zip(columns, row))
