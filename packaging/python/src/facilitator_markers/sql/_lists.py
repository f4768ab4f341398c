"""What only reads."""

from typing import Any, Dict, List, Literal, Optional, Tuple, TypedDict, cast

from .._types import Report
from ._client import Client
from ._patience import PATIENCE, run
from ._statements import statements

_REPORT = (
    "owners", "created", "already_enrolled", "unreadable_date", "refused", "unknown_users", "ambiguous_users", "unreadable_dates",
)
_SKIPPED = ("reason", "owner_address", "user_id", "is_enrolled", "facilitator_id", "created_at")
_FOUND = (
    "name", "marker_id", "user_id", "address", "verification_status", "verified_at", "created_at", "enrollment_date",
    "other_marker_id", "same_fold", "mend", "column", "value", "statement",
)


class DueOwner(TypedDict):
    """An owner whom a backfill would enroll."""

    user_id: str
    enrollment_date: str


class SkippedOwner(TypedDict):
    """One thing to look at: an address that means nobody, or a user whom an address could mean, or a facilitator whose date can't be
    read, or an owner in whose marker's place another row is. What a reason doesn't have is None.
    """

    reason: Literal["unknown_user", "ambiguous_user", "unreadable_date", "refused"]
    owner_address: Optional[str]
    user_id: Optional[str]
    is_enrolled: Optional[bool]
    facilitator_id: Optional[str]
    created_at: Optional[str]


class Finding(TypedDict):
    """Something that is wrong with a marker. `statement` mends it, or where `mend` is `statement` deletes the row. That of
    `not_verified` has one value, the clock's reading.
    """

    name: Literal["dated_late", "date_form", "not_verified", "duplicate", "orphan", "not_an_owner", "dated_early"]
    marker_id: str
    user_id: str
    address: str
    verification_status: str
    verified_at: Optional[str]
    created_at: str
    enrollment_date: Optional[str]
    other_marker_id: Optional[str]
    same_fold: Optional[str]
    mend: Literal["repair", "statement", "withheld", "nothing"]
    column: Optional[Literal["created_at", "verification_status"]]
    value: Optional[str]
    statement: Optional[str]


def due(client: Client, *, patience: float = PATIENCE) -> List[DueOwner]:
    """Each owner whom a backfill would enroll, in the order of the ids."""
    return cast(List[DueOwner], _rows(client, "due", ("user_id", "enrollment_date"), patience))


def skipped(client: Client, *, patience: float = PATIENCE) -> List[SkippedOwner]:
    """Whom a backfill would leave out, and why."""
    rows = _rows(client, "skipped", _SKIPPED, patience)
    for row in rows:
        if row["is_enrolled"] is not None:
            row["is_enrolled"] = bool(row["is_enrolled"])
    return cast(List[SkippedOwner], rows)


def report(client: Client, *, patience: float = PATIENCE) -> Report:
    """What a backfill would count now."""
    [row] = _rows(client, "report", _REPORT, patience)
    return cast(Report, {name: int(count) for name, count in row.items()})


def audit(client: Client, *, patience: float = PATIENCE) -> List[Finding]:
    """What is wrong with the markers that are there."""
    return cast(List[Finding], _rows(client, "audit", _FOUND, patience))


def _rows(client: Client, name: str, columns: Tuple[str, ...], patience: float) -> List[Dict[str, Any]]:
    return [dict(zip(columns, row)) for row in run(client, statements[name], (), patience).rows]
