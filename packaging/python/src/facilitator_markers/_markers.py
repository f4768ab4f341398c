"""The calls that answer at once."""

import json
from typing import Literal, cast

from ._connection import Connection, answer_of
from ._types import Preview

Created = Literal["created", "already_enrolled", "unknown_user"]
Enrollment = Literal[
    "created", "already_enrolled", "unknown_user", "not_an_owner", "ambiguous_user", "unreadable_date"
]


def ensure_facilitator_marker(connection: Connection, user_id: str) -> Enrollment:
    """Makes sure that the user's marker is there, dated with the earliest of the user's facilitators.

    Call it in the transaction that inserts the facilitator. `user_id` is the id as stored, or in other upper and lower case
    where only one user can be meant.
    """
    return cast(Enrollment, answer_of(connection, "ensure_facilitator_marker(?)", user_id))


def create_facilitator_marker(connection: Connection, user_id: str, enrollment_date: str) -> Created:
    """Writes the marker of exactly this user with this date, whether or not a facilitator is the user's."""
    return cast(Created, answer_of(connection, "create_facilitator_marker(?, ?)", user_id, enrollment_date))


def preview_facilitator_markers(connection: Connection) -> Preview:
    """What a backfill would do. Writes nothing."""
    return cast(Preview, json.loads(answer_of(connection, "preview_facilitator_markers()")))


def facilitator_markers_version(connection: Connection) -> str:
    """The version of the extension that is loaded."""
    return cast(str, answer_of(connection, "facilitator_markers_version()"))
