"""Markers that the database doesn't take."""

from typing import List, NamedTuple, Optional, Sequence

from .._types import Report

TAKEN = "another row has the marker's id or address"
REMOVED = (
    "the statement succeeds and the marker isn't there: a trigger, a conflict clause or a further unique constraint of the "
    "database's keeps it out"
)


class RefusedOwner(NamedTuple):
    """An owner whose marker the database refused, and why: the driver's error, or a sentence where the statement didn't fail."""

    user_id: str
    reason: "Exception | str"


class MarkersRefused(Exception):
    """The database refused markers. All other owners are enrolled, unless `report` is None: then the backfill was stopped."""

    def __init__(self, message: str, refused: Sequence[RefusedOwner], report: Optional[Report] = None) -> None:
        super().__init__(message)
        self.refused: List[RefusedOwner] = list(refused)
        self.report = report


def after_all_others(refused: Sequence[RefusedOwner], report: Report) -> MarkersRefused:
    owners = "1 owner" if report["refused"] == 1 else f"{report['refused']} owners"
    return MarkersRefused(
        f"The database refused the markers of {owners}; all others who could be are enrolled.{_first(refused)} "
        "See what keeps them out (`refused` of this error names each), and run the backfill again",
        refused,
        report,
    )


def too_many(refused: Sequence[RefusedOwner]) -> MarkersRefused:
    return MarkersRefused(
        f"The database refused {len(refused)} markers in a row and took none, so the backfill stopped.{_first(refused)} "
        "Then it is the schema: see which constraint or trigger of reward_addresses turns markers away, and run the backfill again",
        refused,
    )


def of_one_user(user_id: str, reason: str) -> MarkersRefused:
    return MarkersRefused(
        f"The database refused the marker of {user_id!r}: {reason}. Mend that, and call again", [RefusedOwner(user_id, reason)]
    )


def _first(refused: Sequence[RefusedOwner]) -> str:
    return f" The first is {refused[0].user_id!r}: {refused[0].reason}." if refused else ""
