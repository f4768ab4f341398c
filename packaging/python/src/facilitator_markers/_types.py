"""What the functions answer, named as in SQL."""

from typing import List, Literal, Optional, TypedDict


class Report(TypedDict):
    """The counts of a backfill. `owners` is the sum of the four that follow it."""

    owners: int
    created: int
    already_enrolled: int
    unreadable_date: int
    refused: int
    unknown_users: int
    ambiguous_users: int
    unreadable_dates: int


class Progress(Report):
    """How far a backfill is."""

    remaining: int


class Preview(Report):
    """What a backfill would do."""

    warnings: List[str]


class DueOwner(TypedDict):
    """An owner whom a backfill would enroll."""

    user_id: str
    enrollment_date: str
    is_to_come: bool


class Candidate(TypedDict):
    """A user whom an ambiguous address could mean."""

    user_id: str
    is_enrolled: bool


class Facilitator(TypedDict):
    """A facilitator whose date can't be read."""

    id: Optional[str]
    created_at: str


class SkippedOwner(TypedDict):
    """An owner whom a backfill would leave out. `owner_address` is that of the first two reasons, `user_id` that of the others."""

    reason: Literal["unknown_user", "ambiguous_user", "unreadable_date", "refused"]
    owner_address: Optional[str]
    user_id: Optional[str]
    candidates: List[Candidate]
    candidate_count: int
    facilitators: List[Facilitator]
    facilitator_count: int
    message: str


class _Found(TypedDict):
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
    message: str


class Finding(_Found, total=False):
    """Something that is wrong with a marker. The last three are there where the cost was asked for."""

    counted: Optional[int]
    total: Optional[int]
    unreadable_amounts: Optional[int]


class Replaced(TypedDict):
    """A value before and after a change, as SQL writes both."""

    old: str
    new: str


class _Changed(TypedDict):
    marker_id: str
    user_id: str
    undo: str
    message: str


class Change(_Changed, total=False):
    """A marker that a repair changed, with the columns that it changed. `undo` is the statement that takes it back."""

    created_at: Replaced
    verification_status: Replaced
    verified_at: Replaced


class RepairReport(TypedDict):
    """The counts of a repair. `message` says what was refused, and what to do about it."""

    markers: int
    repaired: int
    refused: int
    message: Optional[str]
